"""JavaScript, by Node.js."""

import re

from harness.core import Execute
from harness.languages import Language
from harness.languages.building.diagnosis import Diagnosis
from harness.languages.building.joining import Whole
from harness.languages.building.joining import behind
from harness.languages.building.program import Build
from harness.languages.building.program import Program
from harness.languages.building.program import driver
from harness.languages.building.sources import C_BLOCK
from harness.languages.building.sources import TEMPLATE
from harness.languages.building.sources import TEXT
from harness.languages.building.sources import Syntax
from harness.languages.building.tools import Tool

_KEYWORDS = (
    "async await break case catch class const continue debugger default delete do else enum export extends false "
    "finally for function get if implements import in instanceof interface let new null of package private protected "
    "public return set static super switch this throw true try typeof var void while with yield"
)
_NODE = Tool("node", "Debian: nodejs")
_DIAGNOSIS = Diagnosis(
    lines=(r"heap out of memory|--trace-uncaught",),
    kinds=(
        (r"Cannot find module", "import"),
        (r"\bReferenceError\b", "name"),
        (r"\bTypeError\b", "type"),
        (r"heap out of memory", "memory"),
        (r"--trace-uncaught", "exception"),
    ),
)
_PATTERN = r"(?:(?<=[=(,:\[!&|?;])|(?<=[=(,:\[!&|?;] )|(?<=return ))/(?![*/])(?:\\.|\[(?:\\.|[^\]\\\n])*\]|[^/\\\n])+/"
_SYNTAX = Syntax(
    strings=rf"{TEXT}|'(?:\\.|[^'\\\n])*'|`(?:\\.|[^`\\])*`|{_PATTERN}",
    definitions=r"(?:export\s+(?:default\s+)?)?(?:async\s+)?"
    r"(?:function\b\s*\*?\s*|class\s+|(?:const|let|var)\s+)(?P<name>[\w$]+)",
    callable=r"\s*(?:\(|=\s*(?:async\b|function\b|(?:\((?:[^()]|\([^()]*\))*\)|\w+)\s*=>))",
    begins=r"import\s.*;",
    long=f"{C_BLOCK}|{TEMPLATE}",
)
_EXPORT = re.compile(r"^export[ \t]+(?:default[ \t]+)?", re.MULTILINE)
OPTIONS = ("--max-old-space-size=768", "--stack-size=1000")
"""Node.js alone takes 984 KB of stack; the rest is for the frames of ours below a program."""


def _calls(request: Execute) -> Program:
    build = Build((_NODE.path, *OPTIONS, "driver.js"))
    return build.program({"program.js": request.code, "driver.js": driver("driver.js")})


def _script(request: Execute, test: str) -> Program:
    program = f"{request.context}\n{request.code}"
    files = {"program.js": program, "test.js": test, "runner.js": driver("runner.js")}
    return Build((_NODE.path, *OPTIONS, "runner.js")).program(files)


def _lacks(request: Execute) -> str | None:
    """The first of the packages that the program requires: the jail has none."""
    source = "\n".join((request.context, request.code, *request.tests))
    named = rf"(?:require\(|from\s)\s*['\"]({'|'.join(map(re.escape, request.libraries))})['\"]"
    match = re.search(named, source) if request.libraries else None
    return match[1] if match else None


def _join(whole: Whole) -> str:
    """The answer in a file that is no module, whose definitions the tests see."""
    return _EXPORT.sub("", behind(whole))


LANGUAGE = Language(
    "javascript",
    "js",
    ("node", "jsx", "mjs"),
    keywords=_KEYWORDS,
    grammar="tree-sitter-javascript",
    tools=(_NODE,),
    calls=_calls,
    script=_script,
    lacks=_lacks,
    diagnosis=_DIAGNOSIS,
    syntax=_SYNTAX,
    join=_join,
    written="JavaScript",
)
