"""Awaiting: how anyone gets an answer, in whichever process a case is tested."""

import os
import time
from collections.abc import Callable
from collections.abc import Mapping
from collections.abc import Sequence
from pathlib import Path

from harness.core import Request
from harness.core import Response
from harness.errors import CrosstaskError
from harness.session.exchange import Exchange
from harness.store.answers import Answers

ALIVE = "alive"
"""A file in the session's folder, there as long as somebody answers."""

AHEAD = 64
"""Answers read at once where they are there already."""

_PAUSE = 0.02
_TICKS = 10
"""Pauses between two looks around."""


class NotAnsweredError(CrosstaskError):
    """There will be no answer: the engine broke, or the process that owned it is gone."""


class NotServedError(CrosstaskError):
    """The engine cannot be asked this request; it answers others."""


class Reader:
    """Pulls answers in the process of a test; `owner` is the process that asks, watched while waiting.

    `alive` names the file that is there as long as it does. `order` are the fingerprints of each model in the order of
    the tests: where answers are there already, those that will be wanted next are read along, twice as many each time
    up to `AHEAD`.
    """

    def __init__(
        self, folder: Path, owner: int, order: Mapping[str, Sequence[str]] | None = None, alive: str = ALIVE
    ) -> None:
        self._folder = folder
        self._alive = alive
        self._exchange = Exchange(folder)
        self._answers: dict[str, Answers] = {}
        self._owner = owner
        self._order = order or {}
        self._place = {
            name: {fingerprint: at for at, fingerprint in enumerate(fingerprints)}
            for name, fingerprints in self._order.items()
        }
        self._ahead = 1
        self._at_hand: dict[str, Response] = {}
        self._at_hand_of = ""

    def want(self, model: str, fingerprint: str, request: Request) -> None:
        """Ask for a request no plan foresaw; `fingerprint` is its own."""
        self._exchange.want(model, fingerprint, request)

    def want_run(self, fingerprint: str, trial: str, code: str) -> None:
        """Want a program run; `fingerprint` is that of the request to run it, `trial` that of the trial."""
        self._exchange.want_run(fingerprint, trial, code)

    def check(self, model: str) -> None:
        """Raise NotAnsweredError where it is known that the model will answer nothing more."""
        state = self._exchange.model(model)
        if state is not None and state.failure:
            raise NotAnsweredError(state.failure)

    def wait(self, model: str, fingerprint: str, tick: Callable[[], None]) -> Response:
        """The answer to a wanted request, waiting for it as long as somebody works on it.

        Calls `tick` about five times a second meanwhile. Raises NotAnsweredError where there will be none, and
        NotServedError where the engine cannot be asked this one.
        """
        pause = 0.0005
        waited = 0.0
        while (response := self._look(model, fingerprint)) is None:
            if not self._is_alive():
                return self._last_look(model, fingerprint)
            time.sleep(pause)
            waited += pause
            pause = min(pause * 2, 0.05)
            if waited > 0.2:
                waited = 0.0
                tick()
                self._check_owner()
        return response

    def admits(self, model: str, benchmark: str, look: int, tick: Callable[[], None], *, wait: bool) -> bool:
        """Whether the cases of a look may be tested; False where they will not be, as their benchmark is decided.

        Where neither is settled yet, `wait` waits for it, and NotAnsweredError is raised without it, or where nobody
        will settle it. `tick` is as in `wait`.
        """
        waited = 0
        while True:
            admission = self._exchange.admission(benchmark)
            if admission.look >= look or admission.closed:
                return admission.look >= look
            if not wait:
                raise NotAnsweredError(f"{benchmark}: the look before this case never came; run the same command again")
            time.sleep(_PAUSE)
            waited += 1
            if waited % _TICKS == 0:
                tick()
                self._check_owner()
                self.check(model)

    def answered(self, model: str, fingerprints: Sequence[str]) -> dict[str, Response]:
        """The answers that are there already to requests of a model, by fingerprint; refusals are not among them."""
        answers = self._opened(model)
        return {} if answers is None else answers.get_all(fingerprints)

    def has_all(self, model: str, fingerprints: Sequence[str]) -> bool:
        """Whether all these requests are answered, be it by a refusal."""
        try:
            return all(self._look(model, fingerprint) is not None for fingerprint in fingerprints)
        except CrosstaskError:
            return False

    def close(self) -> None:
        """Close what was opened."""
        self._exchange.close()
        for answers in self._answers.values():
            answers.close()

    def _opened(self, model: str) -> Answers | None:
        """The answers of a model, once it is known where they are."""
        if model not in self._answers:
            state = self._exchange.model(model)
            if state is None or not state.answers or not state.digest:
                return None
            self._answers[model] = Answers(Path(state.answers), state.digest)
        return self._answers[model]

    def _look(self, model: str, fingerprint: str) -> Response | None:
        answers = self._answers.get(model)
        response = self._read(answers, model, fingerprint) if answers else None
        if response is not None:
            return response
        state = self._exchange.model(model)
        if state is None:
            return None
        if answers is None and self._opened(model) is not None:
            return self._look(model, fingerprint)
        if state.failure:
            raise NotAnsweredError(state.failure)
        if (reason := self._exchange.left(model, fingerprint)) is not None:
            raise NotServedError(reason)
        return self._exchange.refusal(model, fingerprint)

    def _read(self, answers: Answers, model: str, fingerprint: str) -> Response | None:
        """The answer to a request, and on the way those to the next ones."""
        if self._at_hand_of == model and fingerprint in self._at_hand:
            return self._at_hand[fingerprint]
        place = self._place.get(model, {}).get(fingerprint)
        wanted = (fingerprint,) if place is None else self._order[model][place : place + self._ahead]
        self._at_hand, self._at_hand_of = answers.get_all(wanted), model
        self._ahead = min(2 * self._ahead, AHEAD) if len(self._at_hand) == len(set(wanted)) else 1
        return self._at_hand.get(fingerprint)

    def _is_alive(self) -> bool:
        return (self._folder / self._alive).exists()

    def _last_look(self, model: str, fingerprint: str) -> Response:
        """What was answered before nobody did any more."""
        response = self._look(model, fingerprint)
        if response is None:
            raise NotAnsweredError("session: nobody answers any more; the end of the output says why")
        return response

    def _check_owner(self) -> None:
        if not self._is_alive():
            raise NotAnsweredError("session: nobody answers any more; the end of the output says why")
        if self._owner not in (os.getpid(), os.getppid()):
            raise NotAnsweredError(
                f"session: process {self._owner} that owned the engine is gone; run the same command again"
            )
