"""Rust, by rustc. The driver reads the parameters' types from the functions themselves."""

import ast
import re
import shutil
from contextlib import suppress

from harness.code_tasks.syntax import parse
from harness.core import Execute
from harness.sandbox.endings import after_begin
from harness.sandbox.endings import opening
from harness.sandbox.languages import Build
from harness.sandbox.languages import Language
from harness.sandbox.languages import Program
from harness.sandbox.languages import driver
from harness.sandbox.languages import own_name
from harness.sandbox.languages import tool
from harness.sandbox.toolchains import is_public

_MEMORY = 1 << 30
_MAIN = r"\bfn\s+main\s*\(\s*\)[^{]*"
_TEST = r"#\[test\]\s*(?://[^\n]*\n\s*)*+(?:pub\s+)?fn\s+\w+\s*\(\s*\)[^{]*"
_IMPORTS = r"^[ \t]*(?:pub\s+)?use\s+(?:::)?({})\b([^;]*+);"
_MOST_PARAMETERS = 6
_ASSERTIONS = (
    "assert", "assert_eq", "assert_ne", "debug_assert", "debug_assert_eq", "debug_assert_ne", "panic", "unreachable",
)  # fmt: skip
"""Macros that a test must meet as the library has them, whatever a program defined."""


def _compiler(*more: str) -> tuple[str, ...]:
    options = ("--edition=2021", "-A", "warnings", "-C", "opt-level=1", "-C", "codegen-units=1")
    return (tool("rustc"), *options, *more)


def _crate(own: str) -> tuple[str, ...]:
    return _compiler("--crate-type=rlib", f"--crate-name={own}", f"{own}.rs")


def _beside(own: str, *more: str) -> tuple[str, ...]:
    # gcc asks whether it may start rustc's own linker without the one right by which tier C reads a private folder
    if not is_public(tool("rustc")) and shutil.which("ld.bfd"):
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
    found = {}
    for test in request.tests:
        with suppress(SyntaxError):
            for node in ast.walk(parse(test)):
                if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in request.names:
                    found[node.func.id] = len(node.args)
    return found


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


LANGUAGE = Language("rust", ("rustc",), calls=_calls, script=_script, lacks=_lacks)
