"""Faults that must end in a sentence: never in a test that waits for ever, never in a number that is wrong."""

import json
import subprocess
from dataclasses import replace

import pytest

from harness.benchmark import Benchmark
from harness.cases.recipes import load
from harness.core import Case
from harness.core import Generate
from harness.core import Record
from harness.errors import RowError
from harness.errors import UsageError
from harness.extract import last_number
from harness.extract import plain_number
from harness.metrics.exact_match import ExactMatch
from harness.models.local import slug
from harness.session.folder import RunFolder
from harness.sources import Row
from harness.sources import Table
from harness.sources import from_file


@pytest.mark.parametrize("workers", [(), ("-n", "2")])
def test_an_engine_with_a_bug_ends_the_waiting(sums, workers):
    sums.script(answers=[{"match": "alpha", "text": 5}])
    output = sums.run(*workers, status=12)
    assert "TypeError" in output
    assert "INCOMPLETE" in output


def test_an_engine_that_leaves_out_an_answer_is_broken(sums):
    (sums.path / "lazy.py").write_text(
        "from dataclasses import replace\n"
        "from harness.engines import scripted\n\n\n"
        "class Lazy(scripted.ScriptedEngine):\n"
        "    def answer(self, requests):\n"
        "        yield from (found for found in super().answer(requests) if found[0] != 3)\n\n\n"
        "ENGINE = replace(scripted.ENGINE, open=lambda spec: Lazy())\n"
    )
    output = sums.run("-k", "alpha", "--engine", "lazy:ENGINE", status=12)
    assert "engine of smollm2-135m: answered 5 of 6 requests; expected one answer to each" in output


@pytest.fixture
def no_room(tmp_path):
    """A little file system of 1.5 MB for everything a session writes; root alone can mount one."""
    folder = tmp_path / "little"
    folder.mkdir()
    if subprocess.run(["mount", "-t", "tmpfs", "-o", "size=1500k", "tmpfs", folder], check=False).returncode:
        pytest.skip("no file system can be mounted here")
    yield folder
    subprocess.run(["umount", folder], check=True)


@pytest.mark.parametrize("workers", [(), ("-n", "2")])
def test_a_disk_that_is_full_for_everything_hangs_nobody(project, no_room, monkeypatch, workers):
    project.page("alpha", rows=60)
    project.script(answers=[{"match": "alpha", "text": "word " * 4000}])
    page = project.path / "pages/sums/alpha.py"
    page.write_text(page.read_text().replace("max_tokens=8", "max_tokens=9000"))
    monkeypatch.setenv("TMPDIR", str(no_room))
    monkeypatch.setenv("CROSSTASK_CACHE", str(no_room / "cache"))
    output = project.run("--run-dir", no_room / "run", *workers, status=None)
    assert "space" in output or "full" in output
    assert "60 passed" not in output


def test_a_case_that_is_selected_twice_is_refused(sums):
    page = sums.path / "pages/sums/alpha.py"
    page.write_text(
        page.read_text()
        + "\n\n@alpha.cases\ndef test_again(case, response, record):\n    record(alpha.score(case, response))\n"
    )
    output = sums.run("-k", "alpha", status=4)
    assert "case 'alpha-0' of alpha is selected twice for smollm2-135m; expected each once" in output


def test_a_log_likelihood_that_is_no_number_is_refused(project):
    project.page("alpha", rows=2)
    page = project.path / "pages/sums/alpha.py"
    text = page.read_text().replace('Generate(row.text("question"), max_tokens=8)', 'LogLikelihood((("a", " b"),))')
    page.write_text(text.replace("Generate,", "LogLikelihood,"))
    (project.path / "script.json").write_text('{"answers": [{"match": "a", "loglikelihoods": {" b": NaN}}]}')
    assert "refused: the model gave a log-likelihood that is no finite number" in project.run(status=1)
    assert "refused" in project.run(status=1)


@pytest.mark.parametrize("order", [(), ("--ff",)])
def test_requests_of_two_models_in_any_order_are_answered(project, order):
    project.page("alpha", rows=2)
    page = project.path / "pages/sums/alpha.py"
    page.write_text(
        page.read_text().replace(
            "def test_alpha(case, response, record):",
            "def test_alpha(case, model, ask, record):\n    response = ask(Generate(f'{model.name} {case.id}'))",
        )
    )
    project.script(answers=[{"match": ".", "text": " 1"}])
    command = project.command("--model", "one", "--model", "two", *order)
    at = command.index("no:cacheprovider")
    del command[at - 1 : at + 1]
    failed = project.path / ".pytest_cache/v/cache"
    failed.mkdir(parents=True)
    (failed / "lastfailed").write_text(json.dumps({"pages/sums/alpha.py::test_alpha[two-alpha-0]": True}))
    found = subprocess.run(command, cwd=project.path, capture_output=True, text=True, timeout=60, check=False)
    assert "4 passed" in found.stdout, found.stdout


def test_a_page_that_does_not_import_asks_nothing(sums):
    (sums.path / "pages/sums/broken.py").write_text("def (:\n")
    assert "SyntaxError" in sums.run(status=2)
    assert sums.asked == []


def test_other_answers_in_the_same_file_are_another_run(sums):
    answers = sums.path / "answers.jsonl"
    for text in (" 1", " none"):
        lines = [{"benchmark": "alpha", "case": f"alpha-{k}", "texts": [text], "model": "../up"} for k in range(6)]
        answers.write_text("".join(json.dumps(line) + "\n" for line in lines))
        sums.run("--engine", "replay", "--answers", "answers.jsonl", "-k", "alpha")
    assert len(list((sums.path / "reports").iterdir())) == 2
    assert not (sums.path / "up").exists()
    assert all(path.name.startswith("-up-") for path in (sums.path / "reports").iterdir())


