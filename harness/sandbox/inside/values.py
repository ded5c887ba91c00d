"""Values as tagged JSON: what crosses between judge and candidate, in either direction.

A value is written by its exact base type, read by that type's own methods, so that what a subclass overrides has no
say. Null, booleans, strings, floats (NaN, infinities and -0.0 too) and integers of ordinary size are JSON's own, a
list is a JSON array, anything else an object of one tag. What has no tag is given to `other`, or raises Foreign.
"""

import collections
import datetime as dt
import decimal
import fractions
import re
import sys
from collections.abc import Callable
from typing import Any

DEEPEST = 200
_PLAIN = frozenset({str, int, float, bool, type(None)})
_WIDEST = 4096
"""Bits of an integer that JSON's reader takes in one step; wider ones go as hexadecimal, which has no digit limit."""
_LARGEST_RANGE = 1 << 63
_DTYPE = re.compile(r"[<>|=]?[biufcSUMmO]\d*(\[[A-Za-z0-9]+\])?")
_NUMPY = "numpy"


class Foreign(Exception):  # noqa: N818 - not an error: a fact about a value
    """A value that cannot cross."""


Other = Callable[[Any], Any]


def _refuse(value: Any) -> Any:
    raise Foreign(f"{type(value).__name__}: no form to send it in")


def encode(value: Any, other: Other = _refuse, depth: int = 0) -> Any:
    """The JSON form of a value; `other` makes that of a kind unknown here. Raises Foreign."""
    kind = type(value)
    if kind is int:
        return value if value.bit_length() <= _WIDEST else {"I": hex(value)}
    if kind in _PLAIN:
        return value
    if depth > DEEPEST:
        raise Foreign(f"{kind.__name__}: deeper than {DEEPEST}")
    depth += 1
    if kind is list:
        return _items(value, other, depth)
    writer = _WRITERS.get(kind)
    if writer is not None:
        return writer(value, other, depth)
    if kind.__module__ == _NUMPY and _NUMPY in sys.modules:
        return _encode_numpy(value, other, depth)
    base = next((base for base in kind.__mro__[1:-1] if base in _BASES), None)
    return other(value) if base is None else encode(_BASES[base](value), other, depth)


def _items(value: Any, other: Other, depth: int) -> list[Any]:
    return [
        item
        if (kind := type(item)) in _PLAIN and (kind is not int or item.bit_length() <= _WIDEST)
        else encode(item, other, depth)
        for item in value
    ]


def _pairs(value: Any, other: Other, depth: int) -> list[Any]:
    return [_items(pair, other, depth) for pair in dict.items(value)]


_BASES: dict[type, Callable[[Any], Any]] = {
    str: str.__str__,
    int: int.__pos__,
    float: float.__pos__,
    complex: complex.__pos__,
    collections.OrderedDict: lambda value: collections.OrderedDict(dict.items(value)),
    collections.Counter: lambda value: dict(dict.items(value)),
    dict: lambda value: dict(dict.items(value)),
    list: lambda value: list(list.__iter__(value)),
    tuple: lambda value: tuple(tuple.__iter__(value)),
    set: lambda value: set(set.__iter__(value)),
    frozenset: lambda value: frozenset(frozenset.__iter__(value)),
    bytes: lambda value: b"".join((bytes.__getitem__(value, slice(None)),)),
    bytearray: lambda value: bytearray(bytearray.__getitem__(value, slice(None))),
    collections.deque: lambda value: collections.deque(collections.deque.__iter__(value)),
}

_WRITERS: dict[type, Callable[[Any, Other, int], Any]] = {
    tuple: lambda value, other, depth: {"t": _items(value, other, depth)},
    dict: lambda value, other, depth: {"d": _pairs(value, other, depth)},
    set: lambda value, other, depth: {"s": _items(value, other, depth)},
    frozenset: lambda value, other, depth: {"z": _items(value, other, depth)},
    complex: lambda value, _other, _depth: {"c": [value.real, value.imag]},
    bytes: lambda value, _other, _depth: {"b": value.hex()},
    bytearray: lambda value, _other, _depth: {"B": value.hex()},
    range: lambda value, other, depth: {"r": _items((value.start, value.stop, value.step), other, depth)},
    slice: lambda value, other, depth: {"l": _items((value.start, value.stop, value.step), other, depth)},
    type(...): lambda _value, _other, _depth: {"e": None},
    decimal.Decimal: lambda value, _other, _depth: {"D": str(value)},
    fractions.Fraction: lambda value, other, depth: {"F": _items((value.numerator, value.denominator), other, depth)},
    dt.datetime: lambda value, _other, _depth: {"T": _no_zone(value).isoformat()},
    dt.date: lambda value, _other, _depth: {"y": value.isoformat()},
    dt.time: lambda value, _other, _depth: {"h": _no_zone(value).isoformat()},
    dt.timedelta: lambda value, _other, _depth: {"v": [value.days, value.seconds, value.microseconds]},
    collections.deque: lambda value, other, depth: {"q": [_items(value, other, depth), value.maxlen]},
    collections.OrderedDict: lambda value, other, depth: {"o": _pairs(value, other, depth)},
    collections.Counter: lambda value, other, depth: {"C": _pairs(value, other, depth)},
    collections.defaultdict: lambda value, other, depth: {"d": _pairs(value, other, depth)},
    type({}.keys()): lambda value, other, depth: {"k": _items(value, other, depth)},
    type({}.values()): lambda value, other, depth: {"w": _items(value, other, depth)},
    type({}.items()): lambda value, other, depth: {"m": [_items(pair, other, depth) for pair in value]},
}


