"""OCaml, by its compiler to bytecode: a module of ours before the program, and another behind it."""

from harness.core import Execute
from harness.languages import Language
from harness.languages.building.diagnosis import Diagnosis
from harness.languages.building.program import Build
from harness.languages.building.program import Program
from harness.languages.building.program import driver
from harness.languages.building.program import own_name
from harness.languages.building.sources import Syntax
from harness.languages.building.tools import Tool

_KEYWORDS = (
    "and as assert begin class constraint do done downto else end exception external false for fun function functor if "
    "in include inherit initializer lazy let match method module mutable new nonrec object of open or private rec sig "
    "struct then to true try type val virtual when while with"
)
_PACKAGE = "Debian: ocaml-nox"
_OCAMLC = Tool("ocamlc", _PACKAGE, ("-version",))


def _script(request: Execute, test: str) -> Program:
    """Modules are run in the order they are linked in: ours that reads the nonce, the program, ours that says it."""
    source = f"{request.context}\n{request.code}\n{test}\n"
    own = own_name(source)
    files = {
        f"{own}.mli": "val say : unit -> unit\n",
        f"{own}.ml": driver("say.ml"),
        f"{own}_end.ml": f"let () = {own.capitalize()}.say ()\n",
        "program.ml": source,
    }
    compiler = (_OCAMLC.path, "-w", "-a", "-I", "+unix")
    ours = ((*compiler, "-c", f"{own}.mli"), (*compiler, "-c", f"{own}.ml"))
    parts = ("unix.cma", "str.cma", f"{own}.cmo", "program.ml", f"{own}_end.ml")
    return Build(("./program",), ((*compiler, "-I", "+str", "-o", "program", *parts),), ours=ours).program(files)


LANGUAGE = Language(
    "ocaml",
    "ml",
    keywords=_KEYWORDS,
    tools=(_OCAMLC,),
    script=_script,
    diagnosis=Diagnosis(
        lines=(r"^Fatal error: ",),
        kinds=(
            (r"Assert_failure", "failed"),
            (r"Out_of_memory", "memory"),
            (r"^Fatal error: ", "exception"),
        ),
    ),
    syntax=Syntax(
        comments=r"\(\*.*?(?:\*\)|\Z)",
        strings=r'"(?:\\.|[^"\\])*"|\{\|.*?\|\}' + r"|'(?:\\.|[^'\\\n])'",
        definitions=r"(?<![ \t])(?:let(?:[ \t]+rec)?|and)[ \t]+(?P<name>[A-Za-z_][\w']*)"
        r"|(?<![ \t])(?:type|module|exception)[ \t]+(?P<kind>\w+)",
        begins=r"open\s+[A-Z]",
        opens="(?!)",
        closes="(?!)",
        long=r"\(\*.*?\*\)|\{\|.*?\|\}",
        short="(?!)",
        code=r"[;{}=]|\breturn\b|\w\(|\A\n*[ \t]+\S|\bfun(?:ction)?\b|->",
        by_line=True,
    ),
    written="OCaml",
)
