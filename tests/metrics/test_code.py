"""Metrics of code that run nothing, on published examples and laws."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rouge_score.rouge_scorer import RougeScorer
from sacrebleu.metrics.bleu import BLEU

from harness.core import Case
from harness.core import Completion
from harness.core import Completions
from harness.core import Execution
from harness.core import Generate
from harness.core import Judged
from harness.core import Trial
from harness.errors import UsageError
from harness.metrics.bleu import Bleu
from harness.metrics.code_match import CodeMatch
from harness.metrics.edit_similarity import EditSimilarity
from harness.metrics.rouge import Rouge


def observed(metric, program, reference):
    case = Case("a", (Generate("?"),), "", trial=Trial("python", "python", reference=reference))
    said = Completions((Completion("", "stop", 1),))
    run = None if program is None else Execution("failed", (False,))
    return metric.observe(case, Judged(said, (program,), (run,)))


@pytest.mark.parametrize(
    ("program", "reference", "value"),
    [
        ("this is a test", "this is a test!", 0.9655172413793103),  # rapidfuzz's documentation of fuzz.ratio
        ("a = 1\n", "a = 1", 1.0),
        (None, "a = 1", 0.0),
        ("ab", "cd", 0.0),
    ],
)
def test_edit_similarity(program, reference, value):
    assert observed(EditSimilarity(), program, reference).stats == (pytest.approx(value), 1.0)


@given(st.text(min_size=1), st.text(min_size=1))
def test_edit_similarity_is_symmetric_and_in_range(first, second):
    there, back = (observed(EditSimilarity(), *pair).stats[0] for pair in ((first, second), (second, first)))
    assert there == pytest.approx(back)
    assert 0 <= there <= 1


@pytest.mark.parametrize(("program", "verdict"), [("a  =\n1", "correct"), ("a = 2", "wrong"), (None, "wrong")])
def test_exact_match_sees_no_white_space(program, verdict):
    assert observed(CodeMatch(), program, "a = 1").verdict == verdict


def test_a_case_without_a_trial_is_judged_by_its_text():
    case = Case("a", (Generate("?"),), "a = 1")
    assert CodeMatch().observe(case, Completions((Completion("a = 1\n", "stop", 1),))).verdict == "correct"


def test_bleu_and_rouge_are_of_the_program():
    """Against sacrebleu and rouge-score, on the program and the trial's reference."""
    program, wanted = "def f(a):\n    return a + 1", "def f(a):\n    return a + 2"
    counts = BLEU().corpus_score([program], [[wanted]])
    assert observed(Bleu(), program, wanted).stats[2:6] == tuple(map(float, counts.counts))
    expected = RougeScorer(["rougeL"]).score(wanted, program)["rougeL"].fmeasure
    assert observed(Rouge("rougeL"), program, wanted).stats[0] == pytest.approx(expected)
    assert observed(Rouge("rougeL"), None, wanted).stats[0] == 0.0


def test_a_trial_without_a_reference_is_refused():
    """As of MultiPL-E, which has none: likeness to nothing says nothing."""
    with pytest.raises(UsageError, match=r"^edit_similarity: found no reference in the trial of case 'a'; expected"):
        observed(EditSimilarity(), "a = 1", "")
