"""What runs equals the rows' own tests: of every row of the pages in RULES, statement by statement, with literals."""

import ast
from collections import Counter
from collections.abc import Callable
from collections.abc import Mapping
from pathlib import Path

import pytest

from harness.cases.pages import load_pages
from harness.code_tasks.extraction.candidates import HOLE
from harness.core import Case
from harness.languages.building.syntax import parse
from harness.sources import Row
from harness.sources.open import Opener
from harness.sources.open import parse_data

ROOT = Path(__file__).parents[2]
PAGES = {name: page for name, page in load_pages([ROOT / "evals"]).items() if page.area == "code"}
Trees = list[str]


def trees(source: str) -> Trees:
    return [ast.dump(node) for node in parse(source).body]


def in_order(some: Trees, of: Trees) -> bool:
    """Whether they stand in this order in the others."""
    rest = iter(of)
    return all(one in rest for one in some)


def check_of(source: str) -> tuple[ast.FunctionDef, Trees]:
    body = parse(source).body
    check = next(node for node in body if getattr(node, "name", "") == "check")
    names = [[getattr(target, "id", "") for target in getattr(node, "targets", ())] for node in body]
    around = [node for node, own in zip(body, names, strict=True) if node is not check and own != ["METADATA"]]
    return check, [ast.dump(node) for node in around]


def inside(test: str, check: ast.FunctionDef, entry: str) -> Trees:
    """The trees of a test, without the line that names the candidate."""
    found = trees(test)
    if entry and check.args.args:
        assert found[0] == trees(f"{check.args.args[0].arg} = {entry}")[0]
        return found[1:]
    return found


def parted_check(row: Row, case: Case, entry: str) -> None:
    """Each statement that asserts ends a test, once; what prepares stands before; nothing is left out or made up."""
    check, around = check_of(row["test"])
    own = [ast.dump(node) for node in check.body]
    tests = [inside(test, check, entry) for test in case.trial.tests]
    judging = [ast.dump(node) for node in check.body if any(isinstance(one, ast.Assert) for one in ast.walk(node))]
    assert all(in_order(test, own) for test in tests)
    assert set(own) == {one for test in tests for one in test}
    ends = Counter(next(one for one in reversed(test) if one in judging or len(tests) == 1) for test in tests)
    assert set(judging) <= set(ends)
    assert sum(ends.values()) == len(tests) >= max(len(judging), 1)
    assert in_order(around, trees(case.trial.context))


def completed(row: Row, case: Case) -> None:
    parted_check(row, case, row["entry_point"])
    _, around = check_of(row["test"])
    beside = [node for node in parse(row["prompt"]).body if getattr(node, "name", "") != row["entry_point"]]
    assert trees(case.trial.context) == [*map(ast.dump, beside), *around]


def filled(row: Row, case: Case) -> None:
    parted_check(row, case, row["entry_point"])
    whole = row["prompt"] + row["canonical_solution"] + row["suffix"]
    beside = [node for node in parse(whole).body if getattr(node, "name", "") != row["entry_point"]]
    assert trees(case.trial.context) == [*map(ast.dump, beside), *check_of(row["test"])[1]]


def library(row: Row, case: Case) -> None:
    entry = "" if row["entry_point"] == "none" else row["entry_point"]
    try:
        check, around = check_of(row["test"])
    except SyntaxError:
        assert case.trial.tests == (row["test"],)
        return
    assert trees(case.trial.context) == around
    if "assert" in row["test"]:
        parted_check(row, case, entry)
    else:
        (test,) = case.trial.tests
        assert inside(test, check, entry) == [ast.dump(node) for node in check.body]


def odex(row: Row, case: Case) -> None:
    assert len(case.trial.tests) == len(row["test"])
    for source, test in zip(row["test"], case.trial.tests, strict=True):
        check, around = check_of(f"{row['test_start']}\n{source}")
        found = inside(test, check, row["entry_point"])
        own = [ast.dump(node) for node in check.body]
        called = f"check({check.args.args[0].arg if check.args.args else ''})"
        assert found in (own, [ast.dump(check), *trees(called)])
        assert in_order(around, trees(case.trial.context))


