"""Lua 5.4, by its interpreter; of luaunit what tests use is lent."""

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
    "and break do else elseif end false for function goto if in local nil not or repeat return then true until while"
)
_LUA = Tool("lua5.4", "Debian: lua5.4", ("-v",))


def _script(request: Execute, test: str) -> Program:
    """Program and test are one chunk with the same locals; globals, `os` and `require` are the driver's in the test."""
    own = own_name(request.context, request.code, test)
    source = f"{request.context}\n{request.code}\nlocal _ENV, os, require = {own}()\n{test}\n"
    return Build((_LUA.path, "run.lua")).program({"program.lua": source, "run.lua": driver("run.lua", own)})


LANGUAGE = Language(
    "lua",
    "lua",
    keywords=_KEYWORDS,
    tools=(_LUA,),
    script=_script,
    diagnosis=Diagnosis(
        lines=(r"program\.lua:\d+: ", r"^not enough memory"),
        kinds=(
            (r"expected: .*, actual: |expected, got", "failed"),
            (r"program\.lua:\d+: .* near |<goto |no visible label|unfinished |outside a loop", "syntax"),
            (r"module '[^']*' not found", "import"),
            (r"attempt to call a nil value \((?:global|upvalue|local)|(?:global|upvalue) '\w+' \(a nil", "name"),
            (r"attempt to |bad argument ", "type"),
            (r"not enough memory", "memory"),
            (r"program\.lua:\d+: ", "exception"),
        ),
    ),
    syntax=Syntax(
        comments=r"--\[\[.*?(?:\]\]|\Z)|--\[=\[.*?(?:\]=\]|\Z)|--[^\n]*",
        strings=rf"{TEXT}|'(?:\\.|[^'\\\n])*'|\[\[.*?\]\]",
        definitions=r"(?:local[ \t]+)?(?:function[ \t]+(?:\w+[.:])*(?P<name>\w+)|(?P<kind>\w+)[ \t]*=[ \t]*function\b)",
        begins=r"(?:local\s+\w+\s*=\s*)?require\b",
        opens=r"\b(?:function|do|if|repeat)\b",
        closes=r"\b(?:end|until)\b",
        long=r"--\[\[.*?\]\]|\[\[.*?\]\]",
        short=r"--[^\n]*",
        code=r"[;{}=]|\breturn\b|\w\(|\A\n*[ \t]+\S|\bend\b",
    ),
)
