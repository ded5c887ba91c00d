"""The script that finds weak tests: wrong programs are made of any case, and what lets one pass is found."""

import ast
import importlib.util
import sys
from pathlib import Path

import pytest

from harness.cases.exclusions import read_lists
from harness.cases.pages import load_pages
from harness.core import Case
from harness.core import Generate
from harness.core import Trial
from harness.sandbox import open_sandbox
from harness.sources.open import Opener
from harness.sources.open import parse_data

ROOT = Path(__file__).parents[1]
PAGES = {name: page for name, page in load_pages([ROOT / "evals"]).items() if page.area == "code"}
REFERENCE = "import os\nclass Node:\n    pass\ndef f(x):\n    return [x]\n"


@pytest.fixture(scope="module")
def script():
    spec = importlib.util.spec_from_file_location("weak_tests", ROOT / "benchmarks/weak_tests.py")
    module = importlib.util.module_from_spec(spec)
    sys.modules["weak_tests"] = module
    spec.loader.exec_module(module)
    return module


@pytest.fixture(scope="module")
def sandbox():
    opened = open_sandbox(2)
    yield opened
    opened.close()


def case(*tests, style="calls", context="", reference=REFERENCE):
    trial = Trial("python", "python", tests=tests, style=style, names=("f",), context=context, reference=reference)
    return Case("a", (Generate("?"),), None, trial=trial)


def passing(script, sandbox, one):
    found = [(what, sandbox.submit(script.request(one.trial, code))) for _, what, code in script.programs([one])]
    return [what for what, future in found if future.result(120).verdict == "passed"]


def unasserted(script, sandbox, one):
    ((_, future),) = script.asserting([one], sandbox)
    return script.unasserted(future.result(120))


def test_a_wrong_program_is_the_solution_but_for_what_is_tested(script):
    trial = Trial("python", "python", names=("Node", "f"), reference=REFERENCE)
    names = {}
    exec(script.returning(trial, "[]"), names)
    assert (names["f"](1, two=2), names["Node"]().__class__.__name__) == ([], "Node")


def test_an_output_that_is_right_is_no_wrong_program(script):
    trial = Trial("python", "output", tests=("assert answer() == [ ]",), names=("answer",))
    assert "[]" not in script.wrong(Case("a", (Generate("?"),), None, trial=trial))


@pytest.mark.parametrize(
    ("tests", "passes"),
    [
        (("assert f(1) == [1]",), []),
        (("f(1)",), ["12345678901", "None", "[]", "''"]),
        (("assert not f(1)",), ["None", "[]", "''"]),
        (("assert f(1) > 5", "assert f(2)"), ["12345678901"]),
    ],
)
def test_what_lets_a_wrong_program_pass_is_found(script, sandbox, tests, passes):
    assert passing(script, sandbox, case(*tests)) == passes


@pytest.mark.parametrize(
    ("one", "said"),
    [
        (case("assert f(1) == [1]"), ""),
        (case("same(f(1), [1])", context="def same(a, b):\n    assert a == b"), ""),
        (case("import numpy as np\nnp.testing.assert_equal(f(1), [1])", style="script"), ""),
        (case("for x in ():\n    assert f(x)"), "no assertion"),
        (case("assert f(1) == [1]", "f(2)"), "no assertion"),
        (case("assert f(1) == 1"), "the reference: failed ['AssertionError']"),
    ],
)
def test_assertions_that_are_executed_are_counted(script, sandbox, one, said):
    assert unasserted(script, sandbox, one) == said


@pytest.mark.parametrize("name", PAGES)
def test_wrong_programs_are_made_of_every_page_s_cases(script, name):
    opener = Opener(parse_data("sample", samples=ROOT / "fixtures/samples"))
    cases = PAGES[name].collect([opener.open(rows) for rows in PAGES[name].tables])
    for one in cases:
        if one.trial.language not in script.WRITTEN:
            continue
        found = script.wrong(one)
        assert len(found) >= 2 or one.trial.language in script.COMPILED
        assert len(set(found.values())) == len(found)
        if one.trial.language == "python":
            assert all(ast.parse(code) for code in found.values())


@pytest.mark.shared
@pytest.mark.slow
@pytest.mark.parametrize("name", ["humaneval", "humaneval_plus", "mbpp_sanitized"])
def test_the_list_of_a_page_is_what_is_found_today(script, sandbox, shared, name):
    found, rows = script.measure(PAGES[name], Opener(parse_data(str(shared / "data/mirror"))), sandbox, 0)
    listed = [one for one in read_lists([ROOT / "evals"], name) if one.name == script.LIST]
    assert [one.rows for one in listed] == ([script.listed(name, found, rows).rows] if found.weak else [])
    assert "no assertion" not in found.asserts.values()
