"""The Python program inside its jail: loads what a model wrote, then calls what it is told to.

Here nothing is trusted and nothing is decided: values go out, the judge compares them. Neither tests nor expected
values come in.
"""

import contextlib
import linecache
import operator
import os
import sys
import types
from collections.abc import Iterator
from typing import Any

from harness.sandbox.inside import depth
from harness.sandbox.inside import functions
from harness.sandbox.inside import kinds
from harness.sandbox.inside.lines import Ended
from harness.sandbox.inside.lines import Lines
from harness.sandbox.inside.lines import scripted
from harness.sandbox.inside.shared import Shared
from harness.sandbox.inside.values import Foreign
from harness.sandbox.inside.values import Reader
from harness.sandbox.inside.values import Writer
from harness.sandbox.inside.values import encode

MODULE = "solution"
_LONGEST_TEXT = 2000
_AWAITED = (types.CoroutineType, types.AsyncGeneratorType)
_PLAIN: dict[str, Any] = {
    "get": getattr, "set": setattr, "unset": delattr, "item": operator.getitem, "put": operator.setitem,
    "drop": operator.delitem, "iter": iter, "len": len,
}  # fmt: skip
_ARGUMENTS: Any = BaseException.__dict__["args"].__get__
"""Read as the base type has it, whatever a class of the program's says."""


def main(_options: dict[str, Any], setup: int) -> None:
    """Serve the judge over descriptors 3 and 4 until it hangs up."""
    os.close(setup)
    depth.make_room(depth.OF_A_CALL)
    _serve(Lines(3, 4))


def rehearse() -> None:
    """Serve a small program of ours: what is forked afterwards finds these lines specialised by the interpreter."""
    calls = [{"op": "call", "on": {"name": "f"}, "args": args} for args in ([1, 2], ["a", "b"], [[1], [2]], [0])]
    with scripted([{"code": "def f(a, b):\n    return a + b\n", "names": ["f"]}, *calls]) as conversation:
        _serve(conversation)
    del sys.modules[MODULE]
    linecache.cache.clear()


def _serve(conversation: Lines) -> None:
    served = Served(conversation)
    with contextlib.suppress(Ended):
        first = conversation.read()
        conversation.write(served.load(first["code"], first["names"]))
        while True:
            conversation.write(served.answer(conversation.read()))


def make_module() -> types.ModuleType:
    """The module a program runs in: importable, as dataclasses need, and not __main__, so that no main part runs."""
    module = types.ModuleType(MODULE)
    module.__dict__["__builtins__"] = __builtins__
    sys.modules[MODULE] = module
    return module


def execute(code: str, module: types.ModuleType, name: str = "<solution>") -> None:
    """Run source in a module; its lines can be found again by inspect and traceback."""
    linecache.cache[name] = (len(code), None, code.splitlines(keepends=True), name)
    exec(compile(code, name, "exec"), module.__dict__)  # noqa: S102 - this is what the jail is for


def raised(error: BaseException) -> dict[str, Any]:
    """An exception in words: the names of its kinds, its arguments as far as they can cross, its text."""
    try:
        text = str(error)[:_LONGEST_TEXT]
    except BaseException:  # noqa: BLE001 - an exception of the program's own, which may do anything
        text = ""
    try:
        arguments = encode(list(_ARGUMENTS(error)))
    except BaseException:  # noqa: BLE001 - the same
        arguments = [text]
    kinds = [f"{kind.__module__}.{kind.__qualname__}" for kind in type(error).__mro__]
    return {"raised": {"kinds": kinds, "text": text, "args": arguments}}


