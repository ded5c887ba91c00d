"""`--certify`: cases asked again in other batches, and how many scores that changes."""

import json
import signal
import time

import pytest

import harness
from harness.engines.descriptor import Choice
from harness.engines.options import BATCH_TOKENS
from harness.engines.registry import find
from harness.evaluation.certifying import other_batches
from harness.report.merge import merge
from harness.report.merge import read_shards
from harness.report.write import write_report
from harness.results.folder import read_records

SWAYING = '''
"""Answers rightly on the even places of what it is asked at once, and notes each time what that was."""
import json, re
from dataclasses import replace
from pathlib import Path
from harness.core import Completion, Completions
from harness.engines import scripted


class Swaying(scripted.ScriptedEngine):
    def answer(self, requests):
        with open("batches.jsonl", "a") as file:
            file.write(json.dumps([request.prompt for request in requests]) + "\\n")
        for index, request in enumerate(requests):
            right = int(re.search(r"(\\d+) [+] 1", request.prompt)[1]) + 1
            text = f" {right}" if index % 2 == 0 else " none"
            yield index, Completions((Completion(text, "stop", 1),))


ENGINE = replace(scripted.ENGINE, open=lambda spec: Swaying())
'''
FICKLE = '''
"""Writes a right program the first time it is asked for one, and a wrong one from then on."""
import re
from dataclasses import replace
from pathlib import Path
from harness.core import Completion, Completions
from harness.engines import scripted


class Fickle(scripted.ScriptedEngine):
    def answer(self, requests):
        for index, request in enumerate(requests):
            number = re.search(r"plus (\\d+)", request.prompt)[1]
            asked = Path(f"asked-{number}")
            text = f"    return x + {number if not asked.exists() else 0}\\n"
            asked.touch()
            yield index, Completions((Completion(text, "stop", 1),))


ENGINE = replace(scripted.ENGINE, open=lambda spec: Fickle())
'''


def row(project, model="smollm2-135m"):
    (found,) = (row for row in project.summary()["certified"] if row["model"] == model)
    return found


def again(project):
    """The cases that were asked again."""
    return set(read_records(project.folder / "certified.jsonl", []))


@pytest.mark.parametrize("workers", [(), ("-n", "2")], ids=["alone", "workers"])
def test_an_engine_that_answers_the_same_flips_no_score_and_what_was_kept_stays(sums, workers):
    sums.run()
    kept = (sums.folder / "records.jsonl").read_bytes()
    output = sums.run("--certify", "30%", *workers)
    # a share is rounded up: 30 % of 12 cases are 4
    assert (
        "smollm2-135m: 4 of 12 cases asked again in other batches; "
        "0 scores changed, 0.0% (95 % interval 0.0% to 49.0%); 0 of 4 texts changed" in output
    )
    assert "4 cases asked again" in output
    assert (sums.folder / "records.jsonl").read_bytes() == kept
    assert len(sums.asked) == 16
    assert sorted(benchmark for _, benchmark, _ in again(sums)) == ["alpha", "alpha", "beta", "beta"]
    assert "4 of 12 cases asked again" in (sums.folder / "report.html").read_text()
    assert not list(sums.folder.glob("certified-*"))
    # the same command asks no case a third time, and the command without the option still shows what was found
    sums.run("--certify", "30%", *workers)
    sums.run()
    assert len(sums.asked) == 16
    assert row(sums)["cases"] == 4


def test_a_larger_share_asks_the_other_cases_alone(sums):
    sums.run("--certify", "0.3")
    first = again(sums)
    sums.run("--certify", "100 %")
    assert first < again(sums)
    assert len(sums.asked) == 24
    sums.run("--certify", "50%", "--refresh")
    assert len(sums.asked) == 24 + 12 + 6


@pytest.mark.parametrize("workers", [(), ("-n", "2")], ids=["alone", "workers"])
def test_flips_of_an_engine_whose_answers_depend_on_their_batch_are_counted(sums, workers):
    (sums.path / "swaying.py").write_text(SWAYING)
    batches = sums.path / "batches.jsonl"

    def right():
        asked = [json.loads(line) for line in batches.read_text().splitlines()]
        return {prompt: place % 2 == 0 for batch in asked for place, prompt in enumerate(batch)}

    sums.run("--engine", "swaying:ENGINE", *workers)
    first, verdicts = right(), sums.verdicts()
    batches.unlink()
    sums.run("--engine", "swaying:ENGINE", "--certify", "75%", *workers)
    second = right()
    flipped = {prompt.partition(":")[0].replace(" ", "-") for prompt in second if second[prompt] != first[prompt]}
    assert len(second) == 9
    assert 0 < len(flipped) < 9
    found = row(sums)
    assert {case for _, case in found["flipped"]} == flipped
    assert (found["cases"], found["texts"], found["texts_apart"]) == (9, 9, len(flipped))
    assert found["estimate"]["value"] == pytest.approx(len(flipped) / 9)
    assert sums.verdicts() == verdicts


def test_each_model_is_asked_the_same_cases_again(sums):
    sums.run("--model", "one", "--model", "two", "--certify", "50%")
    assert {model: row(sums, model)["cases"] for model in ("one", "two")} == {"one": 6, "two": 6}
    assert {key[1:] for key in again(sums) if key[0] == "one"} == {key[1:] for key in again(sums) if key[0] == "two"}


