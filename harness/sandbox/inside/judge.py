"""The trusted side of "calls": runs the tests against stand-ins and says of each what became of it.

The tests come by one pipe and the candidate's values by another; the answer is one line a test. The test's own code
is a dataset's and not ours, so this process is confined as well.
"""

import os
import sys
from contextlib import suppress
from typing import Any
from typing import Never

from harness.sandbox.inside import functions
from harness.sandbox.inside import pipeline
from harness.sandbox.inside import verdicts
from harness.sandbox.inside.lines import Ended
from harness.sandbox.inside.lines import Lines
from harness.sandbox.inside.lines import scripted
from harness.sandbox.inside.stubs import Remote
from harness.sandbox.inside.stubs import Stub
from harness.sandbox.inside.stubs import Unjudgeable
from harness.sandbox.inside.stubs import place_of
from harness.sandbox.inside.values import Foreign
from harness.sandbox.inside.values import decode
from harness.sandbox.inside.values import encode

_LARGEST_ITERATOR = 1_000_000
_AWAITED = frozenset({"coroutine", "async_generator"})


def main(_options: dict[str, Any], setup: int) -> None:
    """Judge one program: 3 the tests, 4 and 5 the candidate (to it, from it), 6 the answers."""
    os.close(setup)
    instructions = Lines(3, 6)
    asked = instructions.read()
    os.close(3)
    session = Session(Lines(5, 4, asked["patience"]))
    with suppress(Ended):
        _judge(asked, session, instructions)


def rehearse() -> None:
    """Judge a small program of ours: what is forked afterwards finds these lines specialised by the interpreter."""
    test = "def check(f):\n    assert f(1, 2) == 3\n    assert f(2, 1) == 3\n    for x in [3]: assert f(x, 0) == 3\n"
    asked = {"context": "import math\n", "tests": (f"{test}check(f)", "assert f(0, 4) == 4"), "names": ("f",)}
    with scripted([{"value": None}, *[{"value": 3}] * 4], patience=1.0) as conversation, scripted([]) as answers:
        _judge({**asked, "start": 0, "again": ()}, Session(conversation), answers)


def _judge(asked: dict[str, Any], session: "Session", answers: Lines) -> None:
    namespace: dict[str, Any] = {"__name__": "tests"}
    for name in (*asked["names"], *pipeline.unknown_names((asked["context"], *asked["tests"]), namespace)):
        namespace[name] = Stub(name, session)
    preparation = _prepared(asked["context"], namespace, session)
    if preparation is not None:
        answers.write(preparation)
        return
    answers.write({"loaded": True})
    for index, test in enumerate(asked["tests"]):
        if index < asked["start"] and index not in asked["again"]:
            continue
        found = _one(test, namespace, session)
        if index >= asked["start"] or found["gone"]:
            answers.write({"test": index, **found})
        if found["gone"]:
            return


def _prepared(context: str, namespace: dict[str, Any], session: "Session") -> dict[str, Any] | None:
    """Wait for the program, then run what the tests need; why no test can be run, or None."""
    stubs = dict(namespace)
    try:
        failure = session.listen()
        if failure is None:
            exec(compile(context, "<context>", "exec"), namespace)  # noqa: S102 - the tests' own, in a process of theirs
            # a prompt may define what the program must
            namespace.update(stubs)
    except Ended:
        return {"gone": -1, "late": session.late}
    except BaseException as error:  # noqa: BLE001 - a page's mistake or the program's, told as such
        if session.why is not None:
            return {"loading": {"outcome": "unjudgeable", "detail": session.why}}
        if getattr(error, "from_candidate", False):
            outcome, detail = verdicts.of(error)
            return {"loading": {"outcome": outcome, "detail": detail}}
        return {"broken": f"context: {verdicts.described(error)}"}
    return failure and {"loading": failure}


def _one(test: str, namespace: dict[str, Any], session: "Session") -> dict[str, Any]:
    """What became of one test."""
    session.begin()
    ended, error = False, None
    try:
        code = compile(pipeline.with_hints(test, namespace), "<test>", "exec")
        exec(code, namespace)  # noqa: S102 - the same
    except Ended:
        ended = True
    except BaseException as caught:  # noqa: BLE001 - what a test raises is its answer
        error = caught
    ended = ended or session.ended
    gone = {"gone": ended or session.stale, "late": session.late, "calls": session.calls}
    if session.why is not None:
        return {"outcome": "unjudgeable", "detail": session.why, **gone}
    if ended:
        return {"outcome": None, "detail": None, **gone}
    outcome, detail = verdicts.of(error)
    return {"outcome": outcome, "detail": detail, **gone}


