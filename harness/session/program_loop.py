"""Running programs: the thread that owns the sandbox.

It hears of an answer as soon as that is stored, derives its programs and hands them to the sandbox, so that programs
run while the model still writes. Each verdict is kept as soon as it is there, under the sandbox's digest, and a case
pulls its own as it does its answers.
"""

from collections.abc import Mapping
from collections.abc import Sequence
from concurrent.futures import Future
from dataclasses import dataclass
from pathlib import Path
from queue import Empty
from queue import SimpleQueue
from typing import TYPE_CHECKING
from typing import Any
from typing import Protocol
from typing import TypeAlias

from harness.code_tasks.rules import program
from harness.code_tasks.rules import request
from harness.core import Completions
from harness.core import Execute
from harness.core import Execution
from harness.core import Refusal
from harness.core import Response
from harness.core import Trial
from harness.core import fingerprint
from harness.models.hashes import cache_directory
from harness.session.exchange import Exchange
from harness.session.exchange import ModelState
from harness.session.exchange import Program
from harness.session.loop import Loop
from harness.store.answers import Answers

if TYPE_CHECKING:
    from harness.sandbox.limits import Limits

SANDBOX = ""
"""The name under which the sandbox answers in an exchange: no model has it."""

JUDGING = "judging"
"""A file in the session's folder, there as long as programs are run."""

_WINDOW = 512
_PAUSE = 0.02

Ran: TypeAlias = Execution | Refusal


class Sandbox(Protocol):
    """What runs programs; `digest` stands for all that could change a verdict, `facts` say it in words."""

    @property
    def facts(self) -> Mapping[str, Any]:
        """What the manifest says of it."""
        ...

    @property
    def digest(self) -> str:
        """sha256 (hex) under which its verdicts are kept."""
        ...

    def submit(self, request: Execute) -> Future[Ran]:
        """Run a program as soon as there is room."""
        ...

    def close(self) -> None:
        """End all that runs; what has not run is cancelled."""
        ...


@dataclass(frozen=True, slots=True)
class _Heard:
    """An answer whose programs are to be derived."""

    model: str
    fingerprint: str
    response: Response


@dataclass(frozen=True, slots=True)
class _Done:
    """A program that was run."""

    fingerprint: str
    future: Future[Ran]


