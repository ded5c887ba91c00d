"""Drawing with replacement: how often each unit is drawn, for many resamples at once."""

from collections.abc import Iterator

import numpy as np

from harness.statistics.reducers import Array

BLOCK = 2**18
"""Numbers held at a time, so that they stay in a core's cache."""
FEW, SHARE = 40, 40
"""A multinomial draw is taken where it is the faster: of at most 40 rows, or 40 times fewer than units (measured)."""
CODES = 2**16


def counts(multiplicity: Array, draws: int, resamples: int, generator: np.random.Generator) -> Iterator[Array]:
    """Blocks of counts (block, u) of `draws` out of units of which `multiplicity` (u,) share a row; `resamples` in all.

    Multinomial, both ways of drawing it.
    """
    units = int(multiplicity.sum())
    if len(multiplicity) <= max(FEW, units // SHARE):
        block = max(1, BLOCK // len(multiplicity))
        for start in range(0, resamples, block):
            size = min(block, resamples - start)
            yield generator.multinomial(draws, multiplicity / units, size=size).astype(float)
        return
    starts = np.cumsum(multiplicity, dtype=int) - multiplicity.astype(int)
    for counted in _singly(units, draws, resamples, generator):
        yield counted if units == len(multiplicity) else np.add.reduceat(counted, starts, axis=1)


def _singly(units: int, draws: int, resamples: int, generator: np.random.Generator) -> Iterator[Array]:
    """Counts (block, units) of draws among equals: Poisson counts that add up to `draws` are multinomial.

    The mean is set two standard deviations short of `draws`; what is missing is drawn one by one, and resamples that
    have too many are drawn anew, neither of which changes the distribution, since given its sum it is multinomial.
    """
    mean = (draws - 2 * draws**0.5) / units
    table, rest = _table(mean)
    block = max(1, BLOCK // units)
    drawn = np.empty(block * units)
    done = 0
    while done < resamples:
        codes = generator.bit_generator.random_raw(-(-drawn.size // 4)).view(np.uint16)[: drawn.size]
        table.take(codes, out=drawn, mode="clip")
        unsure = np.flatnonzero(codes >= len(table))
        drawn[unsure] = generator.choice(len(rest), size=len(unsure), p=rest)
        rows = drawn.reshape(block, units)
        missing = draws - rows.sum(axis=1).astype(int)
        short = np.maximum(missing, 0)
        cells = generator.integers(0, units, size=short.sum()) + np.repeat(np.arange(block) * units, short)
        np.add.at(drawn, cells, 1.0)
        kept = rows[missing >= 0][: resamples - done]
        done += len(kept)
        yield kept


def _table(mean: float) -> tuple[Array, Array]:
    """Poisson counts by 16 random bits: the sure ones, and how the counts of all higher codes are distributed.

    A probability is a whole number of codes and a rest; the rests, together a few codes, are drawn with full precision.
    """
    from scipy.special import pdtr  # type: ignore[import-untyped]

    shares = np.diff(pdtr(np.arange(30), mean), prepend=0.0) * CODES
    sure = np.floor(shares)
    return np.repeat(np.arange(30.0), sure.astype(int)), (shares - sure) / (shares - sure).sum()
