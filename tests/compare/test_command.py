"""crosstask compare, baseline and plan: what they print, write and return; and that they need no torch."""

import json
import subprocess
import sys
from importlib import resources

import jsonschema
import numpy as np
import pytest
from typer.testing import CliRunner

from harness.cli.main import app
from harness.statistics.compatible import sacrebleu_bootstrap
from harness.statistics.compatible import sacrebleu_randomisation

OLD, NEW = "++++++--------------", "+++----+++++++++++--"


def crosstask(*arguments):
    return CliRunner().invoke(app, [str(argument) for argument in arguments])


NO_BLEU = "--compat sacrebleu: found no BLEU or chrF; expected a benchmark with one of them"
NO_WORD = "--generalise-over: found 'subject'; expected cases"


def sentence(found, status):
    assert (found.exit_code, found.stdout) == (status, "")
    return found.stderr.strip()


@pytest.fixture
def old(make, verdicts):
    return make("old", tins=verdicts(OLD)).write()


@pytest.fixture
def new(make, verdicts):
    return make("new", tins=verdicts(NEW)).write()


@pytest.fixture
def both(make, verdicts):
    return make("both", {"small": {"tins": verdicts(OLD)}, "large": {"tins": verdicts(NEW)}}).write()


def row(found):
    (only,) = [line.split() for line in found.stdout.splitlines() if line.startswith("tins  ")]
    return only


def test_two_folders_are_compared(old, new):
    found = crosstask("compare", old, new)
    assert found.exit_code == 0
    assert row(found)[:6] == ["tins", "acc", "20", "30.0", "70.0", "+40.0"]


def test_all_models_of_a_run_or_one_of_them(old, both):
    assert row(crosstask("compare", both))[3:5] == ["30.0", "70.0"]
    assert row(crosstask("compare", f"{both}:large", old))[3:5] == ["70.0", "30.0"]


def test_families_are_said_of_models_without_a_card(both):
    """Neither is called as a card: without the option there is no study."""
    assert "By area" not in crosstask("compare", both).stdout
    found = crosstask("compare", both, "--family", "small=general", "--family", "large=code")
    assert "(general: A; code: B)" in found.stdout
    assert sentence(crosstask("compare", both, "--family", "large"), 2) == (
        "crosstask: --family: found 'large'; expected MODEL=general or MODEL=code"
    )


def test_a_folder_whose_name_has_a_colon_is_a_folder(make, verdicts, new):
    odd = make("a:b", tins=verdicts(OLD)).write()
    assert crosstask("compare", odd, new).exit_code == 0
    assert crosstask("compare", f"{odd}:toy", new).exit_code == 0


def test_a_baseline_stands_for_its_run(old, new, tmp_path):
    file = tmp_path / "baseline.json"
    written = crosstask("baseline", old, file)
    assert written.exit_code == 0
    assert written.stdout == f"{file}: 20 cases, {file.stat().st_size:,} bytes, {file.stat().st_size / 20:.0f} a case\n"
    ours, theirs = crosstask("compare", old, new), crosstask("compare", file, new)
    assert theirs.exit_code == 0
    assert ours.stdout.splitlines()[2:] == theirs.stdout.splitlines()[2:]


def test_the_json_fits_its_schema_and_has_every_flip(old, new, both, tmp_path):
    schema = json.loads((resources.files("harness") / "schemas" / "comparison.schema.json").read_text(encoding="utf-8"))
    jsonschema.Draft202012Validator.check_schema(schema)
    for runs, pairs in (((old, new), 1), ((old, new, both), 6)):
        assert crosstask("compare", *runs, "--json", tmp_path / "out.json").exit_code == 0
        found = json.loads((tmp_path / "out.json").read_text())
        jsonschema.Draft202012Validator(schema).validate(found)
        assert len(found["results"]) == len(found["flips"]) == pairs
    differences = [one["difference"] for one in found["results"]]
    assert [one["difference"] for one in found["rankings"][0]["pairs"]] == pytest.approx(differences)
    assert found["flips"][0]["only_second"] == [str(number) for number in range(7, 18)]
    assert found["rankings"][0]["ranks"][0] == {"system": "A", "value": 0.3, "rank": 3, "best": 3, "worst": 4}


def test_the_summary_and_the_comparison_describe_results_alike():
    folder = resources.files("harness") / "schemas"
    summary, comparison = (
        json.loads((folder / f"{name}.schema.json").read_text(encoding="utf-8")) for name in ("summary", "comparison")
    )
    for name in ("difference", "overlap", "result", "ranking", "rank", "joint", "sacrebleu", "test"):
        assert summary["$defs"][name] == comparison["$defs"][name]
    within = summary["$defs"]["comparisons"]["properties"]
    assert all(comparison["properties"][name] == part for name, part in within.items())


def test_corrections_are_holms_or_benjamini_and_hochbergs(make, verdicts, tmp_path):
    texts = {"tins": (OLD, NEW), "cups": (OLD, NEW[:14] + "------"), "jars": (OLD, OLD)}
    sides = [{key: verdicts(text[side]) for key, text in texts.items()} for side in (0, 1)]
    runs = [make(name, **side).write() for name, side in zip("ab", sides, strict=True)]
    found = {}
    for correction in ("holm", "bh"):
        assert crosstask("compare", *runs, "--correction", correction, "--json", tmp_path / "out.json").exit_code == 0
        content = json.loads((tmp_path / "out.json").read_text())
        assert content["correction"] == correction
        found[correction] = [one["p_corrected"] for one in content["results"]]
        p = content["results"][1]["p"]
    assert (found["holm"][1], found["bh"][1]) == pytest.approx((2 * p, 1.5 * p))


