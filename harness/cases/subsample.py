"""At most n cases of a benchmark: seeded, stratified, the same for every model.

Strata get their share of n by largest remainders (Hamilton's method), so each is within one case of
its exact quota. Inside a stratum the cases with the smallest sha256 of (seed, case id) are taken: the
choice depends on seed and ids alone, never on the order of the rows or on a random generator's version.
"""

import math
from collections import Counter
from collections.abc import Mapping
from collections.abc import Sequence
from fractions import Fraction

from harness.cases.ranks import rank
from harness.core import Case
from harness.errors import UsageError


def parse_limit(text: str) -> int | None:
    """The value of `--limit`: a positive count, or None for "all"; raises UsageError on anything else."""
    if text.strip().lower() == "all":
        return None
    if not (text.strip().isascii() and text.strip().isdigit() and int(text) > 0):
        raise UsageError(f"--limit: found {text!r}; expected a positive number of cases, or all")
    return int(text)


def parse_share(value: str | float | None) -> Fraction | None:
    """The value of `--certify`: a share above 0 and up to 1, as `2%` or `0.02`; raises UsageError on anything else."""
    if value is None:
        return None
    number, percent = str(value).strip().removesuffix("%").rstrip(), str(value).strip().endswith("%")
    try:
        share = Fraction(number) / (100 if percent else 1)
    except (ValueError, ZeroDivisionError):
        share = Fraction(0)
    if not 0 < share <= 1:
        raise UsageError(f"--certify: found {value!r}; expected a share above 0 % and up to 100 %, as 2% or 0.02")
    return share


def share_of(cases: Sequence[Case], share: Fraction, seed: int) -> tuple[Case, ...]:
    """A share of the cases, above 0 and up to 1; their number is rounded up, and `limit` chooses them."""
    return limit(cases, math.ceil(share * len(cases)), seed)


def limit(cases: Sequence[Case], n: int | None, seed: int) -> tuple[Case, ...]:
    """At most `n` of the cases, in their original order; None takes all.

    Equal `n` and `seed` choose equal ids whatever the order of the cases. Raises UsageError where n < 1.
    """
    if n is None or n >= len(cases):
        return tuple(cases)
    if n < 1:
        raise UsageError(f"limit: {n}; expected a positive number of cases")
    left = _quotas(Counter(case.stratum for case in cases), n, seed)
    chosen = set()
    for place in sorted(range(len(cases)), key=lambda place: rank(seed, cases[place].id)):
        if left[cases[place].stratum]:
            left[cases[place].stratum] -= 1
            chosen.add(place)
    return tuple(case for place, case in enumerate(cases) if place in chosen)


def _quotas(sizes: Mapping[str | None, int], n: int, seed: int) -> dict[str | None, int]:
    """Cases per stratum, their sum n: whole shares first, then one each by largest remainder (ties by hash)."""
    total = sum(sizes.values())
    quotas = {stratum: n * size // total for stratum, size in sizes.items()}
    by_remainder = sorted(sizes, key=lambda stratum: (-(n * sizes[stratum] % total), rank(seed, stratum or "")))
    for stratum in by_remainder[: n - sum(quotas.values())]:
        quotas[stratum] += 1
    return quotas
