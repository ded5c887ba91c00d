"""One continuation, or one whole text: whether greedy decoding writes it, and how surprising it is by unit.

LAMBADA (Paperno et al. 2016, arXiv:1606.06031) is judged by both, WikiText (Merity et al. 2016, arXiv:1609.07843) by
the perplexity of words and bytes, which compares models whatever their tokens are. As lm-evaluation-harness counts
them.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal
from typing import TypeAlias

from harness.core import Case
from harness.core import LogLikelihoods
from harness.core import Response
from harness.core import Score
from harness.errors import UsageError
from harness.metrics.answers import loglikelihoods

Unit: TypeAlias = Literal["case", "words", "bytes"]
_NAMES: dict[Unit, str] = {"case": "perplexity", "words": "word_perplexity", "bytes": "byte_perplexity"}


@dataclass(frozen=True, slots=True)
class GreedyAccuracy:
    """Share of cases whose continuation is the greedy one: each token the likeliest where it stands. In 0..1."""

    name: str = "acc"
    reducer: str = "proportion"
    higher_is_better: bool = True
    signature: str = "acc|continuation:greedy"

    def observe(self, _case: Case, response: Response) -> Score:
        """Statistics (right, 1)."""
        _, greedy = _single(self.name, response)
        return Score(self.name, (float(greedy), 1.0), "correct" if greedy else "wrong")


@dataclass(frozen=True, slots=True)
class Perplexity:
    """exp of minus the log P of all cases by unit, from 1 up.

    The unit is a case (LAMBADA's last word), or the words or bytes that the case's target counts.
    """

    unit: Unit = "case"
    reducer: str = "perplexity"
    higher_is_better: bool = False

    @property
    def name(self) -> str:
        """`perplexity`, `word_perplexity` or `byte_perplexity`."""
        return _NAMES[self.unit]

    @property
    def signature(self) -> str:
        """What the log P is divided by."""
        return f"{self.name}|by:{self.unit}"

    def observe(self, case: Case, response: Response) -> Score:
        """Statistics (log P in nats, units)."""
        value, _ = _single(self.name, response)
        return Score(self.name, (value, _units(self.name, case, self.unit)))


@dataclass(frozen=True, slots=True)
class BitsPerByte:
    """Bits to encode a byte of text, from 0 up; the case's target counts the bytes."""

    name: str = "bits_per_byte"
    reducer: str = "bits_per_unit"
    higher_is_better: bool = False
    signature: str = "bits_per_byte|by:bytes"

    def observe(self, case: Case, response: Response) -> Score:
        """Statistics (log P in nats, bytes)."""
        value, _ = _single(self.name, response)
        return Score(self.name, (value, _units(self.name, case, "bytes")))


def _single(metric: str, response: Response) -> tuple[float, bool]:
    """The log P of the one pair or text, and whether it is the greedy one."""
    values = loglikelihoods(metric, response)
    if not isinstance(response, LogLikelihoods) or len(values) != 1:
        raise UsageError(f"{metric}: found {len(values)} log-likelihoods; expected that of one continuation or text")
    return values[0], response.greedy[0]


def _units(metric: str, case: Case, unit: Unit) -> float:
    if unit == "case":
        return 1.0
    count = case.target.get(unit) if isinstance(case.target, Mapping) else None
    if isinstance(count, bool) or not isinstance(count, int) or count < 1:
        raise UsageError(f"{metric}: found target {case.target!r} in case {case.id!r}; expected a count of {unit}")
    return float(count)
