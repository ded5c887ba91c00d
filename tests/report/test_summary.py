"""The numbers of a run: what is scored, what is counted beside it, when a run is whole."""

import time
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import settings
from hypothesis import strategies as st

from harness.core import Completion
from harness.core import Completions
from harness.core import Record
from harness.core import Refusal
from harness.core import Score
from harness.errors import StoreError
from harness.errors import UsageError
from harness.report.summary import incomplete
from harness.report.summary import summarise
from harness.results.folder import Prompts
from harness.results.folder import Run
from harness.results.folder import read_run
from harness.statistics import wilson


def scores(summary):
    return {score["benchmark"]: score for score in summary["scores"]}


def test_a_whole_run_is_complete_and_scored_with_wilsons_interval(folder):
    folder.change("tin-3", scores=(Score("exact", (0.0, 1.0), "wrong", "9"),))
    summary = summarise(read_run(folder.write()))
    assert (summary["complete"], summary["measured"], summary["planned"]) == (True, 15, 15)
    assert incomplete(summary) is None
    found = scores(summary)["tins"]
    low, high = wilson(11, 12)
    assert found["estimate"]["value"] == pytest.approx(11 / 12)
    assert (found["estimate"]["low"], found["estimate"]["high"]) == (low, high)
    assert (found["area"], found["signature"], found["higher_is_better"]) == ("math", "exact|v:1", True)


def test_refused_broken_and_missing_cases_are_counted_and_never_wrong(folder):
    folder.change("tin-0", status="refused", reason="too long", responses=(Refusal("too long"),), scores=())
    folder.change("tin-1", status="error", reason="it broke", scores=())
    folder.change("tin-2", status="not_run", reason="the model died", responses=(), scores=())
    folder.drop("tin-3")
    summary = summarise(read_run(folder.write()))
    found = scores(summary)["tins"]
    assert found["estimate"]["value"] == 1.0
    assert found["estimate"]["n"] == 8
    assert found["counts"] == {
        "planned": 12,
        "measured": 8,
        "truncated": 0,
        "empty": 0,
        "not_extracted": 0,
        "refused": 1,
        "errors": 1,
        "not_run": 2,
    }
    assert incomplete(summary) == (
        "INCOMPLETE 12/15: 3 planned cases without a result; the scores below are not those of the whole run"
    )


def test_a_refusal_is_a_result_and_leaves_the_run_complete(folder):
    folder.change("tin-0", status="refused", responses=(Refusal("too long"),), scores=())
    summary = summarise(read_run(folder.write()))
    assert (summary["complete"], summary["measured"], summary["refused"]) == (True, 14, 1)


def test_truncated_empty_and_not_extracted_answers_are_counted_and_scored(folder):
    made = Completions((Completion(" \n", "length", 64),))
    folder.change("tin-0", responses=(made,), scores=(Score("exact", (0.0, 1.0), "invalid"),))
    counts = scores(summarise(read_run(folder.write())))["tins"]["counts"]
    assert (counts["truncated"], counts["empty"], counts["not_extracted"], counts["measured"]) == (1, 1, 1, 12)


def test_only_the_last_response_counts_as_truncated(folder):
    first = Completions((Completion("let me see", "length", 64),))
    folder.change("tin-0", responses=(first, *folder.records[0].responses))
    assert scores(summarise(read_run(folder.write())))["tins"]["counts"]["truncated"] == 0


@pytest.mark.parametrize(("field", "value"), [("version", 2), ("identity", "e" * 64)])
def test_a_record_of_another_version_or_model_identity_does_not_count(folder, field, value):
    folder.change("tin-0", **{field: value})
    summary = summarise(read_run(folder.write()))
    assert (summary["complete"], summary["measured"]) == (False, 14)
    assert "toy, tins: 1 record of another benchmark version or model identity left out" in summary["notes"]


def test_a_record_outside_the_plan_does_not_count(folder):
    folder.records += [folder.tin("tin-99"), folder.tin("tin-0", model="other"), folder.tin("tin-1", model="other")]
    summary = summarise(read_run(folder.write()))
    assert (summary["measured"], summary["planned"]) == (15, 15)
    assert "toy, tins: 1 record outside the plan left out" in summary["notes"]
    assert "other, tins: 2 records outside the plan left out" in summary["notes"]


