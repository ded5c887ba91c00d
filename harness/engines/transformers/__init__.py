"""The transformers engine: `engine` answers, the other modules are its parts, one concern each.

checkpoint   weights and tokenizer off the disk      tokens      texts to token ids, by lm-evaluation-harness's rules
prefix_tree  what sequences share                    packing     a forward pass over a run of the tree
scoring      log-likelihoods from its logits         slots       a cache whose rows all have their own length
decoding     the loop that fills the slots           completion  when an answer ends, and what of it is thought
plain        other ways, for other models             alone       one sequence by itself, which all must equal
selfcheck    which way a model gets                   probe       what it compares
reach        how far it must look                     findings    what it found, kept
memory       batches by token budget                  placement   which device has which layer
"""

from harness.engines.transformers.engine import TransformersEngine
from harness.models import Settings
from harness.models import Weights

__all__ = ["TransformersEngine", "open_engine"]


def open_engine(weights: Weights, settings: Settings, batch_tokens: int) -> TransformersEngine:
    """The engine with its model loaded."""
    return TransformersEngine(weights, settings, batch_tokens)
