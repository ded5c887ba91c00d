"""A run's scores in the shape of lm-evaluation-harness's results file (0.4.13, `result_schema.py`).

For tools that read such files. Tasks are called as lm-evaluation-harness calls them where the page names one, otherwise
as the benchmark; versions are the pages', and `config.model` says that it was not lm-evaluation-harness that ran. What
the run does not know has no key.
"""

import math
import re
from collections.abc import Iterator
from collections.abc import Mapping
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import numpy as np

from harness.core import Score
from harness.errors import UsageError
from harness.importers.lm_eval.names import NONE
from harness.importers.lm_eval.names import key
from harness.results.folder import Run
from harness.results.groups import Group
from harness.results.groups import groups
from harness.statistics import value_of

NO_NUMBER = "N/A"
"""What lm-evaluation-harness writes where there is no standard error."""
_MEANS = frozenset({"mean", "proportion"})
_SUBTASK = re.compile(r"[a-z0-9_]+")
_SANITISED = re.compile(r"[\"<>:/|\\?*\[\]]+")


@dataclass(frozen=True, slots=True)
class _Line:
    """One task of the file: which metrics of a benchmark's cases, or of those of one stratum."""

    task: str
    group: Group
    metrics: tuple[Mapping[str, Any], ...]
    cases: tuple[str, ...]

    def scores(self, metric: str) -> list[Score]:
        scores = (self.group.score(case, metric) for case in self.cases)
        return [score for score in scores if score is not None]


def results(run: Run, model: str | None = None) -> dict[str, Any]:
    """The content of a results file for one model, which must be named where the run has several.

    Raises UsageError where the model is not in the run, or not named.
    """
    chosen = [group for group in groups(run)[0] if model in (None, group.model)]
    models = list(dict.fromkeys(group.model for group in chosen))
    if len(models) != 1:
        known = ", ".join(run.manifest["planned"]) or "none"
        raise UsageError(f"{run.folder}: found {len(models)} models to export; name one of {known} with --model")
    parts = [(line, list(_subtasks(line))) for group in chosen for line in _lines(group)]
    lines = [line for whole, below in parts for line in (whole, *below)]
    made: dict[str, Any] = {"results": {line.task: _numbers(line) for line in lines}}
    if subtasks := {whole.task: [line.task for line in below] for whole, below in parts if below}:
        made["groups"] = {task: made["results"][task] for task in subtasks}
    said = {line.task: _shots(run.manifest, line.group) for line in lines}
    shots = {task: number for task, number in said.items() if number is not None}
    return made | {
        "group_subtasks": subtasks,
        "configs": {line.task: _config(line, shots.get(line.task)) for line in lines},
        "versions": {line.task: line.group.facts["version"] for line in lines},
        "n-shot": shots,
        "higher_is_better": {
            line.task: {_key(line, metric)[0]: metric["higher_is_better"] for metric in line.metrics} for line in lines
        },
        "n-samples": {line.task: _samples(line) for line in lines},
        **_about(run.manifest, models[0]),
    }


def _lines(group: Group) -> Iterator[_Line]:
    """A benchmark as tasks: one, or as many as its page asks together, each with its own metrics."""
    names = (group.facts.get("lm_eval_task") or group.benchmark).split(",")
    by_task: dict[str, list[Mapping[str, Any]]] = {}
    for metric in group.metrics:
        own = (name for name in names if key(name, metric["name"], metric["signature"]) != (metric["name"], NONE))
        by_task.setdefault(next(own, names[0]), []).append(metric)
    for task in names:
        if task in by_task:
            yield _Line(task, group, tuple(by_task[task]), group.planned)


def _subtasks(line: _Line) -> Iterator[_Line]:
    """The tasks that a group of lm-evaluation-harness consists of, where strata can be parts of their names."""
    strata: dict[str, list[str]] = {}
    for case in line.cases:
        record = line.group.records.get(case)
        strata.setdefault((record.stratum if record else None) or "", []).append(case)
    if not line.group.facts.get("lm_eval_task") or not all(map(_SUBTASK.fullmatch, strata)):
        return
    for stratum, cases in strata.items():
        yield _Line(f"{line.task}_{stratum}", line.group, line.metrics, tuple(cases))


