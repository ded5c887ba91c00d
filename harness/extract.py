"""Extraction: what an answer says, pulled out of its text; str -> str or None, pure.

An extractor's name is part of its metric's signature, so a rule that changes is a new function.
"""

import re

_HASH_NUMBER = re.compile(r"#### (\-?[0-9\.\,]+)")
_ANY_NUMBER = re.compile(r"(-?[$0-9.,]{2,})|(-?[0-9]+)")
_NUMBER_NOISE = tuple(re.compile(pattern) for pattern in (r",", r"\$", r"(?s).*#### ", r"\.$"))


def hash_number(text: str) -> str | None:
    """The first number behind `#### `, GSM8K's own mark of a final answer.

    Cobbe et al. 2021, arXiv:2110.14168; lm-evaluation-harness 0.4.13 calls it gsm8k's "strict-match".
    """
    found = _HASH_NUMBER.search(text)
    return found[1].strip() if found else None


def last_number(text: str) -> str | None:
    """The last thing that looks like a number, with its signs of currency, thousands and decimals.

    "flexible-extract" of lm-evaluation-harness 0.4.13, bare punctuation included: "..." counts as found.
    """
    found = _ANY_NUMBER.findall(text)
    return next(group for group in found[-1] if group).strip() if found else None


def plain_number(text: str) -> str:
    """A number without thousands' commas, dollar signs, all up to `#### ` and a final full stop, in lower case.

    The `regexes_to_ignore` and `ignore_case` of gsm8k in lm-evaluation-harness 0.4.13, in their order.
    """
    for noise in _NUMBER_NOISE:
        text = noise.sub("", text)
    return text.lower()


def verbatim(text: str) -> str:
    """The text itself: the normalisation of an answer that needs none."""
    return text
