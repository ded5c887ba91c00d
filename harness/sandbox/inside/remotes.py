"""Stand-ins for objects and classes that stayed in the jail: of each class one, with the special methods it has there.

What a class lacks its stand-in lacks, so Python itself says what plain execution says. What asks one object for a value
is asked of the jail. What would show the program something expected, or let it decide a comparison, ends the test.
"""

import builtins
import sys
import types
from collections.abc import Callable
from typing import Any
from typing import Never
from typing import Protocol

from harness.sandbox.inside import functions
from harness.sandbox.inside import kinds
from harness.sandbox.inside.values import Malformed

_NAMED = 80


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


_ASKED = frozenset(
    {
        "__dict__", "__doc__", "__name__", "__qualname__", "__annotations__", "__defaults__", "__kwdefaults__",
        "__wrapped__", "__self__", "__func__", "__members__", "__code__", "__closure__", "__notes__", "__slots__",
        "__match_args__", "__module__",
    }
)  # fmt: skip
"""Special attributes that are values of the program's."""
_OF_ERRORS = frozenset({"args", "with_traceback", "add_note", "from_candidate"})
COMPARING = ("eq", "ne", "lt", "le", "gt", "ge")
BINARY = (
    "add", "sub", "mul", "truediv", "floordiv", "mod", "divmod", "pow", "matmul", "lshift", "rshift", "and", "or",
    "xor",
)  # fmt: skip
VALUES = (
    "len", "bool", "repr", "str", "hash", "int", "float", "complex", "index", "neg", "pos", "abs", "invert", "round",
    "trunc", "floor", "ceil", "bytes", "length_hint", "iter", "next", "reversed", "enter", "dir", "getitem", "setitem",
    "delitem", "missing", "format",
)  # fmt: skip
"""Special methods that ask one object for a value."""
_IN_PLACE: dict[str, tuple[str, ...]] = {
    "list": ("setitem", "delitem", "iadd", "imul"),
    "deque": ("setitem", "delitem", "iadd", "imul"),
    "bytearray": ("setitem", "delitem", "iadd", "imul"),
    "dict": ("setitem", "delitem", "ior"),
    "OrderedDict": ("setitem", "delitem", "ior"),
    "Counter": ("setitem", "delitem", "ior", "iadd", "isub", "iand"),
    "set": ("ior", "iand", "isub", "ixor"),
}
"""What changes a value of a built-in type: done in the jail, where the object is."""


def session_of(remote: Any) -> Asks:
    """The session that a stand-in belongs to."""
    session: Asks = type.__getattribute__(type(remote), "_session")
    return session


def place_of(remote: Any) -> dict[str, Any]:
    """What names a stand-in in the jail."""
    if isinstance(type(remote), RemoteType):
        return {"held": object.__getattribute__(remote, "__dict__")["_number"]}
    return {"kind": type.__getattribute__(remote, "_place")}


def is_remote(value: Any) -> bool:
    """Whether a value stands for an object or a class in the jail."""
    return issubclass(type(value), RemoteType) or type(type(value)) is RemoteType


