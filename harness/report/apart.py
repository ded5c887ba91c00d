"""Cases with a continuation that was tokenised apart from its context: counted beside a score only where there are any.

A token of context and continuation together would span both; `harness.engines.texts.tokens` says what is done.
"""

from collections.abc import Mapping
from collections.abc import Sequence
from typing import Any

from harness.core import LogLikelihoods
from harness.core import Record

APART = "apart"


def count(records: Sequence[Record]) -> dict[str, int]:
    """How many cases have such a continuation, under the name of the count; empty where none has."""
    apart = sum(
        any(isinstance(answer, LogLikelihoods) and answer.apart for answer in record.answers) for record in records
    )
    return {APART: apart} if apart else {}


def extra(scores: Sequence[Mapping[str, Any]], title: str) -> dict[str, str]:
    """The column of that count, the count's name to its title; none where no score has it."""
    return {APART: title} if any(score["counts"].get(APART) for score in scores) else {}
