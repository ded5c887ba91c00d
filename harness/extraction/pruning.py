"""What of a Python program its function needs, and what may be left out of it.

Left out are definitions that nothing kept refers to, what stands under `if __name__ == "__main__"`, and statements that
can change nothing the function reads: a print, an assertion, a call of a function that fills no variable in use. EvalPlus's
sanitizer (Liu et al. 2023, arXiv:2305.01210) keeps imports and what the entry point reaches; here a call that fills a
table, with its own hands or through a function, stays as well. Where the program looks up names by their text (`eval`,
`globals()`, `getattr`), all that has a name stays.
"""

import ast
import textwrap
from collections.abc import Iterable
from collections.abc import Iterator
from collections.abc import Sequence
from dataclasses import dataclass
from dataclasses import replace

from harness.extraction.definitions import SETTINGS
from harness.extraction.definitions import Statement
from harness.extraction.definitions import is_import
from harness.extraction.definitions import is_stub

SHOWS = frozenset(
    [
        "unittest.main",
        "doctest.testmod",
        "doctest.run_docstring_examples",
        "pytest.main",
        "sys.exit",
        "os._exit",
        "time.sleep",
        "pprint.pprint",
        "sys.stdout.write",
        "sys.stderr.write",
        "sys.stdout.flush",
        "logging.info",
        "logging.debug",
        "logging.warning",
        "logging.error",
        "logging.basicConfig",
        "timeit.timeit",
        "plt.show",
        "plt.plot",
        "plt.figure",
    ]
)
"""Functions of modules that a program calls to show something, or to end."""
_PURE = frozenset(
    [
        "abs",
        "all",
        "any",
        "ascii",
        "bin",
        "bool",
        "bytes",
        "callable",
        "chr",
        "complex",
        "dict",
        "divmod",
        "enumerate",
        "filter",
        "float",
        "format",
        "frozenset",
        "hash",
        "hex",
        "id",
        "int",
        "isinstance",
        "issubclass",
        "iter",
        "len",
        "list",
        "map",
        "max",
        "min",
        "oct",
        "ord",
        "pow",
        "print",
        "quit",
        "exit",
        "range",
        "repr",
        "reversed",
        "round",
        "set",
        "slice",
        "sorted",
        "str",
        "sum",
        "tuple",
        "type",
        "zip",
        "input",
        "assert_equal",
    ]
)
_READS = frozenset(
    [
        "get",
        "keys",
        "values",
        "items",
        "copy",
        "index",
        "count",
        "find",
        "rfind",
        "join",
        "split",
        "splitlines",
        "strip",
        "lstrip",
        "rstrip",
        "lower",
        "upper",
        "title",
        "startswith",
        "endswith",
        "format",
        "encode",
        "decode",
        "replace",
        "isdigit",
        "isalpha",
        "isalnum",
        "issubset",
        "issuperset",
        "union",
        "intersection",
        "difference",
        "most_common",
        "total",
        "as_integer_ratio",
        "bit_length",
        "isoformat",
        "hexdigest",
    ]
)
"""Methods that change nothing."""
_BY_TEXT = frozenset(
    [
        "eval",
        "exec",
        "globals",
        "locals",
        "vars",
        "getattr",
        "setattr",
        "__import__",
        "import_module",
        "attrgetter",
        "compile",
    ]
)
_BY_TEXT_FIELDS = frozenset(["__globals__", "__dict__", "modules", "import_module", "attrgetter", "methodcaller"])
_SETS_FIELDS = frozenset(["setattr", "delattr", "__setattr__", "update_wrapper", "register"])
_RUNS = (ast.Expr, ast.Assert, ast.For, ast.While, ast.If, ast.With, ast.Try)
"""Statements that are kept for what they do alone, where they give no name."""
_DEFINITIONS = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)


_A_PARAMETER = "()"
"""Stands among what a function changes for a parameter of its own."""


@dataclass(frozen=True, slots=True)
class _Effect:
    """What running a statement may do to a module's names.

    `calls` are the names it reads, `changes` those it sets fields of, `given` those it hands to another function.
    `later` are those that its functions change or hand on when they are called, `asks` whether it, or they, read the
    standard input.
    """

    calls: frozenset[str]
    changes: frozenset[str]
    given: frozenset[str]
    later: frozenset[str]
    asks: bool


