"""The turns of an Inspect sample as requests and answers, where all of them are texts."""

from collections.abc import Iterator
from collections.abc import Mapping
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from typing import Literal

from harness.core import Completion
from harness.core import Completions
from harness.core import Generate
from harness.core import Message
from harness.importers.foreign import Entry
from harness.importers.foreign import finite

_ROLES: Mapping[str, Literal["system", "user", "assistant"]] = {
    "system": "system",
    "user": "user",
    "assistant": "assistant",
}
_CUT = frozenset({"max_tokens", "model_length"})


@dataclass(frozen=True, slots=True)
class Decoding:
    """How answers were written; 0 stands for a length, and for a top_p beside an unknown temperature, not said."""

    max_tokens: int
    temperature: float
    top_p: float
    stop: tuple[str, ...]
    seed: int
    epochs: int

    @classmethod
    def of(cls, header: Entry) -> "Decoding":
        """As the header says it: the model's own configuration, and over it the plan's."""
        about = header.entry("eval")
        said = {**about.within("model_generate_config").fields}
        said |= {
            name: value for name, value in header.within("plan").within("config").fields.items() if value is not None
        }
        temperature, top_p = finite(said.get("temperature")), finite(said.get("top_p"))
        longest, seed, stop = said.get("max_tokens"), said.get("seed"), said.get("stop_seqs")
        epochs = about.within("config").get("epochs", 1)
        return cls(
            max_tokens=longest if type(longest) is int and longest > 0 else 0,
            temperature=temperature or 0.0,
            top_p=0.0 if temperature is None else 1.0 if temperature == 0 or top_p is None else top_p,
            stop=tuple(stop) if isinstance(stop, list) and all(isinstance(text, str) for text in stop) else (),
            seed=seed if type(seed) is int else 0,
            epochs=epochs if type(epochs) is int and epochs > 0 else 1,
        )


def requests(epochs: Sequence[Entry], decoding: Decoding) -> tuple[tuple[Generate, ...], tuple[Completions, ...]]:
    """The request of each turn the model wrote, and its answers but for the last.

    Nothing where a turn is no text or uses a tool, or where epochs were asked different things.
    """
    turns = _turns(epochs[0])
    if turns is None or any(_first(epoch) != _first(epochs[0]) for epoch in epochs[1:]):
        return (), ()
    places = [place for place, (_, wrote) in enumerate(turns) if wrote] or [len(turns)]
    if len(places) > 1 and len(epochs) > 1:
        return (), ()
    messages = [message for message, _ in turns]
    asked = tuple(_generate(tuple(messages[:place]), decoding) for place in places)
    answered = [Completions((Completion(messages[place].content, "stop", 0),)) for place in places[:-1]]
    return asked, tuple(answered)


def completion(sample: Entry) -> Completions | None:
    """What the model wrote last; None where the sample has no output."""
    output = sample.within("output")
    choices = output.entries("choices") if output.get("choices") is not None else []
    usage = output.within("usage")
    written = []
    for choice in choices:
        said = choice.entry("message").fields.get("content")
        text = _text(said) or ""
        tokens = usage.get("output_tokens") if len(choices) == 1 else None
        finish: Literal["stop", "length"] = "length" if choice.get("stop_reason") in _CUT else "stop"
        written.append(Completion(text, finish, tokens if type(tokens) is int and tokens >= 0 else 0, _thought(said)))
    read = usage.get("input_tokens")
    return Completions(tuple(written), read if type(read) is int and read >= 0 else 0) if written else None


def _generate(messages: tuple[Message, ...], decoding: Decoding) -> Generate:
    plain = len(messages) == 1 and messages[0].role == "user"
    return Generate(
        messages[0].content if plain else messages,
        decoding.max_tokens,
        decoding.stop,
        decoding.temperature,
        decoding.top_p,
        decoding.epochs,
        decoding.seed,
    )


def _first(sample: Entry) -> list[Message] | None:
    """What was sent before the model wrote anything."""
    turns = _turns(sample)
    if turns is None:
        return None
    return [message for message, wrote in turns if not wrote]


def _turns(sample: Entry) -> list[tuple[Message, bool]] | None:
    """Each message with whether the model wrote it; None where one is no text."""
    output = sample.within("output")
    last = [choice.within("message").get("id") for choice in output.entries("choices")] if output.get("choices") else []
    turns = [_message(message, last) for message in sample.entries("messages")]
    whole = [turn for turn in turns if turn is not None]
    return whole if whole and len(whole) == len(turns) else None


def _message(message: Entry, last: Sequence[Any]) -> tuple[Message, bool] | None:
    """A message and whether the model wrote it: said so, or it is one of the output's."""
    role, content = _ROLES.get(str(message.get("role"))), _text(message.fields.get("content"))
    if role is None or content is None or message.get("tool_calls"):
        return None
    made = message.get("source") == "generate" or (message.get("id") is not None and message.get("id") in last)
    return Message(role, content), role == "assistant" and made


def _text(content: Any) -> str | None:
    """A message's text; None where it holds anything but texts and thoughts."""
    if isinstance(content, str):
        return content
    parts = list(_parts(content))
    if not isinstance(content, list) or len(parts) < len(content):
        return None
    return "\n".join(text for kind, text in parts if kind == "text")


def _thought(content: Any) -> str | None:
    thoughts = [text for kind, text in _parts(content) if kind == "reasoning" and text]
    return "\n".join(thoughts) if thoughts else None


def _parts(content: Any) -> Iterator[tuple[str, str]]:
    for part in content if isinstance(content, list) else ():
        kind = part.get("type") if isinstance(part, dict) else None
        text = part.get(kind) if kind in ("text", "reasoning") else None
        # what a provider keeps to itself is there as a cipher
        text = "" if kind == "reasoning" and part.get("redacted") else text
        if isinstance(kind, str) and isinstance(text, str):
            yield kind, text
