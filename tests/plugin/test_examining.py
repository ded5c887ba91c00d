"""What is found out about programs on wish: real ones of a page of this repository, in the real sandbox."""

import json
import os
import shutil
import sys
from pathlib import Path

import jsonschema
import pytest

from harness.cases.pages import load_pages
from harness.diagnostics.examined import Explained
from harness.diagnostics.examined import read_examined
from harness.diagnostics.options import DiagnosticsOptions
from harness.diagnostics.options import check
from harness.errors import StoreError
from harness.errors import UsageError
from harness.report.html import write_html
from harness.report.rescore import copy_prompts
from harness.report.summary import summarise
from harness.report.together import write_together
from harness.results.folder import read_run
from harness.sources.open import Opener
from harness.sources.open import parse_data
from harness.store.journal import read_lines

ROOT = Path(__file__).parents[2]
pytest.importorskip("radon")
pytest.importorskip("bandit")
WRONG = "import subprocess\n\ndef {name}(*arguments):\n    return 'no answer at all'\n"


@pytest.fixture(scope="module")
def cases():
    """Three cases of the sample of MBPP."""
    page = load_pages([ROOT / "evals"])["mbpp"]
    opener = Opener(parse_data("sample", samples=ROOT / "fixtures/samples"))
    return page.collect([opener.open(table) for table in page.tables])[:3]


class Examined:
    """The page over a right answer, a wrong one, and one of each; a call is a session, and gives folder and output."""

    def __init__(self, place, cases, sessions):
        self.place, self.cases, self.sessions = place, cases, sessions
        right = [f"```python\n{case.trial.reference}\n```" for case in cases]
        wrong = [f"```python\n{WRONG.format(name=case.trial.names[0])}\n```" for case in cases]
        texts = [[right[0], right[0]], [wrong[1], wrong[1]], [right[2], wrong[2]]]
        lines = [
            {"benchmark": "mbpp", "case": case.id, "texts": two, "model": "m"}
            for case, two in zip(cases, texts, strict=True)
        ]
        (place / "answers.jsonl").write_text("\n".join(map(json.dumps, lines)))

    def __call__(self, *arguments):
        chosen = " or ".join(case.id for case in self.cases)
        asked = ["evals/code/mbpp.py", "-k", f"({chosen})", "--samples", "2", "--data", "sample", "--limit", "all"]
        folder = self.place / "run"
        replay = ["--engine", "replay", "--answers", str(self.place / "answers.jsonl"), "--model", "m"]
        command = ["-p", "no:cacheprovider", *asked, *replay, "--run-dir", str(folder), *arguments]
        ended = self.sessions.run(command, ROOT, os.environ | {"CROSSTASK_CACHE": str(self.place / "cache")})
        return folder, ended.stdout + ended.stderr


@pytest.fixture
def examined(cases, tmp_path, sessions):
    """Sessions in a folder of the test's own."""
    (tmp_path / "place").mkdir()
    return Examined(tmp_path / "place", cases, sessions)


@pytest.fixture(scope="module")
def known(cases, tmp_path_factory, sessions):
    """A run of which all is found out; a test that changes it copies it."""
    folder, _ = Examined(tmp_path_factory.mktemp("known"), cases, sessions)("--counterexample", "--quality")
    return folder


@pytest.mark.parametrize("workers", [(), ("-n", "2")], ids=["alone", "workers"])
def test_wrong_programs_are_explained_and_passing_ones_described(examined, cases, workers):
    folder, output = examined("--counterexample", "--quality", *workers)
    assert "4 of 4 programs examined" in output
    run = read_run(folder)
    found = read_examined(folder)
    assert len(found.explained) == len(found.described) == 2
    for explained in found.explained.values():
        assert explained.found == "'no answer at all'"
        assert explained.call.partition("(")[0] in {case.trial.names[0] for case in cases}
        assert explained.expected != explained.found
    schema = json.loads((ROOT / "harness/schemas/program.schema.json").read_text())
    for one in read_lines(folder / "programs.jsonl"):
        jsonschema.validate(one, schema)
    summary = summarise(run)
    jsonschema.validate(summary, json.loads((ROOT / "harness/schemas/summary.schema.json").read_text()))
    (line,) = summary["quality"]
    assert (line["programs"], line["severities"], line["stability"]) == (3, {}, pytest.approx((1 + 1 + 0.5) / 3))
    assert line["cyclomatic"] >= 1
    assert line["cpu"] > 0
    again, output = examined("--counterexample", "--quality", *workers)
    assert "0 of 0 programs examined" in output
    assert read_examined(again) == found


