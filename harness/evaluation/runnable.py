"""What this machine lacks for the programs of cases: a jail, a language's tools, packages that programs import."""

from collections.abc import Sequence
from functools import cache

from harness.code_tasks.rules import request
from harness.core import Case
from harness.core import Refusal
from harness.core import Trial
from harness.errors import SandboxError
from harness.results.groups import many


def runnable(name: str, cases: Sequence[Case], *, unsandboxed: bool) -> tuple[list[Case], str | None]:
    """The cases that this machine can run, and the note on the others of benchmark `name`; None where there are none.

    A case without programs can always be run.
    """
    reasons = {case.id: _lacks(case.trial, unsandboxed=unsandboxed) for case in cases if case.trial is not None}
    there = [case for case in cases if reasons.get(case.id) is None]
    missing = len(cases) - len(there)
    if not missing:
        return there, None
    why, *others = dict.fromkeys(reason for reason in reasons.values() if reason is not None)
    some = "" if not there else f"{many(missing, 'case')} of {len(cases)} "
    more = f" (and {many(len(others), 'other reason')})" if others else ""
    return there, f"{name}: {some}not run: {why}{more}"


def _lacks(trial: Trial, *, unsandboxed: bool) -> str | None:
    if not unsandboxed and (why := _no_jail()) is not None:
        return why
    from harness.sandbox.pool import not_run

    refusal: Refusal | None = not_run(request(trial, ""))
    return None if refusal is None else refusal.reason


@cache
def _no_jail() -> str | None:
    """Why this machine gives no jail; tried once a process, as that takes half a second."""
    from harness.sandbox.selftest import best_tier

    try:
        best_tier()
    except SandboxError as error:
        return str(error)
    return None
