"""Inspect's logs: its own numbers, turns as they were sent, and nothing of a broken file."""

import gzip
import json
import zipfile as plain

import pytest
from backports.zstd import zipfile

from harness.core import Completion
from harness.core import Completions
from harness.core import Generate
from harness.core import Message
from harness.errors import StoreError
from harness.errors import UsageError
from harness.importers import inspect_log

MODEL = "mockllm/model"
LOGS = (
    "tins.eval",
    "moons.eval",
    "epochs.eval",
    "errors.eval",
    "thoughts.eval",
    "shapes.eval",
    "tools.eval",
    "tins.json",
)


def members(path):
    """The JSON of a log by member, a `.json` log as its parts."""
    with zipfile.ZipFile(path) as archive:
        return {name: json.loads(archive.read(name)) for name in archive.namelist()}


def packed(path, content, compression=zipfile.ZIP_ZSTANDARD):
    """Write a log of these members."""
    with zipfile.ZipFile(path, "w", compression=compression) as archive:
        for name, value in content.items():
            archive.writestr(name, value if isinstance(value, str) else json.dumps(value))
    return path


def mean(group, metric):
    stats = [score.stats for case in group.planned if (score := group.score(case, metric)) is not None]
    return sum(value for value, _ in stats) / sum(weight for _, weight in stats)


@pytest.mark.parametrize("name", LOGS)
def test_every_value_is_that_of_the_log(load, files, name):
    path = files / "inspect" / name
    header = json.loads(path.read_text()) if path.suffix == ".json" else members(path)["header.json"]
    made = load("inspect", path)
    (group,) = made.groups.values()
    told = {}
    for score in header["results"]["scores"]:
        inner = f"{score['scorer']}/{score['name']}" if score["name"] != score["scorer"] else score["scorer"]
        label = f"inspect/{inner}" + (f",{score['reducer']}" if score.get("reducer") else "")
        told[label] = next(score["metrics"][one]["value"] for one in ("accuracy", "mean") if one in score["metrics"])
    assert {metric["name"]: mean(group, metric["name"]) for metric in group.metrics} == pytest.approx(told)


def test_a_sample_is_a_case(load, files):
    made = load("inspect", files / "inspect/tins.eval")
    record = made.records["tins", "default-2"]
    request = made.run.prompts.get(record.prompts[0])
    turns = (Message("system", "Answer with a number."), Message("user", "What is 5 plus 5?"))
    assert request == Generate(turns, max_tokens=32, temperature=0.0)
    assert record.responses == (Completions((Completion("8 I think~", "length", 3),), 11),)
    assert (record.target, record.status, record.seconds > 0) == ("10", "measured", True)
    match, f1 = record.scores
    assert (match.metric, match.stats, match.verdict, match.extracted) == ("inspect/match", (0.0, 1.0), "wrong", "8")
    assert (f1.metric, f1.stats, f1.verdict) == ("inspect/f1", (0.0, 1.0), None)
    empty = made.records["tins", "default-3"].scores[0]
    assert (empty.verdict, empty.cause) == ("invalid", "no_response")
    facts = made.manifest["benchmarks"]["tins"]
    # all answers are C or I: a proportion; a case that is partly right makes it a mean
    assert (facts["version"], facts["metrics"][0]["reducer"]) == (3, "proportion")
    assert facts["metrics"][0]["signature"] == 'inspect_ai|0.3.285|scorer:match|options:{"numeric": true}|epochs:mean'
    assert made.manifest["imported"]["version"] == "0.3.285"
    assert made.manifest["created"] == "2026-11-21T09:03:44+00:00"


def test_both_forms_of_a_log_give_the_same_records(load, files):
    one, other = (load("inspect", files / "inspect" / name, name) for name in ("tins.eval", "tins.json"))
    assert list(one.records) == list(other.records)
    for key, record in one.records.items():
        assert (record.digest, record.scores, record.responses) == (
            other.records[key].digest,
            other.records[key].scores,
            other.records[key].responses,
        )


