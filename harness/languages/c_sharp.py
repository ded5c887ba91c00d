"""C#, by Mono's mcs and mono; `Debug.Assert`, which says nothing without a listener, throws here."""

import re

from harness.core import Execute
from harness.languages import Language
from harness.languages.building.diagnosis import Diagnosis
from harness.languages.building.endings import bare
from harness.languages.building.endings import code_heads
from harness.languages.building.endings import enclosing
from harness.languages.building.joining import Classes
from harness.languages.building.program import Build
from harness.languages.building.program import Program
from harness.languages.building.program import driver
from harness.languages.building.program import own_name
from harness.languages.building.sources import C_BLOCK
from harness.languages.building.sources import TEXT
from harness.languages.building.sources import Syntax
from harness.languages.building.tools import Tool
from harness.languages.building.tools import with_settings

_MOST_BYTES = 1 << 14
"""The grammar keeps a reading for each `<`: 242 MB for 8 KB of `a<a<a<`, and four times as much for each doubling."""
_KEYWORDS = (
    "abstract as async await base bool break byte case catch char checked class const continue decimal default "
    "delegate do double else enum event explicit extern false finally fixed float for foreach get goto if implicit in "
    "int interface internal is lock long namespace new null object operator out override params partial private "
    "protected public readonly record ref return sbyte sealed set short sizeof stackalloc static string struct switch "
    "this throw true try typeof uint ulong unchecked unsafe ushort using var virtual void volatile when where while "
    "yield"
)
_PACKAGE = "Debian: mono-mcs"


_MONO = Tool("mono", _PACKAGE, place=with_settings("/etc/mono"))
_MCS = Tool("mcs", _PACKAGE)
_LIBRARY = "/usr/lib/mono/4.5/mcs.exe"
"""What the script `mcs` starts."""
_REFERENCES = ("-r:System.Numerics.dll", "-r:System.Core.dll")
_MAIN = r"\bstatic\s+(?:async\s+)?(?:void|int|Task)\s+Main\s*\("
_NAMESPACE = re.compile(r"^[ \t]*namespace[ \t]+([\w.]+)", re.MULTILINE)
_CLASSES = Classes(
    re.compile(r"^[ \t]*using\s[^;(]*;[ \t]*\n?", re.MULTILINE),
    re.compile(r"[\w\s]*\b(?:class|interface|enum|record|struct)\b"),
    wraps=re.compile(r"^[ \t]*namespace[ \t]+[\w.]+\s*[{;]", re.MULTILINE),
)
_NOWHERE = "the.test.has.no.Main"
_NO_PARAMETER = re.compile(r"\s*\)")
_PARSED = r"error CS(?:10(?:0\d|1\d|2\d|31|4[01])|15(?:1[3-9]|2\d)|1644|0453|8\d{3})\b"
"""Complaints of mcs about syntax, and about `string?`, which it takes for a nullable value."""
_LATER = (
    (r"(?:\w|\)|\])\s+switch\s*\{", "8"),
    (r"\?\?=", "8"),
    (r"\[\s*\^|\[[^\[\]]*\.\.[^\[\]]*\]", "8"),
    (r"\busing\s+(?:var|[A-Z][\w.<>]*)\s+\w+\s*=", "8"),
    (r"\bstring\?|^\s*#nullable\b", "8"),
    (r"\bis\s+not\b", "9"),
    (r"(?<![\w.])new\s*\(", "9"),
    (r"^\s*(?:public\s+|internal\s+|sealed\s+)*record\s+(?:class\s+|struct\s+)?\w+\s*[({]", "9"),
    (r"^\s*namespace\s+[\w.]+\s*;", "10"),
    (r"(?<![=!<>])=\s*\[", "12"),
)
"""What no C# 7 has, as the language's own history of versions says, and the version that brought it."""
_NO_TYPE = r"(?!(?:return|else|using|throw|new|delete|case|goto|typedef|package|import|namespace|await|yield)\b)"


def _main(source: str, start: int) -> tuple[str, str]:
    """The class whose Main is the first from a place on, as the runtime names it, and how many parameters that has."""
    main = next((main for main in code_heads(source, _MAIN) if main.start() >= start), None)
    if main is None:
        return _NOWHERE, "0"
    namespace = _NAMESPACE.search(bare(source[: main.start()]))
    inside = "+".join(enclosing(source, main.start()))
    given = "0" if _NO_PARAMETER.match(source, main.end()) else "1"
    return (f"{namespace[1]}.{inside}" if namespace else inside), given


def _script(request: Execute, test: str) -> Program:
    before = f"{request.context}\n{request.code}\n"
    source = before + test
    own = own_name(source)
    main, given = _main(source, len(before) if code_heads(test, _MAIN) else 0)
    files = {"program.cs": source, "own.cs": driver("Launcher.cs", own, main=main, given=given)}
    options = ("-langversion:latest", "-define:DEBUG", "-nowarn:0162,0168,0219,0414,0436", *_REFERENCES)
    command = (_MONO.path, _LIBRARY, *options, f"-main:{own}.Launcher", "-out:program.exe", "own.cs", "program.cs")
    return Build((_MONO.path, "program.exe"), (command,)).program(files)


LANGUAGE = Language(
    "c_sharp",
    "cs",
    ("c#", "csharp"),
    keywords=_KEYWORDS,
    grammar="tree-sitter-c-sharp",
    most_bytes=_MOST_BYTES,
    tools=(_MONO, _MCS),
    script=_script,
    diagnosis=Diagnosis(
        lines=(r"^Unhandled Exception",),
        kinds=(
            (r"Exception -- test case \d+ did not pass", "failed"),
            (r"FileNotFoundException|DllNotFoundException", "import"),
            (r"InvalidCastException", "type"),
            (r"OutOfMemoryException", "memory"),
            (r"^Unhandled Exception", "exception"),
        ),
        newer=((r"error CS1644: .*not part of the C# ([\d.]+) language", r"C# > \1"),),
        later=tuple((_PARSED, form, f"C# >= {version}") for form, version in _LATER),
        following=r"^Unhandled Exception:$",
    ),
    syntax=Syntax(
        strings=rf'@"(?:""|[^"])*"|{TEXT}|' + r"'(?:\\.|[^'\\\n])+'",
        definitions=_NO_TYPE
        + r"(?:(?:public|private|protected|internal|static|sealed|abstract|partial|virtual|override|async|readonly)"
        r"[ \t]+)*(?:(?:class|interface|enum|record|struct)\s+(?P<kind>\w+)"
        r"|[A-Za-z_][\w.<>,?\[\]() \t]*?[ \t>\])](?P<name>\w+)\s*(?:<[\w, ]+>)?\([^;{}]*\)[^;{}()=]*(?:\{|=>))",
        begins=r"using\s[^(]*;",
        long=rf'{C_BLOCK}|@"(?:""|[^"])*"',
    ),
    join=_CLASSES.join,
    written="C#",
)
