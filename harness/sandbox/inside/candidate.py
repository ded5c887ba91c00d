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
from typing import Any

from harness.sandbox.inside import depth
from harness.sandbox.inside import functions
from harness.sandbox.inside.lines import Ended
from harness.sandbox.inside.lines import Lines
from harness.sandbox.inside.lines import scripted
from harness.sandbox.inside.values import Foreign
from harness.sandbox.inside.values import decode
from harness.sandbox.inside.values import encode

MODULE = "solution"
_MUTABLE = (list, dict, set, bytearray)
_LONGEST_TEXT = 2000
_PLAIN: dict[str, Any] = {
    "get": getattr, "set": setattr, "unset": delattr, "item": operator.getitem, "put": operator.setitem,
    "drop": operator.delitem, "iter": iter, "reversed": reversed, "next": next, "len": len,
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
    with scripted([{"code": "def f(a, b):\n    return a + b\n"}, *calls]) as conversation:
        _serve(conversation)
    del sys.modules[MODULE]
    linecache.cache.clear()


def _serve(conversation: Lines) -> None:
    served = Served(conversation)
    with contextlib.suppress(Ended):
        conversation.write(served.load(conversation.read()["code"]))
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
    """What the program defined, and the objects of it that the judge holds on to."""

    def __init__(self, conversation: Lines) -> None:
        self._conversation = conversation
        self._module = make_module()
        self._held: list[Any] = []

    def load(self, code: str) -> dict[str, Any]:
        """Run the program's own lines."""
        try:
            execute(code, self._module)
        except Ended:
            raise
        except BaseException as error:  # noqa: BLE001 - sys.exit among them: no program may end its judgement so
            return raised(error)
        finally:
            _flush()
        return {"value": None}

    def answer(self, asked: dict[str, Any]) -> dict[str, Any]:
        """Do one operation."""
        try:
            arguments = [decode(argument, self._received) for argument in asked.get("args", ())]
            named = {name: decode(value, self._received) for name, value in asked.get("kw", {}).items()}
            before = [encode(item, _identity) if isinstance(item, _MUTABLE) else None for item in arguments]
            value = self._operate(asked["op"], asked["on"], arguments, named)
            found = {"value": encode(value, self._hold)}
            if any(item is not None for item in before):
                found["args"] = [self._changed(old, item) for old, item in zip(before, arguments, strict=True)]
        except Ended:
            raise
        except Foreign as foreign:
            return {"foreign": str(foreign)}
        except BaseException as error:  # noqa: BLE001 - the judge says what it means
            return raised(error)
        else:
            return found
        finally:
            _flush()

    def _changed(self, before: Any, argument: Any) -> Any:
        after = None if before is None else encode(argument, self._hold)
        return None if after == before and repr(after) == repr(before) else {"now": after}

    def _operate(self, operation: str, on: dict[str, Any], arguments: list[Any], named: dict[str, Any]) -> Any:
        target = self._target(on)
        if operation == "call":
            return target(*arguments, **named)
        if operation == "is":
            return isinstance(arguments[0], target)
        return _PLAIN[operation](target, *arguments)

    def _target(self, on: dict[str, Any]) -> Any:
        if "held" in on:
            return self._held[on["held"]]
        name = on["name"]
        if name not in self._module.__dict__:
            raise NameError(f"name {name!r} is not defined")
        return self._module.__dict__[name]

    def _hold(self, value: Any) -> Any:
        """The form of an object that stays here: a number to speak of it, and what can be done with it."""
        name = functions.name_of(value)
        if name is not None:
            return {"g": name}
        kind = type(value)
        number = next((place for place, held in enumerate(self._held) if held is value), len(self._held))
        if number == len(self._held):
            self._held.append(value)
        manner = (
            "iterator"
            if hasattr(kind, "__next__")
            else "callable"
            if isinstance(value, type) or callable(value)
            else "object"
        )
        return {"held": [number, manner, kind.__name__[:80]]}

    def _received(self, value: dict[str, Any]) -> Any:
        """What the judge speaks of that is no plain value: an object held here, a function of its own, an iterator."""
        (tag, content), *_ = value.items()
        if tag == "held":
            return self._held[content]
        if tag == "name":
            return self._target({"name": content})
        if tag == "g":
            return functions.named(content)
        if tag == "module":
            __import__(content[0])
            return getattr(sys.modules[content[0]], content[1])
        if tag == "iter":
            return iter(decode(content, self._received))
        return Callback(content, self)

    def call_back(self, number: int, arguments: tuple[Any, ...]) -> Any:
        """Have the judge call a function of the test, and wait; meanwhile it may ask for more."""
        self._conversation.write({"back": number, "args": [encode(argument, self._hold) for argument in arguments]})
        while "op" in (reply := self._conversation.read()):
            self._conversation.write(self.answer(reply))
        if "raised" in reply:
            raise RuntimeError(reply["raised"])
        return decode(reply["value"], self._received)


class Callback:
    """A function of the test, as the program sees it."""

    def __init__(self, number: int, served: Served) -> None:
        self.__number, self.__served = number, served

    def __call__(self, *arguments: Any) -> Any:
        """Have it called where it is."""
        return self.__served.call_back(self.__number, arguments)


def _identity(value: Any) -> Any:
    return {"id": id(value)}


def _flush() -> None:
    with contextlib.suppress(BaseException):
        sys.stdout.flush()
        sys.stderr.flush()
