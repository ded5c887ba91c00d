"""Answers that are programs: run as they come, each once, and scored by what became of them."""

import json
import os

import pytest

from harness.cases.pages import load_pages
from harness.code_tasks.rules import RULES
from harness.core import Execution
from harness.report.rescore import copy_prompts
from harness.report.rescore import rescore
from harness.report.summary import summarise
from harness.results.folder import read_run


@pytest.fixture
def code(project):
    """Six cases: three answers are right, one is wrong, one does not parse, one is empty."""
    project.programs(6)
    project.script(answers=project.written({4: "wrong", 5: "broken", 6: "empty"}))
    return project


def scores(project, folder=None) -> dict[str, float]:
    return {one["metric"]: one["estimate"]["value"] for one in project.summary(folder)["scores"]}


@pytest.mark.parametrize("workers", [(), ("-n", "2")])
def test_programs_are_run_and_a_second_run_runs_none(code, workers):
    output = code.run(*workers)
    assert "6 requests asked, 5 programs run" in output
    assert scores(code) == {"pass@1": 0.5, "syntax_valid": pytest.approx(4 / 6)}
    (programs,) = code.summary()["programs"]
    counts = {name: count for name, count in programs["verdicts"].items() if count}
    assert counts == {"passed": 3, "failed": 1, "syntax": 1, "not_extracted": 1}
    assert programs["judged"] == {"outside": 0, "in-jail": 5, "unsandboxed": 0}
    assert json.loads((code.folder / "manifest.json").read_text())["sandbox"]["digest"] == "5" * 64
    first = code.verdicts()
    assert "0 requests asked, 0 programs run" in code.run(*workers)
    assert len(code.ran) == 5
    assert code.verdicts() == first


def test_records_keep_programs_and_what_became_of_them(code):
    code.run()
    run = read_run(code.folder)
    right, broken, empty = (run.records[place] for place in (0, 4, 5))
    assert right.programs == ("def f(x):  # plus 1\n    return x + 1\n",)
    assert right.executions[0].verdict == "passed"
    assert right.scores[0].verdict == "correct"
    assert (broken.scores[0].verdict, broken.scores[0].cause) == ("wrong", "syntax")
    assert (empty.scores[0].verdict, empty.scores[0].cause) == ("invalid", "not extracted")
    assert empty.programs == (None,)
    assert len(right.prompts) == len(right.responses) == 2
    assert run.prompts.trial(right.trial).names == ("f",)


def test_a_program_runs_before_the_last_answer_is_there(code):
    code.script(delay=0.3, answers=code.written({}))
    code.run()
    assert len(code.asked) == 6
    assert min(run["answered"] for run in code.ran) <= 3


def test_equal_programs_run_once(project):
    project.programs(2)
    project.script(
        answers=[{"match": "plus", "texts": [" \n", "    return x + 1\n", "    return x + 1\n", "    pass\n"]}]
    )
    output = project.run("--samples", "4", "--temperature", "0.8", "--k", "1,3")
    assert "2 requests asked, 4 programs run" in output
    found = scores(project)
    # of four samples two are right in the first case, none in the second
    assert found["pass@1"] == pytest.approx((2 / 4) / 2)
    assert found["pass@3"] == pytest.approx(1 / 2)
    assert list(found) == ["pass@1", "pass@3", "2@3", "syntax_valid", "verdict_stability"]
    # two pairs of six agree in the first case, one in the second where all three programs fail
    assert found["verdict_stability"] == pytest.approx((1 / 6 + 3 / 6) / 2)
    error = {one["metric"]: one["sampling_error"] for one in project.summary()["scores"]}
    assert error["pass@1"] > 0
    assert error["syntax_valid"] is None


def test_each_temperature_is_asked_and_shown(code):
    code.run("--temperature", "0,0.8")
    assert len(code.asked) == 12
    (score,) = (one for one in code.summary()["scores"] if one["metric"] == "pass@1")
    (by,) = score["breakdowns"]
    assert by["by"] == "temperature"
    groups = [(one["group"], one["n"], one["estimate"]["value"]) for one in by["groups"]]
    assert groups == [("0", 6, 0.5), ("0.8", 6, 0.5)]
    assert score["estimate"]["clusters"] == 6


def test_kill_then_the_same_command(code):
    code.script(delay=0.1, answers=code.written({4: "wrong", 5: "broken", 6: "empty"}))
    code.kill_at(lambda: len(code.ran) > 1)
    before = len(code.ran)
    code.run()
    assert scores(code)["pass@1"] == 0.5
    # two slots may have been running when the kill came
    assert before <= len(code.ran) <= 5 + 2
    assert len({run["code"] for run in code.ran}) == 5
    assert code.summary()["complete"] is True


