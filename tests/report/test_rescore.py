"""Scores made again from stored answers: today's rules, yesterday's answers."""

from dataclasses import dataclass
from dataclasses import replace

import pytest

from harness.benchmark import Benchmark
from harness.core import Case
from harness.core import Completion
from harness.core import Completions
from harness.core import Generate
from harness.core import Refusal
from harness.core import Score
from harness.core import Trial
from harness.core import fingerprint
from harness.errors import StoreError
from harness.errors import UsageError
from harness.metrics.codebleu import CodeBleu
from harness.report.rescore import rebuild
from harness.report.rescore import rescore
from harness.report.rescore import with_similarity
from harness.report.summary import summarise
from harness.results.folder import read_run
from harness.sources import from_hub


@dataclass(frozen=True, slots=True)
class Ends:
    """Right where the answer ends with the target."""

    name: str = "exact"
    reducer: str = "proportion"
    signature: str = "exact|v:2"
    higher_is_better: bool = True

    def observe(self, case, response):
        right = isinstance(response, Completions) and response.completions[0].text.endswith(str(case.target))
        return Score(self.name, (float(right), 1.0), "correct" if right else "wrong", str(case.target))


@dataclass(frozen=True, slots=True)
class Length:
    """The answer's characters: a metric without a verdict."""

    name: str = "length"
    reducer: str = "proportion"
    signature: str = "length|v:1"
    higher_is_better: bool = False

    def observe(self, _case, response):
        return Score(self.name, (float(len(response.completions[0].text)), 1.0))


def page(name, version=1, metrics=(Ends(),), **changes):
    return Benchmark(
        name=name,
        version=version,
        area="math",
        paper="our own",
        protocol="zero-shot",
        rows=from_hub("org/rows", split="test"),
        to_case=lambda row, _shots: Case(row.id, (), None),
        metrics=metrics,
        **changes,
    )


def pages(**changes):
    return {"tins": page("tins", **changes), "moons": page("moons", metrics=(replace(Ends(), name="acc"),))}


def test_todays_metric_is_applied_and_every_changed_verdict_counted(folder):
    folder.change("tin-0", scores=(Score("exact", (0.0, 1.0), "wrong"),))
    folder.change("tin-1", scores=(Score("exact", (0.0, 1.0), "invalid"),))
    changes = rescore(read_run(folder.write()), pages(), folder.path)
    assert str(changes[0]) == "tins exact: 2 verdicts changed in 12 cases"
    assert str(changes[1]) == "moons acc: 3 verdicts changed in 3 cases"
    run = read_run(folder.path)
    assert [record.responses for record in run.records] == [record.responses for record in folder.records]
    found = summarise(run)
    assert found["scores"][0]["estimate"]["value"] == 1.0
    assert found["scores"][0]["signature"] == "exact|v:2"
    assert "Scores were made again from the stored answers (crosstask rescore)." in found["notes"]


def test_a_second_time_changes_nothing(folder):
    rescore(read_run(folder.write()), pages(), folder.path)
    first = [(folder.path / name).read_bytes() for name in ("records.jsonl", "manifest.json")]
    changes = rescore(read_run(folder.path), pages(), folder.path)
    assert {change.changed for change in changes} == {0}
    assert [(folder.path / name).read_bytes() for name in ("records.jsonl", "manifest.json")] == first


def test_the_version_is_todays_and_the_manifest_says_which_prompts_were_asked(folder):
    rescore(read_run(folder.write()), pages(version=3), folder.path)
    run = read_run(folder.path)
    assert {record.version for record in run.records if record.benchmark == "tins"} == {3}
    summary = summarise(run)
    assert summary["complete"]
    assert "tins: answers asked by version 1, scored by version 3." in summary["notes"]


def test_a_new_metric_without_a_verdict_counts_its_values(folder):
    changes = rescore(read_run(folder.write()), pages(metrics=(Ends(), Length())), folder.path)
    assert "tins length: 12 values changed in 12 cases" in map(str, changes)


def test_records_first_then_the_manifest_so_that_between_them_nothing_looks_whole(folder):
    before = (folder.write() / "manifest.json").read_bytes()
    rescore(read_run(folder.path), pages(version=2), folder.path)
    (folder.path / "manifest.json").write_bytes(before)
    assert not summarise(read_run(folder.path))["complete"]