def test_epochs_are_samples_of_one_request(load, files):
    made = load("inspect", files / "inspect/epochs.eval")
    record = made.records["epochs", "1"]
    assert [one.text for one in record.responses[0].completions] == ["cup", "mug", "cup"]
    request = made.run.prompts.get(record.prompts[0])
    assert (request.samples, request.max_tokens, request.temperature, request.top_p) == (3, 0, 0.0, 0.0)
    assert [(score.stats[0], score.verdict) for score in record.scores] == [(pytest.approx(2 / 3), None)]
    notes = made.manifest["notes"]
    assert "epochs: how long an answer may be is not said; 0 tokens stand for it." in notes
    assert "epochs: how tokens were drawn is not said; top_p 0 stands for it." in notes


def test_each_way_to_reduce_epochs_is_a_metric(load, files):
    made = load("inspect", files / "inspect/thoughts.eval")
    record = made.records["thoughts", "cup/1"]
    assert {score.metric: score.stats[0] for score in record.scores} == {
        "inspect/includes,mean": 0.5,
        "inspect/includes,at_least_2": 1.0,
        "inspect/includes,pass_at_2": pytest.approx(1 - 1 / 6),
    }
    assert record.responses[0].completions[0] == Completion("cup", "stop", 9, "a cup it is")


def test_a_number_that_is_none_leaves_the_run_incomplete(load, files):
    for name in ("shapes.eval", "shapes.json"):
        made = load("inspect", files / "inspect" / name, name)
        record = made.records["shapes", "2"]
        assert [score.metric for score in record.scores] == ["inspect/shape/length", "inspect/shape/loud"]
        assert "inspect/odd: no number in 2, nan; the case has no such score" in made.manifest["notes"]


def test_long_texts_stand_in_their_places(load, files):
    made = load("inspect", files / "inspect/shapes.eval")
    request = made.run.prompts.get(made.records["shapes", "1"].prompts[0])
    assert request.prompt == "Say A " + "please " * 59 + "please " * 1


def test_turns_with_tools_are_not_taken_in(load, files):
    made = load("inspect", files / "inspect/tools.eval")
    record = made.records["tools", "1"]
    assert (record.prompts, record.responses[0].completions[0].text) == ((), "It is 5.")
    again = load("inspect", files / "inspect/tools.eval", "again")
    assert record.digest == again.records["tools", "1"].digest
    assert "tools: turns with tools, pictures or other than texts are not taken in." in made.manifest["notes"]


def test_samples_that_failed_are_counted(load, files, tmp_path):
    made = load("inspect", files / "inspect/errors.eval")
    assert "epochs: 4 of 6 samples ended in an error." in made.manifest["notes"]
    content = members(files / "inspect/tins.eval")
    content["samples/default-1_epoch_1.json"] |= {"scores": None, "error": {"message": "it broke", "traceback": ""}}
    content["reductions.json"] = [
        one | {"samples": [sample for sample in one["samples"] if sample["sample_id"] != "default-1"]}
        for one in content["reductions.json"]
    ]
    broke = load("inspect", packed(tmp_path / "broke.eval", content), "broke")
    record = broke.records["tins", "default-1"]
    assert (record.status, record.reason, record.scores) == ("error", "it broke", ())


def test_what_was_not_asked_any_more_is_planned_all_the_same(load, files, tmp_path):
    content = members(files / "inspect/tins.eval")
    content.pop("samples/default-1_epoch_1.json")
    content["header.json"]["status"] = "cancelled"
    made = load("inspect", packed(tmp_path / "short.eval", content))
    (group,) = made.groups.values()
    assert (len(group.planned), len(group.records)) == (4, 3)
    assert "tins: the log says 'cancelled', not that the evaluation ended well." in made.manifest["notes"]


def test_without_a_header_the_journal_says_what_was_begun(load, files, tmp_path):
    content = members(files / "inspect/tins.eval")
    content.pop("header.json")
    content.pop("reductions.json")
    made = load("inspect", packed(tmp_path / "short.eval", content))
    scores = [record.scores[0].stats[0] for record in made.records.values()]
    assert scores == [1.0, 1.0, 0.0, 0.0]
    assert "tins: the log says 'started', not that the evaluation ended well." in made.manifest["notes"]


def test_another_total_is_said(load, files, tmp_path):
    content = members(files / "inspect/tins.eval")
    content["header.json"]["results"]["scores"][0]["metrics"]["accuracy"]["value"] = 0.75
    made = load("inspect", packed(tmp_path / "other.eval", content))
    assert "inspect/match: 0.75 in the log's results, 0.5 over its samples." in made.manifest["notes"]


