"""BigCodeBench-Complete: functions that call on many libraries, from signature and docstring; unittest judges them.

Zhuo et al. 2024, "BigCodeBench: Benchmarking Code Generation with Diverse Function Calls and Complex Instructions",
arXiv:2406.15877. 1,140 problems of release 0.1.0; later releases correct some. The model continues `complete_prompt`;
stops are the authors' for base models. Each method of the problem's TestCase is a test; they patch what the function
calls, so they run with it. A problem is not run where a library it names is not installed: the extra `bigcodebench` has
the common ones.
"""

import ast

from harness.benchmark import Benchmark
from harness.code_tasks.problems import imported
from harness.code_tasks.problems import third_party
from harness.core import Case
from harness.core import Generate
from harness.core import Trial
from harness.languages.building.syntax import parse
from harness.metrics.pass_at_k import PassAtK
from harness.metrics.syntax_valid import SyntaxValid
from harness.metrics.test_case_average import TestCaseAverage
from harness.sources import Row
from harness.sources import from_hub

STOP = (
    "\nif __name__",
    "\ndef main(",
    "\nprint(",
    "\ndef ",
    "\nclass ",
    "\nimport ",
    "\nfrom ",
    "\nassert ",
)


def methods(row: Row) -> tuple[tuple[str, str], ...]:
    """(class, method) of each test, in order."""
    try:
        tree = parse(row.text("test"))
    except SyntaxError as error:
        raise row.error("test", f"{error}; expected a unittest.TestCase in Python") from error
    classes = [node for node in tree.body if isinstance(node, ast.ClassDef)]
    found = tuple(
        (node.name, method.name)
        for node in classes
        for method in node.body
        if isinstance(method, ast.FunctionDef) and method.name.startswith("test")
    )
    if not found:
        raise row.error("test", "no method test...; expected a unittest.TestCase that has one")
    return found


def libraries(row: Row) -> list[str]:
    """What the problem says it needs, a list written as text."""
    try:
        found = ast.literal_eval(row.text("libs"))
    except (SyntaxError, ValueError):
        found = None
    if not isinstance(found, list) or not all(isinstance(name, str) for name in found):
        raise row.error("libs", f"{row['libs']!r}; expected a list of modules, as text")
    return found


def to_case(row: Row, _shots: tuple[Row, ...]) -> Case:
    """A request for the rest of a function."""
    prompt, solution, source = row.text("complete_prompt"), row.text("canonical_solution"), row.text("test")
    first, *others = (f"unittest.TestSuite([{name}({method!r})]).debug()" for name, method in methods(row))
    trial = Trial(
        "python",
        "python",
        prompt=prompt,
        # the authors run the TestCase behind the program, whose names its first lines may use
        tests=(f"import unittest\n{source}\n{first}", *others),
        style="script",
        names=(row.text("entry_point"),),
        reference=prompt + solution,
        libraries=third_party((*libraries(row), *imported(source))),
    )
    return Case(row.id, (Generate(prompt, max_tokens=1024, stop=STOP),), solution, trial=trial)


bigcodebench = Benchmark(
    name="bigcodebench",
    version=3,
    area="code",
    paper="arXiv:2406.15877",
    protocol="zero-shot, greedy continuation of at most 1024 tokens up to the authors' stops; all its tests must pass",
    rows=from_hub("bigcode/bigcodebench", split="v0.1.0_hf", key="task_id"),
    to_case=to_case,
    metrics=(PassAtK(1), TestCaseAverage(), SyntaxValid()),
    verified=(
        "all rows of a mirror read, 6,428 tests; of its 1,140 solutions 950 pass in the sandbox with today's libraries,"
        " 117 want one that was not installed, 73 fail; no other tool's log was compared"
    ),
    size=1140,
)


@bigcodebench.cases
def test_bigcodebench(case, response, record):
    record(bigcodebench.score(case, response))
