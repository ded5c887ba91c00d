"""`report.html`: one file that opens from disk without a network.

What a model wrote is a stranger's text: in the page it stands escaped (jinja2's autoescape) or packed as data, which
the page's own scripts show as text and never as markup; either way it went through `visible`. The page's
Content-Security-Policy (W3C, level 3) allows its own style sheet and scripts, by their hashes, and nothing else;
`require-trusted-types-for` makes the browser refuse any text as markup.
"""

import base64
import hashlib
import json
from collections.abc import Iterator
from collections.abc import Mapping
from collections.abc import Sequence
from dataclasses import asdict
from dataclasses import dataclass
from dataclasses import field
from itertools import chain
from pathlib import Path
from typing import Any

from jinja2 import Environment
from jinja2 import FileSystemLoader
from jinja2 import StrictUndefined
from markupsafe import Markup
from markupsafe import escape

from harness.diagnostics.examined import Examined
from harness.diagnostics.examined import read_examined
from harness.gate import terminal as gating
from harness.printing.numbers import NOTHING
from harness.printing.numbers import interval
from harness.printing.numbers import printed
from harness.printing.visible import visible
from harness.report import areas
from harness.report import overview
from harness.report import pairs
from harness.report.answers import totals
from harness.report.answers import work
from harness.report.apart import extra
from harness.report.breakdown import at_temperatures
from harness.report.calibration import MEASURES
from harness.report.calibration import diagrams
from harness.report.calibration import printed_measure
from harness.report.cases import Benchmark
from harness.report.cases import Words
from harness.report.cases import cases
from harness.report.compiled import CompiledTemplates
from harness.report.headline import means_of
from harness.report.manifest import facts
from harness.report.manifest import shortened
from harness.report.packed import Chunk
from harness.report.samples import curves
from harness.report.summary import warning
from harness.report.verdicts import VERDICTS
from harness.report.verdicts import programs
from harness.results.folder import Prompts
from harness.results.folder import Run
from harness.results.groups import Group
from harness.results.groups import groups
from harness.store.atomic import open_atomic

_HERE = Path(__file__).parent
_PAGE = _HERE / "page"
_VENDOR = _HERE / "vendor"
_BUFFER = 16
_MEGA = 1 << 20
DRAWN = 30
"""From so many cases on a distribution or a calibration is drawn; of fewer its numbers stand in a table."""
_SCRIPTS = ("element.js", "data.js", "filter.js", "case.js", "list.js", "plots.js", "main.js")
_LIBRARIES = (
    "array",
    "color",
    "format",
    "interpolate",
    "time",
    "time-format",
    "scale",
    "path",
    "shape",
    "selection",
    "axis",
)


def write_html(run: Run, summary: Mapping[str, Any], path: Path) -> None:
    """Write the report piece by piece, so that memory does not grow with the cases; raises StoreError."""
    all_groups, _ = groups(run)
    models, names = list(run.manifest["planned"]), list(dict.fromkeys(group.benchmark for group in all_groups))
    by_area = areas.areas(summary, names)
    keys = {benchmark.name: benchmark.key.name for _, benchmarks in by_area for benchmark in benchmarks}
    benchmarks = [_benchmark(number, name, models, all_groups, keys[name]) for number, name in enumerate(names)]
    archive = Archive(benchmarks, run.prompts, read_examined(*run.folders))
    figures: dict[str, Sequence[Any]] = {
        "work": work(all_groups),
        "reliability": diagrams(summary["calibration"]),
        "curves": curves(all_groups, run.prompts),
    }
    stream = (
        _environment()
        .get_template("report.html.jinja")
        .stream(
            code=_code(),
            summary=summary,
            warning=warning(summary),
            models=models,
            areas=by_area,
            names=names,
            **_first_screen(summary, by_area, models),
            pairs=pairs.pairs(summary["comparisons"]),
            breakdowns=areas.breakdowns(by_area),
            signatures=areas.signatures(summary),
            means=list(means_of(summary["headlines"])),
            level=_level(summary),
            totals=totals(figures["work"], run.manifest),
            data=_shown(_index(models, benchmarks, _drawn(figures))),
            drawn=[name for name, entries in _drawn(figures).items() if entries],
            archive=archive,
            **_programs(all_groups),
            quality=summary["quality"],
            manifest=run.manifest,
            facts=facts(run.manifest),
            manifest_text=json.dumps(shortened(run.manifest), indent=2, ensure_ascii=False),
            licence=(_VENDOR / "LICENSE").read_text(encoding="utf-8"),
            **figures,
        )
    )
    stream.enable_buffering(_BUFFER)
    with open_atomic(path) as file:
        file.writelines(stream)


