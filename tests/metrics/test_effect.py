"""The effect of documentation: a difference between two strata, whose interval is that of pairs."""

import pytest

from harness.core import Case
from harness.core import Completion
from harness.core import Completions
from harness.core import Execution
from harness.core import Generate
from harness.core import Judged
from harness.core import Trial
from harness.metrics.effect import Effect
from harness.statistics import estimate

EFFECT = Effect("chosen", base="none")
TRIAL = Trial("python", "python", tests=("assert True",))


def observed(stratum: str, *passes: int) -> tuple[float, ...]:
    case = Case("a", (Generate("?"),), "", stratum=stratum, trial=TRIAL)
    texts = Completions(tuple(Completion("x", "stop", 1) for _ in passes))
    executions = tuple(Execution("passed" if right else "failed", (right == 1,)) for right in passes)
    return EFFECT.observe(case, Judged(texts, ("x",) * len(passes), executions)).stats


def test_a_case_counts_in_its_stratum() -> None:
    assert observed("chosen", 1) == (1, 1, 0, 0)
    assert observed("none", 1, 0) == (0, 0, 0.5, 1)
    assert observed("retrieved", 1) == (0, 0, 0, 0)


def test_the_interval_is_of_paired_differences() -> None:
    """40 problems, of which 20 are solved either way and 10 more with documentation.

    The standard error of the mean of 40 differences, 10 of which are 1, is sqrt(.25 * .75 / 39) = 0.0693; that of two
    shares apart, .75 and .5, would be sqrt((.75 * .25 + .5 * .5) / 39) = 0.106.
    """
    right = [(place < 20, place < 30) for place in range(40)]
    stats = [observed(name, pair[at]) for pair in right for at, name in enumerate(("none", "chosen"))]
    clusters = [str(place) for place in range(40) for _ in range(2)]
    found = estimate(stats, EFFECT.reducer, clusters)
    assert found.value == 0.25
    assert (found.high - found.low) / 2 == pytest.approx(2.02 * 0.0693, abs=0.01)


def test_without_a_stratum_there_is_no_effect() -> None:
    assert estimate([observed("none", 1)] * 12, EFFECT.reducer).value is None
