"""What a metric reads off a case and its response, checked: a page's metric and its request must fit."""

import math
from collections.abc import Mapping
from collections.abc import Sequence

from harness.core import Case
from harness.core import Completions
from harness.core import Judged
from harness.core import LogLikelihoods
from harness.core import Response
from harness.errors import EngineError
from harness.errors import UsageError


def text(metric: str, response: Response) -> str:
    """The first completion's text; raises UsageError where the request was not Generate."""
    if isinstance(response, Judged):
        return response.completions.completions[0].text
    if not isinstance(response, Completions):
        raise UsageError(f"{metric}: found a response of kind {type(response).__name__}; expected Completions")
    return response.completions[0].text


def loglikelihoods(metric: str, response: Response) -> tuple[float, ...]:
    """The log P of each pair in nats; raises UsageError where none was asked, EngineError where one is not finite."""
    if not isinstance(response, LogLikelihoods):
        raise UsageError(f"{metric}: found a response of kind {type(response).__name__}; expected LogLikelihoods")
    if not all(math.isfinite(value) for value in response.values):
        raise EngineError(f"{metric}: found log-likelihoods {response.values}; expected finite numbers")
    return response.values


def likeliest(values: Sequence[float]) -> int:
    """The index of the largest value; the first of equals, as numpy's argmax and lm-evaluation-harness."""
    return max(range(len(values)), key=values.__getitem__)


def label(metric: str, case: Case) -> int:
    """The case's target as the index of the right pair."""
    if isinstance(case.target, bool) or not isinstance(case.target, int):
        raise UsageError(f"{metric}: found target {case.target!r} in case {case.id!r}; expected the index of a pair")
    return case.target


def reference(metric: str, case: Case, field: str = "answer") -> str:
    """The case's target as text; of a target with fields, the field that is named."""
    target = case.target.get(field) if isinstance(case.target, Mapping) else case.target
    if not isinstance(target, str):
        raise UsageError(f"{metric}: found target {case.target!r} in case {case.id!r}; expected text")
    return target


def pairs_of(metric: str, case: Case, field: str) -> tuple[int, ...]:
    """A field of the case's target as indices of pairs."""
    pairs = case.target.get(field) if isinstance(case.target, Mapping) else None
    if not isinstance(pairs, tuple) or not pairs:
        raise UsageError(f"{metric}: found target {case.target!r} in case {case.id!r}; expected indices in {field!r}")
    return tuple(index for index in pairs if isinstance(index, int))


def references(metric: str, case: Case, field: str) -> tuple[str, ...]:
    """A field of the case's target as texts, at least one."""
    texts = case.target.get(field) if isinstance(case.target, Mapping) else None
    if not isinstance(texts, tuple) or not texts or not all(isinstance(each, str) for each in texts):
        raise UsageError(f"{metric}: found target {case.target!r} in case {case.id!r}; expected texts in {field!r}")
    return tuple(map(str, texts))


def choices_and_labels(metric: str, case: Case, response: Response) -> tuple[tuple[int, ...], tuple[int, ...]]:
    """Of a case with several answers to judge: the likeliest pair of each answer's own, and the answers' labels.

    The target is a tuple of labels; the pairs stand answer by answer, as many for each. Choices count from 0 within
    an answer's pairs. Raises UsageError where target and pairs do not fit.
    """
    values = loglikelihoods(metric, response)
    given = case.target if isinstance(case.target, tuple) else ()
    labels = tuple(each for each in given if isinstance(each, int) and not isinstance(each, bool))
    if not labels or len(labels) < len(given) or len(values) % len(labels):
        shown = f"{len(values)} pairs and target {case.target!r} in case {case.id!r}"
        raise UsageError(f"{metric}: found {shown}; expected a tuple of labels and as many pairs for each")
    size = len(values) // len(labels)
    return tuple(likeliest(values[start : start + size]) for start in range(0, len(values), size)), labels


def program_and_reference(metric: str, case: Case, response: Response) -> tuple[str, str]:
    """The first sample's program, "" where none was found, and the solution known to be right.

    Of a case without a trial: the first completion's text, and the target. Raises UsageError where a trial has no
    solution.
    """
    if isinstance(response, Judged) and case.trial is not None:
        if not case.trial.reference:
            raise UsageError(f"{metric}: found no reference in the trial of case {case.id!r}; expected a solution")
        return response.programs[0] or "", case.trial.reference
    return text(metric, response), reference(metric, case)