class ProgramRunner(Loop):
    """Runs what is wanted in a session folder until it is stopped, each distinct program once.

    With `refresh` kept verdicts are found again, and replaced.
    """

    def __init__(self, folder: Path, sandbox: Sandbox, *, refresh: bool = False) -> None:
        super().__init__(folder, JUDGING, "crosstask-programs")
        self._sandbox = sandbox
        self._inbox: SimpleQueue[_Heard | _Done] = SimpleQueue()
        self._exchange = Exchange(folder)
        self._awaited = self._exchange.tried()
        self._trials: dict[str, Trial] = {}
        self._taken = 0
        kept = Answers(verdicts_path(sandbox.digest), sandbox.digest)
        # what a session reads must be its own where nothing kept shall count
        fresh = (Answers(folder / "verdicts.sqlite", sandbox.digest),) if refresh else ()
        self._stores = (*fresh, kept)
        self.wanted = 0
        self.judged = 0
        self.ran = 0
        self._exchange.set_model(SANDBOX, ModelState(str(self._stores[0].path), sandbox.digest, None))

    @property
    def facts(self) -> dict[str, Any]:
        """What the manifest says of the sandbox."""
        return {**self._sandbox.facts, "digest": self._sandbox.digest}

    def awaited(self, model: str, keys: Sequence[str]) -> list[str]:
        """Those of the requests whose answers hold programs."""
        return [key for key in keys if (model, key) in self._awaited]

    def hear(self, model: str, responses: Mapping[str, Response]) -> None:
        """Take the answers of a model by the fingerprints of their requests; returns at once."""
        for key in self.awaited(model, list(responses)):
            self._inbox.put(_Heard(model, key, responses[key]))

    def step(self) -> None:
        """Hand over the programs that are wanted, and keep what became of others."""
        self._submit_wanted()
        self._read_inbox()

    def stop(self) -> None:
        """End the thread and the sandbox; returns when both are gone. Calling it twice is harmless."""
        self.end()
        self._sandbox.close()
        self._exchange.close()
        for store in self._stores:
            store.close()

    def _submit_wanted(self) -> None:
        window = self._exchange.programs(self._taken, _WINDOW)
        missing = self._stores[0].missing([wanted.fingerprint for wanted in window])
        for wanted in window:
            self._taken = wanted.number
            self.wanted += 1
            if wanted.fingerprint in missing:
                self._submit(wanted)
            else:
                self.judged += 1

    def _submit(self, wanted: Program) -> None:
        future = self._sandbox.submit(request(self._trial(wanted.trial), wanted.code))
        future.add_done_callback(lambda done: self._inbox.put(_Done(wanted.fingerprint, done)))

    def _read_inbox(self) -> None:
        """Deal with all that came, after waiting a little for the first."""
        try:
            message = self._inbox.get(timeout=_PAUSE)
            while not self.stopped.is_set():
                if isinstance(message, _Done):
                    self._keep(message)
                else:
                    self._derive(message)
                message = self._inbox.get_nowait()
        except Empty:
            return

    def _derive(self, heard: _Heard) -> None:
        """Want the programs of an answer."""
        if not isinstance(heard.response, Completions):
            return
        texts = dict.fromkeys(completion.text for completion in heard.response.completions)
        for name in self._awaited[heard.model, heard.fingerprint]:
            trial = self._trial(name)
            for text in texts:
                code = program(trial, text)
                if code is not None:
                    self._exchange.want_run(fingerprint(request(trial, code)), name, code)

    def _keep(self, done: _Done) -> None:
        """Keep a verdict for ever, a refusal for this session."""
        if done.future.cancelled():
            return
        outcome = done.future.result()
        self.judged += 1
        self.ran += 1
        if isinstance(outcome, Refusal):
            self._exchange.refuse(SANDBOX, done.fingerprint, outcome)
            return
        for store in reversed(self._stores):
            store.put(done.fingerprint, outcome)

    def _trial(self, name: str) -> Trial:
        if name not in self._trials:
            self._trials[name] = self._exchange.trial(name)
        return self._trials[name]


class Runner:
    """Runs programs outside of any session, each distinct one once; verdicts that are kept are found again."""

    def __init__(self, sandbox: Sandbox) -> None:
        self._sandbox = sandbox
        self._kept = Answers(verdicts_path(sandbox.digest), sandbox.digest)

    @property
    def facts(self) -> dict[str, Any]:
        """What the manifest says of the sandbox."""
        return {**self._sandbox.facts, "digest": self._sandbox.digest}

    def run(self, requests: Sequence[Execute]) -> list[Ran]:
        """What became of each program."""
        keys = [fingerprint(execute) for execute in requests]
        known = self._kept.get_all(keys)
        running = {
            key: self._sandbox.submit(execute) for key, execute in zip(keys, requests, strict=True) if key not in known
        }
        outcomes: dict[str, Ran] = {
            key: execution for key, execution in known.items() if isinstance(execution, Execution)
        }
        for key, future in running.items():
            outcomes[key] = future.result()
            if isinstance(outcomes[key], Execution):
                self._kept.put(key, outcomes[key])
        return [outcomes[key] for key in keys]

    def close(self) -> None:
        """End the sandbox."""
        self._sandbox.close()
        self._kept.close()


def open_sandbox(*, unsandboxed: bool, limits: "Limits | None" = None) -> Sandbox:
    """The sandbox of this machine; raises SandboxError, one sentence, where it cannot be had."""
    from harness import sandbox

    return sandbox.open_sandbox(unsandboxed=unsandboxed, limits=limits)


def verdicts_path(digest: str) -> Path:
    """Where the verdicts of a sandbox are kept."""
    return cache_directory() / "verdicts" / f"{digest}.sqlite"
