"""Code pages: prompts as other tools log or define them, tests parted rightly, and what becomes of a mirror's rows."""

# ruff: noqa: E501 - a row and its text stand side by side
import json
from collections import Counter
from collections.abc import Callable
from pathlib import Path

import pytest

from harness.benchmark import Benchmark
from harness.cases.shots import draw
from harness.code_tasks.rules import execute
from harness.core import Case
from harness.core import Execute
from harness.core import Execution
from harness.errors import RowError
from harness.prompts import flat
from harness.sources import Row
from harness.sources.files import keep
from harness.sources.open import Opener
from harness.sources.open import parse_data

Page = Callable[[str], Benchmark]
Run = Callable[[Execute], Execution]
PROBLEM = {
    "task_id": "Sample/1",
    "prompt": 'import math\n\n\ndef half(x):\n    return x / 2\n\n\ndef third(x):\n    """A third.\n    >>> third(6)\n    2.0\n    """\n',
    "canonical_solution": "    return x / 3\n",
    "entry_point": "third",
    "test": (
        "\n\nMETADATA = {}\n\n\ndef check(candidate):\n    assert candidate(9) == 3\n    assert candidate(6) == 2.0\n"
        "    start = 3\n    for x in (start, 6):\n        assert math.isclose(candidate(half(x)), x / 6)\n"
    ),
}
LINE = {
    "task_id": 12,
    "text": "Write a function to double.",
    "code": "def double(x):\r\n    return 2 * x",
    "test_list": ["assert double(1) == 2", "assert double(2) == 4", "assert double(3) == n"],
    "test_setup_code": "n = 6",
    "challenge_test_list": [],
}


def row(fields: dict, config: str = "default") -> Row:
    return Row(fields, "rows.jsonl", 7, "case-7", config)


def mirrored(benchmark: Benchmark, shared: Path) -> tuple[Case, ...]:
    opener = Opener(parse_data(str(shared / "data/mirror")))
    return benchmark.collect([opener.open(rows) for rows in benchmark.tables])


def test_humaneval_parts_its_check(page: Page) -> None:
    case = page("code/humaneval").to_case(row(PROBLEM), ())
    assert case.trial.tests == (
        "candidate = third\nassert candidate(6) == 2.0",  # the docstring shows it
        "candidate = third\nassert candidate(9) == 3",
        "candidate = third\nstart = 3\nfor x in (start, 6):\n    assert math.isclose(candidate(half(x)), x / 6)",
    )
    assert (case.trial.examples, case.trial.names) == (1, ("third",))
    assert case.trial.context == "import math\ndef half(x):\n    return x / 2"
    assert case.trial.reference == PROBLEM["prompt"] + "    return x / 3\n"
    assert case.requests[0].prompt == PROBLEM["prompt"]


def test_a_solution_that_begins_with_the_indentation_its_prompt_ends_with(page: Page) -> None:
    """As PandasEval/19 upstream."""
    fields = {
        "task_id": "PandasEval/1",
        "prompt": "def double(x):\n    # twice\n    ",
        "canonical_solution": ["    y = 2 * x\n    return y"],
        "entry_point": "double",
        "test": "def check(candidate):\n    assert candidate(2) == 4\n",
    }
    trial = page("code/pandaseval").to_case(row(fields), ()).trial
    assert trial.reference == "def double(x):\n    # twice\n    y = 2 * x\n    return y"


def test_mbpp_sets_up_in_each_test(page: Page) -> None:
    trial = page("code/mbpp").to_case(row(LINE), ()).trial
    assert trial.tests == tuple(f"n = 6\n{test}" for test in LINE["test_list"])
    assert (trial.names, trial.examples) == (("double",), 3)


