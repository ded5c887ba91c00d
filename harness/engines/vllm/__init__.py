"""The engine of vLLM, offline and in the engine's own process: `vllm.LLM`, without a server.

arguments  what vLLM is told when a model is loaded      loading    the model, and the tokenizer that vLLM has not
stepping   requests that run at the same time            scoring    log-likelihoods, from the log-probs of prompts
writing    completions, a token after the other          watching   processes of vLLM's own, which may be killed
engine     answers requests, with all of these

vLLM pins a torch of its own, so it mostly lives in another interpreter, which `--engine-python` names.
"""

from dataclasses import replace
from pathlib import Path

from harness.engines import Engine
from harness.engines.descriptor import Ability
from harness.engines.descriptor import Choice
from harness.engines.descriptor import EngineDescriptor
from harness.engines.descriptor import EngineSpec
from harness.engines.descriptor import Prepared
from harness.engines.options import ADAPTER
from harness.engines.options import ALLOW_PICKLE
from harness.engines.options import BATCH_TOKENS
from harness.engines.options import CONTEXT_SIZE
from harness.engines.options import DEVICE
from harness.engines.options import DTYPE
from harness.engines.options import STALL_LIMIT
from harness.engines.options import THINK_TOKENS
from harness.engines.options import TRUNCATE
from harness.engines.options import TRUST_REMOTE_CODE
from harness.engines.preparing import from_weights
from harness.engines.vllm.arguments import BUILDS
from harness.engines.vllm.arguments import ENFORCE_EAGER
from harness.engines.vllm.arguments import GPU_MEMORY_UTILIZATION
from harness.engines.vllm.arguments import KV_CACHE_GIB
from harness.engines.vllm.arguments import LIBRARIES
from harness.engines.vllm.arguments import NO_PREFIX_CACHING
from harness.engines.vllm.arguments import PIPELINE_PARALLEL_SIZE
from harness.engines.vllm.arguments import QUANTIZATION
from harness.engines.vllm.arguments import TENSOR_PARALLEL_SIZE
from harness.errors import ModelError
from harness.errors import UsageError
from harness.extras import remedy
from harness.extras import require
from harness.models import Card
from harness.models.adapters import WEIGHTS
from harness.models.cards import DEFAULT
from harness.models.identity import versions
from harness.models.local import tensor_names

OWN = (
    CONTEXT_SIZE,
    TENSOR_PARALLEL_SIZE,
    PIPELINE_PARALLEL_SIZE,
    QUANTIZATION,
    ADAPTER,
    NO_PREFIX_CACHING,
    ENFORCE_EAGER,
    GPU_MEMORY_UTILIZATION,
    KV_CACHE_GIB,
)


def prepare(card: Card, choice: Choice) -> Prepared:
    """The model's weights, identified; raises ModelError or UsageError where it cannot be had or run as chosen."""
    _require_installed(choice)
    for option in (CONTEXT_SIZE, TENSOR_PARALLEL_SIZE, PIPELINE_PARALLEL_SIZE, KV_CACHE_GIB):
        if choice[option] == 0:
            raise UsageError(f"--{option.name}: found 0; expected 1 or more")
    share = choice[GPU_MEMORY_UTILIZATION]
    if share is not None and not (isinstance(share, float) and 0 < share <= 1):
        raise UsageError(f"--{GPU_MEMORY_UTILIZATION.name}: found {share}; expected a share above 0, at most 1")
    prepared = from_weights(card, choice, LIBRARIES)
    if prepared.weights.gguf is not None:
        raise ModelError(f"{card.name}: a GGUF file; expected the Hub's format for --engine {choice.engine}")
    if prepared.settings.device == "mps":
        raise UsageError("--device: found mps; expected cpu or cuda, which vLLM is built for")
    if prepared.weights.adapter is None:
        return prepared
    tensors = Path(prepared.weights.adapter) / WEIGHTS
    return replace(prepared, lacks=_lacks_with_adapter(tensors, on_cpu=prepared.settings.device == "cpu"))


def _require_installed(choice: Choice) -> None:
    """Raise UsageError where the interpreter of the engine's process has no vLLM."""
    if choice.python is None:
        require(f"--engine {choice.engine}", "vllm")
    elif not any(versions(BUILDS, choice.python).values()):
        raise UsageError(
            f"--engine {choice.engine} in {choice.python}: vllm is not installed; expected {remedy('vllm')} there"
        )


def _lacks_with_adapter(tensors: Path, *, on_cpu: bool) -> dict[Ability, str]:
    """What vLLM does wrong with an adapter: it passes one by where it projects a prompt onto the vocabulary.

    On a CPU it stops there with an error. On a GPU it leaves out an adapter's part of that projection, in silence.
    """
    if on_cpu:
        why = "gives no log-probs of prompts with an adapter on a CPU (vllm-project/vllm#29955)"
    elif any("lm_head" in name for name in tensor_names(tensors)):
        why = "leaves an adapter's lm_head out of the log-probs of prompts (vllm-project/vllm#51594)"
    else:
        return {}
    return {"log-likelihoods": why, "rolling": why}


def open_engine(spec: EngineSpec) -> Engine:
    """The engine with its model loaded."""
    from harness.engines.vllm.engine import VllmEngine
    from harness.engines.vllm.loading import load

    return VllmEngine(load(spec), spec)


ENGINE = EngineDescriptor(
    open_engine,
    prepare,
    models=(DEFAULT,),
    options=(DEVICE, DTYPE, BATCH_TOKENS, STALL_LIMIT, TRUNCATE, THINK_TOKENS, ALLOW_PICKLE, TRUST_REMOTE_CODE, *OWN),
    extra="vllm",
)
