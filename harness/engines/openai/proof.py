"""Whether what a server serves are the weights that lie here: both score the words of known texts.

Equal weights differ by the rounding of their kernels. Weights that were quantised, tuned further or are others' differ
by more, since a word's log-prob depends on all of them.
"""

import hashlib
import json
import math
import re
from collections.abc import Mapping
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from harness.core import LogLikelihood
from harness.core import LogLikelihoods
from harness.engines.descriptor import Choice
from harness.engines.descriptor import EngineSpec
from harness.engines.openai import scoring
from harness.engines.openai.asking import Asking
from harness.engines.openai.failures import CallError
from harness.engines.process import EngineProcess
from harness.engines.registry import DEFAULT
from harness.engines.registry import find
from harness.errors import ModelError
from harness.extras import require
from harness.models.cards import resolve

TEXTS = (
    (
        "The harbour was quiet that morning. Two boats came in with the tide, and a man on the pier counted the "
        "crates of mackerel twice before he wrote the number down."
    ),
    (
        "def median(values):\n    ordered = sorted(values)\n    middle = len(ordered) // 2\n    if len(ordered) "
        "% 2:\n        return ordered[middle]\n    return (ordered[middle - 1] + ordered[middle]) / 2\n"
    ),
    (
        "A train leaves at 9:40 and arrives at 13:05. It travels 287 km, so its mean speed is 84 km per hour. "
        "If it had left 25 minutes earlier, it would have met the slow train at the bridge."
    ),
    (
        "Water boils at a lower temperature on a mountain because the air presses less upon it. Cooks who live "
        "there let beans simmer for hours, or they use a pot that holds the steam."
    ),
    (
        "Q: Which planet has the shortest year?\nA: Mercury, since it is the nearest to the sun.\nQ: And the "
        "longest day?\nA: Venus turns so slowly that a day there lasts longer than its year."
    ),
)
"""In our words; prose, code, numbers and questions, so that no part of a model is left out."""
MEAN, LARGEST = 0.05, 1.0
"""Nats a word within which two servings of the same weights agree, on average and at most.

Half precision comes to a hundredth or two on average; four bits a weight come to more than a tenth.
"""
_WORD = re.compile(r"(?<=[^\s])(?= [^\s])")
"""Where a word begins: at the space before it."""


@dataclass(frozen=True, slots=True)
class Proof:
    """How far a server's log-probs of `words` words are from those of weights here, in nats a word.

    `weights` is the sha256 of the names and sha256 sums of their files.
    """

    weights: str
    words: int
    mean: float
    largest: float

    @property
    def holds(self) -> bool:
        """Whether the two can be told apart by nothing but rounding."""
        return self.mean <= MEAN and self.largest <= LARGEST

    @property
    def sentence(self) -> str:
        """What a reader of the scores should see."""
        return f"the server's log-probs are those of the weights {self.weights[:12]}, apart by {self.apart}"

    @property
    def apart(self) -> str:
        """The differences, in words."""
        return f"{self.mean:.2g} nats on average and at most {self.largest:.2g} over {self.words} words"


@dataclass(frozen=True, slots=True)
class Word:
    """A word of a text, from `start` to `end`, as a server scores it: `value` nats."""

    start: int
    end: int
    value: float


async def hear(asking: Asking, model: str, spent: int) -> Mapping[str, Sequence[Word]]:
    """What a server that honours `echo` says of each text's words; raises CallError where it says nothing."""
    return {text: await _heard(asking, model, text, spent) for text in TEXTS}


async def _heard(asking: Asking, model: str, text: str, spent: int) -> Sequence[Word]:
    def read(answer: Mapping[str, Any]) -> Sequence[scoring.Token]:
        return scoring.echoed(answer, text, spent)

    return words(text, await asking.ask("completions", {"model": model, **scoring.body(text, spent)}, read))


def words(text: str, tokens: Sequence[scoring.Token]) -> list[Word]:
    """The words of a text behind its first one; those that a token joins with another are left out."""
    starts = [place.start() for place in _WORD.finditer(text)]
    cuts: dict[int, int] = {}
    for start in starts:
        try:
            cuts[start] = scoring.cut(tokens, text, start)
        except CallError:
            continue
    pieces = []
    for start, end in zip(starts, [*starts[1:], len(text)], strict=True):
        last = len(tokens) if end == len(text) else cuts.get(end)
        values = [token.value for token in tokens[cuts[start] : last]] if start in cuts and last is not None else []
        known = [value for value in values if value is not None]
        if values and len(known) == len(values):
            pieces.append(Word(start, end, math.fsum(known)))
    return pieces


def prove(url: str, folder: str, texts: Mapping[str, Sequence[Word]]) -> Proof:
    """Compare what a server said with what the weights of a folder say, computed by the default engine.

    Raises UsageError where its libraries are missing, ModelError where the weights cannot be had, or differ.
    """
    require("--prove-weights", "local")
    descriptor = find(DEFAULT)
    prepared = descriptor.prepare(resolve(folder), Choice(DEFAULT, descriptor, chat_template="off"))
    heard = {text: pieces for text, pieces in texts.items() if pieces}
    pairs = [tuple((text[: word.start], text[word.start : word.end]) for word in heard[text]) for text in heard]
    engine = EngineProcess(EngineSpec(prepared.weights, prepared.settings))
    try:
        answers = dict(engine.answer([LogLikelihood(of_text) for of_text in pairs]))
    finally:
        engine.close()
    gaps = []
    for number, pieces in enumerate(heard.values()):
        answer = answers[number]
        if not isinstance(answer, LogLikelihoods):
            raise ModelError(f"--prove-weights {folder}: {answer}; expected weights that score a text")
        gaps += [abs(word.value - value) for word, value in zip(pieces, answer.values, strict=True)]
    if not gaps:
        raise ModelError(
            f"{url}: its tokens part no word of the texts it scored; expected some to prove its weights by"
        )
    files = json.dumps(dict(prepared.weights.hashes), sort_keys=True).encode()
    proof = Proof(hashlib.sha256(files).hexdigest(), len(gaps), math.fsum(gaps) / len(gaps), max(gaps))
    if not proof.holds:
        raise ModelError(
            f"{url}: it does not serve the weights of {folder}, its log-probs are apart by {proof.apart}; "
            f"expected at most {MEAN} and {LARGEST}, or a run without --prove-weights"
        )
    return proof
