"""What running a statement of Python may change, read off its syntax tree: more rather than less."""

import ast
from collections.abc import Iterable
from collections.abc import Iterator
from dataclasses import dataclass

from harness.code_tasks.extraction.definitions import Statement
from harness.languages.building.syntax import parse

SHOWS = frozenset((
    "unittest.main", "doctest.testmod", "doctest.run_docstring_examples", "pytest.main", "sys.exit", "os._exit",
    "time.sleep", "pprint.pprint", "sys.stdout.write", "sys.stderr.write", "sys.stdout.flush", "logging.info",
    "logging.debug", "logging.warning", "logging.error", "logging.basicConfig", "timeit.timeit", "plt.show",
    "plt.plot", "plt.figure",
))  # fmt: skip
"""Functions of modules that a program calls to show something, or to end."""
_PURE = frozenset((
    "abs", "all", "any", "ascii", "bin", "bool", "bytes", "callable", "chr", "complex", "dict", "divmod",
    "enumerate", "filter", "float", "format", "frozenset", "hash", "hex", "id", "int", "isinstance",
    "issubclass", "iter", "len", "list", "map", "max", "min", "oct", "ord", "pow", "print", "quit", "exit",
    "range", "repr", "reversed", "round", "set", "slice", "sorted", "str", "sum", "tuple", "type", "zip",
    "input", "assert_equal",
))  # fmt: skip
_APPLIES = frozenset({"map", "filter"})
_READS = frozenset((
    "get", "keys", "values", "items", "copy", "index", "count", "find", "rfind", "join", "split", "splitlines",
    "strip", "lstrip", "rstrip", "lower", "upper", "title", "startswith", "endswith", "format", "encode",
    "decode", "replace", "isdigit", "isalpha", "isalnum", "issubset", "issuperset", "union", "intersection",
    "difference", "most_common", "total", "as_integer_ratio", "bit_length", "isoformat", "hexdigest",
))  # fmt: skip
"""Methods that change nothing."""
_BY_TEXT = frozenset((
    "eval", "exec", "globals", "locals", "vars", "getattr", "setattr", "__import__", "import_module",
    "attrgetter", "compile",
))  # fmt: skip
_BY_TEXT_FIELDS = frozenset(["__globals__", "__dict__", "modules", "import_module", "attrgetter", "methodcaller"])
_SETS_FIELDS = frozenset(["setattr", "delattr", "__setattr__", "update_wrapper", "register"])
DEFINITIONS = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)
_REACHES = frozenset({"exec", "eval", "globals", "vars", "open"})
ANYTHING = "*"
"""Stands among what is changed where that is a name made of text, or a file."""
A_PARAMETER = "()"
"""Stands among what a function changes for a parameter of its own."""


@dataclass(frozen=True, slots=True)
class Effect:
    """What running a statement may do to a module's names.

    `calls` are the names it reads, `changes` those it sets fields of, `given` those it hands to another function.
    `later` and `later_given` are those that its functions change and hand on when they are called, `asks` whether it,
    or they, read the standard input.
    """

    calls: frozenset[str]
    changes: frozenset[str]
    given: frozenset[str]
    later: frozenset[str]
    later_given: frozenset[str]
    asks: bool


def calls(nodes: Iterable[ast.AST]) -> bool:
    """Whether these nodes call anything when they run."""
    return any(isinstance(node, ast.Call) for node in _executed(nodes))


def effect_of(statement: Statement, functions: frozenset[str]) -> Effect:
    """What a statement may do; `functions` are the names the program itself gives functions and methods."""
    node, own = statement.node, statement.uses | statement.binds | {ANYTHING}
    # several statements of a line are one
    nodes = parse(statement.source).body if ";" in statement.source else [node]
    now, all_nodes = list(_executed(nodes)), [each for top in nodes for each in ast.walk(top)]
    changes, given = _changed(now, functions)
    later, later_given = _changed(all_nodes, functions)
    parameters = {each.arg for each in all_nodes if isinstance(each, ast.arg)} - {"self", "cls"}
    # what a definition binds beside its name it declares global
    bound = statement.binds - {getattr(node, "name", "")} if isinstance(node, DEFINITIONS) else frozenset[str]()
    asks = any(
        (isinstance(each, ast.Name) and each.id == "input")
        or (isinstance(each, ast.Attribute) and each.attr == "stdin")
        for each in all_nodes
    )
    return Effect(
        calls=reads(now),
        changes=changes & own,
        given=given & own,
        later=(later & own) | bound | ({A_PARAMETER} if later & parameters else set()),
        later_given=later_given & own,
        asks=asks,
    )


def is_constant(node: ast.expr) -> bool:
    """Whether its value can never change."""
    allowed = (ast.Constant, ast.Tuple, ast.UnaryOp, ast.BinOp, ast.operator, ast.unaryop, ast.expr_context)
    return all(isinstance(each, allowed) for each in ast.walk(node))


