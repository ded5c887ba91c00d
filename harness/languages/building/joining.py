"""An answer that defines the function it was asked for, behind what its prompt has before it and it lacks."""

import re
from collections.abc import Callable
from dataclasses import dataclass

from harness.languages.building.sources import Item
from harness.languages.building.sources import Syntax
from harness.languages.building.sources import closing
from harness.languages.building.sources import defined
from harness.languages.building.sources import items
from harness.languages.building.sources import unclosed
from harness.languages.building.sources import uncommented


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


@dataclass(frozen=True, slots=True)
class Classes:
    """A language whose functions stand in classes: what matches a line that imports, and what begins a class.

    `public` matches what a class may not be called where another one of the file is, `wraps` the head of what may stand
    around all classes, as a namespace does.
    """

    imports: re.Pattern[str]
    begins: re.Pattern[str]
    public: re.Pattern[str] = re.compile(r"(?!)")
    wraps: re.Pattern[str] = re.compile(r"(?!)")

    def join(self, whole: Whole) -> str:
        """The members of the answer's class in that of the prompt, its other classes before it.

        The class stays open where the tests close it.
        """
        imports = dict.fromkeys(
            match[0].strip() for text in (whole.before, whole.source) for match in self.imports.finditer(text)
        )
        frame, _, opened = self.imports.sub("", whole.before).partition("{")
        members, others = self._members(self._unwrapped(self.imports.sub("", whole.source)), whole)
        names = {item.name for item in members}
        lent = "".join(item.text for item in items(opened, whole.syntax) if item.name not in names)
        inside = "".join(item.text for item in members if item.name not in whole.run)
        program = "\n".join((*imports, *others, f"{frame.strip()} {{", lent + inside, ""))
        return program if closing(whole.tests, whole.syntax) else program + "}\n" * unclosed(program, whole.syntax)

    def _unwrapped(self, source: str) -> str:
        """The source without what stands around its classes."""
        head = self.wraps.search(source)
        if head is None:
            return source
        inside = source[head.end() :]
        return source[: head.start()] + (inside.rpartition("}")[0] if head[0].endswith("{") else inside)

    def _members(self, source: str, whole: Whole) -> tuple[list[Item], list[str]]:
        """The members of the class that has the function, or of none, and the sources of all other classes."""
        parts = items(source, whole.syntax)
        holder = next((item for item in parts if _defines(item.text, whole)), None)
        others = [
            self.public.sub("", item.text)
            for item in parts
            if item is not holder and self.begins.match(item.text) and item.name not in whole.run
        ]
        if holder is None or not self.begins.match(uncommented(holder.text, whole.syntax).lstrip()):
            return [item for item in parts if item.name and not self.begins.match(item.text)], others
        body = holder.text[holder.text.index("{") + 1 :]
        return list(items(body, whole.syntax)), others


def _defines(text: str, whole: Whole) -> bool:
    return any(name in whole.names for name, _, _ in defined(text, whole.syntax))
