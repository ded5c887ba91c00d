"""Greedy accuracy, perplexity and bits per byte."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.core import Case
from harness.core import Completion
from harness.core import Completions
from harness.core import LogLikelihood
from harness.core import LogLikelihoods
from harness.core import Rolling
from harness.errors import UsageError
from harness.metrics.continuation import BitsPerByte
from harness.metrics.continuation import GreedyAccuracy
from harness.metrics.continuation import Perplexity
from harness.statistics import estimate

METRICS = (GreedyAccuracy(), Perplexity(), Perplexity("words"), Perplexity("bytes"), BitsPerByte())
WORD = Case("a", (LogLikelihood((("A boat on the", " lake"),)),), "lake")


def answered(*values: float, greedy: bool = True) -> LogLikelihoods:
    return LogLikelihoods(values, (2,) * len(values), (greedy,) * len(values))


def text(words: int, size: int) -> Case:
    return Case("a", (Rolling("any"),), {"words": words, "bytes": size})


def value(metric: Perplexity | BitsPerByte, *cases: tuple[Case, float]) -> float | None:
    stats = [metric.observe(case, answered(log_p)).stats for case, log_p in cases]
    return estimate(stats, metric.reducer).value


@pytest.mark.parametrize(("greedy", "stats", "verdict"), [(True, (1.0, 1.0), "correct"), (False, (0.0, 1.0), "wrong")])
def test_only_the_greedy_continuation_is_right(greedy: bool, stats: tuple[float, float], verdict: str) -> None:
    score = GreedyAccuracy().observe(WORD, answered(-0.5, greedy=greedy))
    assert (score.metric, score.stats, score.verdict) == ("acc", stats, verdict)


def test_perplexity_by_case_is_that_of_the_mean() -> None:
    """lm-evaluation-harness's `perplexity`: exp(-mean(log P)); -1, -2 and -6 give exp(3)."""
    assert value(Perplexity(), (WORD, -1.0), (WORD, -2.0), (WORD, -6.0)) == pytest.approx(math.exp(3))


def test_a_coin_is_one_bit_a_byte() -> None:
    """Texts of 3 and 5 bytes, each byte with probability 1/2: perplexity 2, one bit."""
    texts = (text(1, 3), 3 * math.log(0.5)), (text(2, 5), 5 * math.log(0.5))
    assert value(Perplexity("bytes"), *texts) == pytest.approx(2)
    assert value(BitsPerByte(), *texts) == pytest.approx(1)
    assert value(Perplexity("words"), *texts) == pytest.approx(2 ** (8 / 3))


@given(st.lists(st.tuples(st.floats(-500, 0), st.integers(1, 90)), min_size=1, max_size=9))
def test_bits_are_the_logarithm_of_the_perplexity_as_in_lm_evaluation_harness(texts: list[tuple[float, int]]) -> None:
    """`weighted_perplexity` and `bits_per_byte` (api/metrics.py, 0.4.13): sums of log P over sums of weights."""
    cases = [(text(1, size), log_p) for log_p, size in texts]
    mean = sum(log_p for log_p, _ in texts) / sum(size for _, size in texts)
    assert value(BitsPerByte(), *cases) == pytest.approx(-mean / math.log(2))
    if -mean < math.log(1e300):
        assert value(Perplexity("bytes"), *cases) == pytest.approx(math.exp(-mean))


@pytest.mark.parametrize("metric", METRICS)
def test_a_response_of_another_kind_is_refused(metric: GreedyAccuracy | Perplexity | BitsPerByte) -> None:
    wrong = Completions((Completion("yes", "stop", 1),))
    with pytest.raises(UsageError, match=f"{metric.name}: found a response of kind Completions; expected LogLik"):
        metric.observe(text(1, 1), wrong)
    message = f"{metric.name}: found 2 log-likelihoods; expected that of one continuation or text"
    with pytest.raises(UsageError, match=message):
        metric.observe(text(1, 1), answered(-1.0, -2.0))


@pytest.mark.parametrize("metric", METRICS[2:])
@pytest.mark.parametrize("target", ["lake", None, {"words": 0, "bytes": 0}, {"words": True, "bytes": 1.5}])
def test_a_target_without_counts_is_refused(metric: Perplexity | BitsPerByte, target: object) -> None:
    with pytest.raises(UsageError, match=f"{metric.name}: found target .* in case 'a'; expected a count of "):
        metric.observe(Case("a", (Rolling("any"),), target), answered(-1.0))


@pytest.mark.parametrize(
    ("metric", "signature", "higher"),
    [
        (GreedyAccuracy(), "acc|continuation:greedy", True),
        (Perplexity(), "perplexity|by:case", False),
        (Perplexity("words"), "word_perplexity|by:words", False),
        (Perplexity("bytes"), "byte_perplexity|by:bytes", False),
        (BitsPerByte(), "bits_per_byte|by:bytes", False),
    ],
)
def test_signatures(metric: GreedyAccuracy | Perplexity | BitsPerByte, signature: str, higher: bool) -> None:
    assert (metric.signature, metric.higher_is_better) == (signature, higher)
