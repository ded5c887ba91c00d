"""Elixir, by its own tool; tests of ExUnit are counted."""

import re

from harness.core import Execute
from harness.languages import Language
from harness.languages.building.diagnosis import Diagnosis
from harness.languages.building.joining import Whole
from harness.languages.building.joining import behind
from harness.languages.building.program import Build
from harness.languages.building.program import Program
from harness.languages.building.program import driver
from harness.languages.building.program import own_name
from harness.languages.building.sources import Syntax
from harness.languages.building.tools import Tool

_KEYWORDS = (
    "after alias and case catch cond def defmodule defp defstruct do else end false fn for if import in nil not or "
    "quote raise receive require rescue super true try unless unquote use when with"
)
_MODULE = re.compile(r"^[ \t]*defmodule\b", re.MULTILINE)
_ELIXIR = Tool("elixir", "Debian: elixir", ("--short-version",))


def _script(request: Execute, test: str) -> Program:
    """Program and test are one file's text; what stands behind both is reached where nothing ended it before."""
    source = f"{request.context}\n{request.code}\n{test}\n"
    own = own_name(source)
    files = {"program.exs": f"{source}:{own}\n", "run.exs": driver("run.exs", own)}
    return Build((_ELIXIR.path, "--erl", "+S 1:1 +SDcpu 1:1 +SDio 1", "run.exs")).program(files)


def _join(whole: Whole) -> str:
    """An answer with a module is all; one without stands in the prompt's."""
    return whole.source if _MODULE.search(whole.source) else f"{behind(whole)}end\n"


LANGUAGE = Language(
    "elixir",
    "exs",
    ("ex",),
    keywords=_KEYWORDS,
    tools=(_ELIXIR,),
    script=_script,
    diagnosis=Diagnosis(
        lines=(r"^\*\* \(",),
        kinds=(
            (r"Assertion", "failed"),
            (r"SyntaxError|TokenMissingError|MismatchedDelimiterError", "syntax"),
            (r"CompileError.*(?:undefined|module \S+ is not loaded)|UndefinedFunctionError|undefined variable", "name"),
            (r"CompileError", "syntax"),
            (r"FunctionClauseError|ArithmeticError|BadArityError|Protocol.UndefinedError", "type"),
            (r"^\*\* \(", "exception"),
        ),
    ),
    syntax=Syntax(
        comments=r"\#(?!\{)[^\n]*",
        strings=r'""".*?"""|"(?:\\.|[^"\\\n])*"' + r"|'(?:\\.|[^'\\\n])*'",
        definitions=r"defp?[ \t]+(?P<name>\w+[?!]?)|defmodule[ \t]+(?P<kind>[\w.]+)",
        begins=r"(?:import|alias|require)\s",
        opens=r"\bdo\b(?!:)|\bfn\b",
        closes=r"\bend\b(?!:)",
        long=r'""".*?"""',
        short=r"(?<![\w&$\"'])\#[^\n{]*",
        code=r"[;{}=]|\w\(|\A\n*[ \t]+\S|\bend\b|\|>",
    ),
    join=_join,
)