def _first_screen(
    summary: Mapping[str, Any], by_area: Sequence[tuple[str, Sequence[areas.BenchmarkRows]]], models: Sequence[str]
) -> dict[str, Any]:
    first_screen = overview.rows(summary, by_area, models)
    return {
        "first_screen": first_screen,
        "area_means": overview.means(summary, models),
        "faults": overview.faults(first_screen),
        "standings": overview.standings(summary["comparisons"]),
    }


def _drawn(figures: Mapping[str, Sequence[Any]]) -> dict[str, Sequence[Any]]:
    """What a plot says something of: enough answers for a distribution, more than one point for a curve."""
    return {
        "work": [entry for entry in figures["work"] if entry.lengths and entry.lengths.answers >= DRAWN],
        "reliability": [entry for entry in figures["reliability"] if sum(part["n"] for part in entry.bins) >= DRAWN],
        "curves": [
            entry for entry in figures["curves"] if len(entry.points) > 1 or _temperatures(figures["curves"], entry) > 1
        ],
    }


def _temperatures(curves_of: Sequence[Any], entry: Any) -> int:
    """At how many temperatures the entry's model was sampled on its benchmark."""
    same = [other for other in curves_of if (other.benchmark, other.model) == (entry.benchmark, entry.model)]
    return len({other.temperature for other in same})


def _programs(all_groups: Sequence[Group]) -> dict[str, Any]:
    """What became of the programs, and which verdicts occur."""
    tried = programs(all_groups)
    verdicts = [name for name in VERDICTS if any(line.verdicts[name] for line in tried)]
    return {"programs": areas.by_benchmark(tried), "verdicts": verdicts}


@dataclass(slots=True)
class Footnotes(Words):
    """The remarks of a section, numbered as they first occur; `name` tells its anchors from others'."""

    name: str = ""


