"""Go, by its own tool: tests with the program in one package, in "script" style."""

from harness.core import Execute
from harness.sandbox.endings import before_end
from harness.sandbox.languages import Build
from harness.sandbox.languages import Language
from harness.sandbox.languages import Program
from harness.sandbox.languages import own_name
from harness.sandbox.languages import tool

_DISK, _COMPILE_CPU = 512 << 20, 120.0
"""Go compiles its own library anew, as no cache enters the jail: 17 s of CPU time where it was measured."""
_TEST = r"\bfunc\s+Test\w*\s*\(\s*\w+\s+\*testing\.T\s*\)\s*"
_MAIN = r"\bfunc\s+main\s*\(\s*\)\s*"
_SAY = """package @@PACKAGE@@

import "os"

var @@OWN@@Nonce = func() []byte {
\tpipe, found := os.NewFile(3, "nonce"), make([]byte, 4096)
\tdefer pipe.Close()
\tcount, _ := pipe.Read(found)
\treturn found[:count]
}()

func @@OWN@@Say() {
\tos.NewFile(4, "judge").WriteString("{\\"nonce\\":\\"" + string(@@OWN@@Nonce) + "\\"}\\n")
}
"""
"""Its file comes first, and a package's variables are made in the order of its files."""


def _script(request: Execute, test: str) -> Program:
    """A package with a `Test` function is built by `go test`, one with a `main` by `go build`."""
    own = own_name(request.context, request.code, test)
    before = f"{request.context}\n{request.code}\n"
    tested = before_end(test, _TEST, f"if !t.Failed() {{ {own}Say() }}")
    changed = tested or before_end(test, _MAIN, f"{own}Say()") or test
    package = next((line.split()[1] for line in before.splitlines() if line.startswith("package ")), "main")
    say = _SAY.replace("@@OWN@@", own).replace("@@PACKAGE@@", package)
    # files by their names: a module in the folder for temporary files, as the jail has it, is ignored
    names = ("a_say_test.go", "program_test.go") if tested else ("a_say.go", "program.go")
    files = dict(zip(names, (say, f"{before}{changed}"), strict=True))
    command = (tool("go"), *(("test", "-c") if tested else ("build",)), "-o", "program", *names)
    return Build(("./program",), (command,)).program(files)


LANGUAGE = Language("go", ("go",), script=_script, disk=_DISK, compile_cpu=_COMPILE_CPU)
