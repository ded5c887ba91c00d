"""A class with more than eight fields says of each what it is: a line of its docstring, or a docstring below it."""

import ast
import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
MOST = 8


def fields_of(node):
    """A class's fields, each with whether a docstring stands below it."""
    for place, one in enumerate(node.body):
        if isinstance(one, ast.AnnAssign) and isinstance(one.target, ast.Name):
            below = node.body[place + 1] if place + 1 < len(node.body) else None
            yield one.target.id, isinstance(below, ast.Expr) and isinstance(below.value, ast.Constant)


def silent(node):
    """The fields of a large class of which nothing is said."""
    fields = dict(fields_of(node))
    listed = re.findall(r"^ *(\w+): \S", ast.get_docstring(node) or "", re.MULTILINE)
    return [name for name, below in fields.items() if len(fields) > MOST and not below and name not in listed]


def classes(text):
    return [node for node in ast.walk(ast.parse(text)) if isinstance(node, ast.ClassDef)]


def rooms():
    return {
        path.relative_to(ROOT / "harness").parts[0].removesuffix(".py") for path in (ROOT / "harness").rglob("*.py")
    }


@pytest.mark.parametrize("room", sorted(rooms()))
def test_a_large_class_has_a_line_a_field(room):
    paths = (ROOT / "harness").glob(f"{room}.py"), (ROOT / "harness" / room).rglob("*.py")
    found = {
        f"{path.relative_to(ROOT)}: {node.name}": silent(node)
        for some in paths
        for path in some
        for node in classes(path.read_text(encoding="utf-8"))
    }
    assert {name: fields for name, fields in found.items() if fields} == {}


def test_a_field_without_a_line_is_found():
    fields = "\n".join(f"    f{number}: int" for number in range(MOST))
    (small,) = classes(f"class A:\n{fields}\n")
    (large,) = classes(
        f'class A:\n    """What it is.\n\n    f0: The first.\n    """\n{fields}\n    g: int\n    """Last."""\n'
    )
    assert silent(small) == []
    assert silent(large) == [f"f{number}" for number in range(1, MOST)]
