"""Solved examples: which rows are shown before the question.

The same K rows stand before every case (of a subject, where the page says so), so that a model reads them once;
they come from the split the page names, never from the cases. A case that stands among them all the same, in whatever
spelling, is shown the next in order instead. A seeded draw takes the rows with the smallest hashes of
seed, benchmark, key and row id, as `limit` does: it depends on no order and on no generator's version, and the
examples of K shots are those of K - 1 and one more.
"""

from collections.abc import Mapping
from collections.abc import Sequence
from dataclasses import dataclass
from dataclasses import field
from itertools import islice

from harness.benchmark import Benchmark
from harness.cases.alike import Alike
from harness.cases.alike import content_of
from harness.cases.ranks import rank
from harness.errors import UsageError
from harness.sources import Row
from harness.sources import Table


@dataclass(frozen=True, slots=True)
class Drawn:
    """The rows drawn for a benchmark, by the key of its `shots_by` ("" where it has none).

    `further` are the rows behind them in the order of the draw. `others` notes each case that asks what one of its
    examples asks, by its id, with the number of examples it is shown: fewer than `k` where no other row is left.
    """

    benchmark: Benchmark
    k: int
    rows: Mapping[str, tuple[Row, ...]]
    further: Mapping[str, tuple[Row, ...]] = field(default_factory=dict)
    alike: Mapping[str, Alike] = field(default_factory=dict)
    others: dict[str, int] = field(default_factory=dict)

    def __call__(self, row: Row) -> tuple[Row, ...]:
        """The examples shown before this row, none of which asks the same; raises UsageError where its key has none."""
        if self.k == 0:
            return ()
        key = _key(self.benchmark, row)
        if key not in self.rows:
            split = ", ".join(rows.name for rows in self.benchmark.shot_tables)
            raise UsageError(f"--shots {self.k}: {split} has no rows for {key!r}; expected at least {self.k}")
        drawn, alike = self.rows[key], self.alike[key]
        rows = (row, *(part for part in row.parts if part is not row))
        contents = [content_of(other, self.benchmark.to_case) for other in rows]
        kept = tuple(example for example in drawn if not any(alike(content, example) for content in contents))
        if len(kept) == len(drawn):
            return drawn
        others = (example for example in self.further[key] if not any(alike(content, example) for content in contents))
        examples = (*kept, *islice(others, len(drawn) - len(kept)))
        self.others[row.id] = len(examples)
        return examples

    def note(self) -> str | None:
        """What a reader must know of the cases that asked what one of their examples asks."""
        if not self.others:
            return None
        fewer = sum(count < self.k for count in self.others.values())
        some = f", {fewer} of them fewer than {self.k}" if fewer else ""
        cases = f"{len(self.others)} case{'s' if len(self.others) > 1 else ''}"
        return f"{self.benchmark.name}: {cases} asked what a solved example asks; shown other examples instead{some}."

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
    ordered = {key: _order(benchmark, key, rows, k, seed, names) for key, rows in groups.items()}
    return Drawn(
        benchmark,
        k,
        {key: rows[:k] for key, rows in ordered.items()},
        {key: rows[k:] for key, rows in ordered.items()},
        {key: Alike(benchmark.to_case, rows) for key, rows in ordered.items()},
    )


def _order(benchmark: Benchmark, key: str, rows: Sequence[Row], k: int, seed: int, names: str) -> tuple[Row, ...]:
    if len(rows) < k:
        shown = f"{len(rows)} rows" + (f" for {key!r}" if key else "")
        raise UsageError(f"--shots {k}: {names} has {shown}; expected at least {k}")
    if benchmark.sampler == "first_n":
        return tuple(rows)
    return tuple(sorted(rows, key=lambda row: rank(seed, benchmark.name, key, row.id)))


def _key(benchmark: Benchmark, row: Row) -> str:
    return benchmark.shots_by(row) if benchmark.shots_by is not None else ""
