from enum import Enum


class RequestOutputKind(Enum):
    DELTA = 1


class SamplingParams:
    __struct_fields__ = ("prompt_logprobs", "skip_reading_prefix_cache")

    def __init__(
        self, *, temperature, max_tokens, detokenize, prompt_logprobs=None, skip_reading_prefix_cache=None, **fields
    ):
        if temperature > 2:
            raise ValueError(f"temperature must be in [0, 2], got {temperature}.")
        assert not detokenize
        self.temperature, self.max_tokens, self.prompt_logprobs = temperature, max_tokens, prompt_logprobs
        self.skip_reading_prefix_cache = prompt_logprobs is not None
        if skip_reading_prefix_cache is not None:
            self.skip_reading_prefix_cache = skip_reading_prefix_cache
        self.seed, self.stop_token_ids = fields.get("seed"), fields.get("stop_token_ids", ())
