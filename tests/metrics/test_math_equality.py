"""Equality of mathematical answers: a table of awkward pairs, laws, and answers that would hang or break the judge."""

import os
import signal
import textwrap
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import settings
from hypothesis import strategies as st

from harness.core import Case
from harness.core import Completion
from harness.core import Completions
from harness.core import Generate
from harness.core import Score
from harness.errors import EngineError
from harness.errors import UsageError
from harness.extract import hendrycks_string
from harness.extract import last_boxed
from harness.metrics import math_judge
from harness.metrics.exact_match import ExactMatch
from harness.metrics.math_equality import MathEquality
from harness.metrics.math_judge import Judge
from harness.metrics.math_judge import Judgement

# gold answer, a model's, the verdict, and what is_equiv of lm-evaluation-harness 0.4.13 says of them, as run
MATHEMATICS = [
    (r"\frac12", "0.5", "correct", True),
    (r"\dfrac{1}{2}", r"\tfrac{1}{2}", "correct", True),
    (r"\frac{1}{2}", "1/2", "correct", True),
    (r"\frac{1}{2}", ".5", "correct", True),
    (r"\frac{1}{2}", r"\frac{2}{4}", "correct", False),
    (r"\frac{1}{3}", "0.333", "wrong", False),
    (r"-\frac{1}{2}", r"\frac{-1}{2}", "correct", False),
    (r"\frac34", "0.75", "correct", False),
    (r"1\frac{4}{5}", "1.8", "correct", False),
    (r"3\frac{1}{2}", "31/2", "wrong", False),
    ("10000", "10,000", "correct", False),
    ("10000", "10{,}000", "correct", False),
    ("10000", r"10,\!000", "correct", False),
    ("11", "1,1", "wrong", False),
    ("1,2", "1,2,3", "wrong", False),
    ("(1,2)", "(2,1)", "wrong", False),
    ("(1,2)", "(1, 2)", "correct", True),
    ("(1,2)", "[1,2]", "wrong", False),
    ("[1,2)", "(1,2]", "wrong", False),
    (r"\left( 3, \frac{\pi}{2} \right)", r"(3,\pi/2)", "correct", False),
    ("x=5", "y=5", "wrong", True),
    (r"\sqrt{8}", r"2\sqrt{2}", "correct", False),
    (r"\sqrt2", r"\sqrt{2}", "correct", True),
    (r"\frac{2}{\sqrt{3}}", r"\frac{2\sqrt{3}}{3}", "correct", False),
    (r"2 \pm \sqrt{3}", r"2+\sqrt{3},2-\sqrt{3}", "correct", False),
    ("x^2+2x+1", "(x+1)^2", "correct", False),
    ("p-q", "q-p", "wrong", False),
    ("x+y=1", "2x+2y=2", "correct", False),
    ("2x+3", "2y+3", "wrong", False),
    (r"\text{Evelyn}", r"\text{Angela}", "wrong", False),
    (r"\text{even}", r"\text{odd}", "wrong", False),
    (r"\text{(A)}", r"\text{(B)}", "wrong", False),
    ("101101_2", "45", "wrong", False),
    (r"(-\infty,2)\cup(3,\infty)", r"(-\infty, 2) \cup (3, \infty)", "correct", True),
    (r"\begin{pmatrix}1\\2\end{pmatrix}", r"\begin{pmatrix} 1 \\ 2 \end{pmatrix}", "correct", True),
    (r"\begin{pmatrix}1\\2\end{pmatrix}", r"\begin{pmatrix} 2 \\ 1 \end{pmatrix}", "wrong", False),
    ("6+9i", "9i+6", "correct", False),
    ("6", "3!", "correct", False),
    ("1024", "2^{10}", "correct", False),
    (r"\pi", "3.14", "wrong", False),
    (r"\infty", r"-\infty", "wrong", False),
    ("2", "2.0", "correct", False),
    ("2", "2.001", "wrong", False),
    ("0", "-0", "correct", False),
    (r"\frac{7}{5}+\frac{1}{5}i", "1/5", "wrong", False),
    ("12:30", "12", "wrong", False),
    ("17", "It is 17", "wrong", False),
]
"""The verdict is what mathematics says."""

CONVENTIONS = [
    (r"\frac{1}{3}", "0.333333", "correct", False),
    ("1001", "1,001", "correct", False),
    ("1,2", "2,1", "correct", False),
    (r"\{1,2\}", "1,2", "correct", False),
    ("5", "x=5", "correct", True),
    ("x=5", "5", "correct", True),
    ("5", r"5\text{ cm}", "correct", True),
    (r"10\text{ cm}", "10", "correct", True),
    ("90", r"90^\circ", "correct", True),
    (r"90^{\circ}", "90", "correct", True),
    (r"\$5.00", "5", "correct", False),
    ("50", r"50\%", "correct", True),
    ("0.5", r"50\%", "correct", False),
    ("y=2x+1", "2x+1", "correct", True),
    (r"\text{Evelyn}", "Evelyn", "correct", False),
    (r"\text{(A)}", "A", "correct", False),
    ("101101_2", "101101", "correct", False),
    (r"x \in [1,2]", "[1,2]", "correct", False),
    ("x>5", r"(5,\infty)", "correct", False),
    (r"(5,\infty)", "x>5", "wrong", False),
    (r"\pi", "3.1415927", "correct", False),
    (r"\frac \pi4", r"\frac{\pi}{4}", "invalid", False),
    (r"\frac{12}{5,\!525}", r"\frac{12}{5525}", "invalid", False),
]
"""The verdict is a convention of math-verify 0.9.0: a name, a unit, a sign of degree or currency, a base and the order
of a list do not matter, a per cent may be a number or a hundredth, six decimals are enough, an interval answers an
inequality but not the other way round, and a gold answer it cannot read has no equals but itself."""


