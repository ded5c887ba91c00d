"""What a run would cost, before any model is there: for `--dry-run`.

Tokens are guessed at four characters each, the rule of thumb for English text and byte-pair vocabularies;
a download at two bytes a parameter, the size of bfloat16 weights.
"""

from collections.abc import Iterable
from dataclasses import dataclass

from harness.core import Generate
from harness.core import LogLikelihood
from harness.core import Request
from harness.core import Rolling
from harness.models import Card
from harness.prompts import flat

CHARACTERS_PER_TOKEN = 4
BYTES_PER_PARAMETER = 2


@dataclass(frozen=True, slots=True)
class Cost:
    """Requests, tokens read (each distinct context once) and at most written."""

    requests: int
    read: int
    written: int


def cost(requests: Iterable[Request]) -> Cost:
    """The cost of distinct requests."""
    count = read = written = 0
    for request in requests:
        count += 1
        if isinstance(request, Generate):
            read += len(flat(request.prompt))
            written += request.max_tokens * request.samples
        elif isinstance(request, LogLikelihood):
            read += sum(map(len, {context for context, _ in request.pairs}))
            read += sum(len(continuation) for _, continuation in request.pairs)
        elif isinstance(request, Rolling):
            read += len(request.text)
    return Cost(count, read // CHARACTERS_PER_TOKEN, written)


def download_bytes(card: Card) -> int | None:
    """Bytes of a model's weights on the Hub; 0 for a local one, None where its size is not known."""
    if card.path is not None:
        return 0
    return None if card.parameters is None else card.parameters * BYTES_PER_PARAMETER
