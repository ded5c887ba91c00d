"""Where an answer ends, and what of it is thought: one rule for what an engine writes and what a file replays.

A model that thinks does so inside `<think>` and `</think>`: at its text's beginning, or in a tag that the prompt left
open. A closing tag alone ends a thought as well. Stop strings are the answer's, which starts behind the closing tag.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from dataclasses import replace

from harness.core import Completion
from harness.core import Finish

OPEN = "<think>"
CLOSE = "</think>"
_APOSTROPHE = re.compile(r"(?<=\w)'(?=\w)")


@dataclass(frozen=True, slots=True)
class Parted:
    """A text's thought, None where there is none, and its answer; `is_finished` is false inside a thought."""

    thought: str | None
    answer: str
    is_finished: bool = True


def begins_thought(text: str) -> bool | None:
    """Whether a text begins with a thought; None while its beginning could still become one."""
    start = text.lstrip()
    if start.startswith(OPEN):
        return True
    return None if OPEN.startswith(start) else False


def closing(text: str, *, is_open: bool) -> int | None:
    """The place of the tag that ends the thought; None where there is none.

    Where no tag has opened one, a tag in quotes is text: a program may well hold `"</think>"`.
    """
    place = text.find(CLOSE)
    while place >= 0:
        if is_open or not _is_quoted(text[text.rfind("\n", 0, place) + 1 : place]):
            return place
        place = text.find(CLOSE, place + 1)
    return None


def parted(text: str, *, is_open: bool = False) -> Parted:
    """A whole text, thought and answer apart; `is_open` where the prompt left a tag open."""
    is_open = is_open or bool(begins_thought(text))
    place = closing(text, is_open=is_open)
    if place is not None:
        return Parted(inside(text[:place]), text[place + len(CLOSE) :].lstrip())
    return Parted(inside(text), "", is_finished=False) if is_open else Parted(None, text)


def inside(text: str) -> str:
    """A thought without its opening tag and the white space around it."""
    return text.strip().removeprefix(OPEN).strip()


def cut(text: str, stops: Sequence[str]) -> str | None:
    """The text before its stop string, None where it has none.

    Writing ends as soon as one stop string is whole, and is cut where the earliest begins that is whole by then.
    """
    ends = [at + len(stop) for stop in stops if stop and (at := text.find(stop)) >= 0]
    if not ends:
        return None
    read = text[: min(ends)]
    return read[: min(at for stop in stops if stop and (at := read.find(stop)) >= 0)]


def replayed(completion: Completion, stops: Sequence[str]) -> Completion:
    """The completion as an engine would have left it that wrote the same text; its tokens stay as they are.

    An unfinished thought leaves no answer, and counts as cut off. A thought that stands apart already is kept.
    """
    answer = parted(completion.text)
    thought = completion.thought if answer.thought is None else answer.thought
    if not answer.is_finished:
        return replace(completion, text="", finish="length", thought=thought)
    text = cut(answer.answer, stops)
    finish: Finish = completion.finish if text is None else "stop"
    return replace(completion, text=answer.answer if text is None else text, finish=finish, thought=thought)


def _is_quoted(before: str) -> bool:
    """Whether a line's text up to a place leaves a quote open, apostrophes aside."""
    plain = _APOSTROPHE.sub("", before)
    return any(plain.count(mark) % 2 for mark in "\"'`")