@dataclass(frozen=True, slots=True)
class Archive:
    """The cases as packed chunks; `index` is complete when all of them were made."""

    benchmarks: Sequence[Benchmark]
    prompts: Prompts
    examined: Examined = field(default_factory=Examined)
    tags: Words = field(default_factory=Words)
    starts: list[int] = field(default_factory=list)

    def chunks(self) -> Iterator[tuple[str, Markup]]:
        """("entries", …) and ("details", …) of many cases each, each kind in the order of the cases."""
        entries, details = Chunk(1024, _MEGA), Chunk(128, _MEGA // 2)
        rendered = chain.from_iterable(
            cases(benchmark, self.prompts, self.tags, self.examined) for benchmark in self.benchmarks
        )
        for number, (entry, detail) in enumerate(rendered):
            if not details:
                self.starts.append(number)
            entries.add(entry)
            details.add(detail)
            yield from (
                _taken(kind, chunk) for kind, chunk in (("details", details), ("entries", entries)) if chunk.is_full
            )
        yield from (_taken(kind, chunk) for kind, chunk in (("details", details), ("entries", entries)) if chunk)

    @property
    def index(self) -> dict[str, Any]:
        """The words of the tags by their numbers, and at which case each chunk of details starts."""
        return {"tags": list(self.tags.numbers), "starts": self.starts}


def _taken(kind: str, chunk: Chunk) -> tuple[str, Markup]:
    # base64 has no letter that HTML reads
    return kind, Markup(chunk.take())  # noqa: S704


@dataclass(frozen=True, slots=True)
class Code:
    """What the page runs and looks like, each with the hash its policy allows."""

    theme: Markup
    libraries: Markup
    page: Markup
    style: Markup

    @property
    def policy(self) -> str:
        """The page's Content-Security-Policy."""
        scripts = " ".join(map(_hash, (self.theme, self.libraries, self.page)))
        return (
            f"default-src 'none'; script-src {scripts}; style-src {_hash(self.style)}; base-uri 'none'; "
            "form-action 'none'; require-trusted-types-for 'script'; trusted-types 'none'"
        )


def _code() -> Code:
    return Code(
        _read(_PAGE / "theme.js"),
        _read(*(_VENDOR / f"d3-{name}.min.js" for name in _LIBRARIES)),
        _read(*(_PAGE / name for name in _SCRIPTS)),
        _read(_PAGE / "report.css"),
    )


def _read(*paths: Path) -> Markup:
    # our own files, and libraries whose hashes a test compares with the published ones
    return Markup("\n".join(path.read_text(encoding="utf-8") for path in paths))  # noqa: S704


def _hash(text: str) -> str:
    return f"'sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}'"


def _environment() -> Environment:
    environment = Environment(
        loader=FileSystemLoader(_PAGE),
        bytecode_cache=CompiledTemplates(_PAGE, Path(__file__)),
        autoescape=True,
        finalize=_finalize,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    environment.globals |= {
        "gating": gating,
        "printed": printed,
        "interval": interval,
        "place": areas.place,
        "bounded": areas.bounded,
        "heat": areas.heat,
        "by_benchmark": areas.by_benchmark,
        "at_temperatures": at_temperatures,
        "extra": extra,
        "difference_place": pairs.place,
        "signed": pairs.signed,
        "chance": pairs.chance,
        "measures": MEASURES,
        "measured": printed_measure,
        "asdict": asdict,
        "notes_of": Footnotes,
        "breakable": _breakable,
        "nothing": NOTHING,
    }
    return environment


def _breakable(name: str) -> Markup:
    """A name that may be broken after each underscore."""
    return escape(visible(name)).replace("_", Markup("_<wbr>"))


def _finalize(value: Any) -> Any:
    if value is None:
        return NOTHING
    return visible(value) if isinstance(value, str) and not isinstance(value, Markup) else value


def _benchmark(number: int, name: str, models: Sequence[str], all_groups: Sequence[Group], key: str) -> Benchmark:
    by_model = {group.model: group for group in all_groups if group.benchmark == name}
    return Benchmark(number, tuple(by_model.get(model) for model in models), key)


def _index(
    models: Sequence[str], benchmarks: Sequence[Benchmark], figures: Mapping[str, Sequence[Any]]
) -> dict[str, Any]:
    """What the page's scripts need beside the cases."""
    return {
        "models": models,
        "benchmarks": [
            {
                "name": next(group.benchmark for group in benchmark.groups if group is not None),
                "metrics": [metric["name"] for metric in benchmark.metrics],
                "key": [metric["name"] for metric in benchmark.metrics].index(benchmark.key),
            }
            for benchmark in benchmarks
        ],
        **{name: [asdict(entry) for entry in entries] for name, entries in figures.items()},
    }


def _shown(value: Any) -> Any:
    """The JSON value with every text made visible."""
    if isinstance(value, str):
        return visible(value)
    if isinstance(value, Mapping):
        return {visible(key): _shown(item) for key, item in value.items()}
    return [_shown(item) for item in value] if isinstance(value, list | tuple) else value


def _level(summary: Mapping[str, Any]) -> str:
    """Return the level of the intervals, as the column's title names it."""
    levels = {score["estimate"]["level"] for score in summary["scores"]}
    return "/".join(f"{100 * level:g} %" for level in sorted(levels))
