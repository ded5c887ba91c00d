"""The bootstrap-t: each resample's own error, and how often the interval it gives covers."""

import numpy as np
import pytest

from harness.statistics.draws import counts
from harness.statistics.paired import Draws
from harness.statistics.paired import Pair
from harness.statistics.paired import pair
from harness.statistics.resampling import Design
from harness.statistics.resampling import Sample
from harness.statistics.resampling import SumPool
from harness.statistics.studentised import resampled_errors
from harness.statistics.studentised import studentised
from harness.statistics.variance import against
from harness.statistics.variance import spread

WIDTHS = {"mean": 2, "perplexity": 2, "f1": 3, "macro_f1": 9, "matthews": 4, "bleu": 10, "chrf": 18}
RESAMPLES = 40


def runs(reducer: str, cases: int = 80) -> tuple[np.ndarray, np.ndarray]:
    """Two runs whose statistics are of a size, those of perplexity with documents of very different lengths."""
    generator = np.random.default_rng(len(reducer))
    tables = generator.integers(2, 9, (2, cases, WIDTHS[reducer])).astype(float)
    if reducer == "perplexity":
        tables[..., 1] = np.ceil(generator.lognormal(3, 0.6, cases))
        tables[..., 0] = -tables[..., 1] * generator.normal(2.5, 0.5, (2, cases))
    if reducer == "mean":
        tables[..., 1] = 1
    if reducer == "bleu":
        # the penalty of short texts has a kink where both are as long
        tables[..., 0] += 5
    return tables[0], tables[1]


def drawn_again(both: Pair, often: np.ndarray) -> Sample:
    """The resample as a sample of its own, whose jackknife is its error."""
    (pool,) = both.drawn.pools
    rows = np.repeat(pool.rows, often.astype(int), axis=0)
    return Sample((SumPool(rows, np.ones(len(rows)), len(rows), pool.reducer),))


@pytest.mark.parametrize("reducer", sorted(WIDTHS))
@pytest.mark.parametrize("clusters", [None, 40])
def test_the_error_is_that_of_the_resamples_own_jackknife(reducer: str, clusters: int | None) -> None:
    labels = None if clusters is None else [str(case % clusters) for case in range(80)]
    both = pair(*runs(reducer), reducer, Design(labels))
    (pool,) = both.drawn.pools
    found = resampled_errors(both.drawn, against, RESAMPLES, 7)
    drawing = counts(pool.multiplicity, pool.draws, RESAMPLES, np.random.default_rng(7))
    own = [spread(drawn_again(both, often), against).error for often in np.concatenate(list(drawing))]
    assert found == pytest.approx(own, rel=0.1)


def test_the_draws_are_those_of_the_values() -> None:
    """A run that is 0 throughout against one with a mean and an error: each resample has both."""
    values = np.random.default_rng(1).exponential(size=50)
    table = np.stack([values, np.ones(50)], axis=1)
    both = pair(table, table * (0, 1), "mean")
    (pool,) = both.drawn.pools
    drawing = np.concatenate(list(counts(pool.multiplicity, pool.draws, 200, np.random.default_rng(3))))
    scores = pool.rows[:, 0, 0, 0]
    means = drawing @ scores / 50
    assert both.differences(Draws(resamples=200, seed=3)) == pytest.approx(means)
    variance = drawing @ scores**2 / 50 - means**2
    assert resampled_errors(both.drawn, against, 200, 3) == pytest.approx(np.sqrt(variance / 49), rel=1e-6)


def test_strata_are_drawn_and_their_errors_added() -> None:
    generator = np.random.default_rng(4)
    values, strata = generator.normal(size=120) * np.repeat([1, 5, 1], 40), list(np.repeat(["a", "b", "c"], 40))
    table = np.stack([values, np.ones(120)], axis=1)
    both = pair(table, table * (0, 1), "mean", Design(None, strata, "macro"))
    found = resampled_errors(both.drawn, against, 2000, 3)
    assert np.mean(found**2) == pytest.approx(spread(both.drawn, against).error ** 2, rel=0.02)