def test_mbpp_plus_hides_what_it_adds(page: Page) -> None:
    fields = LINE | {
        "prompt": LINE["text"],
        "test_imports": ["import math"],
        "test": "import cmath\ninputs = [[1], [2]]\nfor i in inputs:\n    assert double(*i) == 2 * i[0]\n",
    }
    del fields["test_setup_code"]
    trial = page("code/mbpp_plus").to_case(row(fields), ()).trial
    assert trial.tests[3:] == ("for i in inputs:\n    assert double(*i) == 2 * i[0]",)
    assert (trial.examples, trial.context) == (3, "import math\nimport cmath\ninputs = [[1], [2]]")


def test_the_paper_s_examples_of_mbpp_begin_with_problem_2(page: Page, samples: Path) -> None:
    benchmark = page("code/mbpp")
    tables = [Opener(parse_data("sample", samples=samples)).open(rows) for rows in benchmark.shot_tables]
    assert draw(benchmark, tables, 3, 0).ids == ("2", "3", "4")


def test_odex_puts_a_suffix_back(page: Page, ran: Run) -> None:
    fields = {
        "task_id": 5,
        "prompt": "def f_5(text):\n\t",
        "suffix": "\n\treturn count",
        "canonical_solution": "count = 0\n\tfor c in text:\n\t\tcount += c == 'a'",
        "test_start": "\nimport json\n\ndef check(candidate):",
        "test": ["\n    n = 1\n    assert candidate('tea') == n\n", "\n    assert candidate('') == 0\n"],
        "entry_point": "f_5",
        "intent": "count the a of `text`",
        "library": ["json", "numpy"],
    }
    case = page("code/odex").to_case(row(fields, "en"), ())
    assert case.requests[0].prompt == 'def f_5(text):\n    """count the a of `text`\n    """\n    '
    assert case.trial.tests == (
        "candidate = f_5\nn = 1\nassert candidate('tea') == n",
        "candidate = f_5\nassert candidate('') == 0",
    )
    assert (case.trial.libraries, case.trial.context, case.cluster, case.stratum) == (
        ("numpy",),
        "import json",
        "en-5",
        "en",
    )
    for answer in (fields["canonical_solution"], "count = text.count('a')\n", "```\ncount = text.count('a')\n```"):
        assert ran(execute(case.trial, answer)).verdict == "passed"


@pytest.mark.parametrize(
    ("answer", "verdict"),
    [
        ("assert f(3) == 4\n", "passed"),
        ("4", "passed"),
        ("So it is 4.\n[ANSWER]\nassert f(3) == 4\n[/ANSWER]", "passed"),
        ("[ANSWER]4[/ANSWER]", "passed"),
        ("```python\nassert f(3) == 4\n```", "passed"),
        ("assert f(3) == 5\n", "failed"),
        ("assert f(3) == f(3)\n", "failed"),  # where the answer is worked out there is no f
        ("I do not know.", None),
    ],
)
def test_an_output_is_worked_out_apart(page: Page, ran: Run, answer: str, verdict: str | None) -> None:
    fields = {"code": "def f(x):\n    return x + 1", "input": "3", "output": "4", "id": "sample_0"}
    request = execute(page("code/cruxeval_output").to_case(row(fields), ()).trial, answer)
    assert (None if request is None else ran(request).verdict) == verdict


@pytest.mark.parametrize(
    ("answer", "verdict"),
    [
        ("assert f([1], 2) == 3\n", "passed"),
        ("assert f(list(range(1)), 3) == 3\n", "passed"),
        ("f([0], 3)", "passed"),
        ("[0], 3", "passed"),
        ("assert f([n for n in (1, 2)], 0) == 3", "passed"),
        ("assert f([1], 1) == 3\n", "failed"),
        ("assert f(f([1], 1), 1) == 3\n", None),
        ("assert f(*globals().update(f=lambda *_: 3) or [1]) == 3\n", None),
        ("assert f((lambda: 0).__globals__.update(f=max), 3) == 3\n", None),
        ("assert f(x := 3, 0) == 3\n", None),
        ("assert f((n for n in [1]).gi_frame.f_globals, 0) == 3\n", None),
        ("assert f(??) == 3", None),
    ],
)
def test_an_input_cannot_change_its_function(page: Page, ran: Run, answer: str, verdict: str | None) -> None:
    fields = {"code": "def f(xs, n):\n    return sum(xs) + n", "input": "[1], 2", "output": "3", "id": "sample_0"}
    request = execute(page("code/cruxeval_input").to_case(row(fields), ()).trial, answer)
    assert (None if request is None else ran(request).verdict) == verdict


