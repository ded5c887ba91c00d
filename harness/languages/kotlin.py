"""Kotlin, by kotlinc and the JVM."""

import os
import re
from pathlib import Path

from harness.core import Execute
from harness.languages import Language
from harness.languages import Limits
from harness.languages.building.diagnosis import Diagnosis
from harness.languages.building.endings import bare
from harness.languages.building.program import Build
from harness.languages.building.program import Program
from harness.languages.building.program import driver
from harness.languages.building.program import own_name
from harness.languages.building.sources import C_BLOCK
from harness.languages.building.sources import TEXT
from harness.languages.building.sources import Syntax
from harness.languages.building.tools import Place
from harness.languages.building.tools import Tool
from harness.languages.java import JVM
from harness.languages.java import LANGUAGE as JAVA

_KEYWORDS = (
    "abstract as break by catch class companion const constructor continue data do else enum false final finally for "
    "fun if import in infix init inline interface internal is lateinit null object open operator out override package "
    "private protected public return sealed super suspend this throw true try typealias val var when where while"
)
_JAVA = JAVA.tools[1]


def _place(command: str) -> Place:
    """The compiler's own folder: bin beside lib."""
    real = os.path.realpath(command)
    return Place(real, (str(Path(real).parents[1]),))


_KOTLINC = Tool("kotlinc", "npm: kotlin-compiler, its bin on PATH", place=_place, file="../build.txt")


_BARE_MAIN = re.compile(r"\bfun\s+main\s*\(\s*\)")
_MAIN = re.compile(r"\bfun\s+main\s*\(")


def _script(request: Execute, test: str) -> Program:
    """The test's main is run by another file's, whichever mains the program has beside it."""
    source = f"{request.context}\n{request.code}\n{test}\n"
    own = own_name(source)
    lib = Path(_KOTLINC.path).parents[1] / "lib"
    files = {"program.kt": source, "own.kt": driver("Launcher.kt", own, bare=str(_is_bare(test)).lower())}
    compiler = (
        _JAVA.path, "-Xmx768m", "-Xss16m", "-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1", "-XX:-UsePerfData",
        "-cp", f"{lib}/kotlin-compiler.jar:{lib}/*", "org.jetbrains.kotlin.cli.jvm.K2JVMCompiler",
        "-no-reflect", "-no-stdlib", "-cp", f"{lib}/kotlin-stdlib.jar", "-nowarn", "-d", ".",
        "program.kt", "own.kt",
    )  # fmt: skip
    run = (_JAVA.path, *JVM[:-2], "-cp", f".:{lib}/kotlin-stdlib.jar", f"{own}.LauncherKt")
    return Build(run, (compiler,)).program(files)


def _is_bare(test: str) -> bool:
    """Whether the main to run has no parameter: the test's, or, where it has none, the program's that has none."""
    code = bare(test)
    return _BARE_MAIN.search(code) is not None or _MAIN.search(code) is None


LANGUAGE = Language(
    "kotlin",
    "kt",
    ("kts",),
    keywords=_KEYWORDS,
    tools=(_KOTLINC, _JAVA),
    script=_script,
    limits=Limits(compile_cpu=120.0),
    diagnosis=Diagnosis(
        lines=JAVA.diagnosis.lines,
        newer=((r"error: .*only available since Kotlin (\d[.\d]*\d)", r"Kotlin >= \1"),),
        kinds=(
            (r"Exception -- test case \d+ did not pass", "failed"),
            *JAVA.diagnosis.kinds,
            (r"^Exception in", "exception"),
        ),
    ),
    syntax=Syntax(
        strings=rf'""".*?"""|{TEXT}|' + r"'(?:\\.|[^'\\\n])+'",
        definitions=r"(?:(?:public|private|internal|protected|override|open|abstract|inline|tailrec|data|sealed|enum|"
        r"suspend|operator|infix)[ \t]+)*(?:fun[ \t]+(?:<[^>\n]*>[ \t]*)?(?:[\w<>]+\.)?(?P<name>\w+)"
        r"|(?:class|object|interface)[ \t]+(?P<kind>\w+))",
        begins=r"import\s|package\s",
        long=rf'{C_BLOCK}|""".*?"""',
    ),
)
