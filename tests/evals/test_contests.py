"""Pages of programs that read and print: what their rows become, which rows are refused, and a mirror's solutions."""

import base64
import json
import pickle
import random
import zlib
from collections.abc import Callable
from collections.abc import Iterator
from pathlib import Path

import pytest

from harness.benchmark import Benchmark
from harness.code_tasks.live_code_bench import text_of
from harness.code_tasks.rules import execute
from harness.core import Case
from harness.core import Execution
from harness.core import Message
from harness.core import Refusal
from harness.errors import RowError
from harness.sandbox import open_sandbox
from harness.sandbox.pool import Sandbox
from harness.sandbox.pool import not_run
from harness.sources import Row
from harness.sources.open import Opener
from harness.sources.open import parse_data

Page = Callable[[str], Benchmark]
CONTEST = {
    "name": "1_A. Twice",
    "description": "Print the double.\n\nInput\n\nOne number.",
    "public_tests": {"input": ["1\n"], "output": ["2\n"]},
    "private_tests": {"input": ["4\n", "5\n"], "output": ["8\n", "10\n"]},
    "generated_tests": {"input": [], "output": []},
    "solutions": {"language": [1, 3, 3], "solution": ["print 2 * input()", "print(2 * int(input()))", "x"]},
    "time_limit": {"seconds": 2, "nanos": 0},
}
PROBLEM = {
    "problem_id": 7,
    "question": "Print the double.",
    "solutions": json.dumps(["print(2 * int(input()))"]),
    "input_output": json.dumps({"inputs": ["1\n", ["4"]], "outputs": ["2\n", ["8", "9"]]}),
    "difficulty": "interview",
    "url": "",
    "starter_code": "",
}
CALLED = PROBLEM | {
    "input_output": json.dumps({"fn_name": "twice", "inputs": [[1], [[2, 3]]], "outputs": [[2], [[4, 6]]]}),
    "solutions": json.dumps(["def twice(n):\n    return 2 * n if isinstance(n, int) else tuple(2 * m for m in n)"]),
    "starter_code": "def twice(n):\n\t",
}
DATED = {
    "question_title": "Twice",
    "question_content": "Print the double.",
    "platform": "atcoder",
    "question_id": "abc001_a",
    "contest_id": "abc001",
    "contest_date": "2024-09-14T00:00:00",
    "starter_code": "",
    "difficulty": "easy",
    "public_test_cases": json.dumps([{"input": "1\n", "output": "2\n", "testtype": "stdin"}]),
    "private_test_cases": json.dumps([{"input": "4\n", "output": "8\n", "testtype": "stdin"}]),
    "metadata": "{}",
}


def row(fields: dict) -> Row:
    return Row(fields, "rows.jsonl", 7, "case-7")


def mirrored(benchmark: Benchmark, shared: Path) -> tuple[Case, ...]:
    opener = Opener(parse_data(str(shared / "data/mirror")))
    return benchmark.collect([opener.open(rows) for rows in benchmark.tables])


@pytest.fixture(scope="module")
def sandbox() -> Iterator[Sandbox]:
    opened = open_sandbox(2)
    yield opened
    opened.close()


def verdict(sandbox: Sandbox, case: Case, answer: str) -> str:
    found = execute(case.trial, answer)
    assert found is not None
    execution = sandbox.submit(found).result(120)
    assert isinstance(execution, Execution), execution
    return execution.verdict


def test_a_contest_asks_in_comments_and_tests_the_examples_first(page: Page) -> None:
    case = page("code/code_contests").to_case(row(CONTEST), ())
    assert case.requests[0].prompt == (
        "# LANGUAGE IS python3\n# CORRECT SOLUTION\n# Print the double.\n# \n# Input\n# \n# One number.\n\n"
    )
    assert [json.loads(test) for test in case.trial.tests] == [
        {"input": given, "output": expected, "compare": "tokens"}
        for given, expected in (("1\n", "2\n"), ("4\n", "8\n"), ("5\n", "10\n"))
    ]
    assert (case.target, case.trial.examples) == ("print(2 * int(input()))", 1)
    assert (case.trial.time.call, case.trial.time.whole) == (10.0, 30.0)