def whole(found: Sequence[Statement]) -> tuple[Statement, ...]:
    """The statements without functions that have no body of their own where another of that name has one."""
    full = {name for one in found if not is_stub(one.node) for name in one.binds}
    return tuple(one for one in found if not (is_stub(one.node) and one.binds and one.binds <= full))


def needed(found: Sequence[Statement], names: Iterable[str]) -> tuple[Statement, ...]:
    """The statements that `names` need, in order; those that only may change what is needed cannot end the program."""
    program = _Program(whole(found))
    asked, wanted = frozenset(names), set(names)
    kept: set[int] = set()
    while more := [place for place in program.places() if place not in kept and program.needs(place, wanted)]:
        kept.update(more)
        wanted |= {name for place in more for name in program.found[place].uses | program.found[place].binds}
        if any(_looks_up(program.found[place]) for place in more):
            wanted |= program.named()
    return tuple(_harmless(program.found[place], asked) for place in sorted(kept))


class _Program:
    """Statements with their effects, and what running each may change through all that it calls."""

    def __init__(self, found: Sequence[Statement]) -> None:
        self.found = found
        self._effects = [_effect(one) for one in found]
        self._modules = {name for one in found if is_import(one) for name in one.binds}
        self._functions = {one.node.name for one in found if isinstance(one.node, _DEFINITIONS)}
        self._by_name: dict[str, list[int]] = {}
        for place, one in enumerate(found):
            for name in () if is_import(one) else one.binds:
                self._by_name.setdefault(name, []).append(place)

    def places(self) -> range:
        return range(len(self.found))

    def named(self) -> set[str]:
        """All names but those of what the standard input gives."""
        return {
            name for one, effect in zip(self.found, self._effects, strict=True) if not effect.asks for name in one.binds
        }

    def needs(self, place: int, wanted: set[str]) -> bool:
        """Whether names that are wanted come from a statement, or may be changed by it."""
        one, node = self.found[place], self.found[place].node
        if is_import(one):
            return True
        if _is_main(node):
            return False
        if not isinstance(node, ast.Expr) and one.binds & wanted:
            return True
        reached = self._reached(self._effects[place].calls)
        if isinstance(node, _RUNS) and any(self._effects[at].asks for at in (place, *reached)):
            return False
        if self._sets_up(node) or (isinstance(node, ast.Assign | ast.AugAssign) and _targets(node) & wanted):
            return True
        variables = wanted - self._modules
        if isinstance(node, ast.ClassDef) and any(_root(base) in variables for base in node.bases):
            return True
        changed = self._effects[place].changes.union(*(self._effects[at].later for at in reached))
        given = self._effects[place].given - (frozenset() if _A_PARAMETER in changed else self._functions)
        return bool((changed | given) & variables)

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
        """Whether it calls a module's function and drops what that gives, of which the program's own names are no part."""
        if not (isinstance(node, ast.Expr) and isinstance(node.value, ast.Call)):
            return False
        called = node.value.func
        if (called.id if isinstance(called, ast.Name) else getattr(called, "attr", "")) in SETTINGS:
            return True
        own = {one.id for one in ast.walk(node) if isinstance(one, ast.Name)} & set(self._by_name)
        return (
            _root(called) in self._modules
            and isinstance(called, ast.Attribute)
            and not own
            and _dotted(called) not in SHOWS
        )


def _is_main(node: ast.stmt) -> bool:
    """Whether it is what a script does when it is run itself, and nothing else."""
    if not isinstance(node, ast.If) or node.orelse or not isinstance(node.test, ast.Compare):
        return False
    sides = [node.test.left, *node.test.comparators]
    named = any(isinstance(side, ast.Name) and side.id == "__name__" for side in sides)
    equal = isinstance(node.test.ops[0], ast.Eq)
    return named and equal and any(isinstance(side, ast.Constant) and side.value == "__main__" for side in sides)


