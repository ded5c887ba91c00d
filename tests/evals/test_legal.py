"""LegalBench's pages: the tasks they ask, and every train row of a mirror."""

from collections import Counter
from collections.abc import Callable
from pathlib import Path

import pytest

from harness.benchmark import Benchmark
from harness.sources import Row
from harness.sources.open import Opener
from harness.sources.open import parse_data
from harness.sources.questions import read_questions

Page = Callable[[str], Benchmark]
EVALS = Path(__file__).parents[2] / "evals" / "legal"
QUESTIONS = read_questions(EVALS / "legalbench.toml")
LEFT_OUT = {
    "citation_prediction_open",
    "definition_extraction",
    "rule_qa",
    "sara_numeric",
    "scalr",
    "ssla_company_defendants",
    "ssla_individual_defendants",
    "ssla_plaintiff",
    "successor_liability",
}
KINDS = {"issue": 17, "rule": 3, "conclusion": 11, "interpretation": 114, "rhetoric": 8}
"""The tasks of LegalBench's own division (tasks.py of its repository) without those left out."""


def test_each_kind_of_reasoning_has_its_tasks() -> None:
    assert Counter(tag for question in QUESTIONS.values() for tag in question.tags) == {
        f"reasoning:{kind}": count for kind, count in KINDS.items()
    }
    assert len(QUESTIONS) + len(LEFT_OUT) == 162
    assert not LEFT_OUT & set(QUESTIONS)


def test_the_page_names_what_it_leaves_out() -> None:
    said = (EVALS / "legalbench.py").read_text()
    for task in LEFT_OUT:
        assert f"`{task}`" in said or (task.startswith("ssla_") and "three `ssla_`" in said)


def test_a_question_ends_as_one_and_has_no_place_left_to_fill() -> None:
    for task, question in QUESTIONS.items():
        assert question.ask[-1] in "?.", task
        assert "{" not in question.ask, task
        assert len(question.answers) <= 10


@pytest.mark.parametrize("name", ["legalbench", "legalbench_train"])
def test_a_task_is_a_stratum(page: Page, name: str) -> None:
    fields = {"index": "0", "text": "The laws of Utah govern this lease.", "answer": "Yes", "document_name": "a.pdf"}
    case = page(f"legal/{name}").to_case(Row(fields, "rows.jsonl", 0, "x-0", "cuad_governing_law"), ())
    assert case.requests[0].pairs[0] == (
        (
            "Does this clause of a commercial contract state whose law governs the contract? "
            "Answer with one of: Yes, No.\n\n"
            "Clause: The laws of Utah govern this lease.\nAnswer:"
        ),
        " Yes",
    )
    assert (case.target, case.stratum, case.tags) == (0, "cuad_governing_law", ("reasoning:interpretation",))


@pytest.mark.shared
def test_every_train_row_of_a_mirror_has_an_answer_its_task_has(page: Page, shared: Path) -> None:
    benchmark = page("legal/legalbench_train")
    opener = Opener(parse_data(str(shared / "data/mirror")))
    cases = benchmark.collect([opener.open(rows) for rows in benchmark.tables])
    assert len(cases) == benchmark.size
    seen = {(case.stratum, case.target) for case in cases}
    for task, question in QUESTIONS.items():
        # the examples show every answer of a task but those whose answers are letters
        expected = len(question.answers) if not task.startswith("maud_") else 1
        assert sum(stratum == task for stratum, _ in seen) == expected, task
