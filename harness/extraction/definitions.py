"""The top-level statements of a Python source: what each binds and uses, and which of them some names need.

Names are resolved by the standard library's symtable, so that a function's local variable never drags in a global
of the same name. Pruning to what is needed follows EvalPlus's sanitizer (Liu et al. 2023, arXiv:2305.01210), which
keeps imports, and the definitions that the entry point reaches; here statements that fill a needed table stay as well.
"""

import ast
import re
import symtable
from collections.abc import Iterable
from collections.abc import Iterator
from collections.abc import Sequence
from dataclasses import dataclass

from harness.extraction.silence import parse
from harness.extraction.silence import silence

SETTINGS = frozenset({"setrecursionlimit", "set_int_max_str_digits", "seed", "seterr", "filterwarnings", "setcontext"})
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
            found = statements(outlined(source))
        except _UNREADABLE:
            continue
        read |= {name for statement in found for name in statement.uses}
        bound |= {name for statement in found for name in statement.binds}
    return frozenset(read - bound)


def solves(found: Sequence[Statement], names: Iterable[str]) -> bool:
    """Whether each name is bound, and every function among them has a body of its own."""
    last = {name: statement for statement in found for name in statement.binds}
    return all(name in last and not _is_stub(last[name].node) for name in names)


def needed(found: Sequence[Statement], names: Iterable[str]) -> tuple[Statement, ...]:
    """The statements that `names` need, in order: imports, what binds a name in use, what fills a variable in use."""
    wanted = set(names)
    modules = {name for one in found if _is_import(one) for name in one.binds}
    last = {name: place for place, statement in enumerate(found) for name in statement.binds}
    kept: set[int] = set()
    while True:
        more = {
            place
            for place, statement in enumerate(found)
            if place not in kept
            and _is_needed(statement, wanted, wanted - modules)
            and not _is_replaced(statement, place, last)
        }
        if not more:
            return tuple(found[place] for place in sorted(kept))
        kept |= more
        wanted |= {name for place in more for name in found[place].uses | found[place].binds}


def joined(found: Iterable[Statement]) -> str:
    """The statements as one source, an import once; those from `__future__` come first, as Python demands."""
    listed = list({(one.source, place * (not _is_import(one))): one for place, one in enumerate(found)}.values())
    future = [one for one in listed if isinstance(one.node, ast.ImportFrom) and one.node.module == "__future__"]
    parts = [(one, "\n\n" if isinstance(one.node, _DEFINITIONS) else "") for one in listed if one not in future]
    text = "".join(f"{one.source}\n" for one in future) + "".join(f"{gap}{one.source}\n" for one, gap in parts)
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
    node = next((one for one in group if isinstance(one, (*_DEFINITIONS, ast.Import, ast.ImportFrom))), group[0])
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


def _is_import(statement: Statement) -> bool:
    return isinstance(statement.node, ast.Import | ast.ImportFrom)


def _is_stub(node: ast.stmt) -> bool:
    """Whether a function does nothing: docstring, `pass`, `...`, or definitions that it never uses."""
    if not isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
        return False
    return all(
        isinstance(inner, (*_DEFINITIONS, ast.Pass, ast.Import, ast.ImportFrom))
        or (isinstance(inner, ast.Expr) and isinstance(inner.value, ast.Constant))
        for inner in node.body
    )


def _is_needed(statement: Statement, wanted: set[str], variables: set[str]) -> bool:
    node = statement.node
    if _is_import(statement):
        return True
    if isinstance(node, ast.If) and "__name__" in statement.uses:
        return False
    if isinstance(node, ast.Expr):
        return _sets_or_fills(node.value, variables)
    if isinstance(node, ast.Assert):
        return False
    if statement.binds & wanted:
        return True
    fills = isinstance(node, ast.For | ast.While | ast.If | ast.With | ast.Try | ast.Delete)
    return bool(_targets(node) & wanted) or (fills and bool(_filled(node) & variables))


def _is_replaced(statement: Statement, place: int, last: dict[str, int]) -> bool:
    """Whether it is a function without a body that a later statement defines anew."""
    return _is_stub(statement.node) and all(last[name] > place for name in statement.binds)


def _sets_or_fills(value: ast.expr, wanted: set[str]) -> bool:
    """Whether a call is one of SETTINGS, or a method of a variable that is wanted."""
    if not (isinstance(value, ast.Call) and isinstance(value.func, ast.Attribute)):
        return isinstance(value, ast.Call) and isinstance(value.func, ast.Name) and value.func.id in SETTINGS
    return value.func.attr in SETTINGS or _root(value.func.value) in wanted


def _targets(node: ast.stmt) -> set[str]:
    """The names whose items or attributes an assignment sets: `table[0] = 1`, `solve.cache = {}`."""
    targets = node.targets if isinstance(node, ast.Assign) else [getattr(node, "target", None)]
    return {_root(target) for target in targets if isinstance(target, ast.Attribute | ast.Subscript)}


def _filled(node: ast.stmt) -> set[str]:
    """The names that the statements inside a compound one set items of, or call methods of."""
    found: set[str] = set()
    for inner in ast.walk(node):
        if isinstance(inner, ast.Assign | ast.AugAssign | ast.AnnAssign):
            found |= _targets(inner)
        elif isinstance(inner, ast.Expr) and isinstance(inner.value, ast.Call):
            called = inner.value.func
            found |= {_root(called)} if isinstance(called, ast.Attribute) else set()
    return found


def _root(node: ast.expr) -> str:
    """The name an expression like `a.b[0].c` starts from; "" where it starts from none."""
    while isinstance(node, ast.Attribute | ast.Subscript | ast.Call):
        node = node.func if isinstance(node, ast.Call) else node.value
    return node.id if isinstance(node, ast.Name) else ""
