"""What a user can ask for, and the one sentence they get when it cannot be."""

import json
import subprocess
import sys

import pytest

from harness.evaluation import options


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (
            ("--recipe", "nothing"),
            "--recipe: found 'nothing'; expected the path of a .toml file or one of\n  all ",
        ),
        (("--limit", "some"), "--limit"),
        (("--shots", "two"), "--shots: found 'two'; expected a whole number from 0"),
        (("--shots", "2"), "--shots 2: alpha names no split to draw examples from; expected 0 for it"),
        (("--as-is", "--engine", "scripted"), "--as-is: found engine scripted; expected --engine replay"),
        (("--engine", "replay"), "--engine replay: found no --answers; expected a file of answers generated elsewhere"),
        (("--engine", "transformers", "--model", "smolm2-135m"), "smollm2-135m"),
        (("--model", "one", "--model", "one"), "--model: found 'one' twice; expected models with different names"),
        (("--data", "nowhere", "-k", "hubbed"), "--data: 'nowhere' is no directory"),
        (("-k", "alpha and"), "-k 'alpha and': no expression; expected parts of names with and, or, not"),
    ],
)
def test_a_wrong_option_is_one_sentence(sums, arguments, sentence):
    if "hubbed" in arguments:
        page = (sums.path / "pages/sums/alpha.py").read_text()
        page = page.replace('from_file("alpha.jsonl")', 'from_hub("own/hubbed", split="test")')
        page = page.replace("from_file", "from_hub")
        (sums.path / "pages/sums/hubbed.py").write_text(page.replace("alpha", "hubbed"))
    output = sums.run(*arguments, status=4)
    assert sentence in output
    assert "Traceback" not in output


def test_what_a_generation_config_asks_is_applied_where_wanted_and_said(sums):
    sums.run()
    plain = json.loads((sums.folder / "manifest.json").read_text())
    assert "generation_config" not in plain["settings"]  # so that the same command finds the folder of an older run
    sums.run("--generation-config", "model", "--run-dir", str(sums.path / "applied"))
    applied = json.loads((sums.path / "applied" / "manifest.json").read_text())
    assert applied["settings"]["generation_config"] == "model"
    told = "What a model's generation config asks beyond greedy decoding was applied (--generation-config model)."
    assert told in applied["notes"]
    assert told not in plain["notes"]


def test_an_unknown_key_of_the_table_is_named(sums):
    (sums.path / "pyproject.toml").write_text('[tool.crosstask]\nevals = ["pages"]\nmodle = "x"\n')
    assert "[tool.crosstask]: found the key 'modle'; expected model, " in sums.run(status=4)


def test_another_suite_with_its_own_options_notices_nothing(tmp_path):
    (tmp_path / "pyproject.toml").write_text("[tool.pytest.ini_options]\n")
    (tmp_path / "conftest.py").write_text(
        "def pytest_addoption(parser):\n"
        "    for name in ('--model', '--device', '--limit'):\n"
        "        parser.addoption(name)\n"
    )
    (tmp_path / "test_own.py").write_text(
        "def test_model(request):\n    assert request.config.getoption('--model') == 'mine'\n"
    )
    command = [sys.executable, "-m", "pytest", "--model", "mine"]
    found = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert found.returncode == 0, found.stdout
    assert "crosstask 0" not in found.stdout
    assert (
        "evaluation of language models"
        not in subprocess.run(
            [sys.executable, "-m", "pytest", "--help"], cwd=tmp_path, capture_output=True, text=True, check=False
        ).stdout
    )


def test_the_plugin_can_be_asked_for_by_name(sums):
    (sums.path / "pyproject.toml").unlink()
    (sums.path / "pytest.ini").write_text("[pytest]\n")
    (sums.path / "pages").rename(sums.path / "evals")
    command = [sys.executable, "-m", "pytest", "evals", "-p", "harness.plugin", "--engine", "scripted"]
    found = subprocess.run(command, cwd=sums.path, capture_output=True, text=True, check=False)
    assert "12 passed" in found.stdout, found.stdout


def test_ordinary_tests_beside_pages_run_as_ever(sums):
    (sums.path / "pages/test_plain.py").write_text("def test_plain():\n    assert True\n")
    assert "13 passed" in sums.run()


def test_one_group_in_the_help(sums):
    output = sums.run("--help")
    group = output.split("crosstask):")[1].split("\n\n")[0]
    for option in options.every():
        assert f"--{option.name}" in group