class Session:
    """The conversation with one candidate."""

    def __init__(self, conversation: Lines) -> None:
        self._conversation = conversation
        self._functions: list[Any] = []
        self._ahead: list[str] = []
        self.why: str | None = None
        self.calls = 0

    @property
    def stale(self) -> bool:
        """Whether the candidate still works on calls nobody waits for: it cannot be asked anything else in time."""
        return bool(self._ahead)

    @property
    def late(self) -> bool:
        """Whether the candidate let us wait for longer than it may."""
        return self._conversation.late

    @property
    def ended(self) -> bool:
        """Whether the candidate is gone, even if the test did not let that be known."""
        return self._conversation.ended

    def begin(self) -> None:
        """Start a test: nothing spoiled yet, no call made."""
        self.why, self.calls = None, 0

    def listen(self) -> dict[str, str] | None:
        """Wait until the program is loaded; how it failed to, or None. Raises Ended."""
        try:
            reply = self._conversation.read()
            if "raised" in reply:
                outcome, detail = verdicts.of(verdicts.rebuilt(reply["raised"]))
                return {"outcome": outcome, "detail": detail or ""}
        except (ValueError, RecursionError, TypeError, KeyError) as error:
            raise Ended from error
        return None

    def unjudgeable(self, why: str) -> Never:
        """Note that no verdict can be had, whatever the test makes of it, and end the test."""
        self.why = self.why or why
        raise Unjudgeable(why)

    def ahead(self, calls: list[tuple[Any, tuple[Any, ...]]]) -> None:
        """Send calls the test is about to make, so that both sides work; the answers are taken in the same order."""
        if self._ahead:
            return
        try:
            asked = [self._message("call", place_of(stub), args, {}) for stub, args in calls if isinstance(stub, Stub)]
            # a function of the test cannot be called out of turn
            if len(asked) != len(calls) or self._functions:
                return
            for message in asked:
                self._ahead.append(_key(message))
                self._conversation.write(message)
        except Foreign:
            return

    def ask(
        self, operation: str, on: dict[str, Any], args: tuple[Any, ...] = (), kw: dict[str, Any] | None = None
    ) -> Any:
        """Have the candidate do something; its value, or its exception."""
        self.calls += 1
        try:
            message = self._message(operation, on, args, kw or {})
            if self._ahead and self._ahead[0] == _key(message):
                self._ahead.pop(0)
            else:
                self._forget()
                self._conversation.write(message)
            return self._reply(args)
        except Foreign as foreign:
            self.unjudgeable(str(foreign))
        except (ValueError, TypeError, KeyError, IndexError, RecursionError) as error:
            if getattr(error, "from_candidate", False):
                raise
            self.unjudgeable(f"malformed answer: {type(error).__name__}")

    def _forget(self) -> None:
        while self._ahead:
            self._ahead.pop(0)
            self._conversation.read()

    def _message(self, operation: str, on: dict[str, Any], args: tuple[Any, ...], kw: dict[str, Any]) -> dict[str, Any]:
        message = {"op": operation, "on": on, "args": [encode(argument, self._sent) for argument in args]}
        if kw:
            message["kw"] = {name: encode(value, self._sent) for name, value in kw.items()}
        return message

    def _reply(self, args: tuple[Any, ...]) -> Any:
        while "back" in (reply := self._conversation.read()):
            self._conversation.write(self._call_back(reply))
        if "raised" in reply:
            raise verdicts.rebuilt(reply["raised"])
        if "foreign" in reply:
            raise Foreign(str(reply["foreign"])[:200])
        for argument, changed in zip(args, reply.get("args") or (), strict=False):
            if changed is not None:
                _assign(argument, decode(changed["now"], self._received))
        return decode(reply["value"], self._received)

    def _call_back(self, asked: dict[str, Any]) -> dict[str, Any]:
        function = self._functions[asked["back"]]
        arguments = [decode(argument, self._received) for argument in asked["args"]]
        try:
            return {"value": encode(function(*arguments), self._sent)}
        except Exception as error:  # noqa: BLE001 - the test's function may raise what it likes
            return {"raised": type(error).__name__}

    def _sent(self, value: Any) -> Any:
        """The form of a test's object that is no plain value."""
        if isinstance(value, Remote | Stub):
            held = place_of(value)
            return {"held": held["held"]} if "held" in held else {"name": held["name"]}
        name, place = functions.name_of(value), functions.module_function(value)
        if name is not None:
            return {"g": name}
        if place is not None:
            return {"module": list(place)}
        if hasattr(type(value), "__next__"):
            items = [item for item, _ in zip(value, range(_LARGEST_ITERATOR), strict=False)]
            return {"iter": encode(items, self._sent)}
        if callable(value):
            self._functions.append(value)
            return {"back": len(self._functions) - 1}
        raise Foreign(f"{type(value).__name__}: an argument that cannot be sent")

    def _received(self, value: dict[str, Any]) -> Any:
        (tag, content), *_ = value.items()
        if tag == "g":
            return functions.named(content)
        if tag != "held":
            raise Foreign(f"malformed value: tag {str(tag)[:20]!r}")
        number, manner, kind = content
        if type(number) is not int or manner not in {"iterator", "callable", "object"} or type(kind) is not str:
            raise Foreign("malformed value: an object that stays in the jail")
        if kind in _AWAITED:
            raise Foreign(f"{kind}: stays in the jail, and here nothing can wait for it")
        return Remote(self, number, manner, kind[:80])


def _key(message: dict[str, Any]) -> str:
    return repr(message)


def _assign(argument: Any, value: Any) -> None:
    """Do to a test's argument what the call did to its copy."""
    if isinstance(argument, list | bytearray) and isinstance(value, list | bytearray):
        argument[:] = value
    elif isinstance(argument, dict | set) and isinstance(value, dict | set):
        argument.clear()
        argument.update(value)
    elif "numpy" in sys.modules and isinstance(argument, sys.modules["numpy"].ndarray):
        argument[...] = value
