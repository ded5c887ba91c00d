"""Log-likelihoods: each token of a continuation is forced, and the library says how likely it was.

It gives no log-probs of a prompt (ggml-org/llama.cpp#27174). It gives that of a token it writes, of the softmax before
any sampling, and a bias that nothing outweighs makes it write the token that is asked for. Keys and values stay in the
slot, so that a token costs one step. The context is always computed alone and first, so that each choice is scored
from the same numbers, whatever was asked before.
"""

import math
from collections.abc import Mapping
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from typing import Protocol

from harness.engines.llama_cpp.texts import Scored
from harness.errors import EngineError

_OUTWEIGHS = 1e9
"""A bias in logits, which are below a few thousand; the library reports the probability without it."""


class Completing(Protocol):
    """What is needed of the bindings here."""

    def complete(self, fields: Mapping[str, Any]) -> Mapping[str, Any]:
        """The answer to a request for a completion."""
        ...


@dataclass(frozen=True, slots=True)
class LogP:
    """A sum of log P in nats, and whether each token was the most likely one."""

    value: float
    greedy: bool


class Scorer:
    """Scores sequences of tokens in one slot of the library."""

    def __init__(self, bindings: Completing, slot: int) -> None:
        self._bindings = bindings
        self._slot = slot

    def scores(self, sequences: Sequence[Scored]) -> list[LogP]:
        """The log P of each sequence's targets; raises EngineError where the library gives none that is a number."""
        known: dict[tuple[int, ...], LogP] = {}
        filled: tuple[int, ...] = ()
        scores = []
        for sequence in sequences:
            start = len(sequence.tokens) - sequence.targets
            if sequence.tokens[:start] != filled:
                known, filled = {}, sequence.tokens[:start]
                self._fill(filled)
            steps = []
            for end in range(start, len(sequence.tokens)):
                path = sequence.tokens[: end + 1]
                if path not in known:
                    known[path] = self._step(path)
                steps.append(known[path])
            scores.append(LogP(math.fsum(step.value for step in steps), all(step.greedy for step in steps)))
        return scores

    def _fill(self, context: Sequence[int]) -> None:
        """Compute all of a context but its last token, which each first target computes for itself."""
        if len(context) > 1:
            self._bindings.complete(
                {"prompt": list(context[:-1]), "max_tokens": 1, "id_slot": self._slot, "cache_prompt": False}
            )

    def _step(self, path: Sequence[int]) -> LogP:
        """The log P of the last token of a path after those before it."""
        token = path[-1]
        answer = self._bindings.complete(
            {
                "prompt": list(path[:-1]),
                "max_tokens": 1,
                "id_slot": self._slot,
                "cache_prompt": True,
                "temperature": 0.0,
                "samplers": ["temperature"],
                "repeat_penalty": 1.0,
                "logit_bias": [[token, _OUTWEIGHS]],
                "logprobs": 1,
            }
        )
        return read(answer, token)


def read(answer: Mapping[str, Any], token: int) -> LogP:
    """The log P of the token that was forced; raises EngineError where another one came, or no number."""
    try:
        written = answer["choices"][0]["logprobs"]["content"][0]
        value, likeliest = float(written["logprob"]), written["top_logprobs"][0]
        came, best = int(written["id"]), int(likeliest["id"])
    except (LookupError, TypeError, ValueError) as error:
        raise EngineError("llama.cpp: an answer without log-probs; expected those of one token") from error
    if came != token:
        raise EngineError(f"llama.cpp: wrote token {came}; expected {token}, which a bias forces")
    if not math.isfinite(value) or value < _LEAST or value > 0:
        raise EngineError(f"llama.cpp: a log-prob of {value}; expected a finite number, at most 0")
    return LogP(value, greedy=best == token)


_LEAST = -1e4
"""Below it stands the library's mark for a probability that a float32 cannot hold."""