class RemoteType(type):
    """The class of the stand-ins for classes."""

    @classmethod
    def __prepare__(cls, _name: str, bases: tuple[type, ...], /, **_more: Any) -> Any:
        """End a test that derives a class from one of the program's."""
        remote = next(base for base in bases if type(base) is RemoteType)
        type.__getattribute__(remote, "_session").unjudgeable(
            f"{_name_of(remote)}: a class of the test derives from it"
        )

    def __call__(cls, *args: Any, **kw: Any) -> Any:
        """Have one made in the jail."""
        return _session(cls).ask("call", place_of(cls), args, kw)

    def __getattribute__(cls, name: str) -> Any:
        """Ask the jail, but for what Python itself reads of a class."""
        if kinds.SPECIAL.fullmatch(name) and name not in {"__doc__", "__members__", "__annotations__"}:
            if name in {"__bases__", "__base__", "__subclasses__"}:
                _session(cls).unjudgeable(f"{_name_of(cls)}: a class of the program, whose {name} stays in the jail")
            return type.__getattribute__(cls, name)
        return _session(cls).ask("get", place_of(cls), (name,))

    def __setattr__(cls, name: str, value: Any) -> None:
        """Set it in the jail."""
        _session(cls).ask("set", place_of(cls), (name, value))

    def __delattr__(cls, name: str) -> None:
        """Delete it in the jail."""
        _session(cls).ask("unset", place_of(cls), (name,))

    def __instancecheck__(cls, value: Any) -> bool:
        """Whether the jail holds the value to be an instance."""
        return is_remote(value) and _session(cls).ask("is", place_of(cls), (value,)) is True

    def __subclasscheck__(cls, value: Any) -> bool:
        """Whether the jail holds a class to be derived from this one."""
        return type(value) is RemoteType and _session(cls).ask("subclass", place_of(cls), (value,)) is True

    def __iter__(cls) -> Any:
        """The members of an enumeration."""
        return _session(cls).ask("iter", place_of(cls))

    def __len__(cls) -> int:
        """How many members an enumeration has."""
        count: int = _session(cls).ask("len", place_of(cls))
        return count

    def __bool__(cls) -> bool:
        """A class is true."""
        return True

    def __getitem__(cls, key: Any) -> Any:
        """A member by its name, or a class with its parameters."""
        return _session(cls).ask("item", place_of(cls), (key,))

    def __contains__(cls, value: Any) -> bool:
        """Whether a value is one of an enumeration's members, object by object."""
        if any(item is value for item in cls):
            return True
        return _session(cls).unjudgeable(f"{_name_of(cls)}: a class of the program, `in` of it decides nothing")

    def __repr__(cls) -> str:
        """No class of the program has the name there that it has in a plain run."""
        return _session(cls).unjudgeable(f"{_name_of(cls)}: a class of the program, its text decides nothing")


def _session(cls: type) -> Asks:
    session: Asks = type.__getattribute__(cls, "_session")
    return session


def _name_of(cls: type) -> str:
    return str(type.__getattribute__(cls, "__name__"))


class Remote:
    """What all stand-ins for objects share."""

    __slots__ = ()

    def __getattribute__(self, name: str) -> Any:
        """Ask the jail, but for special methods, which its class has or lacks."""
        kind = type(self)
        if name == "__class__":
            return real_class(self)
        if name in _OF_ERRORS and issubclass(kind, BaseException):
            return object.__getattribute__(self, name)
        if kinds.SPECIAL.fullmatch(name) and name not in _ASKED:
            return object.__getattribute__(self, name)
        return session_of(self).ask("get", place_of(self), (name,))

    def __setattr__(self, name: str, value: Any) -> None:
        if issubclass(type(self), BaseException) and (name in _OF_ERRORS or kinds.SPECIAL.fullmatch(name)):
            object.__setattr__(self, name, value)
        else:
            session_of(self).ask("set", place_of(self), (name, value))

    def __delattr__(self, name: str) -> None:
        session_of(self).ask("unset", place_of(self), (name,))

    def __dir__(self) -> Any:
        return session_of(self).ask("__dir__", place_of(self))


def real_class(value: Any) -> type:
    """The class of a value as a test may know it: for a stand-in the library's own, or the stand-in for its class."""
    kind = type(value)
    if kind is RemoteType and type.__getattribute__(value, "_plain"):
        return type
    if kind is RemoteType:
        _session(value).unjudgeable(f"{_name_of(value)}: a class of the program, whose own class stays in the jail")
    if type(kind) is not RemoteType:
        return value.__class__ if kind.__name__ == "Stub" else kind
    real, own = (type.__getattribute__(kind, name) for name in ("_real", "_own"))
    return real or (kind if own or issubclass(kind, BaseException) else _refuse(value, "class"))


def _refuse(remote: Any, name: str) -> Never:
    kind = _name_of(type(remote))
    session_of(remote).unjudgeable(f"{kind}: stays in the jail, {name} of it decides nothing")


class _Refusing:
    """A special method that would decide something: asking for it ends the test."""

    def __init__(self, name: str) -> None:
        self._name = name

    def __get__(self, instance: Any, owner: Any = None) -> Never:
        if instance is not None:
            _refuse(instance, self._name.strip("_"))
        _session(owner).unjudgeable(f"{_name_of(owner)}: stays in the jail, {self._name} of it decides nothing")


def _asking(name: str) -> Callable[..., Any]:
    def ask(self: Any, *args: Any, **kw: Any) -> Any:
        return session_of(self).ask("call" if name == "__call__" else name, place_of(self), args, kw)

    return ask


