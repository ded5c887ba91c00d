"""What a line defines is read from its head, in each form the language has."""

import pytest

from harness.languages.bash import LANGUAGE as BASH
from harness.languages.building.sources import defined


@pytest.mark.parametrize(
    ("source", "names"),
    [
        ("add_one() {\n  echo 1\n}\n", ["add_one"]),
        ("function add_one() {\n  echo 1\n}\n", ["add_one"]),
        ("function add_one {\n  echo 1\n}\n", ["add_one"]),
        ("function add_one\n{\n  echo 1\n}\n", ["add_one"]),
        ("echo function add_one\n", []),
    ],
)
def test_bash_functions(source, names):
    """Bash's manual, 3.3: the parentheses are optional behind the reserved word `function`."""
    assert [name for name, _, _ in defined(source, BASH.syntax)] == names
