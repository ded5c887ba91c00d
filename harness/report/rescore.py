"""Scores made again: today's extraction and metrics on the answers a run has stored, without a model.

Each case is built again from its record and the run's prompts; its digest proves that it is the case that was asked.
"""

import json
from collections import Counter
from collections.abc import Iterator
from collections.abc import Mapping
from collections.abc import Sequence
from dataclasses import dataclass
from dataclasses import replace
from pathlib import Path
from typing import Any

from harness.benchmark import Benchmark
from harness.code_tasks.rules import VALUES
from harness.core import Case
from harness.core import Record
from harness.core import Refusal
from harness.core import Response
from harness.core import Score
from harness.core import Trial
from harness.diagnostics.examined import NAME as EXAMINED
from harness.encoding import encode
from harness.errors import StoreError
from harness.errors import UsageError
from harness.gate.document import BASELINE
from harness.metrics import Metric
from harness.metrics.bertscore import BertScore
from harness.metrics.bleu import Bleu
from harness.metrics.code_match import CodeMatch
from harness.metrics.codebleu import CodeBleu
from harness.metrics.edit_similarity import EditSimilarity
from harness.metrics.meteor import Meteor
from harness.metrics.rouge import Rouge
from harness.report.retry import Programs
from harness.report.retry import Runner
from harness.results.folder import RECORD
from harness.results.folder import Prompts
from harness.results.folder import Run
from harness.results.groups import groups
from harness.store.atomic import open_atomic
from harness.store.atomic import write_atomic

NOTE = "Scores were made again from the stored answers (crosstask rescore)."


@dataclass(frozen=True, slots=True)
class Change:
    """What became of one metric: in how many of its cases the verdict (without one, the value) is another now."""

    benchmark: str
    metric: str
    cases: int
    changed: int
    what: str

    def __str__(self) -> str:
        """Return the line to show."""
        plural = "" if self.changed == 1 else "s"
        return f"{self.benchmark} {self.metric}: {self.changed} {self.what}{plural} changed in {self.cases} cases"


def rescore(
    run: Run, benchmarks: Mapping[str, Benchmark], out: Path, runner: Runner | None = None
) -> tuple[Change | str, ...]:
    """Score the run's stored answers again; records and manifest go to `out`, which may be the run's own folder.

    Where today's extraction gives other programs than were run, `runner` runs them; without one the case is not run,
    and the last lines returned say which. Raises UsageError where a benchmark of the run has no page, StoreError where
    a case cannot be built again or a file not be written. Records first, then the manifest: between the two the run
    reads as incomplete, never as whole.
    """
    if missing := sorted(set(run.manifest["benchmarks"]) - set(benchmarks)):
        raise UsageError(
            f"{run.folder}: no page for benchmark {missing[0]!r}; name the folder of its page with --evals"
        )
    counting = {(group.model, group.benchmark, case) for group in groups(run)[0] for case in group.records}
    compared: Counter[tuple[str, str, str]] = Counter()
    changed: Counter[tuple[str, str, str]] = Counter()
    programs = Programs(run, runner)
    with open_atomic(out / "records.jsonl") as file:
        for record in run.records:
            counts = (record.model, record.benchmark, record.case) in counting
            scored = _scored(record, benchmarks[record.benchmark], programs) if counts else record
            file.write(_line(scored))
            for name, what, differs in _differences(record.scores, scored.scores):
                compared[record.benchmark, name, what] += counts
                changed[record.benchmark, name, what] += differs
    manifest = programs.noted(_manifest(run.manifest, benchmarks))
    write_atomic(out / "manifest.json", json.dumps(manifest, indent=1) + "\n")
    changes = (
        Change(name, metric, compared[name, metric, what], changed[name, metric, what], what)
        for name, metric, what in compared
    )
    return (*changes, *programs.missing)


def with_bertscore(benchmarks: Mapping[str, Benchmark], text: str) -> dict[str, Benchmark]:
    """Return the benchmarks, BERTScore added to those that compare texts with a reference, as METEOR does.

    `text` names the encoder: its folder and the layer, as `DIR:17`. Raises UsageError where it does not.
    """
    folder, _, layer = text.rpartition(":")
    if not (folder and layer.isascii() and layer.isdigit()):
        raise UsageError(f"--bertscore: found {text!r}; expected an encoder's folder and a layer, as DIR:17")
    metric = BertScore(Path(folder), int(layer))
    return {
        name: replace(benchmark, metrics=(*benchmark.metrics, metric))
        if any(isinstance(m, Meteor) for m in benchmark.metrics)
        else benchmark
        for name, benchmark in benchmarks.items()
    }


