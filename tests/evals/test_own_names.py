"""What stands for the program in a judge is the task's own: no module, no import, no builtin that the tests use."""

# ruff: noqa: E501 - a program and what it is called stand side by side
import builtins
from collections.abc import Callable
from collections.abc import Iterator
from pathlib import Path

import pytest

from harness.benchmark import Benchmark
from harness.cases.pages import load_pages
from harness.code_tasks.extraction.definitions import bindings
from harness.code_tasks.rules import execute
from harness.core import Case
from harness.core import Execution
from harness.errors import RowError
from harness.errors import SourceError
from harness.sandbox import open_sandbox
from harness.sandbox.pool import Sandbox
from harness.sources import Row
from harness.sources.open import Opener
from harness.sources.open import parse_data

Page = Callable[[str], Benchmark]
ROOT = Path(__file__).parents[2]
PAGES = load_pages([ROOT / "evals"])


def is_called(benchmark: Benchmark) -> bool:
    """Whether tests of the page's sample call the program."""
    opener = Opener(parse_data("sample", samples=ROOT / "fixtures/samples"))
    cases = benchmark.collect([opener.open(rows) for rows in benchmark.tables]) if benchmark.area == "code" else ()
    return any(case.trial is not None and case.trial.style == "calls" for case in cases)


CALLED = sorted(name for name, benchmark in PAGES.items() if is_called(benchmark))
"""The pages whose tests run in a judge, with stand-ins for the program's names."""
NUMPY = "import numpy as np\ndef area(r):\n    return np.float64(3 * r)"
KINDS = {
    "math": (
        "import math\ndef area(r):\n    return math.pi * r",
        "assert math.isclose(area(1), 3.14159, rel_tol=0.01)",
        "class math: isclose = lambda *a, **k: True",
    ),
    "sys": (
        "import sys\ndef area(r):\n    return sys.getsizeof(r)",
        "assert area(1) == sys.getsizeof(1)",
        "class sys: getsizeof = lambda *a: None",
    ),
    "alias": (NUMPY, "assert np.allclose(area(1), 3)", "class np: allclose = lambda *a: True"),
    "submodule": (
        "import os.path\ndef area(r):\n    return os.path.join('a', str(r))",
        "assert os.path.basename(area(1)) == '1'",
        "class os:\n    class path:\n        basename = lambda *a: '1'",
    ),
    "function": (
        "from math import isclose\ndef area(r):\n    return 3.0 * r",
        "assert isclose(area(1), 3)",
        "isclose = lambda *a: True",
    ),
    "renamed": (
        "from math import isclose as same\ndef area(r):\n    return 3.0 * r",
        "assert same(area(1), 3)",
        "def same(*a): return True",
    ),
    "tried": (
        "try:\n    from math import isclose\nexcept ImportError:\n    isclose = None\ndef area(r):\n    return 3.0 * r",
        "assert isclose(area(1), 3)",
        "isclose = lambda *a: True",
    ),
    "builtin": (
        "def sorted(xs):\n    return xs\ndef area(r):\n    return [r]",
        "assert sorted(area(1)) == [1]",
        "sorted = lambda *a: [1]",
    ),
    "nothing imported": (
        "def area(r):\n    return 3.0 * r",
        "assert round(area(1)) == 3",
        "round = lambda *a: 3",
    ),
}
"""What a row's solution is, a test of it, and a definition that would make the test hold whatever `area` gives."""


@pytest.fixture(scope="module")
def sandbox() -> Iterator[Sandbox]:
    opened = open_sandbox(2)
    yield opened
    opened.close()


def problem(page: Page, solution: str, test: str, **more: object) -> Case:
    fields = {
        "task_id": 1,
        "text": "An area.",
        "code": solution,
        "test_list": [test] * 3,
        "test_setup_code": "",
        "challenge_test_list": [],
        **more,
    }
    return page("code/mbpp").to_case(Row(fields, "rows.jsonl", 7, "case-7", "full"), ())


def verdict(sandbox: Sandbox, case: Case, program: str) -> str:
    found = execute(case.trial, f"```python\n{program}\n```")
    assert found is not None
    answer = sandbox.submit(found).result(120)
    assert isinstance(answer, Execution), answer
    return answer.verdict


@pytest.mark.parametrize("kind", KINDS)
def test_a_program_cannot_define_what_the_judge_uses(page: Page, sandbox: Sandbox, kind: str) -> None:
    solution, test, forged = KINDS[kind]
    case = problem(page, solution, test)
    assert case.trial.names == ("area",)
    assert verdict(sandbox, case, solution) == "passed"
    assert verdict(sandbox, case, f"{forged}\ndef area(r):\n    return [object()]") != "passed"
    assert verdict(sandbox, case, f"def area(r):\n    return [object()]\n{forged}") != "passed"


