"""What passing programs are like: numbers of the tools' own documentation, and small programs counted by hand."""

import json
from dataclasses import asdict

import pytest

from harness.core import Execution
from harness.diagnostics.quality.complexity import complexity
from harness.diagnostics.quality.cost import Cost
from harness.diagnostics.quality.cost import cost
from harness.diagnostics.quality.findings import findings
from harness.diagnostics.quality.summary import Described
from harness.diagnostics.quality.summary import describe
from harness.diagnostics.quality.summary import described

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


@pytest.mark.parametrize("code", ["def f(:\n", "x = " + "x + " * 5000 + "x\n"])
def test_what_bandit_cannot_read_is_not_clean(code, capfd):
    assert findings(code) is None
    assert capfd.readouterr() == ("", "")


@pytest.mark.parametrize(
    "first", ["# nosec", "# -*- coding: nonsense -*-", "#!/usr/bin/python\n# vim: set fileencoding=latin-1 :"]
)
def test_a_program_does_not_silence_bandit(first):
    """Bandit heeds `# nosec`, and cannot read a file in an encoding that there is not."""
    hidden = f"{first}\n" + SHELL.replace("\n", "  # nosec\n")
    assert [one.test for one in findings(hidden)] == ["B404", "B602"]


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


def test_programs_are_described_by_medians_and_counts():
    codes = (SHELL, BRANCHES, "def f(x):\n    return x\n", "def f(:\n")
    costs = (Cost(3.0, None), Cost(1.0, None), Cost(None, 2.0), Cost(None, None))
    programs = [described(code, "python", spent) for code, spent in zip(codes, costs, strict=True)]
    assert [Described.read(json.loads(json.dumps(asdict(one)))) for one in programs] == programs
    found = describe(programs, [["passed", "failed", "passed"], ["failed", "failed"], ["passed"]])
    assert (found.programs, found.cyclomatic, found.cpu, found.memory) == (4, 1.0, 2.0, 2.0)
    assert (found.severities, found.tests, found.unread) == ({"HIGH": 1}, {"B404": 1, "B602": 1}, 1)
    assert found.stability == pytest.approx((2 / 3 + 1) / 2)


def test_what_is_no_python_has_a_cost_alone():
    assert described(SHELL, "sql", Cost(2.0, 1.0)) == Described(None, None, None, Cost(2.0, 1.0))


def test_without_a_program_there_is_nothing_to_say():
    found = describe([], [["passed"]])
    assert (found.programs, found.cyclomatic, found.cpu, found.severities, found.stability) == (0, None, None, {}, None)
