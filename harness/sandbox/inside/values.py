"""Values as tagged JSON: what crosses between judge and candidate, in either direction.

A value is written by its exact type and read by that type's own methods, so that what a class overrides has no say.
Null, booleans, strings, floats (NaN, infinities and -0.0 too) and integers of ordinary size are JSON's own, a list is
a JSON array, anything else is an object of one tag. What has no tag is given to `other`, or raises Foreign.

With a table of shared values each mutable value is written once: where it comes again, `{"@": number}` stands for it.
"""

import array
import collections
import datetime as dt
import decimal
import fractions
import pathlib
import re
import sys
import types
import uuid
from collections.abc import Callable
from typing import Any

from harness.sandbox.inside.functions import name_of
from harness.sandbox.inside.functions import named
from harness.sandbox.inside.shared import MUTABLE
from harness.sandbox.inside.shared import Numbers
from harness.sandbox.inside.shared import Shared

DEEPEST = 200
PLAIN = frozenset({str, int, float, bool, type(None)})
_WIDEST = 4096
"""Bits of an integer that JSON's reader takes in one step; wider ones go as hexadecimal, which has no digit limit."""
_DTYPE = re.compile(r"[<>|=]?[biufcSUMmO]\d*(\[[A-Za-z0-9]+\])?")
_NUMPY = "numpy"


class Foreign(Exception):  # noqa: N818 - not an error: a fact about a value
    """A value that cannot cross."""


class Malformed(Foreign):
    """A form that no value has: whoever wrote it does not keep to the forms."""


Other = Callable[[Any], Any]


def _refuse(value: Any) -> Any:
    raise Foreign(f"{type(value).__name__}: no form to send it in")


def encode(value: Any, other: Other = _refuse) -> Any:
    """The JSON form of a value; `other` makes that of a type unknown here. Raises Foreign."""
    return Writer(other).write(value)


def decode(value: Any, other: Other = _refuse) -> Any:
    """The value of a JSON form; `other` makes that of a tag unknown here. Raises Malformed where it is none."""
    return Reader(other).read(value)


class Writer:
    """Values to their JSON forms. With `shared`, mutable values are numbered in the order in which they begin."""

    __slots__ = ("_other", "_shared")

    def __init__(self, other: Other = _refuse, shared: Numbers | None = None) -> None:
        self._other, self._shared = other, shared

    def write(self, value: Any, depth: int = 0) -> Any:
        """The form of a value. Raises Foreign."""
        kind = type(value)
        if kind is int:
            return value if value.bit_length() <= _WIDEST else {"I": hex(value)}
        if kind in PLAIN:
            return value
        if self._shared is not None and _is_numbered(value, kind):
            number = self._shared.number(value)
            if number is not None:
                return {"@": number}
            self._shared.send(value)
        return self.content(value, depth)

    def content(self, value: Any, depth: int = 0) -> Any:
        """The form of a value that is not plain; a shared one is written although it has a number. Raises Foreign."""
        kind = type(value)
        if depth > DEEPEST:
            raise Foreign(f"{kind.__name__}: deeper than {DEEPEST}")
        depth += 1
        if kind is list:
            return self.items(value, depth)
        writer = _WRITERS.get(kind)
        if writer is not None:
            return writer(value, self, depth)
        if kind.__module__ == _NUMPY and _NUMPY in sys.modules:
            return _write_numpy(value, self, depth)
        return self._other(value)

    def items(self, value: Any, depth: int) -> list[Any]:
        """The forms of what an iterable holds."""
        return [
            item
            if (kind := type(item)) in PLAIN and (kind is not int or item.bit_length() <= _WIDEST)
            else self.write(item, depth)
            for item in value
        ]

    def pairs(self, value: Any, depth: int) -> list[Any]:
        """The forms of a mapping's items."""
        return [self.items(pair, depth) for pair in dict.items(value)]

    def foreign(self, value: Any) -> Any:
        """The form of a value that has none here."""
        return self._other(value)


def _no_zone(value: Any) -> Any:
    zone = value.tzinfo
    if value.fold or (zone is not None and type(zone) is not dt.timezone):
        raise Foreign(f"{type(zone).__name__}: a time zone that is no fixed offset")
    return value


def _write_view(value: Any, to: Writer) -> Any:
    if not value.readonly or value.format != "B" or value.ndim != 1:
        return to.foreign(value)
    return {"V": bytes(value).hex()}


def _is_numbered(value: Any, kind: type) -> bool:
    """Whether a value is one that both sides can have: it changes, and crosses as what it is."""
    if kind is collections.defaultdict:
        return value.default_factory is None or name_of(value.default_factory) is not None
    return kind in MUTABLE or (kind.__module__ == _NUMPY and kind.__name__ == "ndarray" and _has_form(value.dtype))


def _has_form(dtype: Any) -> bool:
    return dtype.names is None and _DTYPE.fullmatch(dtype.str) is not None


