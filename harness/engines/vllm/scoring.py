"""Log-likelihoods from the log-probs that vLLM gives of a prompt's own tokens.

vLLM passes its prefix cache by where these are asked for, since a cached token has none, so that a question with four
choices would be computed four times. Only the last tokens are scored here: the cache is read, and a sequence of which
it held a scored token too is asked once more without.
"""

import math
from collections.abc import Iterator
from collections.abc import Mapping
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from harness.core import LogLikelihoods
from harness.core import Refusal
from harness.core import Response
from harness.engines.texts.clock import now
from harness.engines.texts.clock import since
from harness.engines.texts.tokens import Scored
from harness.engines.vllm.stepping import Ask
from harness.engines.vllm.stepping import Stepper
from harness.errors import EngineError

NOT_FINITE = Refusal("the model gave log-probs that are no finite numbers")
_UNCACHED = "skip_reading_prefix_cache"


@dataclass(frozen=True, slots=True)
class LogP:
    """The sum of log P of a sequence's targets in nats, and whether each was the most likely token."""

    value: float
    greedy: bool


class Question:
    """The sequences of one request, and what is known of them; `dropped` tokens were cut off the longest."""

    def __init__(self, sequences: Sequence[Scored], *, dropped: int = 0, rolling: bool = False) -> None:
        self.sequences = sequences
        self._dropped = dropped
        self._rolling = rolling
        self._scores: dict[int, LogP] = {}
        self._refusal: Refusal | None = None
        self._left = len(sequences)
        self._began = now()

    def take(self, part: int, score: LogP | Refusal) -> bool:
        """Note one sequence's result, or why there is none; True when none is left."""
        self._left -= 1
        if isinstance(score, Refusal):
            self._refusal = self._refusal or score
        else:
            self._scores[part] = score
        return not self._left

    def response(self) -> Response:
        """The answer to the request."""
        if self._refusal is not None:
            return self._refusal
        scores = [self._scores[part] for part in range(len(self.sequences))]
        values, greedy = tuple(score.value for score in scores), tuple(score.greedy for score in scores)
        tokens = tuple(sequence.targets for sequence in self.sequences)
        if self._rolling:
            values, tokens, greedy = (math.fsum(values),), (sum(tokens),), (all(greedy),)
        apart = 0 if self._rolling else sum(part.apart for part in self.sequences)
        return LogLikelihoods(values, tokens, greedy, self._dropped, apart, since(self._began))


def scores(stepper: Stepper, sequences: Sequence[Scored], *, caches: bool) -> Iterator[tuple[int, LogP | Refusal]]:
    """Yield (index, log P) once for each sequence, equal ones computed once; `caches` says that prefixes are kept."""
    places: dict[tuple[tuple[int, ...], int], list[int]] = {}
    for index, sequence in enumerate(sequences):
        places.setdefault((sequence.tokens, sequence.targets), []).append(index)
    distinct = [sequences[indices[0]] for indices in places.values()]
    owners = list(places.values())
    reads = caches and stepper.knows(_UNCACHED)
    again: list[int] = []
    for number, output in stepper.run([Ask(sequence.tokens, _fields(sequence, reads=reads)) for sequence in distinct]):
        score = output if isinstance(output, Refusal) else read(output, distinct[number])
        if score is None:
            again.append(number)
        else:
            yield from ((index, score) for index in owners[number])
    for place, output in stepper.run([Ask(distinct[number].tokens, _fields(distinct[number])) for number in again]):
        score = output if isinstance(output, Refusal) else read(output, distinct[again[place]])
        if score is None:
            raise EngineError("vllm: cached tokens came without log-probs; expected none where the cache is passed by")
        yield from ((index, score) for index in owners[again[place]])


def _fields(sequence: Scored, *, reads: bool = False) -> dict[str, Any]:
    fields: dict[str, Any] = {"temperature": 0.0, "max_tokens": 1, "prompt_logprobs": 1}
    return {**fields, _UNCACHED: False} if reads and sequence.targets < len(sequence.tokens) - 1 else fields


def read(output: Any, sequence: Scored) -> LogP | Refusal | None:
    """The log P of a sequence's targets; None where one of them was in the cache.

    `output` is a finished RequestOutput: `prompt_logprobs` has a mapping from token to log-prob for each token of the
    prompt, or for each that was computed, None for the first. Raises EngineError where these are not of the targets.
    """
    targets = sequence.tokens[len(sequence.tokens) - sequence.targets :]
    if (output.num_cached_tokens or 0) > len(sequence.tokens) - sequence.targets - 1:
        return None
    positions: Sequence[Mapping[int, Any] | None] = list(output.prompt_logprobs or ())[-len(targets) :]
    values, greedy = [], True
    for token, known in zip(targets, positions, strict=False):
        if known is None or token not in known:
            break
        values.append(float(known[token].logprob))
        greedy = greedy and known[token].rank == 1
    if len(values) < len(targets):
        raise EngineError(f"vllm: log-probs of {len(values)} tokens; expected those of {len(targets)}")
    total = math.fsum(values) if all(map(math.isfinite, values)) else math.nan
    return LogP(total, greedy) if math.isfinite(total) else NOT_FINITE
