"""Flips: cases that turned from right to wrong, and back, between the reference and a subject."""

from dataclasses import dataclass

from harness.parity.verdicts import Facing

SHOWN = 5
"""Case ids that are shown of each kind."""


@dataclass(frozen=True, slots=True)
class Flips:
    """How many cases a subject scores lower and higher than the reference, and the ids of the first few of either.

    Of verdicts these are the cases that turned from right to wrong and from wrong to right.
    """

    lost: int
    won: int
    first_lost: tuple[str, ...]
    first_won: tuple[str, ...]


def flips(facing: Facing) -> Flips:
    """The flips on a benchmark, in the order the cases were asked in."""
    lost = [case for case, (base, new) in facing.scores.items() if new < base]
    won = [case for case, (base, new) in facing.scores.items() if new > base]
    return Flips(len(lost), len(won), tuple(lost[:SHOWN]), tuple(won[:SHOWN]))
