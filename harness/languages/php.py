"""PHP, by its command line."""

import functools
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
from harness.languages.building.sources import blanked
from harness.languages.building.tools import Tool
from harness.languages.building.tools import version
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


_MBSTRING = (
    "check_encoding chr convert_case convert_encoding convert_kana convert_variables decode_mimeheader "
    "decode_numericentity detect_encoding detect_order encode_mimeheader encode_numericentity encoding_aliases ereg "
    "ereg_match ereg_replace ereg_replace_callback ereg_search ereg_search_getpos ereg_search_getregs ereg_search_init "
    "ereg_search_pos ereg_search_regs ereg_search_setpos eregi eregi_replace get_info http_input http_output "
    "internal_encoding language list_encodings ord output_handler parse_str preferred_mime_name regex_encoding "
    "regex_set_options scrub send_mail split str_split strcut strimwidth stripos stristr strlen strpos strrchr "
    "strrichr strripos strrpos strstr strtolower strtoupper strwidth substitute_character substr substr_count"
)
_GMP = (
    "abs add and binomial clrbit cmp com div div_q div_qr div_r divexact export fact gcd gcdext hamdist import init "
    "intval invert jacobi kronecker lcm legendre mod mul neg nextprime or perfect_power perfect_square popcount pow "
    "powm prob_prime random_bits random_range random_seed root rootrem scan0 scan1 setbit sign sqrt sqrtrem strval sub "
    "testbit xor"
)
_EXTENSIONS = {
    "mbstring": ("mb_", _MBSTRING),
    "bcmath": ("bc", "add comp div mod mul pow powmod scale sqrt sub"),
    "gmp": ("gmp_", _GMP),
}
"""Extensions of PHP that are packages of their own: how their functions begin, and the names behind that.

A name that none of them has, as `mb_strrev`, is the program's own mistake.
"""
_VERSION = (
    f"echo 'PHP ', PHP_VERSION, ' with ', implode(', ', array_filter([{', '.join(map(repr, _EXTENSIONS))}], "
    "'extension_loaded')) ?: 'none of its extensions';"
)
_PHP = Tool("php", "Debian: php-cli", asked=("-r", _VERSION), place=with_settings(_SETTINGS))
_CALLED = re.compile(
    "|".join(
        rf"(?P<{name}>(?<![\w$>:]){start}(?:{'|'.join(ends.split())})\s*\()"
        for name, (start, ends) in _EXTENSIONS.items()
    )
)
_FUNCTION = re.compile(r"\bfunction\s+&?\s*(\w+)")
_ASKS = re.compile(r"\b(?:function_exists|extension_loaded)\s*\(")


@functools.cache
def _loaded() -> frozenset[str]:
    """The extensions of `_EXTENSIONS` that this machine's PHP has; they are part of its version."""
    return frozenset(re.findall(r"\w+", version(_PHP).partition(" with ")[2]))


def _lacks(request: Execute) -> str | None:
    """The package of the first extension that the program calls and this machine has not.

    A program that asks whether a function is there, or defines it itself, can do without.
    """
    source = blanked("\n".join((request.context, request.code, *request.tests)), LANGUAGE.syntax)
    own = set(_FUNCTION.findall(source))
    missing = (call for call in _CALLED.finditer(source) if call.lastgroup not in _loaded())
    called = next((call for call in missing if call[0][:-1].rstrip() not in own), None)
    return None if called is None or _ASKS.search(source) else f"php-{called.lastgroup}"


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
    lacks=_lacks,
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
