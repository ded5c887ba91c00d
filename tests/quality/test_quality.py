"""What passing programs are like: numbers of the tools' own documentation, and small programs counted by hand."""

import pytest

from harness.core import Completion
from harness.core import Completions
from harness.core import Execution
from harness.core import Judged
from harness.quality.complexity import complexity
from harness.quality.cost import Cost
from harness.quality.cost import cost
from harness.quality.findings import findings
from harness.quality.summary import describe

pytest.importorskip("radon")
pytest.importorskip("bandit")
BRANCHES = "def f(x):\n    if x and x > 1:\n        return 1\n    for n in range(x):\n        x += n\n    return x\n"
SHELL = "import subprocess\n\ndef f(x):\n    return subprocess.call(x, shell=True)\n"


@pytest.mark.parametrize(
    ("code", "cyclomatic"),
    [
        ("x = 1\n", 1),
        ("def f(x):\n    return x\n", 1),
        (BRANCHES, 4),  # one, an if, an and, a for: radon's documentation, "Cyclomatic Complexity"
        ("def f(x):\n    return x\n\n" + BRANCHES.replace("f(", "g("), 4),
    ],
)
def test_complexity_is_the_worst_function_s(code, cyclomatic):
    found = complexity(code)
    assert found.cyclomatic == cyclomatic
    assert 0 <= found.maintainability <= 100


def test_a_program_that_does_not_parse_has_no_complexity():
    assert complexity("def f(:\n") is None


def test_findings_are_bandit_s():
    """B602 is subprocess_popen_with_shell_equals_true, B404 the import, as Bandit's documentation names them."""
    assert [(one.test, one.severity, one.line) for one in findings(SHELL)] == [("B404", "LOW", 1), ("B602", "HIGH", 4)]
    assert findings("def f(x):\n    return x\n") == ()
    assert findings("def f(:\n") == ()


@pytest.mark.parametrize(
    ("execution", "reference", "expected"),
    [
        (
            Execution("passed", (True,), cpu=0.2, memory=30),
            Execution("passed", (True,), cpu=0.1, memory=20),
            Cost(2.0, 1.5),
        ),
        (Execution("passed", (True,), cpu=0.2), Execution("passed", (True,), cpu=0.1), Cost(2.0, None)),
        (Execution("passed", (True,), cpu=0.2), Execution("timeout", (False,), cpu=0.1), Cost(None, None)),
        (Execution("passed", (True,), cpu=0.2), None, Cost(None, None)),
    ],
)
def test_cost_is_relative_to_the_reference(execution, reference, expected):
    found = cost(execution, reference)
    assert (found.cpu, found.memory) == (pytest.approx(expected.cpu), pytest.approx(expected.memory))


def test_only_passing_programs_are_described():
    said = Completions((Completion("", "stop", 1),) * 4)
    runs = (
        Execution("passed", (True,), cpu=0.3),
        Execution("failed", (False,), cpu=9.0),
        None,
        Execution("passed", (True,), cpu=0.1),
    )
    judged = Judged(said, (SHELL, BRANCHES, None, "def f(x):\n    return x\n"), runs)
    found = describe([(judged, Execution("passed", (True,), cpu=0.1))])
    assert (found.programs, found.cyclomatic, found.cpu, found.memory) == (2, 1.0, pytest.approx(2.0), None)
    assert (found.severities, found.tests) == ({"HIGH": 1}, {"B404": 1, "B602": 1})


def test_without_a_passing_program_there_is_nothing_to_say():
    found = describe([])
    assert (found.programs, found.cyclomatic, found.cpu, found.severities) == (0, None, None, {})