class Served:
    """What the program defined, and the objects of it that the judge knows by their numbers."""

    def __init__(self, conversation: Lines) -> None:
        self._conversation = conversation
        self._module = make_module()
        self._shared = Shared()
        self._writer = Writer(self._hold, self._shared)
        self._reader = Reader(self._received, self._shared)
        self._held: list[Any] = []
        self._numbers: dict[int, int] = {}
        self._classes: list[type] = []
        self._writing: set[int] = set()
        self._seen: dict[int, Any] = {}
        self._passed: dict[int, Any] = {}
        self.foreign: str | None = None

    def load(self, code: str, names: list[str]) -> dict[str, Any]:
        """Run the program's own lines; which of the names are classes, and what can be said of them."""
        try:
            execute(code, self._module)
            values = {name: self._module.__dict__[name] for name in names if name in self._module.__dict__}
            classes = {name: self._class(value) for name, value in values.items() if _is_class(value)}
            functions = [name for name, value in values.items() if type(value) is types.FunctionType]
        except Ended:
            raise
        except BaseException as error:  # noqa: BLE001 - sys.exit among them: no program may end its judgement so
            return raised(error)
        else:
            return {"value": None, "classes": classes, "functions": functions}
        finally:
            _flush()

    def answer(self, asked: dict[str, Any]) -> dict[str, Any]:
        """Do one operation."""
        reply = self._answer(asked)
        # what the call was given is gone by now, unless the program kept it
        kept = self._shared.retained()
        if kept:
            reply["kept"] = kept
        return reply

    def _answer(self, asked: dict[str, Any]) -> dict[str, Any]:
        try:
            target = self._target(asked["on"])
            arguments, named = self._take(asked)
            reply = self._said("value", self._operate(asked["op"], target, arguments, named))
        except Ended:
            raise
        except Foreign as foreign:
            reply = {"foreign": str(foreign)}
        except BaseException as error:  # noqa: BLE001 - the judge says what it means
            reply = self._raised(error)
        finally:
            _flush()
        return self._with_news(reply if self.foreign is None else {"foreign": self.foreign})

    def _take(self, message: dict[str, Any]) -> tuple[list[Any], dict[str, Any]]:
        """The arguments of a message, after what the test did to values both sides have."""
        arguments = [self._reader.value(argument) for argument in message.get("args", ())]
        named = {name: self._reader.value(value) for name, value in message.get("kw", {}).items()}
        for number, form in message.get("now", ()):
            self._shared.assign(number, self._reader.content(form))
        self._shared.drop(message.get("drop", ()))
        return arguments, named

    def _operate(self, operation: str, target: Any, arguments: list[Any], named: dict[str, Any]) -> Any:
        if operation == "call":
            return target(*arguments, **named)
        if operation == "is":
            return isinstance(arguments[0], target)
        if operation == "subclass":
            return issubclass(arguments[0], target)
        if operation.startswith("__"):
            return getattr(type(target), operation)(target, *arguments)
        return _PLAIN[operation](target, *arguments)

    def _target(self, on: dict[str, Any]) -> Any:
        if "held" in on:
            return self._held[on["held"]]
        if "kind" in on:
            return self._classes[on["kind"]]
        name = on["name"]
        if name not in self._module.__dict__:
            raise NameError(f"name {name!r} is not defined")
        return self._module.__dict__[name]

    def _said(self, tag: str, value: Any) -> dict[str, Any]:
        """A message with a value; nothing of it counts as sent where it cannot be."""
        mark, known = self._shared.mark(), len(self._classes)
        try:
            return {tag: self._writer.write(value)}
        except BaseException as error:
            self._shared.back_to(mark)
            del self._classes[known:]
            self._writing.clear()
            if isinstance(error, RecursionError):
                raise Foreign(f"{type(value).__name__}: deeper than can be sent") from error
            raise

    def _with_news(self, message: dict[str, Any]) -> dict[str, Any]:
        """The message, and what has changed of values that both sides have."""
        try:
            changed = [[number, self._writer.content(value)] for number, value in self._shared.changed()]
            mirrors = [[number, self._mirrored(number)] for number in self._seen if self._is_changed(number)]
        except Foreign as foreign:
            return {"foreign": str(foreign)}
        if changed:
            message["now"] = changed
        if mirrors:
            message["mirrors"] = mirrors
        if self._passed:
            message["pulled"] = [[number, it.count] for number, it in self._passed.items() if isinstance(it, Passed)]
        return message

    def _raised(self, error: BaseException) -> dict[str, Any]:
        """An exception in words, and as an object of the jail where its class is not Python's own."""
        message = raised(error)
        if type(error).__module__ != "builtins":
            with contextlib.suppress(Exception):
                error.__traceback__ = None  # its frames would keep all that the call was given
                message["raised"] |= self._said("object", error)
        return message

    def _hold(self, value: Any) -> Any:
        """The form of an object that stays here: its number, its class, and the value it holds as a built-in type."""
        if _is_class(value):
            return self._class(value)
        name = functions.name_of(value)
        if name is not None:
            return {"g": name}
        kind = type(value)
        if kind in _AWAITED:
            raise Foreign(f"{kind.__name__}: stays in the jail, and here nothing can wait for it")
        number = self._numbers.get(id(value))
        if number is None:
            number = self._numbers[id(value)] = len(self._held)
            self._held.append(value)
        form = [number, self._kind(kind)]
        if kinds.base_of(kind) is not None and number not in self._writing:
            self._writing.add(number)
            form.append(self._mirrored(number))
            self._writing.discard(number)
        elif isinstance(value, BaseException):
            form.append(self._writer.write(_ARGUMENTS(value)))
        return {"held": form}

    def _mirrored(self, number: int) -> Any:
        """The form of the value that an object holds as a built-in type; from then on its changes are told."""
        value = self._held[number]
        base = str(kinds.base_of(type(value)))
        if base not in kinds.SEEN:
            return self._writer.write(kinds.COPIES[base](value))
        self._seen[number] = kinds.SEEN[base](value)
        return self._writer.content(kinds.COPIES[base](value))

    def _is_changed(self, number: int) -> bool:
        value = self._held[number]
        return not kinds.is_seen(kinds.SEEN[str(kinds.base_of(type(value)))](value), self._seen[number])

    def _class(self, kind: type) -> dict[str, Any]:
        """The form of a class: the name of a harmless one of Python's, or its number."""
        name = functions.name_of(kind)
        return {"kind": self._kind(kind)} if name is None else {"g": name}

    def _kind(self, kind: type) -> list[Any]:
        """The number of a class, and where it comes first what it is."""
        number = next((place for place, known in enumerate(self._classes) if known is kind), None)
        if number is not None:
            return [number]
        self._classes.append(kind)
        number, told = len(self._classes) - 1, kinds.describe(kind, MODULE)
        return [
            number,
            {**told, "parents": [self._class(parent) for parent in kind.__bases__] if told["error"] else []},
        ]

    def _received(self, form: dict[str, Any]) -> Any:
        """What the judge speaks of that is no plain value: an object held here, a function of its own, an iterator."""
        (tag, content), *_ = form.items()
        if tag in {"held", "name", "kind"}:
            return self._target(form)
        if tag == "g":
            return functions.named(content)
        if tag == "module":
            __import__(content[0])
            return getattr(sys.modules[content[0]], content[1])
        number = content[0]
        if number not in self._passed:
            self._passed[number] = Callback(number, content[1], self) if tag == "back" else None
        if tag == "iter":
            self._passed[number] = Passed(number, self._reader.items(content[1]), self, ended=content[2])
        return self._passed[number]

    def call_back(self, number: int, arguments: tuple[Any, ...], named: dict[str, Any]) -> Any:
        """Have the judge call a function of the test, and wait; meanwhile it may ask for more."""
        message = {"back": number, "args": [self._writer.write(argument) for argument in arguments]}
        if named:
            message["kw"] = {name: self._writer.write(value) for name, value in named.items()}
        self._conversation.write(self._with_news(message))
        while "op" in (reply := self._conversation.read()):
            self._conversation.write(self.answer(reply))
        result = self._reader.value(reply.get("value"))
        given, _ = self._take({**reply, "args": reply.get("raised", [None])[1:]})
        if "stop" in reply:
            raise StopIteration
        if "raised" in reply:
            raise functions.named(reply["raised"][0])(*given)
        return result


