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
from harness.metrics.codebleu import CodeBleu
from harness.metrics.codebleu import parts
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


class TestCodeBleu:
    """Values of the example in the README of codebleu 0.7.0."""

    program = "def sum ( first , second ) :\n return second + first"
    reference = "def add ( a , b ) :\n return a + b"

    def test_the_package_s_example(self):
        expected = (0.10419044640136393, 0.11094660471566163, 1.0, 1.0)
        assert parts(self.program, self.reference, "python") == pytest.approx(expected)
        assert observed(CodeBleu(), self.program, self.reference).stats[0] == pytest.approx(0.5537842627792564)

    def test_a_data_flow_without_a_match_is_nothing(self):
        *_, flow = parts("def f(a):\n    pass", "def f(a):\n    b = a\n    return b", "python")
        assert flow == 0.0

    def test_a_language_without_a_grammar_is_named(self):
        extra = r"expected the extra, `pip install crosstask\[codebleu\]`, and a grammar for tree-sitter"
        why = rf"^codebleu: Language sql is not supported \(yet\); {extra} of the program's language$"
        with pytest.raises(UsageError, match=why):
            parts("select 1", "select 1", "sql")

    def test_the_language_is_that_of_the_program(self):
        case = Case("a", (Generate("?"),), "", trial=Trial("cobol", "cobol", reference="STOP RUN."))
        said = Completions((Completion("", "stop", 1),))
        with pytest.raises(UsageError, match=r"^codebleu: Language cobol is not supported"):
            CodeBleu().observe(case, Judged(said, ("STOP RUN.",), (Execution("failed", (False,)),)))

    def test_the_package_says_nothing_of_a_reference_without_a_data_flow(self, caplog):
        parts("print(1)", "print(2)", "python")
        assert not caplog.records

    def test_a_reference_without_a_data_flow_leaves_the_part_out(self):
        assert len(parts("print(1)", "print(2)", "python")) == 3

    def test_the_reference_itself_is_perfect_and_no_program_is_nothing(self):
        reference = "def f(a):\n    b = a\n    return b"
        assert observed(CodeBleu(), reference, reference).stats == (pytest.approx(1.0), 1.0)
        assert observed(CodeBleu(), None, reference).stats == (0.0, 1.0)