def _write_default(value: Any, to: "Writer", depth: int) -> Any:
    """A defaultdict whose factory crosses by its name; any other stays where it is."""
    factory = None if value.default_factory is None else name_of(value.default_factory)
    return {"f": [factory, to.pairs(value, depth)]} if _is_numbered(value, type(value)) else to.foreign(value)


_Written = Callable[[Any, Writer, int], Any]
_WRITERS: dict[type, _Written] = {
    tuple: lambda value, to, depth: {"t": to.items(value, depth)},
    dict: lambda value, to, depth: {"d": to.pairs(value, depth)},
    set: lambda value, to, depth: {"s": to.items(value, depth)},
    frozenset: lambda value, to, depth: {"z": to.items(value, depth)},
    complex: lambda value, _to, _depth: {"c": [value.real, value.imag]},
    bytes: lambda value, _to, _depth: {"b": value.hex()},
    bytearray: lambda value, _to, _depth: {"B": value.hex()},
    array.array: lambda value, to, depth: {"A": [value.typecode, to.items(value, depth)]},
    memoryview: lambda value, to, _depth: _write_view(value, to),
    range: lambda value, to, depth: {"r": to.items((value.start, value.stop, value.step), depth)},
    slice: lambda value, to, depth: {"l": to.items((value.start, value.stop, value.step), depth)},
    type(...): lambda _value, _to, _depth: {"e": None},
    type(NotImplemented): lambda _value, _to, _depth: {"N": None},
    decimal.Decimal: lambda value, _to, _depth: {"D": str(value)},
    fractions.Fraction: lambda value, to, depth: {"F": to.items((value.numerator, value.denominator), depth)},
    pathlib.PurePosixPath: lambda value, _to, _depth: {"/": ["PurePosixPath", str(value)]},
    pathlib.PosixPath: lambda value, _to, _depth: {"/": ["PosixPath", str(value)]},
    uuid.UUID: lambda value, _to, _depth: {"U": value.hex},
    re.Pattern: lambda value, to, depth: {"p": to.items((value.pattern, value.flags), depth)},
    dt.datetime: lambda value, _to, _depth: {"T": _no_zone(value).isoformat()},
    dt.date: lambda value, _to, _depth: {"y": value.isoformat()},
    dt.time: lambda value, _to, _depth: {"h": _no_zone(value).isoformat()},
    dt.timedelta: lambda value, _to, _depth: {"v": [value.days, value.seconds, value.microseconds]},
    dt.timezone: lambda value, to, depth: {"Z": to.items(value.__getinitargs__(), depth)},
    collections.deque: lambda value, to, depth: {"q": [to.items(value, depth), value.maxlen]},
    collections.OrderedDict: lambda value, to, depth: {"o": to.pairs(value, depth)},
    collections.Counter: lambda value, to, depth: {"C": to.pairs(value, depth)},
    collections.defaultdict: _write_default,
    collections.UserDict: lambda value, to, depth: {"u": ["UserDict", to.write(value.data, depth)]},
    collections.UserList: lambda value, to, depth: {"u": ["UserList", to.write(value.data, depth)]},
    collections.UserString: lambda value, to, depth: {"u": ["UserString", to.write(value.data, depth)]},
    collections.ChainMap: lambda value, to, depth: {"M": to.write(value.maps, depth)},
    types.MappingProxyType: lambda value, to, depth: {"P": to.write(dict(value), depth)},
    type({}.keys()): lambda value, to, depth: {"k": to.items(value, depth)},
    type({}.values()): lambda value, to, depth: {"w": to.items(value, depth)},
    type({}.items()): lambda value, to, depth: {"m": [to.items(pair, depth) for pair in value]},
}


def _write_numpy(value: Any, to: Writer, depth: int) -> Any:
    import numpy as np

    if type(value) is np.ndarray:
        if not _has_form(value.dtype):
            return to.foreign(value)
        flat = value.view("i8") if value.dtype.kind in "Mm" else value
        return {"a": [value.dtype.str, list(value.shape), to.items(np.ravel(flat).tolist(), depth)]}
    if isinstance(value, np.generic):
        scalar = np.asarray(value)
        if _has_form(scalar.dtype):
            flat = scalar.view("i8") if scalar.dtype.kind in "Mm" else scalar
            return {"n": [scalar.dtype.str, to.write(flat.tolist(), depth)]}
    return to.foreign(value)