def test_what_was_asked_again_before_a_kill_is_not_asked_a_third_time(sums):
    go = sums.path / "go"
    sums.script(hold={"after": 5, "until": str(go)})
    go.touch()
    sums.run()
    go.unlink()
    sums.kill_at(lambda: len(sums.asked) >= 12 + 6, "--certify", "100%")
    go.touch()
    output = sums.run("--certify", "100%")
    assert "12 of 12 cases asked again" in output
    assert len(sums.asked) <= 12 + 12 + 1


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_ends_it_with_a_report_and_a_status(sums, number):
    go = sums.path / "go"
    sums.script(hold={"after": 5, "until": str(go)})
    go.touch()
    sums.run()
    go.unlink()
    process = sums.start("--certify", "100%")
    while len(sums.asked) < 12 + 6 and process.poll() is None:
        time.sleep(0.005)
    process.send_signal(number)
    output, _ = process.communicate(timeout=60)
    assert process.returncode == 12, output
    assert "of 12 cases; the same command goes on" in output
    assert sums.summary()["complete"] is True
    go.touch()
    sums.run("--certify", "100%")
    assert row(sums)["cases"] == 12


def test_a_program_that_was_written_otherwise_is_judged_again(project):
    project.programs(4)
    (project.path / "fickle.py").write_text(FICKLE)
    project.run("--engine", "fickle:ENGINE")
    ran = len(project.ran)
    project.run("--engine", "fickle:ENGINE", "--certify", "50%")
    found = row(project)
    assert (found["cases"], found["texts_apart"], len(found["flipped"])) == (2, 2, 2)
    assert len(project.ran) == ran + 2


def test_a_second_turn_is_asked_again_too(project):
    project.two_turns()
    project.script(answers=[{"match": "You said", "text": " 7"}, {"match": "three", "text": " 6"}])
    project.run("--certify", "100%")
    # the second turns of all three are in the same words, and so are one request
    assert (row(project)["cases"], row(project)["texts"], len(project.asked)) == (3, 6, 2 * (3 + 1))


def test_a_run_that_is_incomplete_is_not_certified(sums):
    sums.script(crash={"after": 3, "how": "kill"})
    sums.run("--certify", "100%", status=12)
    assert not (sums.folder / "certified.jsonl").exists()


def test_an_engine_that_breaks_while_cases_are_asked_again_leaves_the_report(sums):
    (sums.path / "brittle.py").write_text(
        SWAYING.replace("with open", "Path('broken').exists() and 1 / 0\n        with open")
    )
    sums.run("--engine", "brittle:ENGINE")
    (sums.path / "broken").touch()
    output = sums.run("--engine", "brittle:ENGINE", "--certify", "25%", status=12)
    assert "ZeroDivisionError: division by zero; 0 of 3 cases were asked again" in output
    assert "--certify: engine brittle:ENGINE of smollm2-135m" in output
    assert sums.summary()["complete"] is True
    (sums.path / "broken").unlink()
    sums.run("--engine", "brittle:ENGINE", "--certify", "25%")
    assert row(sums)["cases"] == 3


def test_evaluate_certifies_too(sums, monkeypatch):
    monkeypatch.chdir(sums.path)
    run = harness.evaluate(engine="scripted", answers=str(sums.path / "script.json"), certify=0.25)
    assert [row["cases"] for row in run.summary["certified"]] == [3]


def test_a_share_that_is_none_is_refused(sums):
    output = sums.run("--certify", "200%", status=4)
    assert "--certify: found '200%'; expected a share above 0 % and up to 100 %, as 2% or 0.02" in output


def test_a_merged_run_has_what_its_shards_asked_again(sums):
    folders = [sums.path / "runs" / str(number) for number in (1, 2)]
    for number, folder in enumerate(folders, start=1):
        sums.run("--shard", f"{number}/2", "--run-dir", folder, "--certify", "50%")
    merge(read_shards(folders), sums.path / "merged")
    (found,) = write_report(sums.path / "merged")["certified"]
    assert (found["cases"], found["of"], found["flipped"]) == (6, 12, [])


def test_recorded_answers_cannot_be_asked_again(sums):
    line = {"benchmark": "alpha", "case": "alpha-0", "texts": [" 1"], "model": "elsewhere"}
    (sums.path / "answers.jsonl").write_text(json.dumps(line) + "\n")
    output = sums.run("--engine", "replay", "--answers", "answers.jsonl", "--certify", "2%", status=4)
    assert "--certify: found --engine replay; expected one that asks a model" in output


@pytest.mark.parametrize(
    ("chosen", "said", "tokens"),
    [(0, {"batch_tokens": 2048}, 1024), (600, {}, 300), (0, {}, 0), (0, {"batch_tokens": 1}, 0)],
)
def test_batches_have_half_as_many_tokens_where_it_is_known_how_many_they_had(chosen, said, tokens):
    choice = Choice("transformers", find("transformers"), {BATCH_TOKENS.name: chosen})
    assert other_batches(choice, said)[BATCH_TOKENS] == tokens
