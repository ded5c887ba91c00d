"""JavaScript, by Node.js."""

import re

from harness.core import Execute
from harness.sandbox.languages import Build
from harness.sandbox.languages import Language
from harness.sandbox.languages import Program
from harness.sandbox.languages import driver
from harness.sandbox.languages import tool

_OPTIONS = ("--max-old-space-size=768", "--stack-size=1000")
"""Node.js alone takes 984 KB of stack; the rest is for the frames of ours below a program."""


def _calls(request: Execute) -> Program:
    build = Build((tool("node"), *_OPTIONS, "driver.js"))
    return build.program({"program.js": request.code, "driver.js": driver("driver.js")})


def _script(request: Execute, test: str) -> Program:
    program = f"{request.context}\n{request.code}"
    files = {"program.js": program, "test.js": test, "runner.js": driver("runner.js")}
    return Build((tool("node"), *_OPTIONS, "runner.js")).program(files)


def _lacks(request: Execute) -> str | None:
    """The first of the packages that the program requires: the jail has none."""
    source = "\n".join((request.context, request.code, *request.tests))
    named = rf"(?:require\(|from\s)\s*['\"]({'|'.join(map(re.escape, request.libraries))})['\"]"
    found = re.search(named, source) if request.libraries else None
    return found[1] if found else None


LANGUAGE = Language("javascript", ("node",), calls=_calls, script=_script, lacks=_lacks)
