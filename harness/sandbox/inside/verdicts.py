"""What an exception means: the outcome it stands for, and its last line."""

import builtins
from typing import Any

from harness.sandbox.inside import messages

_LONGEST = 400
_NAME = 80
_OUTCOMES: tuple[tuple[type[BaseException], str], ...] = (
    (ImportError, "import"),
    (SyntaxError, "syntax"),
    (NameError, "name"),
    (TypeError, "type"),
    (MemoryError, "memory"),
)


def of(error: BaseException | None) -> tuple[str, str | None]:
    """(outcome, detail) of a test that ended so. An assertion that fails inside the program is an exception of its."""
    if error is None:
        return "passed", None
    if isinstance(error, AssertionError) and not getattr(error, "from_candidate", False):
        return "failed", described(error)
    label = next((outcome for kind, outcome in _OUTCOMES if isinstance(error, kind)), "exception")
    return label, described(error)


def described(error: BaseException) -> str:
    """An exception's last line, as a traceback has it."""
    try:
        text = str(error)
    except BaseException:  # noqa: BLE001 - an exception that a test made may do anything
        text = ""
    line = text.strip().partition("\n")[0]
    name = type(error).__name__
    return f"{name}: {line}"[:_LONGEST] if line else name


def rebuilt(told: Any) -> BaseException:
    """The exception a candidate says it raised: the nearest builtin kind, under the name it has there.

    What would end the judge itself (SystemExit) arrives as an ordinary exception of that name. Raises Malformed, and
    nothing else, where `told` is not what `messages.raised` describes.
    """
    description = messages.raised(told)
    names, text = [name.removeprefix("builtins.") for name in description["kinds"]], description["text"]
    kinds = (getattr(builtins, name, None) for name in names if name.isidentifier())
    base = next((kind for kind in kinds if isinstance(kind, type) and issubclass(kind, Exception)), Exception)
    shown = names[0].rpartition(".")[2][:_NAME].replace("\0", "?")
    kind = base if shown == base.__name__ else type(shown, (base,), {})
    error: Any
    try:
        error = kind(*_plain(description["args"], text))
    except Exception:  # noqa: BLE001 - a kind that wants other arguments (UnicodeDecodeError)
        error = type(shown, (Exception,), {})(text)
    error.from_candidate = True
    result: BaseException = error
    return result


def _plain(arguments: list[Any], text: str) -> list[Any]:
    """The arguments where all can stand for themselves, else the text; none where there are none."""
    return arguments if all(isinstance(item, str | int | float | None) for item in arguments) else [text]
