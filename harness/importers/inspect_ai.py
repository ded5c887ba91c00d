"""Inspect (inspect_ai 0.3): its `.eval` and `.json` logs, one file or a folder of them.

A sample is a case, its epochs are the samples of one request, and a score is the number that Inspect itself reduced the
epochs to. Scorers keep their names as `inspect/<scorer>`, since none is known to judge as a metric of ours does.
"""

import json
import math
from collections.abc import Iterator
from collections.abc import Mapping
from collections.abc import Sequence
from dataclasses import dataclass
from dataclasses import field
from pathlib import Path
from typing import Any

from harness.core import Case
from harness.core import Completions
from harness.core import Record
from harness.core import Request
from harness.core import Score
from harness.core import Verdict
from harness.core import fingerprint
from harness.errors import StoreError
from harness.errors import UsageError
from harness.importers.foreign import Entry
from harness.importers.foreign import finite
from harness.importers.foreign import shown
from harness.importers.inspect_log import InspectLog
from harness.importers.inspect_log import logs
from harness.importers.inspect_log import read_log
from harness.importers.inspect_turns import Decoding
from harness.importers.inspect_turns import completion
from harness.importers.inspect_turns import requests
from harness.importers.run import Imported
from harness.importers.run import ImportOptions
from harness.importers.run import digest_of
from harness.statistics.reducers import PROPORTION

TOOL = "inspect_ai"
PREFIX = "inspect/"
_LETTERS: Mapping[str, tuple[float, Verdict | None]] = {
    "C": (1.0, "correct"),
    "I": (0.0, "wrong"),
    "P": (0.5, None),
    "N": (0.0, "invalid"),
}
"""Inspect's values of a score: correct, incorrect, partial, no answer."""
_WORDS = {"yes": 1.0, "true": 1.0, "no": 0.0, "false": 0.0}


@dataclass(slots=True)
class _Made:
    models: dict[str, Mapping[str, Any]] = field(default_factory=dict)
    benchmarks: dict[str, Mapping[str, Any]] = field(default_factory=dict)
    planned: dict[str, dict[str, list[str]]] = field(default_factory=dict)
    records: list[Record] = field(default_factory=list)
    requests: dict[str, Request] = field(default_factory=dict)
    notes: list[str] = field(default_factory=list)
    versions: dict[str, None] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class _Column:
    """One number of a scorer: the scorer, how epochs were reduced, the key where its value is an object."""

    scorer: str
    reducer: str | None
    key: str | None = None

    @property
    def name(self) -> str:
        inner = "" if self.key is None else f"/{self.key}"
        return f"{PREFIX}{self.scorer}{inner}" + (f",{self.reducer}" if self.reducer else "")


def read(path: Path, options: ImportOptions) -> Imported:
    """A run of the logs at a path.

    Raises StoreError naming the file where one is broken, UsageError where a model has a task twice.
    """
    files = logs(path)
    if not files:
        raise StoreError(
            f"{path}: no log of Inspect; expected .eval files, or .json ones that --log-format json writes"
        )
    made = _Made()
    for file in files:
        _take(made, read_log(file), options.model, alone=len(files) == 1)
    if not made.planned:
        raise StoreError(f"{path}: {made.notes[0].removesuffix('.')}; expected the log of a scored evaluation")
    _tell_proportions(made)
    dates = [about["created"] for about in made.models.values() if about.get("created")]
    return Imported(
        tool=TOOL,
        version=", ".join(made.versions) or None,
        files=tuple(files),
        models=made.models,
        benchmarks=made.benchmarks,
        planned=made.planned,
        records=tuple(made.records),
        requests=made.requests,
        notes=tuple(dict.fromkeys(made.notes)),
        facts={"created": min(dates) if dates else None},
    )


