"""Java, by the JDK's javac and java. The driver finds a method by its name in the classes that the program has."""

import json
import re

from harness.core import Execute
from harness.sandbox.endings import before_end
from harness.sandbox.languages import Build
from harness.sandbox.languages import Language
from harness.sandbox.languages import Program
from harness.sandbox.languages import driver
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
_CLASS = re.compile(r"\bclass\s+([A-Za-z_]\w*)")
_PUBLIC = re.compile(r"\bpublic\s+(?:final\s+|abstract\s+)*class\s+([A-Za-z_]\w*)")
_MAIN = r"\bstatic\s+void\s+main\s*\([^)]*\)[^{]*"
_MAIN_CLASS = re.compile(r"\bclass\s+([A-Za-z_]\w*)(?=(?:(?!\bclass\s).)*\bstatic\s+void\s+main\s*\()", re.DOTALL)


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
    public = _PUBLIC.search(source)
    return f"{public[1] if public else 'Program'}.java"


def _calls(request: Execute) -> Program:
    name, classes = _file(request.code), dict.fromkeys(_CLASS.findall(request.code))
    build = Build((tool("java"), *_JVM, "CrosstaskDriver", *classes), (_compiler(name, "CrosstaskDriver.java"),))
    return build.program({name: request.code, "CrosstaskDriver.java": driver("Driver.java")})


def _script(request: Execute, test: str, nonce: str) -> Program:
    said = json.dumps(json.dumps({"nonce": nonce}) + "\n")
    line = (
        f'try (var said = new java.io.FileOutputStream("/proc/self/fd/4")) {{ said.write({said}.getBytes()); }} '
        "catch (java.io.IOException never) { throw new RuntimeException(never); }"
    )
    source = f"{request.context}\n{request.code}\n{test}"
    source = before_end(source, _MAIN, line) or source
    main = _MAIN_CLASS.search(source)
    name = _file(source)
    return Build((tool("java"), "-ea", *_JVM, main[1] if main else "Main"), (_compiler(name),)).program({name: source})


LANGUAGE = Language("java", ("javac", "java"), calls=_calls, script=_script)
