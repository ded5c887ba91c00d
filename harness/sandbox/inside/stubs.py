"""What a test sees in place of a program: stand-ins that ask the jail, and never show it what is expected.

Comparing, adding, hashing or judging the truth of an object that stayed in the jail would either tell the program
what the test wants or let it decide: each of them ends the test as unjudgeable.
"""

from collections.abc import Iterator
from typing import Any
from typing import Never
from typing import Protocol


class Unjudgeable(BaseException):
    """A value that cannot be brought out; not an Exception, so that no test takes it for the program's."""


class Asks(Protocol):
    """What a stand-in needs of the session."""

    def ask(
        self, operation: str, on: dict[str, Any], args: tuple[Any, ...] = (), kw: dict[str, Any] | None = None
    ) -> Any:
        """Have the jail do something; its value."""

    def unjudgeable(self, why: str) -> Never:
        """Note it and end the test."""


class Stub:
    """A name the program defines, as a function or a class."""

    def __init__(self, name: str, session: Asks) -> None:
        self.__dict__.update({"__name__": name, "__qualname__": name, "_session": session, "_on": {"name": name}})

    def __call__(self, *args: Any, **kw: Any) -> Any:
        """Have it called in the jail."""
        return self._session.ask("call", self._on, args, kw)

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__"):
            raise AttributeError(name)
        return self._session.ask("get", self._on, (name,))

    def __setattr__(self, name: str, value: Any) -> None:
        self._session.ask("set", self._on, (name, value))

    def __instancecheck__(self, value: Any) -> bool:
        return isinstance(value, Remote) and self._session.ask("is", self._on, (value,)) is True

    def __repr__(self) -> str:
        return f"<{self.__dict__['__name__']}>"

    def _refuse(self, name: str) -> Never:
        session: Asks = self._session
        session.unjudgeable(f"{self!r}: the name of a function or class, {name} of it decides nothing")


class Remote:
    """An object of the program's that stayed in the jail."""

    __slots__ = ("_kind", "_manner", "_on", "_session")

    def __init__(self, session: Asks, number: int, manner: str, kind: str) -> None:
        for name, value in (("_session", session), ("_on", {"held": number}), ("_manner", manner), ("_kind", kind)):
            object.__setattr__(self, name, value)

    def __call__(self, *args: Any, **kw: Any) -> Any:
        """Have it called in the jail."""
        return self._session.ask("call", self._on, args, kw)

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__"):
            raise AttributeError(name)
        return self._session.ask("get", self._on, (name,))

    def __setattr__(self, name: str, value: Any) -> None:
        self._session.ask("set", self._on, (name, value))

    def __delattr__(self, name: str) -> None:
        self._session.ask("unset", self._on, (name,))

    def __getitem__(self, key: Any) -> Any:
        return self._session.ask("item", self._on, (key,))

    def __setitem__(self, key: Any, value: Any) -> None:
        self._session.ask("put", self._on, (key, value))

    def __delitem__(self, key: Any) -> None:
        self._session.ask("drop", self._on, (key,))

    def __len__(self) -> int:
        found = self._session.ask("len", self._on)
        if type(found) is not int:
            self._refuse("len")
        return found

    def __iter__(self) -> Iterator[Any]:
        return self if self._manner == "iterator" else self._iterator("iter")

    def __reversed__(self) -> Iterator[Any]:
        return self._iterator("reversed")

    def __next__(self) -> Any:
        return self._session.ask("next", self._on)

    def __contains__(self, value: Any) -> bool:
        try:
            items = iter(self)
        except TypeError:  # it has but a `__contains__` of its own, which would decide
            self._refuse("in")
        return any(item is value or item == value for item in items)

    def __bool__(self) -> bool:
        # a match is true, and says no more than a program could by returning True
        return True if self._manner != "object" or self._kind == "Match" else self._refuse("bool")

    def __repr__(self) -> str:
        return f"<{self._kind} in the jail>"

    def __format__(self, _spec: str) -> str:
        return repr(self)

    def _iterator(self, operation: str) -> Iterator[Any]:
        found = self._session.ask(operation, self._on)
        if not (isinstance(found, Remote) and found._manner == "iterator"):  # noqa: SLF001 - one of its own kind
            self._refuse(operation)
        return found

    def _refuse(self, name: str) -> Never:
        session: Asks = self._session
        session.unjudgeable(f"{self._kind}: stays in the jail, {name} of it decides nothing")


def place_of(stand_in: Stub | Remote) -> dict[str, Any]:
    """What names it in the jail."""
    found: dict[str, Any] = stand_in._on  # noqa: SLF001 - its own attribute would be asked of the jail
    return found


def _refusing(name: str) -> Any:
    def refuse(self: Stub | Remote, *_others: object) -> Never:
        self._refuse(name)

    return refuse


_BINARY = (
    "add", "sub", "mul", "truediv", "floordiv", "mod", "divmod", "pow", "matmul", "lshift", "rshift", "and", "or",
    "xor",
)  # fmt: skip
_COMPARING = ("eq", "ne", "lt", "le", "gt", "ge")
_DECIDING = (
    *_COMPARING, "hash", "str", "int", "float", "complex", "index", "neg", "pos", "abs",
    "invert", "round", "trunc", "floor", "ceil", "enter", "exit", "bytes",
)  # fmt: skip
for _name in (*_DECIDING, *(f"{prefix}{name}" for name in _BINARY for prefix in ("", "r", "i"))):
    setattr(Remote, f"__{_name}__", _refusing(_name))
for _name in (*_COMPARING, "getitem", "len", "iter", *(f"{prefix}{name}" for name in _BINARY for prefix in ("", "r"))):
    setattr(Stub, f"__{_name}__", _refusing(_name))
