"""The command line: what each command does, says and returns."""

import hashlib
import json
import shutil
import subprocess
import sys
from dataclasses import replace

import pytest
from typer.testing import CliRunner

from harness import __version__
from harness.cli.main import app
from harness.core import Case
from harness.core import Completion
from harness.core import Completions
from harness.core import Generate
from harness.core import Record
from harness.core import Score
from harness.core import fingerprint
from harness.encoding import encode
from harness.models.cards import load_cards
from harness.results.folder import read_run
from harness.store.journal import Journal

PAGE = '''"""Sums of our own."""

from harness.benchmark import Benchmark
from harness.core import Case
from harness.extract import last_number
from harness.metrics.exact_match import ExactMatch
from harness.sources import from_hub


def to_case(row, shots):
    return Case(row.id, (), None)


tins = Benchmark(
    name="tins", version=1, area="math", paper="our own", protocol="zero-shot",
    rows=from_hub("org/tins", split="test"), to_case=to_case, metrics=(ExactMatch(last_number),),
)
'''
REQUEST = Generate("4 + 4 =")


def crosstask(*arguments):
    return CliRunner().invoke(app, [str(argument) for argument in arguments])


@pytest.fixture
def run(tmp_path):
    """A whole run of four cases, scored by a rule that found no answer in the first."""
    cases = [Case(f"tin-{row}", (REQUEST,), "8") for row in range(4)]
    records = [record(case, "invalid" if row == 0 else "correct") for row, case in enumerate(cases)]
    metric = {"name": "exact_match", "reducer": "proportion", "signature": "old", "higher_is_better": True}
    manifest = {
        "schema": "crosstask/manifest/1",
        "models": {"toy": {"card": {"name": "toy"}}},
        "benchmarks": {"tins": {"version": 1, "area": "math", "metrics": [metric]}},
        "planned": {"toy": {"tins": [case.id for case in cases]}},
    }
    folder = tmp_path / "run"
    folder.mkdir()
    (folder / "manifest.json").write_text(json.dumps(manifest))
    prompt = {"schema": "crosstask/prompt/1", "prompt": fingerprint(REQUEST), "request": encode(REQUEST)}
    (folder / "prompts.jsonl").write_text(json.dumps(prompt) + "\n")
    write_records(folder, records)
    return folder


@pytest.fixture
def evals(tmp_path):
    """A folder with the page of that run's benchmark."""
    (tmp_path / "evals").mkdir()
    (tmp_path / "evals" / "tins.py").write_text(PAGE)
    return tmp_path / "evals"


def record(case, verdict):
    made = Completions((Completion("It is 8", "stop", 4),))
    score = Score("exact_match", (float(verdict == "correct"), 1.0), verdict)
    start = Record("toy", "tins", 1, case.id, "node", 1, "measured", case.digest, case.target)
    return replace(start, prompts=(fingerprint(REQUEST),), responses=(made,), scores=(score,))


def write_records(folder, records):
    lines = [{"schema": "crosstask/record/1", "record": encode(one)} for one in records]
    (folder / "records.jsonl").write_text("".join(json.dumps(line) + "\n" for line in lines))


def test_the_version_is_the_packages():
    found = crosstask("--version")
    assert (found.exit_code, found.stdout) == (0, f"crosstask {__version__}\n")


def test_report_makes_the_report_again_and_prints_the_table(run):
    found = crosstask("report", run)
    assert found.exit_code == 0
    assert "75.0  [30.1, 95.4]" in found.stdout
    assert f"report: {run / 'report.html'}" in found.stdout
    assert (run / "report.html").exists()
    assert json.loads((run / "summary.json").read_text())["complete"] is True


def test_report_of_two_runs_is_one_page_and_their_folders_stay(run, tmp_path):
    again = shutil.copytree(run, tmp_path / "again")
    before = sorted(run.iterdir())
    found = crosstask("report", run, again, "--out", tmp_path / "both.html")
    assert found.exit_code == 0
    assert f"report: {tmp_path / 'both.html'}" in found.stdout
    assert f"toy ({run.name})" in (tmp_path / "both.html").read_text()
    assert sorted(run.iterdir()) == before
    alone = crosstask("report", run, "--out", tmp_path / "one.html")
    assert alone.stderr.endswith("one.html: found one run; expected several, whose page it names\n")


