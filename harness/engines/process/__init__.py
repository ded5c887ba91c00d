"""An engine in a process of its own: started at the first question, replaced when it died.

pytest's process stays free of torch, the memory of a GPU is surely freed between models, and a crash is a
reported event instead of the end of the session.
"""

import threading
import time
from collections.abc import Iterator
from collections.abc import Mapping
from collections.abc import Sequence
from dataclasses import asdict
from dataclasses import dataclass
from typing import Any
from typing import Protocol

from harness import errors
from harness.core import Completions
from harness.core import LogLikelihoods
from harness.core import Request
from harness.core import Response
from harness.encoding import encode
from harness.engines.descriptor import EngineSpec
from harness.engines.process import messages
from harness.errors import CrosstaskError
from harness.errors import EngineError
from harness.processes.child import Child
from harness.processes.child import Launch
from harness.processes.wire import Malformed

_WORKER = "harness.engines.process.worker"


class Peer(Protocol):
    """Who answers: a child of this process, or somebody who takes its place. `Child` says what each method does."""

    @property
    def pid(self) -> int | None:
        """The process id; None for one that is not on this machine."""
        ...

    def send(self, message: Any) -> None:
        """Say something."""
        ...

    def hear(self, seconds: float | None = None) -> dict[str, Any] | None:
        """The next message; None where it has ended."""
        ...

    def end(self) -> None:
        """End it."""
        ...

    def destroy(self) -> None:
        """End it without waiting."""
        ...

    def obituary(self) -> str:
        """How it ended."""
        ...


@dataclass(slots=True)
class Work:
    """What an engine did in whole windows: requests answered, tokens written, tokens scored, and in what time.

    `seconds` are those of answering alone, without loading.
    """

    requests: int = 0
    written: int = 0
    scored: int = 0
    seconds: float = 0.0

    def add(self, responses: Sequence[Response], seconds: float) -> None:
        """Add a window."""
        self.requests += len(responses)
        self.seconds += seconds
        for response in responses:
            if isinstance(response, Completions):
                self.written += sum(completion.tokens for completion in response.completions)
            elif isinstance(response, LogLikelihoods):
                self.scored += sum(response.tokens)


class EngineProcess:
    """An Engine whose work a child process does.

    One thread at a time iterates `answer`; `close` may be called from any other and ends its waiting. `loading` says
    whether the child has yet to say that it is ready, and `answered` how many answers it gave.
    """

    def __init__(self, spec: EngineSpec, launch: Launch | None = None) -> None:
        self.spec = spec
        self.launch = launch or Launch()
        self._child: Peer | None = None
        self._description: Mapping[str, Any] | None = None
        self._work = Work()
        self._closed = False
        self._sign = time.monotonic()
        self.loading = True
        self.answered = 0
        self._changing = threading.Lock()

    @property
    def pid(self) -> int | None:
        """The child's process id, None while there is no child."""
        child = self._child
        return child.pid if child is not None else None

    @property
    def waits(self) -> bool:
        """Whether it cannot be asked yet, as there is no place for it."""
        return False

    def start(self) -> None:
        """Start the child without waiting until it is ready; harmless where one runs."""
        self._running()

    @property
    def description(self) -> Mapping[str, Any] | None:
        """What the engine said of itself when it was last ready; None where it never was. Starts nothing.

        `answered` is the `Work` it has done since it was opened, where there is any.
        """
        if self._description is None or not self._work.requests:
            return self._description
        return {**self._description, "answered": asdict(self._work)}

    def describe(self) -> Mapping[str, Any]:
        """What the engine says of itself; starts it and waits until it is ready where that is not known."""
        while self._description is None:
            self._hear(self._running())
        return self._description

    def answer(self, requests: Sequence[Request]) -> Iterator[tuple[int, Response]]:
        """Yield (index, response) as the child answers.

        Raises EngineError where the child dies or `close` is called meanwhile, and what the engine raised in the
        child (ModelError, EngineError). Giving up the iteration ends the child, which would compute what nobody reads.
        """
        if not requests:
            return
        child, done = self._running(), False
        responses: list[Response] = []
        try:
            self._sign = time.monotonic()
            child.send({"requests": [encode(request) for request in requests]})
            while not done:
                message = self._hear(child)
                done = message.get("done", False)
                for index, response in message.get("answers", ()):
                    if index >= len(requests):
                        raise EngineError(f"{self.name}: answered request {index}; expected one of {len(requests)}")
                    responses.append(response)
                    self.answered += 1
                    yield index, response
            self._work.add(responses, message["seconds"])
        finally:
            if not done:
                self._drop(child)

    def silent_for(self) -> float:
        """Seconds since the child was started, was asked, or said something."""
        return time.monotonic() - self._sign

    def kill(self) -> None:
        """Send the child SIGKILL and wait for nothing; whoever iterates `answer` is told. Harmless where none runs."""
        child = self._child
        if child is not None:
            child.destroy()

    def note(self, text: str) -> None:
        """Append a line to the log, where there is one."""
        if self.launch.log is not None:
            with self.launch.log.open("a", encoding="utf-8") as log:
                log.write(f"{text}\n")

    def release(self) -> None:
        """End the child; the next question starts another."""
        child = self._child
        if child is not None:
            self._drop(child)

    def close(self) -> None:
        """End the child by its pipe, then SIGTERM, then SIGKILL; calling it twice is harmless."""
        with self._changing:
            self._closed = True
            child, self._child = self._child, None
        if child is not None:
            child.end()

    def _running(self) -> Peer:
        with self._changing:
            if self._closed:
                raise EngineError(f"{self.name}: closed; expected an engine that is open")
            if self._child is None:
                self._sign, self.loading, self.answered = time.monotonic(), True, 0
                self._child = self._begin()
            return self._child

    def _begin(self) -> Peer:
        """Start a child, and say what it is to open."""
        folders = () if self.launch.folder is None else (str(self.launch.folder),)
        child = Child(_WORKER, messages.ANSWERS, self.launch, *folders, longest=messages.LONGEST)
        child.send(messages.encode_spec(self.spec))
        return child

    def _hear(self, child: Peer) -> Mapping[str, Any]:
        """The child's next message; raises what it died of."""
        try:
            message = child.hear()
        except Malformed as error:
            self._drop(child)
            raise EngineError(f"{self.name}: wrote a malformed {error}") from error
        self._sign = time.monotonic()
        if message is None:
            how = "closed while it was answering; run again to go on" if self._closed else child.obituary()
            self._drop(child)
            raise EngineError(f"{self.name}: {how}")
        if "error" in message:
            self._drop(child)
            raise self._crossed(**message["error"])
        if "ready" in message:
            self._description, self.loading = message["ready"], False
        return message

    def _crossed(self, kind: str, message: str) -> CrosstaskError:
        """The error a child reported: ours as it was, any other as an EngineError."""
        known = getattr(errors, kind, None)
        if known is not None:
            ours: CrosstaskError = known(message)
            return ours
        log = f"; its traceback is in {self.launch.log}" if self.launch.log else ""
        return EngineError(f"{self.name}: {message}{log}")

    def _drop(self, child: Peer) -> None:
        with self._changing:
            if self._child is child:
                self._child = None
        child.end()

    @property
    def name(self) -> str:
        """What an error calls it."""
        return f"engine {self.spec.settings.engine} of {self.spec.weights.card.name}"
