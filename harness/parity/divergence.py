"""Divergence: how far two subjects' answers are apart, whatever was made of them.

Answers hold the sum of each continuation's log P and its number of tokens, so |difference| over tokens is what a token
differs by on average, and no single one less. Texts hold no tokens: what differs first is counted in characters.
"""

import re
from collections.abc import Callable
from collections.abc import Iterable
from collections.abc import Iterator
from collections.abc import Sequence
from dataclasses import dataclass
from dataclasses import field
from dataclasses import replace

from harness.core import Completions
from harness.core import Generate
from harness.core import LogLikelihood
from harness.core import LogLikelihoods
from harness.core import Record
from harness.core import Request
from harness.core import Response
from harness.prompts import flat

SHOWN = 5
"""Texts of a benchmark that are shown where they part, and looked at for a near tie."""
NEAR = 0.25
"""Nats between two words of which rounding may take either: the eight bits of activations beside four-bit weights."""
_WINDOW = 24
_WORD = re.compile(r"\s*\S+")


@dataclass(frozen=True, slots=True)
class LogDivergence:
    """Log-likelihoods of the same continuations; nats are absolute and for each token.

    Attributes:
        continuations: How many were compared.
        tokens: Their tokens in all.
        mean: The mean over tokens; None where none was compared.
        largest: That of the continuation that differs most; None as above.
        case: The case it is of.
        tokenised_otherwise: Continuations that are another number of tokens for either, and so are not compared.
    """

    continuations: int = 0
    tokens: int = 0
    mean: float | None = None
    largest: float | None = None
    case: str | None = None
    tokenised_otherwise: int = 0


@dataclass(frozen=True, slots=True)
class Parting:
    """Two greedy texts of one request from where they part: `character` counts from 0, `base` and `new` go on there.

    `tie` is the nats by which the reference prefers its own next word; None where no log-probs can be had. Below `NEAR`
    it is a near tie, which rounding decides.
    """

    case: str
    character: int
    base: str
    new: str
    tie: float | None = None

    @property
    def is_near_tie(self) -> bool:
        """Whether rounding may take either word."""
        return self.tie is not None and abs(self.tie) < NEAR


@dataclass(frozen=True, slots=True)
class TextDivergence:
    """Greedy texts of the same requests: how many, how many of them equal, and where the first few part."""

    texts: int = 0
    equal: int = 0
    earliest: int | None = None
    median: int | None = None
    partings: tuple[Parting, ...] = ()


@dataclass(frozen=True, slots=True)
class Divergence:
    """A subject's answers beside the reference's on one benchmark; a part is None where there is nothing of its kind.

    `asked_otherwise` counts requests that were not the same for both.
    """

    logs: LogDivergence | None = None
    texts: TextDivergence | None = None
    asked_otherwise: int = 0


@dataclass(slots=True)
class _Seen:
    """What is gathered: (case, difference, tokens) of continuations, texts of requests, and what has no pair."""

    logs: list[tuple[str, float, int]] = field(default_factory=list)
    tokenised_otherwise: int = 0
    texts: list[tuple[str, str, str]] = field(default_factory=list)
    asked_otherwise: int = 0


def divergence(
    pairs: Iterable[tuple[Record, Record]],
    request_of: Callable[[str], Request | None],
    prefers: Callable[[Generate, str, str], float | None],
) -> Divergence:
    """The divergence of a benchmark from its cases' records, the reference's first.

    `request_of` gives a request by its fingerprint; `prefers` says by how many nats the reference prefers its own text
    where it parts from another one, None where that cannot be had.
    """
    seen, asked = _Seen(), dict[str, Generate]()
    for base, new in pairs:
        for ours, theirs, fingerprint in _together(base, new, seen):
            request = request_of(fingerprint)
            if isinstance(ours, LogLikelihoods) and isinstance(theirs, LogLikelihoods):
                _note_logs(base.case, ours, theirs, seen)
            elif isinstance(request, Generate) and request.temperature == 0:
                asked.setdefault(base.case, request)
                seen.texts += [(base.case, *texts) for texts in _texts(ours, theirs)]
    logs = _logs(seen) if seen.logs or seen.tokenised_otherwise else None
    texts = _texts_apart(seen.texts, asked, prefers) if seen.texts else None
    return Divergence(logs, texts, seen.asked_otherwise)


