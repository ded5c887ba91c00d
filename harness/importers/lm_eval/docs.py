"""The lines of a samples file as docs: what was asked, what came back, what each metric said.

lm-evaluation-harness 0.4.13 (`evaluator.py`, `loggers/evaluation_tracker.py`) writes a line for each doc and filter.
`arguments` are the requests as they were sent, `resps` the answers with every number turned to text.
"""

import json
from collections.abc import Iterator
from collections.abc import Mapping
from dataclasses import dataclass
from dataclasses import field
from pathlib import Path
from typing import Any
from typing import Literal
from typing import TypeAlias

from harness.core import Completion
from harness.core import Completions
from harness.core import Generate
from harness.core import LogLikelihood
from harness.core import LogLikelihoods
from harness.core import Message
from harness.core import Request
from harness.core import Response
from harness.core import Rolling
from harness.importers.foreign import Entry
from harness.importers.foreign import finite
from harness.importers.foreign import read_objects

INVALID = "[invalid]"
"""What lm-evaluation-harness's filters leave where they find no answer."""
_ROLES: tuple[Literal["system", "user", "assistant"], ...] = ("system", "user", "assistant")
_TOKENS = ("max_gen_toks", "max_new_tokens", "max_tokens", "max_completion_tokens")

Column: TypeAlias = tuple[str, str]
"""A metric and the filter before it."""


@dataclass(slots=True)
class Doc:
    """One doc of one task, as lm-evaluation-harness logged it.

    Attributes:
        task: The task's name.
        number: The doc's place in its table.
        where: File and line, for errors.
        row: The doc itself, as the task read it.
        target: What the task expected.
        request: What was asked; None where it has no form here, as pictures.
        response: What came back; None where it has no form here, as several generations.
        values: What each metric said.
        filtered: What each filter left of the answer.
    """

    task: str
    number: int
    where: str
    row: Any
    target: str
    request: Request | None
    response: Response | None
    values: dict[Column, Any] = field(default_factory=dict)
    filtered: dict[str, str | None] = field(default_factory=dict)


def read_docs(path: Path, task: str, max_tokens: int) -> dict[int, Doc]:
    """The docs of a samples file by their number, in its order.

    `max_tokens` is the longest answer where a line does not say it, 0 where that is not known. Raises StoreError
    naming file and line.
    """
    docs: dict[int, Doc] = {}
    for line in read_objects(path):
        number, name = line.whole("doc_id"), line.text("filter")
        doc = docs.get(number)
        if doc is None:
            doc = docs[number] = _doc(line, task, max_tokens)
        elif name in doc.filtered:
            raise line.error("doc_id", f"each doc once a filter, and {name!r} has this one already at {doc.where}")
        elif doc.request != _request(line, max_tokens):
            raise line.error("arguments", f"those of the same doc at {doc.where}")
        doc.filtered[name] = _filtered(line)
        for metric in line.texts("metrics"):
            doc.values[metric, name] = line.fields.get(metric)
    return docs


def _doc(line: Entry, task: str, max_tokens: int) -> Doc:
    request = _request(line, max_tokens)
    row = line.fields.get("doc")
    return Doc(task, line.whole("doc_id"), line.where, row, line.text("target"), request, _response(line, request))


def _filtered(line: Entry) -> str | None:
    """What a filter made of the first answer, where that is one text; None where it found nothing."""
    filtered = line.items("filtered_resps")
    text = filtered[0] if filtered else None
    while isinstance(text, list) and len(text) == 1:
        text = text[0]
    return text if isinstance(text, str) and text != INVALID else None


def _request(line: Entry, max_tokens: int) -> Request | None:
    """What was sent, as one request; None where it has no form here."""
    arguments = line.entry("arguments")
    sent = [tuple(arguments.entry(name).fields.values()) for name in arguments.fields]
    if not sent:
        raise line.error("arguments", "at least one request")
    if all(len(pair) == 2 and all(isinstance(text, str) for text in pair) for pair in sent):
        return LogLikelihood(tuple(sent))
    if len(sent) > 1:
        return None
    match sent[0]:
        case (str(text),):
            return Rolling(text)
        case (prompt, dict(options)):
            return _generate(line, prompt, Entry(f"{line.where}, arguments", options), max_tokens)
    return None