class Callback:
    """A function of the test, as the program sees it: what it is beside its name is not known here."""

    def __init__(self, number: int, name: str, served: Served) -> None:
        self.__dict__.update({"_Callback__number": number, "_Callback__served": served})
        self.__dict__.update({"__name__": name, "__qualname__": name})

    def __call__(self, *arguments: Any, **named: Any) -> Any:
        """Have it called where it is."""
        return self.__served.call_back(self.__number, arguments, named)

    def __getattr__(self, name: str) -> Any:
        if name in {"__wrapped__", "__isabstractmethod__", "__set_name__"}:
            raise AttributeError(name)
        self.__served.foreign = f"{self.__name__}: a function of the test, whose {name} is not known in the jail"
        raise Foreign(self.__served.foreign)


class Passed:
    """An iterator of the test: what was read of it ahead, then one item at a time from where it is."""

    def __init__(self, number: int, items: list[Any], served: Served, *, ended: bool) -> None:
        self.__number, self.__items, self.__served, self.__ended = number, items, served, ended
        self.count = 0

    def __iter__(self) -> Iterator[Any]:
        """Itself."""
        return self

    def __next__(self) -> Any:
        """The next item."""
        if self.count < len(self.__items):
            self.count += 1
            return self.__items[self.count - 1]
        if self.__ended:
            raise StopIteration
        return self.__served.call_back(self.__number, (), {})


def _is_class(value: Any) -> bool:
    return isinstance(value, type)


def _flush() -> None:
    with contextlib.suppress(BaseException):
        sys.stdout.flush()
        sys.stderr.flush()
