"""Frozen values as JSON, and their hashes: the same value has the same text and hash everywhere."""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import fields
from dataclasses import is_dataclass
from typing import Any

PLAIN = frozenset({str, int, float, bool, type(None)})
"""The types that are their own JSON form."""
_CANONICAL = json.JSONEncoder(sort_keys=True, separators=(",", ":"), ensure_ascii=False, allow_nan=False).encode
_LATER = frozenset({"time", "apart", "date", "suffix", "answer_language", "source", "first_token", "latency"})
"""Fields that came later, and are left out where they say nothing: what was stored keeps its hash."""
_NAMES: dict[type[Any], tuple[str, ...] | None] = {}


def names_of(kind: type[Any]) -> tuple[str, ...] | None:
    """The names of a dataclass's fields, in order; None where the type is none."""
    if kind not in _NAMES:
        _NAMES[kind] = tuple(field.name for field in fields(kind)) if is_dataclass(kind) else None
    return _NAMES[kind]


def encode(value: Any) -> Any:
    """The JSON form of a frozen value: a `kind` beside the fields, tuples as lists."""
    kind = type(value)
    if kind in PLAIN:
        return value
    names = names_of(kind)
    if names is not None:
        encoded = {"kind": kind.__name__}
        for name in names:
            item = getattr(value, name)
            if not item and item != "" and name in _LATER:
                continue
            encoded[name] = item if type(item) in PLAIN else encode(item)  # plain ones need no call
        return encoded
    if isinstance(value, tuple | list):
        return [item if type(item) in PLAIN else encode(item) for item in value]
    return {key: encode(item) for key, item in value.items()} if isinstance(value, Mapping) else value


def canonical(value: Any) -> bytes:
    """One byte string per JSON value: keys sorted, no white space, UTF-8 (lone surrogates kept)."""
    return _CANONICAL(value).encode("utf-8", "surrogatepass")


def sha256(value: Any) -> str:
    """sha256 (hex) of a JSON value's canonical text."""
    return hashlib.sha256(canonical(value)).hexdigest()