@pytest.mark.parametrize(
    ("fields", "tests"),
    [
        ({}, "SELECT * FROM (SELECT a FROM t);\nSELECT * FROM (SELECT b FROM t ORDER BY b)"),
        ({"query_category": "order_by"}, "SELECT a FROM t;\nSELECT b FROM t ORDER BY b"),
        ({"question": "All of t, sorted by b?"}, "SELECT a FROM t;\nSELECT b FROM t ORDER BY b"),
        (
            {"query": "SELECT {a, b} FROM t GROUP BY {};", "query_category": "order_by"},
            "SELECT a FROM t GROUP BY a;\nSELECT b FROM t GROUP BY b;\nSELECT a, b FROM t GROUP BY a, b",
        ),
    ],
)
def test_a_question_of_defog_has_several_right_queries(page: Page, fields: dict, tests: str) -> None:
    """Upstream's get_all_minimal_queries, in sql-eval's eval/eval.py, parts them at semicolons and expands braces."""
    question = {"db_name": "atis", "query_category": "ratio", "question": "What?", "instructions": ""}
    asked = row(question | {"query": "SELECT a FROM t; SELECT b FROM t ORDER BY b;"} | fields)
    asked.files = (("atis.sql", keep(b"CREATE TABLE public.t (a text, b text DEFAULT ''::text, c bigint);")),)
    case = page("code/defog").to_case(asked, ())
    assert case.trial.tests == (tests,)
    assert case.requests[0].prompt.startswith("CREATE TABLE t (a text, b text DEFAULT '', c bigint)\n\n-- Using valid")


def test_a_dump_that_does_not_load_is_a_wrong_row(page: Page) -> None:
    fields = {
        "db_name": "atis",
        "query_category": "ratio",
        "question": "What?",
        "instructions": "",
        "query": "SELECT 1",
    }
    asked = row(fields)
    asked.files = (("atis.sql", keep(b"CREATE SCHEMA sky;")),)
    with pytest.raises(RowError, match=r"atis\.sql does not load: near \"SCHEMA\": syntax error; expected SQL that"):
        page("code/defog").to_case(asked, ())


@pytest.mark.parametrize(
    ("answer", "query"),
    [
        (" name FROM lake", "SELECT name FROM lake"),
        ("SELECT name FROM lake;", "SELECT name FROM lake"),
        (
            "```sql\nSELECT name\nFROM lake\n\nWHERE a = ';';\n```\nIt lists them.",
            "SELECT name\nFROM lake\n\nWHERE a = ';'",
        ),
        ("Sure:\n\nSELECT name FROM lake\n\nThis lists all.", "SELECT name FROM lake"),
        ("The query is SELECT name FROM lake; that is all", "SELECT name FROM lake"),
        ("WITH big AS (SELECT 1) SELECT * FROM big", "WITH big AS (SELECT 1) SELECT * FROM big"),
        ("-- all of them\nSELECT name FROM lake -- ;\nWHERE a", "SELECT name FROM lake -- ;\nWHERE a"),
        ("I cannot say.", None),
        ("", None),
    ],
)
def test_a_query_is_found(page: Page, samples: Path, answer: str, query: str | None) -> None:
    benchmark = page("code/geoquery")
    case = benchmark.collect([Opener(parse_data("sample", samples=samples)).open(rows) for rows in benchmark.tables])[0]
    found = execute(case.trial, answer)
    assert (None if found is None else found.code) == query


