"""A whole run as one call: what `pytest evals/` does, for a notebook or a program."""

import shutil
import warnings
from collections.abc import Mapping
from collections.abc import Sequence
from contextlib import closing
from numbers import Integral
from numbers import Real
from pathlib import Path
from typing import Any

from harness.cases.pages import bundled
from harness.cases.pages import table_of
from harness.cases.shards import Shard
from harness.errors import UsageError
from harness.evaluation.collecting import Collector
from harness.evaluation.evaluated import Evaluated
from harness.evaluation.options import every
from harness.evaluation.options import read
from harness.evaluation.page_tests import PageTest
from harness.evaluation.page_tests import answered
from harness.evaluation.page_tests import in_order
from harness.evaluation.page_tests import page_tests
from harness.evaluation.page_tests import pages_of
from harness.evaluation.page_tests import recorded
from harness.evaluation.responses import Responses
from harness.evaluation.running import Running
from harness.evaluation.subjects import find_subjects
from harness.report.summary import incomplete
from harness.session.place import session_folder
from harness.session.sharding import empty

_PYTESTS = frozenset({"gate", "baseline", "margin", "sequential", "fail-wrong", "dry-run"})
"""Options that decide about pytest's tests or its exit status."""
_REPEATABLE = frozenset(option.name for option in every() if option.repeatable)


class IncompleteWarning(UserWarning):
    """Planned cases have no result: the scores are not those of the whole run."""


def evaluate(
    model: str | Path | Sequence[str | Path] | None = None,
    benchmarks: str | Sequence[str] | None = None,
    *,
    root: str | Path = ".",
    **options: Any,
) -> Evaluated:
    """Run benchmarks and return the run: the same plan, folder and numbers as `pytest evals/` with the same options.

    `model` is what `--model` takes, or several of them. `benchmarks` are names of benchmarks; None means those of the
    recipe. `options` are the plugin's other options, with underscores (`limit=20`, `chat_template="off"`), those of an
    engine of one's own among them. Pages, rows and defaults are those of `[tool.crosstask]` in the pyproject.toml of
    `root`; without that table they are the pages and sample rows that come with the suite. The folder of the run lies
    under `reports` of `root`.

    Raises UsageError, ModelError or SourceError, one sentence, where the run cannot begin, as where its `shard` has no
    case. Where cases are left without
    a result it warns with IncompleteWarning; Ctrl-C leaves the run's folder with what was answered.
    """
    place = Path(root).resolve()
    table = table_at(place)
    chosen = read(_command(model, options), table, place)
    if chosen.dry_run:
        raise UsageError("[tool.crosstask] dry-run: found true; expected pytest, which shows what would be asked")
    subjects = find_subjects(chosen, place)
    collector = Collector(chosen, subjects, place, named=benchmarks is not None)
    selected = in_order(page_tests(collector, pages_of(chosen, place, benchmarks), place), subjects)
    if (error := collector.error()) is not None:
        raise error
    tests = _in_shard(selected, collector, chosen.shard)
    ended: list[str] = []
    meeting = session_folder()
    try:
        planned_cases = [test.planned for test in tests]
        collector.publish(meeting, planned_cases, whole=[test.planned for test in selected])
        responses = Responses(meeting, chosen, subjects, collector.replayed, planned_cases, stop=ended.append)
        with closing(responses), Running(meeting, chosen, subjects, place, ["evaluate"], ended.append) as running:
            running.left_over, running.tests = lambda seen: answered(tests, seen, responses), lambda: tests
            for test in tests:
                running.take(recorded(test, responses))
                if ended:  # the only model answers no more, or the folder takes nothing
                    break
    finally:
        shutil.rmtree(meeting, ignore_errors=True)
    return _evaluated(running)


def _in_shard(selected: Sequence[PageTest], collector: Collector, shard: Shard | None) -> list[PageTest]:
    """The tests of the shard; raises UsageError where it has none, or nothing is selected at all."""
    if not selected:
        raise UsageError("evaluate: found no case; expected benchmarks that the recipe or the pages have")
    mine = collector.mine([test.planned for test in selected])
    tests = [test for test, is_mine in zip(selected, mine, strict=True) if is_mine]
    if not tests and shard is not None:
        raise UsageError(f"evaluate: {empty(shard, len(selected))}")
    return tests


def _evaluated(running: Running) -> Evaluated:
    if running.run is None or running.summary is None:
        raise UsageError(f"evaluate: {running.broken}; the run's folder has what was answered")
    missing = running.broken or incomplete(running.summary)
    if missing is not None:
        warnings.warn(missing, IncompleteWarning, stacklevel=3)
    return Evaluated(running.run.path, running.summary)


def _command(model: str | Path | Sequence[str | Path] | None, options: Mapping[str, Any]) -> dict[str, Any]:
    """The options by name, as the command line would give them."""
    given = {name.replace("_", "-"): value for name, value in options.items() if value is not None}
    if refused := sorted(_PYTESTS & given.keys()):
        raise UsageError(f"evaluate: found {refused[0].replace('-', '_')}; expected it on pytest's command line")
    if model is not None:
        given["model"] = [model] if isinstance(model, str | Path) else list(model)
    return {name: _typed(name, value) for name, value in given.items() if value is not False}


def _typed(name: str, value: Any) -> Any:
    """A value as the command line would give it: paths as text, several numbers as one text, numpy's as Python's."""
    if isinstance(value, Path):
        return str(value)
    if isinstance(value, Integral) and not isinstance(value, bool):
        return int(value)
    if isinstance(value, Real) and not isinstance(value, bool):
        return float(value)
    if isinstance(value, list | tuple):
        values = [str(item) for item in value]
        return values if name in _REPEATABLE else ",".join(values)
    return value


def table_at(root: Path) -> dict[str, Any]:
    """`[tool.crosstask]` of the root; without one, the pages and rows that come with the suite."""
    table = table_of(root)
    if table is not None:
        return table
    place = bundled()
    if place is None:
        raise UsageError(f"{root}: found no [tool.crosstask] in pyproject.toml; expected the table, evals in it")
    evals, sample = map(str, place)
    return {"evals": [evals], "sample": sample, "recipe": "overview"}
