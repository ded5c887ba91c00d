"""A baseline: a run's scores case by case in one small file, to commit beside the code and compare with later.

Schema `crosstask/baseline/1`: what the manifest says that could change a number, then by model and benchmark a line a
case. `columns` names what stands in a line: the case's id, the first digits of its digest, its cluster and stratum by
number where there are any, and each metric's statistics; a bare number x stands for (x, 1). A line that ends in a
status instead is of a case without scores. Prompts, targets and answers are left out, and so are paths of the machine.
"""

import json
from collections import Counter
from collections.abc import Iterator
from collections.abc import Mapping
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from harness.compare.system import CaseScores
from harness.compare.system import System
from harness.compare.system import looked
from harness.errors import StoreError
from harness.store.atomic import open_atomic

SCHEMA = "crosstask/baseline/1"
_RUN = ("crosstask", "plan", "created", "finished", "recipe", "generalise_over", "failures")
_BENCHMARK = ("version", "area", "protocol", "strata", "metrics", "data", "shots", "cases", "exclusions")
_CARD = ("name", "hub_id", "revision", "parameters")
_STATUSES = ("measured", "refused", "error", "not_run")


def write_baseline(systems: Sequence[System], path: Path) -> None:
    """Write the systems of one run to a file; raises StoreError where that cannot be done."""
    manifest = _trimmed(systems[0].manifest, [system.model for system in systems])
    try:
        with open_atomic(path) as file:
            file.write(f'{{"schema": "{SCHEMA}",\n"manifest": {_text(manifest)},\n"scores": {{')
            for number, system in enumerate(systems):
                file.write(f"{',' if number else ''}\n{_text(system.model)}: {{")
                for place, (benchmark, cases) in enumerate(system.cases.items()):
                    file.write(f"{',' if place else ''}\n{_text(benchmark)}: ")
                    file.writelines(_table(cases, list(system.metrics(benchmark))))
                file.write("}")
            file.write("}}\n")
    except ValueError as error:
        raise StoreError(f"{systems[0].source}: {error}; crosstask rescore makes the statistics again") from error


def read_baseline(path: Path) -> tuple[System, ...]:
    """The systems of a baseline, each named as its model; raises StoreError where it is none that was written whole."""
    try:
        content = json.loads(path.read_bytes())
    except OSError as error:
        raise StoreError(f"{path}: cannot be read ({error.strerror}); check its permissions") from error
    except ValueError as error:
        raise StoreError(f"{path}: not JSON ({error}); expected a file that `crosstask baseline` wrote") from error
    schema = content.get("schema") if isinstance(content, dict) else None
    if schema != SCHEMA:
        raise StoreError(f"{path}: schema {schema!r}; expected {SCHEMA!r}, which `crosstask baseline` writes")
    try:
        return tuple(
            System(model, model, str(path), content["manifest"], _parts(content["manifest"], parts))
            for model, parts in content["scores"].items()
        )
    except (KeyError, TypeError, ValueError, IndexError, AttributeError) as error:
        raise StoreError(
            f"{path}: {type(error).__name__} {error}; expected a file that `crosstask baseline` wrote"
        ) from error


def _trimmed(manifest: Mapping[str, Any], models: Sequence[str]) -> dict[str, Any]:
    """What could change a number; without commands, paths and notes on one machine."""
    kept = {name: manifest[name] for name in _RUN if name in manifest}
    kept["settings"] = {name: value for name, value in manifest.get("settings", {}).items() if name != "data"}
    kept["models"] = {model: _model(manifest["models"].get(model, {})) for model in models}
    kept["benchmarks"] = {
        name: {key: facts[key] for key in _BENCHMARK if key in facts} for name, facts in manifest["benchmarks"].items()
    }
    if needed := looked(manifest):
        kept["gate"] = {"sequential": {"looked": dict(needed), "finished": True}}
    kept["environment"] = {"packages": manifest.get("environment", {}).get("packages", {})}
    return kept


def _model(about: Mapping[str, Any]) -> dict[str, Any]:
    card = {key: value for key, value in about.get("card", {}).items() if key in _CARD}
    return {"card": card} | {key: about[key] for key in ("settings", "identity", "digest", "revision") if key in about}


def _table(cases: Mapping[str, CaseScores], metrics: Sequence[str]) -> Iterator[str]:
    """A benchmark's lines, in pieces."""
    sizes = Counter(case.cluster for case in cases.values())
    # a cluster of one is a case of its own
    clusters = _numbered(case.cluster for case in cases.values() if sizes[case.cluster] > 1)
    strata = _numbered(case.stratum for case in cases.values())
    columns = ["case", "digest", *(["cluster"] if clusters else []), *(["stratum"] if strata else []), *metrics]
    yield f'{{"columns": {_text(columns)}, "strata": {_text(list(strata))}, "cases": ['
    for number, (name, case) in enumerate(cases.items()):
        line: list[Any] = [name, case.digest]
        line += [clusters.get(case.cluster)] if clusters else []
        line += [strata.get(case.stratum)] if strata else []
        line += [_bare(case.stats[metric]) for metric in metrics] if case.stats else [case.status]
        yield f"{',' if number else ''}\n{_text(line)}"
    yield "]}"


def _numbered(labels: Iterator[Any]) -> dict[Any, int]:
    numbers: dict[Any, int] = {}
    for label in labels:
        if label is not None:
            numbers.setdefault(label, len(numbers))
    return numbers


def _bare(stats: tuple[float, ...]) -> Any:
    plain = [int(value) if value.is_integer() else value for value in stats]
    return plain[0] if len(plain) == 2 and plain[1] == 1 else plain


def _text(value: Any) -> str:
    return json.dumps(value, ensure_ascii=True, allow_nan=False, separators=(",", ":"))


def _parts(manifest: Mapping[str, Any], parts: Mapping[str, Any]) -> dict[str, dict[str, CaseScores]]:
    tables: dict[str, dict[str, CaseScores]] = {}
    for benchmark, table in parts.items():
        metrics = [metric["name"] for metric in manifest["benchmarks"][benchmark]["metrics"]]
        lines = [dict(zip(table["columns"], line, strict=False)) for line in table["cases"]]
        tables[benchmark] = {line["case"]: _case(line, table["strata"], metrics) for line in lines}
        if len(tables[benchmark]) < len(lines):
            raise ValueError(f"a case of {benchmark} stands there twice")
    return tables


def _case(line: Mapping[str, Any], strata: Sequence[str], metrics: Sequence[str]) -> CaseScores:
    stratum = line.get("stratum")
    own = (line["digest"], line.get("cluster"), None if stratum is None else strata[stratum])
    status = line[metrics[0]]
    if isinstance(status, str):
        if status not in _STATUSES[1:]:
            raise ValueError(f"status {status!r}")
        return CaseScores(status, *own)  # type: ignore[arg-type]  # one of the three
    return CaseScores("measured", *own, {metric: _stats(line[metric]) for metric in metrics})


def _stats(value: Any) -> tuple[float, ...]:
    return tuple(map(float, value)) if isinstance(value, list) else (float(value), 1.0)
