"""`--sequential` in a process that tests: cases in the order of the looks, each when its look may be tested."""

from collections.abc import Iterator
from collections.abc import Sequence
from typing import Any

import pytest

from harness.errors import CrosstaskError
from harness.plugin.process import PLANNED
from harness.plugin.process import Process
from harness.plugin.process import Tested
from harness.session.exchange import Held

LOOK = pytest.StashKey[int]()
"""The look that an item's case is seen by first."""


def put_in_order(items: list[pytest.Item], seed: int) -> dict[str, Any]:
    """Bring the items into the order of the looks, in place, ordinary tests first, and mark each case with its look.

    Returns the schedule of the looks as the plan has it.
    """
    from harness.gate.looks import Place
    from harness.gate.looks import order
    from harness.gate.looks import schedule
    from harness.gate.looks import to_json

    planned_cases = [item for item in items if PLANNED in item.stash]
    cases = [(item.stash[PLANNED].benchmark.name, item.stash[PLANNED].case) for item in planned_cases]
    places = [Place(name, case.id, case.cluster) for name, case in cases]
    ordered = order(places, seed)
    items[:] = [item for item in items if PLANNED not in item.stash] + [planned_cases[number] for number in ordered]
    looks = schedule([places[number] for number in ordered])
    start = 0
    for look, end in enumerate(looks.ends, start=1):
        for number in ordered[start:end]:
            planned_cases[number].stash[LOOK] = look
        start = end
    return to_json(looks)


def held(items: Sequence[pytest.Item]) -> Iterator[Held]:
    """The requests of all cases in order, each with the look that it is wanted for."""
    for item in items:
        planned = item.stash.get(PLANNED, None)
        if planned is not None and planned.failure is None:
            for fingerprint, request in zip(planned.fingerprints, planned.case.requests, strict=True):
                yield item.stash[LOOK], planned.benchmark.name, planned.model, fingerprint, request


def await_admission(process: Process, tested: Tested, item: pytest.Item) -> None:
    """Wait until the item's case may be tested; skips the item where the gate has decided its benchmark before."""
    look = item.stash.get(LOOK, None)
    if look is None:
        return
    planned, outcome = item.stash[PLANNED], tested.outcome
    name = planned.benchmark.name
    try:
        admitted = process.responses.reader.admits(planned.model, name, look, process.tick, wait=process.is_worker)
    except CrosstaskError as error:
        outcome.status, outcome.reason = "not_run", str(error)
        process.stop(str(error))
        raise pytest.fail.Exception(f"not run: {error}", pytrace=False) from error
    if not admitted:
        outcome.is_needed = False
        pytest.skip(f"--sequential: the gate has decided {name} without this case")