@pytest.mark.parametrize("workers", [(), ("-n", "2")])
def test_answers_from_a_file_are_run(code, workers):
    lines = [
        {"benchmark": "plus", "case": f"plus-{k - 1}", "model": "m", "texts": [f"    return x + {k}\n", "    pass\n"]}
        for k in range(1, 7)
    ]
    (code.path / "answers.jsonl").write_text("".join(json.dumps(line) + "\n" for line in lines))
    output = code.run("--engine", "replay", "--answers", "answers.jsonl", "--dry-run", *workers)
    assert "6 cases of 1 benchmarks, 0 distinct requests, about 0 tokens read" in output
    output = code.run("--engine", "replay", "--answers", "answers.jsonl", *workers)
    assert "12 programs run" in output
    assert scores(code)["pass@1"] == 0.5
    assert code.summary()["complete"] is True
    assert code.asked == []
    run = read_run(code.folder)
    asked = [run.prompts.get(name) for record in run.records for name in record.asked]
    # two workers end in any order
    assert sorted(request.prompt for request in asked) == [f"def f(x):  # plus {k}\n" for k in range(1, 7)]


def test_a_missing_tool_is_no_wrong_answer(code):
    code.script(answers=[{"match": "plus 2", "text": "    return x  # no tool\n"}, *code.written({})])
    output = code.run(status=12)
    assert "not run: python: no interpreter here; install one" in output
    (score, *_) = code.summary()["scores"]
    assert (score["counts"]["not_run"], score["estimate"]["n"], score["estimate"]["value"]) == (1, 5, 1.0)


def test_without_a_sandbox_the_other_pages_go_on(code, monkeypatch):
    monkeypatch.setenv("NO_SANDBOX", "1")
    output = code.run(status=4)
    assert "ERROR: sandbox: this kernel is too old; expected Linux 5.13, or --unsandboxed" in output
    assert code.asked == []
    code.page("alpha")
    output = code.run(status=12)
    assert "6 passed" in output
    assert "6 errors" in output
    assert len(code.asked) == 6
    assert "plus: not run: sandbox: this kernel is too old" in " ".join(code.summary()["notes"])
    output = code.run("-k", "plus", "--unsandboxed")
    latest = max((code.path / "reports").iterdir(), key=os.path.getmtime)
    assert code.summary(latest)["programs"][0]["judged"]["unsandboxed"] == 5


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (("--samples", "0"), "--samples: found '0'; expected a whole number from 1"),
        (("--samples", "4"), "--samples: found 4 samples of plus at temperature 0, all the same"),
        (("--samples", "4", "--temperature", "0,1"), "--temperature: found 0 with --samples 4, all the same"),
        (("--k", "10"), "--k: found 10, but 1 sample a case of plus; expected --samples 10 or more"),
        (
            ("--samples", "4", "--temperature", "1", "--k", "1,5"),
            "--k: found 5, but 4 samples a case of every benchmark",
        ),
    ],
)
def test_what_cannot_be_sampled_is_said_before_the_model(code, options, message):
    assert message in code.run(*options, status=4)
    assert code.asked == []


def test_a_wrong_program_fails_where_wrong_answers_do(code):
    assert "pass@1: wrong, found failed; expected passed" in code.run("--fail-wrong", status=1)


class Rerun:
    """Runs what is missing: every program passes."""

    facts = {"digest": "6" * 64}  # noqa: RUF012  # never changed

    def __init__(self):
        self.asked = []

    def run(self, requests):
        self.asked += requests
        return [Execution("passed", (True,) * len(one.tests)) for one in requests]


def test_scores_are_made_again_without_running_anything(code, monkeypatch):
    code.run("--run-dir", "first")
    run, pages = read_run(code.path / "first"), load_pages([code.path / "pages"])
    out = code.path / "again"
    out.mkdir()
    assert [str(change) for change in rescore(run, pages, out)] == [
        "plus pass@1: 0 verdicts changed in 6 cases",
        "plus syntax_valid: 0 verdicts changed in 6 cases",
    ]
    copy_prompts(run, out)
    assert read_run(out).records == run.records

    # today's extraction takes an empty answer for a program too
    monkeypatch.setitem(RULES, "continuation", lambda text, trial: (trial.prompt + text).rstrip() + "\n")
    *_, missing = rescore(run, pages, out)
    assert missing.startswith("plus plus-5: today's extraction gives a program that was not run; crosstask rescore --")
    assert summarise(read_run(out))["complete"] is False
    rerun = Rerun()
    changes = rescore(run, pages, out, rerun)
    assert [one.code for one in rerun.asked] == ["def f(x):  # plus 6\n"]
    assert str(changes[0]) == "plus pass@1: 1 verdict changed in 6 cases"
    again = read_run(out)
    assert again.records[5].executions[0].verdict == "passed"
    assert again.manifest["sandbox"]["digest"] == "6" * 64
    assert summarise(again)["complete"] is True
