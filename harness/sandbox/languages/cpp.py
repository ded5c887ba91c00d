"""C++17, by g++. The forms read the parameters' types from the functions themselves: no overloads, no templates."""

import re
from pathlib import Path

from harness.core import Execute
from harness.sandbox.endings import after_begin
from harness.sandbox.endings import opening
from harness.sandbox.languages import Build
from harness.sandbox.languages import Language
from harness.sandbox.languages import Program
from harness.sandbox.languages import driver
from harness.sandbox.languages import own_name
from harness.sandbox.languages import tool

_MEMORY = 1 << 30
_LINKED = {"openssl": "-lcrypto"}
_HEADERS = (Path("/usr/local/include"), Path("/usr/include"))
_INT_MAIN = re.compile(r"\bint(\s+main\s*\()")
_MAIN = r"\b(?:int|signed)\s+main\s*\([^(){};]*\)\s*"
_INCLUDE = re.compile(r"^[ \t]*#[ \t]*include\b[^\n]*\n", re.MULTILINE)
_NOT_A_PROGRAM_S = (
    "NDEBUG", "assert", "main", "signed", "if", "else", "for", "while", "do", "switch", "case", "default", "break",
    "continue", "return", "goto", "try", "catch", "throw", "sizeof", "static_cast", "const_cast", "reinterpret_cast",
    "true", "false", "nullptr", "abort", "exit",
)  # fmt: skip
"""Macros that no test may meet: a program that changes what its language does decides how it is tested."""


def _compiler(*more: str) -> tuple[str, ...]:
    return (tool("g++"), "-std=c++17", "-O1", "-w", "-pipe", *more)


def _calls(request: Execute) -> Program:
    own = own_name(request.code)
    entries = "".join(
        f'\n{own}_Entry {own}_{number}{{"{name}", {own}_Call<&{name}>{{}}}};'
        for number, name in enumerate(request.names)
    )
    files = {
        f"{own}.hpp": driver("forms.hpp", own),
        f"{own}.cpp": driver("serve.cpp", own),
        "program.cpp": f"{request.code}\n\n{entries}\n",
    }
    build = Build(
        ("./program",),
        (_compiler("-include", f"{own}.hpp", "-o", "program", "program.cpp", f"{own}.o"),),
        _MEMORY,
        ours=(_compiler("-c", f"{own}.cpp"),),
    )
    return build.program(files)


def _script(request: Execute, test: str) -> Program:
    """A test's main is wrapped by one that knows whether it was begun, and what it gave."""
    before = f"{request.context}\n{request.code}\n"
    own = own_name(before, test)
    # `int` may be a macro of the program's, and main must return it
    begun = after_begin(_INT_MAIN.sub(r"signed\1", test), _MAIN, f"{own}_begin();")
    # without a main it cannot be built, and says so
    source = f"{before}{_guarded(begun, own)}" if begun else f"{before}{test}"
    files = {
        f"{own}.hpp": f'extern "C" void {own}_begin();\n'
        f'extern "C" [[noreturn]] void {own}_fail(const char*, const char*, const char*);\n',
        f"{own}.cpp": driver("say.cpp", own),
        "program.cpp": source,
    }
    links = [_LINKED[name] for name in _included(request) if name in _LINKED]
    linked = ("-s", "-Wl,--wrap=main", "-o", "program", f"{own}.o", "program.cpp", *links)
    command = _compiler("-include", f"{own}.hpp", *linked)
    return Build(("./program",), (command,), _MEMORY, ours=(_compiler("-c", f"{own}.cpp"),)).program(files)


def _guarded(test: str, own: str) -> str:
    """The test with the language's own meaning of its words, and an assertion that no program can define away."""
    taken = "".join(f"#undef {name}\n" for name in _NOT_A_PROGRAM_S)
    place = '__FILE__ ":" ' + f"{own}_line(__LINE__)"
    asserted = (
        f"#include <cassert>\n#undef assert\n#define {own}_line(x) {own}_text(x)\n#define {own}_text(x) #x\n"
        f"#define assert(...) ((__VA_ARGS__) ? (void)0 : {own}_fail({place}, __PRETTY_FUNCTION__, #__VA_ARGS__))\n"
    )
    last = max(opening(test, _MAIN), *(match.end() for match in _INCLUDE.finditer(test)), 0)
    return f"{taken}{test[:last]}{asserted}{test[last:]}"


def _included(request: Execute) -> list[str]:
    """The libraries whose headers the program includes."""
    source = "\n".join((request.context, request.code, *request.tests))
    return [
        name
        for name in request.libraries
        if re.search(rf"^[ \t]*#[ \t]*include[ \t]*[<\"]{name}/", source, re.MULTILINE)
    ]


def _lacks(request: Execute) -> str | None:
    missing = (name for name in _included(request) if not any((folder / name).is_dir() for folder in _HEADERS))
    return next(missing, None)


LANGUAGE = Language("cpp", ("g++",), calls=_calls, script=_script, lacks=_lacks)
