"""What can be known of a test before it runs: the names it wants of the program, and the calls it will make.

A test that makes a thousand calls waits a thousand times for the other process. Where the calls are plain to see
(literal arguments, or a loop over a list of inputs) they are sent ahead; each answer is still taken at its place, and
an answer is used only for the very call it was given to.
"""

import ast
import builtins
import symtable
from collections.abc import Iterable
from contextlib import suppress
from typing import Any

_HINT = "__calls_ahead__"
_FEWEST = 2


def unknown_names(sources: Iterable[str], namespace: dict[str, Any]) -> list[str]:
    """The names that sources read as globals and nobody defines: the program must (a class of a test's inputs)."""
    read: dict[str, None] = {}
    bound: set[str] = set()
    for source in sources:
        with suppress(SyntaxError, ValueError, RecursionError):
            _note(symtable.symtable(source, "<test>", "exec"), read, bound)
    return [name for name in read if name not in bound and name not in namespace and not hasattr(builtins, name)]


def _note(table: symtable.SymbolTable, read: dict[str, None], bound: set[str]) -> None:
    outermost = table.get_type() == "module"
    for symbol in table.get_symbols():
        if outermost and (symbol.is_assigned() or symbol.is_imported() or symbol.is_namespace()):
            bound.add(symbol.get_name())
        if symbol.is_referenced() and (outermost or symbol.is_global()):
            read[symbol.get_name()] = None
    for child in table.get_children():
        _note(child, read, bound)


def with_hints(test: str, namespace: dict[str, Any]) -> ast.Module:
    """The test, with a line before each run of calls that are plain to see. Raises SyntaxError."""
    tree = ast.parse(test)
    namespace[_HINT] = _send
    tree.body = _hinted(tree.body)
    for node in tree.body:
        if isinstance(node, ast.FunctionDef):
            node.body = _hinted(node.body)
    return ast.fix_missing_locations(tree)


def _send(name: Any, inputs: Any, *, starred: bool) -> None:
    session = getattr(name, "__dict__", {}).get("_session")
    if session is not None and isinstance(inputs, list | tuple):
        session.ahead([(name, tuple(given) if starred else (given,)) for given in inputs])


def _hinted(body: list[ast.stmt]) -> list[ast.stmt]:
    """The statements, each loop over inputs and each run of literal assertions with its hint before it."""
    found: list[ast.stmt] = []
    run: list[tuple[ast.stmt, ast.Call]] = []
    for statement in [*body, None]:
        call = _literal_call(statement) if isinstance(statement, ast.Assert) else None
        if statement is not None and call is not None:
            run.append((statement, call))
            continue
        found += [*_before_asserts([call for _, call in run]), *(one for one, _ in run)]
        run = []
        if isinstance(statement, ast.For):
            found += _before_loop(statement)
        if statement is not None:
            found.append(statement)
    return found


def _literal_call(statement: ast.Assert) -> ast.Call | None:
    """The call an assertion compares with a literal, where it is of a plain name with literal arguments."""
    test = statement.test
    call = test.left if isinstance(test, ast.Compare) and _is_literal(test.comparators[0]) else test
    if not isinstance(call, ast.Call) or call.keywords or not isinstance(call.func, ast.Name):
        return None
    return call if all(map(_is_literal, call.args)) and not hasattr(builtins, call.func.id) else None


def _is_literal(node: ast.expr) -> bool:
    if isinstance(node, ast.Constant):
        return True
    if not isinstance(node, ast.List | ast.Tuple | ast.Set | ast.Dict | ast.UnaryOp | ast.BinOp):
        return False
    try:
        ast.literal_eval(node)
    except (ValueError, TypeError, SyntaxError, MemoryError, RecursionError):
        return False
    return True


def _before_asserts(calls: list[ast.Call]) -> list[ast.stmt]:
    names = {call.func.id for call in calls if isinstance(call.func, ast.Name)}
    if len(calls) < _FEWEST or len(names) != 1:
        return []
    inputs = ast.List([ast.Tuple(call.args, ast.Load()) for call in calls], ast.Load())
    return [_hint(names.pop(), inputs, starred=True)]


def _before_loop(loop: ast.For) -> list[ast.stmt]:
    """`for i, (inp, exp) in enumerate(zip(inputs, results))` with `candidate(*inp)` in it: a hint for each name."""
    calls: list[Any] = [node for statement in loop.body for node in ast.walk(statement) if _is_over(node)]
    hints: dict[str, ast.stmt] = {}
    for call in calls:
        source = _source(loop.target, loop.iter, call.args[0].value.id)
        if source is not None:
            hints.setdefault(call.func.id, _hint(call.func.id, source, starred=True))
    return list(hints.values())


def _is_over(node: Any) -> bool:
    if not isinstance(node, ast.Call) or node.keywords or len(node.args) != 1 or not isinstance(node.func, ast.Name):
        return False
    argument = node.args[0]
    return isinstance(argument, ast.Starred) and isinstance(argument.value, ast.Name)


def _source(target: ast.expr, iterated: ast.expr, name: str) -> ast.Name | None:
    """The variable whose items a loop's variable runs over."""
    if isinstance(target, ast.Name):
        return iterated if target.id == name and isinstance(iterated, ast.Name) else None
    if not (isinstance(target, ast.Tuple) and isinstance(iterated, ast.Call) and isinstance(iterated.func, ast.Name)):
        return None
    if iterated.func.id == "enumerate" and len(target.elts) == len(("index", "item")):
        return _source(target.elts[1], iterated.args[0], name)
    if iterated.func.id == "zip":
        for part, source in zip(target.elts, iterated.args, strict=False):
            if isinstance(part, ast.Name) and part.id == name and isinstance(source, ast.Name):
                return source
    return None


def _hint(name: str, inputs: ast.expr, *, starred: bool) -> ast.stmt:
    call = ast.Call(
        ast.Name(_HINT, ast.Load()),
        [ast.Name(name, ast.Load()), inputs],
        [ast.keyword("starred", ast.Constant(starred))],
    )
    return ast.Expr(call)
