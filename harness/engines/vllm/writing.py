"""Completions: what vLLM is asked for, and an answer that ends by the rules all engines share.

vLLM draws tokens and nothing else. Stop strings, thoughts and budgets are judged here with each token, and what has
ended by them is computed no further.
"""

import hashlib
import math
from array import array
from collections.abc import Mapping
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from harness.core import Completions
from harness.core import Generate
from harness.core import Refusal
from harness.core import Response
from harness.engines.texts.completion import NOT_FINITE
from harness.engines.texts.completion import Draft
from harness.errors import EngineError

LEAST_TEMPERATURE = 0.01
"""vLLM draws at this temperature where a lower one is asked for."""


@dataclass(slots=True)
class Row:
    """One sample of a request that is being written; `owner` is the request's index."""

    owner: int
    draft: Draft
    prompt: Sequence[int]

    def take(self, output: Any) -> Refusal | bool:
        """Add what has come of a RequestOutput; True when the completion has ended, a Refusal where it never will.

        Raises EngineError where vLLM has ended it otherwise.
        """
        (piece,) = output.outputs
        for token, known in zip(piece.token_ids, piece.logprobs or (), strict=True):
            if not math.isfinite(_logprob(known, token)):
                return NOT_FINITE
            if self.draft.push(int(token)):
                return True
        if not output.finished:
            return False
        if piece.finish_reason in {"stop", "length"}:
            raise EngineError(
                f"vllm: ended a completion after {len(self.draft.tokens)} tokens ({piece.finish_reason}); "
                "expected its end token or its last token"
            )
        return Refusal(f"vllm gave it up: {piece.finish_reason}")


class Sheet:
    """The rows of one request; greedy samples are one row, `copies` times."""

    def __init__(self, rows: Sequence[Row], copies: int, dropped: int) -> None:
        self.rows = rows
        self._copies = copies
        self._dropped = dropped
        self._left = len(rows)
        self._refusal: Refusal | None = None

    def take(self, refusal: Refusal | None) -> bool:
        """Note that one row is finished, or why it never is; True when none is left."""
        self._left -= 1
        self._refusal = self._refusal or refusal
        return not self._left

    def response(self) -> Response:
        """The answer to the request."""
        if self._refusal is not None:
            return self._refusal
        completions = tuple(row.draft.completion for row in self.rows for _ in range(self._copies))
        return Completions(completions, len(self.rows[0].prompt), self._dropped)


def fields(request: Generate, draft: Draft, prompt: Sequence[int], sample: int) -> dict[str, Any]:
    """The sampling parameters of one sample: greedy, or temperature and top-p, and no more."""
    from vllm.sampling_params import RequestOutputKind

    drawn: Mapping[str, Any] = (
        {"top_p": request.top_p, "seed": seed(request.seed, sample, prompt)} if request.temperature > 0 else {}
    )
    return {
        "temperature": request.temperature,
        **drawn,
        "max_tokens": draft.limits.total,
        "stop_token_ids": sorted(draft.ends),
        "ignore_eos": True,  # the ends are those named here, which a folder's files say
        "logprobs": 0,  # of the token that was drawn: no number where the logits are none
        "output_kind": RequestOutputKind.DELTA,
    }


def seed(asked: int, sample: int, prompt: Sequence[int]) -> int:
    """The seed of a sample, below 2^31.

    The prompt is part of it: with one seed vLLM gives the same noise to each prompt of a benchmark
    (vllm-project/vllm#50440).
    """
    digest = hashlib.sha256(f"{asked}/{sample}/".encode() + array("q", prompt).tobytes()).digest()
    return int.from_bytes(digest[:4], "big") >> 1


def _logprob(known: Mapping[int, Any], token: int) -> float:
    return float(known[token].logprob) if token in known else math.nan
