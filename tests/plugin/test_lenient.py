"""A recipe that leaves out what this machine cannot run: a note, no case, exit status 0, unless the page is named."""

import json

import pytest

from harness.core import Case
from harness.core import Trial
from harness.evaluation.runnable import runnable


@pytest.fixture
def lacking(sums):
    """Two pages of sums, and one of programs that import a package nobody has; a lenient recipe."""
    sums.programs(2)
    (sums.path / "conftest.py").unlink()
    page = sums.path / "pages/programs/plus.py"
    page.write_text(page.read_text().replace("examples=1", 'examples=1, libraries=("nobody_has_this",)'))
    (sums.path / "own.toml").write_text('description = "ours"\nlenient = true\n')
    return sums


WHY = "plus: not run: python: nobody_has_this is not installed; expected a package the program can import"


def test_pages_that_nobody_named_do_not_change_the_exit_status(lacking):
    output = lacking.run("--recipe", "own.toml", "--unsandboxed")
    assert f"note: {WHY}" in output
    assert "12 passed" in output
    assert "exit 0: every selected case was measured" in output
    assert lacking.summary()["complete"]
    manifest = json.loads((lacking.folder / "manifest.json").read_text())
    assert set(manifest["benchmarks"]) == {"alpha", "beta"}


def test_a_page_that_is_named_is_planned_all_the_same(lacking):
    output = lacking.run("--recipe", "own.toml", "--unsandboxed", "-k", "plus", status=None)
    assert "nobody_has_this is not installed" in output
    assert "exit 0" not in output


def trial(**changes):
    return Trial("python", "continuation", prompt="def f(x):\n", tests=("assert f(0)",), names=("f",), **changes)


def test_some_cases_of_a_page_may_be_run():
    cases = [Case("a", (), None, trial=trial(libraries=("nobody_has_this",))), Case("b", (), None, trial=trial())]
    there, note = runnable("plus", cases, unsandboxed=True)
    assert [case.id for case in there] == ["b"]
    assert note == WHY.replace("not run", "1 case of 2 not run")


def test_the_note_counts_further_reasons():
    cases = [Case(name, (), None, trial=trial(libraries=(name,))) for name in ("nobody_has_this", "nor_this")]
    assert runnable("plus", cases, unsandboxed=True) == ([], f"{WHY} (and 1 other reason)")


def test_a_case_without_programs_needs_no_jail():
    cases = [Case("a", (), None)]
    assert runnable("sums", cases, unsandboxed=False) == (cases, None)


def test_a_kernel_without_a_jail_is_the_reason(monkeypatch):
    monkeypatch.setattr("harness.evaluation.runnable._no_jail", lambda: "sandbox: this kernel gives no jail")
    assert runnable("plus", [Case("a", (), None, trial=trial())], unsandboxed=False) == (
        [],
        "plus: not run: sandbox: this kernel gives no jail",
    )
