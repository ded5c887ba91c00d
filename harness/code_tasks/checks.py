"""The tests of a Python problem: a `check` function, or a list of assertions, as tests to judge one by one.

HumanEval and its kin (Chen et al. 2021, arXiv:2107.03374) put all assertions into one function of the candidate.
Parted, each statement that asserts or calls the candidate is a test, behind the statements that prepare it.
"""

import ast
import builtins
import doctest
from collections.abc import Callable
from collections.abc import Iterable
from collections.abc import Iterator
from collections.abc import Sequence
from dataclasses import dataclass

from harness.code_tasks.extraction.definitions import bindings
from harness.code_tasks.extraction.pieces import Piece
from harness.code_tasks.extraction.pieces import pieces
from harness.code_tasks.extraction.pieces import unified
from harness.languages.building.syntax import parse

CANDIDATE = "candidate"
_DEFINITIONS = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)


@dataclass(frozen=True, slots=True)
class Checks:
    """`tests` as sources that raise where the program is wrong, and the `context` they need."""

    context: str
    tests: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Made:
    """What a solution makes: the names it `defines`, and each name it imports with the statement that does."""

    defines: tuple[str, ...]
    imports: dict[str, str]


def parted(source: str, entry: str, *, whole: bool = False) -> Checks:
    """A source with a function `check(candidate)` as tests of `entry`; as a single one where it is to stay `whole`.

    Without an entry nothing is the candidate: the tests read a script's variables. A body that returns stays whole.
    What stands around the function is the context. Raises ValueError (SyntaxError is one) where it holds no check, or
    one that tests nothing.
    """
    source = unified(source)
    body = parse(source).body
    check = next((node for node in body if isinstance(node, ast.FunctionDef) and node.name == "check"), None)
    if check is None:
        raise ValueError("no function check")
    around = pieces(source, (node for node in body if node is not check and not _is_metadata(node)))
    candidate = check.args.args[0].arg if check.args.args else ""
    returns = any(isinstance(node, ast.Return) for node in _own(check.body))
    bodies = [_whole(source, check, returns=returns)] if whole or returns else _tests(source, check, candidate)
    tests = tuple(f"{candidate} = {entry}\n{body}" if candidate and entry else body for body in bodies)
    if not tests:
        raise ValueError("a check without a test")
    return Checks("\n".join(piece.source for piece in around), tests)


def helpers(prompt: str, entry: str) -> str:
    """What a prompt defines beside the entry point, imports among it: trusted source for tests that use it.

    HumanEval 32, 38 and 50 do. Raises SyntaxError where the prompt is none.
    """
    prompt = unified(prompt)
    beside = [node for node in parse(prompt).body if getattr(node, "name", "") != entry]
    return "\n".join(piece.source for piece in pieces(prompt, beside))


def by_use(source: str, names: Iterable[str]) -> Checks:
    """A source whose statements test the names where they use one: those are the tests, and all others the context.

    What a name's use gives is used like the name. A definition is no test, nor is an assignment: it prepares those
    behind it. Raises SyntaxError where it is no Python, and ValueError where no statement tests a name.
    """
    source = unified(source)
    using = set(names)
    statements = pieces(source, parse(source).body)
    depend: set[int] = set()
    for place, piece in enumerate(statements):
        # inputs of a megabyte hold none of the names, which is seen at a glance
        if not any(name in piece.source for name in using):
            continue
        binds, uses = bindings(piece.source)
        if uses & using:
            using |= binds
            if not isinstance(piece.node, _DEFINITIONS):
                depend.add(place)
    first = next((place for place in range(len(statements)) if place in depend), len(statements))
    context = "\n".join(piece.source for piece in statements[:first])
    judging = {
        id(statements[place]) for place in depend if not isinstance(statements[place].node, ast.Assign | ast.AnnAssign)
    }
    tests = tuple(_behind(statements[first:], lambda piece: id(piece) in judging))
    if not tests:
        raise ValueError(f"no use of {' or '.join(sorted(names))}")
    return Checks(context, tests)


def shown_first(tests: Sequence[str], prompt: str, entry: str) -> tuple[tuple[str, ...], int]:
    """The tests whose calls the prompt's docstring shows, before the others; and how many they are."""
    shown = set(_examples(prompt, entry)) if len(tests) > 1 else set()
    if not shown:
        return tuple(tests), 0
    first = [test for test in tests if shown & set(_calls(test, entry))]
    return (*first, *(test for test in tests if test not in first)), len(first)


def made(code: str) -> Made:
    """What a source makes at its top, in order; of two makers of a name the last counts. Raises SyntaxError.

    An import inside `if` or `try` is one as well. A star imports the name "*".
    """
    code = unified(code)
    defines: dict[str, None] = {}
    imports: dict[str, str] = {}
    for piece in pieces(code, parse(code).body):
        imported = dict(_imports(piece.node))
        for name in sorted(bindings(piece.source)[0] - set(imported)):
            defines[name] = None
            imports.pop(name, None)
        for name, statement in imported.items():
            defines.pop(name, None)
            # `import a.b` beside `import a` makes more of the same name
            imports[name] = "\n".join(dict.fromkeys([*imports.get(name, statement).split("\n"), statement]))
    # what `__future__` gives is no value of a module, and such a line may only stand first
    return Made(
        tuple(defines),
        {name: text for name, text in imports.items() if not text.startswith("from __future__")},
    )


