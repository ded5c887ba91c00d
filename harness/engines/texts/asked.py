"""What a repository's generation config asks of decoding beyond the most likely token.

A benchmark says greedy or how to sample; a penalty on repetition or a least length is the repository's idea of a chat.
It is named wherever it is, whether an engine applies it or not.
"""

from collections.abc import Mapping
from typing import Any

NEUTRAL: Mapping[str, tuple[Any, ...]] = {
    "repetition_penalty": (1.0,),
    "no_repeat_ngram_size": (0,),
    "min_length": (0,),
    "min_new_tokens": (0,),
    "remove_invalid_values": (False,),
    "forced_bos_token_id": (),
    "forced_eos_token_id": (),
    "bad_words_ids": ([],),
    "suppress_tokens": ([],),
    "begin_suppress_tokens": ([],),
    "sequence_bias": ({},),
    "exponential_decay_length_penalty": (),
    "stop_strings": ([],),
}
"""What can be applied to one row after the other, with the values that ask for nothing beside None."""
OTHER_DECODING: Mapping[str, tuple[Any, ...]] = {
    "num_beams": (1,),
    "penalty_alpha": (0.0,),
    "dola_layers": (),
    "guidance_scale": (1.0,),
    "constraints": (),
    "force_words_ids": (),
    "watermarking_config": (),
}
"""What is another way of decoding altogether."""


def asked(config: Any, neutral: Mapping[str, tuple[Any, ...]]) -> dict[str, Any]:
    """The fields of a generation config that ask for something, with their values."""
    given = {name: getattr(config, name, None) for name in neutral}
    return {name: value for name, value in given.items() if value is not None and value not in neutral[name]}


def note(wishes: Mapping[str, Any], done: str) -> tuple[str, ...]:
    """The sentence a reader of the scores should see: what is asked for, and what is done with it."""
    if not wishes:
        return ()
    named = ", ".join(f"{name} {value}" for name, value in sorted(wishes.items()))
    return (f"its generation config asks for {named}: {done}",)
