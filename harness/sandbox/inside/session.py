"""The judge's conversation with one candidate: what a test does to stand-ins becomes messages, and answers values."""

import itertools
import sys
from collections.abc import Iterator
from contextlib import suppress
from typing import Any
from typing import Never

from harness.sandbox.inside import functions
from harness.sandbox.inside import instances
from harness.sandbox.inside import kinds
from harness.sandbox.inside import progress
from harness.sandbox.inside import remotes
from harness.sandbox.inside import stubs
from harness.sandbox.inside import verdicts
from harness.sandbox.inside.lines import Ended
from harness.sandbox.inside.lines import Lines
from harness.sandbox.inside.remotes import Unjudgeable
from harness.sandbox.inside.shared import Shared
from harness.sandbox.inside.stubs import Stub
from harness.sandbox.inside.values import Foreign
from harness.sandbox.inside.values import Malformed
from harness.sandbox.inside.values import Reader
from harness.sandbox.inside.values import Writer
from harness.sandbox.inside.values import decode

_READ_AHEAD = 10_000
"""Items of an iterator that are sent at once."""
_AT_ONCE = 64
"""Calls that are sent ahead together."""
_CATCHING = (BaseException, Exception, AssertionError)
"""What catches a test's own failures: a name of the program's that stands for one of these decides nothing."""
_NONSENSE = ("crash", "wrote what is no message of a program")
_MALFORMED = (ValueError, TypeError, KeyError, IndexError, AttributeError, RecursionError, StopIteration)


