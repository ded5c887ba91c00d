"""Requests that vLLM computes at the same time, a pass after the other, by the steps of its `LLMEngine`.

`LLM.generate` gives nothing before all is done, and knows no end but its own.
"""

from collections.abc import Iterator
from collections.abc import Mapping
from collections.abc import Sequence
from dataclasses import dataclass
from dataclasses import field
from itertools import count
from typing import Any

from harness.core import Refusal
from harness.engines.vllm.loading import Loaded
from harness.engines.vllm.loading import reason


@dataclass(frozen=True, slots=True)
class Ask:
    """A prompt as token ids, and the fields of its `SamplingParams`."""

    tokens: Sequence[int]
    fields: Mapping[str, Any] = field(default_factory=dict)


class Stepper:
    """Runs requests of one loaded model."""

    def __init__(self, loaded: Loaded) -> None:
        from vllm import SamplingParams

        self._engine: Any = loaded.llm.llm_engine
        self._adapter = loaded.adapter
        self._parameters: Any = SamplingParams
        self._names = count()
        self.steps = 0
        self._running: dict[str, int] = {}

    def knows(self, name: str) -> bool:
        """Whether this version has a field of sampling parameters."""
        return name in self._parameters.__struct_fields__

    def run(self, asked: Sequence[Ask]) -> Iterator[tuple[int, Any]]:
        """Yield (index, vLLM's output) with each piece of an answer, or (index, Refusal) once.

        `end` ends one before its time; all that are left are ended where the iteration is given up.
        """
        try:
            for index, ask in enumerate(asked):
                refusal = self._add(index, ask)
                if refusal is not None:
                    yield index, refusal
            while self._running and self._engine.has_unfinished_requests():
                self.steps += 1
                for output in self._engine.step():
                    index = self._running.get(output.request_id, -1)
                    if index < 0:
                        continue
                    if output.finished:
                        del self._running[output.request_id]
                    yield index, output
        except GeneratorExit:  # an engine that broke is not asked again: one whose process died would not answer
            self._abort(list(self._running))
            raise

    def end(self, index: int) -> None:
        """Compute no more of a request."""
        self._abort([name for name, other in self._running.items() if other == index])

    def _add(self, index: int, ask: Ask) -> Refusal | None:
        name = f"crosstask-{next(self._names)}"
        prompt = {"type": "token", "prompt_token_ids": list(ask.tokens)}
        try:
            parameters = self._parameters(**ask.fields, detokenize=False)
            self._engine.add_request(name, prompt, parameters, lora_request=self._adapter)
        except Exception as error:
            if not _is_of_the_request(error):
                raise
            return Refusal(f"vllm refuses it: {reason(error)}")
        self._running[name] = index
        return None

    def _abort(self, names: list[str]) -> None:
        if names:
            self._engine.abort_request(names)
        for name in names:
            del self._running[name]


def _is_of_the_request(error: Exception) -> bool:
    """Whether vLLM has refused a request: by a ValueError, or since 0.2x by an error of its own for that."""
    return isinstance(error, ValueError) or any(kind.__name__ == "VLLMClientError" for kind in type(error).__mro__)