def test_report_of_a_run_with_missing_results_says_so_and_returns_12(run):
    write_records(run, read_run(run).records[1:])
    found = crosstask("report", run)
    assert found.exit_code == 12
    assert found.stdout.startswith("INCOMPLETE 3/4: 1 planned case without a result")


@pytest.fixture
def divided(run, evals):
    """That run, its cases in two sizes, as the page says."""
    page = (evals / "tins.py").read_text()
    (evals / "tins.py").write_text(page.replace("to_case=to_case,", 'to_case=to_case, strata="size",'))
    records = [replace(one, stratum="ab"[row % 2]) for row, one in enumerate(read_run(run).records)]
    write_records(run, records)
    manifest = json.loads((run / "manifest.json").read_text())
    manifest["benchmarks"]["tins"]["strata"] = "size"
    (run / "manifest.json").write_text(json.dumps(manifest))
    return run


@pytest.mark.parametrize("command", ["report", "rescore"])
def test_intervals_generalise_over_strata_where_asked_to(command, divided, evals):
    pages = ("--evals", evals) if command == "rescore" else ()
    for words, over, clusters in (((), "cases", 4), (("--generalise-over", "size"), "size", 2), ((), "cases", 4)):
        assert crosstask(command, divided, *pages, *words).exit_code == 0
        summary = json.loads((divided / "summary.json").read_text())
        assert (summary["generalise_over"], summary["scores"][0]["estimate"]["clusters"]) == (over, clusters)


@pytest.mark.parametrize("command", ["report", "rescore"])
def test_an_unknown_word_for_strata_is_refused_and_nothing_is_written(command, divided, evals):
    before = {path.name: path.read_bytes() for path in divided.iterdir()}
    pages = ("--evals", evals) if command == "rescore" else ()
    found = crosstask(command, divided, *pages, "--generalise-over", "topic")
    assert found.exit_code == 2
    assert found.stderr == "crosstask: --generalise-over: found 'topic'; expected cases or size\n"
    assert {path.name: path.read_bytes() for path in divided.iterdir()} == before


def test_report_of_no_run_is_one_sentence_and_returns_1(tmp_path):
    found = crosstask("report", tmp_path)
    assert found.exit_code == 1
    assert found.stderr == f"crosstask: {tmp_path}/manifest.json: missing; expected the folder of a run\n"
    assert found.stdout == ""


def test_rescore_applies_todays_rules_in_place(run, evals):
    found = crosstask("rescore", run, "--evals", evals)
    assert found.exit_code == 0
    assert "tins exact_match: 1 verdict changed in 4 cases" in found.stdout
    assert "100.0  [51.0, 100.0]" in found.stdout
    assert [one.scores[0].extracted for one in read_run(run).records] == ["8"] * 4


def test_rescore_to_another_folder_leaves_the_run_as_it_is(run, evals, tmp_path):
    before = {path.name: path.read_bytes() for path in run.iterdir()}
    found = crosstask("rescore", run, "--evals", evals, "--out", tmp_path / "again" / "run")
    assert found.exit_code == 0
    assert {path.name: path.read_bytes() for path in run.iterdir()} == before
    names = {"manifest.json", "prompts.jsonl", "records.jsonl", "report.html", "summary.json"}
    assert {path.name for path in (tmp_path / "again" / "run").iterdir()} == names


def test_rescore_does_not_write_over_another_run(run, evals):
    found = crosstask("rescore", run, "--evals", evals, "--out", run)
    assert found.exit_code == 2
    assert "exists; expected a new or an empty folder" in found.stderr


def test_rescore_waits_for_no_session_that_is_still_writing(run, evals):
    session = Journal(run / "records.jsonl")
    found = crosstask("rescore", run, "--evals", evals)
    session.close()
    assert found.exit_code == 1
    assert "another session is writing it" in found.stderr