def test_a_conversation_is_as_many_requests_as_the_model_wrote_turns(load, files, tmp_path):
    content = members(files / "inspect/tins.eval")
    sample = content["samples/default-0_epoch_1.json"]
    said = sample["messages"]
    first = {"role": "assistant", "content": "Let me see.", "source": "generate", "id": "a"}
    sample["messages"] = [*said[:2], first, {"role": "user", "content": "Go on."}, said[-1]]
    made = load("inspect", packed(tmp_path / "turns.eval", content))
    record = made.records["tins", "default-0"]
    asked = [made.run.prompts.get(prompt).prompt for prompt in record.prompts]
    assert [len(turns) for turns in asked] == [2, 4]
    assert [answer.completions[0].text for answer in record.responses] == ["Let me see.", "3"]


def test_a_folder_may_hold_several_tasks(load, files, tmp_path):
    for name in ("tins.eval", "moons.eval"):
        (tmp_path / name).write_bytes((files / "inspect" / name).read_bytes())
    (tmp_path / "logs.json").write_text('{"an": "index"}')
    made = load("inspect", tmp_path)
    assert list(made.manifest["planned"][MODEL]) == ["moons", "tins"]
    (tmp_path / "again.eval").write_bytes((files / "inspect/tins.eval").read_bytes())
    with pytest.raises(
        UsageError, match=r"tins\.eval: mockllm/model has tins in another log too; name one of the files"
    ):
        load("inspect", tmp_path, "again")


def test_other_packings_are_read_too(load, files, tmp_path):
    content = members(files / "inspect/tins.eval")
    for compression in (plain.ZIP_STORED, plain.ZIP_DEFLATED):
        made = load("inspect", packed(tmp_path / f"{compression}.eval", content, compression), f"run-{compression}")
        assert len(made.records) == 4


BROKEN = [
    (
        "no zip",
        b"not a zip",
        r"bad\.eval: no whole zip file \(File is not a zip file\); expected a log as Inspect wrote",
    ),
    ("no header", {"samples/1.json": {}}, r"bad\.eval: no header\.json in it; expected a log as Inspect wrote it"),
    (
        "no task",
        {"header.json": {"eval": {"model": "m"}}},
        r"header\.json, eval: field 'task': found nothing; expected",
    ),
    (
        "no JSON",
        {"header.json": "{"},
        r"bad\.eval!header\.json: not JSON \(.*\); expected the file as the tool wrote it",
    ),
    (
        "no epoch",
        {"header.json": {"eval": {"task": "t", "model": "m"}}, "samples/a\nb.json": {"id": 1}},
        r"bad\.eval!samples/a\\nb\.json: field 'epoch': found nothing; expected an integer from 0 up",
    ),
]


@pytest.mark.parametrize(("content", "message"), [one[1:] for one in BROKEN], ids=[one[0] for one in BROKEN])
def test_a_broken_log_is_named(load, tmp_path, content, message):
    path = tmp_path / "bad.eval"
    path.write_bytes(content) if isinstance(content, bytes) else packed(path, content)
    with pytest.raises(StoreError, match=message) as raised:
        load("inspect", path)
    assert "\n" not in str(raised.value)


def test_a_log_without_scores_is_refused(load, files):
    with pytest.raises(
        StoreError, match=r"unscored\.eval: no score; the log says 'error'; expected the log of a scored"
    ):
        load("inspect", files / "inspect/unscored.eval")


def without_results(path, where, **changes):
    """The log as it is while the evaluation still runs, or after it broke off: no results and no reductions."""
    content = members(path)
    content.pop("reductions.json", None)
    content["header.json"] |= {"results": None, "status": "cancelled"} | changes
    return packed(where, content)


def unscored(path, where):
    content = members(path)
    content.pop("reductions.json", None)
    content["header.json"] |= {"results": None, "status": "error"}
    for name in [name for name in content if name.startswith("samples/")]:
        content[name].pop("scores", None)
    return packed(where, content)


