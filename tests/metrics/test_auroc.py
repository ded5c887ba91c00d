"""AUROC from log-likelihoods: scikit-learn's `roc_auc_score`, ties and several classes included."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import settings
from hypothesis import strategies as st
from scipy.special import logsumexp
from sklearn.metrics import roc_auc_score

from harness.core import Case
from harness.core import Completion
from harness.core import Completions
from harness.core import LogLikelihood
from harness.core import LogLikelihoods
from harness.core import Score
from harness.errors import UsageError
from harness.metrics.auroc import Auroc
from harness.statistics import estimate

LOGS = st.sampled_from([-0.5, -1.0, -1.25, -3.0])


def observed(metric: Auroc, target: object, values: tuple[float, ...]) -> Score:
    case = Case("a", (LogLikelihood((("Q:", " No"),) * len(values)),), target)
    return metric.observe(case, LogLikelihoods(values, (1,) * len(values), (False,) * len(values)))


@given(st.lists(st.tuples(st.integers(0, 1), LOGS, LOGS), min_size=2, max_size=30))
@settings(deadline=None, max_examples=60)
def test_no_and_yes_are_scikit_learns(cases: list[tuple[int, float, float]]) -> None:
    labels = [label for label, *_ in cases]
    found = estimate([observed(Auroc(), label, (no, yes)).stats for label, no, yes in cases], "auroc", resamples=50)
    if len(set(labels)) == 1:
        assert (found.value, found.note) == (None, "no value: undefined on these cases")
    else:
        assert found.value == pytest.approx(roc_auc_score(labels, [yes - no for _, no, yes in cases]), abs=1e-12)


def test_the_example_of_scikit_learns_documentation() -> None:
    """roc_auc_score([0, 0, 1, 1], [0.1, 0.4, 0.35, 0.8]) is 0.75."""
    cases = zip((0, 0, 1, 1), (0.1, 0.4, 0.35, 0.8), strict=True)
    stats = [observed(Auroc(), label, (float(np.log1p(-yes)), float(np.log(yes)))).stats for label, yes in cases]
    assert estimate(stats, "auroc").value == 0.75


@pytest.mark.parametrize("positive", [(0,), (1,), (0, 2)])
def test_several_classes_against_the_others_are_scikit_learns(positive: tuple[int, ...]) -> None:
    """The score is the log odds of the classes' mass, in scipy's words a difference of logsumexp."""
    generator = np.random.default_rng(5)
    values, labels = generator.normal(-3, 2, size=(40, 3)), generator.integers(0, 3, size=40)
    stats = [
        observed(Auroc(positive), int(label), tuple(map(float, row))).stats
        for label, row in zip(labels, values, strict=True)
    ]
    others = [pair for pair in range(3) if pair not in positive]
    odds = logsumexp(values[:, list(positive)], axis=1) - logsumexp(values[:, others], axis=1)
    np.testing.assert_allclose([score for score, _ in stats], odds, atol=1e-12)
    expected = roc_auc_score(np.isin(labels, positive), odds)
    assert estimate(stats, "auroc").value == pytest.approx(expected, abs=1e-12)


def test_what_no_float_holds_as_a_probability_still_has_its_place() -> None:
    """exp(-900) is 0: the log odds are taken without leaving the logs."""
    score = observed(Auroc(), 1, (-1000.0, -900.0))
    assert (score.stats, score.verdict, score.extracted) == ((100.0, 1.0), None, "100.0000")
    assert observed(Auroc((0, 1)), 2, (-1000.0, -1000.0, -900.0)).stats == (pytest.approx(-100 + np.log(2)), 0.0)


def test_signatures_tell_the_classes_apart() -> None:
    assert Auroc().signature == "auroc|positive:1|score:log-odds|length:none|ties:half"
    assert Auroc((0, 2), "auroc_harmful").signature == "auroc|positive:0,2|score:log-odds|length:none|ties:half"
    assert Auroc((0, 2), "auroc_harmful").name == "auroc_harmful"


@pytest.mark.parametrize("positive", [(0, 1), (2,), ()])
def test_classes_that_are_all_or_none_are_refused(positive: tuple[int, ...]) -> None:
    with pytest.raises(UsageError) as caught:
        observed(Auroc(positive), 0, (-1.0, -2.0))
    assert str(caught.value) == f"auroc: found 2 pairs in case 'a'; expected some of {positive} and others"


def test_what_does_not_fit_is_refused() -> None:
    with pytest.raises(UsageError, match="auroc: found a response of kind Completions; expected LogLikelihoods"):
        Auroc().observe(Case("a", (), 0), Completions((Completion("yes", "stop", 1),)))
    with pytest.raises(UsageError, match="auroc: found target '1' in case 'a'; expected the index of a pair"):
        observed(Auroc(), "1", (-1.0, -2.0))