def test_a_contest_without_a_solution_in_python_3_has_no_target(page: Page) -> None:
    fields = CONTEST | {"solutions": {"language": [1, 2], "solution": ["print 1", "int main() {}"]}}
    assert page("code/code_contests").to_case(row(fields), ()).target is None


def test_apps_asks_as_its_authors_do(page: Page) -> None:
    """`generate_prompt` of eval/generate_gpt_codes.py."""
    to_case = page("code/apps").to_case
    run, called = to_case(row(PROBLEM), ()), to_case(row(CALLED), ())
    assert run.requests[0].prompt == "\nQUESTION:\nPrint the double.\n\nUse Standard Input format\nANSWER:\n"
    assert called.requests[0].prompt == (
        "\nQUESTION:\nPrint the double.\ndef twice(n):\n\t\nUse Call-Based format\nANSWER:\n"
    )
    assert [json.loads(test)["output"] for test in run.trial.tests] == ["2\n", "8\n9"]
    assert called.trial.tests == ("assert agrees(twice(1), [2])", "assert agrees(twice([2, 3]), [[4, 6]])")
    assert (run.stratum, called.trial.style, called.trial.names) == ("interview", "calls", ("twice",))


def test_apps_undoes_what_json_does_to_keys_and_calls_a_method(page: Page) -> None:
    tests = {"fn_name": "keys", "inputs": [[{"1": 2}]], "outputs": [{"3": 4}]}
    fields = CALLED | {"input_output": json.dumps(tests), "starter_code": "class Solution:\n    def keys(self, d):\n"}
    trial = page("code/apps").to_case(row(fields), ()).trial
    assert trial.tests == ("assert agrees(Solution().keys({1: 2}), [{3: 4}])",)
    assert trial.names == ("Solution",)


def test_apps_asks_and_runs_nothing_where_a_row_has_no_tests(page: Page) -> None:
    for text in ("", "{}"):
        case = page("code/apps").to_case(row(PROBLEM | {"input_output": text}), ())
        assert case.trial.tests == ()
        assert not_run(execute(case.trial, "print(1)")) == Refusal("python: found no tests; expected at least one")


LARGE = 10**5000
NUMBERS = '{"fn_name": "turned", "inputs": [[1e999], [-Infinity], [LARGE]], "outputs": [[-1e999], Infinity, [-LARGE]]}'


def test_numbers_of_any_size_are_given_and_compared(page: Page, sandbox: Sandbox) -> None:
    tests = NUMBERS.replace("LARGE", "1" + 5000 * "0")
    case = page("code/apps").to_case(row(CALLED | {"input_output": tests, "solutions": ""}), ())
    assert case.trial.tests[:2] == ("assert agrees(turned(1e999), [-1e999])", "assert agrees(turned(-1e999), 1e999)")
    assert case.trial.tests[2] == f"assert agrees(turned({hex(LARGE)}), [-{hex(LARGE)}])"
    assert verdict(sandbox, case, "def turned(n):\n    return -n") == "passed"
    assert verdict(sandbox, case, "def turned(n):\n    return n") == "failed"


def test_live_code_bench_gives_numbers_that_are_not_finite(page: Page) -> None:
    tests = json.dumps([{"input": "Infinity\n[]", "output": "[NaN]", "testtype": "functional"}])
    case = page("code/live_code_bench").to_case(row(METHOD | {"private_test_cases": tests}), ())
    assert case.trial.tests[1] == "assert agrees(Solution().twice(1e999, []), [(1e999 - 1e999)])"


def test_apps_agrees_as_its_authors_do(page: Page, sandbox: Sandbox) -> None:
    """A tuple is a list; what is expected stands in a list of its own, or does not."""
    case = page("code/apps").to_case(row(CALLED), ())
    for answer, expected in (
        (case.target, "passed"),
        ("def twice(n):\n    return [2 * n] if isinstance(n, int) else [[2 * m for m in n]]", "passed"),
        ("def twice(n):\n    return [ceil(2 * x) for x in (n if isinstance(n, list) else [n])]", "passed"),
        ("def twice(n):\n    return 2", "failed"),
    ):
        assert verdict(sandbox, case, answer) == expected, answer


