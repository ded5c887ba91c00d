"""Perl, by its interpreter; `eq_deeply` of Test::Deep and `Compare` of Data::Compare, which tests use, are lent."""

import re

from harness.core import Execute
from harness.languages import Language
from harness.languages.building.diagnosis import Diagnosis
from harness.languages.building.program import Build
from harness.languages.building.program import Program
from harness.languages.building.program import driver
from harness.languages.building.program import own_name
from harness.languages.building.sources import TEXT
from harness.languages.building.sources import Syntax
from harness.languages.building.tools import Tool

_KEYWORDS = (
    "and cmp continue default do else elsif eq for foreach ge given goto gt if last le lt my ne next no not or our "
    "package redo require return say sub unless until use when while x xor"
)
_END = re.compile(r"^__(?:END|DATA)__$", re.MULTILINE)
"""Behind it Perl reads nothing, and the test would stand there."""
_PERL = Tool("perl", "Debian: perl")


def _script(request: Execute, test: str) -> Program:
    """Program and test are one file's text; what stands behind both is reached where nothing ended it before."""
    source = f"{request.context}\n{_END.split(request.code, maxsplit=1)[0]}\n{test}\n"
    files = {"program.pl": source, "run.pl": driver("run.pl", own_name(source))}
    return Build((_PERL.path, "run.pl")).program(files)


LANGUAGE = Language(
    "perl",
    "pl",
    ("perl5",),
    keywords=_KEYWORDS,
    tools=(_PERL,),
    script=_script,
    diagnosis=Diagnosis(
        lines=(r" at \S+ line \d+", r"^Out of memory"),
        kinds=(
            (r"test case \d+ did not pass|Test failed", "failed"),
            (r"^syntax error|^Can't find string terminator|^Missing right|^Unmatched right|^Bareword ", "syntax"),
            (r"Can't locate \S+ in @INC", "import"),
            (r"Undefined subroutine|Global symbol|Can't locate object method", "name"),
            (r"^Can't use .* as |^Not an? \w+ reference|isn't numeric", "type"),
            (r"^Out of memory", "memory"),
            (r" at \S+ line \d+", "exception"),
        ),
    ),
    syntax=Syntax(
        comments=r"(?<!\$)\#[^\n]*",
        strings=rf"{TEXT}|'(?:\\.|[^'\\\n])*'",
        definitions=r"sub\s+(?P<name>\w+)",
        begins=r"use\s",
        long="(?!)",
        short=r"(?<![\w&$])\#[^\n]*",
    ),
)
