"""Java, by the JDK's javac and java. The driver finds a method by its name in the classes that the program has."""

import re

from harness.core import Execute
from harness.sandbox.endings import bare
from harness.sandbox.endings import code_heads
from harness.sandbox.endings import enclosing
from harness.sandbox.languages import Build
from harness.sandbox.languages import Language
from harness.sandbox.languages import Program
from harness.sandbox.languages import driver
from harness.sandbox.languages import own_name
from harness.sandbox.languages import tool

_JVM = (
    "-Xmx512m",
    "-Xss16m",
    "-XX:+UseSerialGC",
    "-XX:TieredStopAtLevel=1",
    "-XX:-UsePerfData",
    "-Xshare:auto",
    "-cp",
    ".",
)
_KIND = r"(?:class|record|enum|interface)"
_CLASS = re.compile(rf"\b{_KIND}\s+([A-Za-z_$][\w$]*)")
_PUBLIC = re.compile(rf"\bpublic\s+(?:(?:final|abstract|strictfp|sealed)\s+)*{_KIND}\s+([A-Za-z_$][\w$]*)")
_PACKAGE = re.compile(r"^[ \t]*package[ \t]+([\w.]+)[ \t]*;", re.MULTILINE)
_NOWHERE = "the.test.has.no.Main"
_MAIN = r"\bstatic\s+void\s+main\s*\("


def _compiler(*files: str) -> tuple[str, ...]:
    return (
        tool("javac"),
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
    found = _PACKAGE.search(bare(source))
    return f"{found[1]}." if found else ""


def _main_class(source: str, start: int) -> str:
    """The class whose main is the first from a place on; a program may have one before its test's."""
    place = next((main.start() for main in code_heads(source, _MAIN) if main.start() >= start), None)
    return _NOWHERE if place is None else "$".join(enclosing(source, place))


def _calls(request: Execute) -> Program:
    own, name, package = own_name(request.code), _file(request.code), _package(request.code)
    classes = [f"{package}{found}" for found in dict.fromkeys(_CLASS.findall(bare(request.code)))]
    command = _compiler(name, f"{own}.java")
    build = Build((tool("java"), *_JVM, f"{own}.Driver", *classes), (command,))
    return build.program({name: request.code, f"{own}.java": driver("Driver.java", own)})


def _script(request: Execute, test: str) -> Program:
    before = f"{request.context}\n{request.code}\n"
    source = before + test
    own, name = own_name(source), _file(source)
    main = f"{_package(source)}{_main_class(source, len(before)) if re.search(_MAIN, test) else _main_class(source, 0)}"
    command = _compiler(name, f"{own}.java")
    build = Build((tool("java"), "-ea", *_JVM, f"{own}.Launcher", main), (command,))
    return build.program({name: source, f"{own}.java": driver("Launcher.java", own)})


LANGUAGE = Language("java", ("javac", "java"), calls=_calls, script=_script)
