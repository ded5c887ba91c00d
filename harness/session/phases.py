"""How far the asking is, by phase: log-likelihoods are scored, texts are written, and each has a pace of its own."""

import time
from collections.abc import Callable
from dataclasses import dataclass

from harness.core import Completions
from harness.core import Generate
from harness.core import LogLikelihoods
from harness.core import Request
from harness.core import Response
from harness.session.estimate import cost

SCORING = "scoring"
WRITING = "writing"


@dataclass(frozen=True, slots=True)
class Phase:
    """One kind of request as of now: log-likelihoods ("scoring") or texts ("writing").

    Attributes:
        name: The phase's name.
        wanted: How many requests there are of the kind.
        answered: How many of them have an answer.
        tokens: The tokens that were scored or written in this session, those read guessed at four characters each.
        done: The tokens that the requests answered in this session were planned with.
        left: The tokens that the requests without an answer are planned with.
        seconds: The time that was spent in the phase.
    """

    name: str
    wanted: int
    answered: int
    tokens: int
    done: int
    left: int
    seconds: float

    @property
    def rate(self) -> float | None:
        """Tokens a second; None before the first answer."""
        return self.tokens / self.seconds if self.tokens and self.seconds else None

    @property
    def eta(self) -> float | None:
        """Seconds until all are answered: planned tokens left, at the pace of those done; None before the first."""
        if not self.left:
            return 0.0
        return self.left * self.seconds / self.done if self.done else None


class Phases:
    """Counts the work of a session; `clock` gives seconds."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._since: float | None = None
        self._phases = {name: _Count() for name in (SCORING, WRITING)}

    def want(self, request: Request, *, kept: bool = False) -> None:
        """Count a request; one that is `kept` has its answer from an earlier session."""
        count = self._phases[kind(request)]
        count.wanted += 1
        count.answered += kept
        count.left += 0 if kept else planned(request)

    def begin(self) -> None:
        """The engine is asked from now on, unless it was before."""
        self._since = self._clock() if self._since is None else self._since

    def answer(self, request: Request, response: Response) -> None:
        """Count an answer, and the time since the one before as that of its phase."""
        now, count, size = self._clock(), self._phases[kind(request)], planned(request)
        count.seconds += 0.0 if self._since is None else now - self._since
        self._since = now
        count.answered = min(count.answered + 1, count.wanted)
        count.left = max(count.left - size, 0)
        count.done += size
        count.tokens += worked(request, response)

    def leave(self, request: Request) -> None:
        """Count a request that is not asked, as there is nothing left to do for it."""
        count = self._phases[kind(request)]
        count.answered = min(count.answered + 1, count.wanted)
        count.left = max(count.left - planned(request), 0)

    def now(self) -> tuple[Phase, ...]:
        """Every phase that something is wanted of, in the order in which they are asked."""
        return tuple(
            Phase(name, count.wanted, count.answered, count.tokens, count.done, count.left, count.seconds)
            for name, count in self._phases.items()
            if count.wanted
        )


@dataclass(slots=True)
class _Count:
    """What was counted of a phase."""

    wanted: int = 0
    answered: int = 0
    tokens: int = 0
    done: int = 0
    left: int = 0
    seconds: float = 0.0


def kind(request: Request) -> str:
    """The phase a request belongs to."""
    return WRITING if isinstance(request, Generate) else SCORING


def planned(request: Request) -> int:
    """The tokens a request is planned with, 1 at least: those it may write, or those it reads."""
    total = cost((request,))
    return max(total.written if isinstance(request, Generate) else total.read, 1)


def worked(request: Request, response: Response) -> int:
    """The tokens that an answer wrote, or those that were read for it; 0 for a refusal."""
    if isinstance(response, Completions):
        return sum(completion.tokens for completion in response.completions)
    return planned(request) if isinstance(response, LogLikelihoods) else 0
