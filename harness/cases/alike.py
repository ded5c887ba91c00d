"""Whether two rows ask the same, whatever their ids, tables and spelling.

A row of one split may stand in another again, or in a file of one's own: with other white space, case or punctuation,
with its choices in another order, or with another answer. So rows are compared by what the page asks of them, and by
the fields of theirs that are read in it.
"""

import unicodedata
from collections.abc import Callable
from collections.abc import Iterator
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from harness.core import Case
from harness.core import Generate
from harness.core import LogLikelihood
from harness.core import Request
from harness.core import Rolling
from harness.errors import CrosstaskError
from harness.prompts import flat
from harness.sources import Row

LONG = 24
"""Characters of a field that by itself says that two rows are one, where the page cannot ask one of them."""
SAMPLE = 64
"""Rows by which it is seen whether questions, or fields, tell rows apart at all."""
_MARKS = ".,;:!?'\"`\u00b4\u2018\u2019\u201c\u201d\u00ab\u00bb"
UNASKED = (CrosstaskError, LookupError, TypeError, ValueError, AttributeError)
"""What a page raises on a row of another shape than its own, or without solved examples."""


@dataclass(frozen=True)
class Content:
    """A row in plain letters: all that is asked, the questions without their choices, the fields read in those."""

    asked: str
    question: str
    fields: frozenset[tuple[str, str]]
    row: Row

    @cached_property
    def long(self) -> frozenset[str]:
        """The row's long fields, whether they are asked or not."""
        return frozenset(text for text in map(plain, _texts(dict(self.row))) if len(text) >= LONG)


class Alike:
    """Compares rows by what `to_case` asks of them without solved examples; `rows` are some it may be told apart by."""

    def __init__(self, to_case: Callable[[Row, tuple[Row, ...]], Case], rows: Sequence[Row]) -> None:
        self._to_case = to_case
        self._known: dict[int, tuple[Row, Content]] = {}
        contents = [content for content in map(self.content, rows[:SAMPLE]) if content.asked]
        several = len({content.asked for content in contents})
        self._by_question = _tells_apart(len({content.question for content in contents}), several)
        self._by_fields = _tells_apart(len({content.fields for content in contents}), several)

    def content(self, row: Row) -> Content:
        """The content of an example; kept, as it is compared with every case."""
        if id(row) not in self._known:
            # the row is kept with it, so that no other one gets its place in memory
            self._known[id(row)] = (row, content_of(row, self._to_case))
        return self._known[id(row)][1]

    def __call__(self, case: Content, example: Row) -> bool:
        """Whether a case asks what the example asks."""
        other = self.content(example)
        if not case.asked or not other.asked:
            return bool(case.long & other.long)
        return (
            case.asked == other.asked
            or (self._by_question and bool(case.question) and case.question == other.question)
            or (self._by_fields and bool(case.fields) and case.fields == other.fields)
        )


def content_of(row: Row, to_case: Callable[[Row, tuple[Row, ...]], Case]) -> Content:
    """What a page asks of a row without solved examples; nothing is asked of one it cannot read."""
    try:
        requests = to_case(row, ()).requests
    except UNASKED:
        return Content("", "", frozenset(), row)
    parts = [part for request in requests for part in _parts(request)]
    # the choices of a question each have the whole of it before them
    questions = {first: plain(first) for first, _ in parts}
    question = "".join(questions.values())
    texts = ((name, plain(value)) for name, value in row.items() if isinstance(value, str))
    fields = frozenset((name, text) for name, text in texts if text and text in question)
    return Content("".join(questions[first] + plain(second) for first, second in parts), question, fields, row)


def plain(text: str) -> str:
    """A text without case, white space and the marks around words (Unicode's NFKC); those inside a word may be code."""
    folded = unicodedata.normalize("NFKC", text).casefold()
    return "".join(word.strip(_MARKS) for word in folded.split())


def _parts(request: Request) -> Iterator[tuple[str, str]]:
    """The questions of a request, each with what may follow it."""
    if isinstance(request, Generate):
        yield flat(request.prompt), ""
    elif isinstance(request, LogLikelihood):
        yield from request.pairs
    elif isinstance(request, Rolling):
        yield "", request.text


def _texts(value: Any) -> Iterator[str]:
    """Every text in a JSON value."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict | list | tuple):
        for inner in value.values() if isinstance(value, dict) else value:
            yield from _texts(inner)


def _tells_apart(kinds: int, several: int) -> bool:
    """Whether a part of the content differs between rows that differ: a page may ask "True?" of them all."""
    return several == 1 or (kinds > 1 and 2 * kinds >= several)
