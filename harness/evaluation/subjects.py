"""What is measured and what with: answers that are there, the models, and the baseline of a gate."""

from collections.abc import Mapping
from dataclasses import dataclass
from dataclasses import field
from pathlib import Path
from typing import TYPE_CHECKING

from harness.cases.pages import find_pages
from harness.engines.descriptor import Recorded
from harness.errors import UsageError
from harness.evaluation.options import Options
from harness.models import Card

if TYPE_CHECKING:
    from harness.compare.system import System


@dataclass(frozen=True, slots=True)
class Subjects:
    """The models of a run by name, in the order given; what the gate compares with; answers that are there."""

    cards: Mapping[str, Card] = field(default_factory=dict)
    baseline: "tuple[System, ...]" = ()
    recorded: Recorded | None = None


def find_subjects(options: Options, root: Path) -> Subjects:
    """The subjects that the options name; raises UsageError, ModelError or SourceError where there are none."""
    read = options.choice.descriptor.recorded
    recorded = None if read is None else read(options.choice)
    cards = _cards(options, recorded)
    return Subjects(cards, _baseline(options, root, len(cards)), recorded)


def _cards(options: Options, recorded: Recorded | None) -> dict[str, Card]:
    names, descriptor = options.models, options.choice.descriptor
    if recorded is not None:
        unknown = sorted(set(names) - set(recorded.models))
        if unknown:
            raise UsageError(f"--model: found {unknown[0]!r}; the answers file has {', '.join(recorded.models)}")
        return {name: Card(name) for name in names or recorded.models}
    if not names and not descriptor.models:
        raise UsageError(f"--model: found none; expected a model of --engine {options.engine}")
    cards: dict[str, Card] = {}
    for name in names or descriptor.models:
        card = descriptor.resolve(name)
        if card.name in cards:
            raise UsageError(f"--model: found {card.name!r} twice; expected models with different names")
        cards[card.name] = card
    return cards


def _baseline(options: Options, root: Path, models: int) -> "tuple[System, ...]":
    """What the gate compares with; none where there is no gate."""
    gate = options.gate
    if gate is None:
        return ()
    if gate.sequential and models > 1:
        raise UsageError(f"--sequential: found {models} models; expected one, as looks are taken of one")
    from harness.compare.load import read

    systems = read(gate.baseline)
    pages = find_pages(options.evals, root)
    gate.margins.check({page.benchmark for page in pages} | {name for system in systems for name in system.cases})
    return systems
