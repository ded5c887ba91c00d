"""Numbers in running text, by their value: signs, separators and digits of every script.

`18`, `18.00`, `$18`, the digits of Thai or of full width, and `-18` with any minus sign of Unicode are read as what
they mean. A fraction is two numbers, and a number in words is none.
"""

import re
import unicodedata
from collections.abc import Iterator
from decimal import Decimal

from harness.extract import last_boxed

_MINUS = "\u2010\u2011\u2012\u2013\u2212\ufe63\uff0d"
_SPACES = "\u00a0\u2007\u2009\u202f"
_SIGNS = {ord(minus): "-" for minus in _MINUS} | {ord(space): "\u00a0" for space in _SPACES}
_SIGNS |= {0xFF0C: ",", 0x066C: ",", 0xFF0E: ".", 0x066B: ".", 0x2019: "'"}
_RAISED = str.maketrans("\u2070\u00b9\u00b2\u00b3\u2074\u2075\u2076\u2077\u2078\u2079\u207b", "0123456789-")
_MARK = re.compile(r"####\s*([^\n]*)")
_CURRENCY = r"(?:\\?[$£€¥¢₩₪₫₱₹₽฿\uff04])?"
_RAISED_POWER = r"(?P<raised>\u207b?[\u2070\u00b9\u00b2\u00b3\u2074-\u2079]{1,6})"
_POWER = r"\^\s*(?:\{(?P<braced>-?\d{1,6})\}|(?P<bare>-?\d{1,6}))"
_TEN = rf"\s*(?:\\times|\\cdot|\u00d7|\u00b7|\*)\s*10\s*(?:{_POWER}|{_RAISED_POWER})"
_GROUP = {
    "point": r"\{,\}|,\\!|\\,|,|\u00a0|'",
    "comma": r"\{,\}|,\\!|\\,|[.,]|\u00a0| |'",
}
_DECIMAL = {"point": r"\.", "comma": r"(?:,|\{,\}|\.)"}


def _pattern(style: str) -> re.Pattern[str]:
    group, decimal = _GROUP[style], _DECIMAL[style]
    grouped = rf"[1-9]\d{{0,2}}(?P<group>{group})\d{{3}}(?:(?P=group)\d{{3}})*(?!\d)"
    indian = r"[1-9]\d?(?:,\d{2})+,\d{3}(?!\d)"
    whole = rf"(?P<whole>{indian}|{grouped}|\d+)"
    part = rf"(?:{decimal}(?P<part>\d+))?"
    return re.compile(
        rf"(?P<sign>(?<![\w)\]}}])-)?{_CURRENCY}(?P<inner>(?<=[$£€¥¢₩₪₫₱₹₽฿\uff04])-)?"
        rf"(?:{whole}{part}|(?<![\d.,])\.(?P<only>\d+))(?:[eE](?P<power>[+-]?\d{{1,6}})(?!\w)|{_TEN})?"
    )


_NUMBERS = {style: _pattern(style) for style in _GROUP}


def numbers(text: str, *, decimal_comma: bool = False) -> Iterator[tuple[str, Decimal]]:
    """Each number of a text, as it stands there and its value.

    `decimal_comma` is for languages that write 1.800,5: there a point or a comma before exactly three digits groups
    thousands. A hyphen is a sign where nothing stands before it that it joins or is taken from: `10-18` is 10 and 18.
    """
    plain = _plain(text)
    for match in _NUMBERS["comma" if decimal_comma else "point"].finditer(plain):
        yield match[0].strip(), _value(match)


def value(text: str) -> Decimal | None:
    """The value of a text that is one number in the form 1,800.5; None of another text."""
    stripped = text.strip()
    match = _NUMBERS["point"].fullmatch(_plain(stripped))
    return _value(match) if match else None


def final_number(text: str, *, decimal_comma: bool = False) -> tuple[str, Decimal] | None:
    """The number an answer ends with: the first behind its last `####`, else its last box's last one, else the last.

    None where there is none.
    """
    for line in reversed(_MARK.findall(text)):
        for number in numbers(line, decimal_comma=decimal_comma):
            return number
    for part in filter(None, (last_boxed(text), text)):
        every = list(numbers(part, decimal_comma=decimal_comma))
        if every:
            return every[-1]
    return None


def _plain(text: str) -> str:
    """The text with the digits of all scripts, their separators and minus signs as ASCII's; no letter is changed."""
    return "".join(str(unicodedata.decimal(sign, sign)) for sign in text.translate(_SIGNS))


def _value(match: re.Match[str]) -> Decimal:
    whole = re.sub(r"\D", "", match["whole"] or "0")
    part = match["part"] or match["only"] or ""
    power = match["power"] or match["braced"] or match["bare"] or (match["raised"] or "0").translate(_RAISED)
    sign = "-" if bool(match["sign"]) != bool(match["inner"]) else ""
    # from a text, as arithmetic would round it to the precision of the decimal module
    return Decimal(f"{sign}{whole}{part}e{int(power) - len(part)}")
