"""Whose name is whose: what stands for the program in its tests, and what the judge imports itself."""

import keyword
import sys

import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.core import Execute
from harness.languages.building.names import of_program
from harness.languages.building.names import unknown_names


def asked(*tests, names=(), context="", reference=""):
    return of_program(Execute("python", "", tests, names=names, context=context, reference=reference))


@pytest.mark.parametrize(
    ("test", "names"),
    [
        ("assert f(Pair(1, 2)) == 3", ["f", "Pair"]),
        ("import math\ndef check(c):\n    assert c(math.pi)\ncheck(f)", ["f"]),
        ("def other(xs):\n    f = len(xs)\n    return f\nassert f([1]) == other([1])", ["f"]),
        ("for i, x in enumerate([1]):\n    assert sorted([f(y) for y in [x]])", ["f"]),
        ("def broken(", []),
    ],
)
def test_names_that_nobody_defines(test, names):
    assert sorted(unknown_names((test,))) == sorted(names)


@pytest.mark.parametrize(
    ("reference", "imported"),
    [
        ("import math\ndef f(x): return x", "import math"),
        ("import numpy as math\ndef f(x): return x", "import numpy as math"),
        ("from cmath import sqrt as math\ndef f(x): return x", "from cmath import sqrt as math"),
        ("import math.sub, other\ndef f(x): return x", "import math.sub"),
        ("def f(x):\n    import math\n    return x", "import math"),
    ],
)
@pytest.mark.parametrize("names", [("f", "math"), ("f",), ()], ids=str)
def test_an_import_of_the_reference_is_the_judge_s_own(reference, imported, names):
    found, context = asked("assert math.isclose(f(1), 1)", names=names, context="import sys", reference=reference)
    assert found == ("f",)
    assert context == f"{imported}\nimport sys"


def test_a_function_called_as_a_module_is_the_program_s():
    assert asked("assert calendar(1)", reference="def calendar(x): return x") == (("calendar",), "")
    assert asked("assert calendar(1)", names=("calendar",)) == (("calendar",), "")


@given(st.sampled_from(sorted(sys.stdlib_module_names)))
def test_no_module_comes_from_the_program(name):
    if not keyword.iskeyword(name):
        assert name not in asked(f"assert f({name})")[0]
        assert name not in asked(f"assert f({name})", reference="def f(x): return x")[0]


def test_a_solution_that_imports_what_is_asked_for_leaves_it_to_the_program(execute):
    """Else the tests would ask the judge's own function, and any program would pass."""
    told = {"names": ("gcd",), "reference": "from math import gcd"}
    assert asked("assert gcd(4, 6) == 2", **told) == (("gcd",), "")
    assert execute("def gcd(a, b): return 1", "assert gcd(4, 6) == 2", **told).verdict == "failed"
    assert (
        execute("def gcd(a, b): return gcd(b, a % b) if b else a", "assert gcd(4, 6) == 2", **told).verdict == "passed"
    )


def test_what_the_reference_lacks_is_nobody_s():
    assert asked("assert f(np.pi) == g", reference="def f(x): return x") == (("f",), "")


def test_a_program_cannot_stand_for_a_module(execute):
    forged = "class math:\n    isclose = lambda *a, **k: True\ndef f(x): return []"
    right = "def f(x): return x * 3.0"
    for more in ({"names": ("f", "math")}, {"names": ("f",)}, {}):
        told = {"reference": "import math\ndef f(x): return x * 3.0", **more}
        assert execute(right, "assert math.isclose(f(1), 3)", **told).verdict == "passed"
        assert execute(forged, "assert math.isclose(f(1), 3)", **told).verdict == "type"
