"""What a repository's generation config asks of decoding beyond the most likely token, by transformers' own processors.

A benchmark says greedy or how to sample; a penalty on repetition or a least length is the repository's idea of a chat.
It is named, and applied only where the user asks for it, to every way of writing alike.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor
from transformers import GenerationConfig
from transformers import LogitsProcessorList

from harness.engines.texts.asked import NEUTRAL
from harness.engines.texts.asked import OTHER_DECODING
from harness.engines.texts.asked import asked
from harness.engines.texts.asked import note
from harness.errors import ModelError


@dataclass(frozen=True, slots=True)
class Rules:
    """What is `asked` for, field by field, and whether it is `applied` to `model`, whose answers end with `ends`."""

    model: Any
    ends: frozenset[int]
    asked: Mapping[str, Any]
    applied: bool

    @property
    def stop(self) -> tuple[str, ...]:
        """The stop strings among them."""
        given = self.asked.get("stop_strings", ()) if self.applied else ()
        return (given,) if isinstance(given, str) else tuple(given)

    def of(self, prompt: int, most: int) -> LogitsProcessorList | None:
        """The processors of a row that gets `most` tokens behind a prompt of so many; None where there are none."""
        wanted = {name: value for name, value in self.asked.items() if name != "stop_strings"}
        if not self.applied or not wanted:
            return None
        config: Any = GenerationConfig(**wanted, max_length=prompt + most)  # type: ignore[no-untyped-call]
        device = self.model.device
        config._eos_token_tensor = torch.tensor(sorted(self.ends), device=device)  # noqa: SLF001  # as `generate` sets it
        processors: LogitsProcessorList = self.model._get_logits_processor(  # noqa: SLF001  # the only place that knows them all
            config, input_ids_seq_length=prompt, device=device
        )
        return processors

    def notes(self) -> tuple[str, ...]:
        """The sentence a reader of the scores should see."""
        done = "applied, as --generation-config model asks" if self.applied else "left out; see --generation-config"
        return note(self.asked, done)


def rules(name: str, model: Any, ends: frozenset[int], *, applied: bool) -> Rules:
    """The rules of a model; raises ModelError where they are to be applied and ask for another way of decoding."""
    other = asked(model.generation_config, OTHER_DECODING)
    if applied and other:
        field, value = next(iter(other.items()))
        raise ModelError(
            f"{name}: its generation config asks for {field} {value}, which is not greedy decoding; "
            "run without --generation-config model"
        )
    return Rules(model, ends, asked(model.generation_config, NEUTRAL) | other, applied)


def adjusted(processors: LogitsProcessorList | None, tokens: list[int], logits: Tensor) -> Tensor:
    """The logits behind `tokens`, (vocabulary,), as the processors leave them."""
    if processors is None:
        return logits
    scores: Tensor = processors(torch.tensor([tokens], device=logits.device), logits[None].float())  # type: ignore[arg-type]
    return scores[0]
