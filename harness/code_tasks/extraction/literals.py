"""What stands in strings and comments, hidden from the rules that look for marks in an answer.

A fence in a docstring, `"</think>"` in a string and a token in a comment are part of a program. `hidden` gives their
first characters another form, from a plane of Unicode that is nobody's, and `shown` gives them back; a program parses
and indents alike in both forms. Literals are found line by line, without a parser, as prose stands around them.
"""

import functools
import re

from harness.languages.building.sources import Syntax

_KEPT = "<[`~\u25c1\u200b\u200c\u200d\u2060\ufeff\u00a0\u3000\u201c\u201d\u201e\u2018\u2019\t\x1b"
_HIDING = {ord(character): chr(0x10F000 + place) for place, character in enumerate(_KEPT)}
_SHOWING = {ord(hiding): chr(character) for character, hiding in _HIDING.items()}
_IS_HIDDEN = re.compile(f"[{''.join(_HIDING.values())}]")
_MARKS = re.compile(
    r"<(?=[|\uff5c])|<(?=/?[A-Za-z_][^<>\n]{0,60}>)|<(?=\d?x?[0-9A-Fa-f]+>)|(?<![\w\])])\[(?=/?[A-Z][A-Z_ ]*\])"
    r"|`(?=``)|(?<=`)`(?=`)|(?<=``)`|~(?=~~)|(?<=~)~(?=~)|(?<=~~)~|\u25c1(?=[^\u25b7\n]*\u25b7)|[\u200b-\u200d\u2060]"
)
"""What the rules may take for a mark, by the character that makes it one."""
_UNSEEN = re.compile(r"[\ufeff\u00a0\u3000\u201c\u201d\u201e\u2018\u2019\t\x1b]")
"""What is mended in code, and means itself in a string of one line."""

_FENCE = r"(?P<fence>^[ \t>]*(?:[-*+]|\d+[.)])?[ \t]*(?:`{3,}|~{3,})[^\n]*$)"
_DOUBLE = r'"(?:\\.|[^"\\\n])*"'
_SINGLE = r"(?<![A-Za-z0-9_\\])(?:[rRbBfFuUL]{1,2})?'(?:\\.|[^'\\\n])*'"
_INLINE = r"(?<!`)`[^`\n]+`(?!`)"
_NO_LONG = "(?!)"


def hidden(text: str, syntax: Syntax) -> tuple[str, ...]:
    """The text in the forms to read it in, the likeliest first, each once.

    What looks like a mark is hidden in all literals, then in those of one line alone, as an odd quote in prose opens a
    long one that no code has, then nowhere. A text that holds characters of that plane itself is read as it is.
    """
    if _IS_HIDDEN.search(text):
        return (text,)
    forms = (_form(syntax.long, syntax.short, re.DOTALL), _form(_NO_LONG, syntax.short))
    return tuple(dict.fromkeys((*(form.sub(_hide, text) for form in forms), text)))


def shown(text: str) -> str:
    """The text with all that `hidden` hid."""
    return text.translate(_SHOWING)


def without_literals(source: str, syntax: Syntax) -> str:
    """A source without its strings and comments."""
    form = _form(syntax.long, syntax.short, re.DOTALL)
    return form.sub(lambda match: match[0] if match["fence"] is not None else "", source)


@functools.cache
def _form(long: str, short: str, flags: int = 0) -> re.Pattern[str]:
    literals = f"(?P<long>{long})|(?P<text>{_DOUBLE}|{_SINGLE})"
    return re.compile(f"{_FENCE}|{literals}|{short}|{_INLINE}", re.MULTILINE | flags)


def _hide(match: re.Match[str]) -> str:
    if match["fence"] is not None:
        return match[0]
    text = _MARKS.sub(_other, match[0])
    return _UNSEEN.sub(_other, text) if match["text"] is not None else text


def _other(match: re.Match[str]) -> str:
    return match[0].translate(_HIDING)
