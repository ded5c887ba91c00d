"""Prompts as turns, and their plain form for models that take no turns.

A few-shot prompt is a conversation in which the user asks and the assistant answers. Without a
chat template the same turns are joined to the text lm-evaluation-harness would have built:
an answer follows its question directly (it brings its own leading space), a blank line follows an answer.
"""

import re
from collections.abc import Sequence

from harness.core import Generate
from harness.core import Message

SHOT_DELIMITER = "\n\n"
GAP = "<gap>"
INFILLING = (
    f"Here is a Python program with a gap, which is marked by {GAP}:\n\n```python\n{{before}}{GAP}{{behind}}\n```\n\n"
    f"Write what belongs in the place of {GAP}, and nothing that stands before or behind it."
)
"""How a gap is put into words. The authors have no such form."""
_SOURCE = re.compile(r"\n[ \t]*\S|struct\Z")
"""A stop that is source text: what begins a line, and the one word that MultiPL-E stops Go at."""
_BLANK_LINE = "\n\n"


def few_shot(shots: Sequence[tuple[str, str]], question: str, *, system: str = "") -> str | tuple[Message, ...]:
    """The prompt for `question` after solved examples (question, answer); plain text when there are none.

    Answers carry the delimiter to their question (usually one leading space), as in lm-evaluation-harness.
    """
    if not shots and not system:
        return question
    head = (Message("system", system),) if system else ()
    turns = tuple(turn for asked, answer in shots for turn in (Message("user", asked), Message("assistant", answer)))
    return (*head, *turns, Message("user", question))


def flat(prompt: str | tuple[Message, ...]) -> str:
    """The prompt as plain text: what a model without a chat template continues."""
    if isinstance(prompt, str):
        return prompt
    return "".join(turn.content + ("" if turn.role == "user" else SHOT_DELIMITER) for turn in prompt)


def joined(shots: Sequence[tuple[str, str]], question: str, *, system: str = "") -> str:
    """The context of a log-likelihood: what `few_shot` gives, as plain text."""
    return flat(few_shot(shots, question, system=system))


def with_gap(request: Generate) -> str:
    """A prompt of plain text as people are shown it: with a mark for the gap, and what stands behind it."""
    return str(request.prompt) if request.suffix is None else f"{request.prompt}{GAP}{request.suffix}"


def turns(prompt: str | tuple[Message, ...], suffix: str | None = None) -> tuple[Message, ...]:
    """The prompt as turns with outer white space removed: what a chat template renders.

    With a suffix a question of our own asks for what is missing between the two.
    """
    if suffix is not None:
        prompt = INFILLING.format(before=flat(prompt), behind=suffix)
    messages = (Message("user", prompt),) if isinstance(prompt, str) else prompt
    return tuple(Message(turn.role, turn.content.strip()) for turn in messages)


def stops(request: Generate, *, template: bool) -> tuple[str, ...]:
    """The stop strings that apply. Those that are source, as HumanEval's, say where the continuation of a text ends.

    Under a chat template the answer is a turn of its own, which may well hold such a line, and ends by itself. There a
    blank line beside such stops, as of MultiPL-E's Ruby, would end it behind its first paragraph, and does not apply.
    """
    if not template or not any(map(_SOURCE.match, request.stop)):
        return request.stop
    return tuple(stop for stop in request.stop if stop.strip() and not _SOURCE.match(stop))
