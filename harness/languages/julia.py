"""Julia, by its own tool. Untried: written from its documentation, as no package of Debian, PyPI or npm brings it."""

import os
from pathlib import Path

from harness.core import Execute
from harness.languages import Language
from harness.languages import Limits
from harness.languages.building.diagnosis import Diagnosis
from harness.languages.building.program import Build
from harness.languages.building.program import Program
from harness.languages.building.program import driver
from harness.languages.building.program import own_name
from harness.languages.building.sources import Syntax
from harness.languages.building.tools import Place
from harness.languages.building.tools import Tool

_KEYWORDS = (
    "abstract baremodule begin break catch const continue do else elseif end export false finally for function global "
    "if import in isa let local macro module mutable primitive quote return struct true try type using where while"
)


def _place(command: str) -> Place:
    """Its folder: bin beside lib and share, which has the library."""
    real = os.path.realpath(command)
    return Place(real, (str(Path(real).parents[1]),))


_JULIA = Tool("julia", "https://julialang.org/downloads", place=_place)


def _script(request: Execute, test: str) -> Program:
    """Program and test are one file's text; what stands behind both is reached where nothing ended it before."""
    source = f"{request.context}\n{request.code}\n{test}\n"
    own = own_name(source)
    files = {"program.jl": f'{source}\n"{own}"\n', "run.jl": driver("run.jl", own)}
    return Build((_JULIA.path, "--startup-file=no", "--compile=min", "-O0", "run.jl")).program(files)


LANGUAGE = Language(
    "julia",
    "jl",
    keywords=_KEYWORDS,
    tools=(_JULIA,),
    script=_script,
    limits=Limits(disk=256 << 20),
    diagnosis=Diagnosis(
        lines=(r"^ERROR: ", r"^Test Failed at", r"Some tests did not pass"),
        kinds=(
            (r"Test Failed|Some tests did not pass", "failed"),
            (r"ParseError|syntax: ", "syntax"),
            (r"Package \S+ not found", "import"),
            (r"UndefVarError", "name"),
            (r"MethodError|TypeError", "type"),
            (r"OutOfMemoryError", "memory"),
            (r"^ERROR: ", "exception"),
        ),
    ),
    syntax=Syntax(
        comments=r"\#=.*?(?:=\#|\Z)|\#[^\n]*",
        strings=r'""".*?"""|"(?:\\.|[^"\\\n])*"' + r"|'(?:\\.|[^'\\\n])'",
        definitions=r"function[ \t]+(?P<name>[\w!]+)|(?:mutable[ \t]+)?struct[ \t]+(?P<kind>\w+)",
        begins=r"(?:using|import)\s",
        opens=r"(?m:^[ \t]*(?:function|if|for|while|begin|let|try|struct|mutable[ \t]+struct|module|macro|quote)\b)"
        r"|\bdo\b|=[ \t]*(?:if|begin|let|try)\b",
        closes=r"(?<![\w:\[(+*/-])end\b(?![\])])",
        long=r'\#=.*?=\#|""".*?"""',
        short=r"(?<![\w&$\"'])\#[^\n]*",
        code=r"[;{}=]|\breturn\b|\w\(|\A\n*[ \t]+\S|\bend\b",
    ),
)
