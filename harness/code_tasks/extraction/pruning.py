"""What of a Python program its function needs, and what may be left out of it.

Left out are definitions that nothing kept refers to, what stands under `if __name__ == "__main__"`, and statements that
can change nothing the function reads: a print, an assertion, a call of a function that fills no variable in use.
EvalPlus's sanitizer (Liu et al. 2023, arXiv:2305.01210) keeps imports and what the entry point reaches; here a call
that fills a table, with its own hands or through a function, stays as well. Where the program looks up names by their
text (`eval`, `globals()`, `getattr`), all that has a name stays.
"""

import ast
import textwrap
from collections import Counter
from collections.abc import Iterable
from collections.abc import Sequence
from dataclasses import replace

from harness.code_tasks.extraction.definitions import SETTINGS
from harness.code_tasks.extraction.definitions import Statement
from harness.code_tasks.extraction.definitions import is_import
from harness.code_tasks.extraction.definitions import is_stub
from harness.code_tasks.extraction.effects import A_PARAMETER
from harness.code_tasks.extraction.effects import ANYTHING
from harness.code_tasks.extraction.effects import DEFINITIONS
from harness.code_tasks.extraction.effects import SHOWS
from harness.code_tasks.extraction.effects import Effect
from harness.code_tasks.extraction.effects import aliased
from harness.code_tasks.extraction.effects import calls
from harness.code_tasks.extraction.effects import dotted
from harness.code_tasks.extraction.effects import effect_of
from harness.code_tasks.extraction.effects import is_constant
from harness.code_tasks.extraction.effects import looks_up
from harness.code_tasks.extraction.effects import reads
from harness.code_tasks.extraction.effects import root
from harness.code_tasks.extraction.effects import targets

_RUNS = (ast.Expr, ast.Assert, ast.For, ast.While, ast.If, ast.With, ast.Try)
"""Statements that are kept for what they do alone, where they give no name."""


def whole(statements: Sequence[Statement]) -> tuple[Statement, ...]:
    """The statements without functions that have no body of their own where another of that name has one."""
    full = {name for statement in statements if not is_stub(statement.node) for name in statement.binds}
    return tuple(
        statement
        for statement in statements
        if not (is_stub(statement.node) and statement.binds and statement.binds <= full)
    )


def needed(statements: Sequence[Statement], names: Iterable[str], *, lent: bool = False) -> tuple[Statement, ...]:
    """The statements that `names` need, in order; those that only may change what is needed cannot end the program.

    Of those that are `lent`, as they stand elsewhere in the answer, none is taken for what it may do to the world, and
    no import that nobody uses, which may fail.
    """
    program = _Program(whole(statements), lent=lent)
    wanted = set(names)
    asked = frozenset(wanted & program.names)
    kept: set[int] = set()
    while more := [place for place in program.places() if place not in kept and program.needs(place, wanted)]:
        kept.update(more)
        wanted |= {name for place in more for name in program.found[place].uses | program.found[place].binds}
        if any(looks_up(program.found[place]) for place in more):
            wanted |= program.settled()
    users = Counter(name for place in kept for name in program.found[place].uses)
    return tuple(_harmless(program.found[place], asked, users) for place in sorted(kept))


