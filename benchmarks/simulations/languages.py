"""Languages of a benchmark on the same problems: how often equal ones are told apart, whichever two of them."""

from itertools import product

import numpy as np
from models import Stats
from tables import Figures
from tables import beyond
from tables import monte_carlo

from harness.statistics import Design
from harness.statistics import Draws
from harness.statistics import ranking

LANGUAGES = (5, 18)
PROBLEMS = (40, 160)
SHARES = (0.02, 0.3, 0.9)
"""Of problems solved, the same in each language."""
CORRELATION = 0.5
"""Between two languages on a problem."""
RESAMPLES = 1000


def solved(generator: np.random.Generator, languages: int, problems: int, share: float) -> Stats:
    """Verdicts (languages, problems, 2): a problem has a chance of its own, drawn from a beta distribution."""
    spread = 1 / CORRELATION - 1
    chances = generator.beta(share * spread, (1 - share) * spread, problems)
    right = generator.random((languages, problems)) < chances
    return np.stack([right, np.ones_like(right)], axis=-1).astype(float)


def measure(repeats: int) -> Figures:
    """How often any two of equal languages stand in no group together, at 95 %."""
    head = ("languages", "problems", "solved", "any two told apart")
    rows, missed = [], ()
    for languages, problems, share in product(LANGUAGES, PROBLEMS, SHARES):
        generator = np.random.default_rng([7300, languages, problems, round(1000 * share)])
        apart = 0
        for seed in range(repeats):
            verdicts = solved(generator, languages, problems, share)
            ranked = ranking(list(verdicts), "proportion", Design(), Draws(resamples=RESAMPLES, seed=seed))
            apart += len(ranked.groups) > 1
        rate = apart / repeats
        rows.append((str(languages), str(problems), f"{100 * share:g} %", monte_carlo(rate, repeats)))
        missed += beyond(f"languages, {languages} on {problems}", rate, most=0.05 + 3 * (0.05 * 0.95 / repeats) ** 0.5)
        print(rows[-1], flush=True)
    return Figures("languages", head, tuple(rows), missed)
