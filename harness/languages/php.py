"""PHP, by its command line."""

import re

from harness.core import Execute
from harness.languages import Language
from harness.languages.building.diagnosis import Diagnosis
from harness.languages.building.joining import Whole
from harness.languages.building.joining import behind
from harness.languages.building.program import Build
from harness.languages.building.program import Program
from harness.languages.building.program import driver
from harness.languages.building.program import own_name
from harness.languages.building.sources import C_BLOCK
from harness.languages.building.sources import TEXT
from harness.languages.building.sources import Syntax
from harness.languages.building.tools import Tool
from harness.languages.building.tools import with_settings

_KEYWORDS = (
    "abstract and array as break callable case catch class clone const continue declare default do echo else elseif "
    "empty enddeclare endfor endforeach endif endswitch endwhile enum extends final finally fn for foreach function "
    "global goto if implements include instanceof insteadof interface isset list match namespace new or print private "
    "protected public readonly require return static switch throw trait try unset use var while xor yield"
)
_TAGS = re.compile(r"<\?php\b[ \t]*\n?|\?>[ \t]*\n?")
_CLOSED = re.compile(r"\?>\s*\Z")
_SETTINGS = "/etc/php"
"""Which of its extensions Debian's PHP loads stands there."""
_OPTIONS = ("-d", "memory_limit=-1", "-d", "display_errors=stderr", "-d", "log_errors=0", "-d", "html_errors=0")


_PHP = Tool("php", "Debian: php-cli", place=with_settings(_SETTINGS))


def _script(request: Execute, test: str) -> Program:
    """Program and test are one file's text; what stands behind both is reached where nothing ended it before."""
    # behind a closing tag the test would be printed
    source = f"{request.context}{_CLOSED.sub('', request.code)}\n{test}\n"
    files = {"program.php": source, "run.php": driver("run.php", own_name(source))}
    return Build((_PHP.path, *_OPTIONS, "run.php")).program(files)


def _join(whole: Whole) -> str:
    """The answer behind one opening tag, whatever either part has of them."""
    return "<?php\n" + _TAGS.sub("", behind(whole))


LANGUAGE = Language(
    "php",
    "php",
    keywords=_KEYWORDS,
    tools=(_PHP,),
    script=_script,
    diagnosis=Diagnosis(
        lines=(r"^(?:PHP )?(?:Fatal|Parse) error: ", r"^\w*(?:Error|Exception): "),
        kinds=(
            (r"Exception: (?:Test failed!|Error at \w+ assert)", "failed"),
            (r"ParseError|Parse error|^(?:PHP )?Fatal error: +Cannot (?:use|redeclare|declare)", "syntax"),
            (r"Failed to open stream|Failed opening required|Class \"[^\"]*\" not found", "import"),
            (r"Call to undefined|Undefined constant", "name"),
            (r"TypeError|ArgumentCountError", "type"),
            (r"Allowed memory size|Out of memory", "memory"),
            (r"Fatal error: |^\w*(?:Error|Exception): ", "exception"),
        ),
    ),
    syntax=Syntax(
        comments=r"//[^\n]*|\#(?!\[)[^\n]*|/\*.*?(?:\*/|\Z)",
        strings=rf"{TEXT}|'(?:\\.|[^'\\\n])*'",
        definitions=r"(?:(?:public|private|protected|static|final|abstract|readonly)[ \t]+)*"
        r"(?:function[ \t]+&?[ \t]*(?P<name>\w+)|(?:class|interface|trait|enum)[ \t]+(?P<kind>\w+))",
        begins=r"<\?php|use\s.*;|namespace\s.*;",
        long=C_BLOCK,
        short=r"(?<!:)//[^\n]*|(?<![\w&$])\#[^\n]*",
    ),
    join=_join,
    written="PHP",
)
