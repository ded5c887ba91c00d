"""JavaScript, by Node.js."""

import json

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
    return Build((tool("node"), *_OPTIONS, "program.js")).program({"program.js": source})


LANGUAGE = Language("javascript", ("node",), calls=_calls, script=_script)
