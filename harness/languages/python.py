"""Python, in a fork of the warm interpreter."""

import re
import sys

from harness.core import Execute
from harness.languages import Language
from harness.languages.building.diagnosis import Diagnosis
from harness.languages.building.names import of_program
from harness.languages.building.program import Program
from harness.languages.building.sources import TEXT
from harness.languages.building.sources import TRIPLE
from harness.languages.building.sources import Syntax

_KEYWORDS = (
    "False None True and as assert async await break case class continue def del elif else except finally for from "
    "global if import in is lambda match nonlocal not or pass raise return try type while with yield"
)
_SYNTAX = Syntax(
    comments=r"\#[^\n]*",
    strings=rf"{TRIPLE}|{TEXT}|'(?:\\.|[^'\\\n])*'",
    definitions=r"(?:async[ \t]+)?(?:def|class)[ \t]+(?P<name>\w+)",
    long=TRIPLE,
    short=r"(?<![\w&])\#[^\n]*",
    by_line=True,
)
_IMPORTS = re.compile(
    r"^[ \t]*(?:import|from)[ \t]+(numpy|pandas|torch|scipy|sklearn|matplotlib|seaborn|statsmodels)\b", re.MULTILINE
)
_ANY_IMPORT = re.compile(r"^\s*(?:import|from)\s+([A-Za-z_]\w*)", re.MULTILINE)


def libraries(*sources: str, named: tuple[str, ...] = ()) -> tuple[str, ...]:
    """The libraries to have imported before the fork: one of the sets (), numpy, numpy and pandas, torch."""
    imported = {match for source in sources for match in _IMPORTS.findall(source)} | set(named)
    if "torch" in imported:
        return ("torch",)
    if imported & {"pandas", "seaborn", "statsmodels"}:
        return ("numpy", "pandas")
    return ("numpy",) if imported & {"numpy", "scipy", "sklearn", "matplotlib"} else ()


def imports_packages(code: str) -> bool:
    """Whether a program names a package in an import: one that is not Python's own."""
    return any(name not in sys.stdlib_module_names for name in _ANY_IMPORT.findall(code))


def _calls(request: Execute) -> Program:
    wanted = libraries(request.code, named=request.libraries)
    names, _ = of_program(request)
    return Program("candidate", {"code": request.code, "names": names}, libraries=wanted)


def _script(request: Execute, _test: str) -> Program:
    wanted = libraries(request.context, request.code, *request.tests, named=request.libraries)
    return Program("script", {"code": request.code, "context": request.context}, libraries=wanted)


def _stdio(request: Execute) -> Program:
    wanted = libraries(request.context, request.code, named=request.libraries)
    return Program("stdio", {"code": request.code, "context": request.context}, libraries=wanted)


LANGUAGE = Language(
    "python",
    "py",
    ("python3", "py3", "python2", "ipython", "pycon", "code"),
    keywords=_KEYWORDS,
    grammar="tree-sitter-python",
    calls=_calls,
    script=_script,
    stdio=_stdio,
    warm=True,
    loads_packages=imports_packages,
    # a library in C++ ends the interpreter
    diagnosis=Diagnosis(lines=(r"^terminate called",), kinds=((r"std::bad_alloc", "memory"),)),
    syntax=_SYNTAX,
)