def _looks_up(one: Statement) -> bool:
    return any(
        (isinstance(node, ast.Name) and node.id in _BY_TEXT)
        or (isinstance(node, ast.Attribute) and node.attr in _BY_TEXT_FIELDS)
        for node in ast.walk(one.node)
    )


def _harmless(one: Statement, asked: frozenset[str]) -> Statement:
    """An assertion, or a trial of what was asked for, kept for what it may change: what it raises is not raised."""
    if isinstance(one.node, ast.Assert) or (isinstance(one.node, _RUNS) and _reads([one.node]) & asked):
        return replace(one, source=f"try:\n{textwrap.indent(one.source, '    ')}\nexcept Exception:\n    pass")
    return one


def _effect(one: Statement) -> _Effect:
    node = one.node
    now = list(_executed([node]))
    changes, given = _changed(now)
    later, handed = _changed(ast.walk(node))
    own = one.uses | one.binds
    parameters = {each.arg for each in ast.walk(node) if isinstance(each, ast.arg)} - {"self", "cls"}
    changed_later = (later | handed | one.binds) & own if isinstance(node, _DEFINITIONS) else (later | handed) & own
    inner = frozenset({_A_PARAMETER}) if later & parameters else frozenset()
    asks = any(
        (isinstance(each, ast.Name) and each.id == "input")
        or (isinstance(each, ast.Attribute) and each.attr == "stdin")
        for each in ast.walk(node)
    )
    return _Effect(_reads(now), changes & own, given & own, (changed_later | inner) - {getattr(node, "name", "")}, asks)


def _reads(nodes: Iterable[ast.AST]) -> frozenset[str]:
    return frozenset(one.id for one in _executed(nodes) if isinstance(one, ast.Name) and isinstance(one.ctx, ast.Load))


def _changed(nodes: Iterable[ast.AST]) -> tuple[frozenset[str], frozenset[str]]:
    """The names that these nodes set items or fields of, or call methods of; and those they hand to functions."""
    changed: set[str] = set()
    given: set[str] = set()
    for node in nodes:
        if isinstance(node, ast.Attribute | ast.Subscript) and not isinstance(node.ctx, ast.Load):
            changed.add(_root(node))
        elif isinstance(node, ast.AugAssign):
            changed.add(_root(node.target))
        elif isinstance(node, _DEFINITIONS):
            changed |= {_root(each) for each in node.decorator_list if isinstance(each, ast.Attribute)}
        elif isinstance(node, ast.Call):
            name = node.func.id if isinstance(node.func, ast.Name) else getattr(node.func, "attr", "")
            roots = {_root(each) for each in (*node.args, *(word.value for word in node.keywords))}
            if isinstance(node.func, ast.Attribute) and name not in _READS:
                changed.add(_root(node.func.value))
            if name in _SETS_FIELDS:
                changed |= roots
            elif name not in (_READS if isinstance(node.func, ast.Attribute) else _PURE):
                given |= roots
    return frozenset(changed), frozenset(given)


def _dotted(node: ast.expr) -> str:
    return ast.unparse(node) if isinstance(node, ast.Attribute | ast.Name) else ""


def _targets(node: ast.stmt) -> set[str]:
    """The names whose items or attributes an assignment sets: `table[0] = 1`, `solve.cache = {}`."""
    targets = node.targets if isinstance(node, ast.Assign) else [getattr(node, "target", None)]
    return {_root(target) for target in targets if isinstance(target, ast.Attribute | ast.Subscript)}


def _executed(nodes: Iterable[ast.AST]) -> Iterator[ast.AST]:
    """These nodes and those below them that run when the statement does: not what stands in a function."""
    for node in nodes:
        yield node
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            yield from _executed((*node.decorator_list, *node.args.defaults, *filter(None, node.args.kw_defaults)))
        else:
            yield from _executed(ast.iter_child_nodes(node))


def _root(node: ast.AST | None) -> str:
    """The name an expression like `a.b[0].c` starts from; "" where it starts from none."""
    while isinstance(node, ast.Attribute | ast.Subscript | ast.Call | ast.Starred):
        node = node.func if isinstance(node, ast.Call) else node.value
    return node.id if isinstance(node, ast.Name) else ""
