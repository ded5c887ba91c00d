"""The shared folder of programs that got past a sandbox, or were judged wrong by one: each is treated as it says."""

import os
from dataclasses import replace
from pathlib import Path

import corpus
import more
import pytest

from harness.cases.exclusions import read_lists
from harness.cases.pages import load_pages
from harness.code_tasks.rules import request
from harness.core import Refusal
from harness.sandbox import selftest
from harness.sandbox.limits import Limits
from harness.sandbox.pool import Sandbox
from harness.sources.open import Opener
from harness.sources.open import parse_data

SHARED = Path(os.environ.get("CROSSTASK_SHARED", "/nowhere"))
MORE = SHARED / "hostile" / "more"
ROOT = Path(__file__).resolve().parents[2]
NEEDS_SOCKETS = {"port_free.py", "port_left_behind.py", "port_free.py again"}
pytestmark = pytest.mark.shared
programs = more.programs(MORE) if MORE.is_dir() else []
cases = list(more.cases(MORE)) if MORE.is_dir() else []


def test_every_program_is_read():
    read = {program["id"] for program in programs} | {name for name, *_ in cases}
    assert {file.name for file in MORE.iterdir()} - read == {"README.md"}


def verdict(program, tier):
    """What is wrong with the treatment of one program; those that need what ran before it get that first."""
    before = [other for other in programs if other["id"].startswith("port_left") and "again" in program["id"]]
    # to fill memory takes CPU time, on a busy machine more than a second
    limits = replace(corpus.LIMITS, cpu=30.0, wall_constant=120.0) if program["accept"] == ["memory"] else corpus.LIMITS
    return corpus.run([*before, program], tier, 1, limits)


@pytest.mark.parametrize("program", programs, ids=[program["id"] for program in programs])
def test_a_program_in_the_best_tier(program):
    assert verdict(program, selftest.best_tier().name) == {}


@pytest.mark.slow
@pytest.mark.parametrize("program", programs, ids=[program["id"] for program in programs])
def test_a_program_without_namespaces(program):
    if program["id"] in NEEDS_SOCKETS:
        pytest.skip("not run: tier C gives no socket")
    assert verdict(program, "C") == {}


@pytest.mark.parametrize(
    ("name", "page", "ids", "accepted", "code"), cases, ids=[f"{one[0]}-{one[1]}" for one in cases]
)
def test_an_answer_to_cases_of_a_page(name, page, ids, accepted, code):
    opener = Opener(parse_data(str(SHARED / "data" / "mirror")))
    pages = load_pages([ROOT / "evals"])
    found = {case.id: case for case in pages[page].collect([opener.open(table) for table in pages[page].tables])}
    sandbox = Sandbox(selftest.best_tier(), 2, Limits())
    try:
        wanted = [found[one] for one in ids if one in found]
        asked = [request(case.trial, code) for case in wanted if set(case.trial.names) & set(words(code))]
        assert asked, f"{name}: no case of {page} asks for what it defines"
        answers = [future.result(300) for future in [sandbox.submit(one) for one in asked]]
    finally:
        sandbox.close()
    assert not [answer for answer in answers if isinstance(answer, Refusal)]
    # tests that let any such program pass are on a list, and the score is shown without them too
    weak = {row.case for one in read_lists([ROOT / "evals"], page) if one.name == "weak-tests" for row in one.rows}
    if set(ids) <= weak:
        return
    assert {corpus.WORDS.get(answer.verdict, "fail") for answer in answers} <= set(accepted)


def words(code):
    """The names of functions a program defines."""
    return [line.removeprefix("def ").partition("(")[0] for line in code.splitlines() if line.startswith("def ")]
