"""An expression out of an answer: what CRUXEval asks for, the output of a call or the arguments of one.

Gu et al. 2024, arXiv:2401.03065. The last assertion `f(...) == ...` of the answer counts, in `[ANSWER]` marks or
without; else the answer itself is the expression. The program is a function that returns its value, so that the test
stays with the judge. Arguments are called where the answer could reach the function's own process, so they may use
literals, operators and harmless built-ins alone.
"""

import ast
import re
from collections.abc import Iterator

from harness.code_tasks.checks import defined
from harness.code_tasks.extraction.blocks import Extracted
from harness.code_tasks.extraction.blocks import blocks
from harness.code_tasks.extraction.blocks import told
from harness.code_tasks.extraction.candidates import mended
from harness.code_tasks.extraction.literals import shown
from harness.core import Trial
from harness.languages.building.syntax import parse_expression
from harness.languages.python import LANGUAGE as PYTHON

HARMLESS = frozenset(
    {
        "abs",
        "bool",
        "bytearray",
        "bytes",
        "chr",
        "complex",
        "dict",
        "divmod",
        "enumerate",
        "float",
        "format",
        "frozenset",
        "hex",
        "int",
        "len",
        "list",
        "map",
        "max",
        "min",
        "oct",
        "ord",
        "pow",
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
        "zip",
    }
)
"""Built-ins that work on values and change nothing else."""
_ANSWER = re.compile(r"\[ANSWER\](.*?)(?:\[/ANSWER\]|\Z)", re.DOTALL)
_ASSERT = re.compile(r"^[ \t]*(?:assert[ \t]+)?f\(", re.MULTILINE)
_FRAMES = ("_", "gi_", "cr_", "ag_", "f_", "tb_", "co_")
"""What begins the attributes that lead from a value to the interpreter."""


def output(text: str, _trial: Trial) -> Extracted | None:
    """A program whose `answer()` is the value that the answer says `f` gives; None where there is no expression."""
    for tree, how in _candidates(text):
        value = tree.comparators[0] if isinstance(tree, ast.Compare) and isinstance(tree.ops[0], ast.Eq) else tree
        return Extracted(f"def answer():\n    return {ast.unparse(value)}\n", how)
    return None


def arguments(text: str, trial: Trial) -> Extracted | None:
    """A program whose `answer()` is what `f` gives for the answer's arguments; None where there are none to use."""
    for tree, how in _candidates(text):
        said = tree.left if isinstance(tree, ast.Compare) else tree
        call = said if _calls_f(said) else _call(ast.unparse(said))
        if call is not None and _is_harmless(call, frozenset(defined(trial.prompt)) - {"f"}):
            return Extracted(f"{trial.prompt}\n\ndef answer():\n    return {ast.unparse(call)}\n", how)
    return None


def _candidates(text: str) -> Iterator[tuple[ast.expr, str]]:
    """The expressions an answer may mean, the likeliest first, and how each was read."""
    for form in told(text, PYTHON.syntax):
        for tree, how in _in(mended(form.text)):
            yield tree, "; ".join((how, *form.notes))


def _in(text: str) -> Iterator[tuple[ast.expr, str]]:
    marked = _ANSWER.findall(text)
    said = marked[-1] if marked else text.partition("[/ANSWER]")[0]
    where = "between [ANSWER] marks" if marked else "whole text"
    fenced = [part.text for part in blocks(said) if part.fenced]
    where = f"{where}, fenced" if fenced else where
    inner = fenced or [said]
    for part in inner:
        places = [match.start() for match in _ASSERT.finditer(part)]
        for place in reversed(places):
            yield from ((tree, f"{where}, an assertion") for tree in _expression(part[place:]))
    for part in inner:
        yield from ((tree, f"{where}, an expression") for tree in _expression(part.removeprefix("assert ")))


def _expression(text: str) -> Iterator[ast.expr]:
    """The longest run of lines from the first on that is one expression, or an assertion of one."""
    lines = text.strip().removeprefix("assert ").split("\n")
    for count in range(len(lines), 0, -1):
        tree = _parsed(shown("\n".join(lines[:count]).strip()))
        if tree is not None:
            yield tree
            return


def _parsed(text: str) -> ast.expr | None:
    try:
        return parse_expression(text)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return None


def _calls_f(node: ast.expr) -> bool:
    return isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "f"


def _call(arguments: str) -> ast.expr | None:
    """A call of `f` with bare arguments, as an answer may give them; a tuple of them counts as several."""
    return _parsed(f"f({arguments[1:-1] if arguments.startswith('(') and arguments.endswith(')') else arguments})")


def _is_harmless(call: ast.expr, given: frozenset[str]) -> bool:
    """Whether the arguments hold nothing but literals, operators, functions of these, built-ins, and what is given."""
    inner = [node for node in ast.walk(call) if node not in {call, getattr(call, "func", None)}]
    known = {node.arg for node in inner if isinstance(node, ast.arg)} | HARMLESS | given
    known |= {node.id for node in inner if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store)}
    return all(
        (not isinstance(node, ast.Name) or node.id in known)
        and (not isinstance(node, ast.Attribute) or not node.attr.startswith(_FRAMES))
        and not isinstance(node, ast.NamedExpr | ast.Await | ast.Yield | ast.YieldFrom)
        for node in inner
    )
