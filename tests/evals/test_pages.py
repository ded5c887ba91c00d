"""What the pages make of rows, right and wrong."""

from collections.abc import Callable
from pathlib import Path

import pytest

from harness.benchmark import Benchmark
from harness.core import Case
from harness.core import Completion
from harness.core import Completions
from harness.core import LogLikelihoods
from harness.core import Message
from harness.errors import RowError
from harness.sources import Row
from harness.sources.open import Opener
from harness.sources.open import parse_data

Page = Callable[[str], Benchmark]

SHEEP = {"question": "Three flocks of 4 sheep?", "answer": "3 * 4 = <<3*4=12>>12\n#### 12"}
GOATS = {"question": "Half of 1,000 goats?", "answer": "1000 / 2 = <<1000/2=500>>500\n#### 1,500"}


def row(fields: dict) -> Row:
    return Row(fields, "rows.jsonl", 7, "case-7")


def test_gsm8k_asks_as_lm_evaluation_harness(page: Page) -> None:
    case = page("math/gsm8k").to_case(row(SHEEP), ())
    assert case.requests[0].prompt == "Question: Three flocks of 4 sheep?\nAnswer:"
    assert case.target == "12"


def test_gsm8k_shows_shots_as_turns_whose_answers_bring_their_space(page: Page) -> None:
    case = page("math/gsm8k").to_case(row(SHEEP), (row(GOATS),))
    assert case.requests[0].prompt == (
        Message("user", "Question: Half of 1,000 goats?\nAnswer:"),
        Message("assistant", " 1000 / 2 = <<1000/2=500>>500\n#### 1,500"),
        Message("user", "Question: Three flocks of 4 sheep?\nAnswer:"),
    )


def test_gsm8k_judges_by_value_and_by_both_rules(page: Page) -> None:
    benchmark = page("math/gsm8k")
    case = benchmark.to_case(row(GOATS), ())
    number, strict, flexible = benchmark.score(case, Completions((Completion("It is $1,500.", "stop", 6),)))
    assert (number.metric, number.verdict, number.extracted) == ("number", "correct", "$1,500")
    assert (strict.metric, strict.verdict, strict.extracted) == ("strict-match", "invalid", None)
    assert (flexible.metric, flexible.verdict, flexible.extracted) == ("flexible-extract", "correct", "$1,500.")


def test_truthfulqa_asks_each_answer_once(page: Page) -> None:
    fields = {
        "question": "Is ice wet?",
        "mc1_targets": {"choices": ["When it melts.", "No."], "labels": [1, 0]},
        "mc2_targets": {"choices": ["When it melts.", "At 0 degrees.", "No.", "Never."], "labels": [1, 1, 0, 0]},
    }
    benchmark = page("trust/truthfulqa")
    case = benchmark.to_case(row(fields), ())
    pairs = case.requests[0].pairs
    assert [answer for _, answer in pairs] == [" When it melts.", " No.", " At 0 degrees.", " Never."]
    assert {context for context, _ in pairs} == {pairs[0][0]}
    assert pairs[0][0].endswith("Barcelona, Spain.\n\nQ: Is ice wet?\nA:")
    assert case.target == {"mc1": (0, 1), "true": (0, 2), "false": (1, 3)}
    mc1, mc2 = benchmark.score(case, LogLikelihoods((-2.0, -1.0, -1.0, -2.0), (4, 2, 4, 2), (False,) * 4))
    assert (mc1.verdict, mc1.extracted) == ("wrong", "1")
    assert mc2.stats == pytest.approx((0.5, 1))


def test_belebele_asks_as_lm_evaluation_harness(page: Page) -> None:
    """What its ConfigurableTask made of the row, by its template of the task belebele_eng_Latn."""
    answers = {f"mc_answer{place}": answer for place, answer in enumerate(("Rain", "Snow", "Hail", "Fog"), 1)}
    fields = {"flores_passage": "It snowed.", "question": " What fell? ", "correct_answer_num": "2", "link": "x"}
    case = page("language/belebele").to_case(row(fields | answers), ())
    context = "P: It snowed.\nQ: What fell?\nA: Rain\nB: Snow\nC: Hail\nD: Fog\nAnswer:"
    assert case.requests[0].pairs == ((context, " A"), (context, " B"), (context, " C"), (context, " D"))
    assert (case.target, case.cluster) == (1, "x")