def test_rescore_refuses_a_benchmark_without_a_page(run, tmp_path):
    (tmp_path / "none").mkdir()
    found = crosstask("rescore", run, "--evals", tmp_path / "none")
    assert found.exit_code == 2
    assert "no page for benchmark 'tins'; name the folder of its page with --evals" in found.stderr


def test_rescore_of_an_incomplete_run_stays_incomplete(run, evals):
    write_records(run, read_run(run).records[1:])
    found = crosstask("rescore", run, "--evals", evals)
    assert found.exit_code == 12
    assert "INCOMPLETE 3/4" in found.stdout


def test_models_lists_every_card():
    found = crosstask("models")
    assert found.exit_code == 0
    for card in load_cards().values():
        line = next(line for line in found.stdout.splitlines() if line.startswith(f"{card.name} "))
        assert card.hub_id in line
        assert ("(gated)" in line) == card.gated


def test_benchmarks_lists_every_page(evals):
    found = crosstask("benchmarks", "--evals", evals)
    assert found.exit_code == 0
    assert [line.split() for line in found.stdout.splitlines()[2:3]] == [["tins", "math", "exact_match"]]


def test_benchmarks_writes_what_the_pages_say(evals, tmp_path):
    found = crosstask("benchmarks", "--evals", evals, "--write", tmp_path / "benchmarks.md")
    assert (found.exit_code, found.stdout) == (0, "")
    assert "* **Rows**: `org/tins`, default, test\n" in (tmp_path / "benchmarks.md").read_text()


def test_fetch_keeps_what_is_there(evals, tmp_path):
    mirror(tmp_path / "mirror")
    found = crosstask("data", "fetch", tmp_path / "mirror", "--evals", evals)
    assert (found.exit_code, found.stdout) == (0, "kept    org/tins/default/test: 1 records, already there\n")


def test_fetch_selects_pages_by_expression(evals, tmp_path):
    found = crosstask("data", "fetch", tmp_path / "mirror", "--evals", evals, "-k", "jars")
    assert found.exit_code == 2
    assert "-k 'jars': no page; expected parts of tins" in found.stderr


def test_a_text_is_added_to_a_mirror_beside_what_is_there(tmp_path):
    mirror(tmp_path / "mirror")
    (tmp_path / "book.txt").write_text("One two three.")
    found = crosstask("data", "add-text", tmp_path / "mirror", tmp_path / "book.txt", "mine")
    assert found.exit_code == 0
    assert found.stdout.startswith("written text/gutenberg/mine: 3 words, ")
    entries = json.loads((tmp_path / "mirror/MANIFEST.json").read_text())
    assert [entry["hub_id"] for entry in entries] == ["org/tins", "text"]
    missing = crosstask("data", "add-text", tmp_path / "mirror", tmp_path / "no.txt", "mine")
    assert missing.exit_code == 1
    assert "no.txt: cannot be read (No such file or directory)" in missing.stderr


def mirror(folder):
    """A mirror that holds the page's table."""
    content = b'{"question": "4 + 4 ="}\n'
    path = folder / "org/tins/default/test.jsonl"
    path.parent.mkdir(parents=True)
    path.write_bytes(content)
    digest = hashlib.sha256(content).hexdigest()
    entry = {"hub_id": "org/tins", "config": "default", "split": "test", "path": "org/tins/default/test.jsonl"}
    entry |= {"records": 1, "sha256": digest, "sha256_rows": digest, "bytes": len(content), "fields": ["question"]}
    (folder / "MANIFEST.json").write_text(json.dumps([entry]))


@pytest.mark.parametrize(
    "command", [(), ("report",), ("rescore",), ("data",), ("data", "fetch"), ("models",), ("benchmarks",)]
)
def test_every_command_explains_itself(command):
    found = crosstask(*command, "--help")
    assert found.exit_code == 0
    assert "Usage:" in found.stdout


def test_a_wrong_option_is_a_usage_error():
    assert crosstask("report", "--no-such-option").exit_code == 2


def test_the_command_line_needs_neither_torch_nor_pytest():
    code = "import sys, harness.cli.main; print({'torch', 'transformers', 'pytest', 'datasets'} & set(sys.modules))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "set()\n"
