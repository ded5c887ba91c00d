"""Verdicts in a process that tests: the programs in an answer, and what became of each."""

from harness.code_tasks.rules import program
from harness.code_tasks.rules import reading
from harness.code_tasks.rules import request
from harness.core import Completions
from harness.core import Execution
from harness.core import Judged
from harness.core import Refusal
from harness.core import Response
from harness.core import fingerprint
from harness.errors import CrosstaskError
from harness.errors import UsageError
from harness.plugin.state import Outcome
from harness.plugin.state import State
from harness.plugin.state import failed
from harness.session.plan import Cell
from harness.session.program_loop import SANDBOX


def check_judge(state: State, outcome: Outcome) -> None:
    """Fail a test whose programs nobody can run, before it waits for any answer."""
    try:
        state.verdicts.check(SANDBOX)
    except CrosstaskError as error:
        raise failed(outcome, "not_run", str(error)) from error


def await_verdicts(state: State, cell: Cell, outcome: Outcome, response: Response) -> Judged:
    """The response with what became of its programs, waiting for it; both are kept in the outcome.

    Where the sandbox refuses a program, or there is none any more, the case is not run.
    """
    trial = cell.case.trial
    if trial is None or not isinstance(response, Completions):
        raise UsageError(f"{cell.benchmark.name}: found {type(response).__name__}; expected Completions of a trial")
    programs = tuple(program(trial, one.text) for one in response.completions)
    wanted = {code: fingerprint(request(trial, code)) for code in programs if code is not None}
    outcome.programs = programs
    outcome.readings = tuple(reading(trial, one.text) for one in response.completions)
    try:
        for code, prompt in wanted.items():
            state.verdicts.want_run(prompt, cell.trial, code)
        found = {code: _wait(state, outcome, prompt) for code, prompt in wanted.items()}
    except CrosstaskError as error:
        raise failed(outcome, "not_run", str(error)) from error
    executions = tuple(None if code is None else found[code] for code in programs)
    return Judged(response, programs, executions, cell.ks)


def _wait(state: State, outcome: Outcome, prompt: str) -> Execution:
    found = state.verdicts.wait(SANDBOX, prompt, state.tick)
    if isinstance(found, Refusal):
        raise failed(outcome, "not_run", found.reason)
    if not isinstance(found, Execution):
        raise UsageError(f"sandbox: found {type(found).__name__}; expected an Execution")
    outcome.prompts.append(prompt)
    outcome.responses.append(found)
    return found
