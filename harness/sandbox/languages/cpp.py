"""C++17, by g++. The driver reads the parameters' types from the functions themselves: no overloads, no templates."""

import json
import re
from pathlib import Path

from harness.core import Execute
from harness.sandbox.endings import before_end
from harness.sandbox.languages import Build
from harness.sandbox.languages import Language
from harness.sandbox.languages import Program
from harness.sandbox.languages import driver
from harness.sandbox.languages import tool

_MEMORY = 1 << 30
_LINKED = {"openssl": "-lcrypto"}
_HEADERS = (Path("/usr/local/include"), Path("/usr/include"))
_MAIN = r"\bint\s+main\s*\([^)]*\)\s*"


def _build(*links: str) -> Build:
    command = (tool("g++"), "-std=c++17", "-O1", "-w", "-pipe", "-o", "program", "program.cpp", *links)
    return Build(("./program",), (command,), _MEMORY)


def _calls(request: Execute) -> Program:
    table = ", ".join(f'{{"{name}", crosstask_driver::bind(&{name})}}' for name in request.names)
    source = f"#define main crosstask_other_main\n{request.code}\n{driver('driver.cpp').replace('@@TABLE@@', table)}"
    return _build().program({"program.cpp": source})


def _script(request: Execute, test: str, nonce: str) -> Program:
    said = json.dumps(json.dumps({"nonce": nonce}) + "\n")
    line = f"{{ const char *said = {said}; if (write(4, said, {len(json.loads(said))}) < 0) return 1; }}"
    source = f"#include <unistd.h>\n{request.context}\n{request.code}\n{test}"
    # without a main it cannot be built, and says so
    links = [_LINKED[name] for name in _included(request) if name in _LINKED]
    return _build(*links).program({"program.cpp": before_end(source, _MAIN, line) or source})


def _included(request: Execute) -> list[str]:
    """The libraries whose headers the program includes."""
    source = "\n".join((request.context, request.code, *request.tests))
    return [name for name in request.libraries if re.search(rf"^\s*#\s*include\s*[<\"]{name}/", source, re.MULTILINE)]


def _lacks(request: Execute) -> str | None:
    missing = (name for name in _included(request) if not any((folder / name).is_dir() for folder in _HEADERS))
    return next(missing, None)


LANGUAGE = Language("cpp", ("g++",), calls=_calls, script=_script, lacks=_lacks)
