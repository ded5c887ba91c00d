"""Go, by its own tool: tests with the program in one package, in "script" style."""

import os
import re
from pathlib import Path

from harness.core import Execute
from harness.languages import Language
from harness.languages import Limits
from harness.languages.building.diagnosis import Diagnosis
from harness.languages.building.endings import before_end
from harness.languages.building.joining import Whole
from harness.languages.building.joining import behind
from harness.languages.building.program import Build
from harness.languages.building.program import Program
from harness.languages.building.program import own_name
from harness.languages.building.sources import C_BLOCK
from harness.languages.building.sources import TEMPLATE
from harness.languages.building.sources import TEXT
from harness.languages.building.sources import Syntax
from harness.languages.building.sources import blanked
from harness.languages.building.tools import Place
from harness.languages.building.tools import Tool


def _place(path: str) -> Place:
    """Go's own folder holds its library."""
    real = os.path.realpath(path)
    return Place(real, (str(Path(real).parents[1]),))


_GO = Tool("go", "Debian: golang", ("version",), _place)
_LIMITS = Limits(disk=512 << 20, compile_cpu=120.0)
"""Go compiles its own library anew, as no cache enters the jail: 17 s of CPU time where it was measured."""
_KEYWORDS = (
    "break case chan const continue default defer else fallthrough false for func go goto if import interface iota "
    "map nil package range return select struct switch true type var"
)
_TEST = r"\bfunc\s+Test\w*\s*\(\s*\w+\s+\*testing\.T\s*\)\s*"
_MAIN = r"\bfunc\s+main\s*\(\s*\)\s*"
_SAY = """package @@PACKAGE@@

import "os"

var @@OWN@@Nonce = func() []byte {
\tpipe, found := os.NewFile(3, "nonce"), make([]byte, 4096)
\tdefer pipe.Close()
\tcount, _ := pipe.Read(found)
\treturn found[:count]
}()

func @@OWN@@Say() {
\tos.NewFile(4, "judge").WriteString("{\\"nonce\\":\\"" + string(@@OWN@@Nonce) + "\\"}\\n")
}
"""
"""Its file comes first, and a package's variables are made in the order of its files."""


def _script(request: Execute, test: str) -> Program:
    """A package with a `Test` function is built by `go test`, one with a `main` by `go build`."""
    own = own_name(request.context, request.code, test)
    before = f"{request.context}\n{request.code}\n"
    tested = before_end(test, _TEST, f"if !t.Failed() {{ {own}Say() }}")
    changed = tested or before_end(test, _MAIN, f"{own}Say()") or test
    package = next((line.split()[1] for line in before.splitlines() if line.startswith("package ")), "main")
    say = _SAY.replace("@@OWN@@", own).replace("@@PACKAGE@@", package)
    # files by their names: a module in the folder for temporary files, as the jail has it, is ignored
    names = ("a_say_test.go", "program_test.go") if tested else ("a_say.go", "program.go")
    files = dict(zip(names, (say, f"{before}{changed}"), strict=True))
    command = (_GO.path, *(("test", "-c") if tested else ("build",)), "-o", "program", *names)
    return Build(("./program",), (command,)).program(files)


_SYNTAX = Syntax(
    strings=rf"{TEXT}|`[^`]*`|" + r"'(?:\\.|[^'\\\n])+'",
    definitions=r"(?:func|type|var|const)[ \t]+(?P<name>\w+)",
    begins=r"package\s+\w+$|import\s.*;",
    long=f"{C_BLOCK}|{TEMPLATE}",
)
_PACKAGE = re.compile(r"^package\s+\w+[ \t]*\n?", re.MULTILINE)
_IMPORTS = re.compile(r'^import\s*(?:\([^)]*\)|(?:[\w.]+[ \t]+)?"[^"\n]*")[ \t]*\n?', re.MULTILINE)
_IMPORT = re.compile(r'(?:([\w.]+)[ \t]+)?"([^"\n]+)"')
_HELPERS = (
    "bytes",
    "crypto/md5",
    "fmt",
    "math",
    "math/rand",
    "reflect",
    "regexp",
    "sort",
    "strconv",
    "strings",
    "testing",
    "time",
)


def _imported(program: str, tests: str) -> str:
    """The program as a file of its package ("main" without one) that imports what it and the tests use.

    The compiler wants exactly those. HumanEval-X's prompts import for the solution alone and its tests for themselves;
    CodeGeeX's evaluation puts them together by what is used (arXiv:2303.17568, `IMPORT_HELPER`).
    """
    package = next(iter(_PACKAGE.findall(program)), "package main").strip()
    declared = [spec for block in _IMPORTS.findall(program) for spec in _IMPORT.findall(block.removeprefix("import"))]
    body = _IMPORTS.sub("", _PACKAGE.sub("", program))
    used = blanked(f"{body}\n{tests}", _SYNTAX)
    wanted: dict[str, str] = {}
    for alias, path in (*declared, *(("", path) for path in _HELPERS)):
        name = alias or path.rpartition("/")[2]
        if name in {"_", "."} or re.search(rf"(?<![\w.]){re.escape(name)}\.", used):
            wanted.setdefault(name, f'{alias} "{path}"'.strip())
    lines = "".join(f"\t{line}\n" for line in wanted.values())
    return f"{package}\n\nimport (\n{lines})\n{body}"


def _join(whole: Whole) -> str:
    return _imported(behind(whole), whole.tests)


LANGUAGE = Language(
    "go",
    "go",
    ("golang",),
    keywords=_KEYWORDS,
    grammar="tree-sitter-go",
    tools=(_GO,),
    script=_script,
    limits=_LIMITS,
    diagnosis=Diagnosis(
        lines=(r"^panic: ", r"_test\.go:\d+:"),
        kinds=((r"_test\.go:\d+:", "failed"), (r"^panic: ", "exception")),
        newer=((r"requires go(1\.\d+) or later", r"Go >= \1"),),
    ),
    syntax=_SYNTAX,
    join=_join,
    finish=_imported,
)
