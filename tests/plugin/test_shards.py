"""`--shard`: a part of the selected cases, in a folder of its own, that says it is a part."""

import json

import pytest
from typer.testing import CliRunner

from harness.cli.main import app


def manifest(folder):
    return json.loads((folder / "manifest.json").read_text())


def folders(project):
    return sorted((project.path / "reports").iterdir())


def test_each_case_is_in_one_shard_and_the_folder_is_named_for_the_whole(sums):
    for number, workers in ((1, ()), (2, ("-n", "2")), (3, ())):
        output = sums.run("--shard", f"{number}/3", "--model", "one", *workers)
        assert f"Shard {number} of 3: 4 of 12 planned cases; crosstask merge makes one run of all shards" in output
        assert f", shard {number}/3" in output
        assert "8 deselected" in output or workers
    parts = folders(sums)
    whole = manifest(parts[0])["shard"]["whole"]
    assert [part.name for part in parts] == [f"one-{whole['plan']}-{k}of3" for k in (1, 2, 3)]
    assert all(manifest(part)["shard"]["whole"] == whole for part in parts)
    cases = [key for part in parts for key in sums.verdicts(part)]
    assert sorted(cases) == sorted(("one", name, f"{name}-{k}") for name in ("alpha", "beta") for k in range(6))
    assert len({manifest(part)["plan"] for part in parts} | {whole["plan"]}) == 4
    page = (parts[1] / "report.html").read_text()
    assert "Shard 2 of 3: 4 of 12 planned cases" in page
    sums.run("--model", "one")
    assert manifest(sums.path / "reports" / f"one-{whole['plan']}")["plan"] == whole["plan"]


def test_a_shard_resumes_as_any_run_does(sums):
    sums.run("--shard", "1/2")
    asked = len(sums.asked)
    assert "0 requests asked" in sums.run("--ct-shard", "1/2", "-n", "2")
    assert len(sums.asked) == asked
    assert manifest(sums.folder)["attempt"] == 2


def test_the_division_is_of_what_is_selected(sums):
    sums.run("--shard", "2/2", "-k", "alpha", "--limit", "4")
    planned = manifest(sums.folder)["planned"]["smollm2-135m"]
    assert {name: len(ids) for name, ids in planned.items()} == {"alpha": 2}
    assert sum(map(len, manifest(sums.folder)["shard"]["whole"]["planned"]["smollm2-135m"].values())) == 4


@pytest.mark.parametrize("how", [(), ("-n", "2"), ("--dry-run",), ("--collect-only", "-q")])
def test_a_shard_without_a_case_says_so_and_fails_no_array(sums, how):
    output = sums.run("--shard", "13/13", *how)
    assert "shard 13/13: no case; all 12 selected are in other shards" in output
    assert not (sums.path / "reports").exists()


def test_nothing_selected_is_pytests_own_status(sums):
    sums.run("--shard", "1/2", "-k", "nothing_of_this", status=5)


@pytest.mark.parametrize("how", ["--dry-run", "--collect-only"])
def test_what_would_be_asked_is_the_shards_own(sums, how):
    output = sums.run("--shard", "1/4", how, "-q")
    assert ("3 cases of 2 benchmarks" if how == "--dry-run" else "3/12 tests collected") in output
    assert sums.asked == []


@pytest.mark.parametrize("text", ["9/8", "0/8", "x"])
def test_what_is_no_shard_is_one_sentence(sums, text):
    output = sums.run("--shard", text, status=4)
    assert f"--shard: found '{text}'; expected K/N, K from 1 to N, as 3/8" in output
    assert "Traceback" not in output


def test_the_table_may_name_a_shard_and_a_gate_may_not_judge_one(sums):
    table = sums.path / "pyproject.toml"
    table.write_text(table.read_text() + 'shard = "1/2"\n')
    sums.run()
    assert manifest(sums.folder)["settings"]["shard"] == "1/2"
    output = sums.run("--gate", "--baseline", str(sums.folder), status=4)
    assert "--shard 1/2: found --gate; expected the gate on the merged run, as it is of all cases" in output


def test_two_shards_have_no_folder_in_common(sums):
    sums.run("--shard", "1/2", "--run-dir", "mine")
    output = sums.run("--shard", "2/2", "--run-dir", "mine", status=4)
    assert "mine: holds the run of plan " in output
    assert "choose another --run-dir" in output


def test_the_gate_judges_the_merged_run_with_the_undivided_command(sums):
    for number in (1, 2):
        sums.run("--shard", f"{number}/2", "--model", "one")
    parts = folders(sums)
    merged = parts[0].with_name(parts[0].name.removesuffix("-1of2"))
    baseline = sums.path / "baseline.json"
    for arguments in (("merge", *parts), ("baseline", merged, baseline)):
        assert CliRunner().invoke(app, list(map(str, arguments))).exit_code == 0
    output = sums.run("--model", "one", "--gate", "--baseline", str(baseline), "--margin", "99pt")
    assert "0 requests asked" in output
    assert f"report: {merged / 'report.html'}" in output
    assert sums.summary(merged)["gate"]["decision"] == "pass"