@pytest.mark.parametrize("first", [True, False])
@pytest.mark.parametrize("name", ["tins.eval", "epochs.eval", "moons.eval"])
def test_an_unscored_log_of_the_same_task_is_listed_and_passed_over(load, files, tmp_path, name, first):
    """As after an evaluation that broke off and was started again, in whichever order the files stand."""
    logs = tmp_path / "logs"
    logs.mkdir()
    whole = logs / "b.eval"
    whole.write_bytes((files / "inspect" / name).read_bytes())
    unscored(whole, logs / ("a.eval" if first else "c.eval"))
    alone, both = load("inspect", whole, "alone"), load("inspect", logs, "both")
    assert both.records == alone.records
    assert set(both.manifest["notes"]) - set(alone.manifest["notes"]) == {
        f"{'a' if first else 'c'}.eval: no score; the log says 'error'."
    }
    assert set(both.manifest["imported"]["files"]) == {"b.eval", "a.eval" if first else "c.eval"}


def test_a_log_that_broke_off_between_epochs_is_passed_over_beside_others_and_refused_alone(load, files, tmp_path):
    logs = tmp_path / "logs"
    logs.mkdir()
    broken = without_results(files / "inspect/epochs.eval", logs / "a.eval")
    with pytest.raises(StoreError, match=r"a\.eval: 3 epochs of .* and no scores over them; expected a finished log"):
        load("inspect", broken, "alone")
    (logs / "b.eval").write_bytes((files / "inspect/epochs.eval").read_bytes())
    notes = load("inspect", logs, "both").manifest["notes"]
    assert "a.eval: no score over epochs; the log says 'cancelled'." in notes


def test_a_folder_of_unscored_logs_alone_is_refused(load, files, tmp_path):
    logs = tmp_path / "logs"
    logs.mkdir()
    for name in ("tins.eval", "moons.eval"):
        unscored(files / "inspect" / name, logs / name)
    with pytest.raises(StoreError, match=r"logs: moons\.eval: no score; the log says 'error'; expected"):
        load("inspect", logs)


@pytest.mark.parametrize("name", ["tins.eval", "tins.json"])
def test_a_log_packed_by_gzip_is_the_same_log(load, files, tmp_path, name):
    logs = tmp_path / "logs"
    logs.mkdir()
    (logs / f"{name}.gz").write_bytes(gzip.compress((files / "inspect" / name).read_bytes()))
    plain_ = load("inspect", files / "inspect" / name, "plain")
    for number, path in enumerate((logs / f"{name}.gz", logs)):
        found = load("inspect", path, f"packed{number}")
        assert set(found.manifest["imported"]["files"]) == {f"{name}.gz"}
        assert [one.scores for one in found.records.values()] == [one.scores for one in plain_.records.values()]
        assert found.manifest["notes"] == plain_.manifest["notes"]


# its bytes name tests, which every process that collects must call alike
TORN = gzip.compress(b'{"eval": {}}' * 50, mtime=0)


@pytest.mark.parametrize("content", [b"", b"no gzip", TORN[:-9], TORN[:12], TORN[:20] + b"!" + TORN[21:]])
def test_a_broken_gzip_file_is_named(load, tmp_path, content):
    path = tmp_path / "bad.json.gz"
    path.write_bytes(content)
    with pytest.raises(StoreError, match=r"bad\.json\.gz: (no whole gzip file|not JSON)") as raised:
        load("inspect", path)
    assert "\n" not in str(raised.value)


def test_a_torn_log_is_refused(load, files, tmp_path):
    whole = (files / "inspect/tins.eval").read_bytes()
    for size in (0, 3, 100, len(whole) // 2, len(whole) - 1):
        (tmp_path / "torn.eval").write_bytes(whole[:size])
        with pytest.raises(StoreError, match=r"torn\.eval"):
            load("inspect", tmp_path / "torn.eval")


def test_a_member_that_unpacks_to_too_much_is_refused(load, tmp_path, monkeypatch):
    monkeypatch.setattr(inspect_log, "MOST", 1000)
    path = packed(tmp_path / "bomb.eval", {"header.json": json.dumps({"eval": "x" * 5000})})
    with pytest.raises(StoreError, match=r"bomb\.eval!header\.json: 5012 bytes unpacked; expected at most 1000"):
        load("inspect", path)


def test_a_folder_without_a_log_says_what_is_missing(load, tmp_path):
    with pytest.raises(StoreError, match=r"no log of Inspect; expected \.eval files, or \.json ones"):
        load("inspect", tmp_path)
