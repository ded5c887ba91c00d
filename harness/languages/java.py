"""Java, by the JDK's javac and java. The driver finds a method by its name in the classes that the program has."""

import os
import re
from pathlib import Path

from harness.core import Execute
from harness.languages import Language
from harness.languages.building.diagnosis import Diagnosis
from harness.languages.building.endings import bare
from harness.languages.building.endings import code_heads
from harness.languages.building.endings import enclosing
from harness.languages.building.joining import Classes
from harness.languages.building.program import Build
from harness.languages.building.program import Program
from harness.languages.building.program import driver
from harness.languages.building.program import own_name
from harness.languages.building.sources import C_BLOCK
from harness.languages.building.sources import TEXT
from harness.languages.building.sources import TRIPLE
from harness.languages.building.sources import Syntax
from harness.languages.building.tools import Place
from harness.languages.building.tools import Tool

_MOST_BYTES = 1 << 14
"""The grammar keeps a reading for each `<`: 242 MB for 8 KB of `a<a<a<`, and four times as much for each doubling."""
_KEYWORDS = (
    "abstract assert boolean break byte case catch char class const continue default do double else enum extends "
    "false final finally float for goto if implements import instanceof int interface long native new null package "
    "permits private protected public record return sealed short static strictfp super switch synchronized this throw "
    "throws transient true try var void volatile while yield"
)
JVM = (
    "-Xmx512m",
    "-Xss16m",
    "-XX:+UseSerialGC",
    "-XX:TieredStopAtLevel=1",
    "-XX:-UsePerfData",
    "-Xshare:auto",
    "-cp",
    ".",
)
_DIAGNOSIS = Diagnosis(
    lines=(r"^Exception in",),
    kinds=(
        (r"ClassNotFoundException|NoClassDefFoundError", "import"),
        (r"ClassCastException", "type"),
        (r"OutOfMemoryError", "memory"),
    ),
    newer=(
        (r"error: .*(?:is|are) not supported in -source (\d+)", r"Java > \1"),
        (r"error: .*(?:is|are) a preview feature", "a later Java"),
    ),
)
_NO_TYPE = r"(?!(?:return|else|using|throw|new|delete|case|goto|typedef|package|import)\b)"
_SYNTAX = Syntax(
    strings=rf'""".*?"""|{TEXT}|' + r"'(?:\\.|[^'\\\n])+'",
    definitions=_NO_TYPE
    + r"(?:(?:public|private|protected|static|final|abstract)[ \t]+)*(?:(?:class|interface|enum|record)\s+(?P<kind>\w+)"
    r"|(?:<[^(){};]*?>[ \t]*)?[A-Za-z_][\w.<>,?\[\] \t]*?[ \t>\]](?P<name>\w+)\s*\([^;{}]*\)[^;{}()=]*\{)",
    begins=r"import\s.*;|package\s+[\w.]+;",
    long=f"{C_BLOCK}|{TRIPLE}",
)
_KIND = r"(?:class|record|enum|interface)"
_CLASS = re.compile(rf"\b{_KIND}\s+([A-Za-z_$][\w$]*)")
_PUBLIC = re.compile(rf"\bpublic\s+(?:(?:final|abstract|strictfp|sealed)\s+)*{_KIND}\s+([A-Za-z_$][\w$]*)")
_PACKAGE = re.compile(r"^[ \t]*package[ \t]+([\w.]+)[ \t]*;", re.MULTILINE)
_PUBLIC_KIND = re.compile(
    r"^public[ \t]+(?=(?:final[ \t]+|abstract[ \t]+)*(?:class|interface|enum|record)\b)", re.MULTILINE
)
_IMPORT = re.compile(r"^[ \t]*import\s[^;]*;[ \t]*\n?", re.MULTILINE)
_CLASSES = Classes(_IMPORT, re.compile(r"[\w\s@]*\b(?:class|interface|enum|record)\b"), _PUBLIC_KIND)
_LENT = re.compile(r"^[ \t]*import[ \t]+org\.javatuples\.[\w*]+;[ \t]*\n?", re.MULTILINE)
"""A library whose class MultiPL-E's tests bring."""
_NOWHERE = "the.test.has.no.Main"
_MAIN = r"\bstatic\s+void\s+main\s*\("


def _place(command: str) -> Place:
    """The JDK's folder, and its settings, which Debian keeps in /etc."""
    real = os.path.realpath(command)
    home = Path(real).parents[1]
    settings = {str(link.resolve().parent) for link in home.glob("conf/*") if link.is_symlink()}
    settings |= {str(link.resolve().parent) for link in home.glob("lib/**/*.properties") if link.is_symlink()}
    return Place(real, (str(home), *sorted(path for path in settings if path.startswith("/etc/"))))


_JAVAC = Tool("javac", "Debian: default-jdk-headless", ("-version",), _place)
_JAVA = Tool("java", "Debian: default-jdk-headless", ("-version",), _place)


def _compiler(*files: str) -> tuple[str, ...]:
    return (
        _JAVAC.path,
        "-J-Xmx512m",
        "-J-XX:+UseSerialGC",
        "-J-XX:TieredStopAtLevel=1",
        "-proc:none",
        "-nowarn",
        "-d",
        ".",
        *files,
    )


def _file(source: str) -> str:
    """The file a program must stand in: that of its public class, where it has one."""
    public = _PUBLIC.search(bare(source))
    return f"{public[1] if public else 'Program'}.java"


def _package(source: str) -> str:
    match = _PACKAGE.search(bare(source))
    return f"{match[1]}." if match else ""


def _main_class(source: str, start: int) -> str:
    """The class whose main is the first from a place on; a program may have one before its test's."""
    place = next((main.start() for main in code_heads(source, _MAIN) if main.start() >= start), None)
    return _NOWHERE if place is None else "$".join(enclosing(source, place))


def _calls(request: Execute) -> Program:
    own, name, package = own_name(request.code), _file(request.code), _package(request.code)
    classes = [f"{package}{kind}" for kind in dict.fromkeys(_CLASS.findall(bare(request.code)))]
    command = _compiler(name, f"{own}.java")
    build = Build((_JAVA.path, *JVM, f"{own}.Driver", *classes), (command,))
    return build.program({name: request.code, f"{own}.java": driver("Driver.java", own)})


def _script(request: Execute, test: str) -> Program:
    before = _LENT.sub("", f"{request.context}\n{request.code}\n")
    source = before + test
    own, name = own_name(source), _file(source)
    main = f"{_package(source)}{_main_class(source, len(before)) if re.search(_MAIN, test) else _main_class(source, 0)}"
    command = _compiler(name, f"{own}.java")
    build = Build((_JAVA.path, "-ea", *JVM, f"{own}.Launcher", main), (command,))
    return build.program({name: source, f"{own}.java": driver("Launcher.java", own)})


LANGUAGE = Language(
    "java",
    "java",
    keywords=_KEYWORDS,
    grammar="tree-sitter-java",
    most_bytes=_MOST_BYTES,
    tools=(_JAVAC, _JAVA),
    calls=_calls,
    script=_script,
    diagnosis=_DIAGNOSIS,
    syntax=_SYNTAX,
    join=_CLASSES.join,
)
