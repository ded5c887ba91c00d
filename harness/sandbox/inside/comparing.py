"""Rules by which what a program prints is compared with what a benchmark expects, each as its benchmark has it.

A rule is a function of both texts. None knows of several right answers: a problem that has them, and no checker of its
own, fails programs that print another.

apps    Hendrycks et al. 2021, arXiv:2105.09938: `eval/testing_util.py` of github.com/hendrycks/apps, at commit 362aedc
tokens  Li et al. 2022, arXiv:2203.07814: `OutputsMatch` of github.com/google-deepmind/code_contests, at commit fa7a4f8
lines   Jain et al. 2024, arXiv:2403.07974: `grade_stdio` of github.com/LiveCodeBench/LiveCodeBench, at commit 28fef95
"""

import math
import re
from collections.abc import Callable
from collections.abc import Sequence
from decimal import Decimal
from decimal import InvalidOperation

Comparison = Callable[[str, str], bool]
_SPACES = re.compile("[ \n\t\r\v]+")
_LOWERED = str.maketrans({letter: letter.lower() for letter in map(chr, range(ord("A"), ord("Z") + 1))})
_NEAR = 1e-5
_NEARLY_NOTHING = 1e-8
_DIGITS = 3
_SHOWN = 80


def apps(printed: str, expected: str) -> bool:
    """Equal but for white space around lines; or lines that are numbers and near; or equal as sets of sets of words.

    The last is upstream's, too: it sees neither the order of lines nor that of words, nor how often each stands there.
    Numbers are near within 1e-8 and 1e-5 of the expected one; in sets they are rounded to three digits.
    """
    given = printed.splitlines()
    if any("\n".join(form).strip() == expected.strip() for form in (given, [line.strip() for line in given])):
        return True
    wanted = [line.strip() for line in expected.split("\n") if line]
    if given == wanted:
        return True
    given = [line for line in given if line]
    if given == wanted or _all_near(given, wanted):
        return True
    given = [line for line in given if line.strip()]
    return _sets(given) == _sets(wanted) or _same_numbers(given, wanted)


def tokens(printed: str, expected: str) -> bool:
    """Equal word by word, whatever the case of ASCII letters; two numbers are equal that differ by less than 1e-5.

    A number of any size is compared as a float.
    """
    words, wanted = _words(printed), _words(expected)
    return words == wanted or (len(words) == len(wanted) and all(map(_same_word, words, wanted)))


def lines(printed: str, expected: str) -> bool:
    """Equal line by line but for white space around each; two lines of numbers are equal that are so as decimals."""
    given, wanted = _stripped(printed), _stripped(expected)
    return len(given) == len(wanted) and all(map(_same_line, given, wanted))


RULES: dict[str, Comparison] = {"apps": apps, "tokens": tokens, "lines": lines}
"""What a test's `compare` may name."""
FORGIVING = frozenset({"tokens"})
"""Rules of benchmarks that look at what was printed alone: how the program ends does not count."""


def difference(printed: str, expected: str) -> str:
    """Where two texts first differ but for white space around lines, in words."""
    given, wanted = _stripped(printed), _stripped(expected)
    for place, line in enumerate(wanted):
        other = given[place] if place < len(given) else None
        if other != line:
            said = "no line" if other is None else repr(other[:_SHOWN])
            return f"line {place + 1}: {said}; expected {line[:_SHOWN]!r}"
    return f"{len(given)} lines; expected {len(wanted)}"


def _floats(texts: Sequence[str]) -> list[float] | None:
    try:
        return [float(text) for text in texts]
    except ValueError:
        return None


def _all_near(given: Sequence[str], wanted: Sequence[str]) -> bool:
    """As `numpy.allclose` has it, whose tolerance is the second list's."""
    numbers, others = _floats(given), _floats(wanted)
    if numbers is None or others is None or len(numbers) != len(others):
        return False
    return all(
        number == other or (math.isfinite(other) and abs(number - other) <= _NEARLY_NOTHING + _NEAR * abs(other))
        for number, other in zip(numbers, others, strict=True)
    )


def _sets(texts: Sequence[str]) -> set[frozenset[str]]:
    return {frozenset(text.split()) for text in texts}


def _same_numbers(given: Sequence[str], wanted: Sequence[str]) -> bool:
    try:
        first, second = ({frozenset(_rounded(text)) for text in texts} for texts in (given, wanted))
    except (ValueError, OverflowError):
        return False
    return first == second


def _rounded(text: str) -> list[float]:
    return [round(float(word), _DIGITS) for word in text.split()]


def _words(text: str) -> list[str]:
    return [word for word in _SPACES.split(text.translate(_LOWERED)) if word]


def _same_word(word: str, wanted: str) -> bool:
    number, other = _number(word), _number(wanted)
    if number is None or other is None:
        return word == wanted
    return abs(number - other) < _NEAR


def _number(word: str) -> float | None:
    """What `absl::SimpleAtod` makes of it: unlike Python's, no underscores and no digits of other scripts."""
    if "_" in word or not word.isascii():
        return None
    try:
        return float(word)
    except ValueError:
        return None


def _stripped(text: str) -> list[str]:
    return [line.strip() for line in text.strip().split("\n")]


def _same_line(line: str, wanted: str) -> bool:
    if line == wanted:
        return True
    try:
        return [Decimal(word) for word in line.split()] == [Decimal(word) for word in wanted.split()]
    except (InvalidOperation, ValueError):
        return False
