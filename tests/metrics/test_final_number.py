"""Final numbers by value, beside the rules of lm-evaluation-harness, which compare texts."""

import json

import pytest

from harness.cases.pages import load_pages
from harness.core import Case
from harness.core import Completion
from harness.core import Completions
from harness.core import Generate
from harness.errors import UsageError
from harness.metrics.final_number import FinalNumber

GERMAN = FinalNumber(frozenset({"de"}))


def observed(metric, text, target="18", stratum=None):
    case = Case("a", (Generate("Q:"),), target, stratum=stratum)
    return metric.observe(case, Completions((Completion(text, "stop", 1),)))


@pytest.mark.parametrize(
    ("text", "verdict", "found"),
    [
        ("It is 18.00.", "correct", "18.00"),
        ("\u221218", "wrong", "-18"),
        ("1.8", "wrong", "1.8"),
        ("#### 18", "correct", "18"),
    ],
)
def test_an_answer_is_judged_by_its_value(text, verdict, found):
    score = observed(FinalNumber(), text)
    assert (score.metric, score.verdict, score.extracted) == ("number", verdict, found)
    assert score.stats == (float(verdict == "correct"), 1.0)


def test_an_answer_without_a_number():
    score = observed(FinalNumber(), "eighteen")
    assert (score.verdict, score.stats, score.cause) == ("invalid", (0.0, 1.0), "no number found")


@pytest.mark.parametrize(("stratum", "verdict"), [("de", "correct"), ("en", "wrong"), (None, "wrong")])
def test_a_comma_is_a_point_where_the_language_says_so(stratum, verdict):
    assert observed(GERMAN, "Das sind 18,00 Euro", "18", stratum).verdict == verdict
    assert GERMAN.signature == "number|extract:final_number|equal:value|decimal_comma:de"


def test_a_target_that_is_no_number():
    with pytest.raises(UsageError, match=r"^number: target 'many' of case 'a'; expected a number$"):
        observed(FinalNumber(), "18", "many")


@pytest.mark.parametrize(("page", "beside"), [("gsm8k", "flexible-extract"), ("mgsm", "flexible-extract")])
def test_the_rule_of_lm_evaluation_harness_stands_beside_it(page, beside, request):
    names = [metric.name for metric in load_pages([request.config.rootpath / "evals"])[page].metrics]
    assert names[0] == "number"
    assert beside in names[1:]


@pytest.mark.shared
def test_answers_that_were_judged_wrongly(shared):
    """A point and a minus are not dropped, and Thai digits are digits."""
    lines = (shared / "bugs/scoring/14_mgsm_point_and_thai.jsonl").read_text().splitlines()
    said = {line["case"]: [] for line in map(json.loads, lines)}
    for line in map(json.loads, lines):
        said[line["case"]].append(observed(FinalNumber(), line["texts"][0]).verdict)
    assert said == {"en-0": ["wrong", "wrong"], "th-0": ["correct"]}