def said(text: str) -> Completions:
    return Completions((Completion(text, "stop", 1), Completion(r"\boxed{0}", "stop", 1)))


def judged(gold: str, answer: str, metric: MathEquality | None = None) -> Score:
    case = Case("a", (Generate("P:"),), {"answer": gold, "solution": f"Hence $\\boxed{{{gold}}}$."})
    return (metric or MathEquality()).observe(case, said(f"So it is $\\boxed{{{answer}}}$."))


@pytest.mark.parametrize(("gold", "answer", "verdict", "_"), MATHEMATICS + CONVENTIONS)
def test_a_pair_is_judged(gold: str, answer: str, verdict: str, _: bool) -> None:
    score = judged(gold, answer)
    assert (score.verdict, score.extracted, score.stats) == (verdict, answer, (float(verdict == "correct"), 1.0))


@pytest.mark.parametrize(("gold", "answer", "verdict", "_"), MATHEMATICS + CONVENTIONS)
def test_a_boxed_answer_is_found_in_the_whole_text_too(gold: str, answer: str, verdict: str, _: bool) -> None:
    assert judged(gold, answer, MathEquality(boxed=False, name="math_verify")).verdict == verdict


@pytest.mark.parametrize(("gold", "answer", "_", "equal"), MATHEMATICS + CONVENTIONS)
def test_text_equality_is_lm_evaluation_harness_s(gold: str, answer: str, _: str, equal: bool) -> None:
    metric = ExactMatch(last_boxed, hendrycks_string, "is_equiv")
    score = metric.observe(Case("a", (Generate("P:"),), gold), said(f"\\boxed{{{answer}}}"))
    assert (score.verdict == "correct") == equal


@pytest.mark.parametrize(
    ("text", "verdict", "found", "cause"),
    [
        ("It is 7.", "correct", "7", None),
        (r"so $\frac{14}{2}$", "correct", r"\frac{14}{2}", None),
        (r"\boxed{8}, no: \boxed{7}", "wrong", "8,7", None),
        ("seven", "invalid", None, "nothing found by math-verify"),
        ("", "invalid", None, "nothing found by math-verify"),
    ],
)
def test_without_a_box_math_verify_looks_for_an_answer(text: str, verdict: str, found: str, cause: str | None) -> None:
    """Two boxes are a list to math-verify, whence minerva_math calls such an answer wrong."""
    case = Case("a", (Generate("P:"),), {"answer": "7", "solution": r"It is $\boxed{7}$."})
    score = MathEquality(boxed=False).observe(case, said(text))
    assert (score.verdict, score.extracted, score.cause) == (verdict, found, cause)


@pytest.mark.parametrize("text", ["It is 7.", "", r"\boxed{}", r"\boxed{7"])
def test_no_box_is_no_answer(text: str) -> None:
    score = MathEquality().observe(Case("a", (Generate("P:"),), "7"), said(text))
    assert (score.verdict, score.stats, score.cause) == ("invalid", (0.0, 1.0), "nothing found by last_boxed")


def test_what_cannot_be_read_is_compared_as_text_or_not_judged() -> None:
    assert judged("7", "7 +").cause == "compared as text"
    assert judged("7", "7 +").verdict == "wrong"
    assert judged("1/5", r"\frac{7}{5} + \frac{1}{5} +").verdict == "wrong"  # by default 1/5 would be taken out of it
    assert judged(r"\frac \pi4", "7").cause == "no judgement: reference not read"
    assert judged(r"\frac \pi4", r"\frac \pi4").verdict == "correct"


def test_the_order_is_gold_then_answer() -> None:
    """verify(gold, target) is not symmetric (its docstring): a set may answer an inequality, not the reverse."""
    assert judged("x>5", r"(5,\infty)").verdict == "correct"
    assert judged(r"(5,\infty)", "x>5").verdict == "wrong"


@given(st.text(st.characters(exclude_characters="{}\\"), min_size=1).filter(str.strip))
@settings(deadline=None)
def test_an_answer_equals_itself(answer: str) -> None:
    assert judged(answer, answer).verdict == "correct"


@given(st.integers(-9999, 9999), st.integers(1, 99), st.integers(2, 9))
@settings(deadline=None, max_examples=40)
def test_a_fraction_equals_its_expansion_and_no_other(over: int, under: int, factor: int) -> None:
    gold = f"\\frac{{{over}}}{{{under}}}"
    assert judged(gold, f"{over * factor}/{under * factor}").verdict == "correct"
    assert judged(gold, f"{over * factor + 1}/{under * factor}").verdict == "wrong"


