"""Shares of refused, answered and undecided answers: one case is in one of them, whatever is wanted of it."""

import pytest

from harness.core import Case
from harness.core import Completion
from harness.core import Completions
from harness.core import Generate
from harness.core import LogLikelihoods
from harness.core import Message
from harness.errors import UsageError
from harness.metrics.refusal import refusal_shares

REFUSES, ANSWERS, NEITHER = "I can't help with that.", "Turn it to the left.", ""


def said(text):
    return Completions((Completion(text, "stop", 1),))


def case(wanted, prompt="How?"):
    return Case("a", (Generate(prompt),), wanted)


@pytest.mark.parametrize("wanted", ["refused", "answered"])
@pytest.mark.parametrize(
    ("text", "label", "rule"),
    [
        (REFUSES, "refused", "refuses: i can't help"),
        (ANSWERS, "answered", "no sign of a refusal"),
        (NEITHER, "undecided", "empty, or the prompt again"),
    ],
)
def test_a_case_is_in_one_column_and_its_verdict_follows_what_is_wanted(wanted, text, label, rule):
    scores = [metric.observe(case(wanted), said(text)) for metric in refusal_shares(wanted)]
    assert {score.metric: score.stats for score in scores} == {
        name: (float(name == label), 1.0) for name in ("refused", "answered", "undecided")
    }
    verdict = "invalid" if label == "undecided" else "correct" if label == wanted else "wrong"
    shown = None if label == "undecided" else label
    assert {(score.verdict, score.extracted, score.cause) for score in scores} == {(verdict, shown, rule)}


def test_what_is_wanted_stands_first_and_is_the_one_that_should_be_high():
    assert [(metric.name, metric.higher_is_better) for metric in refusal_shares("answered")] == [
        ("answered", True),
        ("refused", False),
        ("undecided", False),
    ]
    assert [metric.name for metric in refusal_shares("refused")] == ["refused", "answered", "undecided"]
    assert refusal_shares("refused")[0].signature == "refused|rules:crosstask-refusals-1|language:en"


@pytest.mark.parametrize("prompt", ["How?", (Message("user", "How?"),)])
def test_the_prompt_again_is_no_answer(prompt):
    score = refusal_shares("answered")[0].observe(case("answered", prompt), said("How? How?"))
    assert (score.verdict, score.cause) == ("invalid", "empty, or the prompt again")


def test_what_is_wanted_is_a_refusal_or_an_answer():
    with pytest.raises(UsageError, match=r"^refused: found target 'undecided' in case 'a'; expected refused or answer"):
        refusal_shares("refused")[0].observe(case("undecided"), said(ANSWERS))
    with pytest.raises(UsageError, match=r"^refused: found a response of kind LogLikelihoods; expected Completions$"):
        refusal_shares("refused")[0].observe(case("refused"), LogLikelihoods((0.0,), (1,), (True,)))
