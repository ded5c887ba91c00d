"""Expressions as pytest's `-k` and `-m` have them: names with `and`, `or`, `not` and parentheses.

The plugin and the commands read them here. pytest's own evaluator is private, and commands start without pytest. A name
has the characters that pytest allows. What a mark's keyword arguments say, `slow(reason="x")`, is left to pytest.
"""

import ast
import re
from collections.abc import Callable
from collections.abc import Iterable
from collections.abc import Iterator
from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial

from harness.errors import UsageError
from harness.languages.building.syntax import parse_expression

_WORD = re.compile(
    r"""[ \t]*(?:(?P<sign>[()])
    |(?P<name>[\w:+.\[\]\\/-]+)(?P<arguments>[ \t]*\([ \t]*\w+[ \t]*=(?:'[^']*'|"[^"]*"|[^()'"])*\))?)[ \t]*""",
    re.VERBOSE,
)
_OPERATORS = frozenset({"and", "or", "not"})
_EXPECTED = {"-k": "parts of names", "-m": "names of marks"}


@dataclass(frozen=True, slots=True)
class Expression:
    """An expression that was read; `names` are its names, each once, in order."""

    names: tuple[str, ...]
    tree: ast.expr

    def holds(self, decide: Callable[[str], bool]) -> bool:
        """Whether the expression holds, where `decide` says which of its names do."""
        return _truth(self.tree, lambda place: decide(self.names[place]))


def read_expression(option: str, text: str) -> Expression:
    """The expression that an option, -k or -m, was given; raises UsageError where the text is none."""
    try:
        names: dict[str, int] = {}
        words = [word if word in _OPERATORS or word in "()" else _numbered(word, names) for word in _words(text)]
        tree = parse_expression(" ".join(words))
        _truth(tree, lambda _: True)
        _truth(tree, lambda _: False)
    except (SyntaxError, TypeError, RecursionError, MemoryError) as error:
        raise UsageError(f"{option} {text!r}: no expression; expected {_EXPECTED[option]} with and, or, not") from error
    return Expression(tuple(names), tree)


def is_part(word: str, names: Iterable[str]) -> bool:
    """Whether a word is part of a name, as pytest's -k has it: in letters of either case."""
    return any(word.lower() in name.lower() for name in names)


def matching(expression: str, areas: Mapping[str, str | None], kind: str = "benchmark") -> frozenset[str]:
    """The names for which an expression of -k holds, of benchmarks by name, each with its area.

    Raises UsageError where the text is no expression, or where it holds for none; `kind` is what the error calls them.
    """
    read = read_expression("-k", expression)
    chosen = frozenset(name for name, area in areas.items() if read.holds(partial(is_part, names=(name, area or ""))))
    if not chosen:
        raise UsageError(f"-k {expression!r}: no {kind}; expected parts of {', '.join(areas) or 'a name'}")
    return chosen


def _words(text: str) -> Iterator[str]:
    place = 0
    while place < len(text):
        word = _WORD.match(text, place)
        if word is None or (word["arguments"] and word["name"] in _OPERATORS):
            raise SyntaxError(text[place:])
        yield word["sign"] or word["name"]
        place = word.end()


def _numbered(name: str, names: dict[str, int]) -> str:
    """A name as Python has them, whatever characters it has."""
    return f"_{names.setdefault(name, len(names))}"


def _truth(node: ast.expr, decide: Callable[[int], bool]) -> bool:
    match node:
        case ast.Name(id=name):
            return decide(int(name[1:]))
        case ast.UnaryOp(op=ast.Not(), operand=operand):
            return not _truth(operand, decide)
        case ast.BoolOp(op=ast.And(), values=values):
            return all(_truth(value, decide) for value in values)
        case ast.BoolOp(values=values):
            return any(_truth(value, decide) for value in values)
    raise TypeError(ast.dump(node))
