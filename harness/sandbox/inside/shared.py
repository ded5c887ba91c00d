"""Mutable values that judge and candidate both have, and what became of them since the other side heard of them.

Each side numbers what it sends in the order of sending: 0, 1, 2 ... are its own, -1, -2 ... the other's. A value that
the program kept no reference to is forgotten by both sides with the answer.
"""

import array
import collections
import gc
import sys
from collections.abc import Callable
from collections.abc import Iterable
from operator import is_
from typing import Any
from typing import Protocol

_ABSENT = object()


def _slots(value: Any) -> tuple[Any, ...]:
    return (*value, *value.values())


def _array(value: Any) -> Any:
    if value.dtype.kind == "O":
        return (value.shape, *value.ravel().tolist())
    return (value.shape, value.dtype.str, value.tobytes())


_DICTS = (dict, collections.OrderedDict, collections.Counter, collections.defaultdict)
_BYTES = (bytearray, array.array)
MUTABLE: dict[type, Callable[[Any], Any]] = {
    list: tuple,
    collections.deque: tuple,
    set: frozenset,
    **dict.fromkeys(_DICTS, _slots),
    **dict.fromkeys(_BYTES, bytes),
}
"""The types of values that are numbered, and what is remembered of one to see a change; NumPy's arrays are too."""


def remembered(value: Any) -> Any:
    """What stays of a value to see whether it has changed."""
    return MUTABLE.get(type(value), _array)(value)


def is_same(value: Any, before: Any) -> bool:
    """Whether a value is as it was remembered: the very same objects in the same places."""
    after = remembered(value)
    if type(after) is tuple and type(value) in MUTABLE:
        return len(after) == len(before) and all(map(is_, after, before))
    return bool(after == before)


def assign(value: Any, new: Any) -> None:
    """Make a value equal to a new one of its type. Raises TypeError or ValueError where it cannot be."""
    kind = type(value)
    if type(new) is not kind:
        raise TypeError(f"{type(new).__name__}: expected a {kind.__name__}")
    if kind in (list, *_BYTES):
        value[:] = new
    elif kind is collections.deque:
        value.clear()
        value.extend(new)
    elif kind is set or kind in _DICTS:
        value.clear()
        value.update(new)
    elif (value.shape, value.dtype) == (new.shape, new.dtype):
        value[...] = new
    else:
        raise ValueError("an array of another shape")


class Numbers(Protocol):
    """What a writer needs of a table: the number of a value it knows, and to be told of one it does not."""

    def number(self, value: Any) -> int | None:
        """The number of a value; None where it has none."""

    def send(self, value: Any) -> None:
        """Number a value that is being sent."""


class Shared:
    """The numbered values of one side of a conversation."""

    def __init__(self) -> None:
        self._numbers: dict[int, int] = {}
        self._values: dict[int, Any] = {}
        self._before: dict[int, Any] = {}
        self._sent = self._received = 0

    def __len__(self) -> int:
        return len(self._values)

    def number(self, value: Any) -> int | None:
        """The number of a value; None where it has none."""
        return self._numbers.get(id(value))

    def send(self, value: Any) -> None:
        """Number a value that is being sent."""
        self.fill(self._sent, value)
        self._sent += 1

    def reserve(self, count: int = 1) -> int:
        """The number of the next value that is received, or the first of so many."""
        self._received += count
        return -self._received + count - 1

    def reserve_sent(self, count: int) -> int:
        """The first number of so many values that are sent, and are told of by `fill`."""
        self._sent += count
        return self._sent - count

    def fill(self, number: int, value: Any) -> None:
        """Tell which value a number stands for."""
        self._numbers[id(value)] = number
        self._values[number] = value
        self._before[number] = remembered(value)

    def referred(self, number: Any) -> Any:
        """The value of a number as the other side counts. Raises KeyError for one there is not."""
        if type(number) is not int:
            raise KeyError(number)
        return self._values[~number]

    def mark(self) -> tuple[int, int]:
        """How far it has counted, for `back_to`."""
        return self._sent, self._received

    def back_to(self, mark: tuple[int, int]) -> None:
        """Forget what was sent since a mark: it was not sent after all."""
        for number in range(mark[0], self._sent):
            self._forget(number)
        self._sent = mark[0]

    def changed(self) -> list[tuple[int, Any]]:
        """The values that are not as the other side knows them, which then counts as told."""
        changes = []
        for number, value in self._values.items():
            before = self._before[number]
            if not is_same(value, before):
                self._before[number] = remembered(value)
                changes.append((number, value))
        return changes

    def assign(self, number: Any, new: Any) -> None:
        """Do to a value what the other side did to its own. Raises KeyError, TypeError or ValueError."""
        value = self.referred(number)
        assign(value, new)
        self._before[~number] = remembered(value)

    def keep(self, numbers: Iterable[Any]) -> None:
        """Forget all values but these, numbered as the other side counts. Raises KeyError for one there is not."""
        kept = set()
        for number in numbers:
            self.referred(number)
            kept.add(~number)
        for number in [number for number in self._values if number not in kept]:
            self._forget(number)

    def retained(self) -> list[int]:
        """Forget the values that nobody else has a reference to; the numbers of the others, in order."""
        if not self._values:
            return []
        self._before.clear()
        inner = self._references(self._values) if len(self._values) > 1 else {}
        roots = [n for n in self._values if sys.getrefcount(self._values[n]) > _ALONE + inner.get(n, 0)]
        kept = self._reached(roots)
        self._values = {number: value for number, value in self._values.items() if number in kept}
        self._numbers = {id(value): number for number, value in self._values.items()}
        self._before = {number: remembered(value) for number, value in self._values.items()}
        return list(self._values)

    def unheld(self) -> list[int]:
        """Forget the values that nobody here has a reference to any more; their numbers."""
        before = list(self._values)
        return [] if not before else sorted(set(before).difference(self.retained()))

    def drop(self, numbers: Iterable[Any]) -> None:
        """Forget these, numbered as the other side counts."""
        for number in numbers:
            self._forget(~number)

    def _references(self, numbers: Iterable[int]) -> dict[int, int]:
        """How often each value is held by those of these numbers, tuples between them included."""
        counts: dict[int, int] = {}
        waiting = [self._values[number] for number in numbers if type(self._values[number]) not in _BYTES]
        while waiting:
            for inside in gc.get_referents(waiting.pop()):
                number = self._numbers.get(id(inside))
                if number is not None:
                    counts[number] = counts.get(number, 0) + 1
                elif type(inside) is tuple:
                    waiting.append(inside)
        return counts

    def _reached(self, roots: list[int]) -> set[int]:
        """These numbers and those of all that their values hold, or what is held by it."""
        reached, waiting = set(roots), roots
        while waiting:
            waiting = [number for number in self._references(waiting) if number not in reached]
            reached.update(waiting)
        return reached

    def _forget(self, number: int) -> None:
        value = self._values.pop(number, _ABSENT)
        self._before.pop(number, None)
        if value is not _ABSENT and self._numbers.get(id(value)) == number:
            del self._numbers[id(value)]


def _alone() -> int:
    """What getrefcount says of a value that the table alone holds."""
    values = {0: list[Any]()}
    return sys.getrefcount(values[0])


_ALONE = _alone()