def test_pytests_process_never_imports_torch(sums):
    (sums.path / "conftest.py").write_text(
        "import sys\n\n\ndef pytest_unconfigure(config):\n"
        "    assert not {'torch', 'transformers'} & set(sys.modules)\n    print('light')\n"
    )
    assert "light" in sums.run()


def test_replayed_answers_are_scored_without_an_engine(sums):
    lines = [
        {"benchmark": "alpha", "case": f"alpha-{k}", "texts": [f" {k + 1 if k < 4 else 0}"], "model": "elsewhere"}
        for k in range(6)
    ]
    (sums.path / "answers.jsonl").write_text("".join(json.dumps(line) + "\n" for line in lines[:5]))
    command = ("--engine", "replay", "--answers", "answers.jsonl", "-k", "alpha")
    output = sums.run(*command, status=12)
    assert "no answer of elsewhere to alpha alpha-5" in output
    assert "INCOMPLETE 5/6" in output
    (sums.path / "answers.jsonl").write_text("".join(json.dumps(line) + "\n" for line in lines))
    sums.run(*command, "--run-dir", "whole")
    assert sums.summary(sums.path / "whole")["scores"][0]["estimate"]["value"] == pytest.approx(4 / 6)
    assert sums.asked == []


def test_replay_under_xdist_is_the_same(sums):
    lines = [
        {"benchmark": "alpha", "case": f"alpha-{k}", "texts": [f" {k + 1}"], "model": "elsewhere"} for k in range(6)
    ]
    (sums.path / "answers.jsonl").write_text("".join(json.dumps(line) + "\n" for line in lines))
    sums.run("--engine", "replay", "--answers", "answers.jsonl", "-k", "alpha", "-n", "2")
    assert sums.summary()["scores"][0]["estimate"]["value"] == 1


OWN_OPTIONS = """
def pytest_addoption(parser):
    parser.addoption("--model", default="theirs")
    parser.getgroup("theirs").addoption("--seed", type=int, default=3)
"""
OWN_TEST = """
def test_whose(request):
    assert (request.config.getoption("--model"), request.config.getoption("--seed")) == ("x", 5)
"""


@pytest.mark.parametrize("workers", [(), ("-n", "2")], ids=["alone", "workers"])
def test_a_suite_keeps_its_own_options_and_ours_have_another_name(sums, workers):
    (sums.path / "conftest.py").write_text(OWN_OPTIONS)
    (sums.path / "test_own.py").write_text(OWN_TEST)
    output = sums.run(
        "test_own.py", "pages", "--model", "x", "--seed", "5", "--ct-model", "m", "--ct-seed", "7", *workers
    )
    assert "13 passed" in output
    assert "--model, --seed: found options of this suite's own; expected --ct-NAME for ours" in output
    assert {model for model, _, _ in sums.verdicts()} == {"m"}
    manifest = json.loads((sums.folder / "manifest.json").read_text())
    assert manifest["settings"]["seed"] == 7


def test_two_options_of_others_are_in_conflict_as_ever(sums):
    (sums.path / "conftest.py").write_text(
        'def pytest_addoption(parser):\n    parser.addoption("--theirs")\n'
        '    parser.getgroup("g").addoption("--theirs", dest="other")\n'
    )
    output = subprocess.run(sums.command(), cwd=sums.path, capture_output=True, text=True, check=False).stderr
    assert "conflicting option string: --theirs" in output


def test_each_option_has_two_names_where_nobody_wants_one(sums):
    output = sums.run("--help")
    for option in options.every():
        assert f"--ct-{option.name}" in output


SHADOW = """
import pytest

@pytest.fixture
def {name}({asked}):
    return {value}
"""


@pytest.mark.parametrize("name", ["case", "response", "record"])
def test_a_fixture_that_shadows_ours_is_named(sums, name):
    """One that returned a plausible response would be scored without a word."""
    (sums.path / "conftest.py").write_text(SHADOW.format(name=name, asked="", value=None))
    output = sums.run(status=4)
    place = sums.path / "conftest.py"
    assert f"alpha.py: fixture {name}: found one of {place}, line 4; expected ours, rename that" in output
    assert "Traceback" not in output


def test_a_fixture_that_wraps_ours_is_welcome(sums):
    (sums.path / "conftest.py").write_text(SHADOW.format(name="response", asked="response", value="response"))
    assert "12 passed" in sums.run()
