"""lm-evaluation-harness: the samples files that `--log_samples` writes beside its results file (0.4.13).

`PATH` is the folder `--output_path` named, one model's folder in it, a results file, or one samples file. What a
results file says of model, settings and versions goes into the manifest; samples without one need the model's name.
"""

import re
from collections.abc import Iterator
from collections.abc import Mapping
from collections.abc import Sequence
from dataclasses import dataclass
from dataclasses import field
from datetime import UTC
from datetime import datetime
from pathlib import Path
from typing import Any

from harness.core import Generate
from harness.core import Record
from harness.core import Request
from harness.core import Rolling
from harness.errors import StoreError
from harness.errors import UsageError
from harness.importers.foreign import PACKED
from harness.importers.foreign import Entry
from harness.importers.foreign import called
from harness.importers.foreign import finite
from harness.importers.foreign import read_object
from harness.importers.lm_eval.cases import Asked
from harness.importers.lm_eval.cases import Part
from harness.importers.lm_eval.cases import Task
from harness.importers.lm_eval.cases import parts
from harness.importers.lm_eval.docs import read_docs
from harness.importers.lm_eval.metrics import Measured
from harness.importers.lm_eval.metrics import measure
from harness.importers.run import Imported
from harness.importers.run import ImportOptions
from harness.importers.run import keep
from harness.models.local import slug

TOOL = "lm-evaluation-harness"
SAMPLES = re.compile(r"samples_(?P<task>.+)_(?P<date>\d{4}-\d\d-\d\dT[\d.-]+)\.jsonl")
LONGEST = {("0.4.13", "hf"): 256}
"""Tokens of an answer where neither task nor command says it: `max_gen_toks` of its huggingface.py."""


@dataclass(frozen=True, slots=True)
class Log:
    """One samples file, the task and the date its name says, and the results file of the same command."""

    path: Path
    task: str
    date: str
    results: Entry


@dataclass(slots=True)
class _Made:
    """What the models' tasks become, taken in one after the other."""

    models: dict[str, Mapping[str, Any]] = field(default_factory=dict)
    benchmarks: dict[str, Mapping[str, Any]] = field(default_factory=dict)
    planned: dict[str, dict[str, list[str]]] = field(default_factory=dict)
    records: list[Record] = field(default_factory=list)
    requests: dict[str, Request] = field(default_factory=dict)
    notes: list[str] = field(default_factory=list)


def read(path: Path, options: ImportOptions) -> Imported:
    """A run of the samples files at a path.

    Raises StoreError naming file and line where one is broken, UsageError where a model has a task twice or no name.
    """
    logs = tuple(_logs(path))
    models: dict[str, list[Log]] = {}
    for log in logs:
        models.setdefault(_model(log, options.model), []).append(log)
    made = _Made()
    for model, group in models.items():
        _check_once(model, group)
        made.models[model] = _about(model, group[0].results)
        for part in parts([_task(log) for log in group], options.pages, options.opener):
            _take(made, model, part, _version(group))
    results = {log.results.where: log.results for log in logs if log.results.fields}
    return Imported(
        tool=TOOL,
        version=_version(logs),
        files=tuple(dict.fromkeys((*(log.path for log in logs), *map(Path, results)))),
        models=made.models,
        benchmarks=made.benchmarks,
        planned=made.planned,
        records=tuple(made.records),
        requests=made.requests,
        notes=(*_notes(tuple(results.values()), made.requests.values()), *_absent(logs), *made.notes),
        facts=_facts(tuple(results.values())),
    )


def _logs(path: Path) -> Iterator[Log]:
    """The samples files a path means, each with its results file."""
    if path.is_dir():
        files = _matching(path, "**/samples_*.jsonl")
    elif SAMPLES.fullmatch(called(path).name):
        files = [path]
    else:
        date = re.search(r"_(\d{4}-\d\d-\d\dT[\d.-]+)\.json$", called(path).name)
        files = _matching(path.parent, f"samples_*_{date[1]}.jsonl") if date and path.is_file() else []
    if not files:
        raise StoreError(f"{path}: no samples_TASK_DATE.jsonl; expected what lm_eval writes with --log_samples")
    results: dict[tuple[Path, str], Entry] = {}
    for file in files:
        named = SAMPLES.fullmatch(called(file).name)
        if named is None:
            raise StoreError(f"{file}: no name lm_eval gives; expected samples_TASK_DATE.jsonl")
        place = (file.parent, named["date"])
        if place not in results:
            matching = _matching(file.parent, f"*_{named['date']}.json")
            results[place] = read_object(matching[0]) if len(matching) == 1 else Entry(str(file.parent), {})
        yield Log(file, named["task"], named["date"], results[place])


