"""The catalogue: what the pages say of themselves, as a table for a terminal and as the document `docs/benchmarks.md`.

Made from the Benchmark objects alone, so what it says is what runs.
"""

from collections.abc import Iterator
from collections.abc import Mapping
from collections.abc import Sequence
from itertools import groupby

from harness.benchmark import Benchmark
from harness.cases.exclusions import Exclusions
from harness.sources import Rows

COLUMNS = ("name", "area", "cases", "few-shot", "metrics", "lm-eval task")
HEAD = """\
# Benchmarks

Made from the pages by `crosstask benchmarks --write FILE`.

* **Rows** are tables of the Hugging Face Hub: id, config, split; `text/…` is a long text of a mirror. **Cases** are
  those of the whole tables; a case may be several rows, and a row several cases.
* **Few-shot** is where `--shots K` draws its examples, never from the cases: `seeded` takes K rows by a hash of the
  seed, `first_n` the first K. A page without such rows refuses `--shots`.
* **Metrics** have the names of the reports; the signature in brackets names all that can change the number.
* **lm-eval** names the task of lm-evaluation-harness 0.4.13 whose prompt and answer rule are the page's.
* **Verified** says what was compared with whom, and on which rows; nothing else is claimed.
* **Exclusions** are lists of known-wrong rows. Their cases are asked and scored; reports show both numbers.
"""
_FEW, _MANY = 3, 12


def order(benchmarks: Mapping[str, Benchmark]) -> list[Benchmark]:
    """The benchmarks by area and name."""
    return sorted(benchmarks.values(), key=lambda benchmark: (benchmark.area, benchmark.name))


def cells(benchmark: Benchmark) -> tuple[str, ...]:
    """One benchmark's line of the table, by COLUMNS."""
    return (
        benchmark.name,
        benchmark.area,
        _number(benchmark.size),
        benchmark.sampler if benchmark.shot_tables else "",
        ", ".join(metric.name for metric in benchmark.metrics),
        benchmark.lm_eval_task or "",
    )


def markdown(benchmarks: Mapping[str, Benchmark], lists: Mapping[str, Sequence[Exclusions]]) -> str:
    """The document: a table of all benchmarks, then each by itself. `lists` are the exclusion lists by benchmark."""
    listed = order(benchmarks)
    table = ["| " + " | ".join(COLUMNS) + " |", "|" + "---|" * len(COLUMNS), *map(_line, listed)]
    parts = [HEAD, "\n".join(table) + "\n"]
    for area, members in groupby(listed, key=lambda benchmark: benchmark.area):
        parts.append(f"## {area}\n")
        parts += ["\n".join(_section(benchmark, lists.get(benchmark.name, ()))) + "\n" for benchmark in members]
    return "\n".join(parts)


def _line(benchmark: Benchmark) -> str:
    name, area, size, shots, metrics, task = cells(benchmark)
    tasks = ", ".join(f"`{task_name}`" for task_name in task.split(",") if task_name)
    return f"| [`{name}`](#{name.lower()}) | {area} | {size} | {shots} | {metrics} | {tasks} |"


def _section(benchmark: Benchmark, lists: Sequence[Exclusions]) -> Iterator[str]:
    yield f"### {benchmark.name}\n"
    yield f"* **Paper**: {benchmark.paper}"
    yield f"* **Rows**: {_tables(benchmark.tables)}"
    yield f"* **Cases**: {_number(benchmark.size) or 'not recorded'}{_in_strata(benchmark)}"
    yield f"* **Protocol**: {benchmark.protocol}"
    yield f"* **Few-shot**: {_shots(benchmark)}"
    yield "* **Metrics**: " + ", ".join(f"{metric.name} (`{metric.signature}`)" for metric in benchmark.metrics)
    if benchmark.lm_eval_task:
        yield "* **lm-eval**: " + ", ".join(f"`{task}`" for task in benchmark.lm_eval_task.split(","))
    yield f"* **Verified**: {benchmark.verified}"
    for exclusions in lists:
        title = f"{exclusions.name} {exclusions.version}, {len(exclusions.rows)} rows"
        yield f"* **Exclusions**: {title}: {exclusions.why}. From {exclusions.source}"


def _in_strata(benchmark: Benchmark) -> str:
    return f", by {benchmark.strata}" if benchmark.strata else ""


def _shots(benchmark: Benchmark) -> str:
    if not benchmark.shot_tables:
        return "none"
    own = ", examples of the case's own key" if benchmark.shots_by else ""
    return f"{_tables(benchmark.shot_tables)}; {benchmark.sampler}{own}"


def _tables(tables: Sequence[Rows]) -> str:
    """The tables' names; the configs of one dataset and split together."""
    named: dict[tuple[str, str, str | None, str | None], list[str]] = {}
    for rows in tables:
        hub = rows.kind == "hub"
        key = (rows.path if hub else rows.name, rows.split, rows.revision, rows.plain)
        named.setdefault(key, []).append(rows.config if hub else "")
    return "; ".join(_named(*key, configs) for key, configs in named.items())


def _named(path: str, split: str, revision: str | None, plain: str | None, configs: Sequence[str]) -> str:
    if configs == [""]:
        return f"`{path}`"
    few = len(configs) <= _MANY
    shown = ", ".join(configs) if few else f"{', '.join(configs[:_FEW])} and {len(configs) - _FEW} more"
    pinned = f" at {revision}" if revision else ""
    taken = f" (a dataset script, so from its plain form `{plain}`)" if plain else ""
    return f"`{path}`, {shown}, {split}{pinned}{taken}"


def _number(size: int | None) -> str:
    return "" if size is None else f"{size:,}"
