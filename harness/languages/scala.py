"""Scala 2, by scalac and the JVM; 2.11 is what Debian has."""

import os
import re
from pathlib import Path

from harness.core import Execute
from harness.languages import Language
from harness.languages import Limits
from harness.languages.building.diagnosis import Diagnosis
from harness.languages.building.endings import bare
from harness.languages.building.joining import Classes
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
    "abstract case catch class def do else extends false final finally for forSome if implicit import lazy match new "
    "null object override package private protected return sealed super this throw trait try true type val var while "
    "with yield"
)
_OBJECT = re.compile(r"\bobject\s+(\w+)")
_MAIN = re.compile(r"\bdef\s+main\s*\(|\bextends\s+App\b")
_NOWHERE = "the.test.has.no.main"
_CLASSES = Classes(
    re.compile(r"^import\s[^\n]*\n?", re.MULTILINE),
    re.compile(r"[\w\s]*\b(?:object|class|trait)\b"),
)
_SINCE_2_13 = (
    "distinctBy|groupMap|groupMapReduce|lengthIs|maxByOption|maxOption|minByOption|minOption|partitionMap|sizeIs|tapEach|"
    "toBooleanOption|toDoubleOption|toFloatOption|toIntOption|toLongOption|unfold|LazyList|jdk"
)
_JAVA = JAVA.tools[1]


def _place(command: str) -> Place:
    """Where Debian has its jars the system's folders hold them; elsewhere they lie beside the command."""
    real = os.path.realpath(command)
    return Place(real, () if real.startswith("/usr/") else (str(Path(real).parents[1]),))


_SCALAC = Tool("scalac", "Debian: scala", ("-version",), _place)


def _jars() -> str:
    """A class path of the compiler and its library, which lie beside the command's folder."""
    return ":".join(map(str, sorted((Path(_SCALAC.path).parents[1] / "lib").glob("*.jar"))))


def _main_object(source: str) -> str:
    """The outermost object around the last main, or the last `App`."""
    text = bare(source)
    end = max((match.start() for match in _MAIN.finditer(text)), default=0)
    outer = [match[1] for match in _OBJECT.finditer(text, 0, end) if _depth(text[: match.start()]) == 0]
    return outer[-1] if outer else _NOWHERE


def _depth(text: str) -> int:
    return text.count("{") - text.count("}")


def _script(request: Execute, test: str) -> Program:
    """The object of the test's main is run by another object."""
    source = f"{request.context}\n{request.code}\n{test}\n"
    own = own_name(source)
    files = {"program.scala": source, "own.scala": driver("Launcher.scala", own, main=_main_object(source))}
    compiler = (
        _JAVA.path, "-Xmx768m", "-Xss16m", "-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1", "-XX:-UsePerfData",
        "-cp", _jars(), "scala.tools.nsc.Main", "-usejavacp", "-nowarn", "-d", ".",
        "program.scala", "own.scala",
    )  # fmt: skip
    classes = f".:{_jars()}"
    return Build((_JAVA.path, *JVM[:-2], "-cp", classes, f"{own}.Launcher"), (compiler,)).program(files)


LANGUAGE = Language(
    "scala",
    "scala",
    keywords=_KEYWORDS,
    tools=(_SCALAC, _JAVA),
    script=_script,
    limits=Limits(compile_cpu=120.0),
    diagnosis=Diagnosis(
        lines=(r"^Exception in",),
        kinds=(
            (r"ClassNotFoundException|NoClassDefFoundError", "import"),
            (r"ClassCastException|MatchError", "type"),
            (r"OutOfMemoryError", "memory"),
            (r"^Exception in", "exception"),
        ),
        newer=((rf"error: (?:not found: value|value|object) (?:{_SINCE_2_13})\b", "Scala >= 2.13"),),
    ),
    syntax=Syntax(
        strings=rf'""".*?"""|{TEXT}|' + r"'(?:\\.|[^'\\\n])'",
        definitions=r"(?:(?:private|protected|override|final|implicit|lazy|sealed|abstract|case)[ \t]+)*"
        r"(?:def[ \t]+(?P<name>\w+)|(?:object|class|trait)[ \t]+(?P<kind>\w+))",
        begins=r"import\s|package\s",
        long=rf'{C_BLOCK}|""".*?"""',
    ),
    join=_CLASSES.join,
)