def _numbers(line: _Line) -> dict[str, Any]:
    measured = max((len(line.scores(metric["name"])) for metric in line.metrics), default=0)
    made: dict[str, Any] = {"name": line.task, "alias": line.task, "sample_len": measured}
    for metric in line.metrics:
        name, filter_name = _key(line, metric)
        stats = [score.stats for score in line.scores(metric["name"])]
        made[f"{name},{filter_name}"] = _value(stats, metric["reducer"])
        made[f"{name}_stderr,{filter_name}"] = _error(stats, metric["reducer"])
    return made


def _key(line: _Line, metric: Mapping[str, Any]) -> tuple[str, str]:
    return key(line.task, metric["name"], metric["signature"])


def _value(stats: Sequence[tuple[float, ...]], reducer: str) -> float | str:
    value = value_of(reducer, np.array(stats)) if stats else math.nan
    return value if math.isfinite(value) else NO_NUMBER


def _error(stats: Sequence[tuple[float, ...]], reducer: str) -> float | str:
    """The standard error of a mean over cases as lm-evaluation-harness has it, clusters not counted."""
    if reducer not in _MEANS or len(stats) < 2 or any(weight != 1 for _, weight in stats):
        return NO_NUMBER
    return float(np.std([value for value, _ in stats], ddof=1) / math.sqrt(len(stats)))


def _shots(manifest: Mapping[str, Any], group: Group) -> int | None:
    """How many solved examples, where the run says it."""
    facts = group.facts
    imported = {part.get("shots") for part in facts.get("imported", {}).values()}
    if imported:
        known = imported.pop()
        return known if not imported and type(known) is int else None
    if not facts.get("shots"):
        return 0 if "shots" in facts else None
    said = manifest.get("settings", {}).get("shots")
    number = said.get(group.benchmark) if isinstance(said, Mapping) else said
    return number if type(number) is int else None


def _samples(line: _Line) -> dict[str, int]:
    """How many cases were scored, and of how many rows where the run has read them whole."""
    rows = [origin.get("records") for origin in line.group.facts.get("data", ())]
    whole = line.cases == line.group.planned and rows and all(type(count) is int for count in rows)
    effective = max((len(line.scores(metric["name"])) for metric in line.metrics), default=0)
    return ({"original": sum(rows)} if whole else {}) | {"effective": effective}


def _config(line: _Line, shots: int | None) -> dict[str, Any]:
    facts = line.group.facts
    made: dict[str, Any] = {"task": line.task, "description": facts.get("protocol")}
    names = {str(origin["name"]) for origin in facts.get("data", ()) if origin.get("name")}
    parts = names.pop().split("/") if len(names) == 1 else []
    if len(parts) == 4:
        made |= {"dataset_path": "/".join(parts[:2]), "dataset_name": parts[2], f"{parts[3]}_split": parts[3]}
    made |= {} if shots is None else {"num_fewshot": shots}
    signatures = {metric["name"]: metric["signature"] for metric in line.metrics}
    own = {"benchmark": line.group.benchmark, "signatures": signatures}
    return made | {"metadata": {"version": facts["version"], "crosstask": own}}


def _about(manifest: Mapping[str, Any], model: str) -> dict[str, Any]:
    """What is known of the model, the settings and the libraries, under lm-evaluation-harness's names."""
    about = manifest["models"].get(model, {})
    card, settings = about.get("card", {}), about.get("settings") or {}
    chosen = manifest.get("settings", {})
    arguments = {"pretrained": card.get("hub_id") or model, "dtype": settings.get("dtype")}
    config = {
        "model": f"crosstask {settings.get('engine') or chosen.get('engine') or ''}".strip(),
        "model_args": {name: value for name, value in arguments.items() if value is not None},
        "model_num_parameters": card.get("parameters"),
        "model_dtype": settings.get("dtype"),
        "model_revision": about.get("revision") or card.get("revision"),
        "device": settings.get("device"),
        "limit": chosen.get("limit"),
        "fewshot_seed": chosen.get("seed"),
    }
    made: dict[str, Any] = {"config": {name: value for name, value in config.items() if value is not None}}
    if version := manifest.get("environment", {}).get("packages", {}).get("transformers"):
        made["transformers_version"] = version
    if manifest.get("created"):
        started = datetime.fromisoformat(manifest["created"])
        made["date"] = started.timestamp()
        if manifest.get("finished"):
            seconds = (datetime.fromisoformat(manifest["finished"]) - started).total_seconds()
            made["total_evaluation_time_seconds"] = str(seconds)
    made |= {"model_source": "crosstask", "model_name": model, "model_name_sanitized": _SANITISED.sub("__", model)}
    return made | {"crosstask_version": manifest["crosstask"], "crosstask_plan": manifest["plan"]}
