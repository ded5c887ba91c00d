"""Symbolic equality of mathematical answers, as math-verify judges it (github.com/huggingface/Math-Verify)."""

from dataclasses import dataclass
from importlib.metadata import version

from harness.core import Case
from harness.core import Response
from harness.core import Score
from harness.core import Verdict
from harness.extract import hendrycks_string
from harness.extract import last_boxed
from harness.metrics.answers import reference
from harness.metrics.answers import text
from harness.metrics.exact_match import ExactMatch
from harness.metrics.math_judge import Judgement
from harness.metrics.math_judge import judge

LIBRARIES = ("math-verify", "latex2sympy2_extended", "antlr4-python3-runtime", "sympy")
_VERDICTS: dict[bool | None, Verdict] = {True: "correct", False: "wrong", None: "invalid"}


@dataclass(frozen=True, slots=True)
class MathEquality:
    """Share of cases whose first completion's answer equals the gold one. In 0..1.

    `boxed` compares the content of the last box with the target's `answer`, which is LaTeX; texts that are the same are
    equal, readable or not. Without it math-verify looks for an answer in the whole text and in the target's `solution`,
    as lm-evaluation-harness 0.4.13 has it do for minerva_math's column math_verify. What math-verify equates within a
    tolerance, and what it does not read, `math_exactness` judges. The verdict is `invalid`, which
    counts as not right, where there is no answer, and where none can be judged within `seconds` of CPU time and 1 GiB;
    the cause says which. Raises EngineError where math-verify cannot start.
    """

    boxed: bool = True
    name: str = "boxed"
    seconds: int = 5
    reducer: str = "proportion"
    higher_is_better: bool = True

    @property
    def signature(self) -> str:
        """The rule of extraction, the limit, and the versions of what reads and compares."""
        libraries = "|".join(f"{library}:{version(library)}" for library in LIBRARIES)
        extract = last_boxed.__name__ if self.boxed else "math-verify"
        return f"math_equality|extract:{extract}|equal:exact|cpu_s:{self.seconds}|{libraries}"

    def observe(self, case: Case, response: Response) -> Score:
        """Statistics (right, 1)."""
        said = text(self.name, response)
        judged = self._in_box(case, said) if self.boxed else self._in_text(case, said)
        stats = (float(judged.equal is True), 1.0)
        return Score(self.name, stats, _VERDICTS[judged.equal], judged.found, judged.cause)

    def _in_text(self, case: Case, said: str) -> Judgement:
        judgement = judge(self.seconds).compare(reference(self.name, case, "solution"), said, boxed=False)
        nothing = judgement.equal is False and judgement.found is None
        return Judgement(None, cause="nothing found by math-verify") if nothing else judgement

    def _in_box(self, case: Case, said: str) -> Judgement:
        gold, extracted = _bare(reference(self.name, case)), last_boxed(said)
        if extracted is None:
            return Judgement(None, cause="nothing found by last_boxed")
        if _bare(extracted) == gold:
            return Judgement(equal=True, found=extracted)
        judgement = judge(self.seconds).compare(gold, _bare(extracted), boxed=True)
        return Judgement(judgement.equal, extracted, judgement.cause)


def boxed_answers() -> tuple[MathEquality, MathEquality, ExactMatch]:
    """The three columns of a page whose answers stand in a box: boxed, math_verify, is_equiv."""
    return (
        MathEquality(),
        MathEquality(boxed=False, name="math_verify"),
        ExactMatch(last_boxed, hendrycks_string, "is_equiv"),
    )


def _bare(answer: str) -> str:
    """The answer without white space around it and without a final full stop, which math-verify cannot read."""
    return answer.strip().removesuffix(".").rstrip()