def _take(made: _Made, log: InspectLog, named: str | None, *, alone: bool) -> None:
    """Add one log; one without a score beside others is noted and passed over."""
    about = log.header.entry("eval")
    model, name = named or about.text("model"), about.text("task")
    version = about.within("packages").get("inspect_ai")
    made.versions |= {str(version): None} if version else {}
    samples, status = _by_case(log), log.header.get("status", "started")
    if not alone and status != "success" and _is_unreduced(log, samples):
        made.notes.append(f"{log.path.name}: no score over epochs; the log says {status!r}.")
        return
    columns, values = _values(log, samples, made.notes)
    if not columns:
        made.notes.append(f"{log.path.name}: no score; the log says {status!r}.")
        return
    if name in made.planned.get(model, {}):
        raise UsageError(f"{log.path}: {model} has {name} in another log too; name one of the files")
    facts = _benchmark(log, about, columns, version)
    if made.benchmarks.setdefault(name, facts) != facts:
        raise UsageError(f"{log.path}: {name} has other scorers or versions than another model's; import them apart")
    made.models.setdefault(model, _model(about, model))
    made.planned.setdefault(model, {})[name] = list(dict.fromkeys((*_planned(about), *samples)))
    decoding = Decoding.of(log.header)
    made.notes += (*_notes(log, name, decoding), *_unequal(log, values))
    for case, epochs in samples.items():
        scores = tuple(
            _score(column, epochs, value) for column in columns if (value := values[column].get(case)) is not None
        )
        made.records.append(_record(made, (model, name, int(facts["version"])), case, epochs, (scores, decoding)))


def _tell_proportions(made: _Made) -> None:
    """Make proportions of the metrics whose scores are all right or wrong, whatever model they are of."""
    partial: set[tuple[str, str]] = set()
    scored: set[tuple[str, str]] = set()
    for record in made.records:
        for score in record.scores:
            scored.add((record.benchmark, score.metric))
            if score.stats not in ((0.0, 1.0), (1.0, 1.0)):
                partial.add((record.benchmark, score.metric))
    for name, facts in made.benchmarks.items():
        for metric in facts["metrics"]:
            if (name, metric["name"]) in scored - partial:
                metric["reducer"] = PROPORTION


def _by_case(log: InspectLog) -> dict[str, list[Entry]]:
    """A log's samples by case, each with its epochs in order; raises StoreError where an epoch stands twice."""
    samples: dict[str, dict[int, Entry]] = {}
    for sample in log.samples:
        epochs = samples.setdefault(_id(sample, "id"), {})
        epoch = sample.whole("epoch")
        if epoch in epochs:
            raise sample.error("epoch", f"each epoch of {_id(sample, 'id')!r} once")
        epochs[epoch] = sample
    return {case: [epochs[epoch] for epoch in sorted(epochs)] for case, epochs in samples.items()}


def _id(sample: Entry, name: str) -> str:
    value = sample.get(name)
    if isinstance(value, bool) or not isinstance(value, str | int) or not str(value):
        raise sample.error(name, "text or an integer")
    return str(value)


def _planned(about: Entry) -> list[str]:
    """The ids of the samples that were to be asked, where the log says them."""
    ids = about.within("dataset").get("sample_ids", [])
    return [str(name) for name in ids if isinstance(name, str | int)] if isinstance(ids, list) else []


def _values(
    log: InspectLog, samples: Mapping[str, Sequence[Entry]], notes: list[str]
) -> tuple[list[_Column], dict[_Column, dict[str, float]]]:
    """Each number by case: as Inspect reduced it, else of the samples' own scores where there is but one epoch."""
    values: dict[_Column, dict[str, float]] = {}
    for scorer, reducer, case, value in _reduced(log) if log.reductions else _single(log, samples):
        for key, content in value.items() if isinstance(value, dict) else [(None, value)]:
            column = _Column(scorer, reducer, key)
            number = _number(content)
            if number is None:
                notes.append(f"{column.name}: no number in {case}, {shown(content)}; the case has no such score")
            else:
                values.setdefault(column, {})[case] = number
    return list(values), values


def _reduced(log: InspectLog) -> Iterator[tuple[str, str | None, str, Any]]:
    for reduction in log.reductions:
        reducer = reduction.text("reducer") if reduction.get("reducer") is not None else None
        for sample in reduction.entries("samples"):
            yield reduction.text("scorer"), reducer, _id(sample, "sample_id"), sample.fields.get("value")


