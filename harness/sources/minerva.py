"""MATH's problems as Minerva puts them (Lewkowycz et al. 2022, arXiv:2206.14858): all of them, and MATH-500."""

from collections.abc import Sequence

from harness.core import Case
from harness.core import Generate
from harness.prompts import few_shot
from harness.sources import Row


def ask(row: Row) -> str:
    """The problem, and the word that its solution follows."""
    return f"Problem:\n{row.text('problem')}\n\nSolution:"


def solution(row: Row, shots: Sequence[Row], answer: str, *, subject: str, level: str) -> Case:
    """A request for the solution, behind solved problems; the target is the gold answer, and the gold solution.

    `subject` is the field of the subject, which is the stratum; `level` is a tag.
    """
    target = {"answer": answer, "solution": row.text("solution")}
    solved = [(ask(shot), f" {shot.text('solution')}") for shot in shots]
    request = Generate(few_shot(solved, ask(row)), max_tokens=1024, stop=("Problem:",))
    return Case(row.id, (request,), target, stratum=row.text(subject), tags=(f"level:{level}",))