def _generate(line: Entry, prompt: Any, options: Entry, max_tokens: int) -> Generate | None:
    turns = _turns(prompt)
    if turns is None:
        return None
    until = options.get("until", [])
    stop = [until] if isinstance(until, str) else until
    if not isinstance(stop, list) or not all(isinstance(text, str) for text in stop):
        raise options.error("until", "a list of texts")
    longest = next((options.whole(name) for name in _TOKENS if options.get(name) is not None), max_tokens)
    temperature, top_p = _sampling(options)
    samples = len(_texts(line) or ("",))
    return Generate(turns, longest, tuple(stop), temperature, top_p, samples)


def _sampling(options: Entry) -> tuple[float, float]:
    """Temperature and top_p; (0, 0) where the line does not say how tokens were drawn."""
    temperature, top_p = finite(options.get("temperature")), finite(options.get("top_p"))
    if options.get("do_sample") is False or temperature == 0:
        return 0.0, 1.0
    if temperature is None or temperature < 0:
        return 0.0, 0.0
    return temperature, 1.0 if top_p is None else top_p


def _turns(prompt: Any) -> str | tuple[Message, ...] | None:
    """A prompt as text, or as turns where a chat model was sent them as JSON in a list of one."""
    if isinstance(prompt, str):
        return prompt
    if not (isinstance(prompt, list) and len(prompt) == 1 and isinstance(prompt[0], str)):
        return None
    try:
        turns = json.loads(prompt[0])
    except (ValueError, RecursionError):
        return None
    messages = tuple(_messages(turns)) if isinstance(turns, list) else ()
    return messages if messages and len(messages) == len(turns) else None


def _messages(turns: list[Any]) -> Iterator[Message]:
    for turn in turns:
        role, content = (turn.get("role"), turn.get("content")) if isinstance(turn, Mapping) else (None, None)
        if role in _ROLES and isinstance(content, str):
            yield Message(role, content)


def _response(line: Entry, request: Request | None) -> Response | None:
    if isinstance(request, Generate):
        texts = _texts(line)
        return None if texts is None else Completions(tuple(Completion(text, "stop", 0) for text in texts))
    if isinstance(request, Rolling):
        value = _number(_first(line.items("resps")))
        return None if value is None else LogLikelihoods((value,), (0,), (False,))
    if isinstance(request, LogLikelihood):
        return _loglikelihoods(line, len(request.pairs))
    return None


def _texts(line: Entry) -> list[str] | None:
    """The generated texts of the one request, one a repeat."""
    repeats = line.items("resps")
    texts = repeats[0] if len(repeats) == 1 else None
    return texts if isinstance(texts, list) and texts and all(isinstance(text, str) for text in texts) else None


def _loglikelihoods(line: Entry, pairs: int) -> LogLikelihoods | None:
    """The log P of each pair; None where one is no finite number."""
    answers = line.items("resps")
    if len(answers) != pairs:
        raise line.error("resps", f"as many answers as requests, {pairs}")
    values, greedy = [], []
    for repeat in answers:
        answer = repeat[0] if isinstance(repeat, list) and repeat else None
        if not (isinstance(answer, list) and len(answer) == 2 and str(answer[1]) in ("True", "False")):
            raise line.error("resps", "of each request a log P and whether it is the greedy continuation")
        values.append(_number(answer[0]))
        greedy.append(str(answer[1]) == "True")
    whole = tuple(value for value in values if value is not None)
    return LogLikelihoods(whole, (0,) * pairs, tuple(greedy)) if len(whole) == pairs else None


def _first(value: Any) -> Any:
    while isinstance(value, list) and value:
        value = value[0]
    return value


def _number(text: Any) -> float | None:
    try:
        return finite(float(text))
    except (TypeError, ValueError):
        return None