def _single(log: InspectLog, samples: Mapping[str, Sequence[Entry]]) -> Iterator[tuple[str, str | None, str, Any]]:
    for case, epochs in samples.items():
        if _has_several(epochs):
            raise StoreError(
                f"{log.path}: {len(epochs)} epochs of {case} and no scores over them; expected a finished log"
            )
        for scorer in epochs[0].within("scores").fields if len(epochs) == 1 else ():
            yield scorer, None, case, epochs[0].within("scores").entry(scorer).fields.get("value")


def _is_unreduced(log: InspectLog, samples: Mapping[str, Sequence[Entry]]) -> bool:
    """Whether epochs were scored, and the evaluation ended before they were reduced to one number."""
    return not log.reductions and any(map(_has_several, samples.values()))


def _has_several(epochs: Sequence[Entry]) -> bool:
    return len(epochs) > 1 and any(epoch.get("scores") for epoch in epochs)


def _number(value: Any) -> float | None:
    """A value as Inspect's `value_to_float` makes a number of it; None where it finds none."""
    if not isinstance(value, str):
        return finite(value)
    if value in _LETTERS:
        return _LETTERS[value][0]
    try:
        return _WORDS.get(value.lower(), finite(float(value)) if value.lower() not in _WORDS else None)
    except ValueError:
        return None


def _score(column: _Column, epochs: Sequence[Entry], number: float) -> Score:
    """The number as a score; a verdict where there is one epoch and its score is a letter."""
    single = epochs[0].within("scores").within(column.scorer) if len(epochs) == 1 else Entry("", {})
    letter, reason = single.get("value"), single.get("reason")
    verdict = _LETTERS[letter][1] if isinstance(letter, str) and letter in _LETTERS else None
    if verdict == "wrong" and reason == "no_response":
        verdict = "invalid"
    answer = single.get("answer")
    cause = reason if isinstance(reason, str) else None
    return Score(column.name, (number, 1.0), verdict, answer if isinstance(answer, str) else None, cause)


def _record(
    made: _Made,
    key: tuple[str, str, int],
    case: str,
    epochs: Sequence[Entry],
    measured: tuple[tuple[Score, ...], Decoding],
) -> Record:
    """A case's record: its turns where they are texts, why there is no score where there is none."""
    (model, name, version), (scores, decoding) = key, measured
    target = epochs[0].fields.get("target")
    wanted = tuple(target) if isinstance(target, list) and all(isinstance(text, str) for text in target) else target
    if not isinstance(wanted, str | tuple):
        raise epochs[0].error("target", "text or a list of texts")
    asked, earlier = requests(epochs, decoding)
    made.requests |= {fingerprint(request): request for request in asked}
    if asked:
        digest = Case(case, asked[:1], wanted).digest
    else:
        made.notes.append(f"{name}: turns with tools, pictures or other than texts are not taken in.")
        digest = digest_of(TOOL, _input(epochs[0].fields.get("input")), target)
    answers = [answer for epoch in epochs if (answer := completion(epoch)) is not None]
    errors = [str(error.get("message")) for epoch in epochs if (error := epoch.within("error")).fields]
    return Record(
        model=model,
        benchmark=name,
        version=version,
        case=case,
        node=Path(epochs[0].where).name,
        attempt=1,
        status="measured" if scores else "error",
        digest=digest,
        target=wanted,
        reason=None if scores else errors[0] if errors else "it has no score",
        prompts=tuple(map(fingerprint, asked)),
        responses=(*earlier, _joined(answers)) if scores and answers else (),
        scores=scores,
        seconds=sum(finite(epoch.get("total_time")) or 0.0 for epoch in epochs),
    )


def _input(said: Any) -> Any:
    """What a sample starts from, without the ids that Inspect draws for each message."""
    if not isinstance(said, list):
        return said
    return [(message.get("role"), message.get("content")) if isinstance(message, dict) else message for message in said]


def _joined(answers: Sequence[Completions]) -> Completions:
    """The epochs' answers as the samples of one request."""
    completions = tuple(text for answer in answers for text in answer.completions)
    return Completions(completions, answers[0].prompt_tokens)


