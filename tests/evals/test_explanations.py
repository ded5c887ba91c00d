"""Code explained: what the pages take for the reference, and the rows of every language."""

from collections import Counter
from collections.abc import Callable
from pathlib import Path

import pytest

from harness.benchmark import Benchmark
from harness.errors import RowError
from harness.sources import Row
from harness.sources.open import Opener
from harness.sources.open import parse_data

Page = Callable[[str], Benchmark]
NAME = "code_explanation/humaneval_x_explain"
DECLARATION = {
    "python": "def oven(a, b):\n",
    "js": "const oven = (a, b) => {\n",
    "java": "class Solution {\n    public int oven(List<Integer> a, int b) {\n",
    "cpp": "#include<vector>\nvector<int> oven(vector<int> a,int b){\n",
    "go": "func oven(a []int, b int) (int, error) {\n",
    "rust": "use std::fmt;\nfn oven<'a>(a: &'a str) -> usize{\n",
}


def row(prompt: str, language: str = "python", **changed: str) -> Row:
    fields = {
        "task_id": f"{language}/7",
        "prompt": prompt,
        "declaration": DECLARATION[language],
        "canonical_solution": "    bake\n",
    }
    return Row(fields | changed, "rows.jsonl", 7, f"{language}/7", language)


def asked(page: Page, found: Row) -> str:
    return str(page(NAME).to_case(found, ()).target)


def test_the_model_is_shown_declaration_and_solution(page: Page) -> None:
    case = page(NAME).to_case(row("/* Bakes a and b. */", "js"), ())
    assert case.requests[0].prompt == (
        "Explain what the following JavaScript code snippet does.\n\nconst oven = (a, b) => {\n    bake\n\nExplanation:"
    )
    assert (case.requests[0].stop, case.requests[0].max_tokens) == ((".\n",), 192)
    assert (case.id, case.target, case.cluster, case.stratum) == ("js/7", "Bakes a and b.", "7", "js")


@pytest.mark.parametrize(
    ("language", "prompt"),
    [
        ("python", 'def f(x):\n    """ Another. """\n\ndef oven(a, b):\n    """ Bakes a\n    and b.\n\n    """\n'),
        ("python", "def oven(a, b):\n    '''Bakes a\n    and b.'''\n"),
        ("js", "/*Another.*/\nconst f = 0\n/* Bakes a\n  and b.\n  */\nconst oven = (a, b) => {\n"),
        ("java", "class Solution {\n    /**\n    Bakes a\n    * and b.\n     */\n    public int oven(int a) {\n"),
        ("cpp", "/*\nBakes a\nand b.\n*/\n#include<vector>\nint oven(int a){\n"),
        ("cpp", "int f(){\n    /* Another. */\n}\nint oven(int a){\n    // Bakes a\n    //and b.\n"),
        ("go", "import (\n)\n\n// Another.\nfunc F() {\n}\n// Bakes a\n// and b.\nfunc oven() {\n"),
        ("rust", "\n/*\n Bakes a\n    and b.\n    \n*/\n"),
    ],
)
def test_the_last_comment_is_the_reference(page: Page, language: str, prompt: str) -> None:
    assert asked(page, row(prompt, language)) == "Bakes a and b."


@pytest.mark.parametrize(
    "example",
    [">>> oven(1, 2)", "Example:", "Examples", "For example:", "for example", "Input: a = 1", "oven(1, 2) == 3"],
)
@pytest.mark.parametrize("language", list(DECLARATION))
def test_it_ends_where_examples_begin(page: Page, language: str, example: str) -> None:
    lines = ["Bakes a, for example, in oven().", example, "3", "Notes behind it are lost."]
    prompt = "\n".join(f"// {line}" for line in lines) if language == "go" else "\n".join(["/*", *lines, "*/"])
    quoted = '"""' + "\n".join(lines) + '"""'
    found = asked(page, row(quoted if language == "python" else prompt, language))
    assert found == "Bakes a, for example, in oven()."


@pytest.mark.parametrize(
    ("field", "value", "found"),
    [
        ("prompt", "def oven(a, b):\n", "no comment in it; expected one that says what the function does"),
        ("prompt", '""">>> oven(1)"""', "an example is all its comment has; expected what the function does"),
        ("declaration", "oven", "'oven'; expected a function's"),
        ("task_id", "7", "'7'; expected a language and a number, as Python/0"),
    ],
)
def test_a_row_without_a_reference_is_refused(page: Page, field: str, value: str, found: str) -> None:
    with pytest.raises(RowError) as caught:
        page(NAME).to_case(row(**{"prompt": '"""Bakes."""', field: value}), ())
    assert str(caught.value) == f"rows.jsonl row 7, field {field!r}: {found}"


def test_the_sample_s_python_does_what_its_own_tests_say(page: Page, samples: Path) -> None:
    python, *_ = page(NAME).tables
    for found in Opener(parse_data("sample", samples=samples)).open(python).rows:
        exec(found["declaration"] + found["canonical_solution"] + "\n" + found["test"], {})


@pytest.mark.shared
def test_every_row_of_a_mirror_has_a_reference(page: Page, shared: Path) -> None:
    benchmark = page(NAME)
    opener = Opener(parse_data(str(shared / "data/mirror")))
    cases = benchmark.collect([opener.open(rows) for rows in benchmark.tables])
    assert Counter(case.stratum for case in cases) == dict.fromkeys(DECLARATION, 164)
    assert {Counter(case.cluster for case in cases)[cluster] for cluster in map(str, range(164))} == {6}
    by_id = {case.id: str(case.target) for case in cases}
    assert by_id["Python/55"] == by_id["Rust/55"] == "Return n-th Fibonacci number."
    for case in cases:
        assert ">>>" not in str(case.target)
        assert str(case.target) not in " ".join(str(case.requests[0].prompt).split())
    lengths = sorted(len(str(case.target).split()) for case in cases)
    assert (lengths[len(lengths) // 2], lengths[len(lengths) * 9 // 10], lengths[-1]) == (31, 79, 217)