def _refusing(name: str) -> Callable[..., Any]:
    def refuse(self: Any, *_args: Any, **_kw: Any) -> Never:
        _refuse(self, name)

    return refuse


def _between(name: str) -> Callable[..., Any]:
    def ask(self: Any, other: Any, *more: Any) -> Any:
        if more or not is_remote(other):
            _refuse(self, name)
        return session_of(self).ask(f"__{name}__", place_of(self), (other,))

    return ask


def _leave(self: Any, kind: Any, error: Any, trace: Any) -> Any:
    if error is not None:
        _refuse(self, "exit")
    return session_of(self).ask("__exit__", place_of(self), (kind, error, trace))


_METHODS: dict[str, Any] = {
    "__call__": _asking("__call__"),
    "__exit__": _leave,
    **{f"__{name}__": _asking(f"__{name}__") for name in VALUES},
    **{f"__{name}__": _refusing(name) for name in (*COMPARING, "contains")},
    **{f"__{prefix}{name}__": _between(f"{prefix}{name}") for name in BINARY for prefix in ("", "r", "i")},
}
_COPYING = ("__reduce__", "__reduce_ex__", "__copy__", "__deepcopy__", "__getstate__")


def remote_class(session: Asks, place: int, told: dict[str, Any], parents: list[type]) -> type:
    """The stand-in for a class that was described. Raises Malformed where it is none."""
    base = kinds.VALUES[told["base"]] if told["base"] is not None else None
    names = [told["name"], told["qualname"], told["module"], *told["special"], *told["unset"]]
    if not all(type(name) is str and len(name) <= _NAMED for name in names):
        raise Malformed("malformed value: a class's names")
    methods: dict[str, Any] = {
        "_session": session,
        "_place": place,
        "_own": told["own"] is True,
        "_plain": told["plain"] is True,
        "_real": _library(told),
        "__module__": told["module"],
        "__qualname__": told["qualname"],
        **{name: _Refusing(name) for name in _COPYING},
    }
    special = {name for name in told["special"] if kinds.SPECIAL.fullmatch(name)}
    methods |= {name: _METHODS.get(name, _Refusing(name)) for name in special}
    methods |= {name: None for name in told["unset"] if kinds.SPECIAL.fullmatch(name)}
    for name in _IN_PLACE.get(told["base"] or "", ()):
        methods[f"__{name}__"] = _asking(f"__{name}__")
    bases = _bases(told, base, parents)
    if not any(type(parent) is RemoteType for parent in bases):
        bases = (Remote, *bases)
    try:
        stand_in = type.__new__(RemoteType, told["name"], bases, methods)
    except TypeError as error:
        raise Malformed(f"malformed value: a class of {len(bases)} bases") from error
    for name in told["abstract"]:
        kinds.ABSTRACT[name].register(stand_in)
    return stand_in


def _bases(told: dict[str, Any], base: type | None, parents: list[type]) -> tuple[type, ...]:
    """The built-in class a stand-in derives from, or for an exception the library's own where the test has that."""
    if told["error"] is None:
        return () if base is None else (base,)
    library = _library(told)
    if library is not None and issubclass(library, Exception):
        return (library,)
    kept = tuple(parent for parent in parents if issubclass(parent, BaseException))
    return kept or (functions.named(f"builtins.{told['error']}"),)


def _library(told: dict[str, Any]) -> type | None:
    """The class of a library that is described, where the test has it as well."""
    if told["library"] is None:
        return None
    module, name = told["library"]
    if type(module) is not str or type(name) is not str:
        raise Malformed("malformed value: a library's class")
    kind = (
        _TYPES.get(name, vars(builtins).get(name))
        if module == "builtins"
        else getattr(sys.modules.get(module), name, None)
    )
    return kind if isinstance(kind, type) else None


_ITERABLE: tuple[Any, ...] = ([], (), {}, set(), "", b"", range(0), {}.values(), {}.items())
_TYPES = {
    kind.__name__: kind
    for kind in (
        *(kind for kind in vars(types).values() if isinstance(kind, type)),
        *(type(iter(value)) for value in _ITERABLE),
        *(map, zip, filter, enumerate, reversed, object, property, type(reversed([]))),
    )
    if kind.__module__ == "builtins"
}