def _model(about: Entry, model: str) -> dict[str, Any]:
    arguments, base = about.get("model_args"), about.get("model_base_url")
    made: dict[str, Any] = {"card": {"name": model}, "digest": None, "settings": {"engine": "inspect_ai"}}
    made |= {"said": about.get("model"), "created": about.get("created")}
    return made | ({"arguments": arguments} if arguments else {}) | ({"base_url": base} if base else {})


def _benchmark(log: InspectLog, about: Entry, columns: Sequence[_Column], version: Any) -> dict[str, Any]:
    said = about.get("task_version", 0)
    steps = (
        [str(step.get("solver")) for step in log.header.within("plan").entries("steps")]
        if log.header.get("plan")
        else []
    )
    epochs = about.within("config").get("epochs", 1)
    task = f"task {about.text('task')} (version {said})"
    scorers = {str(scorer.get("name")): scorer for scorer in (about.entries("scorers") if about.get("scorers") else [])}
    return {
        "version": said if type(said) is int and said >= 0 else 0,
        "area": "imported",
        "paper": "",
        "protocol": f"Inspect {version or ''}: {task}, {' + '.join(steps)}, epochs {epochs}",
        "lm_eval_task": None,
        "strata": None,
        "metrics": [
            {
                "name": column.name,
                "reducer": "mean",
                "signature": _signature(column, scorers, version),
                "higher_is_better": True,
            }
            for column in columns
        ],
        "data": [
            {"source": TOOL, "name": about.within("dataset").get("name") or about.within("dataset").get("location")}
        ],
    }


def _unequal(log: InspectLog, values: Mapping[_Column, Mapping[str, float]]) -> Iterator[str]:
    """Notes where the log's results have another mean than its samples give."""
    results = log.header.within("results")
    for told in results.entries("scores") if results.get("scores") is not None else ():
        of = (told.get("scorer"), told.get("reducer"))
        names = [column for column in values if (column.scorer, column.reducer) == of]
        for column in names:
            single = column.key is None or told.get("name") == column.key
            metric = told.within("metrics")
            said = [finite(metric.entry(name).get("value")) for name in ("accuracy", "mean") if metric.get(name)]
            mine = sum(values[column].values()) / len(values[column])
            for value in said if single else ():
                if value is not None and not math.isclose(value, mine, rel_tol=1e-6, abs_tol=1e-6):
                    yield f"{column.name}: {value:.6g} in the log's results, {mine:.6g} over its samples."


def _signature(column: _Column, scorers: Mapping[str, Entry], version: Any) -> str:
    options = scorers[column.scorer].get("options") if column.scorer in scorers else None
    words = (
        TOOL,
        str(version or "?"),
        f"scorer:{column.scorer}",
        *([f"key:{column.key}"] if column.key is not None else []),
    )
    shown_options = json.dumps(options, sort_keys=True) if options else "none"
    return "|".join((*words, f"options:{shown_options}", f"epochs:{column.reducer or 'mean'}"))


def _notes(log: InspectLog, name: str, decoding: Decoding) -> Iterator[str]:
    """What the log does not say, or says of itself that a reader must know."""
    yield "Which way a scorer's number improves is not said; higher counts as better."
    if not decoding.max_tokens:
        yield f"{name}: how long an answer may be is not said; 0 tokens stand for it."
    if decoding.top_p == 0:
        yield f"{name}: how tokens were drawn is not said; top_p 0 stands for it."
    status = log.header.get("status", "started")
    if status != "success":
        yield f"{name}: the log says {status!r}, not that the evaluation ended well."
    if failed := sum(bool(sample.get("error")) for sample in log.samples):
        yield f"{name}: {failed} of {len(log.samples)} samples ended in an error."
    if stopped := sum(bool(sample.get("limit")) for sample in log.samples):
        yield f"{name}: {stopped} of {len(log.samples)} samples were stopped at a limit of messages, tokens or time."
    if log.header.get("invalidated"):
        yield f"{name}: somebody marked the log as invalid."