def test_a_refused_case_stays_refused(folder):
    folder.change("tin-0", status="refused", responses=(Refusal("too long"),), scores=())
    rescore(read_run(folder.write()), pages(version=2), folder.path)
    record = read_run(folder.path).records[0]
    assert (record.status, record.scores, record.version) == ("refused", (), 2)


def test_an_answer_whose_metric_broke_is_scored(folder):
    folder.change("tin-0", status="error", reason="ValueError", scores=())
    rescore(read_run(folder.write()), pages(), folder.path)
    record = read_run(folder.path).records[0]
    assert (record.status, record.reason, record.scores[0].verdict) == ("measured", None, "correct")


def test_a_conversation_that_was_not_finished_stays_as_it_was(folder):
    folder.change("tin-0", status="error", reason="the engine died", scores=())
    follow_up = pages(follow_up=lambda _case, responses: None if len(responses) > 1 else Generate("go on"))
    rescore(read_run(folder.write()), follow_up, folder.path)
    assert read_run(folder.path).records[0].status == "error"


def test_a_case_is_built_again_from_its_first_requests(folder):
    second = Generate("go on")
    folder.requests[fingerprint(second)] = second
    first = folder.records[0]
    answers = (*first.responses, Completions((Completion("done 8", "stop", 2),)))
    folder.change("tin-0", prompts=(*first.prompts, fingerprint(second)), responses=answers)
    run = read_run(folder.write())
    case = rebuild(run.records[0], run.prompts)
    assert case.requests == (folder.requests[first.prompts[0]],)
    assert case.digest == first.digest


def test_a_case_that_is_not_the_one_that_was_asked_is_an_error(folder):
    folder.change("tin-0", target="9")
    with pytest.raises(StoreError, match=r"case 'tin-0' of tins is not the one that was asked \(its digest differs\)"):
        rescore(read_run(folder.write()), pages(), folder.path)
    assert read_run(folder.path).records == tuple(folder.records)


def test_a_missing_prompt_is_an_error(folder):
    (folder.write() / "prompts.jsonl").unlink()
    with pytest.raises(StoreError, match=r"prompts\.jsonl: a prompt of case 'tin-0' is missing; restore the file"):
        rescore(read_run(folder.path), pages(), folder.path)


def test_a_benchmark_without_a_page_is_refused(folder):
    with pytest.raises(UsageError, match="no page for benchmark 'moons'; name the folder of its page with --evals"):
        rescore(read_run(folder.write()), {"tins": page("tins")}, folder.path)


def test_a_record_that_does_not_count_is_kept_as_it_is(folder):
    stale = folder.tin("tin-0", identity="e" * 64)
    folder.records[0] = stale
    rescore(read_run(folder.write()), pages(version=2), folder.path)
    assert read_run(folder.path).records[0] == stale


@pytest.mark.parametrize(
    ("trial", "added"),
    [
        (
            Trial("python", "python", reference="def f(): return 1"),
            ["code_exact_match", "edit_similarity", "bleu", "rougeL", "codebleu"],
        ),
        (Trial("sqlite", "sql", reference="select 1"), ["code_exact_match", "edit_similarity", "bleu", "rougeL"]),
        (Trial("javascript", "foreign"), []),  # without a reference
        (Trial("python", "output", reference="def f(): return 1"), []),  # an answer is a value
    ],
)
def test_programs_that_have_a_reference_are_compared_with_it(folder, trial, added):
    folder.tried(trial=trial)
    found = with_similarity(pages(), read_run(folder.write()))
    assert [metric.name for metric in found["tins"].metrics[1:]] == added
    assert all(len(page.metrics) == 1 for name, page in found.items() if name != "tins")


def test_codebleu_is_scored_and_its_signature_kept(folder):
    rescore(read_run(folder.write()), pages(metrics=(Ends(), CodeBleu())), folder.path)
    run = read_run(folder.path)
    found = [one.stats for record in run.records for one in record.scores if one.metric == "codebleu"]
    assert len(found) == 12
    assert all(0 <= value <= 1 and count == 1 for value, count in found)
    stored = {one["name"]: one["signature"] for one in run.manifest["benchmarks"]["tins"]["metrics"]}
    assert stored["codebleu"] == CodeBleu().signature
