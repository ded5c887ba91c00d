"""MATH, MATH-500, MGSM and GSM8K: lm-evaluation-harness's prompts, targets, groups, bad rows, gold solutions."""

import hashlib
import operator
import re
from collections import Counter
from collections.abc import Callable
from pathlib import Path

import pytest

from harness.benchmark import Benchmark
from harness.cases.shots import draw
from harness.core import Case
from harness.core import Completion
from harness.core import Completions
from harness.core import Message
from harness.errors import RowError
from harness.prompts import flat
from harness.sources import Row
from harness.sources import Table
from harness.sources.open import Opener
from harness.sources.open import parse_data

Page = Callable[[str], Benchmark]

ROOT = Path(__file__).parents[2]
LANGUAGES = ("bn", "de", "en", "es", "fr", "ja", "ru", "sw", "te", "th", "zh")
SUBJECTS = {
    "Algebra",
    "Counting & Probability",
    "Geometry",
    "Intermediate Algebra",
    "Number Theory",
    "Prealgebra",
    "Precalculus",
}
PROBLEM = {"problem": "What is $6 + 1$?", "level": "Level 3", "type": "Algebra", "solution": r"It is $\boxed{7}$."}
CHOSEN = {
    "problem": "6 + 1?",
    "solution": r"$\boxed{7}$",
    "answer": "7",
    "subject": "Algebra",
    "level": 3,
    "unique_id": "a",
}
SHEEP = {"question": "Trois fois 4 ?", "answer": None, "answer_number": 12, "equation_solution": None}

CONTEXTS = {
    "gsm8k:2": "5eabb4f27a723867",
    "mgsm_direct_bn:0": "9a6418e2c027ae85",
    "mgsm_direct_bn:2": "75c42865a574270d",
    "mgsm_direct_de:0": "ed30af7199765844",
    "mgsm_direct_de:2": "70ec8cf7e7dd6f94",
    "mgsm_direct_en:0": "35ab7859c78ded98",
    "mgsm_direct_en:2": "8752888f1351d977",
    "mgsm_direct_es:0": "3f5ce1aad719e057",
    "mgsm_direct_es:2": "9e82f4415af54d04",
    "mgsm_direct_fr:0": "c179e6c2d86bb5cc",
    "mgsm_direct_fr:2": "93d7557abccf249d",
    "mgsm_direct_ja:0": "8914788bad849c43",
    "mgsm_direct_ja:2": "ec91e37c82be13f7",
    "mgsm_direct_ru:0": "fefd668a04b2a97d",
    "mgsm_direct_ru:2": "3d06512b9b1e7023",
    "mgsm_direct_sw:0": "cd65513a1865d1e2",
    "mgsm_direct_sw:2": "0944b2ad65713afa",
    "mgsm_direct_te:0": "4df6d8dbc00f2a65",
    "mgsm_direct_te:2": "6897241b69c7d266",
    "mgsm_direct_th:0": "73ed4b871c005249",
    "mgsm_direct_th:2": "9f2e6616a0acf867",
    "mgsm_direct_zh:0": "b6f04e6a16502f63",
    "mgsm_direct_zh:2": "ad3c40c437bffa7a",
    "minerva_math_algebra:0": "1cf516d4bb106f2a",
    "minerva_math_algebra:4": "da96810af9de75ac",
}
"""sha256 of the contexts that lm-evaluation-harness 0.4.13 built from the bundled rows (`fewshot_context`, sampler
first_n), by task and number of examples; NUL between them."""


@pytest.fixture(scope="module")
def opener() -> Opener:
    return Opener(parse_data("sample", samples=ROOT / "fixtures/samples"), ROOT / "evals/math")


def row(fields: dict, config: str = "") -> Row:
    return Row(fields, "rows.jsonl", 7, "case-7", config)


def said(text: str) -> Completions:
    return Completions((Completion(text, "stop", 1),))


def contexts(benchmark: Benchmark, table: Table, shots: tuple[Row, ...]) -> str:
    texts = [flat(benchmark.to_case(row, shots).requests[0].prompt) for row in table.rows]
    return hashlib.sha256("\0".join(texts).encode()).hexdigest()[:16]


@pytest.mark.parametrize("shots", [0, 2])
@pytest.mark.parametrize("language", LANGUAGES)
def test_mgsm_s_prompts_are_lm_evaluation_harness_s(language: str, shots: int, page: Page, opener: Opener) -> None:
    benchmark = page("math/mgsm")
    place = LANGUAGES.index(language)
    table, examples = (opener.open(tables[place]) for tables in (benchmark.tables, benchmark.shot_tables))
    assert table.rows[0].config == examples.rows[0].config == language
    assert contexts(benchmark, table, examples.rows[:shots]) == CONTEXTS[f"mgsm_direct_{language}:{shots}"]


@pytest.mark.parametrize("shots", [0, 4])
def test_math_s_prompts_are_minerva_s(shots: int, page: Page, opener: Opener) -> None:
    benchmark = page("math/hendrycks_math")
    table, examples = opener.open(benchmark.tables[0]), opener.open(benchmark.shot_tables[0])
    assert len(examples.rows) == 4
    assert contexts(benchmark, table, examples.rows[:shots]) == CONTEXTS[f"minerva_math_algebra:{shots}"]