def test_apps_lends_a_program_its_imports(page: Page, sandbox: Sandbox) -> None:
    fields = PROBLEM | {"input_output": json.dumps({"inputs": ["4 6"], "outputs": ["2"]})}
    case = page("code/apps").to_case(row(fields), ())
    assert verdict(sandbox, case, "print(gcd(*map(int, stdin.readline().split())))") == "passed"


def test_live_code_bench_asks_as_its_authors_do(page: Page) -> None:
    """`get_generic_question_template_answer` of lcb_runner/prompts/code_generation.py."""
    case = page("code/live_code_bench").to_case(row(DATED), ())
    system, user = case.requests[0].prompt
    assert system.content.startswith("You are an expert Python programmer. You will be given a question")
    assert user == Message(
        "user",
        "### Question:\nPrint the double.\n\n### Format: Read the inputs from stdin solve the problem and write the "
        "answer to stdout (do not directly test on the sample inputs). Enclose your code within delimiters as follows. "
        "Ensure that when the python program runs, it reads the inputs, runs the algorithm and writes output to STDOUT."
        "\n```python\n# YOUR CODE HERE\n```\n\n### Answer: (use the provided format with backticks)\n\n",
    )
    assert (case.stratum, case.tags) == ("atcoder", ("difficulty:easy", "month:2024-09"))
    assert (len(case.trial.tests), case.trial.examples) == (2, 1)


def packed(value: object, protocol: int = 4) -> str:
    return base64.b64encode(zlib.compress(pickle.dumps(value, protocol))).decode()


@pytest.mark.parametrize("protocol", range(2, 6))
def test_private_tests_are_read_out_of_a_pickle_that_is_never_loaded(page: Page, protocol: int) -> None:
    to_case = page("code/live_code_bench").to_case
    fields = DATED | {"private_test_cases": packed(DATED["private_test_cases"], protocol)}
    assert to_case(row(fields), ()) == to_case(row(DATED), ())


class Hostile:
    def __reduce__(self) -> tuple:
        return print, ("loaded",)


@pytest.mark.parametrize("value", [Hostile(), ["a"], {"a": "b"}, b"a", 7, ("a", "b"), [Hostile(), "[]"]])
def test_a_pickle_of_anything_else_is_refused(page: Page, value: object, capsys: pytest.CaptureFixture[str]) -> None:
    assert text_of(pickle.dumps(value)) is None
    with pytest.raises(RowError, match="a pickle that is not one text, which is never loaded; expected JSON"):
        page("code/live_code_bench").to_case(row(DATED | {"private_test_cases": packed(value)}), ())
    assert capsys.readouterr().out == ""


def test_a_pickle_that_is_cut_off_is_refused() -> None:
    whole = pickle.dumps("a" * 300)
    assert text_of(whole) == "a" * 300
    assert {text_of(whole[:size]) for size in range(len(whole))} == {None}


METHOD = DATED | {
    "starter_code": "class Solution:\n    def twice(self, n: int) -> int:\n        ",
    "metadata": '{"func_name": "twice"}',
    "platform": "leetcode",
    "public_test_cases": json.dumps([{"input": "1\n[2]", "output": "[2, 2]", "testtype": "functional"}]),
    "private_test_cases": json.dumps([{"input": "3\n[]", "output": "[6]", "testtype": "functional"}]),
}


def test_a_method_gets_a_line_an_argument(page: Page, sandbox: Sandbox) -> None:
    case = page("code/live_code_bench").to_case(row(METHOD), ())
    assert case.trial.tests == (
        "assert agrees(Solution().twice(1, [2]), [2, 2])",
        "assert agrees(Solution().twice(3, []), [6])",
    )
    method = "class Solution:\n    def twice(self, n: int, more: List[int]) -> List[int]:\n        return {}\n"
    assert verdict(sandbox, case, f"```python\n{method.format('(2 * n, *more)')}```") == "passed"
    assert verdict(sandbox, case, f"```python\n{method.format('[2 * n]')}```") == "failed"


