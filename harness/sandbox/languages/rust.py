"""Rust, by rustc. The driver reads the parameters' types from the functions themselves."""

import ast
import json
import re
from contextlib import suppress

from harness.core import Execute
from harness.sandbox.endings import before_end
from harness.sandbox.languages import Build
from harness.sandbox.languages import Language
from harness.sandbox.languages import Program
from harness.sandbox.languages import driver
from harness.sandbox.languages import tool

_MEMORY = 1 << 30
_MAIN = r"\bfn\s+main\s*\(\s*\)[^{]*"
_TEST = r"#\[test\]\s*(?://[^\n]*\s*)*(?:pub\s+)?fn\s+\w+\s*\(\s*\)[^{]*"
_IMPORTS = r"^[ \t]*(?:pub\s+)?use\s+(?:::)?({})\b([^;]*);"
_MOST_PARAMETERS = 6


def _compiler(*more: str) -> tuple[str, ...]:
    return (
        tool("rustc"),
        "--edition=2021",
        "-A",
        "warnings",
        "-C",
        "opt-level=1",
        "-C",
        "codegen-units=1",
        *more,
        "-o",
        "program",
        "program.rs",
    )


def _calls(request: Execute) -> Program:
    counts = _parameters(request)
    arms = "".join(
        f'"{name}" => Some(crosstask_driver::call{count}({name}, given)), '
        for name, count in counts.items()
        if count <= _MOST_PARAMETERS
    )
    code = re.sub(r"\bfn\s+main\b", "fn crosstask_other_main", request.code)
    source = f"{code}\n{driver('driver.rs').replace('@@TABLE@@', arms)}"
    return Build(("./program",), (_compiler(),), _MEMORY).program({"program.rs": source})


def _parameters(request: Execute) -> dict[str, int]:
    """How many arguments the tests give each name."""
    found = {}
    for test in request.tests:
        with suppress(SyntaxError):
            for node in ast.walk(ast.parse(test)):
                if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in request.names:
                    found[node.func.id] = len(node.args)
    return found


def _script(request: Execute, test: str, nonce: str) -> Program:
    """A `main` is run as a program; `#[test]` functions by the test harness, one at a time, and the last speaks."""
    said = json.dumps(json.dumps({"nonce": nonce}) + "\n")
    line = (
        f"{{ use std::io::Write; use std::os::fd::FromRawFd; "
        f"unsafe {{ std::fs::File::from_raw_fd(4) }}.write_all({said}.as_bytes()).unwrap(); }}"
    )
    source = _without_crates(f"{request.context}\n{request.code}\n{test}", request.libraries)
    tested = re.search(_TEST, test) is not None
    changed = before_end(source, _TEST if tested else _MAIN, line) or source
    build = Build(
        ("./program", "--test-threads=1") if tested else ("./program",), (_compiler(*["--test"] * tested),), _MEMORY
    )
    return build.program({"program.rs": changed})


def _without_crates(source: str, crates: tuple[str, ...]) -> str:
    """The source without the imports of these crates, which the compiler alone does not have."""
    return re.sub(_IMPORTS.format("|".join(crates)), "", source, flags=re.MULTILINE) if crates else source


def _lacks(request: Execute) -> str | None:
    """The first of the crates that the program uses beyond importing it."""
    source = "\n".join((request.context, request.code, *request.tests))
    for crate in request.libraries:
        named = re.findall(_IMPORTS.format(crate), source, re.MULTILINE)
        leaves = {leaf for line in named for leaf in re.findall(r"\b[A-Z]\w*", line[1])}
        used = "|".join((rf"{crate}::", *(rf"{leaf}\b" for leaf in leaves)))
        if re.search(rf"\b(?:{used})", _without_crates(source, (crate,))):
            return crate
    return None


LANGUAGE = Language("rust", ("rustc",), calls=_calls, script=_script, lacks=_lacks)
