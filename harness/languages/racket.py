"""Racket, by its own tool; a test's checks are counted by rackunit."""

import re

from harness.core import Execute
from harness.languages import Language
from harness.languages.building.diagnosis import Diagnosis
from harness.languages.building.joining import Whole
from harness.languages.building.joining import behind
from harness.languages.building.program import Build
from harness.languages.building.program import Program
from harness.languages.building.program import driver
from harness.languages.building.sources import Syntax
from harness.languages.building.tools import Tool
from harness.languages.building.tools import with_settings

_KEYWORDS = (
    "and begin case cond define define-struct delay do else for for/fold for/list if lambda let let* letrec match or "
    "provide quasiquote quote require set! struct unless unquote when"
)


_RACKET = Tool("racket", "Debian: racket", place=with_settings("/etc/racket"))
_LANG = re.compile(r"^[ \t]*#lang\b[^\n]*\n?", re.MULTILINE)


def _script(request: Execute, test: str) -> Program:
    """Program and test are one module."""
    source = f"{request.context}\n{request.code}\n{test}\n".lstrip("\n")
    files = {
        "program.rkt": source if _LANG.search(source) else f"#lang racket\n{source}",
        "run.rkt": driver("run.rkt"),
    }
    return Build((_RACKET.path, "run.rkt")).program(files)


def _join(whole: Whole) -> str:
    """The answer as one module, whatever either part says of its language."""
    return "#lang racket\n" + _LANG.sub("", behind(whole))


LANGUAGE = Language(
    "racket",
    "rkt",
    ("scheme", "lisp"),
    keywords=_KEYWORDS,
    tools=(_RACKET,),
    script=_script,
    diagnosis=Diagnosis(
        lines=(
            r"^\S*program\.rkt:\d+",
            r"^FAILURE$",
            r"^\S+: (?:contract violation|undefined|arity)",
            r"^out of memory",
        ),
        kinds=(
            (r"^FAILURE", "failed"),
            (r"read-syntax|bad syntax|read: |expected a `", "syntax"),
            (r"collection not found|cannot open module", "import"),
            (r"unbound identifier|: undefined", "name"),
            (r"contract violation|arity mismatch|not a procedure", "type"),
            (r"out of memory", "memory"),
            (r"program\.rkt:\d+|^\S+: ", "exception"),
        ),
    ),
    syntax=Syntax(
        comments=r"\#\|.*?(?:\|\#|\Z)|;[^\n]*",
        strings=r'"(?:\\.|[^"\\])*"',
        definitions=r"\((?:define|define/contract)[ \t]+\(*(?P<name>[^\s()\[\]]+)",
        begins=r"\#lang\b|\(require\b",
        opens=r"\(",
        closes=r"\)",
        long=r"\#\|.*?\|\#",
        short=r";[^\n]*",
        code=r"\(\S|\A\n*[ \t]+\S",
    ),
    join=_join,
)
