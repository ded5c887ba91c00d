"""Programs in C++, Go, Java, JavaScript and Rust out of an answer that continues a function, or holds the whole of it.

A continuation stands behind the prompt: `continued` keeps it as it is; `function` ends it where the function closes, as
CodeGeeX does (arXiv:2303.17568), with those later definitions that the kept ones use. A fenced block of the language
that defines the function, or an answer that does before it could close one, takes the place of the prompt's own
definition, behind what the prompt has before it, so that no signature stands twice.
"""

import re
from collections.abc import Callable
from collections.abc import Sequence
from dataclasses import replace
from typing import TypeAlias

from harness.code_tasks.extraction import gofile
from harness.code_tasks.extraction.blocks import Block
from harness.code_tasks.extraction.blocks import Extracted
from harness.code_tasks.extraction.blocks import blocks
from harness.code_tasks.extraction.blocks import told
from harness.code_tasks.extraction.blocks import where
from harness.code_tasks.extraction.braces import Item
from harness.code_tasks.extraction.braces import closing
from harness.code_tasks.extraction.braces import defined
from harness.code_tasks.extraction.braces import items
from harness.code_tasks.extraction.braces import uncommented
from harness.code_tasks.extraction.literals import shown
from harness.code_tasks.extraction.readings import HOLE
from harness.core import Trial

Continuation: TypeAlias = Callable[[str, Trial], str]
FENCES = {
    "cpp": frozenset({"", "cpp", "c++", "cc", "cxx", "c"}),
    "go": frozenset({"", "go", "golang"}),
    "java": frozenset({"", "java"}),
    "javascript": frozenset({"", "javascript", "js", "node", "jsx", "mjs"}),
    "rust": frozenset({"", "rust", "rs"}),
}
CLASS_END = f"{HOLE}\n}}\n"
"""How a prompt ends whose class the tests do not close."""
_CODE = re.compile(r"[;{}=]|\breturn\b|\w\(")
_BEGINS = re.compile(r"^(?:#include\b|using\s|import\s.*;|use\s.*;|package\s+\w+$)", re.MULTILINE)
_CALLABLE = re.compile(r"\s*(?:\(|=\s*(?:async\b|function\b|(?:\((?:[^()]|\([^()]*\))*\)|\w+)\s*=>))")
_EXPORT = re.compile(r"^export[ \t]+(?:default[ \t]+)?", re.MULTILINE)
_IMPORT = re.compile(r"^[ \t]*import\s[^;]*;[ \t]*\n?", re.MULTILINE)
_PUBLIC = re.compile(r"^public[ \t]+(?=(?:final[ \t]+|abstract[ \t]+)*(?:class|interface|enum|record)\b)", re.MULTILINE)
_USE = re.compile(r"^use\s[^;]*;[ \t]*\n?", re.MULTILINE)
_RAN = frozenset({"main", "Main", "tests", "test"})
"""What a program of tests defines itself."""


def function(text: str, trial: Trial) -> Extracted | None:
    """A program whose continued function ends where it closes; None where the answer holds no code."""
    found = _program(text, trial, _closed)
    if found is None or trial.language != "go":
        return found
    return replace(found, code=gofile.imported(found.code, "\n".join(trial.tests)))


def continued(text: str, trial: Trial) -> Extracted | None:
    """A program whose continuation is kept as it is; None where the answer holds no code."""
    return _program(text, trial, _as_it_is)


def _program(text: str, trial: Trial, continuation: Continuation) -> Extracted | None:
    for form in told(text, trial.language, trial.prompt):
        if (found := _read(blocks(form.text), trial, continuation)) is not None:
            return Extracted(shown(found.code), "; ".join((found.reading, *form.notes)))
    return None


def _read(parts: Sequence[Block], trial: Trial, continuation: Continuation) -> Extracted | None:
    own = [part for part in parts if part.fenced and part.language in FENCES[trial.language]]
    first = parts[0] if parts and not parts[0].fenced else None
    if first is not None and _continues(first.text, trial) and (not own or first.text.lstrip("\n")[:1] in " \t"):
        return Extracted(continuation(first.text, trial), "continuation")
    others = [part for part in parts if part not in own]
    for part in (*own, *others):
        if _definition(part.text, trial) is not None:
            return Extracted(_alone(part, trial), where(part, parts))
    for part in own or [part for part in others if part.fenced]:
        if _CODE.search(part.text):
            return Extracted(continuation(_body(part.text, trial), trial), f"continuation, {where(part, parts)}")
    return None


def _body(text: str, trial: Trial) -> str:
    """A fenced body without the brace that closes the function, where the prompt's own end has one."""
    tail = trial.prompt.partition(HOLE)[2]
    end = closing(text, trial.language) if tail.lstrip().startswith("}") else None
    return text if end is None or trial.prompt.endswith(CLASS_END) else text[: end - 1]


