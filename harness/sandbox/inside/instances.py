"""Stand-ins for single objects in the jail, and the value that each shows as the built-in type it derives from."""

from typing import Any

from harness.sandbox.inside import kinds
from harness.sandbox.inside.remotes import RemoteType
from harness.sandbox.inside.values import Malformed


def _built_in(kind: Any) -> Any:
    """The built-in type whose value a class's instances hold; None where they hold none."""
    return next((base for base in kind.__mro__ if kinds.VALUES.get(base.__name__) is base), None)


def changes(kind: Any) -> bool:
    """Whether what the instances of a class hold as a built-in type can change."""
    base = _built_in(kind)
    return base is not None and base.__name__ in kinds.SEEN


def remote_object(kind: Any, number: int, value: Any = None) -> Any:
    """The stand-in for an object of a class; `value` is what it holds as a built-in type that does not change."""
    base = _built_in(kind)
    if base is not None:
        made = base.__new__(kind) if base.__name__ in kinds.SEEN else base.__new__(kind, value)
    elif issubclass(kind, BaseException):
        plain = next(
            ancestor
            for ancestor in kind.__mro__
            if type(ancestor) is not RemoteType and issubclass(ancestor, BaseException)
        )
        made = plain.__new__(kind)
        made.args = value
    else:
        made = object.__new__(kind)
    object.__getattribute__(made, "__dict__")["_number"] = number
    return made


def held_by(remote: Any) -> Any:
    """What is remembered of the value that a stand-in holds as a built-in type."""
    return kinds.SEEN[_built_in(type(remote)).__name__](remote)


def mirror(remote: Any, value: Any) -> None:
    """Make a stand-in hold a value of its built-in type. Raises Malformed for one of another type."""
    base = _built_in(type(remote))
    if type(value) is not base:
        raise Malformed(f"malformed value: a {type(value).__name__} for a {base.__name__}")
    if base in {list, bytearray}:
        base.__setitem__(remote, slice(None), value)
        return
    base.clear(remote)
    if issubclass(base, dict):
        for key, item in value.items():
            base.__setitem__(remote, key, item)
    elif base is set:
        set.update(remote, value)
    else:
        base.extend(remote, value)
