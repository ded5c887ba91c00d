"""What the command line names: a run's folder, one model of it, or a baseline file."""

from collections.abc import Iterator
from collections.abc import Sequence
from dataclasses import replace
from itertools import count
from pathlib import Path
from string import ascii_uppercase

from harness.cases.expressions import matching
from harness.compare.baseline import read_baseline
from harness.compare.system import System
from harness.compare.system import systems_of
from harness.errors import UsageError
from harness.results.folder import read_run


def load(names: Sequence[str], fewest: int = 2) -> tuple[System, ...]:
    """The systems of `RUN`, `RUN:model` or `FILE`, in that order, named A, B, C and so on.

    A run's name alone means all its models. Raises UsageError where fewer than `fewest` are named, or one twice,
    StoreError where a file cannot be read.
    """
    systems = [system for name in names for system in read(name)]
    if len(systems) < fewest:
        raise UsageError(f"{', '.join(names)}: found {_models(systems)}; expected {fewest} or more to compare")
    places = [(system.source, system.model) for system in systems]
    for place in places:
        if places.count(place) > 1:
            raise UsageError(f"{place[0]}: {place[1]} is named twice; expected each once")
    return tuple(replace(system, name=letter) for system, letter in zip(systems, letters(), strict=False))


def read(name: str) -> tuple[System, ...]:
    """The systems that one name means, each named as its model."""
    path, model = Path(name), ""
    if not path.exists() and ":" in name:
        left, _, model = name.rpartition(":")
        path = Path(left)
    if not path.exists():
        raise UsageError(f"{name}: not there; expected the folder of a run, RUN:MODEL, or a baseline file")
    systems = systems_of(read_run(path)) if path.is_dir() else read_baseline(path)
    if not model:
        return systems
    chosen = tuple(system for system in systems if system.model == model)
    if not chosen:
        raise UsageError(
            f"{path}: found no model {model!r}; expected one of {', '.join(system.model for system in systems)}"
        )
    return chosen


def narrow(systems: Sequence[System], expression: str) -> tuple[System, ...]:
    """The systems with those of their benchmarks whose name or area the expression holds for, as pytest's -k.

    Raises UsageError where it is no such expression or nothing matches.
    """
    known = {name: system.facts(name).get("area") for system in systems for name in system.cases}
    wanted = matching(expression, known)
    return tuple(
        replace(system, cases={name: cases for name, cases in system.cases.items() if name in wanted})
        for system in systems
    )


def letters() -> Iterator[str]:
    """A to Z, then A2 to Z2 and so on."""
    for number in count(1):
        yield from (f"{letter}{number if number > 1 else ''}" for letter in ascii_uppercase)


def _models(systems: Sequence[System]) -> str:
    return f"one model, {systems[0].model}" if systems else "no model"
