"""Rust, by rustc. The driver reads the parameters' types from the functions themselves."""

import ast
import os
import re
import shutil
from contextlib import suppress

from harness.core import Execute
from harness.languages import Language
from harness.languages.building.diagnosis import Diagnosis
from harness.languages.building.endings import after_begin
from harness.languages.building.endings import opening
from harness.languages.building.joining import Whole
from harness.languages.building.joining import behind
from harness.languages.building.program import Build
from harness.languages.building.program import Program
from harness.languages.building.program import driver
from harness.languages.building.program import own_name
from harness.languages.building.sources import C_BLOCK
from harness.languages.building.sources import Syntax
from harness.languages.building.syntax import parse
from harness.languages.building.tools import Place
from harness.languages.building.tools import Tool
from harness.languages.building.tools import asked
from harness.languages.building.tools import is_public

_KEYWORDS = (
    "as async await break const continue crate dyn else enum extern false fn for if impl in let loop match mod move "
    "mut pub ref return self Self static struct super trait true type union unsafe use where while"
)
_DIAGNOSIS = Diagnosis(
    lines=(r"panicked at", r"^memory allocation of \d+ bytes failed"),
    kinds=((r"memory allocation of \d+ bytes failed", "memory"), (r"panicked at", "exception")),
    following=r"panicked at",
)
_SYNTAX = Syntax(
    # a lone quote is a lifetime
    strings=r'\br(#*)".*?"\1|"(?:\\.|[^"\\])*"|' + r"'(?:\\u\{[0-9a-fA-F]+\}|\\.|[^'\\\n])'",
    definitions=r"(?:pub(?:\([^)]*\))?[ \t]+)?(?:const[ \t]+|unsafe[ \t]+|async[ \t]+)*"
    r"(?:fn|struct|enum|trait|mod|type|const|static|impl(?:<[^>{]*>)?)[ \t]+(?P<name>\w+)",
    begins=r"use\s.*;",
    long=rf'{C_BLOCK}|\br(?P<raw>#*)".*?"(?P=raw)',
)
_USE = re.compile(r"^use\s[^;]*;[ \t]*\n?", re.MULTILINE)
_MEMORY = 1 << 30
_MAIN = r"\bfn\s+main\s*\(\s*\)[^{]*"
_TEST = r"#\[test\]\s*(?://[^\n]*\n\s*)*+(?:pub\s+)?fn\s+\w+\s*\(\s*\)[^{]*"
_IMPORTS = r"^[ \t]*(?:pub\s+)?use\s+(?:::)?({})\b([^;]*+);"
_MOST_PARAMETERS = 6
_ASSERTIONS = (
    "assert", "assert_eq", "assert_ne", "debug_assert", "debug_assert_eq", "debug_assert_ne", "panic", "unreachable",
)  # fmt: skip
"""Macros that a test must meet as the library has them, whatever a program defined."""


def _place(proxy: str) -> Place | None:
    """The compiler itself: rustup's proxy would look for its settings in a home that the jail does not have."""
    root = (asked(proxy, "--print", "sysroot") or "").strip()
    compiler = f"{root}/bin/rustc"
    return Place(compiler, (root,)) if root and os.access(compiler, os.X_OK) else None


_RUSTC = Tool("rustc", "https://rustup.rs", place=_place)


def _compiler(*more: str) -> tuple[str, ...]:
    options = ("--edition=2021", "-A", "warnings", "-C", "opt-level=1", "-C", "codegen-units=1")
    return (_RUSTC.path, *options, *more)


def _crate(own: str) -> tuple[str, ...]:
    return _compiler("--crate-type=rlib", f"--crate-name={own}", f"{own}.rs")


def _beside(own: str, *more: str) -> tuple[str, ...]:
    # gcc asks whether it may start rustc's own linker without the one right by which tier C reads a private folder
    if not is_public(_RUSTC.path) and shutil.which("ld.bfd"):
        more = (*more, "-C", "link-arg=-fuse-ld=bfd")
    return _compiler(*more, "--extern", f"{own}=lib{own}.rlib", "-o", "program", "program.rs")


def _calls(request: Execute) -> Program:
    own = own_name(request.code)
    served = ", ".join(
        f'("{name}", &|given| ::{own}::call{count}({name}, given).and_then(|found| (&::{own}::Sent(found)).form()))'
        for name, count in _parameters(request).items()
        if count <= _MOST_PARAMETERS
    )
    code = re.sub(r"\bfn\s+main\b", f"fn {own}_other_main", request.code)
    main = f"fn main() {{ use ::{own}::{{Known as _, Unknown as _}}; ::{own}::serve(&[{served}]) }}"
    files = {f"{own}.rs": driver("driver.rs"), "program.rs": f"{code}\n\n{main}\n"}
    return Build(("./program",), (_beside(own),), _MEMORY, ours=(_crate(own),)).program(files)


def _parameters(request: Execute) -> dict[str, int]:
    """How many arguments the tests give each name."""
    counts = {}
    for test in request.tests:
        with suppress(SyntaxError):
            for node in ast.walk(parse(test)):
                if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in request.names:
                    counts[node.func.id] = len(node.args)
    return counts


def _script(request: Execute, test: str) -> Program:
    """A `main` is run as a program; `#[test]` functions by the test harness, one at a time."""
    own = own_name(request.context, request.code, test)
    before = _without_crates(f"{request.context}\n{request.code}\n", request.libraries)
    test = _without_crates(test, request.libraries)
    heads = _TEST if re.search(_TEST, test) else _MAIN
    begun = after_begin(test, heads, f"::{own}::begin();") or test
    more = ("-C", "link-arg=-Wl,--wrap=main", "-C", "strip=symbols", *["--test"] * (heads is _TEST))
    place = opening(begun, heads)
    files = {
        f"{own}.rs": driver("say.rs", tests=str(begun.count(f"::{own}::begin();") or 1)),
        "program.rs": f"{before}{begun[:place]}{_meant(own)}{begun[place:]}",
    }
    run = ("./program", "--test-threads=1") if heads is _TEST else ("./program",)
    return Build(run, (_beside(own, *more),), _MEMORY, ours=(_crate(own),)).program(files)


def _meant(own: str) -> str:
    """The definitions of the assertions that stand before a test; an attribute left open ends at the constant."""
    again = (f"macro_rules! {name} {{ ($($all:tt)*) => {{ ::{own}::{name}!($($all)*) }} }}\n" for name in _ASSERTIONS)
    return f"const _: () = ();\n{''.join(again)}"


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


def _join(whole: Whole) -> str:
    return behind(whole, _behind_a_glob)


def _behind_a_glob(source: str) -> str:
    """A source with its imports behind a glob, which those of an answer may shadow."""
    used = "".join(f"    pub {match[0].strip()}\n" for match in _USE.finditer(source))
    rest = _USE.sub("", source)
    if not used:
        return rest
    return f"#[allow(unused)]\nmod prompt_imports {{\n    use super::*;\n{used}}}\nuse prompt_imports::*;\n{rest}"


LANGUAGE = Language(
    "rust",
    "rs",
    keywords=_KEYWORDS,
    grammar="tree-sitter-rust",
    tools=(_RUSTC,),
    calls=_calls,
    script=_script,
    lacks=_lacks,
    diagnosis=_DIAGNOSIS,
    syntax=_SYNTAX,
    join=_join,
)
