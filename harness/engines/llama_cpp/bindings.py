"""The library: llama.cpp's server inside this process, by xllamacpp's `Server`.

Completions are its own calls. Tokens and templates it has behind HTTP alone, so these are asked on loopback, where a
key that nobody else knows keeps others out. API: https://github.com/xorbitsai/xllamacpp, and `tools/server/README.md`
of https://github.com/ggml-org/llama.cpp for the fields.
"""

import json
import os
import secrets
import sys
import tempfile
import urllib.error
import urllib.request
from collections.abc import Callable
from collections.abc import Mapping
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from typing import TypeAlias

import psutil

from harness.errors import EngineError
from harness.errors import ModelError

Take: TypeAlias = Callable[[Mapping[str, Any]], bool]
"""What is given each piece of a completion, and says whether no more is wanted."""
_SECONDS = 120
_NO_MEMORY = ("failed to allocate", "unable to allocate", "out of memory", "insufficient memory", "bad_alloc")
_REASONS = ("error loading model: ", "failed to allocate", "unable to allocate", "error: ")


class AskedWrongError(Exception):
    """The library refuses a request; its reason."""


@dataclass(frozen=True, slots=True)
class Load:
    """What is loaded, and how: `context` tokens for each of `slots` sequences; 0 threads are those of the machine."""

    path: str
    context: int
    slots: int = 1
    threads: int = 0
    gpu_layers: int = 0
    kv_type: str = "f16"


class Bindings:
    """A loaded model; `steps` are the pieces and answers it has given so far."""

    def __init__(self, server: Any, key: str) -> None:
        self.steps = 0
        self._server = server
        self._url = str(server.listening_address)
        self._key = key
        self.properties: Mapping[str, Any] = self._post("/props", None)

    def complete(self, fields: Mapping[str, Any]) -> Mapping[str, Any]:
        """The whole answer to a request for a completion; raises AskedWrongError, or EngineError for what it is not."""
        self.steps += 1
        return _checked(self._server.handle_completions({**fields, "stream": False}))

    def stream(self, fields: Mapping[str, Any], take: Take) -> None:
        """A completion piece by piece, until `take` wants no more; raises what `complete` and `take` raise."""
        raised: list[BaseException] = []

        def heard(piece: Any) -> bool:
            self.steps += 1
            try:
                return take(_checked(piece))
            except BaseException as error:  # noqa: BLE001 - no exception may cross the library's own frames
                raised.append(error)
                return True

        self._server.handle_completions({**fields, "stream": True}, heard)
        if raised:
            raise raised[0]

    def tokens(self, text: str, *, special: bool) -> list[int]:
        """The tokens of a text, in which special tokens may be spelled; `special` adds those of the model around it."""
        answer = self._post("/tokenize", {"content": text, "add_special": special, "parse_special": True})
        return [int(token) for token in answer["tokens"]]

    def text(self, tokens: Sequence[int]) -> str:
        """What tokens spell, special ones included."""
        return str(self._post("/detokenize", {"tokens": list(tokens)})["content"])

    def rendered(self, turns: Sequence[Mapping[str, str]]) -> str:
        """The turns in the model's template, with the beginning of an answer behind; raises AskedWrongError."""
        return str(self._post("/apply-template", {"messages": list(turns)})["prompt"])

    def close(self) -> None:
        """Free the model."""
        self._server = None

    def _post(self, path: str, body: Mapping[str, Any] | None) -> Mapping[str, Any]:
        """What the library says behind HTTP; GET without a body. Raises AskedWrongError or EngineError."""
        data = None if body is None else json.dumps(body).encode()
        headers = {"Authorization": f"Bearer {self._key}", "Content-Type": "application/json"}
        request = urllib.request.Request(self._url + path, data, headers)  # noqa: S310 - the address is our own
        opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
        try:
            with opener.open(request, timeout=_SECONDS) as answer:
                return _checked(json.load(answer))
        except urllib.error.HTTPError as error:
            raise AskedWrongError(_message(error.read())) from error
        except (OSError, ValueError) as error:
            raise EngineError(f"llama.cpp: {error}; expected an answer to {path}") from error