def assertions(row: Row, case: Case) -> None:
    """MBPP's: those that are shown as they stand, behind the setup; those that are hidden parted by what they use."""
    setup, shown = row.get("test_setup_code") or "", row["test_list"]
    wanted = [trees(f"{setup}\n{test}") for test in shown]
    assert [trees(test) for test in case.trial.tests[: len(shown)]] == wanted
    imports = [one for line in row.get("test_imports") or () for one in trees(line)]
    assert trees(case.trial.context)[: len(imports)] == imports
    hidden = [trees(test) for test in case.trial.tests[len(shown) :]]
    own = trees(row["test"]) if "test" in row else []
    context = trees(case.trial.context)[len(imports) :]
    lent = len(context) - sum(one in own for one in context)
    assert all(one.startswith("Import") for one in context[:lent])
    # with one test behind all of its context the two joined are the row's test
    assert [*context[lent:], *(one for test in hidden for one in test)] == own
    assert len(hidden) == bool(own)


def unit(row: Row, case: Case) -> None:
    first, *_ = case.trial.tests
    assert trees(first)[:-1] == [*trees("import unittest"), *trees(row["test"])]
    called = [ast.unparse(ast.parse(test).body[-1]) for test in case.trial.tests]
    methods = [
        f"unittest.TestSuite([{node.name}('{inner.name}')]).debug()"
        for node in parse(row["test"]).body
        if isinstance(node, ast.ClassDef)
        for inner in node.body
        if getattr(inner, "name", "").startswith("test")
    ]
    assert called == methods


def value(row: Row, case: Case) -> None:
    assert [trees(test) for test in case.trial.tests] == [trees(f"assert answer() == {row['output']}")]


def query(row: Row, case: Case) -> None:
    assert case.trial.tests == (row["query"],)


def queries(row: Row, case: Case) -> None:
    """Defog's: the row's queries, in brackets where their order does not count; those with a choice are expanded."""
    (test,) = case.trial.tests
    wrapped = [part.strip().removeprefix("SELECT * FROM (").removesuffix(")") for part in test.split(";")]
    own = [part.strip() for part in row["query"].split(";") if part.strip()]
    bare = wrapped if "SELECT * FROM (" in test else [part.strip() for part in test.split(";")]
    assert bare == own or (len(bare) > len(own) and "{" in row["query"])


def translated(row: Row, case: Case) -> None:
    (test,) = case.trial.tests
    assert test.startswith(row["test"])


def joined(row: Row, case: Case) -> None:
    (test,) = case.trial.tests
    if case.trial.language == "python":  # its rule knows where a completion belongs
        assert (case.trial.prompt, test) == (row["prompt"], row["tests"])
        return
    _, hole, tail = case.trial.prompt.rpartition(HOLE)
    assert hole
    assert (tail + test).removeprefix("\n").startswith(row["tests"])


RULES: Mapping[str, Callable[[Row, Case], None]] = {
    "beatnumeval": library,
    "bigcodebench": unit,
    "cruxeval_input": value,
    "cruxeval_output": value,
    "defog": queries,
    "geoquery": query,
    "humaneval": completed,
    "humaneval_infilling": filled,
    "humaneval_plus": completed,
    "humaneval_x": translated,
    "mbpp": assertions,
    "mbpp_plus": assertions,
    "mbpp_sanitized": assertions,
    "monkeyeval": library,
    "multipl_e": joined,
    "multipl_mbpp": joined,
    "numpyeval": library,
    "odex": odex,
    "pandaseval": library,
    "torchdataeval": library,
}


@pytest.mark.parametrize("name", RULES)
def test_what_runs_is_the_sample_rows_own_tests(name: str, samples: Path) -> None:
    assert compared(name, Opener(parse_data("sample", samples=samples))) > 0


@pytest.mark.shared
@pytest.mark.slow
@pytest.mark.parametrize("name", RULES)
def test_what_runs_is_the_rows_own_tests(name: str, shared: Path) -> None:
    assert compared(name, Opener(parse_data(str(shared / "data/mirror")))) == PAGES[name].size


def compared(name: str, opener: Opener) -> int:
    """How many rows of a page were compared with what runs."""
    tables = [opener.open(rows) for rows in PAGES[name].tables]
    rows = {row.id: row for table in tables for row in PAGES[name].joined(table)}
    cases = PAGES[name].collect(tables)
    for case in cases:
        RULES[name](rows[case.id], case)
    return len(cases)