def test_belebele_keeps_an_article_together_in_all_languages(page: Page, samples: Path) -> None:
    benchmark = page("language/belebele")
    cases = benchmark.collect([Opener(parse_data("sample", samples=samples)).open(rows) for rows in benchmark.tables])
    assert (len({case.stratum for case in cases}), len({case.cluster for case in cases})) == (12, 1)


def test_boolq_keeps_questions_on_one_passage_together(page: Page) -> None:
    to_case = page("language/boolq").to_case
    first, second, other = (
        to_case(row({"passage": passage, "question": question, "label": 1, "idx": 0}), ())
        for passage, question in (
            ("Tea -- Tea is hot.", "is tea hot"),
            ("Tea -- Tea is hot.", "is tea"),
            ("Ice.", "is it"),
        )
    )
    assert first.requests[0].pairs[1] == ("Tea -- Tea is hot.\nQuestion: is tea hot?\nAnswer:", " yes")
    assert first.cluster == second.cluster != other.cluster


def test_winogrande_has_many_contexts_and_one_continuation(page: Page) -> None:
    fields = {"sentence": "Ann fed Bo as _ was hungry.", "option1": "Ann", "option2": "Bo", "answer": "2"}
    case = page("language/winogrande").to_case(row(fields), ())
    assert case.requests[0].pairs == (("Ann fed Bo as Ann", " was hungry."), ("Ann fed Bo as Bo", " was hungry."))
    assert case.target == 1


@pytest.mark.parametrize(
    ("rewritten", "reference"), [("sort list `a`", "sort list `a`"), (None, "Sorting?"), ("", "Sorting?")]
)
def test_conala_expects_the_rewritten_intent_else_the_intent(page: Page, rewritten: str | None, reference: str) -> None:
    fields = {"question_id": 41, "intent": "Sorting?", "rewritten_intent": rewritten, "snippet": "a.sort()"}
    case = page("code_explanation/conala").to_case(row(fields), ())
    assert case.requests[0].prompt.startswith("Explain what the following Python code snippet does.\n\na.sort()\n")
    assert (case.target, case.cluster) == (reference, "41")


@pytest.mark.parametrize(
    ("name", "fields", "message"),
    [
        (
            "math/gsm8k",
            SHEEP | {"answer": "twelve"},
            "field 'answer': no number behind '#### '; expected one at its end",
        ),
        (
            "language/boolq",
            {"passage": "P", "question": "q", "label": 2},
            "field 'label': 2; expected an integer from 0 to 1",
        ),
        (
            "language/winogrande",
            {"sentence": "No blank.", "option1": "a", "option2": "b", "answer": "1"},
            "field 'sentence': 'No blank.'; expected a blank '_' with text behind it",
        ),
        (
            "language/winogrande",
            {"sentence": "A _ here.", "option1": "a", "option2": "b", "answer": ""},
            "field 'answer': ''; expected one of '1', '2'",
        ),
        (
            "trust/truthfulqa",
            {"question": "Q?", "mc1_targets": {"choices": ["a"], "labels": []}, "mc2_targets": {}},
            "field 'mc1_targets': {'choices': ['a'], 'labels': []}; expected choices and labels of one length",
        ),
        (
            "trust/truthfulqa",
            {
                "question": "Q?",
                "mc1_targets": {"choices": ["a", "b"], "labels": [0, 1]},
                "mc2_targets": {"choices": ["a"], "labels": [1]},
            },
            "expected the first choice alone to be true",
        ),
        (
            "code_explanation/conala",
            {"question_id": 1, "intent": "i", "rewritten_intent": "r"},
            "field 'snippet': missing",
        ),
    ],
)
def test_a_bad_row_is_named(name: str, fields: dict, message: str, page: Page) -> None:
    with pytest.raises(RowError) as caught:
        page(name).to_case(row(fields), ())
    assert str(caught.value).startswith("rows.jsonl row 7, field ")
    assert message in str(caught.value)


def test_truthfulqa_gen_stands_for_truth_not_for_wording(page: Page) -> None:
    """Its first metric is the one in an area's mean: near to a true reference and to a false one alike is wrong."""
    benchmark = page("trust/truthfulqa_gen")
    case = Case("a", (), {"true": ("Plums are blue.",), "false": ("Plums are blue at night.",)})
    said = Completions((Completion("Plums are blue at night.", "stop", 1),))
    first, *_ = benchmark.score(case, said)
    assert (first.metric, first.verdict) == ("bleu_acc", "wrong")