def reads(nodes: Iterable[ast.AST]) -> frozenset[str]:
    """The names these nodes read when they run."""
    return frozenset(
        node.id for node in _executed(nodes) if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Load)
    )


def _changed(nodes: Iterable[ast.AST], functions: frozenset[str]) -> tuple[frozenset[str], frozenset[str]]:
    """The names that these nodes set items or fields of, or call methods of; and those they hand to functions."""
    changed: set[str] = set()
    given: set[str] = set()
    aliases: list[tuple[set[str], set[str]]] = []
    for node in nodes:
        if isinstance(node, ast.Attribute | ast.Subscript) and not isinstance(node.ctx, ast.Load):
            changed.add(root(node))
        elif isinstance(node, ast.AugAssign):
            changed.add(root(node.target))
        elif isinstance(node, DEFINITIONS):
            changed |= {root(each) for each in node.decorator_list if isinstance(each, ast.Attribute)}
        elif isinstance(node, ast.For | ast.AsyncFor | ast.comprehension):
            aliases.append((_bound(node.target), set(_handed(node.iter)) | _arguments(node.iter)))
        elif isinstance(node, ast.Call):
            more, handed = _changed_by(node, functions)
            changed |= more
            given |= handed
    for names, values in aliases:
        # to change what a loop gives is to change what it runs over
        changed |= values if names & changed else set()
        given |= values if names & given else set()
    return frozenset(changed), frozenset(given)


def _changed_by(call: ast.Call, functions: frozenset[str]) -> tuple[set[str], set[str]]:
    """What a call may change, and what it hands on."""
    of_value = isinstance(call.func, ast.Attribute)
    name = call.func.id if isinstance(call.func, ast.Name) else getattr(call.func, "attr", "")
    roots = {name for each in (*call.args, *(word.value for word in call.keywords)) for name in _handed(each)}
    if name in (_READS if of_value else _PURE) and name not in functions:
        return (
            {root(each) for each in call.args if isinstance(each, ast.Attribute)} if name in _APPLIES else set()
        ), set()
    changed = {root(call.func)} if of_value else set()
    if name in _REACHES and not of_value:
        return {ANYTHING}, roots
    return (changed | roots, set()) if name in _SETS_FIELDS else (changed, roots)


def _bound(target: ast.expr) -> set[str]:
    return {node.id for node in ast.walk(target) if isinstance(node, ast.Name)}


def _arguments(node: ast.expr) -> set[str]:
    """The names that a call is given: `zip(rows, columns)`."""
    return {name for each in node.args for name in _handed(each)} if isinstance(node, ast.Call) else set()


def aliased(node: ast.stmt) -> set[str]:
    """The names whose value an assignment gives another name, or a part of it."""
    value = node.value if isinstance(node, ast.Assign | ast.AnnAssign) else None
    return set() if value is None or isinstance(value, ast.Call) else set(_handed(value))


def _handed(node: ast.expr) -> Iterator[str]:
    """The names of what an argument is, or holds; what is called to make it is none."""
    if isinstance(node, ast.List | ast.Tuple | ast.Set | ast.Dict | ast.Starred | ast.IfExp | ast.BoolOp):
        for inner in ast.iter_child_nodes(node):
            if isinstance(inner, ast.expr):
                yield from _handed(inner)
    else:
        yield root(node)


def dotted(node: ast.expr) -> str:
    """A name with its module's, as `sys.exit`; "" where it is none."""
    return ast.unparse(node) if isinstance(node, ast.Attribute | ast.Name) else ""


def targets(node: ast.stmt) -> set[str]:
    """The names whose items or attributes an assignment sets: `table[0] = 1`, `solve.cache = {}`."""
    targets = node.targets if isinstance(node, ast.Assign) else [getattr(node, "target", None)]
    return {root(target) for target in targets if isinstance(target, ast.Attribute | ast.Subscript)}


def _executed(nodes: Iterable[ast.AST]) -> Iterator[ast.AST]:
    """These nodes and those below them that run when the statement does: not what stands in a function."""
    left = list(nodes)
    while left:
        node = left.pop()
        yield node
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            left += (*node.decorator_list, *node.args.defaults, *filter(None, node.args.kw_defaults))
        else:
            left += ast.iter_child_nodes(node)


def root(node: ast.AST | None) -> str:
    """The name an expression like `a.b[0].c` starts from; "" where it starts from none."""
    while isinstance(node, ast.Attribute | ast.Subscript | ast.Call | ast.Starred):
        node = node.func if isinstance(node, ast.Call) else node.value
    return node.id if isinstance(node, ast.Name) else ""


def looks_up(statement: Statement) -> bool:
    """Whether it, or a function in it, may find names by their text."""
    return any(
        (isinstance(node, ast.Name) and node.id in _BY_TEXT)
        or (isinstance(node, ast.Attribute) and node.attr in _BY_TEXT_FIELDS)
        for node in ast.walk(statement.node)
    )
