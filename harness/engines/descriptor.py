"""The seam: everything the suite knows of an engine before it is opened, said by the engine's own module.

A module of `harness.engines` has a descriptor called `ENGINE`; one of a user's own is named `module:callable`.
"""

from collections.abc import Callable
from collections.abc import Iterable
from collections.abc import Mapping
from collections.abc import Sequence
from dataclasses import dataclass
from dataclasses import field
from typing import Any
from typing import Literal
from typing import Protocol
from typing import TypeAlias

from harness.core import Case
from harness.core import Generate
from harness.core import LogLikelihood
from harness.core import Request
from harness.core import Response
from harness.core import Rolling
from harness.engines import Engine
from harness.engines.options import Option
from harness.models import Card
from harness.models import Identity
from harness.models import Settings
from harness.models import Weights
from harness.models.cards import resolve

Ability: TypeAlias = Literal["generate", "chat", "log-likelihoods", "rolling", "samples", "seeds"]
"""Something a request may need: text after a prompt, turns, log-likelihoods of continuations, those of whole texts,
several samples of one prompt, draws that a seed repeats."""

ALL: frozenset[Ability] = frozenset({"generate", "chat", "log-likelihoods", "rolling", "samples", "seeds"})

_WORDS: Mapping[Ability, str] = {
    "generate": "generates no text",
    "chat": "takes no turns",
    "log-likelihoods": "gives no log-likelihoods",
    "rolling": "gives no log-likelihoods of whole texts",
    "samples": "draws one sample a prompt",
    "seeds": "cannot repeat a draw by its seed",
}


@dataclass(frozen=True, slots=True)
class EngineSpec:
    """An engine to open: `settings.engine` is its name, or `module:callable` of another package.

    `batch_tokens` bounds a batch, in tokens; 0 leaves it to the engine. `options` has the values of the options that
    the engine declares, as JSON. `findings` are what `prepare` found out, as JSON.
    """

    weights: Weights
    settings: Settings
    batch_tokens: int = 0
    options: Mapping[str, Any] = field(default_factory=dict)
    findings: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Choice:
    """An engine and what the user chose for it.

    `engine` is what `--engine` names. `options` has a value for each option that the engine declares, by name. `python`
    is the interpreter of the engine's process, None for this one. `elsewhere` says that the model runs on other
    machines, whose devices cannot be looked at from here.
    """

    engine: str
    descriptor: "EngineDescriptor"
    options: Mapping[str, Any] = field(default_factory=dict)
    chat_template: Literal["auto", "on", "off"] = "auto"
    python: str | None = None
    elsewhere: bool = False

    def __getitem__(self, option: Option) -> Any:
        """The value of an option; its default where the engine does not declare it."""
        return self.options.get(option.name, option.default)


@dataclass(frozen=True, slots=True)
class Prepared:
    """A model that an engine is ready to open: what decides its answers is known, and nothing is loaded.

    Attributes:
        weights: The model's files.
        settings: What it is asked with.
        identity: All that can change an answer.
        lacks: What this model cannot do that the engine could, and why.
        own_process: Whether it is opened in a process of its own, else in this one.
        findings: What the engine that is opened is handed, as JSON.
        kept: Whether answers are kept for every run of the same identity, or for this run alone, where no identity can
            tell all that changes them.
        devices: Each gets a process of its own; where none is named there is one, on the settings' device.
        replicas: Over how many of the model that process may spread what it is asked.
    """

    weights: Weights
    settings: Settings
    identity: Identity
    lacks: Mapping[Ability, str] = field(default_factory=dict)
    own_process: bool = True
    findings: Mapping[str, Any] = field(default_factory=dict)
    kept: Literal["always", "run"] = "always"
    devices: tuple[str, ...] = ()
    replicas: int = 1


class Recorded(Protocol):
    """Answers that were there before the run, by model, benchmark and case; `where` names them."""

    @property
    def where(self) -> str:
        """What an error calls them."""
        ...

    @property
    def models(self) -> tuple[str, ...]:
        """The models that answered."""
        ...

    @property
    def benchmarks(self) -> tuple[str, ...]:
        """The benchmarks answered."""
        ...

    def samples(self, benchmark: str) -> int | None:
        """How many texts an answer to a benchmark holds; None where none of its answers is text."""
        ...

    def join(
        self, benchmark: str, cases: Sequence[Case], rows: Sequence[Any], *, template: bool = True
    ) -> Mapping[tuple[str, str], Response]:
        """The response of each (model, case id) that has one; `rows` are the cases' own, in parallel."""
        ...


@dataclass(frozen=True, slots=True)
class EngineDescriptor:
    """All of an engine that the suite knows before it is opened.

    Attributes:
        open: Opens it, once, in a process of its own unless `Prepared` says otherwise; imports the heavy libraries.
        prepare: Finds a model's weights or server, and what can change its answers; raises ModelError or UsageError.
        resolve: Says what a value of `--model` means.
        models: The models that are asked where none is named.
        options: The options that it takes, its own and those of `harness.engines.options`.
        abilities: What it can do, for any model.
        weights: Whether a model's weights are, or come, on this disk.
        extra: The one of `harness.extras` that brings the libraries it imports where it is opened; without it a run
            ends in one sentence, with nothing downloaded.
        notes: What a reader of any number must know.
        several: Whether it can run as several processes, one a device.
        recorded: Reads answers that are there; with it nothing is asked.
    """

    open: Callable[[EngineSpec], Engine]
    prepare: Callable[[Card, Choice], Prepared]
    resolve: Callable[[str], Card] = resolve
    models: tuple[str, ...] = ()
    options: tuple[Option, ...] = ()
    abilities: frozenset[Ability] = ALL
    weights: bool = True
    extra: str | None = None
    notes: Callable[[Choice], Iterable[str]] = lambda _: ()
    several: bool = False
    recorded: Callable[[Choice], Recorded] | None = None


def needs(request: Request, *, template: bool = False) -> frozenset[Ability]:
    """What an engine must be able to do for a request; `template` says whether prompts are rendered as turns."""
    abilities: set[Ability] = set()
    if isinstance(request, Generate):
        abilities.add("generate")
        if template:
            abilities.add("chat")
        if request.samples > 1:
            abilities.add("samples")
        if request.temperature > 0:
            abilities.add("seeds")
    elif isinstance(request, LogLikelihood):
        abilities.add("log-likelihoods")
    elif isinstance(request, Rolling):
        abilities.add("rolling")
    return frozenset(abilities)


def lacking(abilities: frozenset[Ability]) -> dict[Ability, str]:
    """What an engine with these abilities cannot do, in words."""
    return {ability: _WORDS[ability] for ability in sorted(ALL - abilities)}


def unable(engine: str, abilities: frozenset[Ability], requests: Iterable[Request]) -> str | None:
    """Why an engine cannot be asked one of the requests; None where it can be asked all of them."""
    for request in requests:
        for missing in sorted(needs(request) - abilities):
            return f"engine {engine}: {_WORDS[missing]}"
    return None