def _matching(folder: Path, pattern: str) -> list[Path]:
    """The files of a pattern, packed or not."""
    return sorted((*folder.glob(pattern), *folder.glob(f"{pattern}{PACKED}")))


def _model(log: Log, named: str | None) -> str:
    """The model's name: the one given, a path's last part, or as the results file says."""
    if named is not None:
        return named
    said = log.results.get("model_name")
    if not isinstance(said, str) or not said:
        raise UsageError(f"{log.path}: no results file beside it that names the model; name it with --model")
    return slug(Path(said).name) if said.startswith(("/", ".", "~")) else said


def _check_once(model: str, logs: Sequence[Log]) -> None:
    """Raise UsageError where a task of one model was found twice."""
    places: dict[str, Path] = {}
    for log in logs:
        if log.task in places:
            raise UsageError(f"{log.path}: {model} has {log.task} in {places[log.task]} too; name one results file")
        places[log.task] = log.path


def _version(logs: Sequence[Log]) -> str | None:
    said = dict.fromkeys(str(version) for log in logs if (version := log.results.get("lm_eval_version")))
    return ", ".join(said) or None


def _task(log: Log) -> Task:
    results = log.results
    longest = LONGEST.get((str(results.get("lm_eval_version")), str(results.get("model_source"))), 0)
    shots, version = results.within("n-shot").get(log.task), results.within("versions").get(log.task)
    better = results.within("higher_is_better").within(log.task).fields
    return Task(
        name=log.task,
        docs=read_docs(log.path, log.task, longest),
        config=results.within("configs").within(log.task),
        scores=results.within("results").within(log.task),
        shots=shots if type(shots) is int else None,
        version=None if version is None else str(version),
        seed=results.within("config").get("fewshot_seed"),
        higher_is_better={name: value for name, value in better.items() if isinstance(value, bool)},
    )


def _take(made: _Made, model: str, part: Part, version: str | None) -> None:
    """Add one benchmark of a model; raises UsageError where another model's has other metrics."""
    measured, notes = measure(part, version)
    made.notes += [note for note in (*part.notes, *notes) if note not in made.notes]
    if not measured:
        made.notes.append(f"{part.name}: no metric could be read; its cases are left out")
        return
    facts = _benchmark(part, measured, version)
    if made.benchmarks.setdefault(part.name, facts) != facts:
        where = part.cases[0].docs[0].where
        raise UsageError(
            f"{where}: {part.name} differs from another model's; expected one setting, or import them apart"
        )
    made.planned.setdefault(model, {})[part.name] = [asked.case.id for asked in part.cases]
    for number, asked in enumerate(part.cases):
        scores = tuple(score for metric in measured if (score := metric.scores[number]) is not None)
        made.records.append(_record(made, model, part, asked, scores))


def _record(made: _Made, model: str, part: Part, asked: Asked, scores: tuple[Any, ...]) -> Record:
    case = asked.case
    digest, prompts = keep(case, made.requests)
    return Record(
        model=model,
        benchmark=part.name,
        version=_number(part),
        case=case.id,
        node=Path(asked.docs[0].where).name,
        attempt=1,
        status="measured",
        digest=digest,
        target=case.target,
        cluster=case.cluster,
        stratum=case.stratum,
        tags=case.tags,
        prompts=prompts,
        responses=() if asked.response is None else (asked.response,),
        scores=scores,
    )


def _number(part: Part) -> int:
    """The benchmark's version: the page's, or the task's where it is a whole number, else 0."""
    if part.page is not None:
        return part.page.version
    said = finite(part.tasks[0].config.within("metadata").get("version"))
    return int(said) if said is not None and said.is_integer() else 0


