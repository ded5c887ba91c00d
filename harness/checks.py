"""The tests of a Python problem: a `check` function, or a list of assertions, as tests to judge one by one.

HumanEval and its kin (Chen et al. 2021, arXiv:2107.03374) put all assertions into one function of the candidate.
Parted, each statement that asserts or calls the candidate is a test, behind the statements that prepare it.
"""

import ast
import doctest
import textwrap
from collections.abc import Iterable
from collections.abc import Iterator
from collections.abc import Sequence
from dataclasses import dataclass

from harness.extraction.definitions import outlined
from harness.extraction.definitions import statements
from harness.extraction.silence import parse

CANDIDATE = "candidate"


@dataclass(frozen=True, slots=True)
class Checks:
    """`tests` as sources that raise where the program is wrong, and the `context` they need."""

    context: str
    tests: tuple[str, ...]


def parted(source: str, entry: str, *, whole: bool = False) -> Checks:
    """A source with a function `check(candidate)` as tests of `entry`; as a single one where it is to stay `whole`.

    What stands around the function is the context. Raises ValueError (SyntaxError is one) where it holds no check, or
    one that tests nothing.
    """
    body = _outline(source)
    check = next((node for node in body if isinstance(node, ast.FunctionDef) and node.name == "check"), None)
    if check is None:
        raise ValueError("no function check")
    context = "\n".join(_text(source, node) for node in body if node is not check and not _is_metadata(node))
    named = f"{CANDIDATE} = {entry}\n" if check.args.args else ""
    bodies = [_whole(source, check)] if whole else _tests(source, check)
    tests = tuple(named + body for body in bodies)
    if not tests:
        raise ValueError("a check without a test")
    return Checks(context, tests)


def helpers(prompt: str, entry: str) -> str:
    """What a prompt defines beside the entry point, imports among it: trusted source for tests that use it.

    HumanEval 32, 38 and 50 do. Raises SyntaxError where the prompt is none.
    """
    return "\n".join(_text(prompt, node) for node in parse(prompt).body if getattr(node, "name", "") != entry)


def by_use(source: str, names: Iterable[str]) -> Checks:
    """A source whose statements test the names where they use one: those are the tests, and all others the context.

    Raises SyntaxError where it is no Python, and ValueError where no statement uses a name.
    """
    wanted = frozenset(names)
    nodes = [(node, not wanted.isdisjoint(_read(node))) for node in _outline(source)]
    tests = tuple(_text(source, node) for node, uses in nodes if uses)
    if not tests:
        raise ValueError(f"no use of {' or '.join(sorted(wanted))}")
    return Checks("\n".join(_text(source, node) for node, uses in nodes if not uses), tests)


def shown_first(tests: Sequence[str], prompt: str, entry: str) -> tuple[tuple[str, ...], int]:
    """The tests whose calls the prompt's docstring shows, before the others; and how many they are."""
    shown = set(_examples(prompt, entry)) if len(tests) > 1 else set()
    if not shown:
        return tuple(tests), 0
    first = [test for test in tests if shown & set(_calls(test, entry))]
    return (*first, *(test for test in tests if test not in first)), len(first)


def defined(code: str) -> tuple[str, ...]:
    """The names a source binds at its top, in order; raises SyntaxError where it is none."""
    return tuple(dict.fromkeys(name for statement in statements(code) for name in sorted(statement.binds)))


def used(source: str) -> frozenset[str]:
    """The names a source reads; raises SyntaxError where it is none."""
    return _read(parse(source))


def _outline(source: str) -> list[ast.stmt]:
    """The statements of a source, long literals left out where it can be read without."""
    try:
        return parse(outlined(source)).body
    except SyntaxError:
        return parse(source).body


def _read(tree: ast.AST) -> frozenset[str]:
    return frozenset(
        node.id for node in ast.walk(tree) if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Load)
    )


def _whole(source: str, check: ast.FunctionDef) -> str:
    """The body of a check; the function itself and a call of it where the body returns, as only a function may."""
    if any(isinstance(node, ast.Return) for node in _own(check.body)):
        return f"{_text(source, check)}\n{check.name}({CANDIDATE if check.args.args else ''})"
    return "\n".join(_text(source, node) for node in check.body)


def _own(nodes: Iterable[ast.AST]) -> Iterator[ast.AST]:
    """These nodes and what is below them, but for what stands in functions and classes of their own."""
    for node in nodes:
        yield node
        if not isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef | ast.Lambda):
            yield from _own(ast.iter_child_nodes(node))


def _tests(source: str, check: ast.FunctionDef) -> Iterator[str]:
    before: list[str] = []
    for node in check.body:
        text = _text(source, node)
        if _judges(node):
            yield "\n".join([*before, text])
        else:
            before.append(text)


def _judges(node: ast.stmt) -> bool:
    """Whether it asserts, or calls something of which the candidate's result is an argument."""
    for inner in ast.walk(node):
        if isinstance(inner, ast.Assert):
            return True
        if isinstance(inner, ast.Expr) and any(_is_candidate(each) for each in ast.walk(inner)):
            return True
    return False


def _is_candidate(node: ast.AST) -> bool:
    return isinstance(node, ast.Name) and node.id == CANDIDATE


def _is_metadata(node: ast.stmt) -> bool:
    return isinstance(node, ast.Assign) and [getattr(name, "id", "") for name in node.targets] == ["METADATA"]


def _text(source: str, node: ast.stmt) -> str:
    """A statement's own lines, moved to the left; anew from its tree where a string of several lines forbids that."""
    first = min([node.lineno, *(decorator.lineno for decorator in getattr(node, "decorator_list", ()))])
    text = "\n".join(source.split("\n")[first - 1 : node.end_lineno])
    return ast.unparse(node) if '"""' in text or "'''" in text else textwrap.dedent(text).strip("\n")


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