def _no_zone(value: Any) -> Any:
    zone = value.tzinfo
    if zone is not None and type(zone) is not dt.timezone:
        raise Foreign(f"{type(zone).__name__}: a time zone that is no fixed offset")
    return value


def _encode_numpy(value: Any, other: Other, depth: int) -> Any:
    import numpy as np

    if isinstance(value, np.ndarray):
        plain = np.ndarray.__array__(value)
        if plain.dtype.names is not None or not _DTYPE.fullmatch(plain.dtype.str):
            return other(value)
        flat = plain.view("i8") if plain.dtype.kind in "Mm" else plain
        return {"a": [plain.dtype.str, list(plain.shape), _items(np.ravel(flat).tolist(), other, depth)]}
    if isinstance(value, np.generic):
        found = np.asarray(value)
        if found.dtype.names is None and _DTYPE.fullmatch(found.dtype.str):
            flat = found.view("i8") if found.dtype.kind in "Mm" else found
            return {"n": [found.dtype.str, encode(flat.tolist(), other, depth)]}
    return other(value)


def decode(value: Any, other: Other = _refuse) -> Any:
    """The value of a JSON form; `other` makes that of a tag unknown here. Raises Foreign where it is malformed."""
    try:
        return _decode(value, other)
    except (TypeError, ValueError, ArithmeticError, AttributeError, KeyError, RecursionError) as error:
        raise Foreign(f"malformed value: {type(error).__name__}") from error


def _decode(value: Any, other: Other) -> Any:
    kind = type(value)
    if kind in _PLAIN:
        return value
    if kind is list:
        return [item if type(item) in _PLAIN else _decode(item, other) for item in value]
    (tag, content), *more = value.items()
    if more:
        raise Foreign("malformed value: an object of several tags")
    reader = _READERS.get(tag)
    return other(value) if reader is None else reader(content, other)


def _decode_pairs(content: Any, other: Other) -> dict[Any, Any]:
    return dict(_decode(pair, other) for pair in content)


def _decode_numpy(content: Any, other: Other, shape: list[int] | None) -> Any:
    import numpy as np

    dtype, flat = content[0], _decode(content[-1], other)
    if not _DTYPE.fullmatch(dtype):
        raise Foreign(f"malformed value: dtype {dtype!r}")
    kind = np.dtype(dtype)
    if shape is None:
        return np.array([flat], "i8").view(kind)[0] if kind.kind in "Mm" else np.array([flat], kind)[0]
    if kind.kind in "Mm":
        return np.array(flat, "i8").view(kind).reshape(shape)
    if kind.kind == "O":
        found = np.empty(len(flat), kind)
        found[:] = flat
        return found.reshape(shape)
    return np.array(flat, kind).reshape(shape)


_READERS: dict[str, Callable[[Any, Other], Any]] = {
    "I": lambda content, _other: int(content, 16),
    "t": lambda content, other: tuple(_decode(content, other)),
    "d": _decode_pairs,
    "s": lambda content, other: set(_decode(content, other)),
    "z": lambda content, other: frozenset(_decode(content, other)),
    "c": lambda content, _other: complex(*map(float, content)),
    "b": lambda content, _other: bytes.fromhex(content),
    "B": lambda content, _other: bytearray.fromhex(content),
    "r": lambda content, other: range(*_decode(content, other)),
    "l": lambda content, other: slice(*_decode(content, other)),
    "e": lambda _content, _other: ...,
    "D": lambda content, _other: decimal.Decimal(content),
    "F": lambda content, other: fractions.Fraction(*_decode(content, other)),
    "T": lambda content, _other: dt.datetime.fromisoformat(content),
    "y": lambda content, _other: dt.date.fromisoformat(content),
    "h": lambda content, _other: dt.time.fromisoformat(content),
    "v": lambda content, _other: dt.timedelta(*content),
    "q": lambda content, other: collections.deque(_decode(content[0], other), content[1]),
    "o": lambda content, other: collections.OrderedDict(_decode_pairs(content, other)),
    "C": lambda content, other: collections.Counter(_decode_pairs(content, other)),
    "k": lambda content, other: dict.fromkeys(_decode(content, other)).keys(),
    "w": lambda content, other: dict(enumerate(_decode(content, other))).values(),
    "m": lambda content, other: _decode_pairs(content, other).items(),
    "a": lambda content, other: _decode_numpy(content, other, content[1]),
    "n": lambda content, other: _decode_numpy(content, other, None),
}
