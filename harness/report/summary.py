"""The numbers of a run: one score per (model, benchmark, metric), with its interval and all that was not scored.

A refused, broken or missing case is never a wrong answer: it is counted beside the score and is not in its n.
A run is complete when every planned case has a record that is measured or refused.
"""

import math
from collections.abc import Iterator
from collections.abc import Mapping
from collections.abc import Sequence
from dataclasses import asdict
from typing import Any

from harness.compare.system import looked
from harness.compare.within import within
from harness.core import Completions
from harness.core import Record
from harness.diagnostics.examined import read_examined
from harness.errors import StoreError
from harness.gate.document import gate_of
from harness.report import apart
from harness.report.breakdown import Estimator
from harness.report.breakdown import Scored
from harness.report.breakdown import with_cutoff
from harness.report.calibration import calibrations
from harness.report.excluded import notes as exclusion_notes
from harness.report.excluded import without_excluded
from harness.report.headline import headlines
from harness.report.headline import is_headline
from harness.report.means import area_means
from harness.report.quality import qualities
from harness.report.verdicts import programs
from harness.results.folder import Run
from harness.results.groups import Group
from harness.results.groups import groups
from harness.results.groups import many
from harness.results.groups import shard_of
from harness.results.population import CASES
from harness.results.population import check_word
from harness.results.published import beside
from harness.statistics.reducers import SHARE

SCHEMA = "crosstask/summary/1"


def summarise(run: Run, generalise_over: str | None = None) -> dict[str, Any]:
    """The content of `summary.json`: a pure function of the folder, no clock and no unseeded draw in it.

    `generalise_over` is what is drawn for the intervals, cases or a benchmark's word for its strata; None leaves it as
    the run's session did. Raises UsageError where no benchmark of the run has such a word.
    """
    all_groups, notes = groups(run)
    benchmarks = run.manifest["benchmarks"]
    if generalise_over is not None:
        check_word(generalise_over, (facts.get("strata") for facts in benchmarks.values()))
    over = generalise_over or run.manifest.get("generalise_over") or CASES
    planned = sum(len(group.planned) for group in all_groups)
    measured = sum(group.measured(case) for group in all_groups for case in group.planned)
    refused = sum(group.refused(case) for group in all_groups for case in group.planned)
    unplanned = [group for group in all_groups if not group.planned]
    notes += tuple(f"{group.model}, {group.benchmark}: no case was planned" for group in unplanned)
    notes += tuple(f"{name}: not run: {reason}" for name, reason in run.manifest.get("failures", {}).items())
    notes += (*exclusion_notes(benchmarks), *_drawn_whole(benchmarks, over), *_said_by_engines(run.manifest))
    scores = [
        _score(group, metric, over, _cutoff(run, group.model))
        | {"headline": is_headline(run.manifest, group.benchmark, metric["name"])}
        for group in all_groups
        for metric in group.metrics
    ]
    comparisons = within(run, generalise_over)
    return {
        "schema": SCHEMA,
        **_part(run),
        "complete": bool(all_groups) and not unplanned and _are_settled(run, all_groups),
        "planned": planned,
        "measured": measured,
        "refused": refused,
        "sample": [name for name, facts in benchmarks.items() if _is_sample(facts)],
        "generalise_over": over,
        "scores": scores,
        "areas": area_means(run, scores, comparisons, generalise_over),
        "headlines": headlines(run.manifest, scores),
        "published": beside(run.manifest, scores),
        "calibration": calibrations(all_groups, over),
        "comparisons": comparisons,
        "gate": gate_of(run),
        "programs": [asdict(line) for line in programs(all_groups)],
        "quality": qualities(all_groups, read_examined(*run.folders)),
        "notes": [*map(str, run.manifest.get("notes", ())), *run.notes, *notes],
    }


def _part(run: Run) -> dict[str, str]:
    """Which shard the run is; nothing of a run that is none."""
    shard = shard_of(run.manifest)
    return {} if shard is None else {"shard": shard}


def _said_by_engines(manifest: Mapping[str, Any]) -> Iterator[str]:
    """What the engines noted of the models as loaded."""
    for name, known in manifest["models"].items():
        yield from (f"{name}: {note}" for note in (known.get("engine") or {}).get("notes", ()))


