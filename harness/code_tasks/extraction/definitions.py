"""The top-level statements of a Python source: what each binds and uses.

Names are resolved by the standard library's symtable, so that a function's local variable never drags in a global
of the same name.
"""

import ast
import re
import symtable
from collections.abc import Callable
from collections.abc import Iterable
from collections.abc import Iterator
from collections.abc import Sequence
from dataclasses import dataclass

from harness.languages.building.syntax import parse
from harness.languages.building.syntax import silence

SETTINGS = frozenset(
    {
        "setrecursionlimit",
        "set_int_max_str_digits",
        "seed",
        "seterr",
        "filterwarnings",
        "setcontext",
        "setattr",
        "delattr",
    }
)
"""Calls of a module's function that change how a program runs, and so stay."""
_LONG = re.compile(r"^([ \t]*\w+ = )[\[({].{1000,}[\])}]$", re.MULTILINE)
_DEFINITIONS = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)
_UNREADABLE = (SyntaxError, ValueError, RecursionError, MemoryError)


@dataclass(frozen=True, slots=True)
class Statement:
    """One top-level statement: its source, the module's names it binds, and those it uses."""

    source: str
    node: ast.stmt
    binds: frozenset[str]
    uses: frozenset[str]


def compiles(source: str) -> bool:
    """Whether Python takes the source as a module."""
    return _error_line(source) is None


def longest_prefix(source: str) -> str:
    """The most lines from the first on that Python takes as a module; "" where not even one is."""
    lines = source.split("\n")
    count = len(lines)
    while count:
        text = "\n".join(lines[:count])
        line = _error_line(text)
        if line is None:
            return text
        # no prefix that holds the line of the error compiles, and none as long as this one
        count = min(count, max(line, 1)) - 1
    return ""


def statements(source: str) -> tuple[Statement, ...]:
    """The statements of a source that compiles, in order; those of one line stay together."""
    lines = source.split("\n")
    return tuple(_statement(lines, group) for group in _by_lines(parse(source).body))


def bindings(source: str) -> tuple[frozenset[str], frozenset[str]]:
    """The module's names that a source binds, and those it uses; raises SyntaxError where it is none."""
    binds: set[str] = set()
    uses: set[str] = set()
    with silence():
        _collect(symtable.symtable(source, "<answer>", "exec"), binds, uses)
    return frozenset(binds), frozenset(uses)


def outlined(source: str) -> str:
    """The source, long literals that are assigned left out: EvalPlus's inputs are megabytes, a line each."""
    return _LONG.sub(r"\1()", source)


def free(sources: Iterable[str]) -> frozenset[str]:
    """The names that sources run one after the other read and do not bind; one that is no Python reads none."""
    read: set[str] = set()
    bound: set[str] = set()
    for source in sources:
        try:
            parsed = statements(outlined(source))
        except _UNREADABLE:
            continue
        read |= {name for statement in parsed for name in statement.uses}
        bound |= {name for statement in parsed for name in statement.binds}
    return frozenset(read - bound)


def solves(statements: Sequence[Statement], names: Iterable[str], stub: Callable[[ast.stmt], bool]) -> bool:
    """Whether each name is bound by a statement that is no `stub`."""
    full = {name for statement in statements if not stub(statement.node) for name in statement.binds}
    return full.issuperset(names)


def joined(statements: Iterable[Statement]) -> str:
    """The statements as one source, an import once; those from `__future__` come first, as Python demands."""
    listed = list(
        {
            (statement.source, place * (not is_import(statement))): statement
            for place, statement in enumerate(statements)
        }.values()
    )
    future = [
        statement
        for statement in listed
        if isinstance(statement.node, ast.ImportFrom) and statement.node.module == "__future__"
    ]
    parts = [
        (statement, "\n\n" if isinstance(statement.node, _DEFINITIONS) else "")
        for statement in listed
        if statement not in future
    ]
    text = "".join(f"{statement.source}\n" for statement in future) + "".join(
        f"{gap}{statement.source}\n" for statement, gap in parts
    )
    return text.lstrip("\n")


def _error_line(source: str) -> int | None:
    """The line at which Python gives up, from 1; None where it takes the source."""
    with silence():
        try:
            compile(source, "<answer>", "exec", dont_inherit=True)
        except SyntaxError as error:
            return error.lineno or 1
        except _UNREADABLE:
            return 1
    return None


def _by_lines(body: Sequence[ast.stmt]) -> Iterator[list[ast.stmt]]:
    group: list[ast.stmt] = []
    for node in body:
        if group and _first_line(node) > (group[-1].end_lineno or 0):
            yield group
            group = []
        group.append(node)
    if group:
        yield group


def _first_line(node: ast.stmt) -> int:
    """A decorated definition begins with its decorators."""
    decorators: list[ast.expr] = getattr(node, "decorator_list", [])
    return min([node.lineno, *(decorator.lineno for decorator in decorators)])


def _statement(lines: Sequence[str], group: Sequence[ast.stmt]) -> Statement:
    source = "\n".join(lines[_first_line(group[0]) - 1 : group[-1].end_lineno])
    binds, uses = bindings(source)
    # a lone statement decides by its kind; of several in a line a definition or an import speaks for all
    node = next(
        (statement for statement in group if isinstance(statement, (*_DEFINITIONS, ast.Import, ast.ImportFrom))),
        group[0],
    )
    return Statement(source, node, binds, uses)


def _collect(table: symtable.SymbolTable, binds: set[str], uses: set[str]) -> None:
    """Add the module's names that a scope binds and uses, and those of the scopes inside it."""
    top = table.get_type() == "module"
    for symbol in table.get_symbols():
        if top or symbol.is_global():
            if symbol.is_assigned() or symbol.is_imported() or (top and symbol.is_namespace()):
                binds.add(symbol.get_name())
            if symbol.is_referenced():
                uses.add(symbol.get_name())
    for child in table.get_children():
        _collect(child, binds, uses)


def is_import(statement: Statement) -> bool:
    """Whether it binds names of modules."""
    return isinstance(statement.node, ast.Import | ast.ImportFrom)


def is_stub(node: ast.stmt) -> bool:
    """Whether a function, or each method of a class, does nothing: at most it says that it is not implemented."""
    if isinstance(node, ast.ClassDef):
        methods = [inner for inner in node.body if isinstance(inner, ast.FunctionDef | ast.AsyncFunctionDef)]
        return bool(methods) and all(map(is_stub, methods))
    if not isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
        return False
    if any(getattr(each, "attr", getattr(each, "id", "")) != "overload" for each in node.decorator_list):
        return False
    return all(isinstance(inner, ast.Raise) or _gives_nothing(inner) or _is_empty(inner) for inner in node.body)


def is_empty(node: ast.stmt) -> bool:
    """Whether a function has no statement of its own: docstring, `pass`, `...`, or definitions that it never uses."""
    return isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) and all(map(_is_empty, node.body))


def _is_empty(node: ast.stmt) -> bool:
    return isinstance(node, (*_DEFINITIONS, ast.Pass, ast.Import, ast.ImportFrom)) or (
        isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)
    )


def _gives_nothing(node: ast.stmt) -> bool:
    if not isinstance(node, ast.Return):
        return False
    value = node.value
    nothing = isinstance(value, ast.Constant) and value.value is None
    return value is None or nothing or (isinstance(value, ast.Name) and value.id == "NotImplemented")
