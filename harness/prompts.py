"""Prompts as turns, and their plain form for models that take no turns.

A few-shot prompt is a conversation in which the user asks and the assistant answers. Without a
chat template the same turns are joined to the text lm-evaluation-harness would have built:
an answer follows its question directly (it brings its own leading space), a blank line follows an answer.
"""

import re
from collections.abc import Sequence
from dataclasses import replace

from harness.core import Generate
from harness.core import Message

SHOT_DELIMITER = "\n\n"
GAP = "<gap>"
INFILLING = (
    f"Here is a {{language}} program with a gap, which is marked by {GAP}:\n\n{{code}}\n\n"
    f"Write what belongs in the place of {GAP}, and nothing that stands before or behind it."
)
"""How a gap is put into words. The authors have no such form."""
COMPLETING = (
    "Complete the following {language} code. Keep what is given as it is, and answer with the whole of the completed "
    "code in a markdown code block.\n\n{code}"
)
"""How source is put into words, after DeepSeek-Coder's `eval_instruct.py` (arXiv:2401.14196), whose words name none."""
WRITING = "Write the answer in {language}.\n\n{task}"
"""What stands before a task in words that does not name the language of its answer."""
_SOURCE = re.compile(r"\n[ \t]*\S|struct\Z")
"""A stop that is source text: what begins a line, and the one word that MultiPL-E stops Go at."""
_LETTERS = 4
"""Letters of a name that no other word is likely to be."""


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


def turns(request: Generate) -> tuple[Message, ...]:
    """The turns of a request with outer white space removed: what a chat template renders.

    With a suffix a question of our own asks for what is missing between the two. Source is fenced, and its language
    named; a task in words gets a sentence that names the language, where it does not name it itself.
    """
    before = (Message("user", request.prompt),) if isinstance(request.prompt, str) else request.prompt
    *earlier, last = (Message(turn.role, turn.content.strip()) for turn in before)
    return (*earlier, Message(last.role, _in_words(request, last.content).strip()))


def _in_words(request: Generate, last: str) -> str:
    """The last turn of a request, whose content is given without outer white space."""
    language, asked = request.answer_language, request.prompt
    if request.suffix is not None:
        gap = with_gap(replace(request, prompt=flat(asked)))
        return INFILLING.format(language=language or "Python", code=fenced(gap, language or "Python"))
    if language is None or (not request.source and names(last, language)):
        return last
    if request.source and isinstance(asked, str):
        return COMPLETING.format(language=language, code=fenced(asked.strip("\n"), language))
    return WRITING.format(language=language, task=last)


def fenced(source: str, language: str) -> str:
    """Source in a fence that nothing in it closes, under the language's tag: its name in small letters."""
    longest = max((len(ticks) for ticks in re.findall(r"`{3,}", source)), default=2)
    fence = "`" * (longest + 1)
    return f"{fence}{language.lower()}\n{source}\n{fence}"


def names(text: str, language: str) -> bool:
    """Whether a text names a language; `[PYTHON]` and `python3` do; a short one, as Go, only as it is written."""
    flags = re.IGNORECASE if len(language) >= _LETTERS else re.NOFLAG
    return re.search(rf"(?<!\w){re.escape(language)}(?![^\W\d]|[+#])", text, flags) is not None


def stops(request: Generate, *, template: bool) -> tuple[str, ...]:
    """The stop strings that apply. Those that are source, as HumanEval's, say where the continuation of a text ends.

    Under a chat template the answer is a turn of its own, which may well hold such a line, and ends by itself. There a
    blank line beside such stops, as of MultiPL-E's Ruby, would end it behind its first paragraph, and does not apply.
    """
    if not template or not any(map(_SOURCE.match, request.stop)):
        return request.stop
    return tuple(stop for stop in request.stop if stop.strip() and not _SOURCE.match(stop))
