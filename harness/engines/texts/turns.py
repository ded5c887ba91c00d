"""A model's chat template: turns rendered to text, and whether every turn comes back in it.

Templates are a stranger's programs. Some want a turn's content as a list of parts, as LLaVA's does, and show nothing of
a text; some leave out the system's turn, or all but the last; some raise what they like. Turns of markers are rendered
first, once for each order of roles: where a marker does not come back the list form is tried, and else those turns are
refused by name.
"""

import json
from collections.abc import Mapping
from collections.abc import Sequence
from typing import Any
from typing import Literal
from typing import TypeAlias
from typing import cast

from jinja2 import TemplateError

from harness.core import Message
from harness.core import Role
from harness.engines.texts.unreadable import UnreadableError

Form: TypeAlias = Literal["text", "parts"]
FORMS: tuple[Form, ...] = ("text", "parts")
THOUGHT_END = "</think>"


class ChatTemplate:
    """The template of `tokenizer`, one of transformers' PreTrainedTokenizerBase."""

    def __init__(self, tokenizer: Any) -> None:
        self._tokenizer = tokenizer
        self._known: dict[tuple[str, ...], Form | UnreadableError] = {}

    def render(self, messages: Sequence[Message]) -> str:
        """The text of the turns with the beginning of an answer behind; raises UnreadableError, a reason to show."""
        form = self.form(tuple(message.role for message in messages))
        text = self._rendered(messages, form)
        shown = _squeezed(text)
        for message in messages:
            if not any(_squeezed(reading) in shown for reading in _readings(message)):
                raise UnreadableError(f"the chat template does not show the {message.role}'s turn as it is")
        return text

    def form(self, roles: tuple[str, ...]) -> Form:
        """The form of content in which turns of these roles come back; raises UnreadableError where none does."""
        if roles not in self._known:
            self._known[roles] = self._tried(roles)
        form = self._known[roles]
        if isinstance(form, UnreadableError):
            raise UnreadableError(str(form)) from form
        return form

    def note(self) -> str | None:
        """What a reader must know of how a single question is rendered."""
        try:
            form = self.form(("user",))
        except UnreadableError as error:
            return f"{error}; cases that are asked as turns are refused"
        return "the chat template takes a turn's content as a list of parts" if form == "parts" else None

    def _tried(self, roles: tuple[str, ...]) -> Form | UnreadableError:
        marked = [Message(cast("Role", role), f"crosstask{number}marker") for number, role in enumerate(roles)]
        reasons = []
        for form in FORMS:
            try:
                text = self._rendered(marked, form)
            except UnreadableError as error:
                reasons.append(str(error))
                continue
            lost = [turn.role for turn in marked if turn.content not in text]
            if not lost and not any(printed in text for turn in marked for printed in _printed(turn)):
                return form
            reasons.append(f"the chat template leaves out the {lost[0] if lost else roles[0]}'s turn")
        return UnreadableError(reasons[0])

    def _rendered(self, messages: Sequence[Message], form: Form) -> str:
        turns = [{"role": message.role, "content": _content(message, form)} for message in messages]
        try:
            return str(self._tokenizer.apply_chat_template(turns, tokenize=False, add_generation_prompt=True))
        except TemplateError as error:
            raise UnreadableError(f"the chat template refuses these turns: {error}") from error
        except Exception as error:  # a template is a program, and raises whatever a program can
            raise UnreadableError(f"the chat template refuses these turns: {type(error).__name__}: {error}") from error


def _content(message: Message, form: Form) -> str | list[dict[str, str]]:
    return message.content if form == "text" else [_part(message)]


def _part(message: Message) -> dict[str, str]:
    return {"type": "text", "text": message.content}


def _printed(message: Message) -> tuple[str, ...]:
    """A part as a template prints it that knows no parts."""
    part: Mapping[str, str] = _part(message)
    return repr(part), json.dumps(part), json.dumps(part, separators=(",", ":"))


def _readings(message: Message) -> tuple[str, ...]:
    """How a turn may stand in a rendered text: as it is, as a JSON string, without an earlier answer's thought."""
    content = message.content
    readings = (content, json.dumps(content, ensure_ascii=False)[1:-1])
    return (*readings, content.rpartition(THOUGHT_END)[2]) if message.role == "assistant" else readings


def _squeezed(text: str) -> str:
    """The text without white space, which templates trim and indent."""
    return "".join(text.split())