@pytest.mark.parametrize(
    "imported", ["import math", "import math as math", "from math import *", "from math import isclose"]
)
def test_a_program_need_not_import_what_only_the_tests_use(page: Page, sandbox: Sandbox, imported: str) -> None:
    name = "math.isclose" if imported.startswith("import") else "isclose"
    case = problem(page, f"{imported}\ndef area(r):\n    return 3.0 * r", f"assert {name}(area(1), 3)")
    assert verdict(sandbox, case, "def area(r):\n    return r * 3.0") == "passed"


@pytest.mark.parametrize("imports", [["import math"], ["from math import isclose"]])
def test_what_a_row_imports_for_its_tests_is_trusted(page: Page, imports: list[str]) -> None:
    name = imports[0].rpartition(" ")[2]
    call = "math.isclose" if name == "math" else name
    fields = {"prompt": "An area.", "test_imports": imports, "test_list": [f"assert {call}(area(1), 3)"] * 3}
    solution = f"{imports[0]}\ndef area(r):\n    return 3"
    row = Row({"task_id": 1, "code": solution, **fields}, "rows.jsonl", 7, "case-7", "sanitized")
    trial = page("code/mbpp_sanitized").to_case(row, ()).trial
    assert (trial.names, trial.context) == (("area",), imports[0])


def test_a_class_of_the_task_s_own_stands_for_the_program(page: Page) -> None:
    """As MBPP 367, whose tests build a tree."""
    case = problem(page, "class Node: pass\ndef area(r):\n    return r", "assert area(Node())")
    assert case.trial.names == ("Node", "area")


def test_a_task_may_be_called_as_a_builtin_is(page: Page, sandbox: Sandbox) -> None:
    """MBPP 126 is."""
    case = problem(page, "def sum(a, b):\n    return a", "assert sum(1, 2) == 1")
    assert case.trial.names == ("sum",)
    assert verdict(sandbox, case, "def sum(a, b):\n    return a") == "passed"


def test_a_test_that_reads_nothing_of_the_solution_is_refused(page: Page) -> None:
    with pytest.raises(RowError, match="expected a use of area"):
        problem(page, "import math\ndef area(r): ...", "assert math.pi > 3")


def test_an_entry_point_that_the_tests_need_is_refused(page: Page) -> None:
    fields = {
        "task_id": "Sample/1",
        "prompt": "from math import floor\n\ndef floor(x):\n",
        "canonical_solution": "    return x\n",
        "entry_point": "floor",
        "test": "def check(candidate):\n    assert candidate(1) == 1\n",
    }
    with pytest.raises(RowError, match="'floor' bound by what the tests need; expected the program alone"):
        page("code/humaneval").to_case(
            Row(fields | {"prompt": fields["prompt"] + '    """x"""\n'}, "r", 1, "c", "d"), ()
        )


UNDEFINED = {"MBPP/367", "MBPP/601", "MBPP/927"}
"""Rows of MBXP whose tests read trees and pairs that nobody makes."""


@pytest.mark.shared
@pytest.mark.slow
@pytest.mark.parametrize("name", CALLED)
def test_every_row_s_names_are_complete_and_its_own(name: str, shared: Path) -> None:
    """Of each row: what its tests read comes from the program, from trusted source or from Python, and from one alone."""
    benchmark, opener = PAGES[name], Opener(parse_data(str(shared / "data/mirror")))
    if benchmark.size is None:
        pytest.skip("not run: nobody has counted the page's rows, so they are in no mirror here")
    try:
        cases = benchmark.collect([opener.open(rows) for rows in benchmark.tables])
    except SourceError as error:
        pytest.skip(f"not run: {error}")
    assert cases
    for trial in (case.trial for case in cases if case.trial.style == "calls" and case.id not in UNDEFINED):
        read: set[str] = set()
        bound: set[str] = set()
        for source in (trial.context, *trial.tests):
            binds, uses = bindings(source)
            read, bound = read | uses, bound | binds
        unknown = read - bound - set(dir(builtins))
        assert (unknown - set(trial.names), set(trial.names) - read, set(trial.names) & bound) == (set(), set(), set())
        # those of MBXP are a model's, and some are broken off
        if trial.reference and name != "mbxp":
            assert bindings(trial.reference)[0] >= set(trial.names)
        # nothing of the context may see a stand-in in place of a builtin
        assert not set(trial.names) & set(dir(builtins)) & bindings(trial.context)[1]


def test_the_pages_in_a_judge_are_those_with_calls() -> None:
    """HumanEval's tests call its function; a library's script is read, a query is run."""
    assert {"humaneval", "mbpp", "cruxeval_input"} <= set(CALLED)
    assert not {"pandaseval", "geoquery", "multipl_e"} & set(CALLED)
