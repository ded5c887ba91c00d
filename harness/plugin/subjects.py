"""What is measured and what with: answers that are there, the models, and the baseline of a gate."""

from typing import TYPE_CHECKING

from harness.engines.descriptor import Recorded
from harness.errors import UsageError
from harness.models import Card
from harness.plugin.options import Options
from harness.plugin.selection import find_pages
from harness.plugin.state import State

if TYPE_CHECKING:
    from harness.compare.system import System


def recorded(options: Options) -> Recorded | None:
    """The answers of an engine that reads them, None for one that is asked; raises UsageError where it has none."""
    read = options.choice.descriptor.recorded
    return None if read is None else read(options.choice)


def cards(state: State) -> dict[str, Card]:
    """The models of the session by name, in the order given."""
    names, descriptor = state.options.models, state.options.choice.descriptor
    if state.recorded is not None:
        unknown = sorted(set(names) - set(state.recorded.models))
        if unknown:
            raise UsageError(f"--model: found {unknown[0]!r}; the answers file has {', '.join(state.recorded.models)}")
        return {name: Card(name) for name in names or state.recorded.models}
    if not names and not descriptor.models:
        raise UsageError(f"--model: found none; expected a model of --engine {state.options.engine}")
    found: dict[str, Card] = {}
    for name in names or descriptor.models:
        card = descriptor.resolve(name)
        if card.name in found:
            raise UsageError(f"--model: found {card.name!r} twice; expected models with different names")
        found[card.name] = card
    return found


def baseline(state: State) -> "tuple[System, ...]":
    """What the gate compares with; none where there is no gate."""
    wish = state.options.gate
    if wish is None:
        return ()
    if wish.sequential and len(state.cards) > 1:
        raise UsageError(f"--sequential: found {len(state.cards)} models; expected one, as looks are taken of one")
    from harness.compare.load import read

    found = read(wish.baseline)
    pages = find_pages(state.options.evals, state.config.rootpath)
    wish.margins.check({page.benchmark for page in pages} | {name for system in found for name in system.cases})
    return found
