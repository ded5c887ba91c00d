# ruff: noqa: E501 - programs and tests in one line each
"""Which tests are judged in the jail: those that speak to the program by what one process shares."""

import pytest

from harness.core import Execute
from harness.sandbox.parting import is_apart


@pytest.mark.parametrize(
    ("code", "test"),
    [
        ("def f(x): print('hi', x)", "import io, contextlib\nb = io.StringIO()\nwith contextlib.redirect_stdout(b): f(1)\nassert b.getvalue() == 'hi 1\\n'"),
        ("def f(x): print('hi', x)", "import io, sys\nold, sys.stdout = sys.stdout, io.StringIO()\nf(1)\nfound, sys.stdout = sys.stdout.getvalue(), old\nassert found == 'hi 1\\n'"),
        ("def f(): return input()", "import builtins\nbuiltins.input = lambda *a: 'x'\nassert f() == 'x'"),
        ("def f(): return input()", "from unittest.mock import patch\nwith patch('builtins.input', return_value='x'): assert f() == 'x'"),
        ("def f(): return input()", "import io, sys\nsys.stdin = io.StringIO('q\\n')\nassert f() == 'q'"),
        ("import random\ndef f(): return random.random()", "import random\nrandom.seed(1)\na = f()\nrandom.seed(1)\nassert f() == a"),
        ("def f(p): return open(p).read()", "with open('q.txt', 'w') as q: q.write('z')\nassert f('q.txt') == 'z'"),
        ("import os\ndef f(): return os.environ['A']", "import os\nos.environ['A'] = 'b'\nassert f() == 'b'"),
        ("import warnings\ndef f(): warnings.warn('old')", "import warnings\nwith warnings.catch_warnings(record=True) as w:\n    warnings.simplefilter('always')\n    f()\nassert len(w) == 1"),
        ("import time\ndef f(): return time.time()", "import time\ntime.time = lambda: 5\nassert f() == 5"),
    ],
)  # fmt: skip
def test_a_test_that_shares_the_process_is_judged_in_the_jail(execute, code, test):
    found = execute(code, test, names=("f",))
    assert (found.verdict, found.judged) == ("passed", "in-jail")


@pytest.mark.parametrize(
    "test",
    ["assert f(1) == 2", "assert f('open') == 'patch'", "for seed in [1]: assert f(seed)", "def check(signal):\n    assert signal(1)\ncheck(f)", "assert f("],
)  # fmt: skip
def test_every_other_test_is_parted(test):
    assert is_apart(Execute("python", "", (test,)))


def test_what_no_verdict_can_be_had_of_outside_is_told_by_the_reference(execute):
    reference = "from dataclasses import dataclass\n@dataclass\nclass P:\n    x: int"
    wrong = "class P:\n    def __init__(s, x): pass\n    def __eq__(s, o): return s is o"
    test = "assert P(1) == P(1) and P(1) != P(2)"
    assert execute(reference, test).verdict == "unjudgeable"
    found = execute(reference, test, reference=reference)
    assert (found.verdict, found.judged) == ("passed", "in-jail")
    assert execute(wrong, test, reference=reference).verdict == "failed"
    # nothing that a program does brings it there
    found = execute(reference, "assert P(1).x == P(1).x == 1", reference="class P:\n    def __init__(s, x): s.x = x")
    assert (found.verdict, found.judged) == ("passed", "outside")
