"""What asking cases again has shown: scores that changed, texts and log-likelihoods that differ, and in which words."""

import json
from dataclasses import fields
from dataclasses import replace
from importlib import resources

import jsonschema
import pytest

from harness.core import Completion
from harness.core import Completions
from harness.core import LogLikelihoods
from harness.core import Score
from harness.encoding import encode
from harness.errors import StoreError
from harness.report.certified import Certified
from harness.report.certified import sentences
from harness.report.write import write_report
from harness.statistics import wilson

SCHEMA = json.loads((resources.files("harness") / "schemas/summary.schema.json").read_text(encoding="utf-8"))


@pytest.fixture
def again(folder):
    """Writes the run and records of cases that were asked again, and returns the summary's part."""

    def written(*records):
        folder.write()
        lines = [json.dumps({"schema": "crosstask/record/1", "record": encode(record)}) for record in records]
        (folder.path / "certified.jsonl").write_text("".join(line + "\n" for line in lines))
        summary = write_report(folder.path)
        jsonschema.Draft202012Validator(SCHEMA).validate(summary)
        return summary

    return written


def moon(folder, case, *values):
    return folder.moon(case, responses=(LogLikelihoods(values, (1, 1), (True, False)),))


def test_flips_and_divergence_are_counted(folder, again):
    summary = again(
        folder.tin("tin-0"),
        folder.tin("tin-1", " 9"),
        folder.tin("tin-2", " 8 "),
        moon(folder, "moon-0", -1.5, -2.25),
        moon(folder, "moon-1", -1.25, -2.25),
    )
    (row,) = summary["certified"]
    assert (row["of"], row["cases"], row["unanswered"]) == (15, 5, 0)
    assert row["flipped"] == [["tins", "tin-1"]]
    # of three texts two differ, and one of them is scored alike
    assert (row["texts"], row["texts_apart"]) == (3, 2)
    assert (row["continuations"], row["nats"], row["farthest"]) == (4, 0.25, ["moons", "moon-1"])
    assert (row["estimate"]["low"], row["estimate"]["high"]) == wilson(1, 5)
    (sentence,) = sentences(summary)
    assert sentence == (
        "toy: 5 of 15 cases asked again in other batches; 1 score changed, 20.0% (95 % interval 3.6% to 62.4%): "
        "tins/tin-1; 2 of 3 texts changed; 4 log-likelihoods compared, changed by 0.25 nats at most, that of "
        "moons/moon-1"
    )
    assert sentence in (folder.path / "report.html").read_text()


@pytest.mark.parametrize(("stats", "flips"), [((0.50001, 1.0), 0), ((0.501, 1.0), 1)])
def test_a_score_that_is_no_verdict_flips_where_a_printed_digit_may_differ(folder, again, stats, flips):
    folder.manifest["benchmarks"]["tins"]["metrics"][0]["reducer"] = "mean"
    folder.change("tin-0", scores=(Score("exact", (0.5, 1.0)),))
    (row,) = again(folder.tin("tin-0", scores=(Score("exact", stats),)))["certified"]
    assert len(row["flipped"]) == flips


def test_a_thought_is_part_of_a_text(folder, again):
    made = Completions((Completion(" 8", "stop", 2, thought="4 and 4"),), 20)
    (row,) = again(folder.tin("tin-0", responses=(made,)))["certified"]
    assert (row["texts"], row["texts_apart"], len(row["flipped"])) == (1, 1, 0)


def test_a_case_that_got_no_score_is_counted_and_is_no_flip(folder, again):
    summary = again(folder.tin("tin-0"), folder.tin("tin-1", status="refused", reason="too long", scores=()))
    (row,) = summary["certified"]
    assert (row["cases"], row["unanswered"], len(row["flipped"])) == (1, 1, 0)
    assert "1 more case got no score this time" in next(sentences(summary))


def test_what_belongs_to_another_model_or_case_says_nothing(folder, again):
    other = replace(folder.tin("tin-0", " 9"), identity="0" * 64)
    asked_otherwise = replace(folder.tin("tin-1", " 9"), digest="0" * 64)
    assert "certified" not in again(other, asked_otherwise, folder.tin("tin-99"))


def test_cases_of_one_cluster_are_no_cases_of_their_own(folder, again):
    for number in range(12):
        folder.change(f"tin-{number}", cluster=f"passage-{number // 2}")
    (row,) = again(*(folder.tin(f"tin-{number}", " 9" if number < 4 else " 8") for number in range(12)))["certified"]
    assert (row["cases"], row["estimate"]["clusters"], len(row["flipped"])) == (12, 6, 4)


def test_the_first_flips_are_named_and_the_others_counted(folder, again):
    (sentence,) = sentences(again(*(folder.tin(f"tin-{number}", " 9") for number in range(8))))
    assert "tins/tin-4 and 3 more" in sentence
    assert "tin-5" not in sentence


def test_a_torn_line_is_left_out_and_a_broken_one_is_named(folder, again):
    again(folder.tin("tin-0"))
    path = folder.path / "certified.jsonl"
    whole = path.read_bytes()
    path.write_bytes(whole + whole[:40])
    (row,) = write_report(folder.path)["certified"]
    assert row["cases"] == 1
    path.write_text("{}\n")
    with pytest.raises(StoreError, match=r"certified.jsonl:1: schema None; expected schema 'crosstask/record/1'"):
        write_report(folder.path)


def test_the_schema_and_the_dataclass_name_the_same_fields():
    part = SCHEMA["$defs"]["certified"]
    assert set(part["properties"]) == set(part["required"]) == {field.name for field in fields(Certified)}
