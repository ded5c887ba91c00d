"""What is measured and what with: the answers to replay, the models, and the baseline of a gate."""

from typing import TYPE_CHECKING

from harness.engines.replay import Replay
from harness.errors import UsageError
from harness.models import Card
from harness.models.cards import DEFAULT
from harness.models.cards import resolve
from harness.models.cards import scripted_card
from harness.plugin.options import Options
from harness.plugin.selection import find_pages
from harness.plugin.state import State

if TYPE_CHECKING:
    from harness.compare.system import System


def read_replay(options: Options) -> Replay | None:
    """The answers of `--engine replay`, None for another; raises UsageError where no file is named."""
    if options.engine != "replay":
        return None
    if options.answers is None:
        raise UsageError("--engine replay: found no --answers; expected a file of answers generated elsewhere")
    return Replay.read(options.answers, options.answers_map)


def cards(state: State, replay: Replay | None) -> dict[str, Card]:
    """The models of the session by name, in the order given."""
    names = state.options.models
    if replay is not None:
        unknown = sorted(set(names) - set(replay.models))
        if unknown:
            raise UsageError(f"--model: found {unknown[0]!r}; the answers file has {', '.join(replay.models)}")
        return {name: Card(name) for name in names or replay.models}
    make = scripted_card if state.options.engine == "scripted" else resolve
    found: dict[str, Card] = {}
    for name in names or (DEFAULT,):
        card = make(name)
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