def load(wished: Load) -> Bindings:
    """The model in memory; raises ModelError where the library cannot load it, EngineError where memory lacks."""
    import xllamacpp

    key = secrets.token_hex()
    parameters = _parameters(xllamacpp, wished, key)
    with tempfile.TemporaryFile() as log:
        try:
            server = _heard(lambda: xllamacpp.Server(parameters), log.fileno())
        except (RuntimeError, MemoryError) as error:
            log.seek(0)
            said = log.read().decode(errors="replace")
            raise _failure(wished, said or str(error)) from error
    return Bindings(server, key)


def _parameters(library: Any, wished: Load, key: str) -> Any:
    """The library's own form; whatever would cut, move or share a context is off."""
    parameters = library.CommonParams()
    parameters.model.path = wished.path
    parameters.n_ctx, parameters.n_parallel = wished.context * wished.slots, wished.slots
    parameters.kv_unified = parameters.ctx_shift = parameters.fit_params = False
    parameters.cache_idle_slots = parameters.ui = False
    parameters.cache_ram_mib = parameters.n_cache_reuse = 0
    parameters.n_gpu_layers = wished.gpu_layers
    kept_as = getattr(library.ggml_type, f"GGML_TYPE_{wished.kv_type.upper()}")
    parameters.cache_type_k = parameters.cache_type_v = kept_as
    if wished.kv_type == "f32":  # flash attention sums in half precision, whatever it reads
        parameters.flash_attn_type = library.llama_flash_attn_type.LLAMA_FLASH_ATTN_TYPE_DISABLED
    parameters.cpuparams.n_threads = parameters.cpuparams_batch.n_threads = wished.threads or cores()
    parameters.n_threads_http = max(2, wished.slots)
    parameters.swa_full = True
    parameters.api_keys = [key]
    parameters.hostnames, parameters.port = ["127.0.0.1"], 0
    parameters.verbosity = 1
    return parameters


def cores() -> int:
    """The cores this process may use, each once."""
    allowed = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    return max(1, min(allowed, psutil.cpu_count(logical=False) or allowed))


def _heard(call: Callable[[], Any], log: int) -> Any:
    """What a call gives, with its standard error in a file: the library says there why it fails, and nowhere else."""
    sys.stderr.flush()
    kept = os.dup(2)
    os.dup2(log, 2)
    try:
        return call()
    finally:
        os.dup2(kept, 2)
        os.close(kept)


def _failure(wished: Load, said: str) -> ModelError | EngineError:
    """Why a model is not there, in one sentence, from the library's own words."""
    name = Path(wished.path).name
    lines = said.splitlines()
    if any(word in said.lower() for word in _NO_MEMORY):
        layout = f"{wished.slots} x {wished.context} tokens"
        return EngineError(
            f"{name}: too little memory for its weights and {layout}; "
            "expected fewer --slots, a smaller --context-size or a smaller --kv-type"
        )
    reason = next((line.partition(word)[2] for word in _REASONS for line in lines if word in line), "")
    why = reason.strip() or (lines[-1].strip() if lines else "no reason was given")
    return ModelError(f"{name}: llama.cpp cannot load it ({why}); expected a whole GGUF file of a model it knows")


def _checked(answer: Any) -> Mapping[str, Any]:
    """An answer; raises AskedWrongError where it is an error of the request, EngineError where it is another."""
    if not isinstance(answer, Mapping):
        raise EngineError(f"llama.cpp: answered with a {type(answer).__name__}; expected an object")
    error = answer.get("error", answer if "code" in answer and "message" in answer else None)
    if error is None:
        return answer
    message = str(error.get("message"))
    if error.get("code") == 400:
        raise AskedWrongError(message)
    raise EngineError(f"llama.cpp: {message}; expected an answer")


def _message(body: bytes) -> str:
    try:
        return str(json.loads(body)["error"]["message"])
    except (ValueError, KeyError, TypeError):
        return body.decode(errors="replace")[:200]
