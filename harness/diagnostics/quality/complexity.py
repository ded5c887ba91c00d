"""Complexity by radon (https://radon.readthedocs.io): McCabe's cyclomatic number and the maintainability index."""

from dataclasses import dataclass

from harness.extras import require
from harness.languages.building.syntax import silence


@dataclass(frozen=True, slots=True)
class Complexity:
    """`cyclomatic` is the largest of any function or method, 1 where there is none (McCabe 1976).

    `maintainability` is radon's index in 0..100, higher is easier, as Visual Studio scales that of Oman 1992.
    """

    cyclomatic: int
    maintainability: float


def complexity(code: str) -> Complexity | None:
    """Both numbers of a Python program, None where it does not parse.

    Raises UsageError where the extra is not installed.
    """
    require("quality", "quality")
    from radon.complexity import cc_visit
    from radon.metrics import mi_visit

    try:
        with silence():
            blocks, index = cc_visit(code), float(mi_visit(code, multi=True))
    except (SyntaxError, ValueError, RecursionError):
        return None
    return Complexity(max((block.complexity for block in blocks), default=1), index)
