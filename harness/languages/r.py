"""R, by Rscript."""

from harness.core import Execute
from harness.languages import Language
from harness.languages.building.diagnosis import Diagnosis
from harness.languages.building.program import Build
from harness.languages.building.program import Program
from harness.languages.building.program import driver
from harness.languages.building.program import own_name
from harness.languages.building.sources import TEXT
from harness.languages.building.sources import Syntax
from harness.languages.building.tools import Tool
from harness.languages.building.tools import with_settings

_KEYWORDS = "break else FALSE for function if in Inf NA NaN next NULL repeat TRUE while"


_RSCRIPT = Tool("Rscript", "Debian: r-base-core", place=with_settings("/etc/R"))


def _script(request: Execute, test: str) -> Program:
    """Program and test are one file's text; what stands behind both is reached where nothing ended it before."""
    source = f"{request.context}\n{request.code}\n{test}\n"
    own = own_name(source)
    files = {"program.R": f'{source}"{own}"\n', "run.R": driver("run.R", own)}
    return Build((_RSCRIPT.path, "--vanilla", "run.R")).program(files)


LANGUAGE = Language(
    "r",
    "R",
    ("rscript",),
    keywords=_KEYWORDS,
    tools=(_RSCRIPT,),
    script=_script,
    diagnosis=Diagnosis(
        lines=(r"^Error\b", r"cannot allocate"),
        kinds=(
            (r" (?:is|are) not (?:all )?TRUE", "failed"),
            (r"^Error in parse\(|unexpected ", "syntax"),
            (r"there is no package called", "import"),
            (r"could not find function|object '[^']*' not found", "name"),
            (r"non-numeric argument|invalid '?type|invalid argument type", "type"),
            (r"cannot allocate", "memory"),
            (r"^Error\b", "exception"),
        ),
        following=r"^Error\b.*:$",
    ),
    syntax=Syntax(
        comments=r"\#[^\n]*",
        strings=rf"{TEXT}|'(?:\\.|[^'\\\n])*'",
        definitions=r"(?P<name>[\w.]+)[ \t]*(?:<-|=)[ \t]*(?:function\b|\\\()",
        begins=r"library\(|require\(",
        long="(?!)",
        short=r"(?<![\w&$\"'])\#[^\n]*",
        code=r"[;{}=]|<-|\breturn\b|\w\(|\A\n*[ \t]+\S",
    ),
)
