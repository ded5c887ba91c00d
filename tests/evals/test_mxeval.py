"""MBXP and its HumanEval: what is asked, what tests are lent, and what right and wrong bodies of the sample come to."""

import json
from collections import Counter
from collections.abc import Iterator

import pytest

from harness.code_tasks.mxeval import MBXP
from harness.code_tasks.rules import execute
from harness.core import Refusal
from harness.languages import required
from harness.languages.building.sources import unclosed
from harness.languages.building.tools import find
from harness.sandbox import open_sandbox
from harness.sandbox.pool import Sandbox
from harness.sources.open import Opener
from harness.sources.open import parse_data

PAGES = {"code/mbxp": "mbxp", "code/mbxp_humaneval": "multi-humaneval"}
SMALL = frozenset({"javascript", "perl", "php", "python", "ruby"})
WRONG = {
    "cpp": "    return -7;\n}\n",
    "csharp": "            return -7;\n        }\n",
    "go": "\treturn -7\n}\n",
    "java": "        return -7;\n    }\n}\n",
    "javascript": "  return -7;\n}\n",
    "kotlin": "    return -7\n}\n",
    "perl": "  return -7;\n}\n",
    "php": "    return -7;\n}\n",
    "python": "    return -7\n",
    "ruby": "  -7\nend\n",
    "scala": "        -7\n    }\n",
    "swift": "    return -7\n}\n",
    "typescript": "  return -7;\n}\n",
}
SIZES = {
    "code/mbxp": (848, 968, 939, 966, 966, 966, 966, 966, 973, 966, 966, 966, 968),
    "code/mbxp_humaneval": (161, 160, 161, 161, 161, 161, 161, 164, 161, 161, 161, 161),
}


@pytest.fixture(scope="module")
def sandbox() -> Iterator[Sandbox]:
    opened = open_sandbox(2)
    yield opened
    opened.close()


@pytest.mark.parametrize(
    "name", [name if name in SMALL else pytest.param(name, marks=pytest.mark.toolchains) for name in MBXP]
)
def test_the_sample_s_solution_passes_and_another_body_does_not(page, samples, sandbox, name):
    benchmark = page("code/mbxp")
    (rows,) = (rows for rows in benchmark.tables if rows.config == name)
    case = benchmark.to_case(Opener(parse_data("sample", samples=samples)).open(rows).rows[0], ())
    running = [sandbox.submit(execute(case.trial, text)) for text in (case.target, WRONG[name])]
    right, wrong = (future.result(300) for future in running)
    if any(find(tool) is None for tool in required(name).tools):
        assert isinstance(right, Refusal)
        pytest.skip(f"not run: {required(name).tools[0].package} is not installed")
    assert right.verdict == "passed", right
    assert wrong.verdict in {"failed", "exception", "crash"}, wrong


@pytest.mark.parametrize("name", PAGES)
def test_a_program_is_prompt_completion_line_break_test(page, samples, name):
    benchmark = page(name)
    opener = Opener(parse_data("sample", samples=samples))
    for rows in benchmark.tables:
        fields = json.loads((samples / "mxeval" / PAGES[name] / rows.config / "test.jsonl").open().readline())
        case = benchmark.to_case(opener.open(rows).rows[0], ())
        assert case.requests[0].prompt == fields["prompt"]
        assert (case.stratum, case.cluster) == (rows.config, fields["task_id"].rpartition("/")[2])
        program = execute(case.trial, WRONG[rows.config])
        if rows.config != "python":
            assert program.code == fields["prompt"] + WRONG[rows.config] + "\n"
        if rows.config not in {"python", "javascript", "csharp"}:
            assert program.tests == (fields["test"],)


def test_lodash_and_compare_logic_are_lent(page, samples):
    opener, lent = Opener(parse_data("sample", samples=samples)), {}
    for rows in page("code/mbxp").tables:
        lent[rows.config] = page("code/mbxp").to_case(opener.open(rows).rows[0], ()).trial.tests[0]
    assert "lodash" not in lent["javascript"]
    assert "isDeepStrictEqual" in lent["javascript"]
    assert "public class CompareLogic" in lent["csharp"]


@pytest.mark.shared
@pytest.mark.parametrize("name", PAGES)
def test_every_row_of_a_mirror_is_a_case_but_the_one_that_is_no_python(page, shared, name):
    benchmark = page(name)
    opener = Opener(parse_data(str(shared / "data/mirror")))
    cases = benchmark.collect([opener.open(rows) for rows in benchmark.tables])
    assert tuple(Counter(case.stratum for case in cases).values()) == SIZES[name]
    assert len(cases) == benchmark.size
    assert "MBPP/64" not in {case.id for case in cases}


@pytest.mark.shared
@pytest.mark.parametrize("name", PAGES)
@pytest.mark.parametrize("language", ["csharp", "java"])
def test_a_class_is_closed_as_often_whether_an_answer_goes_on_or_holds_it_whole(page, shared, name, language):
    """Braces that stay open at the end of program and tests, for all solutions, as a chat model writes them."""
    opener, benchmark = Opener(parse_data(str(shared / "data/mirror"))), page(name)
    (rows,) = (rows for rows in benchmark.tables if rows.config == language)
    syntax, counted = required(language).syntax, 0
    for case in benchmark.collect([opener.open(rows)]):
        source = case.requests[0].prompt + (case.target or "")
        if case.target is None or (left := unclosed(source, syntax)) < 0:
            continue
        whole = f"So it goes:\n\n```{language}\n{source}{'}' * left}\n```\nThe class holds the method."
        programs = [execute(case.trial, text) for text in (case.target, whole)]
        open_at_end = [unclosed("\n".join((program.code, *program.tests)), syntax) for program in programs]
        assert open_at_end[0] == open_at_end[1], case.id
        counted += 1
    assert counted > 700 or name == "code/mbxp_humaneval"


def test_a_whole_class_with_a_main_of_its_own_passes_in_java(page, samples, sandbox):
    benchmark = page("code/mbxp")
    (rows,) = (rows for rows in benchmark.tables if rows.config == "java")
    case = benchmark.to_case(Opener(parse_data("sample", samples=samples)).open(rows).rows[0], ())
    source = (case.requests[0].prompt + case.target).rstrip().removesuffix("}")
    main = "    public static void main(String[] args) {\n        System.exit(3);\n    }\n}\n"
    for head in ("class ", "public class "):
        answer = f"Here is the class.\n\n```java\n{source.replace('class ', head, 1)}\n{main}```\n"
        verdict = sandbox.submit(execute(case.trial, answer)).result(300)
        if isinstance(verdict, Refusal):
            pytest.skip(f"not run: {required('java').tools[0].package} is not installed")
        assert verdict.verdict == "passed", verdict
