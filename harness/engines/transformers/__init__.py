"""The transformers engine: `engine` answers, the other modules are its parts, one concern each.

checkpoint   weights and tokenizer off the disk      prefix_tree  what sequences share
packing      a forward pass over a run of the tree   scoring      log-likelihoods from its logits
in_flight    a cache whose rows have their own length decoding    the loop that keeps them full
plain        other ways, for other models            alone        one sequence by itself, which all must equal
selfcheck    which way a model gets                  probe        what it compares
reach        how far it must look                    findings     what it found, kept
memory       batches by token budget                 placement    which device has which layer
adapter      a LoRA adapter on the model             quantised    weights in 4 or 8 bits
"""

from harness.engines import Engine
from harness.engines.descriptor import Choice
from harness.engines.descriptor import EngineDescriptor
from harness.engines.descriptor import EngineSpec
from harness.engines.descriptor import Prepared
from harness.engines.options import ADAPTER
from harness.engines.options import LOAD_IN
from harness.engines.options import STANDARD
from harness.engines.preparing import from_weights
from harness.extras import require
from harness.models import Card
from harness.models.cards import DEFAULT

LIBRARIES = ("torch", "transformers", "tokenizers", "safetensors", "gguf")
"""The distributions whose version can change an answer."""


def prepare(card: Card, choice: Choice) -> Prepared:
    """The model's weights, obtained and identified; raises UsageError where an option's extra is not installed."""
    chosen = {"peft": choice[ADAPTER], "bitsandbytes": choice[LOAD_IN]}
    more = [library for library, value in chosen.items() if value is not None]
    for option, library in ((ADAPTER, "peft"), (LOAD_IN, "bitsandbytes")):
        if library in more and choice.python is None:
            require(f"--{option.name}", library)
    return from_weights(card, choice, (*LIBRARIES, *more))


def open_engine(spec: EngineSpec) -> Engine:
    """The engine with its model loaded."""
    from harness.engines.transformers.engine import TransformersEngine

    return TransformersEngine(spec.weights, spec.settings, spec.batch_tokens)


ENGINE = EngineDescriptor(
    open_engine, prepare, models=(DEFAULT,), options=(*STANDARD, ADAPTER, LOAD_IN), extra="local", several=True
)