def test_a_measured_case_that_lacks_a_metrics_score_is_missing_there(folder):
    folder.change("tin-0", scores=())
    summary = summarise(read_run(folder.write()))
    assert scores(summary)["tins"]["counts"]["not_run"] == 1
    assert not summary["complete"]


def test_a_benchmark_without_planned_cases_makes_the_run_incomplete(folder):
    folder.manifest["planned"]["toy"]["moons"] = []
    summary = summarise(read_run(folder.write()))
    assert incomplete(summary).startswith("INCOMPLETE 12/12: a benchmark has no planned case")
    assert "toy, moons: no case was planned" in summary["notes"]


def test_a_run_that_planned_nothing_is_not_complete(folder):
    folder.manifest["planned"] = {}
    assert not summarise(read_run(folder.write()))["complete"]


def test_a_benchmark_whose_rows_could_not_be_had_is_named(folder):
    folder.manifest["failures"] = {"moons": "org/rows: gated; accept its licence"}
    assert "moons: not run: org/rows: gated; accept its licence" in summarise(read_run(folder.write()))["notes"]


def test_sample_rows_are_named(folder):
    folder.manifest["benchmarks"]["tins"]["data"] = [{"source": "sample"}]
    assert summarise(read_run(folder.write()))["sample"] == ["tins"]


def test_clusters_are_counted(folder):
    for row in range(12):
        folder.change(f"tin-{row}", cluster=f"passage-{row // 2}")
    estimate = scores(summarise(read_run(folder.write())))["tins"]["estimate"]
    assert (estimate["n"], estimate["clusters"]) == (12, 6)


def divided(folder):
    """The twelve tins in three subjects, of which the last has one case and got it wrong; two levels."""
    folder.manifest["benchmarks"]["tins"]["strata"] = "subject"
    for row in range(12):
        subject = "c" if row == 11 else "ab"[row % 2]
        folder.change(f"tin-{row}", stratum=subject, tags=(f"level:{row % 2 + 1}",))
    folder.change("tin-11", scores=(Score("exact", (0.0, 1.0), "wrong"),))


def test_a_benchmark_with_strata_has_a_mean_over_them_and_a_number_for_each(folder):
    divided(folder)
    found = scores(summarise(read_run(folder.write())))
    assert found["tins"]["estimate"]["value"] == pytest.approx(11 / 12)
    assert found["tins"]["macro"]["value"] == pytest.approx(2 / 3)
    subject, level = found["tins"]["breakdowns"]
    assert [(one["group"], one["n"], one["estimate"]["value"]) for one in subject["groups"]] == [
        ("a", 6, 1.0),
        ("b", 5, 1.0),
        ("c", 1, 0.0),
    ]
    assert [(one["group"], one["n"], one["estimate"]["value"]) for one in level["groups"]] == [
        ("1", 6, 1.0),
        ("2", 6, pytest.approx(5 / 6)),
    ]
    assert (found["moons"]["macro"], found["moons"]["breakdowns"]) == (None, [])


def test_cases_without_a_score_are_in_no_part(folder):
    divided(folder)
    folder.change("tin-11", status="refused", responses=(Refusal("too long"),), scores=())
    found = scores(summarise(read_run(folder.write())))["tins"]
    assert found["macro"]["value"] == 1.0
    assert [one["group"] for one in found["breakdowns"][0]["groups"]] == ["a", "b"]


def test_what_is_generalised_over_is_as_the_session_said_unless_asked_otherwise(folder):
    divided(folder)
    folder.manifest["generalise_over"] = "subject"
    run = read_run(folder.write())
    note = "tins: each subject is drawn as a whole for the intervals (--generalise-over subject)"
    for asked, over, clusters in ((None, "subject", 3), ("subject", "subject", 3), ("cases", "cases", 12)):
        summary = summarise(run, asked)
        assert summary["generalise_over"] == over
        assert scores(summary)["tins"]["estimate"]["clusters"] == clusters
        assert scores(summary)["moons"]["estimate"]["clusters"] == 3
        assert (note in summary["notes"]) == (over == "subject")


