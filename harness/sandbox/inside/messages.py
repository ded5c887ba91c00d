"""What is said in the sandbox: by whom a jail holds, who judges it, and between a slot and its fork servers.

Whoever writes a line of a jail's, a program can write it too. A malformed message is its program's crash, whatever else
it says.
"""

from typing import Any

from harness.processes import wire
from harness.processes.wire import Check
from harness.processes.wire import Form
from harness.processes.wire import count
from harness.processes.wire import flag
from harness.processes.wire import items
from harness.processes.wire import list_of
from harness.processes.wire import number
from harness.processes.wire import object_of
from harness.processes.wire import or_none
from harness.processes.wire import refuse
from harness.processes.wire import table
from harness.processes.wire import true
from harness.sandbox.inside.comparing import RULES

LONGEST_TEXT = 400
_MOST_KINDS = 256
_MOST_CODE = 255
CLAIMS = frozenset({"failed", "syntax", "import", "name", "type", "memory", "exception"})
"""What a process that is not trusted may say of a test: how it failed, never that it passed."""
OUTCOMES = CLAIMS | {"passed", "timeout", "output", "crash", "unjudgeable"}


def plain(text: str, longest: int = LONGEST_TEXT) -> str:
    """A text that any encoding of Unicode can write: half of a surrogate pair becomes a question mark."""
    return text[:longest].encode("utf-8", "replace").decode("utf-8")


def _text(value: Any) -> str:
    return plain(wire.text(value))


def _one_of(names: frozenset[str], expected: str) -> Check:
    return lambda value: value if type(value) is str and value in names else refuse(value, expected)


def _nobody(value: Any) -> int:
    return value if type(value) is int and value == -1 else refuse(value, "-1")


def _code(value: Any) -> int:
    return value if type(value) is int and -_MOST_CODE <= value <= _MOST_CODE else refuse(value, "a status")


def raised(value: Any) -> dict[str, Any]:
    """An exception in words: `kinds` (names, the nearest first), `text`, `args` (any values, or absent)."""
    if type(value) is not dict:
        refuse(value, "an exception")
    kinds = value.get("kinds")
    if type(kinds) is not list or not 0 < len(kinds) <= _MOST_KINDS or any(type(kind) is not str for kind in kinds):
        refuse(kinds, "names of kinds")
    text = _text(value.get("text"))
    arguments = value.get("args", [text])
    if type(arguments) is not list:
        refuse(arguments, "a list of arguments")
    return {"kinds": [plain(kind) for kind in kinds], "text": text, "args": arguments}


_claim, _outcome = _one_of(CLAIMS, "how a test failed"), _one_of(OUTCOMES, "an outcome")
_detail, _texts = or_none(_text), list_of(wire.text)


def _texts_by_name(value: Any) -> dict[str, str]:
    return {name: wire.text(text) for name, text in table(value).items()}


# What goes into a jail, where it is no value, and what comes out

FILES: tuple[Form, ...] = ({"files": _texts_by_name},)
"""What another language's runner is told: the files to write."""

SCRIPT: tuple[Form, ...] = (
    {"loaded": true},
    {"loading": object_of({"outcome": _claim, "detail": _detail})},
    {"nonce": _text},
    {"outcome": _claim, "detail": _detail},
)
"""What a Python script's runner says, or its program in its name."""
TOOL: tuple[Form, ...] = ({"nonce": _text}, {"raised": raised})
"""What another language's script says, or its compiler's runner of it."""
ENDING: tuple[Form, ...] = ({"status": _code},)
"""How another language's program ended: its exit status, or minus its signal."""
QUERY: tuple[Form, ...] = ({"rows": items}, {"error": _text, "outcome": _claim})
"""What the process of a query says: rows, with values as `values.encode` writes them, or why there are none."""
FAILURE: tuple[Form, ...] = ({"outcome": _claim, "detail": _detail},)
"""What a program of style "stdio" says of its end, where an exception ended it."""

# A judge, which reads what a program says

ASKED: tuple[Form, ...] = (
    {
        "context": wire.text, "tests": _texts, "names": _texts, "start": count, "again": list_of(count), "ahead": flag,
        "patience": number,
    },
)  # fmt: skip
JUDGE: tuple[Form, ...] = (
    {"loaded": true},
    {"loading": object_of({"outcome": _outcome, "detail": _detail})},
    {"broken": _text},
    {"test": count, "outcome": or_none(_outcome), "detail": _detail, "calls": count, "gone": flag, "late": flag},
    {"gone": _nobody, "late": flag},
)

# Who compares outputs

_rule = _one_of(frozenset(RULES), "a rule of comparison")
STREAMS: tuple[Form, ...] = ({"input": wire.text, "output": wire.text, "compare": _rule},)
"""A test of style "stdio"."""
EXPECTED: tuple[Form, ...] = ({"output": wire.text, "compare": _rule, "most": count, "kept": count},)
"""What is expected; the most bytes that may be printed, and how many are told of."""
COMPARED: tuple[Form, ...] = ({"same": flag, "detail": _detail, "printed": wire.text}, {"beyond": true})

# A slot and its fork servers

CONFIG: tuple[Form, ...] = (
    {
        "tier": wire.text, "paths": _texts, "uid": or_none(count), "entries": _texts, "libraries": _texts,
        "root": wire.text, "owner": count, "readable": _texts, "files": wire.text, "mark": count, "search": flag,
        "group": or_none(object_of({"folders": _texts, "cpu": or_none(wire.text), "memory": _texts})),
    },
)  # fmt: skip
GREETING: tuple[Form, ...] = ({"missing": _texts}, {"threads": true}, {"error": wire.text})
_JOB: Form = {
    "entry": wire.text, "limits": table, "descriptors": count, "options": table, "writes": flag,
    "folder": or_none(wire.text),
}  # fmt: skip
ORDERS: tuple[Form, ...] = ({"jobs": list_of(object_of(_JOB))}, {"stop": true})
_STATUS: Form = {
    "end": wire.text, "code": _code, "phase": wire.text, "cpu": number, "slowest": number, "wall": number,
    "memory": count, "exceeded": flag, "machine": flag, "output": wire.text, "broken": wire.text,
}  # fmt: skip
ENDED: tuple[Form, ...] = ({"ended": list_of(object_of(_STATUS, {"end": wire.text, "broken": wire.text}))},)
