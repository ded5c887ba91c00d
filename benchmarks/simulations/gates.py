"""The gate: what it says of equal runs, of a true drop, and when it looks before all cases are in."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from functools import partial

import numpy as np
from families import verdicts
from tables import Figures
from tables import beyond
from tables import percent

from harness.statistics import Trial
from harness.statistics import gate
from harness.statistics.detectable import detectable_drop
from harness.statistics.sequential import Spending
from harness.statistics.sequential import level

SUITE = (164, 500, 817, 1319, 10042, 14042)
"""Cases of HumanEval, MBPP, TruthfulQA, GSM8K, HellaSwag and MMLU."""
DISCORDANCE = 0.1
MARGINS = (0.02, 0.05)


@cache
def visible(n: int, alpha: float = 0.05) -> float:
    """The drop that is printed as found four times of five at this level, where a tenth of the cases differ."""
    half = round(DISCORDANCE * n / 2)
    return detectable_drop(verdicts(half, half, n), 1 - alpha) or 1.0


def entered(generator: np.random.Generator, n: int, margin: float, drop: float = 0.0) -> Trial:
    """A benchmark at the gate whose true value has dropped so much, on top of a tenth of the cases that differ."""
    better, worse = DISCORDANCE / 2, DISCORDANCE / 2 + drop
    won, lost, _ = generator.multinomial(n, (better, worse, 1 - better - worse)).tolist()
    return _counted(lost, won, n, margin)


def decided(trials: Sequence[Trial]) -> tuple[str, ...]:
    """The gate's decisions."""
    return tuple(found.decision for found in gate(trials))


def measure(repeats: int) -> Figures:
    """A suite of six at two margins: 500 gates over equal runs, and a drop in each benchmark in turn."""
    head = ("margin", "cases", "detectable", "equal: pass", "inconclusive", "regressed", "any of six regressed")
    head += ("true drop", "caught", "passed all the same")
    rows, missed = [], ()
    for seed, margin in enumerate(MARGINS, start=4000):
        generator = np.random.default_rng(seed)
        suites = [[entered(generator, n, margin) for n in SUITE] for _ in range(repeats)]
        equal = [decided(suite) for suite in suites]
        alarms = float(np.mean(["regressed" in gates for gates in equal]))
        missed += beyond(f"false alarms, margin {margin}", alarms, most=0.05)
        for index, n in enumerate(SUITE):
            drop = margin + visible(n, 0.05 / len(SUITE))
            worse = [[*suite[:index], entered(generator, n, margin, drop), *suite[index + 1 :]] for suite in suites]
            dropped = [decided(suite)[index] for suite in worse]
            said = [float(np.mean([gates[index] == word for gates in equal])) for word in WORDS]
            caught, passed = (float(np.mean([one == word for one in dropped])) for word in ("regressed", "pass"))
            missed += beyond(f"caught, margin {margin}, {n}", caught, least=0.8)
            cells = (f"{100 * margin:g} pt", f"{n:,}", f"{100 * visible(n, 0.05 / len(SUITE)):.2f}")
            shown = [percent(value) for value in (*said, alarms)]
            rows.append((*cells, *shown, f"{100 * drop:.2f}", percent(caught), percent(passed)))
            print(rows[-1], flush=True)
    return Figures("gate", head, tuple(rows), missed)


WORDS = ("pass", "inconclusive", "regressed")


@dataclass(frozen=True, slots=True)
class Looking:
    """A benchmark of `n` cases looked at after every `window` of them."""

    n: int
    window: int
    margin: float
    spending: Spending

    @property
    def looks(self) -> tuple[int, ...]:
        """After how many cases."""
        return (*range(self.window, self.n, self.window), self.n)

    def decide(self, signs: np.ndarray) -> tuple[str, int]:
        """The decision, and after how many cases, from each case's new less old (-1, 0, 1) in random order."""
        lost, won = (np.cumsum(signs == sign) for sign in (-1, 1))
        for number, n in enumerate(self.looks, start=1):
            fractions = tuple(look / self.n for look in self.looks[:number])
            (found,) = gate(
                [_counted(int(lost[n - 1]), int(won[n - 1]), n, self.margin)],
                level_of=partial(_level, fractions, self.spending),
            )
            if found.decision != "inconclusive":
                return found.decision, n
        return "inconclusive", self.n


@cache
def _level(fractions: tuple[float, ...], spending: Spending, alpha: float) -> float:
    """The level at a look, remembered: it depends on the looks so far and on alpha alone."""
    return level(fractions, alpha, spending)


@cache
def _counted(lost: int, won: int, n: int, margin: float) -> Trial:
    """The gate's decisions alone, which the two p's tell sooner than the ends of an interval: on which side each is."""
    both = verdicts(lost, won, n)
    difference = (won - lost) / n
    kept = both.below(-margin) if difference > -margin else 1.0
    worse = both.negative.below(0.0) if difference < 0 else 1.0

    def interval(at: float) -> tuple[float, float]:
        alpha = (1 - at) / 2
        return (difference if kept <= alpha else -1.0), (difference if worse <= alpha else 1.0)

    return Trial(difference, n, margin, interval)


def sequential(repeats: int) -> Figures:
    """Two benchmarks, both ways of spending: equal runs, a drop of just the margin, clear drops."""
    head = ("cases", "looks every", "spending", "truth", "pass", "regressed", "inconclusive")
    head += ("all cases: pass", "regressed", "cases asked")
    rows, missed = [], ()
    for n, window, margin, drops in ((1319, 128, 0.05, (0, 0.05, 0.1)), (14042, 512, 0.02, (0, 0.02, 0.05))):
        for spending in ("obrien-fleming", "pocock"):
            looking = Looking(n, window, margin, spending)
            for seed, drop in enumerate(drops, start=5000):
                generator = np.random.default_rng(seed)
                row, wrong, asked = _row(looking, drop, [_signs(generator, n, drop) for _ in range(repeats)])
                rows.append(row)
                print(row, flush=True)
                missed += beyond(f"error, {n}, {spending}, drop {drop}", wrong, most=0.05)
                if drop != margin:
                    missed += beyond(f"cases asked, {n}, {spending}, drop {drop}", asked, most=0.5)
    return Figures("sequential", head, tuple(rows), missed)


def _signs(generator: np.random.Generator, n: int, drop: float) -> np.ndarray:
    apart = max(DISCORDANCE, drop)
    return generator.choice((-1, 0, 1), size=n, p=((apart + drop) / 2, 1 - apart, (apart - drop) / 2))


def _row(looking: Looking, drop: float, runs_of: list[np.ndarray]) -> tuple[tuple[str, ...], float, float]:
    found = [looking.decide(signs) for signs in runs_of]
    counts = [(int((signs < 0).sum()), int((signs > 0).sum())) for signs in runs_of]
    whole = [gate([_counted(*one, looking.n, looking.margin)])[0].decision for one in counts]
    said = {word: float(np.mean([decision == word for decision, _ in found])) for word in WORDS}
    fixed = [float(np.mean([one == word for one in whole])) for word in ("pass", "regressed")]
    asked = float(np.mean([n for _, n in found])) / looking.n
    wrong = said["regressed"] if drop == 0 else said["pass"] if drop >= looking.margin else 0.0
    truth = "no change" if drop == 0 else f"drop of {100 * drop:g} pt"
    truth += f", margin {100 * looking.margin:g}"
    words = (f"{looking.n:,}", str(looking.window), looking.spending, truth)
    shown = [percent(value) for value in (said["pass"], said["regressed"], said["inconclusive"], *fixed, asked)]
    return (*words, *shown), wrong, asked
