"""C++17, by g++. The forms read the parameters' types from the functions themselves: no overloads, no templates."""

import re
from pathlib import Path

from harness.core import Execute
from harness.languages import Language
from harness.languages.building.diagnosis import Diagnosis
from harness.languages.building.endings import after_begin
from harness.languages.building.endings import opening
from harness.languages.building.program import Build
from harness.languages.building.program import Program
from harness.languages.building.program import driver
from harness.languages.building.program import own_name
from harness.languages.building.sources import C_BLOCK
from harness.languages.building.sources import TEXT
from harness.languages.building.sources import Syntax
from harness.languages.building.tools import Tool

_KEYWORDS = (
    "alignas alignof and and_eq asm auto bitand bitor bool break case catch char char16_t char32_t class compl const "
    "constexpr const_cast continue decltype default delete do double dynamic_cast else enum explicit export extern "
    "false final float for friend goto if inline int long mutable namespace new noexcept not not_eq nullptr operator "
    "or or_eq override private protected public register reinterpret_cast return short signed sizeof static "
    "static_assert static_cast struct switch template this thread_local throw true try typedef typeid typename union "
    "unsigned using virtual void volatile wchar_t while xor xor_eq"
)
_GPP = Tool("g++", "Debian: g++")
_DIAGNOSIS = Diagnosis(
    lines=(r"Assertion `", r"^terminate called"),
    kinds=((r"std::bad_alloc", "memory"), (r"^terminate called", "exception")),
)
_NO_TYPE = r"(?!(?:return|else|using|throw|new|delete|case|goto|typedef|package|import)\b)"
_SYNTAX = Syntax(
    strings=rf'R"\(.*?\)"|{TEXT}|' + r"(?<!\d)'(?:\\.|[^'\\\n])+'",
    definitions=_NO_TYPE + r"(?:(?:struct|class|enum|union|namespace)\s+(?P<kind>\w+)[^;(){}]*\{"
    r"|[A-Za-z_][\w:<>,&*\[\] \t]*?[ \t&*>](?P<name>\w+)\s*\([^;{}]*\)[^;{}()=]*\{)",
    begins=r"#include\b|using\s",
    long=rf'{C_BLOCK}|R"\(.*?\)"',
)
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
    return (_GPP.path, "-std=c++17", "-O1", "-w", "-pipe", *more)


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


LANGUAGE = Language(
    "cpp",
    "cpp",
    ("c++", "cc", "cxx", "c"),
    keywords=_KEYWORDS,
    grammar="tree-sitter-cpp",
    tools=(_GPP,),
    calls=_calls,
    script=_script,
    lacks=_lacks,
    diagnosis=_DIAGNOSIS,
    syntax=_SYNTAX,
    written="C++",
)
