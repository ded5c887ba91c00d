"""Go, by its own tool: tests with the program in one package, in "script" style."""

import json

from harness.core import Execute
from harness.sandbox.endings import before_end
from harness.sandbox.languages import Build
from harness.sandbox.languages import Language
from harness.sandbox.languages import Program
from harness.sandbox.languages import tool

_DISK, _COMPILE_CPU = 512 << 20, 120.0
"""Go compiles its own library anew, as no cache enters the jail: 17 s of CPU time where it was measured."""
_TEST = r"\bfunc\s+Test\w*\s*\(\s*\w+\s+\*testing\.T\s*\)\s*"
_MAIN = r"\bfunc\s+main\s*\(\s*\)\s*"


def _script(request: Execute, test: str, nonce: str) -> Program:
    """A package with a `Test` function is built by `go test`, one with a `main` by `go build`."""
    said = json.dumps(json.dumps({"nonce": nonce}) + "\n")
    source = f"{request.context}\n{request.code}\n{test}"
    tested = before_end(source, _TEST, f"if !t.Failed() {{ crosstaskSay({said}) }}")
    changed = tested or before_end(source, _MAIN, f"crosstaskSay({said})") or source
    package = next((line.split()[1] for line in source.splitlines() if line.startswith("package ")), "main")
    say = (
        f'package {package}\n\nimport "os"\n\n'
        'func crosstaskSay(text string) { os.NewFile(4, "judge").WriteString(text) }\n'
    )
    # files by their names: a module in the folder for temporary files, as the jail has it, is ignored
    names = ("say_test.go", "program_test.go") if tested else ("say.go", "program.go")
    files = dict(zip(names, (say, changed), strict=True))
    command = (tool("go"), *(("test", "-c") if tested else ("build",)), "-o", "program", *names)
    return Build(("./program",), (command,)).program(files)


LANGUAGE = Language("go", ("go",), script=_script, disk=_DISK, compile_cpu=_COMPILE_CPU)
