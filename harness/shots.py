"""Solved examples: which rows are shown before the question.

The same K rows stand before every case (of a subject, where the page says so), so that a model reads them once;
they come from the split the page names, never from the cases. A seeded draw takes the rows with the smallest hashes of
seed, benchmark, key and row id, as `limit` does: it depends on no order and on no generator's version, and the
examples of K shots are those of K - 1 and one more.
"""

import hashlib
from collections.abc import Mapping
from collections.abc import Sequence
from dataclasses import dataclass

from harness.benchmark import Benchmark
from harness.errors import UsageError
from harness.sources import Row
from harness.sources import Table


@dataclass(frozen=True, slots=True)
class Drawn:
    """The rows drawn for a benchmark, by the key of its `shots_by` ("" where it has none)."""

    benchmark: Benchmark
    k: int
    rows: Mapping[str, tuple[Row, ...]]

    def __call__(self, row: Row) -> tuple[Row, ...]:
        """The examples shown before this row; raises UsageError where its key has none."""
        if self.k == 0:
            return ()
        key = _key(self.benchmark, row)
        if key not in self.rows:
            split = ", ".join(rows.name for rows in self.benchmark.shot_tables)
            raise UsageError(f"--shots {self.k}: {split} has no rows for {key!r}; expected at least {self.k}")
        return self.rows[key]

    @property
    def ids(self) -> tuple[str, ...]:
        """The ids of all rows drawn, in order."""
        return tuple(row.id for rows in self.rows.values() for row in rows)


def draw(benchmark: Benchmark, tables: Sequence[Table], k: int, seed: int) -> Drawn:
    """K rows for a benchmark (for each key of its `shots_by`), drawn as its page says; none for k = 0.

    "seeded" depends on the seed, the benchmark's name, the key and the rows' ids alone. Raises UsageError where the
    page names no split to draw from, or the split has fewer rows.
    """
    if k == 0:
        return Drawn(benchmark, 0, {})
    if not tables:
        raise UsageError(f"--shots {k}: {benchmark.name} names no split to draw examples from; expected 0 for it")
    groups: dict[str, list[Row]] = {}
    for row in (row for table in tables for row in table.rows):
        if benchmark.shots_where is None or benchmark.shots_where(row):
            groups.setdefault(_key(benchmark, row), []).append(row)
    names = ", ".join(table.name for table in tables)
    return Drawn(benchmark, k, {key: _take(benchmark, key, rows, k, seed, names) for key, rows in groups.items()})


def _take(benchmark: Benchmark, key: str, rows: Sequence[Row], k: int, seed: int, names: str) -> tuple[Row, ...]:
    if len(rows) < k:
        found = f"{len(rows)} rows" + (f" for {key!r}" if key else "")
        raise UsageError(f"--shots {k}: {names} has {found}; expected at least {k}")
    if benchmark.sampler == "first_n":
        return tuple(rows[:k])
    return tuple(sorted(rows, key=lambda row: _rank(seed, benchmark.name, key, row.id))[:k])


def _rank(*parts: str | int) -> str:
    return hashlib.sha256(":".join(map(str, parts)).encode("utf-8", "surrogatepass")).hexdigest()


def _key(benchmark: Benchmark, row: Row) -> str:
    return benchmark.shots_by(row) if benchmark.shots_by is not None else ""
