"""A run as one call: the same plan, folder and numbers as pytest's, and rows that tables take as they are."""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from harness import evaluate
from harness.errors import CrosstaskError
from harness.errors import EngineError
from harness.errors import UsageError
from harness.evaluation.evaluate import IncompleteWarning
from harness.evaluation.evaluated import Evaluated

ROOT = Path(__file__).parents[2]
PAGE = '''
"""{name}: little questions of ours."""
from harness.benchmark import Benchmark
from harness.core import Case, Completions, Generate, LogLikelihood, Score
from harness.extract import last_number, plain_number
from harness.metrics.accuracy import Accuracy
from harness.metrics.exact_match import ExactMatch
from harness.sources import from_file


def to_case(row, shots):
    return Case(row.id, (REQUEST,), TARGET)


def follow_up(case, responses):
    return None if len(responses) == 2 else Generate("And again?", max_tokens=8)


{name} = Benchmark(
    name="{name}", version=1, area="sums", paper="none", protocol="greedy",
    rows=from_file("rows.jsonl"), to_case=to_case, metrics=(METRIC,), MORE
)


@{name}.cases
def test_{name}(ARGUMENTS):
    BODY
'''
GENERATE = {
    "REQUEST": 'Generate(row.text("question"), max_tokens=8)',
    "TARGET": 'str(row["answer"])',
    "METRIC": 'ExactMatch(last_number, plain_number, "exact")',
    "MORE": "",
    "ARGUMENTS": "case, response, record",
    "BODY": "record({name}.score(case, response))",
}
CHOOSE = GENERATE | {
    "REQUEST": 'LogLikelihood(((row.text("question"), " 1"), (row.text("question"), " 2")))',
    "TARGET": "0",
    "METRIC": "Accuracy()",
}
TWO_TURNS = GENERATE | {"MORE": "follow_up=follow_up,"}
ASKS = GENERATE | {
    "ARGUMENTS": "case, model, ask, record",
    "BODY": 'record({name}.score(case, ask(Generate(f"{{model.name}} {{case.id}}?", max_tokens=8))))',
}


@pytest.fixture(autouse=True)
def apart(tmp_path, monkeypatch):
    """A cache of each test's own, so that nothing is answered by an earlier one."""
    monkeypatch.setenv("CROSSTASK_CACHE", str(tmp_path / "cache"))


