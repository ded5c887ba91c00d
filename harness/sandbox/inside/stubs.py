"""What a test sees in place of a function or a variable of the program's: a name that is asked of the jail."""

import types
from typing import Any
from typing import Never

from harness.sandbox.inside.remotes import BINARY
from harness.sandbox.inside.remotes import COMPARING
from harness.sandbox.inside.remotes import VALUES
from harness.sandbox.inside.remotes import Asks

_HIDDEN = frozenset({"__signature__", "__text_signature__"})


class Stub:
    """A name the program defines, of whatever but a class."""

    def __init__(self, name: str, session: Asks, *, is_function: bool = False) -> None:
        own = {"_name": name, "_session": session, "_on": {"name": name}, "_is_function": is_function}
        object.__getattribute__(self, "__dict__").update(own)

    def __call__(self, *args: Any, **kw: Any) -> Any:
        """Have it called in the jail."""
        return _session(self).ask("call", place_of(self), args, kw)

    def __getattribute__(self, name: str) -> Any:
        """Ask the jail; what would be looked at to learn how it is called ends the test."""
        if name in {"__call__", "__dir__"}:
            return object.__getattribute__(self, name)
        if name == "__class__" and object.__getattribute__(self, "__dict__")["_is_function"]:
            return types.FunctionType
        if name == "__class__" or name in _HIDDEN:
            _refuse(self, name)
        return _session(self).ask("get", place_of(self), (name,))

    def __setattr__(self, name: str, value: Any) -> None:
        _session(self).ask("set", place_of(self), (name, value))

    def __delattr__(self, name: str) -> None:
        _session(self).ask("unset", place_of(self), (name,))

    def __hash__(self) -> int:
        return object.__hash__(self)


def place_of(stub: Stub) -> dict[str, Any]:
    """What names it in the jail."""
    place: dict[str, Any] = object.__getattribute__(stub, "__dict__")["_on"]
    return place


def _session(stub: Stub) -> Asks:
    session: Asks = object.__getattribute__(stub, "__dict__")["_session"]
    return session


def _refuse(stub: Stub, name: str) -> Never:
    own = object.__getattribute__(stub, "__dict__")["_name"]
    _session(stub).unjudgeable(f"{own}: the name of a function or variable, {name} of it decides nothing")


def _refusing(name: str) -> Any:
    def refuse(self: Stub, *_others: object) -> Never:
        _refuse(self, name)

    return refuse


_ANSWERED = frozenset({"eq", "hash", "dir", "missing", "length_hint"})
for _name in (*COMPARING, *VALUES, "contains", "exit", *(f"{way}{name}" for name in BINARY for way in ("", "r", "i"))):
    if _name not in _ANSWERED:
        setattr(Stub, f"__{_name}__", _refusing(_name))


def _equal(self: Stub, other: object) -> bool:
    return True if self is other else _refuse(self, "eq")


Stub.__eq__ = _equal  # type: ignore[method-assign, assignment]
