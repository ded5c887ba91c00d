"""Wrong functions in other languages: a constant of the declared type, or its empty value, as a model would go on.

Types are read from the declaration that the prompt ends with. Of a type that is not known here a constant cannot be
written, and the empty value alone is tried.
"""

import re
from collections.abc import Callable
from collections.abc import Iterator

from harness.code_tasks.rules import program
from harness.core import Case
from harness.core import Generate

_WHOLE = {"int", "long", "size_t", "short", "uint64_t", "int64_t", "Integer", "Long", "Short", "byte"}
_REAL = {"float", "double", "Double", "Float", "f32", "f64"}
_TRUTH = {"bool", "boolean", "Boolean"}
_TEXT = {"string", "String", "&str"}
_RUST_WHOLE = re.compile(r"[ui](?:8|16|32|64|128|size)")
_ODD = '"12345678901"'


def bodies(case: Case) -> Iterator[tuple[str, str]]:
    """(what is returned, program) of each wrong program, by the page's own extraction. Raises ValueError."""
    trial, (request, *_) = case.trial, case.requests
    if trial is None or not isinstance(request, Generate):
        raise ValueError(f"{case.id}: no function to go on with")
    for value in dict.fromkeys(_values(trial.language, request.prompt, trial.names[0])):
        code = program(trial, _body(trial.language, value, closed=trial.extract == "foreign_whole"))
        if code is None:
            raise ValueError(f"{case.id}: no program from a body that returns {value}")
        yield value, code


def _body(language: str, value: str, *, closed: bool) -> str:
    """The body; `closed` where the tests begin with the brace behind it, as MultiPL-E's do but in JavaScript."""
    line = f"    return {value};\n"
    if closed and language != "javascript":
        return line
    return line + ("    }\n}\n" if language == "java" else "}\n")


def _values(language: str, prompt: str, name: str) -> Iterator[str]:
    if language == "javascript":
        yield from ("12345678901", "null", "[]", "''")
        return
    kind = _returned(language, prompt, name)
    constant, empty = {"cpp": (_cpp, "{}"), "java": (_java, ""), "rust": (_rust, "Default::default()")}[language]
    if (odd := constant(kind)) is not None:
        yield odd
    yield empty or _java_empty(kind)


def _returned(language: str, prompt: str, name: str) -> str:
    """The type that the prompt's last function returns."""
    if language == "rust":
        return prompt.rpartition(f"fn {name}")[2].rpartition("->")[2].strip().removesuffix("{").strip()
    before = re.findall(rf"^[ \t]*(.+?)\b{name}\s*\(", prompt, re.MULTILINE)[-1]
    return re.sub(r"\b(?:public|static|private|std::)\s*|std::", "", before).strip()


def _cpp(kind: str) -> str | None:
    if kind in _WHOLE | _REAL | {"long long", "unsigned long long"}:
        return "77777"
    if kind in _TRUTH | _TEXT:
        return "true" if kind in _TRUTH else _ODD
    inner = _inner(kind, "vector")
    odd = None if inner is None else _cpp(inner)
    return odd and f"std::vector<{_named(inner or '')}>({{{odd}}})"


def _named(kind: str) -> str:
    return re.sub(r"\b(string|vector)\b", r"std::\1", kind)


def _java(kind: str) -> str | None:
    if kind in _WHOLE:
        return "77777L" if kind in {"long", "Long"} else "77777"
    if kind in _REAL:
        return "77777.0f" if kind in {"float", "Float"} else "77777.0"
    if kind in _TRUTH | _TEXT:
        return "true" if kind in _TRUTH else _ODD
    inner = _inner(kind, "ArrayList") or _inner(kind, "List")
    odd = None if inner is None else _java(inner)
    return odd and f"new ArrayList<>(Arrays.asList({odd}))"


def _java_empty(kind: str) -> str:
    if kind in _TRUTH:
        return "false"
    if kind in _WHOLE | _REAL:
        return "(" + {"Integer": "int", "Long": "long", "Double": "double", "Float": "float"}.get(kind, kind) + ") 0"
    if kind in _TEXT:
        return '""'
    return "new ArrayList<>()" if _inner(kind, "ArrayList") or _inner(kind, "List") else "null"


def _rust(kind: str) -> str | None:
    if _RUST_WHOLE.fullmatch(kind) or kind in _REAL:
        return "77.0" if kind in _REAL else "77"
    if kind in _TRUTH:
        return "true"
    if kind in _TEXT:
        return _ODD if kind == "&str" else f"String::from({_ODD})"
    wrapped: dict[str, Callable[[str], str]] = {"Vec": "vec![{}]".format, "Option": "Some({})".format}
    for outer, write in wrapped.items():
        inner = _inner(kind, outer)
        if inner is not None:
            odd = _rust(inner)
            return odd and write(odd)
    return None


def _inner(kind: str, outer: str) -> str | None:
    """The `T` of `outer<T>`."""
    found = re.fullmatch(rf"{outer}\s*<\s*(.+?)\s*>", kind)
    return found and found[1]