class Session:
    """The conversation with one candidate; unless it `hurries` no call is sent before the last is answered."""

    def __init__(self, conversation: Lines, *, hurries: bool = True) -> None:
        self._conversation = conversation
        self._hurries = hurries
        self._shared = Shared()
        self._writer = Writer(self._sent, self._shared)
        self._reader = Reader(self._received, self._shared)
        self._classes: dict[int, type] = {}
        self._remotes: dict[int, Any] = {}
        self._mirrors: dict[int, Any] = {}
        self._passed: list[Any] = []
        self._pulled: dict[int, int] = {}
        self._raised: list[BaseException] = []
        self._overdrawn: set[int] = set()
        self._ahead: list[tuple[str, int]] = []
        self._planned: list[tuple[Any, tuple[Any, ...]]] = []
        self._dropped: list[int] = []
        self.spoiled: tuple[str, str] | None = None
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
        """Start a test: nothing spoiled yet, no call made or planned."""
        self.spoiled, self.calls, self._planned = None, 0, []

    def listen(self, names: list[str]) -> tuple[dict[str, Any], dict[str, str] | None]:
        """Wait until the program is loaded: stand-ins for the names, and how it failed to or None. Raises Ended."""
        try:
            reply = self._conversation.read()
            progress.advance()
            if "raised" in reply:
                outcome, detail = verdicts.of(verdicts.rebuilt(reply["raised"]))
                return {}, {"outcome": outcome, "detail": detail or ""}
            if "classes" not in reply:
                # a driver of another language copies every value
                self._writer, self._reader = Writer(self._sent), Reader(self._received)
            classes = {name: self._reader.value(form) for name, form in reply.get("classes", {}).items()}
        except (Foreign, *_MALFORMED) as error:
            raise Ended from error
        caught = next((name for name, kind in classes.items() if kind in _CATCHING), None)
        if caught is not None:
            return {}, {"outcome": "unjudgeable", "detail": f"{caught}: stands for {classes[caught].__name__}"}
        plain = frozenset(reply.get("functions", ()))
        return {name: classes.get(name) or Stub(name, self, is_function=name in plain) for name in names}, None

    def unjudgeable(self, why: str) -> Never:
        """Note that no verdict can be had, whatever the test makes of it, and end the test."""
        self._spoil("unjudgeable", why)

    def _spoil(self, outcome: str, why: str) -> Never:
        self.spoiled = self.spoiled or (outcome, why)
        raise Unjudgeable(why)

    def settle(self) -> None:
        """Note where the test saw, or still sees, something else than plain execution shows. Raises Unjudgeable."""
        for number, before in self._mirrors.items():
            if not kinds.is_seen(instances.held_by(self._remotes[number]), before):
                name = type(self._remotes[number]).__name__
                self.unjudgeable(f"{name}: stays in the jail, and the test changed what is seen of it here")
        for number in self._overdrawn:
            if sys.getrefcount(self._passed[number][0]) > _ALONE:
                self.unjudgeable("an iterator of the test: the program read it in part, and the test still has it")

    def ahead(self, calls: list[tuple[Any, tuple[Any, ...]]]) -> None:
        """Send calls the test is about to make, so that both sides work; the answers are taken in the same order."""
        if not self._ahead and self._hurries:
            self._planned = calls
            self._send_planned()

    def _send_planned(self) -> None:
        """Send the next of the planned calls: not beside functions of the test, which cannot be called out of turn."""
        calls, self._planned = self._planned[:_AT_ONCE], self._planned[_AT_ONCE:]
        dropped = self._shared.unheld()
        collected, asked = _Collected(self._shared), []
        try:
            # calls that a function of the test, or what both sides have, may change are made in their turn
            for stub, args in [] if self._passed or self._shared else calls:
                before = len(collected.values)
                message = self._body("call", stubs.place_of(stub), args, {}, Writer(_refuse, collected))
                asked.append((message, len(collected.values) - before))
        except Foreign:
            self._planned, asked = [], []
        self._dropped += dropped
        for message, count in asked:
            self._ahead.append((repr(message), self._shared.reserve_sent(count)))
            self._conversation.write(self._with_news(message))

    def ask(
        self, operation: str, on: dict[str, Any], args: tuple[Any, ...] = (), kw: dict[str, Any] | None = None
    ) -> Any:
        """Have the candidate do something; its value, or its exception."""
        self.calls += 1
        try:
            self.settle()
            if not self._is_ahead(operation, on, args, kw or {}):
                if self._ahead:
                    self.unjudgeable("a call that was sent ahead is not the one that the test makes")
                self._planned = []
                self._conversation.write(self._message(operation, on, args, kw or {}))
            reply = self._reply()
            value, error = self._heard(reply)
        except Malformed:
            self._spoil(*_NONSENSE)
        except Foreign as foreign:
            self.unjudgeable(str(foreign))
        except _MALFORMED:
            self._spoil(*_NONSENSE)
        if error is not None:
            raise error
        return value

    def _is_ahead(self, operation: str, on: dict[str, Any], args: tuple[Any, ...], kw: dict[str, Any]) -> bool:
        """Whether the very same call was sent ahead; its values are then known by the numbers they got there."""
        if not self._ahead and self._planned:
            self._send_planned()
        if not self._ahead or kw:
            return False
        collected = _Collected(self._shared)
        try:
            message = self._body(operation, on, args, {}, Writer(_refuse, collected))
        except Foreign:
            return False
        key, first = self._ahead[0]
        if key != repr(message):
            return False
        if self._shared.changed():
            self.unjudgeable("a value that the program keeps was changed after calls were sent ahead")
        self._ahead.pop(0)
        for number, value in enumerate(collected.values, first):
            self._shared.fill(number, value)
        return True

    def _message(self, operation: str, on: dict[str, Any], args: tuple[Any, ...], kw: dict[str, Any]) -> dict[str, Any]:
        mark = self._shared.mark()
        try:
            message = self._body(operation, on, args, kw, self._writer)
        except BaseException:
            self._shared.back_to(mark)
            raise
        return self._with_news(message)

    def _body(
        self, operation: str, on: dict[str, Any], args: tuple[Any, ...], kw: dict[str, Any], writer: Writer
    ) -> dict[str, Any]:
        message = {"op": operation, "on": on, "args": [writer.write(argument) for argument in args]}
        if kw:
            message["kw"] = {name: writer.write(value) for name, value in kw.items()}
        return message

    def _with_news(self, message: dict[str, Any]) -> dict[str, Any]:
        """The message, and what the test did to values that both sides have."""
        changed = [[number, self._writer.content(value)] for number, value in self._shared.changed()]
        dropped, self._dropped = self._dropped + self._shared.unheld(), []
        news = {"now": changed, "drop": dropped}
        return {**message, **{name: told for name, told in news.items() if told}}

    def _reply(self) -> dict[str, Any]:
        while "back" in (reply := self._conversation.read()):
            self._conversation.write(self._call_back(reply))
        progress.advance()
        message: dict[str, Any] = reply
        return message

    def _heard(self, reply: dict[str, Any]) -> tuple[Any, BaseException | None]:
        """The value or the exception of an answer, after what the program did to values both sides have."""
        if "foreign" in reply:
            self._take(reply)
            self._shared.keep(reply.get("kept", ()))
            raise Foreign(str(reply["foreign"])[:200])
        error = self._error(reply["raised"]) if "raised" in reply else None
        value = self._reader.value(reply["value"]) if error is None else None
        self._take(reply)
        self._shared.keep(reply.get("kept", ()))
        return value, error

    def _take(self, message: dict[str, Any]) -> None:
        for number, form in message.get("now", ()):
            self._shared.assign(number, self._reader.content(form))
        for number, form in message.get("mirrors", ()):
            self._mirror(number, form)
        for number, count in message.get("pulled", ()):
            if count < self._pulled[number]:
                self._overdrawn.add(number)

    def _mirror(self, number: Any, form: Any) -> None:
        instances.mirror(self._remotes[number], self._reader.content(form))
        self._mirrors[number] = instances.held_by(self._remotes[number])

    def _error(self, told: Any) -> BaseException:
        """The exception that the program raised; the test's own where a function of the test raised it."""
        exception = verdicts.rebuilt(told)
        own = next(
            (
                raised
                for raised in self._raised
                if (type(raised).__name__, raised.args) == (type(exception).__name__, exception.args)
            ),
            None,
        )
        if own is not None:
            return own
        if "object" not in told:
            with suppress(Foreign):
                arguments = decode(told["args"])
                # of these the arguments are not all that is shown
                if type(arguments) is list and not isinstance(exception, OSError | UnicodeError):
                    exception.args = tuple(arguments)
            return exception
        made = self._reader.value(told["object"])
        if not issubclass(type(made), BaseException) or not remotes.is_remote(made):
            raise Malformed("malformed value: an exception")
        made.from_candidate = True
        error: BaseException = made
        return error

    def _call_back(self, asked: dict[str, Any]) -> dict[str, Any]:
        """Call a function of the test, or go on with an iterator of its."""
        number = asked["back"]
        function, rest = self._passed[number]
        arguments = [self._reader.value(argument) for argument in asked["args"]]
        named = {str(name): self._reader.value(form) for name, form in asked.get("kw", {}).items()}
        self._take(asked)
        try:
            value = function(*arguments, **named) if rest is None else next(rest)
        except StopIteration as error:
            return self._with_news({"stop": True}) if rest is not None else self._own_error(error)
        except Exception as error:  # noqa: BLE001 - the test's function may raise what it likes
            return self._own_error(error)
        return self._with_news({"value": self._writer.write(value)})

    def _own_error(self, error: Exception) -> dict[str, Any]:
        name = functions.name_of(type(error))
        if name is None or getattr(error, "from_candidate", False):
            raise Foreign(f"{type(error).__name__}: raised by a function of the test inside the program")
        self._raised.append(error)
        return self._with_news({"raised": [name, *(self._writer.write(argument) for argument in error.args)]})

    def _sent(self, value: Any) -> Any:
        """The form of a test's object that is no plain value."""
        if remotes.is_remote(value):
            return remotes.place_of(value)
        if type(value) is Stub:
            return stubs.place_of(value)
        name, place = functions.name_of(value), functions.module_function(value)
        if name is not None:
            return {"g": name}
        if place is not None:
            return {"module": list(place)}
        if hasattr(type(value), "__next__"):
            return self._iterator(value)
        if callable(value) and not isinstance(value, type):
            number = next((n for n, (known, _) in enumerate(self._passed) if known is value), len(self._passed))
            if number == len(self._passed):
                self._passed.append((value, None))
            return {"back": [number, str(getattr(value, "__name__", type(value).__name__))]}
        raise Foreign(f"{type(value).__name__}: an argument that cannot be sent")

    def _iterator(self, iterator: Any) -> Any:
        """The form of an iterator: its next items, which are read of it now, and whether that is all."""
        items: list[Any] = []
        rest: Any = iterator
        try:
            items.extend(itertools.islice(iterator, _READ_AHEAD))
        except Exception as error:  # noqa: BLE001 - it is raised where the program comes to it
            rest = _raising(error)
        number = len(self._passed)
        self._passed.append((iterator, rest))
        self._pulled[number] = len(items)
        ended = len(items) < _READ_AHEAD and rest is iterator
        return {"iter": [number, self._writer.items(items, 0), ended]}

    def _received(self, form: dict[str, Any]) -> Any:
        (tag, content), *_ = form.items()
        if tag == "g":
            return functions.named(content)
        if tag == "kind":
            return self._class(content)
        if tag != "held":
            raise Malformed(f"malformed value: tag {str(tag)[:20]!r}")
        return self._remote(*content)

    def _class(self, content: Any) -> type:
        """The stand-in for a class, made where it is first told of."""
        number, *told = content
        if type(number) is not int:
            raise Malformed("malformed value: a class's number")
        if number not in self._classes:
            (described,) = told
            parents = [self._reader.value(parent) for parent in described["parents"]]
            self._classes[number] = remotes.remote_class(self, number, described, parents)
        return self._classes[number]

    def _remote(self, number: Any, kind_form: Any, form: Any = None) -> Any:
        """The stand-in for an object; the same one for the same number."""
        if type(number) is not int:
            raise Malformed("malformed value: an object's number")
        kind = self._class(kind_form)
        if number in self._remotes and type(self._remotes[number]) is not kind:
            raise Malformed("malformed value: an object of two classes")
        if not instances.changes(kind):
            value = self._reader.value(form)
            return self._remotes.setdefault(number, instances.remote_object(kind, number, value))
        remote = self._remotes.setdefault(number, instances.remote_object(kind, number))
        if form is not None:
            self._mirror(number, form)
        return remote


class _Collected:
    """The values of calls that are sent ahead, in the place of a table: none may be known or come twice."""

    def __init__(self, shared: Shared) -> None:
        self._shared = shared
        self._known: set[int] = set()
        self.values: list[Any] = []

    def number(self, value: Any) -> int | None:
        """None; raises Foreign for a value that is known."""
        if id(value) in self._known or self._shared.number(value) is not None:
            raise Foreign("a value that both sides have")
        return None

    def send(self, value: Any) -> None:
        """Note a value."""
        self._known.add(id(value))
        self.values.append(value)


def _refuse(value: Any) -> Never:
    raise Foreign(f"{type(value).__name__}: not sent ahead")


def _raising(error: Exception) -> Iterator[Any]:
    raise error
    yield


def _alone() -> int:
    """What getrefcount says of an iterator that only the list of what was passed holds, twice."""
    iterator = iter([object()])
    passed = [(iterator, iterator)]
    del iterator
    return sys.getrefcount(passed[0][0])


_ALONE = _alone()