def _benchmark(part: Part, measured: Sequence[Measured], version: str | None) -> dict[str, Any]:
    """What the manifest says of a benchmark."""
    page, shots = part.page, {task.shots for task in part.tasks}
    tasks = ", ".join(f"{task.name} (version {task.version or 'not said'})" for task in part.tasks)
    said = " or ".join("solved examples not said" if number is None else f"{number}-shot" for number in shots)
    facts: dict[str, Any] = {
        "version": _number(part),
        "area": page.area if page else "imported",
        "paper": page.paper if page else "",
        "protocol": f"lm-evaluation-harness {version or ''}: {tasks}, {said}",
        "lm_eval_task": page.lm_eval_task if page else part.name,
        "strata": page.strata if page else None,
        "metrics": [metric.facts for metric in measured],
        "data": list(part.origins) or [{"source": TOOL, "name": _rows(task)} for task in part.tasks],
        "imported": {task.name: {"version": task.version, "shots": task.shots} for task in part.tasks},
    }
    examples = _examples(part)
    return facts if examples is None else facts | {"shots": examples}


def _examples(part: Part) -> list[str] | None:
    """The ids of the solved examples; where rows are not named, how each was drawn; None where it is not said."""
    if part.examples is not None:
        return list(part.examples)
    drawn = {(task.shots, task.seed) for task in part.tasks}
    number, seed = drawn.pop()
    if drawn or number is None:
        return None
    return [f"{index + 1} of {number} that lm-evaluation-harness drew with seed {seed}" for index in range(number)]


def _rows(task: Task) -> str | None:
    """The table as the task's configuration names it."""
    parts = (task.config.get("dataset_path"), task.dataset, task.split)
    return "/".join(str(part) for part in parts if part is not None) or None


def _about(model: str, said: Entry) -> dict[str, Any]:
    """What the manifest says of a model: as far as the results file knows."""
    config = said.within("config")
    device, dtype, source = config.get("device"), config.get("model_dtype"), said.get("model_source")
    settings: dict[str, Any] = {"engine": f"lm-eval {source}"} if source else {}
    settings |= {"device": device} if device else {}
    settings |= {"dtype": str(dtype).removeprefix("torch.")} if dtype else {}
    settings |= {"template": said.fields["chat_template"] is not None} if "chat_template" in said.fields else {}
    parameters = config.get("model_num_parameters")
    card = {"name": model} | ({"parameters": parameters} if parameters else {})
    named = {"said": said.get("model_name"), "arguments": config.get("model_args"), "sha": config.get("model_sha")}
    return {"card": card, "settings": settings, "digest": None} | {key: value for key, value in named.items() if value}


def _facts(results: Sequence[Entry]) -> dict[str, Any]:
    """Further fields of the manifest: the first command's date, seeds where all commands agree, versions."""
    dates = [date for result in results if (date := finite(result.get("date"))) is not None and 0 < date < 1e11]
    seeds = {value for result in results if type(value := result.within("config").get("fewshot_seed")) is int}
    versions = {str(value) for result in results if (value := result.get("transformers_version"))}
    made: dict[str, Any] = {"settings": {"fewshot_seed": seeds.pop()} if len(seeds) == 1 else {}}
    packages = {"transformers": versions.pop()} if len(versions) == 1 else {}
    made["environment"] = {"python": None, "platform": None, "packages": packages}
    made["created"] = datetime.fromtimestamp(min(dates), UTC).isoformat(timespec="seconds") if dates else None
    return made


def _absent(logs: Sequence[Log]) -> Iterator[str]:
    """Notes on tasks that a results file has and no samples file beside it."""
    for where, results in {log.results.where: log.results for log in logs}.items():
        beside = {log.task for log in logs if log.results.where == where}
        groups = {task for task, tasks in results.within("group_subtasks").fields.items() if tasks}
        for task in results.within("results").fields:
            if task not in beside | groups:
                yield f"{task}: in the results file, but without samples; it is not imported."


def _notes(results: Sequence[Entry], requests: Any) -> Iterator[str]:
    """What the files do not say, once for the run."""
    asked = list(requests)
    if not results:
        yield "No results file: versions, settings and solved examples are not said."
    yield "How many tokens answers and continuations have is not said; 0 stands for it."
    generated = [request for request in asked if isinstance(request, Generate)]
    if generated:
        yield "Whether an answer was cut off by its budget is not said; none counts as cut off."
    if any(request.max_tokens == 0 for request in generated):
        yield "How long an answer may be is not said; 0 tokens stand for it."
    if any(request.top_p == 0 for request in generated):
        yield "How tokens were drawn is not said; top_p 0 stands for it."
    if any(isinstance(request, Rolling) for request in asked):
        yield "Whether a text's tokens were the likeliest is not said; none counts as such."
    for limit in dict.fromkeys(result.within("config").get("limit") for result in results):
        if limit is not None:
            yield f"At most {limit:g} docs a task were asked, the first ones (--limit)." if finite(limit) else ""
