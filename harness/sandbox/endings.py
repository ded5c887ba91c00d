"""Where a program's tests end: the last line of the function that runs them, in languages with braces.

A script-style program of another language has passed when it says its nonce, and it says it there.
"""

import re

_SKIPPED = re.compile(
    r"""//[^\n]*|/\*.*?\*/|"(?:\\.|[^"\\\n])*"|'(?:\\.|[^'\\\n])'|`[^`]*`|[{}]""",
    re.DOTALL,
)


def before_end(source: str, heads: str, line: str) -> str | None:
    """The source with a line put before the closing brace of each function whose head matches; None where none does.

    A `return` in the function's last line would end it before the line; the tests of the field have none.
    """
    places = [end for head in re.finditer(heads, source) if (end := _end(source, head.end())) is not None]
    for end in sorted(places, reverse=True):
        source = f"{source[:end]}\n{line}\n{source[end:]}"
    return source if places else None


def _end(source: str, start: int) -> int | None:
    """The place of the brace that closes the first one opened from `start` on, past strings and comments."""
    depth = 0
    for match in _SKIPPED.finditer(source, start):
        if match[0] == "{":
            depth += 1
        elif match[0] == "}":
            depth -= 1
            if depth == 0:
                return match.start()
    return None