def preference(request: Generate, base: str, new: str, ask: Callable[[Request], Response | None]) -> float | None:
    """By how many nats the model that is asked prefers the next word of `base` to that of `new`, after what they share.

    Words, as no token is known: both begin where the last shared white space ends. None where it gives no log-probs, or
    one of the texts is over.
    """
    shared = base[: _parts(base, new)]
    start = len(shared) - len(re.search(r"\S*$", shared)[0])  # type: ignore[index]  # it matches any text
    while start and shared[start - 1].isspace():
        start -= 1
    words = [_WORD.match(text, start) for text in (base, new)]
    if words[0] is None or words[1] is None:
        return None
    context = flat(request.prompt) + shared[:start]
    answer = ask(LogLikelihood(tuple((context, word[0]) for word in words if word is not None)))
    return answer.values[0] - answer.values[1] if isinstance(answer, LogLikelihoods) else None


def _parts(base: str, new: str) -> int:
    """The first character at which two texts are not the same."""
    pairs = enumerate(zip(base, new, strict=False))
    return next((place for place, (ours, theirs) in pairs if ours != theirs), min(len(base), len(new)))


def _together(base: Record, new: Record, seen: _Seen) -> Iterator[tuple[Response, Response, str]]:
    """The answers of both to the same requests, turn by turn; a later turn may differ, as an earlier answer did."""
    for ours, theirs, asked, also in zip(base.answers, new.answers, base.asked, new.asked, strict=False):
        if asked == also:
            yield ours, theirs, asked
        else:
            seen.asked_otherwise += 1


def _note_logs(case: str, ours: LogLikelihoods, theirs: LogLikelihoods, seen: _Seen) -> None:
    for value, other, tokens, count in zip(ours.values, theirs.values, ours.tokens, theirs.tokens, strict=True):
        if tokens != count:
            seen.tokenised_otherwise += 1
        elif tokens:
            seen.logs.append((case, abs(value - other), tokens))


def _texts(ours: Response, theirs: Response) -> Iterator[tuple[str, str]]:
    if isinstance(ours, Completions) and isinstance(theirs, Completions):
        for made, other in zip(ours.completions, theirs.completions, strict=False):
            yield (made.thought or "") + made.text, (other.thought or "") + other.text


def _logs(seen: _Seen) -> LogDivergence:
    if not seen.logs:
        return LogDivergence(tokenised_otherwise=seen.tokenised_otherwise)
    tokens = sum(count for _, _, count in seen.logs)
    case, difference, count = max(seen.logs, key=lambda each: each[1] / each[2])
    mean = sum(apart for _, apart, _ in seen.logs) / tokens
    return LogDivergence(len(seen.logs), tokens, mean, difference / count, case, seen.tokenised_otherwise)


def _texts_apart(
    texts: Sequence[tuple[str, str, str]],
    asked: dict[str, Generate],
    prefers: Callable[[Generate, str, str], float | None],
) -> TextDivergence:
    apart = [(case, base, new) for case, base, new in texts if base != new]
    partings = []
    for case, base, new in apart[:SHOWN]:
        place = _parts(base, new)
        parting = Parting(case, place, base[place : place + _WINDOW], new[place : place + _WINDOW])
        partings.append(replace(parting, tie=prefers(asked[case], base, new)))
    places = sorted(_parts(base, new) for _, base, new in apart)
    return TextDivergence(
        len(texts),
        len(texts) - len(apart),
        places[0] if places else None,
        places[len(places) // 2] if places else None,
        tuple(partings),
    )