@pytest.fixture
def root(tmp_path):
    """A repository of a user's own, with four rows and no page yet."""
    place = tmp_path / "own"
    (place / "pages/sums").mkdir(parents=True)
    (place / "pyproject.toml").write_text('[tool.crosstask]\nevals = ["pages"]\nengine = "scripted"\n')
    rows = [{"question": f"{k} + 1?", "answer": k + 1} for k in range(4)]
    (place / "pages/sums/rows.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    return place


def page(root, name, parts):
    text = PAGE
    for key, value in parts.items():
        text = text.replace(key, value)
    (root / f"pages/sums/{name}.py").write_text(text.format(name=name).replace("{{", "{").replace("}}", "}"))


def script(root, **options):
    path = root / "script.json"
    answers = [{"prompt": "0 + 1?", "text": " 1"}, {"prompt": "1 + 1?", "text": " 3"}]
    path.write_text(json.dumps({"answers": answers, **options}))
    return str(path)


def by_pytest(root, *arguments):
    """What the same command leaves when a user types it; the summary and the manifest."""
    command = [sys.executable, "-m", "pytest", "-p", "no:cacheprovider", "--run-dir", "typed", *arguments]
    found = subprocess.run(command, cwd=root, capture_output=True, text=True, check=False)
    assert (root / "typed/summary.json").exists(), found.stdout + found.stderr
    return json.loads((root / "typed/summary.json").read_text()), json.loads((root / "typed/manifest.json").read_text())


def records(folder):
    found = [json.loads(line)["record"] for line in (folder / "records.jsonl").read_text().splitlines()]
    return [{name: value for name, value in record.items() if name != "seconds"} for record in found]


@pytest.mark.parametrize("models", ["toy", ["toy", "other"]])
def test_it_leaves_what_pytest_leaves(root, models):
    for name, parts in {"alpha": GENERATE, "beta": CHOOSE, "gamma": TWO_TURNS, "delta": ASKS}.items():
        page(root, name, parts)
    run = evaluate(models, root=root, answers=script(root), limit=3, data="hub")
    named = [models] if isinstance(models, str) else models
    typed = ("pages", "--answers", "script.json", "--limit", "3", "--data", "hub", "--refresh")
    summary, manifest = by_pytest(root, *typed, *(word for name in named for word in ("--model", name)))
    assert json.loads((run.path / "summary.json").read_text()) == summary
    assert run.summary == summary
    ours = json.loads((run.path / "manifest.json").read_text())
    assert run.path.parent == root / "reports"
    assert run.path.name.endswith(manifest["plan"])
    for found in (ours, manifest):
        for known in found["models"].values():
            known.pop("engine", None)  # how long it took
    for key in ("settings", "models", "benchmarks", "planned", "notes"):
        assert ours[key] == manifest[key], key
    assert records(run.path) == records(root / "typed")


def test_programs_are_run_as_pytest_runs_them(tmp_path):
    run = evaluate(benchmarks="humaneval", root=tmp_path, engine="scripted", limit=2)
    assert run.complete
    folder = tmp_path / "typed"
    command = ("evals/code/humaneval.py", "--engine", "scripted", "--limit", "2", "--run-dir", str(folder))
    found = subprocess.run(
        [sys.executable, "-m", "pytest", "-p", "no:cacheprovider", *command],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert found.returncode == 0, found.stdout
    verdicts = [[[one["case"], one["scores"]] for one in records(place)] for place in (run.path, folder)]
    assert verdicts[0] == verdicts[1]


def test_scores_are_rows_of_a_table(root):
    page(root, "alpha", GENERATE)
    page(root, "beta", CHOOSE)
    frame = pd.DataFrame(evaluate("toy", root=root, answers=script(root)).scores())
    assert list(frame["benchmark"]) == ["alpha", "beta"]
    row = frame[frame["benchmark"] == "alpha"].iloc[0]
    assert (row["score"], row["n"], row["planned"], row["metric"]) == (0.25, 4, 4, "exact")
    assert 0 < row["low"] < row["score"] < row["high"] < 1
    assert not [value for column in frame for value in frame[column] if isinstance(value, list | dict)]


def test_cases_are_rows_of_a_table(root):
    page(root, "alpha", GENERATE)
    page(root, "beta", CHOOSE)
    rows = evaluate("toy", root=root, answers=script(root)).cases()
    assert [row["case"] for row in rows] == [f"rows-{k}" for k in range(4)] * 2
    assert len({tuple(row) for row in rows}) == 1
    first, second = rows[0], rows[1]
    assert (first["prompt"], first["response"], first["target"]) == ("0 + 1?", " 1", "1")
    assert (first["verdict"], first["value"], first["extracted"]) == ("correct", 1.0, "1")
    assert (second["verdict"], second["value"], second["extracted"]) == ("wrong", 0.0, "3")
    assert rows[4]["prompt"] == "0 + 1?"
    assert len(json.loads(rows[4]["response"])) == 2
    frame = pd.DataFrame(rows)
    assert np.isclose(frame[frame["benchmark"] == "alpha"]["value"].mean(), 0.25)


def test_a_case_without_a_score_is_a_row_that_says_why(root):
    page(root, "alpha", GENERATE)
    answers = script(root, answers=[{"match": "3", "refuse": "too long"}])
    run = evaluate("toy", root=root, answers=answers)
    (row,) = [row for row in run.cases() if row["case"] == "rows-3"]
    assert (row["status"], row["reason"], row["metric"], row["value"]) == ("refused", "too long", None, None)
    assert run.scores()[0]["refused"] == 1


def test_two_runs_are_compared(root):
    page(root, "alpha", GENERATE)
    before = evaluate("toy", root=root, answers=script(root), run_dir=root / "before")
    after = evaluate("toy", root=root, answers=script(root, answers=[]), run_dir=root / "after")
    found = after.compare(before)
    assert [system["model"] for system in found["systems"]] == ["toy", "toy"]
    assert found["results"][0]["n"] == 4
    assert after.compare(before.path) == found


def test_a_folder_is_opened_again(root):
    page(root, "alpha", GENERATE)
    run = evaluate("toy", root=root, answers=script(root))
    again = Evaluated.read(run.path)
    assert again.scores() == run.scores()
    assert again.cases() == run.cases()


def test_the_same_call_asks_nothing_twice(root):
    page(root, "alpha", GENERATE)
    answers = script(root, journal=str(root / "asked"))
    first = evaluate("toy", root=root, answers=answers)
    assert len((root / "asked").read_text().splitlines()) == 4
    assert evaluate("toy", root=root, answers=answers).path == first.path
    assert len((root / "asked").read_text().splitlines()) == 4


def test_an_engine_that_dies_leaves_a_warning_and_a_folder_to_go_on_from(root):
    page(root, "alpha", GENERATE)
    answers = script(root, crash={"after": 1, "how": "raise"}, journal=str(root / "asked"))
    with pytest.warns(IncompleteWarning, match=r"INCOMPLETE \d/4: \d planned cases? without a result"):
        run = evaluate("toy", root=root, answers=answers)
    assert not run.complete
    assert [row["status"] for row in run.cases()] == ["measured"] * 3 + ["not_run"]
    assert "crashed after 1 requests" in run.cases()[3]["reason"]


def test_an_engine_of_ones_own_is_found_in_the_root(root):
    page(root, "alpha", GENERATE)
    (root / "parrot_engine.py").write_text(
        "from dataclasses import replace\nfrom harness.engines import scripted\n"
        "from harness.engines.options import Option\n\n\n"
        "TONE = Option('tone', 'how', 'T', default='low')\n"
        "ENGINE = replace(scripted.ENGINE, options=(*scripted.ENGINE.options, TONE))\n"
    )
    run = evaluate("toy", root=root, engine="parrot_engine:ENGINE", tone="high")
    assert json.loads((run.path / "manifest.json").read_text())["settings"]["tone"] == "high"
    with pytest.raises(UsageError, match=r"^--tune: found no such option; expected one as tone"):
        evaluate("toy", root=root, engine="parrot_engine:ENGINE", tune="high")


def test_a_page_that_breaks_is_an_error_of_its_case(root):
    page(root, "alpha", GENERATE | {"BODY": '1 / 0 if case.id == "rows-2" else record(alpha.score(case, response))'})
    with pytest.warns(IncompleteWarning):
        run = evaluate("toy", root=root, answers=script(root))
    (row,) = [row for row in run.cases() if row["case"] == "rows-2"]
    assert (row["status"], row["reason"]) == ("error", "ZeroDivisionError: division by zero")


@pytest.mark.parametrize(
    ("asked", "kind", "expected"),
    [
        ({"benchmarks": ["alfa"]}, UsageError, r"^benchmarks: found 'alfa'; expected alpha$"),
        ({"limits": 3}, UsageError, r"^--limits: found no such option; expected one as limit"),
        ({"limit": 2.5}, UsageError, r"^--limit: found 2.5; expected text$"),
        ({"truncate": "right"}, UsageError, r"^--truncate: found 'right'; expected refuse, left$"),
        ({"seed": -1}, UsageError, r"^--seed: found -1; expected a whole number from 0$"),
        ({"fail_wrong": True}, UsageError, r"^evaluate: found fail_wrong; expected it on pytest's command line$"),
        (
            {"engine": "nope"},
            EngineError,
            r"^--engine: found 'nope'; expected openai, or",
        ),
        ({"as_is": True}, UsageError, r"^--as-is: found engine scripted; expected --engine replay$"),
        ({"model": ["toy", "toy"]}, UsageError, r"^--model: found 'toy' twice; expected models with different names$"),
        ({"generalise_over": "word"}, UsageError, r"^--generalise-over"),
    ],
)
def test_what_cannot_be_is_one_sentence(root, asked, kind, expected):
    page(root, "alpha", GENERATE)
    with pytest.raises(kind, match=expected):
        evaluate(**{"model": "toy", "root": root, **asked})
    assert not (root / "reports").exists()


def test_own_pages_run_whatever_the_recipe_lists(root):
    page(root, "alpha", GENERATE)
    (root / "pyproject.toml").write_text((root / "pyproject.toml").read_text() + 'recipe = "paper"\n')
    assert [row["benchmark"] for row in evaluate("toy", root=root).scores()] == ["alpha"]


def test_a_test_that_is_skipped_is_an_error_of_its_case(root):
    page(root, "alpha", GENERATE | {"BODY": "__import__('pytest').skip('not today')"})
    with pytest.warns(IncompleteWarning):
        run = evaluate("toy", root=root)
    assert {(row["status"], row["reason"]) for row in run.cases()} == {("error", "Skipped: not today")}


def test_a_broken_file_of_settings_is_one_sentence(root):
    (root / "pyproject.toml").write_text("[tool.crosstask\n")
    with pytest.raises(UsageError, match=r"pyproject.toml: .*expected TOML in UTF-8$"):
        evaluate("toy", root=root)


def test_values_of_python_are_taken(root):
    page(root, "alpha", GENERATE)
    run = evaluate("toy", root=root, limit=np.int64(2), temperature=[0.2, 0.8], answers=Path(script(root)))
    settings = json.loads((run.path / "manifest.json").read_text())["settings"]
    assert (settings["limit"], settings["temperatures"]) == (2, [0.2, 0.8])


def test_a_run_that_could_not_begin_lets_go_of_its_folder(root, monkeypatch):
    page(root, "alpha", GENERATE)
    (root / "file").write_text("")
    before = os.environ["CROSSTASK_CACHE"]
    monkeypatch.setenv("CROSSTASK_CACHE", str(root / "file" / "below"))
    with pytest.raises(CrosstaskError):
        evaluate("toy", root=root)
    monkeypatch.setenv("CROSSTASK_CACHE", before)
    assert evaluate("toy", root=root).complete


def test_engines_of_one_name_in_two_roots_are_not_mixed_up(root, tmp_path):
    page(root, "alpha", GENERATE)
    source = "from harness.engines.scripted import ENGINE\n"
    (root / "twin_engine.py").write_text(source)
    evaluate("toy", root=root, engine="twin_engine:ENGINE")
    other = Path(shutil.copytree(root, tmp_path / "other"))
    with pytest.raises(EngineError, match=r"^--engine twin_engine:ENGINE: found 'twin_engine' of another place import"):
        evaluate("toy", root=other, engine="twin_engine:ENGINE")


def test_a_page_that_asks_for_another_fixture_is_refused(root):
    page(root, "alpha", GENERATE | {"ARGUMENTS": "case, response, record, tmp_path"})
    with pytest.raises(UsageError, match=r"alpha\.py: test_alpha asks for 'tmp_path'; expected ask, case, model, rec"):
        evaluate("toy", root=root)


def test_without_a_table_the_pages_that_come_with_the_suite_are_run(tmp_path):
    run = evaluate(benchmarks=["boolq", "gsm8k"], root=tmp_path, engine="scripted")
    assert {row["benchmark"] for row in run.scores()} == {"boolq", "gsm8k"}
    assert set(run.summary["sample"]) == {"boolq", "gsm8k"}
    assert run.path.parent == tmp_path / "reports"


def test_pytest_is_not_needed():
    code = (
        "import sys\nfrom harness import evaluate\nimport harness.evaluation.evaluate\n"
        "assert not {'pytest', '_pytest', 'torch', 'transformers'} & set(sys.modules), 'pytest'\n"
    )
    subprocess.run([sys.executable, "-c", code], check=True, cwd=ROOT)
