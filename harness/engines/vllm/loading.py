"""A model in the memory of vLLM, and its tokenizer: that of transformers, by the rules that all engines share."""

import os
import re
import sys
from dataclasses import dataclass
from pathlib import Path
from textwrap import shorten
from typing import Any

from harness.engines.descriptor import EngineSpec
from harness.engines.texts.asked import NEUTRAL
from harness.engines.texts.asked import OTHER_DECODING
from harness.engines.texts.asked import asked
from harness.engines.texts.asked import note
from harness.engines.texts.tokens import Tokens
from harness.engines.texts.tokens import end_tokens
from harness.engines.vllm.arguments import arguments
from harness.engines.vllm.arguments import environment
from harness.engines.vllm.watching import watch
from harness.errors import CrosstaskError
from harness.errors import EngineError
from harness.errors import ModelError

_LONGEST = 200
_NO_MEMORY = ("out of memory", "kv cache", "free memory", "cannot allocate", "bad_alloc", "available memory")
_ERROR = re.compile(r"(?:Value|Assertion) error, (?P<reason>.+?)(?: \[type=|$)", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class Loaded:
    """A model that is loaded.

    `llm` is a `vllm.LLM`, `tokens` its tokenizer. `context` is how many tokens a sequence may have, prompt and answer.
    `ends` are the tokens that end a completion. `adapter` goes with each request, None without one.
    """

    llm: Any
    tokens: Tokens
    context: int
    ends: frozenset[int]
    adapter: Any = None
    notes: tuple[str, ...] = ()


def load(spec: EngineSpec) -> Loaded:
    """Load a model; raises ModelError or EngineError in one sentence."""
    name = spec.weights.card.name
    told = arguments(spec)
    os.environ.update(environment(spec, os.environ))
    try:
        import vllm

        _require_device(spec)
        tokenizer, generation = _files(spec)
        llm = vllm.LLM(**told)
    except CrosstaskError:
        raise
    except Exception as error:  # a kernel, a worker or a check of arguments may raise anything
        raise _failure(name, error) from error
    watch()
    if spec.settings.template and not tokenizer.chat_template:
        raise ModelError(f"{name}: it has no chat template; use --chat-template off")
    wishes = asked(generation, NEUTRAL) | asked(generation, OTHER_DECODING)
    return Loaded(
        llm,
        Tokens(tokenizer),
        int(llm.llm_engine.model_config.max_model_len),
        end_tokens(generation, tokenizer),
        _adapter(spec, llm),
        note(wishes, "left out, as this engine applies none"),
    )


def _files(spec: EngineSpec) -> tuple[Any, Any]:
    """The tokenizer and the generation config of a folder."""
    import transformers

    folder = spec.weights.directory
    options: dict[str, Any] = {"local_files_only": True, "trust_remote_code": spec.settings.trust_remote_code}
    tokenizer: Any = transformers.AutoTokenizer.from_pretrained(folder, **options)
    if (Path(folder) / "generation_config.json").is_file():
        return tokenizer, transformers.GenerationConfig.from_pretrained(folder, local_files_only=True)
    config = transformers.AutoConfig.from_pretrained(folder, **options)
    return tokenizer, transformers.GenerationConfig.from_model_config(config)


def _require_device(spec: EngineSpec) -> None:
    """Raise EngineError where this vLLM is built for another device than the one that was chosen."""
    from vllm.platforms import current_platform

    wanted, built = spec.settings.device.partition(":")[0], str(current_platform.device_type)
    if built != wanted:
        known = f"one for {built}" if built else "one that finds no device"
        raise EngineError(
            f"--device {wanted}: found a vllm in {sys.executable} that is {known}; expected one for {wanted}"
        )


def _adapter(spec: EngineSpec, llm: Any) -> Any:
    """What a request says to be answered with the adapter; raises ModelError where vLLM cannot take it."""
    folder = spec.weights.adapter
    if folder is None:
        return None
    from vllm.lora.request import LoRARequest

    request = LoRARequest("adapter", 1, folder)
    try:
        llm.llm_engine.add_lora(request)
    except Exception as error:  # as above
        raise ModelError(
            f"--adapter {folder}: {reason(error)}; expected an adapter of {spec.weights.card.name} that vllm takes"
        ) from error
    return request


def _failure(name: str, error: Exception) -> ModelError | EngineError:
    why = reason(error)
    if isinstance(error, MemoryError) or any(word in f"{why} {error}".lower() for word in _NO_MEMORY):
        return EngineError(
            f"{name}: too little memory for vllm ({why}); "
            "expected a smaller --context-size, --batch-tokens or --kv-cache-gib, or another --gpu-memory-utilization"
        )
    return ModelError(f"{name}: vllm cannot load it ({why}); expected a model and options that vllm knows")


def reason(error: BaseException) -> str:
    """The one line of an error that says why, without its full stop, and the beginning of a long one."""
    text = str(error).strip()
    checked = _ERROR.search(text)
    line = checked["reason"] if checked else (text.splitlines() or [type(error).__name__])[0]
    return shorten(line, _LONGEST, placeholder=" ...").rstrip(".:")