def test_a_run_that_does_not_ask_for_it_has_none(examined):
    folder, output = examined()
    assert "examined" not in output
    assert not (folder / "programs.jsonl").exists()
    assert summarise(read_run(folder))["quality"] == []
    examined("--quality")
    assert read_examined(folder).explained == {}
    assert len(read_examined(folder).described) == 2


def test_what_is_found_stands_in_the_report(known, tmp_path):
    run = read_run(known)
    write_html(run, summarise(run), tmp_path / "report.html")
    text = (tmp_path / "report.html").read_text()
    assert "What programs that pass are like" in text
    assert "maintainability" in text


def test_what_is_found_stands_in_the_page_of_several_runs(known, tmp_path):
    plain = shutil.copytree(known, tmp_path / "plain")
    (plain / "programs.jsonl").unlink()
    for folders in ((known, plain), (plain, known)):
        summary = write_together(folders, tmp_path / "both.html")
        line = summarise(read_run(known))["quality"][0]
        assert len(summary["quality"]) == 2
        assert all(other | {"model": line["model"]} == line for other in summary["quality"])
        assert "What programs that pass are like" in (tmp_path / "both.html").read_text()


@pytest.mark.parametrize("calls", [("f(1)", None), (None, "f(1)"), ("f(2)", "f(1)")])
def test_of_several_folders_a_search_that_found_a_call_counts_before_one_that_did_not(tmp_path, calls):
    for number, call in enumerate(calls):
        shown = {"call": call, "found": None, "expected": None}
        line = {"schema": "crosstask/program/1", "program": "a", "counterexample": shown}
        (tmp_path / str(number)).mkdir()
        (tmp_path / str(number) / "programs.jsonl").write_text(json.dumps(line) + "\n")
    assert read_examined(tmp_path / "0", tmp_path / "1").explained["a"].call == "f(1)"


def test_a_broken_line_is_named(tmp_path):
    path = tmp_path / "programs.jsonl"
    path.write_text('{"schema": "crosstask/program/1", "program": "a"}\n')
    with pytest.raises(
        StoreError, match=r"a line that tells of no program \('quality'\); remove the file and run again$"
    ):
        read_examined(tmp_path)
    path.write_text('{"schema": "other/1", "program": "a"}\n')
    with pytest.raises(StoreError, match=r"schema 'other/1'; expected 'crosstask/program/1'$"):
        read_examined(tmp_path)


def test_the_last_line_of_a_program_counts_and_a_torn_one_does_not(tmp_path):
    line = {"schema": "crosstask/program/1", "program": "a", "counterexample": {"call": None, "found": None}}
    texts = []
    for expected in ("1", "2"):
        line["counterexample"]["expected"] = expected
        texts.append(json.dumps(line) + "\n")
    (tmp_path / "programs.jsonl").write_text("".join(texts) + texts[0][:20])
    assert read_examined(tmp_path).explained == {"a": Explained(None, None, "2")}


@pytest.mark.parametrize(
    ("wanted", "missing"),
    [(DiagnosticsOptions(counterexample=True), "hypothesis"), (DiagnosticsOptions(quality=True), "bandit")],
)
def test_a_missing_library_is_named_before_anything_is_asked(monkeypatch, wanted, missing):
    monkeypatch.setitem(sys.modules, missing, None)  # as where it is not installed
    with pytest.raises(UsageError, match=rf"^--\w+: {missing} is not installed; expected pip install 'cross"):
        check(wanted)
    check(DiagnosticsOptions())


def test_what_is_found_goes_along_when_scores_are_made_again_elsewhere(known, tmp_path):
    out = tmp_path / "again"
    out.mkdir()
    copy_prompts(read_run(known), out)
    assert read_examined(out) == read_examined(known)
    assert read_examined(out).described


def test_a_folder_s_broken_findings_are_told_in_one_sentence(examined):
    folder, _ = examined()
    (folder / "programs.jsonl").write_text('{"schema": "other/1", "program": "a"}\n')
    _, output = examined("--quality")
    assert "schema 'other/1'; expected 'crosstask/program/1'" in output
    assert "Traceback" not in output