def test_a_run_that_says_nothing_generalises_over_cases(folder):
    assert summarise(read_run(folder.write()))["generalise_over"] == "cases"


def test_a_word_no_benchmark_of_the_run_has_is_refused(folder):
    divided(folder)
    run = read_run(folder.write())
    with pytest.raises(UsageError, match="--generalise-over: found 'language'; expected cases or subject"):
        summarise(run, "language")


def test_the_score_without_known_wrong_rows_stands_beside_the_whole(folder):
    listed = {
        "name": "ours",
        "version": "2",
        "source": "-",
        "why": "-",
        "listed": 2,
        "excluded": 1,
        "changed": ["tin-4"],
    }
    folder.manifest["benchmarks"]["tins"]["exclusions"] = [listed]
    folder.change("tin-3", scores=(Score("exact", (0.0, 1.0), "wrong"),), tags=("excluded by ours 2",))
    summary = summarise(read_run(folder.write()))
    found = scores(summary)["tins"]
    assert found["estimate"]["value"] == pytest.approx(11 / 12)
    (without,) = found["without"]
    assert (without["name"], without["excluded"], without["estimate"]["value"], without["estimate"]["n"]) == (
        "ours",
        1,
        1.0,
        11,
    )
    assert any("rows have changed since ours 2 listed them" in note for note in summary["notes"])


def test_a_whole_mmlu_is_summed_up_in_two_seconds(tmp_path):
    """57 subjects of 246 cases are as many as MMLU's test split has."""
    run = run_of(tmp_path, ["measured"] * 57 * 246)
    run.manifest["benchmarks"]["tins"]["strata"] = "subject"
    divided = replace(run, records=tuple(replace(one, stratum=f"s{row % 57}") for row, one in enumerate(run.records)))
    start = time.process_time()
    found = summarise(divided)["scores"][0]
    assert time.process_time() - start < 2
    assert len(found["breakdowns"][0]["groups"]) == 57


@pytest.mark.parametrize("stats", [(1.0,), (1.0, 1.0, 1.0), (float("nan"), 1.0)])
def test_statistics_that_do_not_fit_name_benchmark_and_metric(folder, stats):
    folder.change("tin-0", scores=(Score("exact", stats, "correct"),))
    with pytest.raises(StoreError, match=r"toy, tins, exact: .*; crosstask rescore makes the statistics again"):
        summarise(read_run(folder.write()))


def test_an_unknown_reducer_names_the_known_ones(folder):
    folder.manifest["benchmarks"]["tins"]["metrics"][0]["reducer"] = "mode"
    with pytest.raises(StoreError, match="toy, tins, exact: reducer: found 'mode'; expected one of mean"):
        summarise(read_run(folder.write()))


@settings(deadline=None)
@given(st.lists(st.sampled_from(["measured", "refused", "error", "not_run", None]), min_size=1, max_size=15))
def test_every_planned_case_is_counted_once(tmp_path_factory, statuses):
    outcome = summarise(run_of(tmp_path_factory.getbasetemp(), statuses))
    counts = outcome["scores"][0]["counts"]
    assert counts["measured"] + counts["refused"] + counts["errors"] + counts["not_run"] == counts["planned"]
    assert counts["measured"] == statuses.count("measured")
    assert outcome["complete"] == all(status in {"measured", "refused"} for status in statuses)


def run_of(path, statuses):
    metric = {"name": "exact", "reducer": "proportion", "signature": "s", "higher_is_better": True}
    ids = [f"case-{row}" for row in range(len(statuses))]
    manifest = {
        "models": {"toy": {}},
        "benchmarks": {"tins": {"version": 1, "metrics": [metric]}},
        "planned": {"toy": {"tins": ids}},
    }
    records = [record(case, status) for case, status in zip(ids, statuses, strict=True) if status]
    return Run(path, manifest, tuple(records), Prompts(path / "prompts.jsonl"))


def record(case, status):
    from_score = (Score("exact", (1.0, 1.0), "correct"),) if status == "measured" else ()
    return replace(EMPTY, case=case, status=status, scores=from_score)


EMPTY = Record("toy", "tins", 1, "", "", 1, "measured", "", None)
