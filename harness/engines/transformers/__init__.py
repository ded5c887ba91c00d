"""The transformers engine: `engine` answers, the other modules are its parts, one concern each.

checkpoint   weights and tokenizer off the disk      prefix_tree  what sequences share
packing      a forward pass over a run of the tree   scoring      log-likelihoods from its logits
in_flight    a cache whose rows have their own length decoding    the loop that keeps them full
plain        other ways, for other models            alone        one sequence by itself, which all must equal
selfcheck    which way a model gets                  probe        what it compares
reach        how far it must look                    findings     what it found, kept
memory       batches by token budget                 placement    which device has which layer
"""

from harness.engines import Engine
from harness.engines.descriptor import Choice
from harness.engines.descriptor import EngineDescriptor
from harness.engines.descriptor import EngineSpec
from harness.engines.descriptor import Prepared
from harness.engines.options import STANDARD
from harness.engines.preparing import from_weights
from harness.models import Card
from harness.models.cards import DEFAULT

LIBRARIES = ("torch", "transformers", "tokenizers", "safetensors", "gguf")
"""The distributions whose version can change an answer."""


def prepare(card: Card, choice: Choice) -> Prepared:
    """The model's weights, obtained and identified."""
    return from_weights(card, choice, LIBRARIES)


def open_engine(spec: EngineSpec) -> Engine:
    """The engine with its model loaded."""
    from harness.engines.transformers.engine import TransformersEngine

    return TransformersEngine(spec.weights, spec.settings, spec.batch_tokens)


ENGINE = EngineDescriptor(open_engine, prepare, models=(DEFAULT,), options=tuple(STANDARD), extra="local")