@pytest.mark.parametrize(
    ("name", "fields", "message"),
    [
        ("code_contests", CONTEST | {"private_tests": {"input": ["1"], "output": []}}, "field 'private_tests': "),
        ("code_contests", CONTEST | {"solutions": {"language": [3], "solution": []}}, "field 'solutions': "),
        ("apps", PROBLEM | {"input_output": "{"}, "field 'input_output': no JSON ("),
        (
            "apps",
            PROBLEM | {"input_output": '{"inputs": [1], "outputs": ["a"]}'},
            "1 to read or to print; expected text",
        ),
        (
            "apps",
            CALLED | {"input_output": '{"fn_name": "f", "inputs": [1], "outputs": [1]}'},
            "arguments of f that are no lists",
        ),
        (
            "live_code_bench",
            DATED | {"contest_date": "soon"},
            "field 'contest_date': Invalid isoformat string: 'soon'; expected a date",
        ),
        ("live_code_bench", DATED | {"metadata": '{"func_name": "f"}'}, "field 'metadata': 'f' as `func_name`"),
        ("live_code_bench", DATED | {"private_test_cases": "!"}, "expected JSON, or base64 of what zlib packed"),
    ],
)
def test_a_row_that_cannot_be_tested_is_refused(page: Page, name: str, fields: dict, message: str) -> None:
    with pytest.raises(RowError) as caught:
        page(f"code/{name}").to_case(row(fields), ())
    assert message in str(caught.value)


@pytest.mark.shared
@pytest.mark.parametrize(("name", "n", "tests"), [("code_contests_train", 300, 2999), ("apps_train", 5, 14)])
def test_every_row_of_a_mirror_is_a_case(page: Page, shared: Path, name: str, n: int, tests: int) -> None:
    cases = mirrored(page(f"code/{name}"), shared)
    assert (len(cases), sum(len(case.trial.tests) for case in cases)) == (n, tests)
    assert [case.id for case in cases if execute(case.trial, "") is not None] == []


def test_the_solutions_of_live_code_bench_s_sample_pass(page: Page, samples: Path, sandbox: Sandbox) -> None:
    """Its rows have none, so they lie beside the tests."""
    benchmark = page("code/live_code_bench")
    cases = benchmark.collect([Opener(parse_data("sample", samples=samples)).open(rows) for rows in benchmark.tables])
    solutions = json.loads((Path(__file__).parents[1] / "data/live_code_bench_sample.json").read_text("utf-8"))
    assert {case.id: verdict(sandbox, case, solutions[case.id]) for case in cases} == dict.fromkeys(solutions, "passed")


UNFIT = {
    "several answers are right": (
        "1041_E 1076_D 1325_C 1391_E 963_B 576_A 1217_D 1521_D 27_B 45_H 136_D 407_A 464_B 618_C 749_B 633_C 774_H "
        "521_D 1031_E 1071_C 1427_E 1438_D 862_C 925_C 1407_E 507_E 715_B 716_D"
    ),
    "tests of another problem of its name are among its own": "1118_F1 1133_F1 1176_E 1324_F 1540_B 1264_C",
    "the inputs lack their last line breaks, which it counts on": "1056_D 1183_H 1337_E",
    "it asks, and its judge answers": "680_C 1534_E",
    "its judge takes an error in proportion": "623_D",
    "it takes longer than 10 s": "1503_E 1238_E",
}
"""Solutions of a mirror's CodeContests that do not pass all of their tests, and why; the other 258 of 300 do.

A plain interpreter gives the same for each test of 36 of the 37 that were run in one; the other is slow. All are run by
`python benchmarks/references.py --data MIRROR code_contests_train`.
"""
NAMES = frozenset(" ".join(UNFIT.values()).split())
DEAR = frozenset({"1278_F", "1503_E", "1238_E"})
"""Those that take 10 s of CPU time or more."""


def number(case: Case) -> str:
    return case.id.partition(".")[0]


def judged(sandbox: Sandbox, cases: list[Case]) -> dict[str, str]:
    """What becomes of each case's own solution as an answer."""
    futures = {case.id: sandbox.submit(execute(case.trial, case.target)) for case in cases}
    return {name: future.result(300).verdict for name, future in futures.items()}


@pytest.mark.shared
def test_a_draw_of_a_mirror_s_solutions_passes(page: Page, shared: Path, sandbox: Sandbox) -> None:
    cases = [case for case in mirrored(page("code/code_contests_train"), shared) if number(case) not in NAMES | DEAR]
    drawn = random.Random(0).sample(cases, 20)
    assert judged(sandbox, drawn) == {case.id: "passed" for case in drawn}
