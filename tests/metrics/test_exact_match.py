"""Exact match: what is found, what is not, and what equals."""

import pytest

from harness.core import Case
from harness.core import Completion
from harness.core import Completions
from harness.core import Generate
from harness.core import LogLikelihoods
from harness.errors import UsageError
from harness.extract import hash_number
from harness.extract import last_number
from harness.extract import plain_number
from harness.metrics.exact_match import ExactMatch

CASE = Case("a", (Generate("Q:"),), "1500")
STRICT = ExactMatch(hash_number, plain_number, "strict")
FLEXIBLE = ExactMatch(last_number, plain_number, "flexible")


def said(text: str) -> Completions:
    return Completions((Completion(text, "stop", 1), Completion("#### 1500", "stop", 1)))


@pytest.mark.parametrize(
    ("metric", "text", "verdict", "extracted"),
    [
        (STRICT, "so\n#### 1,500", "correct", "1,500"),
        (STRICT, "#### 15", "wrong", "15"),
        (STRICT, "it is 1500", "invalid", None),
        (STRICT, "", "invalid", None),
        (FLEXIBLE, "it is $1,500.", "correct", "$1,500."),
        (FLEXIBLE, "1500 or 1501", "wrong", "1501"),
        (FLEXIBLE, "fifteen hundred", "invalid", None),
        (ExactMatch(last_number), "1,500", "wrong", "1,500"),
    ],
)
def test_the_first_completion_is_judged(metric: ExactMatch, text: str, verdict: str, extracted: str | None) -> None:
    score = metric.observe(CASE, said(text))
    assert (score.metric, score.verdict, score.extracted) == (metric.name, verdict, extracted)
    assert score.stats == (float(verdict == "correct"), 1.0)


def test_what_is_not_found_says_by_which_rule() -> None:
    assert STRICT.observe(CASE, said("?")).cause == "nothing found by hash_number"


def test_the_signature_names_both_functions() -> None:
    assert STRICT.signature == "exact_match|extract:hash_number|normalise:plain_number"
    assert ExactMatch(last_number).signature == "exact_match|extract:last_number|normalise:verbatim"


def test_a_response_without_text_is_refused() -> None:
    with pytest.raises(UsageError, match="strict: found a response of kind LogLikelihoods; expected Completions"):
        STRICT.observe(CASE, LogLikelihoods((-1.0,), (1,), (True,)))


def test_a_target_that_is_no_text_is_refused() -> None:
    with pytest.raises(UsageError, match="strict: found target 7 in case 'b'; expected text"):
        STRICT.observe(Case("b", (Generate("Q:"),), 7), said("#### 7"))
