"""How simulated cases come about: verdicts of one or two runs, single or in clusters."""

from collections.abc import Hashable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Stats = NDArray[np.float64]
CORRELATION = 0.2
"""Between two cases of a cluster."""
SIZES = {164: 5, 500: 10, 1319: 20, 14042: 100}
"""Cases, and how many of them make a cluster: 32, 50, 65 and 140 clusters."""
DISCORDANCE = {0.5: 0.2, 0.97: 0.04}
"""The share of right answers, and how often two runs differ."""


@dataclass(frozen=True, slots=True)
class Setting:
    """`n` cases, the `share` that is right, how many cases a cluster has (1: single cases)."""

    n: int
    share: float
    size: int = 1

    @property
    def labels(self) -> list[Hashable] | None:
        """The clusters' labels; the last cluster takes what is left over."""
        return None if self.size == 1 else np.minimum(np.arange(self.n) // self.size, self.clusters - 1).tolist()

    @property
    def clusters(self) -> int:
        """How many clusters there are."""
        return self.n // self.size

    @property
    def inflation(self) -> float:
        """The design effect: how much larger clusters make the variance."""
        return 1 + (self.size - 1) * CORRELATION

    @property
    def words(self) -> tuple[str, str, str]:
        """The first cells of its row."""
        return f"{self.n:,}", f"{self.share:g}", "single" if self.size == 1 else f"{self.clusters} clusters"


SETTINGS = tuple(
    Setting(n, share, cluster) for n, size in SIZES.items() for share in DISCORDANCE for cluster in (1, size)
)


def drawn(generator: np.random.Generator, setting: Setting, shares: tuple[float, ...]) -> NDArray[np.intp]:
    """A category for each case, by `shares`; in clusters by shares of their own, from a Dirichlet distribution."""
    if setting.size == 1:
        return generator.choice(len(shares), size=setting.n, p=shares)
    strength = (1 - CORRELATION) / CORRELATION
    own = generator.dirichlet(np.maximum(np.array(shares) * strength, 1e-9), size=setting.clusters)
    edges = own.cumsum(axis=1)[np.asarray(setting.labels), :-1]
    return (generator.random(setting.n)[:, None] > edges).sum(axis=1)


def one_run(generator: np.random.Generator, setting: Setting) -> Stats:
    """Verdicts as statistics (n, 2)."""
    wrong = drawn(generator, setting, (setting.share, 1 - setting.share))
    return np.stack([1.0 - wrong, np.ones(setting.n)], axis=1)


def two_runs(generator: np.random.Generator, setting: Setting, difference: float) -> tuple[Stats, Stats]:
    """Verdicts of two runs whose true values are `difference` apart, as statistics (n, 2)."""
    apart = DISCORDANCE[setting.share]
    both = setting.share - apart / 2
    shares = (both, (apart + difference) / 2, (apart - difference) / 2, 1 - both - apart)
    found = drawn(generator, setting, shares)
    ones = np.ones(setting.n)
    return np.stack([found <= 1, ones], axis=1).astype(float), np.stack([found % 2 == 0, ones], axis=1).astype(float)
