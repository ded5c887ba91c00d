"""Parity by bets: how often it says something false, and how many cases it asks, beside the gate's looks."""

from collections.abc import Sequence
from functools import cache

import numpy as np
from families import verdicts
from gates import _level
from tables import Figures
from tables import beyond
from tables import monte_carlo
from tables import percent

from harness.parity.comparing import ends_of
from harness.statistics.betting import Bets
from harness.statistics.betting import Compared
from harness.statistics.betting import Rates
from harness.statistics.betting import decision
from harness.statistics.betting import rates

GRID = ((0.01, 1319), (0.01, 14042), (0.02, 1319), (0.02, 14042), (0.05, 500), (0.05, 1319))
"""Margins and cases."""
SHARES = (0.0, 0.01, 0.05, 0.2)
"""Of cases that flip and flip back, on top of the difference."""
TIMES = (0.0, 1.0, 3.0)
"""The true difference, in margins."""
ALPHA = 0.05


def parity(repeats: int) -> Figures:
    """No difference, one of just the margin and one of three: what is said of it, and after how many cases."""
    head = ("margin", "cases", "flips", "no difference: same", "differs", "cases asked")
    head += ("of just the margin: same", "differs", "cases asked", "of three margins: differs", "cases asked")
    rows, missed = [], ()
    for seed, (margin, n) in enumerate(GRID, start=6000):
        for share in SHARES:
            generator = np.random.default_rng(seed)
            cells: list[str] = [f"{100 * margin:g} pt", f"{n:,}", percent(share, 0)]
            for times in TIMES:
                said = [_asked(_signs(generator, n, share, times * margin), margin) for _ in range(repeats)]
                same, differs = (float(np.mean([word == wanted for word, _ in said])) for wanted in WORDS)
                asked = f"{np.mean([at for _, at in said]):,.0f}"
                shown = [monte_carlo(differs, repeats), asked]
                cells += [monte_carlo(same, repeats), *shown] if times < TIMES[-1] else shown
                name = f"margin {margin}, {n}, flips {share}, {times} margins"
                missed += beyond(f"same, {name}", same, most=1.0 if times < 1 else 0.05 + 3 * (0.0475 / repeats) ** 0.5)
                missed += beyond(
                    f"differs, {name}", differs, most=1.0 if times > 1 else 0.05 + 3 * (0.0475 / repeats) ** 0.5
                )
            rows.append(tuple(cells))
            print(rows[-1], flush=True)
    return Figures("parity", head, tuple(rows), missed)


WORDS = ("same", "differs")


def beside(repeats: int) -> Figures:
    """No difference: the cases asked until "same", by bets and by two tests at the gate's looks."""
    head = (
        "margin",
        "cases",
        "flips",
        "cases asked",
        "by bets alone",
        "by spending as Pocock",
        "as O'Brien and Fleming",
    )
    rows = []
    for margin, n in ((0.02, 1319), (0.02, 14042)):
        for share in (0.0, 0.01, 0.05):
            generator = np.random.default_rng(7000)
            signs = [_signs(generator, n, share, 0.0) for _ in range(repeats)]
            asked = [[_asked(each, margin, mixed=mixed)[1] for each in signs] for mixed in (True, False)]
            asked += [[_spent(each, margin, way) for each in signs] for way in ("pocock", "obrien-fleming")]
            means = [f"{np.mean(each):,.0f}" for each in asked]
            rows.append((f"{100 * margin:g} pt", f"{n:,}", percent(share, 0), *means))
            print(rows[-1], flush=True)
    return Figures("beside", head, tuple(rows))


def _signs(generator: np.random.Generator, n: int, share: float, drop: float) -> np.ndarray:
    lost = share / 2 + drop
    return generator.choice((-1, 0, 1), size=n, p=(lost, 1 - lost - share / 2, share / 2))


def _asked(signs: np.ndarray, margin: float, *, mixed: bool = True) -> tuple[str, int]:
    """The verdict, and after how many cases, at the looks of `crosstask parity`; by bets alone unless `mixed`."""
    lost, won = (np.cumsum(signs == sign) for sign in (-1, 1))
    ends = ends_of(len(signs))
    for look, n in enumerate(ends, start=1):
        fractions = tuple(end / len(signs) for end in ends[:look])
        said = _decided(
            int(lost[n - 1]), int(won[n - 1]), n, margin, rates(ALPHA, fractions) if mixed else Rates(ALPHA, 0.0, 0.0)
        )
        if said != "inconclusive":
            return said, n
    return "inconclusive", len(signs)


@cache
def _decided(lost: int, won: int, n: int, margin: float, due: Rates) -> str:
    counts = [(score, count) for score, count in ((-1.0, lost), (0.0, n - lost - won), (1.0, won)) if count]
    scores, often = (np.array(column, dtype=float) for column in zip(*counts, strict=True))
    bets = Bets(scores, np.ones(len(scores)), often, 1.0)
    return decision(Compared(bets, bets, (won - lost) / n, n), margin, due)


def _spent(signs: np.ndarray, margin: float, spending: str) -> int:
    """After how many cases two one-sided tests with Gaffke's bound both reject, at the gate's windows."""
    lost, won = (np.cumsum(signs == sign) for sign in (-1, 1))
    total = len(signs)
    window = max(64, min(512, total // 10 // 64 * 64))
    ends = (*range(window, total, window), total)
    for number, n in enumerate(ends, start=1):
        fractions = tuple(end / total for end in ends[:number])
        alpha = (1 - _level(fractions, spending, 2 * ALPHA)) / 2
        if _within(int(lost[n - 1]), int(won[n - 1]), n, margin) <= alpha:
            return n
    return total


@cache
def _within(lost: int, won: int, n: int, margin: float) -> float:
    both = verdicts(lost, won, n)
    sides: Sequence[float] = (both.below(-margin), both.negative.below(-margin))
    return max(sides)