def test_strata_of_two_cases_keep_the_error_they_have() -> None:
    """One case of two is drawn, which shows no error; without the stratum's own all resamples would be undefined."""
    values, strata = np.random.default_rng(5).normal(size=80), [str(case // 2) for case in range(80)]
    table = np.stack([values, np.ones(80)], axis=1)
    both = pair(table, table * (0, 1), "mean", Design(None, strata, "macro"))
    found = resampled_errors(both.drawn, against, 20, 3)
    assert found == pytest.approx([spread(both.drawn, against).error] * 20)


def test_ranks_have_an_error_in_each_resample_too() -> None:
    generator = np.random.default_rng(6)
    labels = (generator.random(200) < 0.5).astype(float)
    first, second = (np.stack([labels + generator.normal(0, size, 200), labels], axis=1) for size in (1, 2))
    both = pair(first, second, "auroc")
    found = resampled_errors(both.drawn, against, 400, 3)
    assert np.median(found) == pytest.approx(spread(both.drawn, against).error, rel=0.1)
    assert both.differences(Draws(resamples=400, seed=3)).std() == pytest.approx(np.median(found), rel=0.15)


def test_a_resample_of_units_that_are_alike_has_no_error() -> None:
    """Differences of -1 and 1 on scores that are all different, so that rounding alone tells them apart."""
    old = np.random.default_rng(1).normal(-50, 10, 10)
    new = old + np.where(np.arange(10) < 7, -1.0, 1.0)
    both = pair(*(np.stack([run, np.ones(10)], axis=1) for run in (new, old)), "mean")
    found = resampled_errors(both.drawn, against, 2000, 3)
    assert found.min() == 0
    assert found[found > 0].min() > 0.1
    draws = Draws(resamples=2000)
    undefined = int((resampled_errors(both.drawn, against, 2000, draws.seed) == 0).sum())
    assert undefined > 20
    note = f"no interval: undefined in {undefined} of 2000 resamples"
    assert both.interval(draws, both.differences(draws))[1:] == (None, note)


def test_a_skewed_sample_has_ratios_that_lean_to_the_other_side() -> None:
    losses = -np.random.default_rng(4).lognormal(0, 1, 60)
    table = np.stack([losses, np.ones(60)], axis=1)
    both = pair(table, table * (0, 1), "mean")
    (low, high), note = studentised(both.drawn, against, both.differences(Draws(seed=2)), 0.95, 2)
    assert note is None
    assert high > 2.4
    assert -2.0 < low < -1.5


@pytest.mark.parametrize("kind", ["skewed", "weighted"])
def test_the_interval_covers_where_percentiles_do_not(kind: str) -> None:
    """300 samples of 30 cases, seeds fixed: of lognormal losses, and of documents whose lengths are lognormal."""
    generator = np.random.default_rng(11)
    covered = bootstrap = 0
    true = -np.exp(0.5) if kind == "skewed" else np.exp(2.7) - np.exp(2.5)
    reducer = "mean" if kind == "skewed" else "perplexity"
    for seed in range(300):
        if kind == "skewed":
            units, old, new = np.ones(30), np.zeros(30), -generator.lognormal(0, 1, 30)
        else:
            units = generator.lognormal(5, 1, 30)
            old = units * generator.normal(-2.5, 0.5, 30)
            new = old - units * generator.gamma(1, 0.2, 30)
        both = pair(*(np.stack([run, units], axis=1) for run in (new, old)), reducer)
        draws = Draws(resamples=400, seed=seed)
        resampled = both.differences(draws)
        _, (low, high), _ = both.interval(draws, resampled)
        covered += low <= true <= high
        ends = np.quantile(resampled, (0.025, 0.975))
        bootstrap += ends[0] <= true <= ends[1]
    assert bootstrap < 0.9 * 300
    assert covered >= 0.93 * 300
