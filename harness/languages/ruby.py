"""Ruby, by its interpreter; of test-unit what tests use is lent."""

import re

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

_KEYWORDS = (
    "alias and begin BEGIN break case class def defined? do else elsif end END ensure false for if in module next nil "
    "not or redo rescue retry return self super then true undef unless until when while yield"
)
_RUBY = Tool("ruby", "Debian: ruby")
_OPTIONS = ("--disable=did_you_mean,error_highlight", "-W0")
_UNIT = re.compile(r"^[ \t]*require[ \t(]+['\"]test/unit['\"]\)?[ \t]*$", re.MULTILINE)


def _script(request: Execute, test: str) -> Program:
    """Program and test are one file's text; a test's library stands where it is required."""
    own = own_name(request.context, request.code, test).capitalize()
    test = _UNIT.sub(lambda _match: f"{own}.begin", test, count=1)
    source = f"{request.context}\n{request.code}\n{test}\n:{own}\n"
    files = {"program.rb": source, "run.rb": driver("run.rb", own)}
    return Build((_RUBY.path, *_OPTIONS, "run.rb")).program(files)


LANGUAGE = Language(
    "ruby",
    "rb",
    keywords=_KEYWORDS,
    tools=(_RUBY,),
    script=_script,
    diagnosis=Diagnosis(
        lines=(r"^\w[\w:]*(?:Error|Exception|Exit|Interrupt)?: ", r"^failed to allocate memory"),
        kinds=(
            (r"StandardError: Error at test case", "failed"),
            (r"^SyntaxError", "syntax"),
            (r"^LoadError", "import"),
            (r"^(?:NameError|NoMethodError: undefined method \S+ for main)", "name"),
            (r"^(?:TypeError|ArgumentError: wrong number|NoMethodError)", "type"),
            (r"NoMemoryError|failed to allocate memory", "memory"),
            (r"^\w[\w:]*: ", "exception"),
        ),
    ),
    syntax=Syntax(
        comments=r"(?m:^=begin\b.*?^=end\b[^\n]*)|\#[^\n]*",
        strings=rf"{TEXT}|'(?:\\.|[^'\\\n])*'|`(?:\\.|[^`\\\n])*`",
        definitions=r"def[ \t]+(?:self\.)?(?P<name>\w+[?!=]?)|(?:class|module)[ \t]+(?P<kind>[\w:]+)",
        begins=r"require(?:_relative)?\s",
        opens=r"(?m:^[ \t]*(?:if|unless|case|begin|def|class|module)\b)|=[ \t]*(?:if|unless|case|begin)\b"
        r"|(?m:^[ \t]*(?:while|until|for)\b)(?![^\n]*\bdo\b)|\bdo\b",
        closes=r"(?<![.\w])end\b(?![?!:])",
        long="(?!)",
        short=r"(?<![\w&$\"'])\#[^\n{]*",
        code=r"[;{}=]|\breturn\b|\w\(|\A\n*[ \t]+\S|\bend\b",
    ),
)