def _are_settled(run: Run, all_groups: Sequence[Group]) -> bool:
    """Whether every case is measured or refused; of a benchmark whose gate was decided early, those it looked at."""
    needed = looked(run.manifest)
    cases = ((group, case) for group in all_groups for case in group.planned[: needed.get(group.benchmark)])
    return all(group.measured(case) or group.refused(case) for group, case in cases)


def _drawn_whole(benchmarks: Mapping[str, Mapping[str, Any]], over: str) -> Iterator[str]:
    """The note on benchmarks whose strata are drawn instead of their cases."""
    if names := [name for name, facts in benchmarks.items() if facts.get("strata") == over]:
        yield f"{', '.join(names)}: each {over} is drawn as a whole for the intervals (--generalise-over {over})"


def incomplete(summary: Mapping[str, Any]) -> str | None:
    """The sentence a report of a run with missing results starts with; None when the run is complete."""
    if summary["complete"]:
        return None
    settled = summary["measured"] + summary["refused"]
    missing = summary["planned"] - settled
    what = f"{many(missing, 'planned case')} without a result" if missing else "a benchmark has no planned case"
    return f"INCOMPLETE {settled}/{summary['planned']}: {what}; the scores below are not those of the whole run"


def warning(summary: Mapping[str, Any]) -> str | None:
    """What a report starts with: that the run is a part of another, or lacks results; None where it is whole."""
    sentences = (summary.get("shard"), incomplete(summary))
    return ". ".join(sentence for sentence in sentences if sentence) or None


def _cutoff(run: Run, model: str) -> str | None:
    """Up to when a model's training data goes, where its card says so."""
    cutoff = run.manifest["models"].get(model, {}).get("card", {}).get("cutoff")
    return cutoff if isinstance(cutoff, str) else None


def _score(group: Group, metric: Mapping[str, Any], over: str, cutoff: str | None) -> dict[str, Any]:
    name = metric["name"]
    scored = [(group.records[case], score) for case in group.planned if (score := group.score(case, name)) is not None]
    return {
        "model": group.model,
        "area": group.facts.get("area"),
        "benchmark": group.benchmark,
        "version": group.facts["version"],
        "metric": name,
        "reducer": metric["reducer"],
        "signature": metric["signature"],
        "higher_is_better": metric["higher_is_better"],
        **_numbers(group, metric, scored, over, cutoff),
        "counts": _counts(group, scored),
    }


def _counts(group: Group, scored: Scored) -> dict[str, int]:
    answers = [_answers(record) for record, _ in scored]
    refused = sum(map(group.refused, group.planned))
    errors = sum(record.status == "error" for record in group.records.values())
    return {
        "planned": len(group.planned),
        "measured": len(scored),
        "truncated": sum(any(completion.finish == "length" for completion in answer) for answer in answers),
        "empty": sum(any(not completion.text.strip() for completion in answer) for answer in answers),
        "not_extracted": sum(score.verdict == "invalid" for _, score in scored),
        "refused": refused,
        "errors": errors,
        "not_run": len(group.planned) - len(scored) - refused - errors,
        **apart.count([record for record, _ in scored]),
    }


def _answers(record: Record) -> tuple[Any, ...]:
    last = record.answer
    return last.completions if isinstance(last, Completions) else ()


def _numbers(group: Group, metric: Mapping[str, Any], scored: Scored, over: str, cutoff: str | None) -> dict[str, Any]:
    estimator = Estimator(metric["reducer"], group.facts.get("strata"), over)
    try:
        macro = estimator.macro(scored)
        return {
            "estimate": asdict(estimator.micro(scored)),
            "sampling_error": _sampling_error(metric, scored),
            "macro": None if macro is None else asdict(macro),
            "breakdowns": with_cutoff(estimator.breakdowns(scored), cutoff),
            "without": without_excluded(group.facts, scored, estimator.micro),
        }
    except (ValueError, IndexError) as error:
        where = f"{group.model}, {group.benchmark}, {metric['name']}"
        raise StoreError(f"{where}: {error}; crosstask rescore makes the statistics again") from error


def _sampling_error(metric: Mapping[str, Any], scored: Scored) -> float | None:
    """The standard error from the samples alone, where each case's third statistic is its variance."""
    variances = [score.stats[2] for _, score in scored if len(score.stats) == 3]
    if metric["reducer"] != SHARE or not variances or len(variances) < len(scored):
        return None
    return math.sqrt(sum(variances)) / len(variances)


def _is_sample(facts: Mapping[str, Any]) -> bool:
    return any(origin.get("source") == "sample" for origin in facts.get("data", ()))
