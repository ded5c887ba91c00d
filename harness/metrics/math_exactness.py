r"""Where math-verify and mathematics differ: what it equates within a tolerance, and equal forms it tells apart.

math-verify 0.9.0 compares exact numbers by an absolute tolerance, so 1/2004! is 1/2006! to it, drops the base of
`1200_8`, reads one number out of `1, 2, \ldots, n`, and does not know that $\sqrt{1/n}$ is $1/\sqrt{n}$.
"""

import re
from collections.abc import Mapping
from typing import Any

import sympy  # type: ignore[import-untyped]
from sympy.core.relational import Relational  # type: ignore[import-untyped]

_WORDS = ("two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven", "twelve")
_BASES = {word: number for number, word in enumerate(_WORDS, 2)}
_BASE = rf"\d+|{'|'.join(_WORDS)}"
_DIGITS = r"(?<![A-Za-z0-9_\\])(?:\\text\{)?\(?(?P<digits>-?[0-9A-Fa-f]*\d[0-9A-Fa-f,.]*)\)?\}?\s*"
_BELOW = rf"_\s*[{{(]*(?:\\(?:text|mathrm)\{{)?(?:base)?\s*(?P<base>{_BASE})[}})]*"
_BEHIND = rf"(?:\\text\{{)?\s*(?:in\s+)?base\s*\}}?\s*(?P<word>{_BASE})\}}?"
_BASED = re.compile(rf"{_DIGITS}(?:{_BELOW}|{_BEHIND})(?!\w)")
_ELLIPSIS = re.compile(r"\\[lcdv]?dots[bcimo]?(?![A-Za-z])|\.\.\.|\u2026|,\s*,")
_COMMAS = re.compile(r"\s*,\s*")
_PRECISION = 120
_AGREE = sympy.Float(10) ** -100
"""Exact numbers are computed to `_PRECISION` digits; what agrees so closely is taken for equal."""
_NEAR = sympy.Rational(1, 100)
"""Numbers farther apart are equal by a convention, as 50 and 50 % are, not within a tolerance."""
_ALIKE = sympy.Rational(1, 100)
"""Six decimals are enough by math-verify's convention, but not where the numbers have none but these."""
_HUNDREDTH = sympy.UnevaluatedExpr(sympy.Rational(1, 100))
_POINTS = tuple(sympy.Rational(*each) for each in ((3, 7), (5, 3), (11, 2), (17, 1), (-3, 7), (-5, 3), (-11, 2)))
_FEWEST_POINTS, _MOST_SYMBOLS = 3, 3


def based(text: str) -> tuple[tuple[str, int], ...]:
    r"""The numerals of a text with a base, `1200_8` or `\text{E31}_{12}`: digits in upper case, and the base."""
    numerals = []
    for each in _BASED.finditer(text):
        word = each["base"] or each["word"]
        numerals.append((_digits(each["digits"]), _BASES.get(word) or int(word)))
    return tuple(numerals)


def equal_by_base(gold: str, answer: str) -> bool | None:
    """Whether numerals with bases are the same; None where there are none to compare.

    By convention an answer may leave the base away, which the question names.
    """
    wanted, said = based(gold), based(answer)
    if not wanted or not said:
        alone = wanted and _BASED.fullmatch(gold.strip()) and _digits(re.sub(r"[\s$]|\\text|[{}]", "", answer))
        return True if alone and alone == wanted[0][0] else None
    if wanted == said:
        return True if _BASED.fullmatch(gold.strip()) and _BASED.fullmatch(answer.strip()) else None
    return False


def listed(text: str) -> list[str] | None:
    r"""The parts of a text with an ellipsis, `1, 2, \ldots, n`, the ellipsis itself empty; None of another text.

    math-verify leaves a blank between commas where it read one.
    """
    return _COMMAS.split(_ELLIPSIS.sub(_blank, text).strip()) if _ELLIPSIS.search(text) else None


def told_apart(gold: Any, answer: Any) -> bool:
    """Whether two expressions that math-verify takes for equal differ by less than its tolerance, and do differ.

    Exact numbers must be the same number; of numbers with decimals two significant digits must be. Symbols stand for a
    few fixed numbers. Where nothing can be computed, nothing is told apart.
    """
    try:
        return _apart(gold, answer)
    except (ArithmeticError, AttributeError, NotImplementedError, TypeError, ValueError):
        return False


def same_function(gold: Any, answer: Any) -> bool:
    """Whether two expressions with the same symbols are one function of real numbers, where it is real.

    Both are computed at fixed points: what is real for one must be for the other, and agree to a hundred digits.
    """
    try:
        return _same(*(_right_side(each) for each in _alike(gold, answer)))
    except (ArithmeticError, AttributeError, NotImplementedError, TypeError, ValueError):
        return False


