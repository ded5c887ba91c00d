"""A variable says what it holds: in the package none is called `found` or `one`."""

import ast
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
SAYS_NOTHING = {"found", "one"}
MOST = 0
"""How many such variables there may be."""


def variables(text):
    """(line, name) of each name that is assigned; fields of classes and parameters are no variables."""
    tree = ast.parse(text)
    fields = {
        id(node.target)
        for body in (node.body for node in ast.walk(tree) if isinstance(node, ast.ClassDef))
        for node in body
        if isinstance(node, ast.AnnAssign)
    }
    for node in ast.walk(tree):
        if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store) and id(node) not in fields:
            yield node.lineno, node.id


def nameless(text):
    return [(line, name) for line, name in variables(text) if name in SAYS_NOTHING]


def test_every_variable_says_what_it_holds():
    paths = sorted((ROOT / "harness").rglob("*.py"))
    places = [
        f"{path.relative_to(ROOT)}:{line}: {name}"
        for path in paths
        for line, name in nameless(path.read_text(encoding="utf-8"))
    ]
    assert len(places) <= MOST, "\n".join(places)


@pytest.mark.parametrize(
    "text",
    [
        "found = 1",
        "def f(rows):\n    return [one for one in rows]",
        "if found := f(): ...",
        "for one in rows: ...",
        "one, other = pair",
        "found: int = 1",
    ],
)
def test_a_name_that_says_nothing_is_seen(text):
    assert len(nameless(text)) == 1


@pytest.mark.parametrize("text", ["class A:\n    found: int = 0", "def f(found): ...", "print(one)", "a.found = 1"])
def test_fields_parameters_and_uses_are_no_variables(text):
    assert nameless(text) == []