def test_answers_to_a_benchmark_no_page_has_are_refused(sums):
    line = {"benchmark": "alpah", "case": "alpha-0", "texts": [" 1"], "model": "elsewhere"}
    (sums.path / "answers.jsonl").write_text(json.dumps(line) + "\n")
    output = sums.run("--engine", "replay", "--answers", "answers.jsonl", status=4)
    assert "--answers: found benchmark 'alpah'; expected one of alpha, beta" in output


def test_a_dead_engine_does_not_displace_what_was_measured(tmp_path):
    plan = {"hash": "a" * 12, "settings": {"recipe": {}, "notes": []}, "models": {"m": {}}, "benchmarks": {}}
    folder = RunFolder(tmp_path / "run", plan | {"failures": {}, "planned": {}}, [])
    measured = Record("m", "b", 1, "c", "node", 1, "measured", "d", "t")
    folder.record(measured)
    folder.record(replace(measured, status="not_run", reason="the engine is dead"))
    folder.record(replace(measured, target="other"))
    folder.close()
    lines = [json.loads(line)["record"] for line in (tmp_path / "run/records.jsonl").read_text().splitlines()]
    assert [(line["status"], line["target"]) for line in lines] == [("measured", "t"), ("measured", "other")]


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        ("sample = 3", "found sample 3; expected a table"),
        ("limits = 3", "found limits 3; expected a table"),
        ('limits.alpha = "x"', "found alpha 'x'; expected a whole number from 0"),
        ('benchmarks = "alpha"', "found benchmarks 'alpha'; expected a list of names"),
        ("shots = -1", "found shots -1; expected a whole number from 0"),
        ("chat_template = 1", "found chat_template 1; expected auto, on, off"),
        ("other = 1", "found the key 'other'; expected benchmarks"),
        ("a =", "expected a recipe in TOML"),
    ],
)
def test_a_recipe_is_checked(tmp_path, content, sentence):
    (tmp_path / "own.toml").write_text(content)
    with pytest.raises(UsageError, match=sentence):
        load(str(tmp_path / "own.toml"))


@pytest.mark.parametrize(
    ("line", "sentence"),
    [
        ("model = 3", "[tool.crosstask] model: found 3; expected text"),
        ('dry-run = "false"', "[tool.crosstask] dry-run: found 'false'; expected true or false"),
        ('evals = "pages"', "[tool.crosstask] evals: found 'pages'; expected a list of folders"),
        ('evals = ["nope"]', "[tool.crosstask] evals: found no folder 'nope'"),
        ("run-dir = 3", "[tool.crosstask] run-dir: found 3; expected text"),
    ],
)
def test_the_table_is_checked(sums, line, sentence):
    evals = "" if line.startswith("evals") else 'evals = ["pages"]\n'
    (sums.path / "pyproject.toml").write_text(f"[tool.crosstask]\n{evals}{line}\n")
    assert sentence in sums.run(status=4)


def test_the_command_line_lifts_a_recipes_limits(sums):
    (sums.path / "own.toml").write_text("limits.alpha = 2\n")
    assert "The recipe limits alpha to 2 cases." in sums.run("--recipe", "own.toml", "-k", "alpha")
    assert "6 passed" in sums.run("--recipe", "own.toml", "-k", "alpha", "--limit", "all")


@pytest.mark.parametrize("content", ["[]", "{", '{"plan": 1}'])
def test_a_damaged_manifest_is_a_sentence(sums, content):
    (sums.path / "run").mkdir()
    (sums.path / "run/manifest.json").write_text(content)
    assert "choose another --run-dir" in sums.run("--run-dir", "run", status=4)


@pytest.mark.parametrize("line", ["rubbish", '{"schema": "x"}', "[]"])
def test_a_damaged_journal_is_a_sentence(sums, line):
    (sums.path / "run").mkdir()
    (sums.path / "run/records.jsonl").write_text(line + "\n")
    assert "a line that is no record or prompt" in sums.run("--run-dir", "run", status=4)


def made(**changes):
    metric = ExactMatch(last_number, plain_number, "exact")
    settings = {"name": "own", "area": "sums", "metrics": (metric,), "to_case": lambda row, _: Case(row.id, (), "1")}
    settings |= {"version": 1, "paper": "none", "protocol": "none", "rows": from_file("own.jsonl")} | changes
    return Benchmark(**settings)


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"metrics": ()}, r"found metrics \[\]; expected at least one"),
        ({"metrics": (ExactMatch(last_number, plain_number, "e"),) * 2}, "no name twice"),
        ({"area": "a:b"}, "found area 'a:b'; expected a word that can be a mark"),
        ({"area": "skip"}, "found area 'skip'"),
        ({"name": "_own"}, "found name '_own'"),
    ],
)
def test_a_benchmark_is_checked(changes, sentence):
    with pytest.raises(UsageError, match=sentence):
        made(**changes)


@pytest.mark.parametrize("target", [{1, 2}, {"kind": "number"}, float("nan"), [1]])
def test_a_target_that_is_no_json_is_named(target):
    table = Table("own", [Row({}, "own.jsonl", 0, "own-0")], {})
    benchmark = made(to_case=lambda row, _: Case(row.id, (Generate("a"),), (target,)))
    with pytest.raises(RowError, match=r"own.jsonl row 0, field 'target'"):
        benchmark.collect([table])


@pytest.mark.parametrize(
    ("name", "safe"), [("a/b", "a-b"), ("../../x", "-..-x"), ("/tmp/x", "-tmp-x"), ("ok-1.5b", "ok-1.5b"), ("..", "-")]
)
def test_a_slug_stays_in_its_folder(name, safe):
    assert slug(name) == safe
