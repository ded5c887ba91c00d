"""Looking before all cases are in: how strict an interval must be at each look for all together to hold their level.

Alpha spending (Lan and DeMets 1983, Biometrika 70:659) with repeated confidence intervals (Jennison and Turnbull 1989,
JRSS B 51:305): the intervals at all looks cover the difference together, so a gate may decide at the first that can.
Cases must come in an order drawn at random, and the number of all cases be known beforehand.
"""

import math
from collections.abc import Sequence
from itertools import pairwise
from statistics import NormalDist
from typing import Literal
from typing import TypeAlias

import numpy as np

from harness.statistics.reducers import Array

Spending: TypeAlias = Literal["obrien-fleming", "pocock"]
NODES = 200
FARTHEST = 9.0
"""Standard errors beyond which the normal distribution has nothing left to spend."""


def spent(fraction: float, alpha: float, spending: Spending) -> float:
    """How much of the two-sided `alpha` is spent when a `fraction` (0..1) of the cases is in.

    "obrien-fleming" spends little before the end, "pocock" nearly evenly: both forms are Lan and DeMets's.
    """
    if spending == "pocock":
        return alpha * math.log(1 + (math.e - 1) * fraction)
    normal = NormalDist()
    return 4 * (1 - normal.cdf(normal.inv_cdf(1 - alpha / 4) / math.sqrt(fraction)))


def boundaries(
    fractions: Sequence[float], alpha: float = 0.05, spending: Spending = "obrien-fleming"
) -> tuple[float, ...]:
    """At each look the critical |z| of a two-sided test, by the `fractions` of all cases then in, rising within 0..1.

    By numerical integration over the paths that have not crossed (Armitage, McPherson and Rowe 1969, JRSS A 132:235).
    A look's boundary depends on no later one, so looks need not be planned. At most 9 standard errors. Raises
    ValueError where fractions do not rise, or leave 0..1.
    """
    if not fractions or not all(low < high for low, high in pairwise([0.0, *fractions])) or fractions[-1] > 1:
        raise ValueError(f"fractions: found {tuple(fractions)}; expected rising numbers above 0, at most 1")
    nodes, weights = np.polynomial.legendre.leggauss(NODES)
    places, density, before = np.zeros(1), np.ones(1), 0.0
    criticals: list[float] = []
    for fraction in fractions:
        step, due = math.sqrt(fraction - before), spent(fraction, alpha, spending)
        left = due - (spent(before, alpha, spending) if before else 0.0)
        scale = math.sqrt(fraction)
        critical = _critical(places, density, (scale, step), left)
        criticals.append(critical)
        here = critical * scale * nodes
        kernel = np.exp(-(((here[:, None] - places) / step) ** 2) / 2) / (step * math.sqrt(2 * math.pi))
        density, places, before = critical * scale * weights * (kernel @ density), here, fraction
    return tuple(criticals)


def level(fractions: Sequence[float], alpha: float = 0.05, spending: Spending = "obrien-fleming") -> float:
    """The level of the interval at the last of these looks, such that all looks' together hold 1 - alpha.

    At most 1 less 1e-15, which no interval of a look that spends nothing exceeds.
    """
    from scipy.special import ndtr  # type: ignore[import-untyped]

    return min(float(1 - 2 * ndtr(-boundaries(fractions, alpha, spending)[-1])), 1 - 1e-15)


def _critical(places: Array, density: Array, scales: tuple[float, float], left: float) -> float:
    """The |z| that paths at `places` cross at this look with probability `left`."""
    from scipy.special import ndtr

    scale, step = scales

    def excess(critical: float) -> float:
        edge = critical * scale
        crossed = ndtr((places - edge) / step) + ndtr((-places - edge) / step)
        return float(crossed @ density) - left

    low, high = 0.0, FARTHEST
    while high - low > 1e-10:
        middle = (low + high) / 2
        low, high = (middle, high) if excess(middle) > 0 else (low, middle)
    return high