def _continues(text: str, trial: Trial) -> bool:
    """Whether it is code that goes on in the function: it does not define it before it has closed it."""
    found, end = _definition(text, trial), closing(text, trial.language)
    return _CODE.search(text) is not None and (found is None or (end is not None and end <= found))


def _definition(text: str, trial: Trial) -> int | None:
    """Where the function's definition begins; a variable of its name, as in JavaScript's `let f = 1`, is none."""
    for name, start, end in defined(text, trial.language):
        if name in trial.names and (trial.language != "javascript" or _CALLABLE.match(text, end)):
            return start
    return None


def _as_it_is(text: str, trial: Trial) -> str:
    head, _, tail = trial.prompt.partition(HOLE)
    return head + text + tail


def _closed(text: str, trial: Trial) -> str:
    """The continuation up to the function's end, and what is defined behind it and used."""
    end = closing(text, trial.language)
    if end is None:
        return _as_it_is(text, trial)
    head, _, tail = trial.prompt.partition(HOLE)
    kept = head + text[:end]
    return kept + "".join(f"\n{item.text}" for item in _used(items(text[end:], trial.language), kept, trial)) + tail


def _used(found: Sequence[Item], kept: str, trial: Trial) -> list[Item]:
    """Those that the kept source, the tests or one of themselves name; what the tests define is never one."""
    own = _taken(trial)
    named = [item for item in found if item.name and item.name not in own]
    wanted: list[Item] = []
    source = "\n".join((kept, *trial.tests))
    while more := [item for item in named if item not in wanted and re.search(rf"\b{re.escape(item.name)}\b", source)]:
        wanted += more
        source = "\n".join(item.text for item in more)
    return [item for item in found if item in wanted]


def _taken(trial: Trial) -> frozenset[str]:
    """The names that a program must not bring, as its tests do."""
    return _RAN | {name for test in trial.tests for name, _, _ in defined(test, trial.language)}


def _alone(part: Block, trial: Trial) -> str:
    """A block that defines the function, behind what the prompt has before it and the block lacks."""
    head = trial.prompt.partition(HOLE)[0]
    place = _definition(head, trial)
    before = uncommented(head[:place], trial.language)
    source = part.text if part.fenced else _from_code(part.text, trial.language)
    if trial.language == "java":
        return _in_class(source, before, trial)
    found = [item for item in items(source, trial.language) if item.name not in _taken(trial)]
    names = {item.name for item in found} - {""}
    lent = "".join(item.text for item in items(before, trial.language) if item.name not in names)
    program = f"{_globs(lent) if trial.language == 'rust' else lent}\n{''.join(item.text for item in found)}\n"
    if trial.language == "go":
        return gofile.imported(program, "\n".join(trial.tests))
    return _EXPORT.sub("", program) if trial.language == "javascript" else program


def _from_code(text: str, language: str) -> str:
    """Unfenced code from its first definition or import up to its last brace, without the prose around."""
    begins = [start for _, start, _ in defined(text, language)] + [found.start() for found in _BEGINS.finditer(text)]
    return text[min(begins) : text.rfind("}") + 1]


def _globs(source: str) -> str:
    """Rust with its imports behind a glob, which those of an answer may shadow."""
    used = "".join(f"    pub {found[0].strip()}\n" for found in _USE.finditer(source))
    rest = _USE.sub("", source)
    if not used:
        return rest
    return f"#[allow(unused)]\nmod prompt_imports {{\n    use super::*;\n{used}}}\nuse prompt_imports::*;\n{rest}"


def _in_class(source: str, before: str, trial: Trial) -> str:
    """Java: the members of the answer's class in that of the prompt, its other classes before it."""
    imports = dict.fromkeys(found[0].strip() for text in (before, source) for found in _IMPORT.finditer(text))
    frame, _, opened = _IMPORT.sub("", before).partition("{")
    members, others = _members(_IMPORT.sub("", source), trial)
    names = {item.name for item in members}
    lent = "".join(item.text for item in items(opened, "java") if item.name not in names)
    inside = "".join(item.text for item in members if item.name not in _RAN)
    tail = "\n}\n" if trial.prompt.endswith(CLASS_END) else "\n"
    return "\n".join((*imports, *others, f"{frame.strip()} {{", lent + inside)) + tail


def _members(source: str, trial: Trial) -> tuple[list[Item], list[str]]:
    """The members of the class that has the function, or of none, and the sources of all other classes."""
    found = items(source, "java")
    holder = next((item for item in found if _definition(item.text, trial) is not None), None)
    kinds = re.compile(r"[\w\s@]*\b(?:class|interface|enum|record)\b")
    others = [
        _PUBLIC.sub("", item.text)
        for item in found
        if item is not holder and kinds.match(item.text) and item.name not in _RAN
    ]
    if holder is None or not kinds.match(uncommented(holder.text, "java").lstrip()):
        return [item for item in found if item.name and not kinds.match(item.text)], others
    body = holder.text[holder.text.index("{") + 1 :]
    return list(items(body, "java")), others
