"""Serving: from a card to where its answers come from, the weights obtained and identified, nothing loaded."""

from dataclasses import asdict
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from typing import Literal

from harness.cases.recipes import Template
from harness.engines import Resident
from harness.engines import entry_point
from harness.engines.process import EngineProcess
from harness.engines.process.child import Launch
from harness.engines.process.wire import EngineSpec
from harness.engines.scripted import ScriptedEngine
from harness.engines.scripted import read_script
from harness.errors import UsageError
from harness.models import Card
from harness.models import Identity
from harness.models import Settings
from harness.models import Weights
from harness.models.devices import resolve_device
from harness.models.devices import resolve_dtype
from harness.models.hashes import cache_directory
from harness.models.identity import identity
from harness.models.identity import scripted_weights
from harness.models.obtain import obtain
from harness.session.engine_loop import Source


@dataclass(frozen=True, slots=True)
class Wishes:
    """How the user wants models to be run, before device, dtype and template are resolved for one."""

    engine: str
    device: str = "auto"
    dtype: str = "auto"
    chat_template: Template = "auto"
    truncate: Literal["refuse", "left"] = "refuse"
    think_tokens: int = 4096
    batch_tokens: int = 0
    allow_pickle: bool = False
    generation_config: Literal["benchmark", "model"] = "benchmark"
    trust_remote_code: bool = False
    script: Path | None = None


@dataclass(frozen=True, slots=True)
class Served:
    """A model ready to be asked, and what the manifest says of it."""

    source: Source
    facts: dict[str, Any]


def serve(card: Card, wishes: Wishes, log: Path) -> Served:
    """Obtain and identify a model; its engine starts with the first request.

    Raises ModelError or UsageError, each one sentence, where the model cannot be had or run as wished.
    """
    if wishes.engine == "scripted":
        return _scripted(card, wishes, log)
    entry_point(wishes.engine)
    device = resolve_device(wishes.device)
    weights = obtain(card, allow_pickle=wishes.allow_pickle, trust_remote_code=wishes.trust_remote_code)
    settings = Settings(
        engine=wishes.engine,
        device=device,
        dtype=resolve_dtype(wishes.dtype, device),
        template=_uses_template(wishes.chat_template, weights),
        truncate=wishes.truncate,
        think_tokens=wishes.think_tokens if weights.card.reasoning else None,
        trust_remote_code=wishes.trust_remote_code,
        allow_pickle=wishes.allow_pickle,
        generation_config=wishes.generation_config,
    )
    engine = EngineProcess(EngineSpec(weights, settings, wishes.batch_tokens), Launch(log=log))
    return _served(weights, settings, identity(weights, settings), engine)


def _scripted(card: Card, wishes: Wishes, log: Path) -> Served:
    weights = scripted_weights(card, wishes.script)
    settings = Settings("scripted", template=wishes.chat_template == "on")
    script = read_script(wishes.script) if wishes.script else None
    engine: Resident = ScriptedEngine(script)
    if script is not None and script.crash is not None:
        # what the script kills must be the engine's process, not pytest's
        engine = EngineProcess(EngineSpec(weights, settings), Launch(log=log))
    return _served(weights, settings, identity(weights, settings), engine)


def _uses_template(wish: Template, weights: Weights) -> bool:
    if wish == "on" and not weights.template:
        raise UsageError(f"--chat-template on: {weights.card.name} has no chat template; expected auto or off for it")
    return weights.template and (wish == "on" or (wish == "auto" and weights.card.chat))


def _served(weights: Weights, settings: Settings, known: Identity, engine: Resident) -> Served:
    facts = {
        "settings": asdict(settings),
        "identity": dict(known.facts),
        "digest": known.digest,
        "revision": weights.revision,
        "note": weights.note,
    }
    source = Source(engine, cache_directory() / "answers" / f"{known.digest}.sqlite", known.digest)
    return Served(source, facts)
