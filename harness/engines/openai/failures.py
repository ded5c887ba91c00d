"""What can go wrong with one call of a server: a kind that says what to do next, and a sentence without the key.

refuse   this request cannot be answered, and will not be the next time
odd      this answer was none: a second try may help, and no other request need be hurt
busy     the server as a whole does not answer now: all wait
fatal    the server will answer nothing, whatever it is asked
"""

import re
import time
from collections.abc import Mapping
from email.utils import parsedate_to_datetime
from typing import Any
from typing import Literal
from typing import TypeAlias

from harness.printing.visible import line

Kind: TypeAlias = Literal["refuse", "odd", "busy", "fatal"]
SHOWN = 200
"""Characters of what a server says that are shown."""

_FATAL = frozenset({404, 405})
_BUSY = frozenset({429, 502, 503, 529})
_ODD = frozenset({408, 409, 425})
_SLOW = frozenset({408, 429, 503, 504, 529})
"""Statuses that say a server has too much to do."""
_CONTEXT = re.compile(r"context[ _](length|size|window)|maximum context|too long", re.IGNORECASE)
_LIMIT = re.compile(r"(?:context (?:length|size|window)[^0-9]{0,20})(\d+)", re.IGNORECASE)


class CallError(Exception):
    """A call that brought no answer: what was found, and what was expected or can be done, empty where it is an answer.

    `wait` are the seconds that the server asks to wait; `overload` says that it has too much to do; `status` is that of
    HTTP, 0 where there was none. `tries` counts how often it was asked.
    """

    def __init__(
        self,
        kind: Kind,
        found: str,
        expected: str = "",
        *,
        status: int = 0,
        wait: float | None = None,
        overload: bool = False,
    ) -> None:
        super().__init__(found)
        self.kind = kind
        self.found = found
        self.expected = expected
        self.status = status
        self.wait = wait
        self.overload = overload
        self.tries = 1


def of_status(status: int, body: Any, headers: Mapping[str, str], key: str) -> CallError:
    """The failure that an HTTP status of 400 or more is, with what the server says of it."""
    said = _said(body, key)
    problem = f"{status}: {said}" if said else str(status)
    overload = status in _SLOW
    if status == 401:  # what the server says may hold parts of the key
        problem = "401: found a key that it does not take, or none"
        return CallError("fatal", problem, "expected OPENAI_API_KEY to hold one that it takes", status=status)
    if status == 402 or _field(body, "code", "type") == "insufficient_quota":
        return CallError("fatal", problem, "expected an account that may still ask", status=402)
    if status in _FATAL:
        return CallError("fatal", problem, "expected a model and an endpoint that it serves", status=status)
    if status in _BUSY or status in _ODD or status >= 500:
        kind: Kind = "busy" if status in _BUSY else "odd"
        return CallError(kind, problem, status=status, wait=waiting(headers), overload=overload)
    if status == 403:
        return CallError("refuse", problem, "expected a key that may ask this", status=status)
    return _too_long(body, said) or CallError("refuse", problem, status=status)


def of_connection(error: BaseException, key: str) -> CallError:
    """The failure that a connection is which broke, or was never there."""
    cause = error
    while cause.__cause__ is not None:
        cause = cause.__cause__
    said = shown(str(cause) or type(cause).__name__, key).rstrip(".")
    return CallError("busy", f"no answer: {said}", overload=True)


def shown(text: str, key: str) -> str:
    """A server's text on one line, short, harmless to look at, and without the key."""
    clean = line(text.replace(key, "***") if key else text)
    return clean if len(clean) <= SHOWN else f"{clean[:SHOWN]}…"


def waiting(headers: Mapping[str, str]) -> float | None:
    """The seconds that a server asks to wait, by `retry-after-ms` or `Retry-After` in seconds or as a date."""
    try:
        return max(0.0, float(headers["retry-after-ms"]) / 1000)
    except (KeyError, ValueError):
        given = headers.get("retry-after", "")
    try:
        return max(0.0, float(given))
    except ValueError:
        pass
    try:
        return max(0.0, parsedate_to_datetime(given).timestamp() - time.time())
    except (ValueError, TypeError):
        return None


def _said(body: Any, key: str) -> str:
    """What the body of an error says, in the forms that servers have for it."""
    if isinstance(body, str):
        return shown(body, key)
    message = _field(body, "message", "detail", "error", "msg")
    return shown(message if isinstance(message, str) else str(body), key) if body else ""


def _field(body: Any, *names: str) -> Any:
    values = (body[name] for name in names if isinstance(body, Mapping) and body.get(name))
    return next(values, None)


def _too_long(body: Any, said: str) -> CallError | None:
    """The refusal of a prompt that the server's context does not hold; None where the server says another thing."""
    code = _field(body, "code", "type")
    known = code in {"context_length_exceeded", "exceed_context_size_error"}
    if not known and not _CONTEXT.search(said):
        return None
    asked, limit = _field(body, "n_prompt_tokens"), _field(body, "n_ctx")
    if isinstance(asked, int) and isinstance(limit, int):
        return CallError("refuse", f"the prompt has {asked} tokens", f"the server's context is {limit} tokens")
    if stated := _LIMIT.search(said):
        problem = "the prompt and its answer do not fit"
        return CallError("refuse", problem, f"the server's context is {stated[1]} tokens")
    return CallError("refuse", "the prompt does not fit into the server's context", f"it said {said!r}")
