"""Programs out of completions: the registry of rules, and the request to run what they find."""

import pytest

from harness.code_tasks.rules import execute
from harness.code_tasks.rules import program
from harness.core import Case
from harness.core import Completion
from harness.core import Completions
from harness.core import Execute
from harness.core import Execution
from harness.core import Record
from harness.core import Trial
from harness.core import decode
from harness.core import fingerprint
from harness.encoding import encode
from harness.errors import UsageError

TRIAL = Trial(
    "python",
    "continuation",
    "def f():\n",
    ("assert f()",),
    style="script",
    names=("f",),
    context="import os",
    reference="ref",
    examples=1,
)


def test_a_completion_becomes_the_request_to_run_it():
    assert execute(TRIAL, "    return 1\n") == Execute(
        "python",
        "def f():\n    return 1\n",
        ("assert f()",),
        style="script",
        names=("f",),
        context="import os",
        reference="ref",
        examples=1,
    )
    assert execute(TRIAL, " \n") is None


def test_a_rule_there_is_not_is_named():
    with pytest.raises(UsageError, match=r"extract: found 'magic'; expected one of .*continuation"):
        program(Trial("python", "magic"), "x")


def test_a_trial_is_plain_data_and_part_of_the_case():
    assert decode(encode(TRIAL)) == TRIAL
    bare, tried = Case("a", (), None), Case("a", (), None, trial=TRIAL)
    assert bare.digest != tried.digest != Case("a", (), None, trial=Trial("python", "continuation")).digest
    assert fingerprint(TRIAL) != fingerprint(Trial("python", "continuation"))


def test_a_record_tells_the_answers_from_the_executions():
    said = Completions((Completion("a", "stop", 1), Completion("b", "stop", 1), Completion("a", "stop", 1)))
    one, two = Execution("passed", (True,)), Execution("failed", (False,))
    record = Record(
        "m", "toy", 1, "a", "node", 1, "measured", "d", None,
        prompts=("p", "x", "y"), responses=(said, one, two), programs=("A", None, "B", "A"),
    )  # fmt: skip
    assert (record.answers, record.answer, record.asked) == ((said,), said, ("p",))
    assert record.executions == (one, None, two, one)
    assert decode(encode(record)) == record
