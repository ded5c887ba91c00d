"""`--sequential` in a process that tests: cases in the order of the looks, each when its look may be tested."""

from collections.abc import Iterator
from collections.abc import Sequence
from typing import Any

import pytest

from harness.errors import CrosstaskError
from harness.plugin.state import CELL
from harness.plugin.state import State
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

    cells = [item for item in items if CELL in item.stash]
    cases = [(item.stash[CELL].benchmark.name, item.stash[CELL].case) for item in cells]
    places = [Place(name, case.id, case.cluster) for name, case in cases]
    ordered = order(places, seed)
    items[:] = [item for item in items if CELL not in item.stash] + [cells[number] for number in ordered]
    found = schedule([places[number] for number in ordered])
    start = 0
    for look, end in enumerate(found.ends, start=1):
        for number in ordered[start:end]:
            cells[number].stash[LOOK] = look
        start = end
    return to_json(found)


def held(items: Sequence[pytest.Item]) -> Iterator[Held]:
    """The requests of all cases in order, each with the look that it is wanted for."""
    for item in items:
        cell = item.stash.get(CELL, None)
        if cell is not None and cell.failure is None:
            for prompt, request in zip(cell.prompts, cell.case.requests, strict=True):
                yield item.stash[LOOK], cell.benchmark.name, cell.model, prompt, request


def await_admission(state: State, item: pytest.Item) -> None:
    """Wait until the item's case may be tested; skips the item where the gate has decided its benchmark before."""
    look = item.stash.get(LOOK, None)
    if look is None:
        return
    cell, outcome = item.stash[CELL], state.outcome
    name = cell.benchmark.name
    try:
        admitted = state.responses.reader.admits(cell.model, name, look, state.tick, wait=state.is_worker)
    except CrosstaskError as error:
        outcome.status, outcome.reason = "not_run", str(error)
        state.stop(str(error))
        raise pytest.fail.Exception(f"not run: {error}", pytrace=False) from error
    if not admitted:
        outcome.is_needed = False
        pytest.skip(f"--sequential: the gate has decided {name} without this case")
