"""Swift, by swiftc. Untried: written from its documentation, as no package of Debian, PyPI or npm brings it."""

import os
from pathlib import Path

from harness.core import Execute
from harness.languages import Language
from harness.languages import Limits
from harness.languages.building.diagnosis import Diagnosis
from harness.languages.building.program import Build
from harness.languages.building.program import Program
from harness.languages.building.program import driver
from harness.languages.building.program import own_name
from harness.languages.building.sources import C_BLOCK
from harness.languages.building.sources import TEXT
from harness.languages.building.sources import TRIPLE
from harness.languages.building.sources import Syntax
from harness.languages.building.tools import Place
from harness.languages.building.tools import Tool

_KEYWORDS = (
    "as associatedtype break case catch class continue default defer deinit do else enum extension fallthrough false "
    "fileprivate for func guard if import in init inout internal is let nil open operator private protocol public "
    "repeat rethrows return self Self static struct subscript super switch throw throws true try typealias var where "
    "while"
)


def _place(command: str) -> Place:
    """Its folder: bin beside lib, which has the library."""
    real = os.path.realpath(command)
    return Place(real, (str(Path(real).parents[1]),))


_SWIFTC = Tool("swiftc", "https://swift.org/install", place=_place)


def _script(request: Execute, test: str) -> Program:
    """Program and test are the main file, whose first statement reads the nonce and whose last one says it."""
    source = f"{request.context}\n{request.code}\n{test}\n"
    own = own_name(source)
    files = {
        f"{own}.swift": driver("say.swift", own),
        "main.swift": f"{own}_begin()\n{source}\n{own}_end()\n",
    }
    command = (_SWIFTC.path, "-Onone", "-suppress-warnings", "-o", "program", f"{own}.swift", "main.swift")
    return Build(("./program",), (command,)).program(files)


LANGUAGE = Language(
    "swift",
    "swift",
    keywords=_KEYWORDS,
    tools=(_SWIFTC,),
    script=_script,
    limits=Limits(disk=256 << 20, compile_cpu=60.0),
    diagnosis=Diagnosis(lines=(r"Fatal error",), kinds=((r"Fatal error", "exception"),)),
    syntax=Syntax(
        strings=rf"{TRIPLE}|{TEXT}",
        definitions=r"(?:(?:public|private|internal|static|final|mutating|@\w+)[ \t]+)*"
        r"(?:func[ \t]+(?P<name>\w+)|(?:class|struct|enum|protocol|extension)[ \t]+(?P<kind>\w+))",
        begins=r"import\s",
        long=rf'{C_BLOCK}|""".*?"""',
    ),
)
