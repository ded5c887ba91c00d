"""What is noted down of a program for its data flow: occurrences of variables and literals, scopes, and paths.

A path runs through blocks; the occurrences of a block stand in the order in which they are evaluated.
"""

from dataclasses import dataclass
from dataclasses import field
from typing import Literal

Event = Literal["read", "bind", "update", "literal"]
Relation = Literal["comesFrom", "computedFrom"]
Span = tuple[int, int]
Place = tuple["Scope | None", str]


@dataclass(eq=False, slots=True)
class Scope:
    """Where names are bound. `frame` numbers the function whose code it is, 0 for the module's."""

    kind: Literal["function", "class", "comprehension"]
    frame: int
    outer: "Scope | None" = None
    bound: set[str] = field(default_factory=set)
    global_names: set[str] = field(default_factory=set)
    nonlocal_names: set[str] = field(default_factory=set)

    def resolve(self, name: str) -> Place:
        """The variable a name stands for here: the scope that binds it, the module's where none does, and the name.

        By Python's rules (Language Reference, 4.2): the innermost scope that binds the name. A class's names are seen
        in its body alone, where they stand for the attributes of that name.
        """
        scope: Scope | None = self
        while scope is not None:
            if name in scope.global_names:
                return scope.module, name
            if name in scope.bound and name not in scope.nonlocal_names:
                if scope.kind != "class":
                    return scope, name
                if scope is self:
                    return None, f".{name}"
            scope = scope.outer
        return self.module, name

    @property
    def module(self) -> "Scope":
        """The outermost scope."""
        scope = self
        while scope.outer is not None:
            scope = scope.outer
        return scope


@dataclass(frozen=True, eq=False, slots=True)
class Occurrence:
    """One token that stands for a value.

    `span` is its bytes in the source, from and up to; `scope` is None for an attribute, whose text begins with a point,
    and for a literal. An "update" reads the old value and binds a new one. `weak` is a binding that may leave the old
    value where it was, as that of one item of a list. `sources` are the spans that the bound value is computed from.
    """

    span: Span
    text: str
    event: Event
    scope: Scope | None
    frame: int
    sources: tuple[Span, ...] = ()
    relation: Relation = "comesFrom"
    weak: bool = False

    @property
    def place(self) -> Place:
        """The variable, attribute or literal; known when all of the program's bindings are noted."""
        return (None, self.text) if self.scope is None else self.scope.resolve(self.text)


@dataclass(frozen=True, slots=True)
class Paths:
    """The occurrences of each block, and the numbers of the blocks that may follow it. The first block is the start."""

    blocks: list[list[Occurrence]] = field(default_factory=list)
    following: list[set[int]] = field(default_factory=list)

    def add(self, *before: int) -> int:
        """Return the number of a new block, which may follow those named."""
        number = len(self.blocks)
        self.blocks.append([])
        self.following.append(set())
        for block in before:
            self.following[block].add(number)
        return number