def test_sacrebleus_tests_take_the_first_run_as_their_baseline(make, tmp_path):
    sums = [{str(row): (9, 9, match + row % 3, 3, 2, 1, 9, 8, 7, 6) for row in range(20)} for match in (4, 5)]
    metrics = {"lines": {"bleu": "bleu"}}
    runs = [make(name, {"toy": {"lines": one}}, metrics).write() for name, one in zip("ab", sums, strict=True)]
    assert crosstask("compare", *runs, "--compat", "sacrebleu", "--json", tmp_path / "out.json").exit_code == 0
    (found,) = [one["sacrebleu"] for one in json.loads((tmp_path / "out.json").read_text())["results"]]
    first, second = (np.array(list(one.values())) for one in sums)
    bootstrap = sacrebleu_bootstrap(second, first, "bleu")
    assert found["bootstrap"]["p"] == bootstrap.p
    assert found["bootstrap"]["means"] == list(reversed(bootstrap.means))
    assert found["randomisation"]["p"] == sacrebleu_randomisation(second, first, "bleu").p


def test_an_incomplete_run_ends_with_12(make, verdicts, old, tmp_path):
    torn = make("torn", tins={**verdicts(NEW), "20": "not_run"}).write()
    found = crosstask("compare", old, torn)
    assert found.exit_code == 12
    assert found.stdout.startswith("INCOMPLETE B: 1 planned case of 21 without a result")
    found = crosstask("baseline", torn, tmp_path / "baseline.json")
    assert found.exit_code == 12
    assert found.stdout.endswith("INCOMPLETE: planned cases without a result are in it without a score\n")


def test_a_refusal_is_no_missing_result(make, verdicts, old):
    found = crosstask("compare", old, make("new", tins={**verdicts(NEW), "3": "refused"}).write())
    assert found.exit_code == 0
    assert "1 (refused)" in found.stdout


def test_a_plan_from_two_runs_and_from_one(old, new):
    found = crosstask("plan", "--detect", "5pt", "-k", "tins or cups", old, new)
    assert found.exit_code == 0
    assert row(found)[:5] == ["tins", "acc", "20", "70.0", "%"]
    found = crosstask("plan", "--detect", "5pt", old)
    assert found.exit_code == 0
    assert row(found)[3:5] == ["42.0", "%"]


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["compare", "old"], "old: found one model, toy; expected 2 or more to compare"),
        (["compare", "old", "none"], "none: not there; expected the folder of a run, RUN:MODEL, or a baseline file"),
        (["compare", "old", "new:x"], "new: found no model 'x'; expected one of toy"),
        (["compare", "old", "old"], "old: toy is named twice; expected each once"),
        (["compare", "old", "new", "--metric", "f1"], "--metric: found 'f1'; expected all or one of acc"),
        (
            ["compare", "old", "new", "--compat", "sacrebleu"],
            NO_BLEU,
        ),
        (
            ["compare", "old", "new", "--generalise-over", "subject"],
            NO_WORD,
        ),
        (["plan", "--detect", "much", "old"], "--detect: found 'much'; expected points above 0, as 1pt or 0.5pt"),
        (["plan", "old", "-k", "cups"], "-k 'cups': no benchmark; expected parts of tins"),
        (["plan", "old", "-k", "tins and"], "-k 'tins and': no expression; expected parts of names with and, or, not"),
        (["baseline", "none", "file"], "none: not there; expected the folder of a run, RUN:MODEL, or a baseline file"),
    ],
)
@pytest.mark.usefixtures("new")
def test_a_wrong_option_is_one_sentence(old, monkeypatch, arguments, message):
    monkeypatch.chdir(old.parent)
    assert sentence(crosstask(*arguments), 2) == f"crosstask: {message}"


def test_what_cannot_be_read_or_written_is_one_sentence(old, tmp_path):
    (tmp_path / "file").write_text("{}")
    expected = "schema None; expected 'crosstask/baseline/1', which `crosstask baseline` writes"
    assert sentence(crosstask("compare", old, tmp_path / "file"), 1) == f"crosstask: {tmp_path / 'file'}: {expected}"
    found = sentence(crosstask("baseline", old, tmp_path / "none" / "baseline.json"), 1)
    assert "cannot be written (No such file or directory); create the folder first" in found


BLOCKED = """
import sys
for name in ("torch", "transformers", "datasets", "pytest", "_pytest"):
    sys.modules[name] = None  # importing it raises ImportError
from harness.cli.main import app
app(sys.argv[1:])
"""


@pytest.mark.parametrize(
    "command", [["compare", "old", "new"], ["baseline", "old", "file"], ["plan", "old"], ["compare", "both"]]
)
@pytest.mark.usefixtures("new", "both")
def test_neither_torch_nor_pytest_is_needed(old, command):
    found = subprocess.run(
        [sys.executable, "-c", BLOCKED, *command], cwd=old.parent, capture_output=True, text=True, check=False
    )
    assert (found.returncode, found.stderr) == (0, "")
    assert "tins" in found.stdout or "20 cases" in found.stdout
