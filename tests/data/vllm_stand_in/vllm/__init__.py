"""A stand-in for vLLM 0.32 on the path of an engine's process: its offline interface, around a model that counts.

The likeliest token behind token t is t + 1, with log-prob -1; any other has -2. Blocks of four tokens of a prompt are
cached. Arguments are written to the file that VLLM_TOLD names.
"""

import json
import math
import os
from pathlib import Path
from types import SimpleNamespace

from vllm.sampling_params import SamplingParams

BLOCK = 4
NO_NUMBER, DIES = 41, 42
"""The tokens ` w38` and ` w39`, behind which there is no number, and no engine."""


class EngineDeadError(Exception):
    pass


class LLM:
    def __init__(self, **told):
        with Path(os.environ["VLLM_TOLD"]).open("w") as file:
            seen = {name: value for name, value in os.environ.items() if name.startswith(("VLLM_", "CUDA_"))}
            json.dump({"told": told, "environment": seen}, file)
        self.llm_engine = Engine(told)


class Engine:
    def __init__(self, told):
        self.model_config = SimpleNamespace(max_model_len=told["max_model_len"] or 128, quantization=None)
        self.running, self.cached, self.adapters = {}, set(), []

    def add_lora(self, request):
        if "other" in request.lora_path:
            raise ValueError("expected target modules in {'q_proj'} but received ['x']\nand more")
        self.adapters.append(request.lora_path)

    def add_request(self, name, prompt, params, lora_request=None):
        assert prompt["type"] == "token"
        assert (lora_request.lora_path if lora_request else None) in [*self.adapters, None]
        if max(prompt["prompt_token_ids"]) > 45:
            raise ValueError("Token id 46 is out of vocabulary")
        if len(prompt["prompt_token_ids"]) >= self.model_config.max_model_len:
            raise ValueError("The decoder prompt is longer than the maximum model length")
        self.running[name] = (list(prompt["prompt_token_ids"]), params, [])

    def has_unfinished_requests(self):
        return bool(self.running)

    def abort_request(self, names):
        for name in names:
            del self.running[name]

    def step(self):
        asked = {name: params.prompt_logprobs for name, (_, params, _) in self.running.items()}
        return [self.scored(name) if wanted else self.written(name) for name, wanted in asked.items()]

    def scored(self, name):
        prompt, params, _ = self.running.pop(name)
        blocks = [tuple(prompt[:end]) for end in range(BLOCK, len(prompt), BLOCK)]
        known = 0
        if not params.skip_reading_prefix_cache:
            while known < len(blocks) and blocks[known] in self.cached:
                known += 1
        self.cached |= set(blocks)
        seen = range(max(1, known * BLOCK + 1), len(prompt))
        given = [None, *(entry(prompt[at - 1], prompt[at]) for at in seen)]
        return SimpleNamespace(request_id=name, finished=True, prompt_logprobs=given, num_cached_tokens=known * BLOCK)

    def written(self, name):
        prompt, params, done = self.running[name]
        last = [*prompt, *done][-1]
        if last == DIES:
            raise EngineDeadError("EngineCore encountered an issue. See stack trace (above) for the root cause.")
        token = 3 + (params.seed or last + 1) % 40 if params.seed is not None else last + 1
        done.append(token)
        ends = token in params.stop_token_ids
        reason = "stop" if ends else "length" if len(done) == params.max_tokens else None
        if reason:
            del self.running[name]
        value = math.nan if last == NO_NUMBER else -1.0
        piece = SimpleNamespace(
            token_ids=[token], logprobs=[{token: SimpleNamespace(logprob=value, rank=1)}], finish_reason=reason
        )
        return SimpleNamespace(request_id=name, finished=reason is not None, outputs=[piece])


def entry(before, token):
    likely = SimpleNamespace(logprob=-1.0, rank=1)
    return {before + 1: likely, token: likely if token == before + 1 else SimpleNamespace(logprob=-2.0, rank=7)}


__all__ = ["LLM", "SamplingParams"]
