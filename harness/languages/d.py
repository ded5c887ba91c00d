"""D, by LLVM's compiler ldc2. Where there are blocks `unittest`, D's library runs them and no main."""

from harness.core import Execute
from harness.languages import Language
from harness.languages.building.diagnosis import Diagnosis
from harness.languages.building.endings import before_end
from harness.languages.building.program import Build
from harness.languages.building.program import Program
from harness.languages.building.program import driver
from harness.languages.building.program import own_name
from harness.languages.building.sources import TEXT
from harness.languages.building.sources import Syntax
from harness.languages.building.tools import Tool
from harness.languages.building.tools import with_settings

_KEYWORDS = (
    "abstract alias align asm assert auto bool break byte case cast catch char class const continue debug default "
    "delegate delete deprecated do double else enum export extern false final finally float for foreach "
    "foreach_reverse function goto if immutable import in inout int interface invariant is lazy long mixin module new "
    "nothrow null out override package pragma private protected public pure real ref return scope shared short static "
    "struct super switch synchronized template this throw true try typeid typeof ubyte uint ulong union unittest "
    "ushort version void while with"
)
_UNIT = r"\bunittest\s*(?=\{)"
_MAIN = r"\b(?:void|int)\s+main\s*\([^(){};]*\)\s*"


_LDC = Tool("ldc2", "Debian: ldc", place=with_settings("/etc/ldc2.conf", "/etc/ldc"))


def _script(request: Execute, test: str) -> Program:
    """Each block `unittest` of the test tells that it came to its end; a test without one is its main."""
    before = f"{request.context}\n{request.code}\n"
    own = own_name(before, test)
    line = f"{{ import {own} : came_{own}; came_{own}(); }}"
    told = before_end(test, _UNIT, line) or before_end(test, _MAIN, line) or test
    say = driver("say.d", own, tests=str(told.count(line) or 1))
    files = {f"{own}.d": say, "program.d": f"{before}{told}"}
    compiler = (_LDC.path, "-O1", "-d", "-relocation-model=pic")
    ours = ((*compiler, "-betterC", "-c", f"{own}.d"),)
    command = (*compiler, "-unittest", "-L--wrap=main", "-of=program", "program.d", f"{own}.o")
    return Build(("./program",), (command,), ours=ours).program(files)


LANGUAGE = Language(
    "d",
    "d",
    ("dlang",),
    keywords=_KEYWORDS,
    tools=(_LDC,),
    script=_script,
    diagnosis=Diagnosis(
        lines=(r"program\.d\(\d+\)", r"\bunittest failure"),
        kinds=(
            (r"unittest failure|\bAssertError", "failed"),
            (r"OutOfMemoryError|Memory allocation failed", "memory"),
            (r"program\.d\(\d+\)", "exception"),
        ),
    ),
    syntax=Syntax(
        comments=r"//[^\n]*|/\*.*?(?:\*/|\Z)|/\+.*?(?:\+/|\Z)",
        strings=rf"{TEXT}|`[^`]*`|" + r"'(?:\\.|[^'\\\n])+'",
        definitions=r"(?!(?:return|else|throw|new|delete|case|goto|import|assert|foreach|while|for|if|switch)\b)"
        r"(?:(?:class|struct|interface|enum|union|template)\s+(?P<kind>\w+)"
        r"|[A-Za-z_][\w!.,\[\]() \t*]*?[ \t\])*](?P<name>\w+)\s*\([^;{}=]*?\)"
        r"\s*(?:pure\s*|nothrow\s*|@\w+\s*)*(?:\{|=>|\Z))",
        begins=r"import\s.*;|module\s.*;",
        long=r"/\*.*?\*/|/\+.*?\+/|(?<!`)`(?!`)[^`]*`(?!`)",
    ),
)
