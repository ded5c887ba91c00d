"""MMLU: its prompts with and without solved examples, and the answers lm-evaluation-harness 0.4.13 logged."""

import json
from collections import Counter
from collections.abc import Callable
from pathlib import Path

import pytest

from harness.benchmark import Benchmark
from harness.cases.shots import draw
from harness.core import Case
from harness.core import LogLikelihoods
from harness.errors import RowError
from harness.errors import UsageError
from harness.sources import Row
from harness.sources.open import Data
from harness.sources.open import Opener

SUBJECTS = ("abstract_algebra", "high_school_us_history", "moral_scenarios", "professional_law")
TEA = {"question": " Is tea a drink? ", "subject": "world_tea", "choices": ["Yes", "No ", "2", "?"], "answer": 0}

Page = Callable[[str], Benchmark]


@pytest.fixture
def mmlu(page: Page) -> Benchmark:
    return page("language/mmlu")


def row(fields: dict) -> Row:
    return Row(fields, "rows.jsonl", 7, "all-7", "all")


def test_the_subject_is_named_the_question_stripped_and_the_choices_left_as_they_are(mmlu: Benchmark) -> None:
    case = mmlu.to_case(row(TEA), ())
    context = (
        "The following are multiple choice questions (with answers) about world tea.\n\n"
        "Is tea a drink?\nA. Yes\nB. No \nC. 2\nD. ?\nAnswer:"
    )
    assert case.requests[0].pairs == tuple((context, f" {letter}") for letter in "ABCD")
    assert (case.id, case.target, case.stratum, case.cluster) == ("all-7", 0, "world_tea", None)


def test_solved_examples_stand_between_the_subject_and_the_question(mmlu: Benchmark) -> None:
    milk = TEA | {"question": "Is milk?", "answer": 3}
    context = mmlu.to_case(row(TEA), (row(milk), row(milk))).requests[0].pairs[0][0]
    solved = "Is milk?\nA. Yes\nB. No \nC. 2\nD. ?\nAnswer: D\n\n"
    assert context.count(solved) == 2
    assert context.startswith(
        f"The following are multiple choice questions (with answers) about world tea.\n\n{solved}"
    )
    assert context.endswith(f"{solved}Is tea a drink?\nA. Yes\nB. No \nC. 2\nD. ?\nAnswer:")


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        ({"choices": ["a", "b", "c"]}, "field 'choices': ['a', 'b', 'c']; expected a list of 4 texts"),
        ({"choices": ["a", "b", "c", " "]}, "field 'choices': ['a', 'b', 'c', ' ']; expected a list of 4 texts"),
        ({"choices": "abcd"}, "field 'choices': 'abcd'; expected a list of 4 texts"),
        ({"answer": 4}, "field 'answer': 4; expected an integer from 0 to 3"),
        ({"subject": ""}, "field 'subject': ''; expected text"),
        ({"question": None}, "field 'question': None; expected text"),
    ],
)
def test_a_bad_row_is_named(fields: dict, message: str, mmlu: Benchmark) -> None:
    with pytest.raises(RowError) as caught:
        mmlu.to_case(row(TEA | fields), ())
    assert str(caught.value) == f"rows.jsonl row 7, {message}"


def sampled(mmlu: Benchmark, samples: Path, shots: int) -> tuple[Case, ...]:
    opener = Opener(Data("sample", samples))
    return mmlu.collect([opener.open(mmlu.tables[0])], draw(mmlu, [opener.open(mmlu.shot_tables[0])], shots, 0))


@pytest.mark.parametrize("shots", [0, 2, 5])
def test_a_case_is_shown_the_first_examples_of_its_own_subject(shots: int, mmlu: Benchmark, samples: Path) -> None:
    cases = sampled(mmlu, samples, shots)
    lines = (samples / "cais/mmlu/all/dev.jsonl").read_text(encoding="utf-8").splitlines()
    for case in cases:
        context = case.requests[0].pairs[0][0]
        own = [found for line in lines if (found := json.loads(line))["subject"] == case.stratum][:shots]
        asked = [block.split("\nA. ")[0] for block in context.split("\n\n")[1:]]
        assert asked[:-1] == [found["question"] for found in own]
    assert len({case.stratum for case in cases}) == 3


def test_more_examples_than_a_subject_has_are_refused(mmlu: Benchmark, samples: Path) -> None:
    with pytest.raises(UsageError, match=r"--shots 6: cais/mmlu/all/dev has 5 rows for 'elementary_mathematics'"):
        sampled(mmlu, samples, 6)


def test_the_samples_have_every_answer_alike_often(mmlu: Benchmark, samples: Path) -> None:
    assert Counter(case.target for case in sampled(mmlu, samples, 0)) == {0: 3, 1: 3, 2: 3, 3: 3}


@pytest.mark.shared
@pytest.mark.parametrize("shots", [0, 2])
def test_prompts_and_verdicts_are_lm_evaluation_harness_s(shots: int, mmlu: Benchmark, shared: Path) -> None:
    opener = Opener(Data("mirror", shared / "data" / "mirror"))
    drawn = draw(mmlu, [opener.open(rows) for rows in mmlu.shot_tables] if shots else [], shots, 0)
    cases = {case.id: case for case in mmlu.collect([opener.open(mmlu.tables[0])], drawn)}
    assert len(cases) == 14_042
    assert len({case.stratum for case in cases.values()}) == 57
    for subject in SUBJECTS:
        path = shared / "parity" / f"mmlu_{subject}{f'_{shots}shot' if shots else ''}.jsonl"
        docs = [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]
        assert len(docs) == 24
        for doc in docs:
            agree(mmlu, cases[f"all-{doc['mirror_index']}"], subject, doc)


def agree(mmlu: Benchmark, case: Case, subject: str, doc: dict) -> None:
    """The case asks what was logged, and the logged answer is judged as there."""
    assert case.stratum == subject
    assert case.requests[0].pairs == tuple((doc["prompt"], continuation) for continuation in doc["continuations"])
    values = tuple(doc["loglikelihoods"])
    (score,) = mmlu.score(case, LogLikelihoods(values, (1,) * len(values), tuple(doc["greedy"])))
    assert (case.target, score.stats[0]) == (doc["target"], doc["metrics"]["acc"])
