"""A process that compares answers by math-verify, one pair at a time, within limits that the kernel keeps.

Started by `math_judge` as `python -P -m harness.metrics.math_worker <pid of the parent> SECONDS`. math-verify itself
limits its time by SIGALRM, which no single arithmetic operation heeds (its issues 63 and 65: a tower of powers never
ends and takes all memory); the kernel's SIGXCPU ends this process wherever it is.
"""

import logging
import resource
import sys
from itertools import product
from itertools import starmap
from typing import Any

from math_verify import LatexExtractionConfig  # type: ignore[import-untyped]
from math_verify import parse
from math_verify import verify

from harness.metrics.math_exactness import equal_by_base
from harness.metrics.math_exactness import listed
from harness.metrics.math_exactness import same_function
from harness.metrics.math_exactness import told_apart
from harness.metrics.math_messages import PAIRS
from harness.processes.parent import Parent

MEMORY_BYTES = 2**30
_BOXED = (LatexExtractionConfig(boxed_match_priority=0),)


def main(parent_pid: int, seconds: int) -> None:
    """Judge pairs until the parent ends its pipe; each may take `seconds` of this process's CPU time."""
    parent = Parent(parent_pid)
    logging.disable(logging.CRITICAL)
    _limit(resource.RLIMIT_CORE, 0)
    _limit(resource.RLIMIT_AS, MEMORY_BYTES)
    parent.send({"ready": True})
    for pair in parent.messages(PAIRS):
        used = resource.getrusage(resource.RUSAGE_SELF)
        _limit(resource.RLIMIT_CPU, int(used.ru_utime + used.ru_stime) + 1 + seconds)
        parent.send(judge(**pair))


def judge(gold: str, answer: str, *, boxed: bool) -> dict[str, Any]:
    """Whether the answer equals the gold one: `equal`, what was `found` in it, what is `unread`; or `failed`, an error.

    `boxed` takes both texts as what stands in a box; otherwise math-verify looks for answers in them by its own rules.
    The order of both matters to math-verify: an equation may answer a number, an interval an inequality.
    """
    try:
        sides = {"reference": _read(gold, boxed=boxed), "answer": _read(answer, boxed=boxed)}
        texts = (gold, answer) if boxed else (_text(sides["reference"]), _text(sides["answer"]))
        equal = _equal(sides["reference"], sides["answer"], *texts)
    except Exception as error:  # noqa: BLE001 - whatever sympy raises becomes the judgement's cause
        return {"failed": type(error).__name__, "again": isinstance(error, MemoryError)}
    unread = [name for name, side in sides.items() if all(isinstance(part, str) for part in side)]
    extracted = next((part for part in sides["answer"] if isinstance(part, str)), None)
    return {"equal": equal, "found": extracted, "unread": unread}


def _read(text: str, *, boxed: bool) -> list[Any]:
    r"""The expression and its text; the text alone where math-verify cannot read it, nothing where it finds none.

    In a box only the whole content counts: by default math-verify would take 1/5 out of `\frac{7}{5}+\frac{1}{5}i.`.
    """
    if not boxed:
        return list(parse(text, parsing_timeout=None, raise_on_error=True))
    wrapped = f"\\boxed{{{text}}}"
    return list(parse(wrapped, _BOXED, extraction_mode="first_match", parsing_timeout=None, raise_on_error=True))


def _text(side: list[Any]) -> str:
    return next((part for part in side if isinstance(part, str)), "")


def _equal(gold: list[Any], answer: list[Any], wanted: str, said: str) -> bool:
    """Whether any reading of one equals any of the other, whose texts are `wanted` and `said`.

    Raises what math-verify met where none does.
    """
    by_base = equal_by_base(wanted, said)
    if by_base is not None:
        return by_base
    parts = listed(wanted), listed(said)
    if any(parts):
        return _equal_parts(*(part or [whole] for part, whole in zip(parts, (wanted, said), strict=True)))
    readings = [[part for part in side if not isinstance(part, str)] for side in (gold, answer)]
    pairs = list(product(*readings))
    if _verified(gold, answer):
        return wanted == said or not pairs or not all(starmap(told_apart, pairs))
    return any(starmap(same_function, pairs))


def _equal_parts(gold: list[str], answer: list[str]) -> bool:
    """Whether lists with an ellipsis are the same, part by part."""
    return len(gold) == len(answer) and all(
        mine == other or bool(mine and other and _equal(_read(mine, boxed=True), _read(other, boxed=True), mine, other))
        for mine, other in zip(gold, answer, strict=True)
    )


def _verified(gold: list[Any], answer: list[Any]) -> bool:
    """What math-verify says; raises what it met where that is no."""
    try:
        return bool(verify(gold, answer, timeout_seconds=None, raise_on_error=True))
    except MemoryError:
        raise
    except Exception:
        if verify(gold, answer, timeout_seconds=None):
            return True
        raise


def _limit(what: int, value: int) -> None:
    """Lower a soft limit; it never rises above the hard one that was set for us."""
    hard = resource.getrlimit(what)[1]
    resource.setrlimit(what, (value if hard == resource.RLIM_INFINITY else min(value, hard), hard))


if __name__ == "__main__":
    main(int(sys.argv[1]), int(sys.argv[2]))
