"""Which names of a test stand for the program, and which for what its context must bring.

The judge's names are trusted source's. A module or another import of the reference solution is imported by the judge
itself; what a test reads and nobody defines is the program's, where the reference defines it.
"""

import ast
import functools
import importlib.util
import symtable
import sys
from collections.abc import Iterable
from contextlib import suppress

from harness.core import Execute
from harness.languages.building.syntax import parse
from harness.languages.building.syntax import silence

_ALIASES = frozenset({"np", "pd", "plt", "sns", "tf", "nx", "sp"})
"""What modules are called by everybody."""


def of_program(request: Execute) -> tuple[tuple[str, ...], str]:
    """The names that the program stands for in its tests, and the tests' context with the imports they need."""
    return _of_program(request.names, request.context, request.tests, request.reference or "")


@functools.lru_cache(maxsize=256)
def _of_program(
    named: tuple[str, ...], context: str, tests: tuple[str, ...], reference: str
) -> tuple[tuple[str, ...], str]:
    unknown = [name for name in unknown_names((context, *tests)) if name not in named]
    if not reference:
        return (*named, *(name for name in unknown if not _is_module(name))), context
    defined, imported = _bound(reference)
    names = [name for name in named if name not in imported or name in defined]
    if named and not names:
        # the solution imports what the task asks for: without it the tests would ask nothing of a program
        return named, context
    names += [name for name in unknown if name in defined]
    wanted = (imported[name] for name in (*named, *unknown) if name in imported and name not in defined)
    return tuple(names), "\n".join(filter(None, (*dict.fromkeys(wanted), context)))


def unknown_names(sources: Iterable[str]) -> list[str]:
    """The names that sources read as globals and nobody defines, in order; none of a source that does not parse."""
    import builtins

    read: dict[str, None] = {}
    bound: set[str] = set()
    for source in sources:
        with suppress(SyntaxError, ValueError, RecursionError, MemoryError), silence():
            _note(symtable.symtable(source, "<test>", "exec"), read, bound)
    return [name for name in read if name not in bound and not hasattr(builtins, name)]


def _note(table: symtable.SymbolTable, read: dict[str, None], bound: set[str]) -> None:
    outermost = table.get_type() == "module"
    for symbol in table.get_symbols():
        if outermost and (symbol.is_assigned() or symbol.is_imported() or symbol.is_namespace()):
            bound.add(symbol.get_name())
        if symbol.is_declared_global() and symbol.is_assigned():
            bound.add(symbol.get_name())
        if symbol.is_referenced() and (outermost or symbol.is_global()):
            read[symbol.get_name()] = None
    for child in table.get_children():
        _note(child, read, bound)


def _bound(reference: str) -> tuple[frozenset[str], dict[str, str]]:
    """The names a reference defines at its top, and those it imports there, each with its import."""
    defined: set[str] = set()
    imported: dict[str, str] = {}
    with suppress(SyntaxError, ValueError, RecursionError, MemoryError), silence():
        for node in ast.walk(parse(reference)):
            if isinstance(node, ast.Import | ast.ImportFrom):
                for alias in node.names:
                    line = type(node)(**{**vars(node), "names": [alias]})
                    imported[alias.asname or alias.name.partition(".")[0]] = ast.unparse(line)
        for symbol in symtable.symtable(reference, "<reference>", "exec").get_symbols():
            if symbol.is_namespace() or (symbol.is_assigned() and not symbol.is_imported()):
                defined.add(symbol.get_name())
    return frozenset(defined), imported


@functools.cache
def _is_module(name: str) -> bool:
    if name in sys.stdlib_module_names or name in _ALIASES:
        return True
    with suppress(ValueError, ImportError):
        return importlib.util.find_spec(name) is not None
    return False