class _Program:
    """Statements with their effects, and what running each may change through all that it calls."""

    def __init__(self, statements: Sequence[Statement], *, lent: bool) -> None:
        self.found = statements
        self._lent = lent
        self._known: dict[int, Effect] = {}
        self._defined = frozenset(
            node.name for statement in statements for node in ast.walk(statement.node) if isinstance(node, DEFINITIONS)
        )
        self._modules = {name for statement in statements if is_import(statement) for name in statement.binds}
        self._functions = {statement.node.name for statement in statements if isinstance(statement.node, DEFINITIONS)}
        self._by_name: dict[str, list[int]] = {}
        for place, statement in enumerate(statements):
            for name in () if is_import(statement) else statement.binds:
                self._by_name.setdefault(name, []).append(place)
        self.names = frozenset(self._by_name)
        self._constants = {
            name
            for name, places in self._by_name.items()
            if all(isinstance(node := statements[at].node, ast.Assign) and is_constant(node.value) for at in places)
        }

    def _effect(self, place: int) -> Effect:
        """What running a statement may do; found out where it matters alone."""
        if place not in self._known:
            self._known[place] = effect_of(self.found[place], self._defined)
        return self._known[place]

    def places(self) -> range:
        """Where the statements stand."""
        return range(len(self.found))

    def settled(self) -> set[str]:
        """All names but those of what the standard input gives."""
        return {
            name
            for place, statement in enumerate(self.found)
            if not self._effect(place).asks
            for name in statement.binds
        }

    def needs(self, place: int, wanted: set[str]) -> bool:
        """Whether names that are wanted come from a statement, or may be changed by it."""
        statement, node = self.found[place], self.found[place].node
        if is_import(statement):
            return not self._lent or not statement.binds or bool(statement.binds & wanted)
        if _is_main(node):
            return False
        if statement.binds & wanted:
            return True
        reached = self._reached(self._effect(place).calls)
        if isinstance(node, _RUNS) and any(self._effect(at).asks for at in (place, *reached)):
            return False
        if self._sets_up(node) or (isinstance(node, ast.Assign | ast.AugAssign) and targets(node) & wanted):
            return True
        return self._changes(place, reached, wanted & self.names)

    def _changes(self, place: int, reached: set[int], variables: set[str]) -> bool:
        """Whether running a statement, with all that is reached from it, may change one of these variables."""
        node, effect = self.found[place].node, self._effect(place)
        if isinstance(node, ast.ClassDef) and any(root(base) in variables for base in node.bases):
            return True
        later = [self._effect(at) for at in reached]
        if aliased(node) & (variables - self._functions - self._constants):
            return True
        changed = effect.changes.union(*(other.later for other in later))
        given = effect.given if A_PARAMETER in changed else effect.given - self._functions
        given = given.union(*(other.later_given - self._functions for other in later)) - self._constants
        # what a function gives may be what it uses
        returned = {
            name for function in changed & self._functions for at in self._by_name[function] for name in self._of(at)
        }
        return (ANYTHING in changed and not self._lent) or bool((changed | given | returned) & variables)

    def _of(self, place: int) -> frozenset[str]:
        return self.found[place].uses - self._functions - self._constants

    def _reached(self, names: Iterable[str]) -> set[int]:
        """The places of what these names are bound by, and of all that is used there."""
        left, seen = list(names), set(names)
        places: set[int] = set()
        while left:
            for place in self._by_name.get(left.pop(), ()):
                places.add(place)
                more = self.found[place].uses - seen
                seen |= more
                left += more
        return places

    def _sets_up(self, node: ast.stmt) -> bool:
        """Whether it calls a module's function for its effect, and hands it nothing of the program's own."""
        if not (isinstance(node, ast.Expr) and isinstance(node.value, ast.Call)):
            return False
        called = node.value.func
        if (called.id if isinstance(called, ast.Name) else getattr(called, "attr", "")) in SETTINGS:
            return True
        own = {part.id for part in ast.walk(node) if isinstance(part, ast.Name)} & self.names
        of_module = not self._lent and isinstance(called, ast.Attribute) and root(called) in self._modules
        return of_module and not own and dotted(called) not in SHOWS


def _is_main(node: ast.stmt) -> bool:
    """Whether it is what a script does when it is run itself, and nothing else."""
    if not isinstance(node, ast.If) or node.orelse or not isinstance(node.test, ast.Compare):
        return False
    sides = [node.test.left, *node.test.comparators]
    named = any(isinstance(side, ast.Name) and side.id == "__name__" for side in sides)
    equal = isinstance(node.test.ops[0], ast.Eq)
    return named and equal and any(isinstance(side, ast.Constant) and side.value == "__main__" for side in sides)


def _harmless(statement: Statement, asked: frozenset[str], users: Counter[str]) -> Statement:
    """An assertion, or a trial of what was asked for, kept for what it may change: what it raises is not raised.

    `users` counts the statements that use a name; what gives a name that another uses stays as it is.
    """
    gives = any(name in asked or users[name] > (name in statement.uses) for name in statement.binds)
    if isinstance(statement.node, DEFINITIONS) or is_import(statement) or gives:
        return statement
    if isinstance(statement.node, ast.Assert) or (reads([statement.node]) & asked and calls([statement.node])):
        return replace(
            statement, source=f"try:\n{textwrap.indent(statement.source, '    ')}\nexcept BaseException:\n    pass"
        )
    return statement
