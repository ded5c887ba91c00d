"""What is printed against what is expected, by each benchmark's own rule."""

import pytest

from harness.sandbox.inside.comparing import RULES
from harness.sandbox.inside.comparing import difference

ALL, NONE = frozenset(RULES), frozenset()


@pytest.mark.parametrize(
    ("printed", "expected", "same"),
    [
        ("1 2\n3\n", "1 2\n3\n", ALL),
        ("1 2\n3", "1 2\n3\n\n", ALL),
        ("  1 2 \n 3\n", "1 2\n3", ALL),
        ("1\n2\n", "1 2\n", {"tokens"}),  # in apps a line is a set of words
        ("1  2\n", "1 2\n", {"apps", "tokens", "lines"}),
        ("a  b\n", "a b\n", {"apps", "tokens"}),
        ("1\n\n2\n", "1\n2\n", {"apps", "tokens"}),
        ("2\n1\n", "1\n2\n", {"apps"}),  # upstream's sets see no order
        ("1 1 2\n", "2 1\n", {"apps"}),
        ("YES\n", "Yes\n", {"tokens"}),
        ("É\n", "é\n", NONE),
        ("0.3333333\n", "0.333333\n", {"apps", "tokens"}),
        ("0.50\n", "0.5\n", ALL),
        ("1.000001 2\n", "1.000002 2\n", {"apps", "tokens"}),
        ("1.1\n", "1.2\n", NONE),
        ("1000000\n", "1000001\n", {"apps"}),  # within 1e-5 of the expected one
        ("1000000000000000000\n", "1000000000000000001\n", {"apps", "tokens"}),  # as floats
        ("3\n", "3.0\n", ALL),
        ("1_0\n", "10\n", {"apps", "lines"}),  # Python's numbers may have underscores
        ("nan\n", "nan\n", ALL),
        ("inf x\n", "inf y\n", NONE),
        ("", "", ALL),
        ("", "1\n", NONE),
        ("1\n", "", NONE),
        ("1\n2\n3\n", "1\n2\n", NONE),
    ],
)
def test_each_rule(printed: str, expected: str, same: frozenset[str]) -> None:
    assert {name for name, rule in RULES.items() if rule(printed, expected)} == same


def test_the_first_difference_is_told() -> None:
    assert difference("1\n2\n", "1\n3\n") == "line 2: '2'; expected '3'"
    assert difference("1\n", "1\n3\n") == "line 2: no line; expected '3'"
    assert difference("1\n2\n", "1\n") == "2 lines; expected 1"