@pytest.mark.parametrize(
    ("name", "fields", "message"),
    [
        (
            "humaneval",
            PROBLEM | {"test": "x = 1"},
            "field 'test': no function check; expected a function check(candidate)",
        ),
        (
            "humaneval",
            PROBLEM | {"prompt": "def f(:\n"},
            "field 'prompt': invalid syntax (<unknown>, line 1); expected Python",
        ),
        (
            "mbpp",
            LINE | {"test_list": ["assert f(1)"] * 3},
            "field 'test_list': 'assert f(1)'; expected a use of double",
        ),
        ("mbpp", LINE | {"test_list": ["assert double(1)"]}, "expected a list of at least 3 texts"),
        ("mbpp", LINE | {"code": "def double(x"}, "field 'code': '(' was never closed"),
    ],
)
def test_a_problem_that_cannot_be_tested_is_refused(page: Page, name: str, fields: dict, message: str) -> None:
    with pytest.raises(RowError) as caught:
        page(f"code/{name}").to_case(row(fields), ())
    assert message in str(caught.value)


@pytest.mark.shared
def test_humaneval_asks_as_lm_evaluation_harness_logged(page: Page, shared: Path) -> None:
    cases = {case.id: case for case in mirrored(page("code/humaneval"), shared)}
    docs = [json.loads(line) for line in (shared / "parity/humaneval.jsonl").read_text().splitlines()]
    assert len(docs) == 8
    for doc in docs:
        request = cases[doc["doc"]["task_id"]].requests[0]
        assert (request.prompt, list(request.stop)) == (doc["prompt"], doc["until"])


@pytest.mark.shared
def test_mbpp_asks_as_lm_evaluation_harness_defines(page: Page, shared: Path) -> None:
    """Its mbpp.yaml (0.4.13): doc_to_text, the examples' doc_to_target and the delimiter after them."""
    benchmark = page("code/mbpp")
    opener = Opener(parse_data(str(shared / "data/mirror")))
    table = opener.open(benchmark.tables[0])
    drawn = draw(benchmark, [opener.open(rows) for rows in benchmark.shot_tables], 3, 0)
    text = "You are an expert Python programmer, and here is your task: {} Your code should pass these tests:\n\n{}\n{}\n{}\n[BEGIN]\n"
    shown = [
        text.format(one["text"], *one["test_list"][:3]) + f"{one['code']}\n[DONE]\n\n" for one in drawn(table.rows[0])
    ]
    assert [one["task_id"] for one in drawn(table.rows[0])] == [2, 3, 4]
    for found, case in zip(table.rows, benchmark.collect([table], drawn), strict=True):
        assert flat(case.requests[0].prompt) == "".join(shown) + text.format(found["text"], *found["test_list"][:3])


@pytest.mark.shared
@pytest.mark.parametrize(
    ("name", "n", "tests"),
    [
        ("humaneval", 164, 1181),
        ("humaneval_plus", 164, 164),
        ("mbpp", 500, 1500),
        ("mbpp_sanitized", 257, 776),
        ("mbpp_plus", 378, 1550),
        ("bigcodebench", 1140, 6428),
        ("cruxeval_input", 800, 800),
        ("cruxeval_output", 800, 800),
        ("numpyeval", 101, 358),
        ("pandaseval", 101, 649),
        ("odex", 945, 1707),
        ("geoquery", 877, 877),
        ("defog", 130, 130),
    ],
)
def test_every_row_of_a_mirror_is_a_case_whose_solution_is_found(
    page: Page, shared: Path, name: str, n: int, tests: int
) -> None:
    """The solution put as an answer gives a program, an empty answer none."""
    cases = mirrored(page(f"code/{name}"), shared)
    assert (len(cases), sum(len(case.trial.tests) for case in cases)) == (n, tests)
    assert [case.id for case in cases if execute(case.trial, str(case.target)) is None] == []
    assert [case.id for case in cases if execute(case.trial, "") is not None] == []


@pytest.mark.shared
def test_the_solutions_of_a_mirror_pass(page: Page, shared: Path, ran: Run) -> None:
    cases = mirrored(page("code/humaneval"), shared)
    found = {case.id: ran(execute(case.trial, str(case.target))) for case in cases}
    assert Counter(one.verdict for one in found.values()) == {"passed": len(cases)}
