"""What a tokenizer appends to every text: an EOS, a SEP, or several tokens, found by what it does.

Neither the name of the tokenizer's class nor a setting tells: a post-processor, a template of one, or a normaliser may
append. A few texts are encoded with and without special tokens, and what follows each of them is compared.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

PROBES = ("a", "7", "b c")


@dataclass(frozen=True, slots=True)
class Appended:
    """The tokens behind every text: `whole` with the tokenizer's special tokens, `bare` without them."""

    whole: tuple[int, ...] = ()
    bare: tuple[int, ...] = ()


def appended(tokenizer: Any) -> Appended:
    """What `tokenizer`, one of transformers' PreTrainedTokenizerBase, appends; nothing for most."""
    special = set(tokenizer.all_special_ids) - {tokenizer.unk_token_id}
    bare = [list(tokenizer.encode(probe, add_special_tokens=False)) for probe in PROBES]
    whole = [list(tokenizer.encode(probe)) for probe in PROBES]
    always = _common_end(bare, special)
    behind = {_behind(outer, inner) for outer, inner in zip(whole, bare, strict=True)}
    if len(behind) == 1 and None not in behind:
        return Appended((*always, *(behind.pop() or ())), always)
    return Appended(_common_end(whole, special), always)


def without(tokens: list[int], tail: Sequence[int], least: int) -> list[int]:
    """The tokens without that tail; as they are where they do not end so, or where fewer than `least` would be left.

    A tokenizer that appends its EOS only where a text does not end with one has appended nothing then.
    """
    cut = len(tokens) - len(tail)
    return tokens[:cut] if tail and cut >= least and tokens[cut:] == list(tail) else tokens


def _behind(whole: list[int], inner: list[int]) -> tuple[int, ...] | None:
    """What follows the tokens `inner` in `whole`; None where they are not in it."""
    for start in range(len(whole) - len(inner) + 1):
        if whole[start : start + len(inner)] == inner:
            return tuple(whole[start + len(inner) :])
    return None


def _common_end(sequences: Sequence[list[int]], special: set[int]) -> tuple[int, ...]:
    """The special tokens that all sequences end with."""
    shortest = min(map(len, sequences))
    count = 0
    while (
        count < shortest
        and sequences[0][-count - 1] in special
        and len({sequence[-count - 1] for sequence in sequences}) == 1
    ):
        count += 1
    return tuple(sequences[0][len(sequences[0]) - count :])