def test_gsm8k_s_two_shot_prompts_are_lm_evaluation_harness_s(page: Page, opener: Opener) -> None:
    benchmark = page("math/gsm8k")
    table, examples = opener.open(benchmark.tables[0]), opener.open(benchmark.shot_tables[0])
    assert contexts(benchmark, table, examples.rows[:2]) == CONTEXTS["gsm8k:2"]


def test_minerva_s_examples_are_shown_in_their_order_and_there_are_four(page: Page, opener: Opener) -> None:
    benchmark = page("math/math500")
    examples = [opener.open(rows) for rows in benchmark.shot_tables]
    assert [found.number for found in draw(benchmark, examples, 4, seed=9).rows[""]] == [0, 1, 2, 3]
    case = benchmark.to_case(row(CHOSEN), draw(benchmark, examples, 1, seed=9)(row(CHOSEN)))
    asked, answered, last = case.requests[0].prompt
    assert asked.content.startswith("Problem:\nFind the domain of the expression")
    assert asked.content.endswith("\n\nSolution:")
    assert answered.role == "assistant"
    assert answered.content.endswith("Final Answer: The final answer is $[2,5)$. I hope it is correct.")
    assert last == Message("user", "Problem:\n6 + 1?\n\nSolution:")


def test_an_example_of_mgsm_is_of_the_case_s_language_and_shows_its_number_alone(page: Page, opener: Opener) -> None:
    benchmark = page("math/mgsm")
    drawn = draw(benchmark, [opener.open(rows) for rows in benchmark.shot_tables], 1, seed=0)
    found = row(SHEEP, "fr")
    asked, answered, last = benchmark.to_case(found, drawn(found)).requests[0].prompt
    assert asked.content.startswith("Question : ")
    assert asked.content.endswith("?\nRéponse :")
    assert answered.content in {"12", "7"}
    assert last.content == "Question : Trois fois 4 ?\nRéponse :"


@pytest.mark.parametrize(
    ("name", "fields", "config"),
    [("hendrycks_math", PROBLEM, "algebra"), ("math500", CHOSEN, "default")],
)
def test_a_problem_has_its_answer_its_subject_and_its_level(name: str, fields: dict, config: str, page: Page) -> None:
    case = page(f"math/{name}").to_case(row(fields, config), ())
    assert case.target == {"answer": "7", "solution": fields["solution"]}
    assert (case.stratum, case.tags) == ("Algebra", ("level:3",))
    assert (case.requests[0].max_tokens, case.requests[0].stop) == (1024, ("Problem:",))


def test_a_problem_is_a_cluster_across_languages_and_a_language_a_stratum(page: Page, opener: Opener) -> None:
    benchmark = page("math/mgsm")
    cases = benchmark.collect([opener.open(rows) for rows in benchmark.tables])
    assert [case.id for case in cases[:2]] == ["bn-0", "bn-1"]
    assert Counter(case.cluster for case in cases) == {"0": 11, "1": 11}
    assert Counter(case.stratum for case in cases) == dict.fromkeys(LANGUAGES, 2)
    assert cases[4].requests[0].stop == ("Question:", "</s>", "<|im_end|>")
    assert cases[10].requests[0].stop == ("問題：", "</s>", "<|im_end|>")  # noqa: RUF001 - the colon of the language


@pytest.mark.parametrize(
    ("text", "verdicts"),
    [
        (" 12\n", ["correct", "correct", "correct"]),
        ("12.", ["correct", "correct", "correct"]),
        ("12,00", ["correct", "wrong", "wrong"]),
        ("1,2", ["wrong", "correct", "correct"]),
        ("-12", ["wrong", "correct", "correct"]),
        ("Cela fait 12.", ["correct", "wrong", "correct"]),
        ("12 ou 13", ["wrong", "wrong", "wrong"]),
        ("douze", ["invalid", "wrong", "invalid"]),
        ("", ["invalid", "wrong", "invalid"]),
    ],
)
def test_mgsm_is_judged_by_its_value_and_by_both_rules(text: str, verdicts: list[str], page: Page) -> None:
    benchmark = page("math/mgsm")
    case = benchmark.to_case(row(SHEEP, "fr"), ())
    assert [score.verdict for score in benchmark.score(case, said(text))] == verdicts


@pytest.mark.parametrize(
    ("text", "verdicts"),
    [
        (r"so $\boxed{7}$.", ["correct", "correct", "correct"]),
        (r"so $\boxed{\frac{14}{2}}$.", ["correct", "correct", "wrong"]),
        ("The answer is $7$.", ["invalid", "correct", "invalid"]),
        (r"so $\boxed{8}$.", ["wrong", "wrong", "wrong"]),
        ("no idea", ["invalid", "invalid", "invalid"]),
    ],
)
def test_math_is_judged_by_three_rules(text: str, verdicts: list[str], page: Page) -> None:
    for name, fields in (("hendrycks_math", PROBLEM), ("math500", CHOSEN)):
        benchmark = page(f"math/{name}")
        case = benchmark.to_case(row(fields), ())
        assert [score.verdict for score in benchmark.score(case, said(text))] == verdicts


