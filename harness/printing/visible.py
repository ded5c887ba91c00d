"""Text of a stranger, made harmless to look at: what would act or hide on a screen is spelled out instead.

Control characters move a terminal's cursor, bidirectional overrides reorder what is read ("Trojan Source",
Boucher and Anderson 2021, arXiv:2111.00169), format characters hide words, and a lone surrogate cannot be written
at all. Line feeds and tabs stay; so do the joiners U+200C and U+200D, which Persian, Indic scripts and emoji need.
"""

import re

_ACTING = re.compile(
    "[\x00-\x08\x0b-\x1f\x7f-\x9f\xad\u061c\u180e\u200b\u200e\u200f\u2028-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb"
    "\ud800-\udfff\U000e0000-\U000e007f]"
)


def visible(text: str) -> str:
    """The same text with each acting character as `<U+202E>`, C0 controls as their pictures (U+2400 to U+241F)."""
    return _ACTING.sub(_name, text)


def line(text: str) -> str:
    """`visible` on one line: line feeds and tabs become spaces."""
    return visible(" ".join(text.split()) if text.strip() else text.replace("\n", " "))


def _name(match: re.Match[str]) -> str:
    code = ord(match.group())
    return chr(0x2400 + code) if code < 0x20 else f"<U+{code:04X}>"