class Reader:
    """JSON forms to values; `shared` numbers mutable values as the other side's Writer did."""

    __slots__ = ("_other", "_shared")

    def __init__(self, other: Other = _refuse, shared: Shared | None = None) -> None:
        self._other, self._shared = other, shared

    def read(self, form: Any) -> Any:
        """The value of a form. Raises Malformed where it is none."""
        return self._guarded(self.value, form)

    def content(self, form: Any) -> Any:
        """The value of a form whose own number the reader knows already. Raises Malformed where it is none."""
        return self._guarded(self._content, form)

    def _guarded(self, read: Other, form: Any) -> Any:
        try:
            return read(form)
        except (TypeError, ValueError, ArithmeticError, AttributeError, KeyError, IndexError, RecursionError) as error:
            raise Malformed(f"malformed value: {type(error).__name__}") from error

    def value(self, form: Any) -> Any:
        """The value of a form; raises what a malformed one makes its type raise."""
        kind = type(form)
        if kind in PLAIN:
            return form
        if self._shared is None or (kind is not list and next(iter(form)) not in _NUMBERED):
            return self._content(form)
        place = self._shared.reserve()
        value = self._content(form)
        self._shared.fill(place, value)
        return value

    def _content(self, form: Any) -> Any:
        if type(form) is list:
            return self.items(form)
        (tag, content), *more = form.items()
        if more:
            raise Malformed("malformed value: an object of several tags")
        if tag == "@" and self._shared is not None:
            return self._shared.referred(content)
        reader = _READERS.get(tag)
        return self._other(form) if reader is None else reader(content, self)

    def items(self, forms: Any) -> list[Any]:
        """The values of many forms."""
        return [item if type(item) in PLAIN else self.value(item) for item in forms]

    def pairs(self, forms: Any) -> dict[Any, Any]:
        """The mapping of pairs of forms."""
        return dict(self.items(pair) for pair in forms)


def _read_numpy(content: Any, of: Reader, shape: list[int] | None) -> Any:
    import numpy as np

    dtype, flat = content[0], of.items(content[-1]) if shape is not None else of.value(content[-1])
    if not _DTYPE.fullmatch(dtype):
        raise Malformed(f"malformed value: dtype {dtype!r}")
    kind = np.dtype(dtype)
    if shape is None:
        return np.array([flat], "i8").view(kind)[0] if kind.kind in "Mm" else np.array([flat], kind)[0]
    if kind.kind in "Mm":
        return np.array(flat, "i8").view(kind).reshape(shape)
    if kind.kind == "O":
        filled = np.empty(len(flat), kind)
        filled[:] = flat
        return filled.reshape(shape)
    return np.array(flat, kind).reshape(shape)


_USER: dict[str, Any] = {name: getattr(collections, name) for name in ("UserDict", "UserList", "UserString")}


def _read_user(content: Any, of: Reader) -> Any:
    kind, data = _USER[content[0]], of.value(content[1])
    wrapper = kind("" if content[0] == "UserString" else None)
    if type(data) is not type(wrapper.data):
        raise Malformed(f"malformed value: {content[0]} of a {type(data).__name__}")
    wrapper.data = data
    return wrapper


_PATHS: dict[str, Any] = {"PurePosixPath": pathlib.PurePosixPath, "PosixPath": pathlib.PosixPath}
_READERS: dict[str, Callable[[Any, Reader], Any]] = {
    "I": lambda content, _of: int(content, 16),
    "t": lambda content, of: tuple(of.items(content)),
    "d": lambda content, of: of.pairs(content),
    "s": lambda content, of: set(of.items(content)),
    "z": lambda content, of: frozenset(of.items(content)),
    "c": lambda content, _of: complex(*map(float, content)),
    "b": lambda content, _of: bytes.fromhex(content),
    "B": lambda content, _of: bytearray.fromhex(content),
    "A": lambda content, of: array.array(content[0], of.items(content[1])),
    "V": lambda content, _of: memoryview(bytes.fromhex(content)),
    "r": lambda content, of: range(*of.items(content)),
    "l": lambda content, of: slice(*of.items(content)),
    "e": lambda _content, _of: ...,
    "N": lambda _content, _of: NotImplemented,
    "D": lambda content, _of: decimal.Decimal(content),
    "F": lambda content, of: fractions.Fraction(*of.items(content)),
    "/": lambda content, _of: _PATHS[content[0]](content[1]),
    "U": lambda content, _of: uuid.UUID(hex=content),
    "p": lambda content, of: re.compile(*of.items(content)),
    "T": lambda content, _of: dt.datetime.fromisoformat(content),
    "y": lambda content, _of: dt.date.fromisoformat(content),
    "h": lambda content, _of: dt.time.fromisoformat(content),
    "v": lambda content, _of: dt.timedelta(*content),
    "Z": lambda content, of: dt.timezone(*of.items(content)),
    "q": lambda content, of: collections.deque(of.items(content[0]), content[1]),
    "o": lambda content, of: collections.OrderedDict(of.pairs(content)),
    "C": lambda content, of: collections.Counter(of.pairs(content)),
    "f": lambda content, of: collections.defaultdict(content[0] and named(content[0]), of.pairs(content[1])),
    "u": _read_user,
    "M": lambda content, of: collections.ChainMap(*of.value(content)),
    "P": lambda content, of: types.MappingProxyType(of.value(content)),
    "k": lambda content, of: dict.fromkeys(of.items(content)).keys(),
    "w": lambda content, of: dict(enumerate(of.items(content))).values(),
    "m": lambda content, of: of.pairs(content).items(),
    "a": lambda content, of: _read_numpy(content, of, content[1]),
    "n": lambda content, of: _read_numpy(content, of, None),
}
_NUMBERED = frozenset("dsBAqoCfa")
"""The tags of mutable values."""