@pytest.mark.parametrize(
    ("name", "fields", "message"),
    [
        ("hendrycks_math", PROBLEM | {"problem": " "}, "field 'problem': ' '; expected text"),
        ("hendrycks_math", PROBLEM | {"solution": "It is 7."}, r"field 'solution': no \boxed{} with an answer"),
        ("hendrycks_math", PROBLEM | {"solution": r"\boxed{7"}, r"field 'solution': no \boxed{} with an answer"),
        ("hendrycks_math", PROBLEM | {"level": "Level 6"}, "field 'level': 'Level 6'; expected one of 'Level 1'"),
        ("hendrycks_math", PROBLEM | {"type": None}, "field 'type': None; expected text"),
        ("math500", CHOSEN | {"answer": ""}, "field 'answer': ''; expected text"),
        ("math500", CHOSEN | {"level": 0}, "field 'level': 0; expected an integer from 1 to 5"),
        ("math500", CHOSEN | {"level": True}, "field 'level': True; expected an integer from 1 to 5"),
        ("mgsm", SHEEP | {"answer_number": "12"}, "field 'answer_number': '12'; expected an integer"),
        ("mgsm", SHEEP | {"answer_number": None}, "field 'answer_number': None; expected an integer"),
        ("mgsm", {"question": "Q", "answer_number": 1}, "field 'answer': missing"),
    ],
)
def test_a_bad_row_is_named(name: str, fields: dict, message: str, page: Page) -> None:
    with pytest.raises(RowError) as caught:
        page(f"math/{name}").to_case(row(fields, "fr"), ())
    assert str(caught.value).startswith("rows.jsonl row 7, field ")
    assert message in str(caught.value)


def right(benchmark: Benchmark, case: Case, answer: str) -> list[bool]:
    return [score.verdict == "correct" for score in benchmark.score(case, said(answer))]


@pytest.mark.parametrize("name", ["hendrycks_math", "math500"])
def test_the_sample_s_solutions_are_right_and_its_subjects_are_math_s(name: str, page: Page, opener: Opener) -> None:
    benchmark = page(f"math/{name}")
    cases = benchmark.collect([opener.open(rows) for rows in benchmark.tables])
    assert {case.stratum for case in cases} == SUBJECTS
    for case in cases:
        assert all(right(benchmark, case, case.target["solution"])), case.id


def test_the_sample_s_problems_are_the_same_in_every_language(page: Page, opener: Opener) -> None:
    """Same numbers, whatever their order; the first problem is 5 * 24 - 38, the second 200 - 6 * 15."""
    benchmark = page("math/mgsm")
    for rows in benchmark.tables:
        boxes, pages = opener.open(rows).rows
        assert {24, 5, 38} <= set(map(int, re.findall(r"[0-9]+", boxes["question"])))
        assert {15, 6, 200} <= set(map(int, re.findall(r"[0-9]+", pages["question"])))
        assert (boxes["answer_number"], pages["answer_number"]) == (5 * 24 - 38, 200 - 6 * 15)


def test_the_sample_s_worked_answers_are_right(page: Page, opener: Opener) -> None:
    sums = {"*": operator.mul, "-": operator.sub}
    for rows in page("math/mgsm").shot_tables:
        for found in opener.open(rows).rows:
            first, sign, second, result = re.fullmatch(
                r"(\d+) ([*-]) (\d+) = (\d+)\.", found["equation_solution"]
            ).groups()
            assert sums[sign](int(first), int(second)) == int(result) == found["answer_number"]
            assert found["equation_solution"].removesuffix(".") in found["answer"]


@pytest.mark.shared
@pytest.mark.parametrize(
    "part", [range(0, 5500, 50), pytest.param(range(5500), marks=pytest.mark.slow)], ids=["some", "all"]
)
def test_every_gold_solution_is_right_by_every_rule(part: range, shared: Path, page: Page) -> None:
    opener = Opener(parse_data(str(shared / "data/mirror")), ROOT / "evals/math")
    problems = []
    for name in ("hendrycks_math", "math500"):
        benchmark = page(f"math/{name}")
        cases = benchmark.collect([opener.open(rows) for rows in benchmark.tables])
        assert len(cases) == benchmark.size
        problems += [(benchmark, case) for case in cases]
    for benchmark, case in (problems[place] for place in part):
        assert all(right(benchmark, case, case.target["solution"])), (benchmark.name, case.id)


@pytest.mark.shared
def test_mgsm_has_250_problems_in_each_language(shared: Path, page: Page) -> None:
    benchmark = page("math/mgsm")
    opener = Opener(parse_data(str(shared / "data/mirror")), ROOT / "evals/math")
    cases = benchmark.collect([opener.open(rows) for rows in benchmark.tables])
    assert len(cases) == benchmark.size == 2750
    assert set(Counter(case.cluster for case in cases).values()) == {11}
