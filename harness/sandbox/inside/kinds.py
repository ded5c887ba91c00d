"""What the judge is told of a class in the jail, so that its stand-in there behaves as an instance of it does.

A class is described by its names, the built-in type it derives from, and the special methods it has of its own. What it
says of itself gives it no more than a program could have by returning plain values.
"""

import abc
import collections
import enum
import operator
import re
import typing
from typing import Any

VALUES: dict[str, type] = {
    kind.__name__: kind
    for kind in (
        collections.Counter, collections.OrderedDict, dict, list, collections.deque, set, frozenset, tuple, str, int,
        float, complex, bytes, bytearray,
    )
}  # fmt: skip
"""Built-in types whose subclasses' instances are seen as the value they hold; the special before the general."""
COPIES: dict[str, Any] = {
    "str": str.__str__,
    "int": int.__pos__,
    "float": float.__pos__,
    "complex": complex.__pos__,
    "OrderedDict": lambda value: collections.OrderedDict(dict.items(value)),
    "Counter": lambda value: collections.Counter(dict(dict.items(value))),
    "dict": lambda value: dict(dict.items(value)),
    "list": lambda value: list(list.__iter__(value)),
    "tuple": lambda value: tuple(tuple.__iter__(value)),
    "set": lambda value: set(set.__iter__(value)),
    "frozenset": lambda value: frozenset(frozenset.__iter__(value)),
    "bytes": lambda value: b"".join((bytes.__getitem__(value, slice(None)),)),
    "bytearray": lambda value: bytearray(bytearray.__getitem__(value, slice(None))),
    "deque": lambda value: collections.deque(
        collections.deque.__iter__(value), collections.deque.maxlen.__get__(value)
    ),
}
"""The value an instance of a subclass holds, read by the built-in type's own methods."""
SEEN: dict[str, Any] = {
    "OrderedDict": lambda value: tuple(dict.items(value)),
    "Counter": lambda value: tuple(dict.items(value)),
    "dict": lambda value: tuple(dict.items(value)),
    "list": lambda value: tuple(list.__iter__(value)),
    "deque": lambda value: tuple(collections.deque.__iter__(value)),
    "set": lambda value: frozenset(set.__iter__(value)),
    "bytearray": lambda value: bytes(bytearray.__getitem__(value, slice(None))),
}
"""What is remembered of an instance that can change, to see whether it has."""
ABSTRACT: dict[str, Any] = {name: getattr(collections.abc, name) for name in collections.abc.__all__}
SPECIAL = re.compile(r"__[a-z][a-z0-9_]*__")
_BARE = (object, abc.ABC, typing.Generic, typing.Protocol, enum.Enum, enum.Flag)
"""Bases that are nothing to ask an instance for."""
_LEFT_OUT = frozenset(
    {
        "__module__", "__dict__", "__weakref__", "__doc__", "__qualname__", "__annotations__", "__slots__",
        "__init__", "__new__", "__init_subclass__", "__class_getitem__", "__subclasshook__", "__abstractmethods__",
        "__parameters__", "__orig_bases__", "__getattribute__", "__getattr__", "__setattr__", "__delattr__",
        "__class__", "__get__", "__set__", "__delete__", "__set_name__", "__del__", "__firstlineno__",
        "__static_attributes__", "__prepare__", "__instancecheck__", "__subclasscheck__", "__subclasses__",
        "__mro__", "__name__",
    }
)  # fmt: skip
_MRO: Any = type.__dict__["__mro__"].__get__


def is_seen(now: Any, before: Any) -> bool:
    """Whether what is remembered of an instance is the same at two times."""
    if type(now) is not tuple:
        return bool(now == before)
    return len(now) == len(before) and all(map(_are_same, now, before))


def _are_same(each: Any, other: Any) -> bool:
    pairs = type(each) is type(other) is tuple and len(each) == len(other)
    return each is other or (pairs and all(map(operator.is_, each, other)))


def base_of(kind: type) -> str | None:
    """The name of the built-in type whose value an instance holds; None where it is none of these."""
    bases: Any = _MRO(kind)[1:]
    return next((str(each.__name__) for each in bases if each in VALUES.values()), None)


def describe(kind: type, program: str) -> dict[str, Any]:
    """A class in words; `program` is the name of the module whose classes are the program's own."""
    base = base_of(kind)
    mro: Any = _MRO(kind)
    error = next((each for each in mro if issubclass(each, BaseException) and each.__module__ == "builtins"), None)
    plain = _MRO(VALUES[base]) if base else _MRO(error) if error else (object,)
    special: dict[str, bool] = {}
    for each in reversed(mro):
        if each not in plain:
            special |= {name: value is not None for name, value in vars(each).items() if SPECIAL.fullmatch(name)}
    others = [each for each in mro if each not in plain and each not in _BARE and each.__module__ != program]
    abstract = [each.__name__ for each in others if each in ABSTRACT.values()]
    return {
        "name": str(kind.__name__)[:80],
        "qualname": str(kind.__qualname__)[:80],
        "module": str(kind.__module__)[:80],
        "special": sorted(name for name, there in special.items() if there and name not in _LEFT_OUT),
        "unset": sorted(name for name, there in special.items() if not there and name not in _LEFT_OUT),
        "base": base,
        "abstract": abstract,
        "own": len(others) == len(abstract),
        "plain": type(kind) is type,
        "error": None if error is None else error.__name__,
        "library": None if kind.__module__ == program else [kind.__module__, kind.__qualname__],
    }
