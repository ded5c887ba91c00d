"""What can be known of a test before it runs: the calls it will make, and where it asks whether two objects are one.

A test that makes a thousand calls waits a thousand times for the other process. Where the calls are plain to see
(literal arguments, or a loop over a list of inputs) they are sent ahead; each answer is still taken at its place, and
an answer is used only for the very call it was given to. Nothing is sent ahead where a loop asks the program anything
else, as that would come at another time than in a plain run.
"""

import ast
import builtins
import types
from collections.abc import Callable
from typing import Any

from harness.sandbox.inside import remotes
from harness.sandbox.inside.session import Session
from harness.sandbox.inside.shared import MUTABLE
from harness.sandbox.inside.stubs import Stub

_HINT, _IS, _TYPE = "__calls_ahead__", "__is_one__", "__class_of__"
_FEWEST = 2
_SINGLE = (None, True, False, ..., NotImplemented)


def prepared(test: str, namespace: dict[str, Any], session: Session) -> ast.Module:
    """The test as it is run in a namespace, which is given what the added calls name. Raises SyntaxError."""
    tree = with_hints(_Objects().visit(ast.parse(test)))
    namespace[_HINT], namespace[_TYPE] = _send, remotes.real_class
    namespace[_IS] = lambda value, other: _is_one(value, other, session)
    return tree


def with_hints(tree: ast.Module) -> ast.Module:
    """The test, with a line before each run of calls that are plain to see."""
    tree.body = _hinted(tree.body)
    for node in tree.body:
        if isinstance(node, ast.FunctionDef):
            node.body = _hinted(node.body)
    return ast.fix_missing_locations(tree)


class _Objects(ast.NodeTransformer):
    """`a is b` and `type(a)` as calls of what knows of values that came from elsewhere."""

    def visit_Compare(self, node: ast.Compare) -> ast.expr:
        """Identity with what there is only one of is left as it is."""
        self.generic_visit(node)
        sides = (node.left, *node.comparators)
        if (
            len(node.ops) != 1
            or not isinstance(node.ops[0], ast.Is | ast.IsNot)
            or any(isinstance(side, ast.Constant) and side.value in _SINGLE for side in sides)
        ):
            return node
        call = ast.Call(ast.Name(_IS, ast.Load()), list(sides), [])
        return call if isinstance(node.ops[0], ast.Is) else ast.UnaryOp(ast.Not(), call)

    def visit_Call(self, node: ast.Call) -> ast.expr:
        """A class that is asked for with one argument."""
        self.generic_visit(node)
        if isinstance(node.func, ast.Name) and node.func.id == "type" and len(node.args) == 1 and not node.keywords:
            node.func.id = _TYPE
        return node


def _is_one(value: Any, other: Any, session: Session) -> bool:
    """Whether two values are one object; equal values that came separately may have been one in the program."""
    if value is other:
        return True
    kind = type(value)
    known = remotes.is_remote(value) or kind in MUTABLE or kind is types.FunctionType
    if kind is not type(other) or known or any(value is single or other is single for single in _SINGLE):
        return False
    if kind is Stub or value == other:
        session.unjudgeable(f"{kind.__name__}: equal values, of which nobody can say here whether they are one object")
    return False


def _send(stub: Any, inputs: Any, *, starred: bool, others: tuple[Callable[[], Any], ...] = ()) -> None:
    if type(stub) is not Stub or not isinstance(inputs, list | tuple) or any(map(_asks, others)):
        return
    session: Session = object.__getattribute__(stub, "__dict__")["_session"]
    session.ahead([(stub, tuple(given) if starred else (given,)) for given in inputs])


def _asks(name: Callable[[], Any]) -> bool:
    """Whether a name stands for something of the program's, or for a function that uses such."""
    try:
        value = name()
    except NameError:
        return False
    if type(value) is types.FunctionType:
        used = (value.__globals__.get(name) for name in value.__code__.co_names)
        return bool(value.__closure__) or any(type(item) is Stub or remotes.is_remote(item) for item in used)
    return type(value) is Stub or remotes.is_remote(value)


def _hinted(body: list[ast.stmt]) -> list[ast.stmt]:
    """The statements, each loop over inputs and each run of literal assertions with its hint before it."""
    statements: list[ast.stmt] = []
    run: list[tuple[ast.stmt, ast.Call]] = []
    for statement in [*body, None]:
        call = _literal_call(statement) if isinstance(statement, ast.Assert) else None
        if statement is not None and call is not None:
            run.append((statement, call))
            continue
        statements += [*_before_asserts([call for _, call in run]), *(each for each, _ in run)]
        run = []
        if isinstance(statement, ast.For):
            statements += _before_loop(statement)
        if statement is not None:
            statements.append(statement)
    return statements


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
    """`for i, (inp, exp) in enumerate(zip(inputs, results))` with `candidate(*inp)` in it, once each time: its hint."""
    plain = ast.Assert | ast.Expr | ast.Assign | ast.AnnAssign | ast.AugAssign
    if not all(isinstance(statement, plain) for statement in loop.body):
        return []
    nodes = [node for statement in loop.body for node in ast.walk(statement)]
    calls: list[Any] = [node for node in nodes if _is_over(node)]
    sometimes = ast.IfExp | ast.BoolOp | ast.Lambda | ast.ListComp | ast.SetComp | ast.DictComp | ast.GeneratorExp
    if any(isinstance(node, sometimes) for node in nodes):
        return []
    names = [node.id for node in nodes if isinstance(node, ast.Name) and not hasattr(builtins, node.id)]
    hints = []
    for call in calls:
        source = _source(loop.target, loop.iter, call.args[0].value.id)
        if source is not None and names.count(call.func.id) == 1:
            others = sorted({name for name in names if name != call.func.id})
            hints.append(_hint(call.func.id, source, starred=True, others=others))
    return hints


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


def _hint(name: str, inputs: ast.expr, *, starred: bool, others: list[str] | None = None) -> ast.stmt:
    keywords = [ast.keyword("starred", ast.Constant(starred))]
    if others:
        nothing = ast.arguments([], [], None, [], [], None, [])
        asked: list[ast.expr] = [ast.Lambda(nothing, ast.Name(other, ast.Load())) for other in others]
        keywords.append(ast.keyword("others", ast.Tuple(asked, ast.Load())))
    call = ast.Call(ast.Name(_HINT, ast.Load()), [ast.Name(name, ast.Load()), inputs], keywords)
    return ast.Expr(call)
