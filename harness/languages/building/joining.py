"""An answer that defines the function it was asked for, behind what its prompt has before it and it lacks."""

from collections.abc import Callable
from dataclasses import dataclass

from harness.languages.building.sources import Syntax
from harness.languages.building.sources import items


@dataclass(frozen=True, slots=True)
class Whole:
    """An answer's `source` and what the prompt has `before` its own definition of the function, without comments.

    `names` are the functions that were asked for. `run` are the names that start a program, and `taken` all names that
    the `tests` bring, which no program may.
    """

    source: str
    before: str
    syntax: Syntax
    names: tuple[str, ...]
    tests: str
    run: frozenset[str]
    taken: frozenset[str]


def as_it_is(source: str) -> str:
    """The source itself."""
    return source


def behind(whole: Whole, lend: Callable[[str], str] = as_it_is) -> str:
    """What the answer lacks of the prompt, changed by `lend`, then all that the answer defines and tests do not."""
    kept = [item for item in items(whole.source, whole.syntax) if item.name not in whole.taken]
    names = {item.name for item in kept} - {""}
    lent = "".join(item.text for item in items(whole.before, whole.syntax) if item.name not in names)
    return f"{lend(lent)}\n{''.join(item.text for item in kept)}\n"
