"""From a card to a model that an engine can open: what engines with weights, and those without, have in common."""

from collections.abc import Callable
from collections.abc import Iterable
from collections.abc import Mapping
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from harness.engines import Engine
from harness.engines.descriptor import Ability
from harness.engines.descriptor import Choice
from harness.engines.descriptor import EngineDescriptor
from harness.engines.descriptor import EngineSpec
from harness.engines.descriptor import Prepared
from harness.engines.options import ADAPTER
from harness.engines.options import ALLOW_PICKLE
from harness.engines.options import DEVICE
from harness.engines.options import DTYPE
from harness.engines.options import GENERATION_CONFIG
from harness.engines.options import LOAD_IN
from harness.engines.options import STANDARD
from harness.engines.options import THINK_TOKENS
from harness.engines.options import TRUNCATE
from harness.engines.options import TRUST_REMOTE_CODE
from harness.engines.options import Option
from harness.errors import UsageError
from harness.models import Card
from harness.models import Settings
from harness.models import Weights
from harness.models.adapters import with_adapter
from harness.models.cards import DEFAULT
from harness.models.devices import resolve_devices
from harness.models.devices import resolve_dtype
from harness.models.hashes import sha256_of
from harness.models.identity import identity
from harness.models.identity import versions
from harness.models.obtain import obtain


def from_weights(card: Card, choice: Choice, libraries: Sequence[str] = ()) -> Prepared:
    """A model whose weights are on this disk, or are brought there.

    `libraries` are the distributions whose version can change an answer; the values of the engine's own options are
    part of the identity. Raises ModelError or UsageError where the model cannot be had or run as chosen.
    """
    named = choice[DEVICE]
    devices = (named,) if choice.elsewhere and named != "auto" else resolve_devices(named, choice.python)
    device = devices[0]
    allow_pickle, trust = bool(choice[ALLOW_PICKLE]), bool(choice[TRUST_REMOTE_CODE])
    weights = obtain(card, allow_pickle=allow_pickle, trust_remote_code=trust)
    folder = choice[ADAPTER] if ADAPTER in choice.descriptor.options else None
    weights = weights if folder is None else with_adapter(weights, folder)
    settings = Settings(
        engine=choice.engine,
        device=device,
        dtype=resolve_dtype(choice[DTYPE], device),
        template=uses_template(choice, weights),
        truncate="left" if choice[TRUNCATE] == "left" else "refuse",
        think_tokens=choice[THINK_TOKENS] if weights.card.reasoning else None,
        trust_remote_code=trust,
        allow_pickle=allow_pickle,
        generation_config="model" if choice[GENERATION_CONFIG] == "model" else "benchmark",
        load_in=choice[LOAD_IN] if LOAD_IN in choice.descriptor.options else None,
    )
    installed = versions(libraries, choice.python)
    own = [option for option in choice.descriptor.options if option not in STANDARD]
    return Prepared(
        weights, settings, identity(weights, settings, chosen(choice, own), libraries=installed), devices=devices
    )


def without_weights(
    card: Card,
    choice: Choice,
    facts: Mapping[str, Any],
    lacks: Mapping[Ability, str] | None = None,
    settings: Settings | None = None,
) -> Prepared:
    """A model that runs elsewhere; `facts` are all that tell it from another one, as JSON.

    A server's address is none of them, and the version of what it serves is one. The model's name and the values of all
    options that can change an answer are part of the identity, too. Without `settings` prompts are rendered as turns
    where the user says so.
    """
    weights = Weights(card, "")
    settings = settings or Settings(choice.engine, template=choice.chat_template == "on")
    known = identity(weights, settings, {"model": card.name, **chosen(choice, choice.descriptor.options), **facts})
    return Prepared(weights, settings, known, lacks or {})


def chosen(choice: Choice, options: Iterable[Option]) -> dict[str, Any]:
    """The values of the options that can change an answer; of a file its content, wherever it lies."""
    values = {option.key: choice[option] for option in options if option.changes_answers and not option.secret}
    return {key: sha256_of(value) if isinstance(value, Path) else value for key, value in values.items()}


def runs_weights(function: Callable[[Weights, Settings, int], Engine]) -> EngineDescriptor:
    """The descriptor of an engine that a function opens from (weights, settings, tokens of a batch)."""

    def open_engine(spec: EngineSpec) -> Engine:
        return function(spec.weights, spec.settings, spec.batch_tokens)

    return EngineDescriptor(open_engine, from_weights, models=(DEFAULT,), options=tuple(STANDARD))


def uses_template(choice: Choice, weights: Weights) -> bool:
    """Whether prompts are rendered as turns; raises UsageError where that is wished and there is no template."""
    wish = choice.chat_template
    if wish == "on" and not weights.template:
        raise UsageError(f"--chat-template on: {weights.card.name} has no chat template; expected auto or off for it")
    return weights.template and (wish == "on" or (wish == "auto" and weights.card.chat))
