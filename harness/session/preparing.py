"""From a model's card to where its answers come from; the engine is opened at the first request."""

import os
import sys
from collections.abc import Mapping
from collections.abc import Sequence
from dataclasses import asdict
from dataclasses import dataclass
from dataclasses import replace
from pathlib import Path
from typing import Any

from harness.engines import Resident
from harness.engines.descriptor import Choice
from harness.engines.descriptor import EngineSpec
from harness.engines.descriptor import lacking
from harness.engines.in_process import InProcess
from harness.engines.options import BATCH_TOKENS
from harness.engines.options import DEVICE
from harness.engines.options import STALL_LIMIT
from harness.engines.process import EngineProcess
from harness.engines.process.pool import EnginePool
from harness.engines.registry import folder_of
from harness.errors import UsageError
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
    device = choice[DEVICE]
    if not choice.descriptor.several and (device == "all" or "," in device):
        raise UsageError(f"--device {device}: engine {choice.engine} runs in one process; expected one device")
    prepared = choice.descriptor.prepare(card, choice)
    batch_tokens, options = choice[BATCH_TOKENS], _json(choice.options)
    spec = EngineSpec(prepared.weights, prepared.settings, batch_tokens, options, prepared.findings)
    engine: Resident
    if prepared.own_process:
        engine = _pool(spec, choice, log, prepared.devices or (prepared.settings.device,))
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
    processes = len(prepared.devices) or prepared.replicas
    return Served(Source(engine, answers, known.digest, lacks, prepared.settings.template, processes), facts)


def _pool(spec: EngineSpec, choice: Choice, log: Path, devices: Sequence[str]) -> EnginePool:
    """One process a device; those on the CPU share its threads, and each but the first has a log of its own."""
    env: dict[str, str] = {}
    if len(devices) > 1 and devices[0] == "cpu" and "OMP_NUM_THREADS" not in os.environ:
        env = {"OMP_NUM_THREADS": str(max(1, (os.cpu_count() or 1) // len(devices)))}
    launch = Launch(choice.python or sys.executable, log, env, folder_of(choice.engine))
    return EnginePool(
        [
            EngineProcess(
                replace(spec, settings=replace(spec.settings, device=device)) if len(devices) > 1 else spec,
                replace(launch, log=log.with_stem(f"{log.stem}-{place}") if place else log),
            )
            for place, device in enumerate(devices)
        ],
        choice[STALL_LIMIT],
    )


def _json(options: Mapping[str, Any]) -> dict[str, Any]:
    return {name: str(value) if isinstance(value, Path) else value for name, value in options.items()}