def defined(code: str) -> tuple[str, ...]:
    """The names a source binds at its top, sorted; raises SyntaxError where it is none."""
    return tuple(sorted(bindings(code)[0]))


def own_names(solution: Made, read: frozenset[str]) -> tuple[tuple[str, ...], str]:
    """The task's own names among those that its tests read of others, and the imports that bind others, as context.

    Own is what the solution defines, never what it imports. A builtin's name is own only where the tests want nothing
    else of the solution, as in MBPP 126, whose function is called `sum`.
    """
    own = tuple(name for name in solution.defines if name in read)
    named = tuple(name for name in own if not hasattr(builtins, name)) or own
    borrowed = [statement for name, statement in solution.imports.items() if name in read]
    unknown = sorted(read - set(dir(builtins)) - set(own) - set(solution.imports))
    stars = solution.imports.get("*", "")
    if stars and unknown:
        # of several stars nobody can say which one gives a name
        borrowed.append(stars if "\n" in stars else stars.removesuffix("*") + ", ".join(unknown))
    return named, "\n".join(borrowed)


def _imports(node: ast.stmt) -> Iterator[tuple[str, str]]:
    """(name, statement) of each import that a top-level statement makes, "*" for all a module has."""
    for inner in _own([node]):
        if isinstance(inner, ast.Import):
            for alias in inner.names:
                yield alias.asname or alias.name.partition(".")[0], ast.unparse(ast.Import([alias]))
        elif isinstance(inner, ast.ImportFrom):
            for alias in inner.names:
                yield alias.asname or alias.name, ast.unparse(ast.ImportFrom(inner.module, [alias], inner.level))


def _whole(source: str, check: ast.FunctionDef, *, returns: bool) -> str:
    """The body of a check; the function itself and a call of it where the body returns, as only a function may."""
    if returns:
        (function,) = pieces(source, [check])
        return f"{function.source}\n{check.name}({check.args.args[0].arg if check.args.args else ''})"
    return "\n".join(piece.source for piece in pieces(source, check.body))


def _own(nodes: Iterable[ast.AST]) -> Iterator[ast.AST]:
    """These nodes and the statements below them, but for those of functions and classes of their own."""
    for node in nodes:
        yield node
        if not isinstance(node, (*_DEFINITIONS, ast.expr)):
            yield from _own(ast.iter_child_nodes(node))


def _tests(source: str, check: ast.FunctionDef, candidate: str) -> Iterator[str]:
    return _behind(pieces(source, check.body), lambda piece: _judges(piece.node, candidate))


def _behind(parts: Sequence[Piece], judges: Callable[[Piece], bool]) -> Iterator[str]:
    """Each statement that judges, behind what prepares it: all that do not, and those that make what is read later."""
    judging = [place for place, piece in enumerate(parts) if judges(piece)]
    last = judging[-1] if judging else -1
    before: list[str] = []
    for place, piece in enumerate(parts[: last + 1]):
        if place in judging:
            # what stands behind the last test may raise as well
            after = [later.source for later in parts[last + 1 :]] if place == last else []
            yield "\n".join([*before, piece.source, *after])
            binds = bindings(piece.source)[0] if place < last else frozenset()
            if not any(binds & _needs(later) for later in parts[place + 1 :]):
                continue
        before.append(piece.source)


def _needs(piece: Piece) -> frozenset[str]:
    """The names a statement cannot do without: it uses them, and binds them only by adding to them."""
    added = {getattr(node.target, "id", "") for node in ast.walk(piece.node) if isinstance(node, ast.AugAssign)}
    binds, uses = bindings(piece.source)
    return uses - (binds - added)


def _judges(node: ast.stmt, candidate: str) -> bool:
    """Whether it asserts, or calls something of which the candidate's result is an argument."""
    if isinstance(node, ast.Assign):
        return False
    for inner in ast.walk(node):
        if isinstance(inner, ast.Assert):
            return True
        if isinstance(inner, ast.Expr) and any(getattr(each, "id", None) == candidate for each in ast.walk(inner)):
            return True
    return False


def _is_metadata(node: ast.stmt) -> bool:
    return isinstance(node, ast.Assign) and [getattr(name, "id", "") for name in node.targets] == ["METADATA"]


def _examples(prompt: str, entry: str) -> Iterator[str]:
    """The calls in the examples of a docstring, in one spelling."""
    try:
        examples = doctest.DocTestParser().get_examples(prompt)
    except ValueError:
        return
    for example in examples:
        try:
            yield from _calls(example.source, entry)
        except SyntaxError:
            continue


def _calls(source: str, entry: str) -> Iterator[str]:
    """The arguments of each call of the candidate, in one spelling."""
    for node in ast.walk(parse(source)):
        if isinstance(node, ast.Call) and getattr(node.func, "id", "") in {entry, CANDIDATE}:
            yield ast.dump(ast.Call(ast.Name(CANDIDATE), node.args, node.keywords))
