"""TypeScript: tsc makes JavaScript of it, which Node.js runs as it runs JavaScript. A wrong type does not compile."""

import os
import re
from pathlib import Path

from harness.core import Execute
from harness.languages import Language
from harness.languages.building.program import Build
from harness.languages.building.program import Program
from harness.languages.building.program import driver
from harness.languages.building.sources import Syntax
from harness.languages.building.tools import Place
from harness.languages.building.tools import Tool
from harness.languages.javascript import LANGUAGE as JAVASCRIPT
from harness.languages.javascript import OPTIONS

_KEYWORDS = (
    "abstract any as asserts bigint boolean declare infer is keyof module namespace never number object readonly "
    "require satisfies string symbol type undefined unique unknown"
)


def _place(command: str) -> Place:
    """The compiler's package, which has the declarations of the language's library."""
    real = os.path.realpath(command)
    return Place(real, (str(Path(real).parents[1]),))


_TSC = Tool("tsc", "npm: typescript", place=_place)
(_NODE,) = JAVASCRIPT.tools
_COMPILER = ("--target", "es2022", "--module", "commonjs", "--strict", "false", "--types", "", "--pretty", "false")


def _script(request: Execute, test: str) -> Program:
    """Program and test are one file, which is run as a program with an empty test behind it."""
    source = f"{request.context}\n{request.code}\n{test}\n"
    files = {"program.ts": source, "lent.d.ts": 'declare module "*";\n', "runner.js": driver("runner.js")}
    compiler = (_NODE.path, _TSC.path, *_COMPILER, "program.ts", "lent.d.ts")
    # the files that are given are removed before the program starts, and what runs it is not
    ours = (("/bin/cp", "runner.js", "run.js"), ("/bin/cp", "/dev/null", "test.js"))
    return Build((_NODE.path, *OPTIONS, "run.js"), (compiler,), ours=ours).program(files)


def _lacks(request: Execute) -> str | None:
    """The first of the packages that the program imports and uses: what is not used, the compiler drops."""
    source = "\n".join((request.context, request.code, *request.tests))
    for package in request.libraries:
        for imported in re.findall(rf"^import\s(.*)\sfrom\s+['\"]{re.escape(package)}['\"]", source, re.MULTILINE):
            names = set(re.findall(r"[\w$]+", imported)) - {"as", "type"}
            if any(len(re.findall(rf"(?<![\w$]){re.escape(name)}(?![\w$])", source)) > 1 for name in names):
                return package
    return None


LANGUAGE = Language(
    "typescript",
    "ts",
    ("tsx",),
    keywords=f"{JAVASCRIPT.keywords} {_KEYWORDS}",
    tools=(_TSC, _NODE),
    script=_script,
    lacks=_lacks,
    diagnosis=JAVASCRIPT.diagnosis,
    syntax=Syntax(
        strings=JAVASCRIPT.syntax.strings,
        definitions=r"(?:export\s+(?:default\s+)?)?(?:declare\s+)?(?:async\s+)?"
        r"(?:function\b\s*\*?\s*|(?:abstract\s+)?class\s+|(?:const|let|var|type|interface|enum)\s+)(?P<name>[\w$]+)",
        callable=r"\s*(?:[(<]|(?::[^=]*)?=\s*(?:async\b|function\b|\())",
        begins=JAVASCRIPT.syntax.begins,
        long=JAVASCRIPT.syntax.long,
    ),
    join=JAVASCRIPT.join,
    written="TypeScript",
)
