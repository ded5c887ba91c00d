"""The engine of GGUF files: llama.cpp through its bindings `xllamacpp`, in the engine's own process, without a server.

bindings   the library: loading, tokens, templates, completions     texts     texts and turns to token ids
writing    when a completion ends, and what of it is thought        scoring   log-likelihoods, a token at a time
engine     answers requests, with all of these
"""

from pathlib import Path
from typing import Any

from harness.engines import Engine
from harness.engines.descriptor import ALL
from harness.engines.descriptor import Choice
from harness.engines.descriptor import EngineDescriptor
from harness.engines.descriptor import EngineSpec
from harness.engines.descriptor import Prepared
from harness.engines.options import CONTEXT_SIZE
from harness.engines.options import STALL_LIMIT
from harness.engines.options import THINK_TOKENS
from harness.engines.options import Option
from harness.engines.preparing import chosen
from harness.engines.preparing import uses_template
from harness.errors import ModelError
from harness.errors import UsageError
from harness.models import Card
from harness.models import Settings
from harness.models.cards import DEFAULT
from harness.models.cards import load_cards
from harness.models.cards import resolve as known
from harness.models.gguf_header import read_header
from harness.models.identity import identity
from harness.models.identity import versions
from harness.models.local import card_of
from harness.models.obtain import obtain_gguf

LIBRARIES = ("xllamacpp",)
"""The distribution whose version can change an answer; its last number is llama.cpp's build."""
SLOTS = Option(
    "slots",
    "sequences that `llama.cpp` computes at once (default 1); with more, what else is written changes the rounding",
    "N",
    "number",
    default=1,
    manifest="chosen",
)
THREADS = Option(
    "threads",
    "threads of `llama.cpp` (default: the cores of this machine)",
    "N",
    "number",
    default=0,
    manifest="never",
    changes_answers=False,  # each row of a product is one thread's
)
GPU_LAYERS = Option(
    "gpu-layers",
    "layers that `llama.cpp` computes on a GPU (default 0; 999 for all)",
    "N",
    "number",
    default=0,
    manifest="chosen",
)
KV_TYPE = Option(
    "kv-type",
    "how `llama.cpp` stores keys and values: `f32` (and sums in it), `f16` (default), `bf16`, `q8_0` or `q4_0`",
    choices=("f32", "f16", "bf16", "q8_0", "q4_0"),
    default="f16",
    manifest="chosen",
)
REUSE_PROMPTS = Option(
    "reuse-prompts",
    "`llama.cpp` keeps what a prompt shares with the one before: faster for shots, but the order changes the rounding",
    kind="switch",
    default=False,
    manifest="chosen",
)
MOST_CONTEXT = 4096
"""The context where the user names none: keys and values of all slots are laid out when the model is loaded."""


def resolve(name: str) -> Card:
    """As elsewhere, and a folder that holds one GGUF file."""
    called, equals, place = name.partition("=")
    path = Path(place if equals and called else name).expanduser()
    if name in load_cards() or not path.is_dir():
        return known(name)
    card = obtain_gguf(Card(name=path.resolve().name, path=str(path.absolute())))
    file = Path(card.directory) / (card.gguf or "")
    return known(f"{called}={file}") if equals and called else card_of(file)


def prepare(card: Card, choice: Choice) -> Prepared:
    """The model's file, identified; raises ModelError or UsageError where it cannot be had or run as chosen."""
    libraries = versions(LIBRARIES, choice.python)
    for option in (SLOTS, CONTEXT_SIZE):
        if choice[option] == 0:
            raise UsageError(f"--{option.name}: found 0; expected 1 or more")
    weights = obtain_gguf(card)
    path = Path(weights.directory) / (weights.gguf or "")
    settings = Settings(
        choice.engine,
        device="gpu" if choice[GPU_LAYERS] else "cpu",
        dtype="as stored",
        template=uses_template(choice, weights),
        think_tokens=choice[THINK_TOKENS] if weights.card.reasoning else None,
    )
    context = _context(path, choice[CONTEXT_SIZE])
    own = [option for option in choice.descriptor.options if option is not THINK_TOKENS]
    facts = {**chosen(choice, own), CONTEXT_SIZE.key: context}
    known_identity = identity(weights, settings, facts, libraries=libraries)
    return Prepared(weights, settings, known_identity, findings={"context": context})


def _context(path: Path, asked: int | None) -> int:
    """The tokens of a sequence; raises UsageError where that is longer than what the model was trained on."""
    metadata: Any = read_header(path).metadata
    trained = metadata.get(f"{metadata.get('general.architecture')}.context_length")
    if not isinstance(trained, int):
        raise ModelError(f"{path}: its metadata has no context length; expected the GGUF file of a language model")
    if asked is not None and asked > trained:
        raise UsageError(
            f"--context-size: found {asked}; expected at most {trained}, the context that {path.name} was trained on"
        )
    return asked or min(trained, MOST_CONTEXT)


def open_engine(spec: EngineSpec) -> Engine:
    """The engine with its model loaded."""
    from harness.engines.llama_cpp.bindings import Load
    from harness.engines.llama_cpp.bindings import load
    from harness.engines.llama_cpp.engine import LlamaCppEngine

    options = spec.options
    path = Path(spec.weights.directory) / (spec.weights.gguf or "")
    wished = Load(
        str(path),
        int(spec.findings["context"]),
        slots=options[SLOTS.name],
        threads=options[THREADS.name],
        gpu_layers=options[GPU_LAYERS.name],
        kv_type=options[KV_TYPE.name],
    )
    return LlamaCppEngine(load(wished), wished, spec.settings, reuse=options[REUSE_PROMPTS.name])


ENGINE = EngineDescriptor(
    open_engine,
    prepare,
    resolve=resolve,
    models=(DEFAULT,),
    options=(CONTEXT_SIZE, SLOTS, THREADS, GPU_LAYERS, KV_TYPE, REUSE_PROMPTS, STALL_LIMIT, THINK_TOKENS),
    abilities=ALL,
    extra="llama-cpp",
)