def with_similarity(benchmarks: Mapping[str, Benchmark], run: Run) -> dict[str, Benchmark]:
    """Return the benchmarks, to those whose programs all have a reference in the run added how alike the two are.

    Exact match, edit similarity, BLEU and ROUGE-L, and CodeBLEU of Python. A program that only holds an asked value, as
    CRUXEval's, is none to compare.
    """
    trials: dict[str, dict[str, Trial]] = {}
    for record in run.records:
        known = trials.setdefault(record.benchmark, {})
        if record.trial is not None and record.trial not in known:
            known[record.trial] = run.prompts.trial(record.trial)
    added = {name: _similarity(tuple(known.values())) for name, known in trials.items()}
    return {
        name: replace(benchmark, metrics=(*benchmark.metrics, *added.get(name, ())))
        for name, benchmark in benchmarks.items()
    }


def _similarity(trials: Sequence[Trial]) -> tuple[Metric, ...]:
    if not trials or any(not trial.reference or trial.extract in VALUES for trial in trials):
        return ()
    common = (CodeMatch(), EditSimilarity(), Bleu(), Rouge("rougeL"))
    return (*common, CodeBleu()) if trials[-1].language == "python" else common


def copy_prompts(run: Run, out: Path) -> None:
    """Copy the run's prompts, its gate's baseline and what was found out about programs to another folder.

    Raises StoreError where that fails.
    """
    for source in (run.prompts.path, run.folder / BASELINE, run.folder / EXAMINED):
        if source.exists():
            write_atomic(out / source.name, source.read_bytes().decode("utf-8", "surrogatepass"))


def rebuild(record: Record, prompts: Prompts) -> Case:
    """Return the case a record is of: its first requests, as many as the digest is over (others are follow-ups)."""
    requests = [prompts.get(name) for name in record.asked]
    present = tuple(request for request in requests if request is not None)
    if len(present) < len(requests):
        raise StoreError(f"{prompts.path}: a prompt of case {record.case!r} is missing; restore the file or run again")
    trial = None if record.trial is None else prompts.trial(record.trial)
    whole = Case(record.case, present, record.target, record.cluster, record.stratum, record.tags, trial)
    cases = (replace(whole, requests=present[:count]) for count in range(len(present), -1, -1))
    case = next((case for case in cases if case.digest == record.digest), None)
    if case is None:
        raise StoreError(
            f"{prompts.path}: case {record.case!r} of {record.benchmark} is not the one that was asked "
            "(its digest differs); restore the file or run again"
        )
    return case


def _scored(record: Record, benchmark: Benchmark, programs: Programs) -> Record:
    """Return the record with today's scores; without any where there is no whole answer to score."""
    today = replace(record, version=benchmark.version)
    answer: Response | None = record.answer
    if answer is None or isinstance(answer, Refusal):
        return today
    case = rebuild(record, programs.run.prompts)
    if benchmark.follow_up is not None and benchmark.follow_up(case, record.answers) is not None:
        return today
    trial = benchmark.trial_of(case, record.answers)
    if trial is not None:
        today, answer = programs.judge(today, trial)
        if answer is None:
            return today
    return replace(today, status="measured", reason=None, scores=benchmark.score(case, answer))


def _differences(before: tuple[Score, ...], after: tuple[Score, ...]) -> Iterator[tuple[str, str, bool]]:
    """Yield of each of today's metrics its name, what is compared, whether it differs from what was stored."""
    stored = {score.metric: score for score in before}
    for score in after:
        old = stored.get(score.metric)
        if score.verdict is None:
            yield score.metric, "value", old is None or old.stats != score.stats
        else:
            yield score.metric, "verdict", old is None or old.verdict != score.verdict


def _manifest(manifest: Mapping[str, Any], benchmarks: Mapping[str, Benchmark]) -> dict[str, Any]:
    """Return the manifest with today's metrics, and a note where answers are to another version's prompts."""
    stored = manifest["benchmarks"]
    named = {name: facts | _today(_sampled(benchmarks[name], facts)) for name, facts in stored.items()}
    notes = [
        f"{name}: answers asked by version {facts['version']}, scored by version {benchmarks[name].version}."
        for name, facts in stored.items()
        if facts["version"] != benchmarks[name].version
    ]
    said = dict.fromkeys([*manifest.get("notes", ()), NOTE, *notes])
    return {**manifest, "benchmarks": named, "notes": list(said)}


def _sampled(benchmark: Benchmark, facts: Mapping[str, Any]) -> Benchmark:
    """Return the benchmark with the metrics for the samples that were drawn, where answers were run."""
    return benchmark.for_samples(facts["samples"], tuple(facts["k"])) if "samples" in facts else benchmark


def _today(benchmark: Benchmark) -> dict[str, Any]:
    metrics = [
        {
            "name": metric.name,
            "reducer": metric.reducer,
            "signature": metric.signature,
            "higher_is_better": metric.higher_is_better,
        }
        for metric in benchmark.metrics
    ]
    return {"version": benchmark.version, "strata": benchmark.strata, "metrics": metrics}


def _line(record: Record) -> str:
    return json.dumps({"schema": RECORD, "record": encode(record)}, ensure_ascii=False, separators=(",", ":")) + "\n"
