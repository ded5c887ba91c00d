"""JavaScript, by Node.js."""

import json
import re

from harness.core import Execute
from harness.sandbox.languages import Build
from harness.sandbox.languages import Language
from harness.sandbox.languages import Program
from harness.sandbox.languages import driver
from harness.sandbox.languages import tool

_OPTIONS = ("--max-old-space-size=768", "--stack-size=900")


def _calls(request: Execute) -> Program:
    build = Build((tool("node"), *_OPTIONS, "driver.js"))
    return build.program({"program.js": request.code, "driver.js": driver("driver.js")})


def _script(request: Execute, test: str, nonce: str) -> Program:
    said = json.dumps({"nonce": nonce})
    said_last = f"require('fs').writeSync(4, {json.dumps(said)} + '\\n');"
    source = f"{request.context}\n{request.code}\n{test}\n{said_last}"
    # only a syntax that was checked beforehand can be told from an exception
    check = (tool("node"), "--check", "program.js")
    return Build((tool("node"), *_OPTIONS, "program.js"), (check,)).program({"program.js": source})


def _lacks(request: Execute) -> str | None:
    """The first of the packages that the program requires: the jail has none."""
    source = "\n".join((request.context, request.code, *request.tests))
    named = rf"(?:require\(|from\s)\s*['\"]({'|'.join(map(re.escape, request.libraries))})['\"]"
    found = re.search(named, source) if request.libraries else None
    return found[1] if found else None


LANGUAGE = Language("javascript", ("node",), calls=_calls, script=_script, lacks=_lacks)
