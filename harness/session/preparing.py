"""From a model's card to where its answers come from; the engine is opened at the first request."""

import sys
from collections.abc import Mapping
from dataclasses import asdict
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from harness.engines import Resident
from harness.engines.descriptor import Choice
from harness.engines.descriptor import EngineSpec
from harness.engines.descriptor import lacking
from harness.engines.in_process import InProcess
from harness.engines.options import BATCH_TOKENS
from harness.engines.process import EngineProcess
from harness.engines.registry import folder_of
from harness.extras import require
from harness.models import Card
from harness.models.hashes import cache_directory
from harness.processes.child import Launch
from harness.session.engine_loop import Source


@dataclass(frozen=True, slots=True)
class Served:
    """A model ready to be asked, and what the manifest says of it."""

    source: Source
    facts: dict[str, Any]


def serve(card: Card, choice: Choice, log: Path) -> Served:
    """Prepare a model; its engine is opened with the first request, and prints to `log` in the run's folder.

    Raises ModelError or UsageError, each one sentence, where the model cannot be had or run as chosen, or the engine's
    libraries are not installed.
    """
    extra = choice.descriptor.extra
    if extra is not None and choice.python is None:  # another interpreter looks for itself
        require(f"--engine {choice.engine}", extra)
    prepared = choice.descriptor.prepare(card, choice)
    batch_tokens, options = choice[BATCH_TOKENS], _json(choice.options)
    spec = EngineSpec(prepared.weights, prepared.settings, batch_tokens, options, prepared.findings)
    engine: Resident
    if prepared.own_process:
        engine = EngineProcess(spec, Launch(choice.python or sys.executable, log, folder=folder_of(choice.engine)))
    else:
        engine = InProcess(spec, choice.descriptor.open)
    known = prepared.identity
    facts: dict[str, Any] = {
        "settings": asdict(prepared.settings),
        "identity": dict(known.facts),
        "digest": known.digest,
        "revision": prepared.weights.revision,
        "note": prepared.weights.note,
    }
    answers = cache_directory() / "answers" / f"{known.digest}.sqlite"
    if prepared.kept == "run":
        answers = log.parent / f"answers-{known.digest}.sqlite"
    without = {**lacking(choice.descriptor.abilities), **prepared.lacks}
    lacks = {ability: f"engine {choice.engine}: {reason}" for ability, reason in without.items()}
    if lacks:
        facts["lacks"] = lacks
    return Served(Source(engine, answers, known.digest, lacks, prepared.settings.template), facts)


def _json(options: Mapping[str, Any]) -> dict[str, Any]:
    return {name: str(value) if isinstance(value, Path) else value for name, value in options.items()}