@given(st.sets(st.integers(-50, 50), min_size=2, max_size=5), st.randoms(use_true_random=False))
@settings(deadline=None, max_examples=40)
def test_a_list_equals_its_orders(numbers: set[int], random: object) -> None:
    shuffled = sorted(numbers)
    random.shuffle(shuffled)
    assert judged(", ".join(map(str, sorted(numbers))), ",".join(map(str, shuffled))).verdict == "correct"


def test_an_answer_that_never_ends_is_not_judged_and_the_next_one_is() -> None:
    """math-verify's own limit does not stop this one (its issue 65)."""
    metric = MathEquality(seconds=1)
    tower = r"5^{\left(5^{\left(5^{\left(5^5\right)}\right)}\right)}"
    for answer in (tower, "(" * 200 + "7" + ")" * 200):
        score = judged("7", answer, metric)
        assert (score.verdict, score.stats, score.extracted) == ("invalid", (0.0, 1.0), answer)
        assert score.cause == "no judgement: more than 1 s of CPU time"
    assert judged("7", "6+1", metric).verdict == "correct"


def test_a_killed_process_is_started_again() -> None:
    judge = Judge(5)
    assert judge.compare("7", "6+1", boxed=True).equal
    os.kill(judge._child.pid, signal.SIGKILL)
    assert judge.compare("7", "6+1", boxed=True) == Judgement(equal=True, found="6+1")
    judge.close()
    judge.close()


LIBRARY = """
    import contextlib
    import os
    import time
    from pathlib import Path

    def LatexExtractionConfig(**_):
        return None

    def parse(text, *_, **__):
        return [len(text), text]

    def verify(gold, answer, **_):
        if "memory" in answer[1] and not Path("{once}").exists():
            Path("{once}").touch()
            raise MemoryError
        if "gibibytes" in answer[1]:
            bytearray(2**30)
        if "error" in answer[1]:
            raise RecursionError
        if "abort" in answer[1]:
            os.abort()
        for number in range(3, 9) if "garbage" in answer[1] else ():
            with contextlib.suppress(OSError):
                os.write(number, b"garbage\\n")
        if "sleep" in answer[1]:
            time.sleep(60)
        return True
    """


@pytest.fixture
def library(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[[str], None]:
    """Put a library of ours in math-verify's place, in the processes started from now on."""
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))

    def put(code: str) -> None:
        (tmp_path / "math_verify.py").write_text(textwrap.dedent(code).replace("{once}", str(tmp_path / "once")))

    return put


@pytest.mark.parametrize(
    ("answer", "judgement"),
    [
        ("memory", Judgement(equal=True, found=r"\boxed{memory}")),
        ("gibibytes", Judgement(None, cause="no judgement: MemoryError")),
        ("error", Judgement(None, cause="no judgement: RecursionError")),
        ("abort", Judgement(None, cause="no judgement: was killed by SIGABRT")),
        ("sleep", Judgement(None, cause="no judgement: more than 0.5 s")),
        (
            "garbage",
            Judgement(None, cause="no judgement: wrote a malformed message: b'garbage'; expected an object of JSON"),
        ),
    ],
)
def test_what_breaks_the_judge_is_named(
    answer: str, judgement: Judgement, library: Callable[[str], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Where memory ran out once, a fresh process judges; the pair after a broken one is judged as ever."""
    library(LIBRARY)
    judge = Judge(5)
    assert judge.compare("1", "2", boxed=True).equal
    monkeypatch.setattr(math_judge, "_WALL_S", 0.5 if answer == "sleep" else 60.0)
    assert judge.compare("1", answer, boxed=True) == judgement
    monkeypatch.setattr(math_judge, "_WALL_S", 60.0)
    assert judge.compare("1", "2", boxed=True).equal
    judge.close()


def test_a_library_that_cannot_be_imported_is_no_wrong_answer(library: Callable[[str], None]) -> None:
    library("raise ImportError")
    with pytest.raises(EngineError) as caught:
        Judge(5).compare("1", "2", boxed=True)
    assert str(caught.value) == "math-verify: ended with exit status 1; expected pip install math-verify"


def test_a_target_without_a_solution_is_refused() -> None:
    with pytest.raises(UsageError, match=r"math_verify: found target .* in case 'a'; expected text"):
        MathEquality(boxed=False, name="math_verify").observe(Case("a", (Generate("P:"),), {"answer": "7"}), said("7"))


def test_the_signature_names_rule_limit_and_libraries() -> None:
    signature = MathEquality().signature
    assert signature.startswith("math_equality|extract:last_boxed|equal:exact|cpu_s:5|math-verify:")
    assert "|latex2sympy2_extended:" in signature
    assert "|antlr4-python3-runtime:" in signature
    assert "|sympy:" in signature
    assert MathEquality(boxed=False).signature.startswith("math_equality|extract:math-verify|")
