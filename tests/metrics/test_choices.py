"""Metrics over choices: accuracy, F1, MC1 and MC2."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import settings
from hypothesis import strategies as st

from harness.core import Case
from harness.core import Completion
from harness.core import Completions
from harness.core import Generate
from harness.core import LogLikelihood
from harness.core import LogLikelihoods
from harness.errors import EngineError
from harness.errors import UsageError
from harness.metrics.accuracy import Accuracy
from harness.metrics.f1 import F1
from harness.metrics.truthfulness import MC1
from harness.metrics.truthfulness import MC2
from harness.statistics import estimate

finite = st.floats(-1000, 0, allow_nan=False)


def answered(*values: float) -> LogLikelihoods:
    return LogLikelihoods(values, (1,) * len(values), (False,) * len(values))


def choice(target: object, *continuations: str) -> Case:
    return Case("a", (LogLikelihood(tuple(("Q:", continuation) for continuation in continuations)),), target)


def test_the_likeliest_pair_is_the_answer() -> None:
    score = Accuracy().observe(choice(1, " x", " y"), answered(-3.0, -2.0))
    assert (score.metric, score.stats, score.verdict, score.extracted) == ("acc", (1.0, 1.0), "correct", "1")


@given(st.lists(finite, min_size=1, max_size=6))
@settings(deadline=None)
def test_of_equally_likely_pairs_the_first_is_taken_as_numpy_does(values: list[float]) -> None:
    score = Accuracy().observe(choice(0, *[" x"] * len(values)), answered(*values))
    assert score.extracted == str(np.argmax(values))


def test_acc_norm_divides_by_characters_without_the_delimiter() -> None:
    """-6 over 2 characters is -3, -8 over 4 is -2; the first space alone is the delimiter (copa's choices have two)."""
    case = choice(1, " ab", "  abc")
    assert Accuracy().observe(case, answered(-6.0, -8.0)).verdict == "wrong"
    assert Accuracy("characters").observe(case, answered(-6.0, -8.0)).verdict == "correct"
    assert Accuracy("characters").observe(case, answered(-6.0, -12.1)).verdict == "wrong"


def test_acc_bytes_divides_by_utf_8_bytes() -> None:
    """-6 over "ééé" is -2 by character and -1 by byte; -6 over "abcd" is -1.5 by either."""
    case = choice(0, " ééé", " abcd")
    assert Accuracy("characters").observe(case, answered(-6.0, -6.0)).verdict == "wrong"
    assert Accuracy("bytes").observe(case, answered(-6.0, -6.0)).verdict == "correct"


@given(st.lists(finite, min_size=1, max_size=6), st.lists(st.text("aé", min_size=1, max_size=4), min_size=6))
@settings(deadline=None)
def test_lengths_decide_as_in_lm_evaluation_harness(values: list[float], texts: list[str]) -> None:
    """`process_results` of a multiple choice: argmax of lls / [len(c)] and lls / [len(c.encode("utf-8"))]."""
    texts = texts[: len(values)]
    case = choice(0, *(f" {text}" for text in texts))
    for metric, sizes in (
        (Accuracy("characters"), [float(len(text)) for text in texts]),
        (Accuracy("bytes"), [float(len(text.encode("utf-8"))) for text in texts]),
    ):
        expected = np.argmax(np.array(values) / np.array(sizes))
        assert metric.observe(case, answered(*values)).extracted == str(expected)


def test_many_contexts_are_judged_like_many_continuations() -> None:
    case = Case("w", (LogLikelihood((("Ann", " ran."), ("Bo", " ran."))),), 0)
    assert Accuracy().observe(case, answered(-1.0, -1.5)).verdict == "correct"


@pytest.mark.parametrize(
    ("likeliest", "target", "stats"), [(1, 1, (1, 0, 0)), (1, 0, (0, 1, 0)), (0, 1, (0, 0, 1)), (0, 0, (0, 0, 0))]
)
def test_f1_counts(likeliest: int, target: int, stats: tuple[int, ...]) -> None:
    score = F1().observe(choice(target, " no", " yes"), answered(*[-1.0 if i == likeliest else -2.0 for i in (0, 1)]))
    assert (score.stats, score.verdict) == (stats, None)


def test_f1_of_scikit_learns_example() -> None:
    """User guide, binary classification: y_true = 0 1 0 1, y_pred = 0 1 0 0 give precision 1, recall 0.5, F1 0.66..."""
    true, predicted = (0, 1, 0, 1), (0, 1, 0, 0)
    scores = [
        F1().observe(choice(label, " no", " yes"), answered(-1.0 - guess, -2.0 + guess))
        for label, guess in zip(true, predicted, strict=True)
    ]
    assert estimate([score.stats for score in scores], F1().reducer).value == pytest.approx(2 / 3)


TRUTH = Case(
    "t",
    (LogLikelihood((("Q:", " a"), ("Q:", " b"), ("Q:", " c"), ("Q:", " d"))),),
    {"mc1": (0, 2), "true": (0, 1), "false": (2, 3)},
)


def test_mc1_looks_at_its_own_choices_alone() -> None:
    score = MC1().observe(TRUTH, answered(-2.0, -9.0, -3.0, -1.0))
    assert (score.stats, score.verdict, score.extracted) == ((1.0, 1.0), "correct", "0")
    assert MC1().observe(TRUTH, answered(-4.0, -1.0, -3.0, -9.0)).extracted == "2"


def test_mc1_takes_the_first_of_equals() -> None:
    assert MC1().observe(TRUTH, answered(-2.0, -9.0, -2.0, -9.0)).verdict == "correct"


def test_mc2_by_hand() -> None:
    """Probabilities 0.2, 0.1 (true), 0.25, 0.05 (false): 0.3 of 0.6."""
    score = MC2().observe(TRUTH, answered(*map(math.log, (0.2, 0.1, 0.25, 0.05))))
    assert score.stats == pytest.approx((0.5, 1.0))
    assert score.verdict is None


@given(st.lists(finite, min_size=4, max_size=4), st.floats(-500, 500))
@settings(deadline=None)
def test_mc2_is_a_share_that_only_differences_decide(values: list[float], shift: float) -> None:
    mass = MC2().observe(TRUTH, answered(*values)).stats[0]
    assert 0 <= mass <= 1
    assert MC2().observe(TRUTH, answered(*[value + shift for value in values])).stats[0] == pytest.approx(
        mass, abs=1e-9
    )


def test_mc2_does_not_underflow() -> None:
    """exp(-2000) is 0 in double precision; the ratio is not."""
    assert MC2().observe(TRUTH, answered(-2000.0, -2000.0, -2000.0, -2000.0)).stats[0] == pytest.approx(0.5)


@pytest.mark.parametrize("metric", [Accuracy(), Accuracy("characters"), F1(), MC1(), MC2()])
def test_a_request_of_another_kind_is_refused(metric: Accuracy | F1 | MC1 | MC2) -> None:
    response = Completions((Completion("yes", "stop", 1),))
    message = f"{metric.name}: found a response of kind Completions; expected LogLikelihoods"
    with pytest.raises(UsageError, match=message):
        metric.observe(TRUTH, response)


@pytest.mark.parametrize("metric", [Accuracy(), F1(), MC1(), MC2()])
@pytest.mark.parametrize("broken", [math.nan, -math.inf])
def test_a_log_likelihood_that_is_no_number_is_the_engines_fault(
    metric: Accuracy | F1 | MC1 | MC2, broken: float
) -> None:
    with pytest.raises(EngineError, match=rf"{metric.name}: found log-likelihoods \(.*\); expected finite numbers"):
        metric.observe(TRUTH, answered(-1.0, broken, -1.0, -1.0))


@pytest.mark.parametrize("metric", [Accuracy(), F1()])
@pytest.mark.parametrize("target", ["1", None, True])
def test_a_target_that_is_no_index_is_refused(metric: Accuracy | F1, target: object) -> None:
    with pytest.raises(UsageError, match=f"found target {target!r} in case 'a'; expected the index of a pair"):
        metric.observe(choice(target, " x", " y"), answered(-1.0, -2.0))


@pytest.mark.parametrize("metric", [MC1(), MC2()])
def test_a_target_without_lists_is_refused(metric: MC1 | MC2) -> None:
    with pytest.raises(UsageError, match=f"{metric.name}: found target 0 in case 'a'; expected indices in "):
        metric.observe(choice(0, " x"), answered(-1.0))


def test_acc_norm_needs_the_pairs_it_divides_by() -> None:
    case = Case("a", (Generate("Q:"),), 0)
    with pytest.raises(UsageError, match="acc_norm: found a request of kind Generate; expected LogLikelihood"):
        Accuracy("characters").observe(case, answered(-1.0))


@pytest.mark.parametrize(
    ("metric", "signature"),
    [
        (Accuracy(), "acc|choice:argmax|length:none"),
        (Accuracy("characters"), "acc_norm|choice:argmax|length:characters"),
        (Accuracy("bytes"), "acc_bytes|choice:argmax|length:bytes"),
        (F1(), "f1|choice:argmax|positive:1|average:binary"),
        (MC1(), "mc1|choice:argmax|length:none"),
        (MC2(), "mc2|mass:normalised|length:none"),
    ],
)
def test_signatures(metric: Accuracy | F1 | MC1 | MC2, signature: str) -> None:
    assert metric.signature == signature
    assert metric.higher_is_better
