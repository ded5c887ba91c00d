"""Haskell, by GHC: the program is a module whose main another module calls."""

import re

from harness.core import Execute
from harness.languages import Language
from harness.languages import Limits
from harness.languages.building.diagnosis import Diagnosis
from harness.languages.building.joining import Whole
from harness.languages.building.joining import behind
from harness.languages.building.program import Build
from harness.languages.building.program import Program
from harness.languages.building.program import driver
from harness.languages.building.program import own_name
from harness.languages.building.sources import TEXT
from harness.languages.building.sources import Syntax
from harness.languages.building.tools import Tool
from harness.languages.building.tools import with_settings

_KEYWORDS = (
    "as case class data default deriving do else family forall foreign hiding if import in infix infixl infixr "
    "instance let module newtype of qualified then type where"
)
_GHC = Tool("ghc", "Debian: ghc", place=with_settings("/var/lib/ghc"))
_HEADER = re.compile(r"^module\s+[\w.']+.*?\bwhere\b[ \t]*\n?", re.MULTILINE | re.DOTALL)
_PRAGMAS = re.compile(r"\A(?:\s*(?:\{-.*?-\}|--[^\n]*))*\s*", re.DOTALL)


def _script(request: Execute, test: str) -> Program:
    source = _HEADER.sub("", f"{request.context}\n{request.code}\n{test}\n", count=1)
    own = own_name(source).capitalize()
    begun = _PRAGMAS.match(source)
    place = begun.end() if begun else 0
    # a line break each, so that what follows stands at the margin
    module = f"{source[:place]}\nmodule {own} (main) where\n{source[place:]}"
    files = {f"{own}.hs": module, "Main.hs": driver("Main.hs", own)}
    options = ("-v0", "-O0", "-w", "-rtsopts=none", "-i.", "-package", "unix", "-o", "program")
    return Build(("./program",), ((_GHC.path, *options, "Main.hs"),)).program(files)


def _join(whole: Whole) -> str:
    """The answer without the head of a module, which the program's own takes the place of."""
    return _HEADER.sub("", behind(whole))


LANGUAGE = Language(
    "haskell",
    "hs",
    keywords=_KEYWORDS,
    tools=(_GHC,),
    script=_script,
    limits=Limits(compile_cpu=60.0),
    diagnosis=Diagnosis(
        lines=(r"^program: ",),
        kinds=(
            (r"heap overflow|out of memory", "memory"),
            (r"^program: ", "exception"),
        ),
    ),
    syntax=Syntax(
        comments=r"\{-.*?(?:-\}|\Z)|--(?![!#$%&*+./<=>?@^|~])[^\n]*",
        strings=TEXT + r"|'(?:\\.|[^'\\\n])'",
        definitions=r"(?<![ \t])(?!(?:import|module|instance|infix[lr]?|where|deriving)\b)"
        r"(?:(?:data|type|newtype|class)\s+(?P<kind>[\w ']+)"
        r"|(?P<name>[a-z_][\w']*+)(?=[ \t]*::|[^\n=]*(?<![=/<>])=(?!=)|[^\n]*\|))",
        begins=r"import\s|module\s",
        opens="(?!)",
        closes="(?!)",
        long=r"\{-.*?-\}",
        short=r"(?<!\S)--[^\n]*",
        code=r"[;{}=]|\w\(|\A\n*[ \t]+\S|->|<-",
        by_line=True,
    ),
    join=_join,
)
