"""Solved examples: which rows are shown before the question.

The same K rows stand before every case, so that a model reads them once; they come from the
split the page names, never from the cases.
"""

import random

from harness.benchmark import Benchmark
from harness.errors import UsageError
from harness.sources import Row
from harness.sources import Table


def draw(benchmark: Benchmark, table: Table | None, k: int, seed: int) -> tuple[Row, ...]:
    """K rows for a benchmark, drawn as its page says; none for k = 0.

    "seeded" depends on the seed and the benchmark's name alone. Raises UsageError where the page
    names no split to draw from, or the split has fewer rows.
    """
    if k == 0:
        return ()
    if table is None:
        raise UsageError(f"--shots {k}: {benchmark.name} names no split to draw examples from; expected 0 for it")
    if len(table.rows) < k:
        raise UsageError(f"--shots {k}: {table.name} has {len(table.rows)} rows; expected at least {k}")
    if benchmark.sampler == "first_n":
        return tuple(table.rows[:k])
    return tuple(random.Random(f"{seed}:{benchmark.name}").sample(list(table.rows), k))  # noqa: S311 - no secret
