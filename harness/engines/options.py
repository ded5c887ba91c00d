"""Options: one declaration of each, from which the command line, the configuration, the README and the manifest follow.

Those that several engines take stand here, so that one name means one thing; an engine's own stand in its module.
"""

import re
from collections.abc import Mapping
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from typing import Literal
from typing import TypeAlias

from harness.errors import UsageError

Kind: TypeAlias = Literal["text", "number", "count", "fraction", "switch", "file", "adapter"]
"""What a value is: text, a number from 0, that or a word, a fraction or several, on or off, a file, an adapter."""

_NAME = re.compile(r"[a-z][a-z0-9]*(-[a-z0-9]+)*")
TYPES: Mapping[Kind, Any] = {
    "text": str,
    "number": int | str,
    "count": int | str,
    "fraction": int | float | str,
    "switch": bool,
    "file": str,
    "adapter": str,
}
"""The types that a value of `[tool.crosstask]` may have."""


@dataclass(frozen=True, slots=True)
class Option:
    """One option of the command line.

    Attributes:
        name: Its name without hyphens in front.
        text: Its help, with code in backticks.
        metavar: What stands for its value in help; a switch has none, nor has an option with `choices`.
        kind: The kind of its value.
        choices: The values that it takes; None where it takes any of its kind.
        repeatable: Whether it may be given several times.
        configurable: Whether it is also a key of `[tool.crosstask]`, under the same name.
        default: The value where none is given.
        manifest: When the manifest has an engine's option under its name: always, only where it was chosen, or never.
        hashed_under: For a file, whose sha256 the manifest has under the key `<hashed_under>_sha256`.
        changes_answers: Whether its value is part of a model's identity.
        secret: Whether it is written nowhere: neither to a manifest, nor to the command in it, nor to an identity.
    """

    name: str
    text: str
    metavar: str | None = None
    kind: Kind = "text"
    choices: tuple[str, ...] | None = None
    repeatable: bool = False
    configurable: bool = True
    default: Any = None
    manifest: Literal["always", "chosen", "never"] = "always"
    hashed_under: str = ""
    changes_answers: bool = True
    secret: bool = False

    def __post_init__(self) -> None:
        """Raises UsageError where the name cannot stand on a command line, in a table and in Python alike."""
        if not _NAME.fullmatch(self.name):
            raise UsageError(f"option {self.name!r}: found a name of another form; expected words joined by hyphens")

    @property
    def attribute(self) -> str:
        """Where pytest keeps the value."""
        return f"crosstask_{self.key}"

    @property
    def key(self) -> str:
        """The key of the value in a manifest."""
        return self.name.replace("-", "_")

    @property
    def is_switch(self) -> bool:
        """Whether it takes no value."""
        return self.kind == "switch"


DEVICE = Option(
    "device",
    "`auto` (default), `cpu`, `cuda`, `cuda:N` or `mps`; `all` or a list, as `0,1` or `cpu,cpu`, opens the model once "
    "on each",
    "NAME",
    default="auto",
)
STALL_LIMIT = Option(
    "stall-limit",
    "seconds without a sign of progress after which an engine process is ended and its requests asked again "
    "(default 1800; six times that while it loads; 0 waits for ever)",
    "SECONDS",
    kind="number",
    default=1800,
    manifest="never",
    changes_answers=False,
)
DTYPE = Option(
    "dtype",
    "weights in memory: `float32`, `bfloat16`, `float16`; `auto` (default) is float32 on a CPU and bfloat16 elsewhere",
    choices=("auto", "float32", "bfloat16", "float16"),
    default="auto",
)
BATCH_TOKENS = Option(
    "batch-tokens",
    "tokens of a batch (default: chosen by the device)",
    "N",
    kind="number",
    default=0,
    manifest="never",
    changes_answers=False,
)
TRUNCATE = Option(
    "truncate",
    "a prompt longer than the context: `refuse` (default) it, or drop its `left` end and say so",
    choices=("refuse", "left"),
    default="refuse",
)
GENERATION_CONFIG = Option(
    "generation-config",
    "what a model's repository asks of decoding beyond the most likely token, as a penalty on repetition: leave it out "
    "(`benchmark`, default) and say so, or apply it (`model`)",
    choices=("benchmark", "model"),
    default="benchmark",
    manifest="chosen",  # the same command finds the folder of its run from before there was a choice
)
THINK_TOKENS = Option(
    "think-tokens",
    "the budget of a reasoning model's `<think>`, apart from its answer's (default 4096)",
    "N",
    kind="number",
    default=4096,
)
CONTEXT_SIZE = Option(
    "context-size",
    "tokens of a sequence, prompt and answer (default: what the model was trained on; of `llama.cpp` at most 4096)",
    "N",
    "number",
    manifest="chosen",
)
ALLOW_PICKLE = Option("allow-pickle", "load pickled weights, which can run code", kind="switch", default=False)
TRUST_REMOTE_CODE = Option(
    "trust-remote-code", "run the code that a model's repository brings", kind="switch", default=False
)
ADAPTER = Option(
    "adapter",
    "a PEFT adapter (LoRA) of the model, in safetensors; `transformers` needs the extra `peft` for it",
    "DIR",
    "adapter",
    manifest="chosen",
    hashed_under="adapter",
    changes_answers=False,  # its files are among the weights' hashes, whatever its folder is called
)
LOAD_IN = Option(
    "load-in",
    "quantise the weights as they are loaded, to `4bit` (NF4) or `8bit` (LLM.int8()); needs the extra `bitsandbytes`",
    choices=("4bit", "8bit"),
    manifest="chosen",
    changes_answers=False,  # it is among the settings of the identity
)
ANSWERS = Option(
    "answers",
    "answers generated elsewhere (`replay`), or a script (`scripted`)",
    "FILE",
    "file",
    hashed_under="answers",
)

STANDARD: Sequence[Option] = (
    DEVICE,
    DTYPE,
    BATCH_TOKENS,
    STALL_LIMIT,
    TRUNCATE,
    GENERATION_CONFIG,
    THINK_TOKENS,
    ALLOW_PICKLE,
    TRUST_REMOTE_CODE,
)
"""The options of an engine that runs weights on this machine."""
