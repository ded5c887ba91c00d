"""Bash. The test is told to its shell behind the program, which finds neither the test nor the nonce in a file."""

from harness.core import Execute
from harness.languages import Language
from harness.languages.building.diagnosis import Diagnosis
from harness.languages.building.program import Build
from harness.languages.building.program import Program
from harness.languages.building.program import driver
from harness.languages.building.sources import TEXT
from harness.languages.building.sources import Syntax
from harness.languages.building.tools import Tool

_KEYWORDS = "case coproc do done elif else esac fi for function if in select then time until while"
_BASH = Tool("bash", "Debian: bash")


def _script(request: Execute, test: str) -> Program:
    """A shell that holds the nonce starts another, which runs the program and then what comes of the test by a pipe."""
    program = f"{request.context}\n{request.code}\n"
    files = {"program.sh": program, "test.sh": f"{test}\n", "run.sh": driver("run.sh")}
    return Build((_BASH.path, "run.sh")).program(files)


LANGUAGE = Language(
    "bash",
    "sh",
    ("shell", "zsh"),
    keywords=_KEYWORDS,
    tools=(_BASH,),
    script=_script,
    diagnosis=Diagnosis(
        lines=(
            r"syntax error|unexpected EOF",
            r"command not found",
            r"unbound variable",
            r"^\S*program\.sh: line \d+: ",
        ),
        kinds=(
            (r"syntax error (?:near|:)|unexpected EOF|unexpected end of file", "syntax"),
            (r"command not found", "name"),
            (r"unbound variable", "name"),
            (r"cannot allocate memory", "memory"),
            (r"line \d+: ", "exception"),
        ),
    ),
    syntax=Syntax(
        comments=r"(?:(?<=\s)|(?<=;)|\A)\#[^\n]*",
        strings=rf"{TEXT}|'[^']*'",
        definitions=r"(?:function[ \t]+(?=[\w-]+\s*(?:\(\)|\{))|(?=[\w-]+[ \t]*\(\)))(?P<name>[\w-]+)",
        long="(?!)",
        short=r"(?<![\w&$\"'{])\#[^\n]*",
        opens=r"(?<!\$)\{",
        closes=r"(?<![\w\]#%^,*@!$\"'/)])\}",
        brackets=False,
        code=r"[;{}=|]|\breturn\b|\w\(|\A\n*[ \t]+\S|\$\w|\becho\b",
    ),
)
