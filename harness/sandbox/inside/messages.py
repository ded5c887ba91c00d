"""The one schema of what comes out of a jail: a line of JSON is a message of a known form, or it is malformed.

Whoever writes the line, a program can write it too: nothing of it is used before its fields, types and sizes are
known. A malformed message raises Malformed, and its program has crashed, whatever else it says.
"""

import json
from collections.abc import Callable
from collections.abc import Mapping
from collections.abc import Sequence
from typing import Any
from typing import Never

LONGEST_TEXT = 400
_MOST_KINDS = 256
_MOST = 1 << 53
_MOST_CODE = 255
CLAIMS = frozenset({"failed", "syntax", "import", "name", "type", "memory", "exception"})
"""What a process that is not trusted may say of a test: how it failed, never that it passed."""
OUTCOMES = CLAIMS | {"passed", "timeout", "output", "crash", "unjudgeable"}

Form = Mapping[str, Callable[[Any], Any]]


class Malformed(ValueError):  # noqa: N818 - it says what a program did, which is no error of ours
    """A line that is no message."""


def _refuse(found: Any, expected: str) -> Never:
    raise Malformed(f"message: {type(found).__name__}; expected {expected}")


def _one(pairs: Sequence[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise Malformed("message: a key twice; expected each once")
    return found


def _constant(name: str) -> Never:
    raise Malformed(f"message: {name}; expected a number of JSON")


def _parsed(line: bytes) -> dict[str, Any]:
    try:
        found = json.loads(line.decode("utf-8"), object_pairs_hook=_one, parse_constant=_constant)
    except (ValueError, RecursionError) as error:
        raise Malformed(f"message: {type(error).__name__}; expected an object of JSON") from error
    return found if type(found) is dict else _refuse(found, "an object of JSON")


def plain(text: str, longest: int = LONGEST_TEXT) -> str:
    """A text that any encoding of Unicode can write: half of a surrogate pair becomes a question mark."""
    return text[:longest].encode("utf-8", "replace").decode("utf-8")


def _text(found: Any) -> str:
    return plain(found) if type(found) is str else _refuse(found, "a text")


def _detail(found: Any) -> str | None:
    return None if found is None else _text(found)


def _list(found: Any) -> list[Any]:
    return found if type(found) is list else _refuse(found, "a list")


def _flag(found: Any) -> bool:
    return found if type(found) is bool else _refuse(found, "true or false")


def _true(found: Any) -> bool:
    return True if found is True else _refuse(found, "true")


def _count(found: Any) -> int:
    return found if type(found) is int and 0 <= found <= _MOST else _refuse(found, "a count")


def _nobody(found: Any) -> int:
    return found if type(found) is int and found == -1 else _refuse(found, "-1")


def _claim(found: Any) -> str:
    return found if type(found) is str and found in CLAIMS else _refuse(found, "how a test failed")


def _outcome(found: Any) -> str:
    return found if type(found) is str and found in OUTCOMES else _refuse(found, "an outcome")


def _whether_outcome(found: Any) -> str | None:
    return None if found is None else _outcome(found)


def _code(found: Any) -> int:
    return found if type(found) is int and -_MOST_CODE <= found <= _MOST_CODE else _refuse(found, "a status")


def raised(found: Any) -> dict[str, Any]:
    """An exception in words: `kinds` (names, the nearest first), `text`, `args` (any values, or absent)."""
    if type(found) is not dict:
        _refuse(found, "an exception")
    kinds = found.get("kinds")
    if type(kinds) is not list or not 0 < len(kinds) <= _MOST_KINDS or any(type(kind) is not str for kind in kinds):
        _refuse(kinds, "names of kinds")
    text = _text(found.get("text"))
    arguments = found.get("args", [text])
    if type(arguments) is not list:
        _refuse(arguments, "a list of arguments")
    return {"kinds": [plain(kind) for kind in kinds], "text": text, "args": arguments}


def _object(form: Form) -> Callable[[Any], dict[str, Any]]:
    def read(found: Any) -> dict[str, Any]:
        if type(found) is not dict or set(found) != set(form):
            _refuse(found, f"an object of {', '.join(form)}")
        return {name: reader(found[name]) for name, reader in form.items()}

    return read


_SCRIPT: tuple[Form, ...] = (
    {"loaded": _true},
    {"loading": _object({"outcome": _claim, "detail": _detail})},
    {"nonce": _text},
    {"outcome": _claim, "detail": _detail},
)
_TOOL: tuple[Form, ...] = ({"nonce": _text}, {"raised": raised})
_QUERY: tuple[Form, ...] = ({"rows": _list}, {"error": _text, "outcome": _claim})
_ENDING: tuple[Form, ...] = ({"status": _code},)
_JUDGE: tuple[Form, ...] = (
    {"loaded": _true},
    {"loading": _object({"outcome": _outcome, "detail": _detail})},
    {"broken": _text},
    {
        "test": _count,
        "outcome": _whether_outcome,
        "detail": _detail,
        "calls": _count,
        "gone": _flag,
        "late": _flag,
    },
    {"gone": _nobody, "late": _flag},
)


def _read(line: bytes, forms: Sequence[Form]) -> dict[str, Any]:
    return _fitting(_parsed(line), forms)


def _fitting(found: dict[str, Any], forms: Sequence[Form]) -> dict[str, Any]:
    form = next((form for form in forms if set(form) == set(found)), None)
    if form is None:
        _refuse(found, "the keys of one form")
    return {name: reader(found[name]) for name, reader in form.items()}


def of_script(line: bytes) -> dict[str, Any]:
    """What a Python script's runner says, or its program in its name. Raises Malformed."""
    return _read(line, _SCRIPT)


def of_tool(line: bytes) -> dict[str, Any]:
    """What another language's script says, or its compiler's runner of it. Raises Malformed."""
    return _read(line, _TOOL)


def of_ending(line: bytes) -> dict[str, Any]:
    """How another language's program ended: its exit status, or minus its signal. Raises Malformed."""
    return _read(line, _ENDING)


def of_query(found: Any) -> dict[str, Any]:
    """What the process of a query says: `rows` (values as `values.encode` writes them), or `error` and `outcome`.

    Raises Malformed.
    """
    return _fitting(found if type(found) is dict else {}, _QUERY)


def of_judge(line: bytes) -> dict[str, Any]:
    """What a judge says, which reads what a program says. Fields it has beyond its form are kept. Raises Malformed."""
    found = _parsed(line)
    form = next((form for form in _JUDGE if set(form) <= set(found)), None)
    if form is None:
        _refuse(found, "the keys of one form")
    return found | {name: reader(found[name]) for name, reader in form.items()}
