"""Questions of many small tables, as data: what is asked of a table's rows, of which fields, with which answers.

A suite of classification tasks is one TOML file. A key at its top is a table's config, or a family's name where it
holds `tasks`: configs, each with the text that replaces `{}` in the family's `ask`, or with keys of its own.

    ask = "Does this clause {}?"       # one line
    fields = { text = "Clause" }       # what is shown of a row, and under which heading
    answers = ["Yes", "No"]            # what may be said; Yes and No where nothing else stands
    options = ["All cash", "Mixed"]    # instead of answers: they are the letters A, B, ... and these their meaning
    tags = ["reasoning:issue"]         # of the table's cases
"""

import string
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from harness.core import Case
from harness.core import LogLikelihood
from harness.errors import SourceError
from harness.sources import Row

_KEYS = {"ask", "fields", "answers", "options", "tags", "tasks"}
_NO_PUNCTUATION = str.maketrans("", "", string.punctuation)


@dataclass(frozen=True, slots=True)
class Question:
    """What is asked of the rows of one table; `fields` are (field, heading) in the order they are shown."""

    ask: str
    fields: tuple[tuple[str, str], ...]
    answers: tuple[str, ...]
    options: tuple[str, ...]
    tags: tuple[str, ...]

    def prompt(self, row: Row) -> str:
        """The question, the answers to choose from, the row's fields, and `Answer:`."""
        if self.options:
            choose = "Answer with the letter of one option."
            listed = [f"{letter}. {text}" for letter, text in zip(self.answers, self.options, strict=True)]
        else:
            choose, listed = f"Answer with one of: {', '.join(self.answers)}.", []
        shown = (f"{heading}: {row.text(field).strip()}" for field, heading in self.fields)
        return "\n".join((f"{self.ask} {choose}", *listed, "", *shown, "Answer:"))

    def label(self, row: Row, field: str = "answer") -> int:
        """The place of the row's answer, read without regard to case, punctuation and white space around it."""
        answers = [_bare(answer) for answer in self.answers]
        key = _bare(row.text(field))
        if key not in answers:
            raise row.error(field, f"{row[field]!r}; expected one of {', '.join(map(repr, self.answers))}")
        return answers.index(key)

    def case(self, row: Row) -> Case:
        """All answers to one row's question; the target is the right one's index, the table's config the stratum."""
        context = self.prompt(row)
        request = LogLikelihood(tuple((context, f" {answer}") for answer in self.answers))
        return Case(row.id, (request,), self.label(row), stratum=row.config, tags=self.tags)


def read_questions(path: Path) -> dict[str, Question]:
    """The questions of a file by config, in its order; raises SourceError where one is not whole."""
    try:
        content = tomllib.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise SourceError(f"{path}: {error}; expected questions in TOML") from error
    questions: dict[str, Question] = {}
    for name, entry in content.items():
        if not isinstance(entry, dict):
            raise SourceError(f"{path}, {name}: found {entry!r}; expected a table")
        for config, own in entry.get("tasks", {name: {}}).items():
            if config in questions:
                raise SourceError(f"{path}, {config}: stands there twice; expected each config once")
            questions[config] = _question(f"{path}, {config}", entry, own)
    return questions


def _question(where: str, family: Mapping[str, Any], own: Any) -> Question:
    if isinstance(own, str):
        own = {"ask": str(family.get("ask", "")).replace("{}", own)}
    entry = {**family, **own}
    if unknown := sorted(set(entry) - _KEYS):
        raise SourceError(f"{where}: found the key {unknown[0]!r}; expected {', '.join(sorted(_KEYS))}")
    options = tuple(entry.get("options", ()))
    answers = tuple(string.ascii_uppercase[: len(options)]) or tuple(entry.get("answers", ("Yes", "No")))
    fields = entry.get("fields", {})
    if not (isinstance(entry.get("ask"), str) and fields and len({_bare(answer) for answer in answers}) > 1):
        raise SourceError(f"{where}: found {entry!r}; expected ask, fields, and two answers or more")
    return Question(entry["ask"], tuple(fields.items()), answers, options, tuple(entry.get("tags", ())))


def _bare(answer: str) -> str:
    """The answer as LegalBench compares it (arXiv:2308.11462, evaluation.py): no punctuation, no case."""
    return answer.translate(_NO_PUNCTUATION).strip().casefold()