def _digits(text: str) -> str:
    sign, plain = "-" * text.startswith("-"), text.removeprefix("-").replace(",", "").upper()
    return sign + (plain.lstrip("0") or "0")


def _blank(match: re.Match[str]) -> str:
    return ",," if match[0].startswith(",") else ""


def _apart(gold: Any, answer: Any) -> bool:
    if isinstance(gold, Relational) and isinstance(answer, Relational):
        return gold.lhs == answer.lhs and gold.lhs.is_Symbol and _apart(gold.rhs, answer.rhs)
    if isinstance(gold, sympy.MatrixBase) and isinstance(answer, sympy.MatrixBase):
        return gold.shape == answer.shape and any(map(_apart, gold.flat(), answer.flat()))
    if isinstance(gold, sympy.Expr) and isinstance(answer, sympy.Expr):
        return _differ(gold, answer)
    wanted, said = _parts(gold), _parts(answer)
    if len(wanted) != len(said):
        return False
    if isinstance(gold, sympy.FiniteSet) or isinstance(answer, sympy.FiniteSet):
        # math-verify orders the elements by their values, which are one within a tolerance
        return any(all(_apart(element, other) for other in said) for element in wanted)
    return any(map(_apart, wanted, said))


def _parts(value: Any) -> tuple[Any, ...]:
    if isinstance(value, sympy.Interval):  # which math-verify takes for a pair
        return value.start, value.end
    return () if isinstance(value, sympy.Expr) else tuple(getattr(value, "args", ()))


def _differ(gold: sympy.Expr, answer: sympy.Expr) -> bool:
    places = _places(gold, answer)
    if gold.free_symbols != answer.free_symbols or places is None or _HUNDREDTH in _within(gold) | _within(answer):
        return False  # equal by a convention: `abc` may be a product, 50 % a number or a hundredth of it
    exact = not gold.has(sympy.Float) and not answer.has(sympy.Float)
    for place in places:
        value, other = (each.subs(place).doit() for each in (gold, answer))
        if exact and value.is_Rational and other.is_Rational:
            if value != other:
                return True
            continue
        value, other = value.evalf(_PRECISION), other.evalf(_PRECISION)
        if _distance(value, other) > (_AGREE if exact else _ALIKE) and (exact or abs(value - other) < _NEAR):
            return True
    return False


def _within(value: sympy.Expr) -> set[Any]:
    return set(value.atoms(sympy.UnevaluatedExpr))


def _distance(value: Any, other: Any) -> Any:
    """The distance of two numbers, by the larger one."""
    largest = max(abs(value), abs(other))
    return abs(value - other) / largest if largest else largest


def _places(gold: sympy.Expr, answer: sympy.Expr) -> list[Mapping[Any, Any]] | None:
    """What the symbols stand for; one place without a symbol, None with too many."""
    symbols = sorted(gold.free_symbols | answer.free_symbols, key=str)
    if len(symbols) > _MOST_SYMBOLS:
        return None
    if not symbols:
        return [{}]
    count = len(_POINTS)
    return [{symbol: _POINTS[(at + 2 * n) % count] for n, symbol in enumerate(symbols)} for at in range(count)]


def _alike(gold: Any, answer: Any) -> tuple[Any, Any]:
    if isinstance(gold, sympy.Eq) and isinstance(answer, sympy.Eq) and gold.lhs != answer.lhs:
        raise ValueError(gold)
    return gold, answer


def _right_side(value: Any) -> Any:
    return value.rhs if isinstance(value, sympy.Eq) and value.lhs.is_Symbol else value


def _same(gold: Any, answer: Any) -> bool:
    if not (isinstance(gold, sympy.Expr) and isinstance(answer, sympy.Expr)):
        return False
    places = _places(gold, answer)
    if not gold.free_symbols or gold.free_symbols != answer.free_symbols or places is None:
        return False
    agreed = 0
    for place in places:
        value, other = (_real(each.subs(place).doit().evalf(_PRECISION)) for each in (gold, answer))
        if (value is None) != (other is None):
            return False
        if value is not None and other is not None:
            if _distance(value, other) > _AGREE:
                return False
            agreed += 1
    return agreed >= _FEWEST_POINTS


def _real(value: Any) -> Any:
    """The number, where it is real and finite."""
    if not value.is_number or value.has(sympy.nan, sympy.zoo, sympy.oo):
        return None
    real, imaginary = value.as_real_imag()
    return None if abs(imaginary) > _AGREE * max(abs(real), 1) else real
