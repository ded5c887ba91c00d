"""Values out of JSON as Python source: numbers of any size, and those that are not finite."""

import json
import math
import sys
from decimal import Decimal
from typing import Any


def read(text: str) -> Any:
    """The value of JSON, whole numbers of any length among it; raises ValueError or RecursionError where it is none."""
    return json.loads(text, parse_int=_whole)


def literal(value: Any) -> str:
    """Python source of a value of JSON, whose names nobody can bind anew: infinity is a number too large.

    A whole number with more digits than Python reads is written in hexadecimal.
    """
    if isinstance(value, float) and not math.isfinite(value):
        return "(1e999 - 1e999)" if math.isnan(value) else "1e999" if value > 0 else "-1e999"
    if isinstance(value, int) and value.bit_length() > 3 * sys.int_info.default_max_str_digits:
        return hex(value)
    if isinstance(value, list):
        return f"[{', '.join(map(literal, value))}]"
    if isinstance(value, dict):
        return f"{{{', '.join(f'{key!r}: {literal(item)}' for key, item in value.items())}}}"
    return repr(value)


def _whole(digits: str) -> int:
    # Python bounds the digits it reads for the whole process, a Decimal's it does not
    return int(digits) if len(digits) <= sys.int_info.str_digits_check_threshold else int(Decimal(digits))
