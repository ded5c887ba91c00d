"""The judge of mathematical answers: math-verify (Kydlíček 2025) in a process that can be ended.

What takes too much time or memory ends that process, not this one; the next pair starts another.
"""

import atexit
import functools
import os
import signal
import threading
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from harness.errors import EngineError
from harness.metrics.math_messages import JUDGEMENTS
from harness.processes.child import Child
from harness.processes.child import Launch
from harness.processes.wire import Malformed

_WORKER = "harness.metrics.math_worker"
# sympy orders by hash: one seed, one judgement
_LAUNCH = Launch(log=Path(os.devnull), env={"PYTHONHASHSEED": "0"})
_WALL_S = 60.0
"""The end of patience with a process that uses no CPU time either."""
_OUT_OF_TURN = "spoke out of turn"


@dataclass(frozen=True, slots=True)
class Judgement:
    """Whether an answer is equal (None: it could not be judged), what was found in it, and what there is to say."""

    equal: bool | None
    found: str | None = None
    cause: str | None = None


class Judge:
    """A process that compares pairs, each in at most `seconds` of CPU time; it starts at the first."""

    def __init__(self, seconds: int) -> None:
        self._seconds = seconds
        self._child: Child | None = None
        self._lock = threading.Lock()

    def compare(self, gold: str, answer: str, *, boxed: bool) -> Judgement:
        """Whether `answer` equals `gold`; `boxed` takes both as a box's content, else answers are looked for in them.

        What math-verify cannot read it compares as text; where that is `gold`, other texts are not judged. Where memory
        runs out or the process breaks, a fresh one is asked once more, so that no pair pays for those before it. Raises
        EngineError where no process can be started.
        """
        pair = {"gold": gold, "answer": answer, "boxed": boxed}
        with self._lock:
            reply = self._ask(pair)
            if reply.get("again"):
                self.close()
                reply = self._ask(pair)
        if "equal" not in reply:
            return Judgement(None, cause=f"no judgement: {reply.get('failed', _OUT_OF_TURN)}")
        if "reference" in reply["unread"] and not reply["equal"]:
            return Judgement(None, reply["found"], "no judgement: reference not read")
        return Judgement(reply["equal"], reply["found"], "compared as text" if reply["unread"] else None)

    def close(self) -> None:
        """End the process; the next pair starts another."""
        child, self._child = self._child, None
        if child is not None:
            child.kill()

    def _ask(self, pair: dict[str, Any]) -> dict[str, Any]:
        return self._reply(self._child or self._start(), pair)

    def _start(self) -> Child:
        child = self._child = Child(_WORKER, JUDGEMENTS, _LAUNCH, str(self._seconds))
        reply = self._reply(child)
        if "ready" not in reply:
            raise EngineError(f"math-verify: {reply.get('failed', _OUT_OF_TURN)}; expected pip install math-verify")
        return child

    def _reply(self, child: Child, pair: dict[str, Any] | None = None) -> dict[str, Any]:
        """What the process says, to a pair; how it failed where it says nothing, and then it is gone."""
        reply = None
        try:
            if pair is not None:
                child.send(pair)
            reply = child.hear(_WALL_S)
        except TimeoutError:
            return {"failed": f"more than {_WALL_S:g} s", "again": False}
        except Malformed as error:
            return {"failed": f"wrote a malformed {error}", "again": True}
        finally:
            if reply is None:  # it died, it hangs, or Ctrl-C would leave its answer in the pipe
                self.close()
        if reply is not None:
            return reply
        if child.status == -signal.SIGXCPU:
            return {"failed": f"more than {self._seconds} s of CPU time", "again": False}
        return {"failed": child.ending(), "again": True}


@functools.cache
def judge(seconds: int) -> Judge:
    """The judge of this process with this limit; it ends with the process."""
    made = Judge(seconds)
    atexit.register(made.close)
    return made
