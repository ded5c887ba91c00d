"""The imports of a Go file: exactly those that it uses, as the compiler wants it.

HumanEval-X's prompts import for the solution alone and its tests for themselves; CodeGeeX's evaluation puts them
together by what is used (arXiv:2303.17568, `IMPORT_HELPER`).
"""

import re

from harness.code_tasks.extraction.braces import blanked

_PACKAGE = re.compile(r"^package\s+\w+[ \t]*\n?", re.MULTILINE)
_IMPORTS = re.compile(r'^import\s*(?:\([^)]*\)|(?:[\w.]+[ \t]+)?"[^"\n]*")[ \t]*\n?', re.MULTILINE)
_IMPORT = re.compile(r'(?:([\w.]+)[ \t]+)?"([^"\n]+)"')
_HELPERS = (
    "bytes",
    "crypto/md5",
    "fmt",
    "math",
    "math/rand",
    "reflect",
    "regexp",
    "sort",
    "strconv",
    "strings",
    "testing",
    "time",
)


def imported(program: str, tests: str) -> str:
    """The program as a file of its package ("main" without one) that imports what it and the tests use."""
    package = next(iter(_PACKAGE.findall(program)), "package main").strip()
    declared = [found for block in _IMPORTS.findall(program) for found in _IMPORT.findall(block.removeprefix("import"))]
    body = _IMPORTS.sub("", _PACKAGE.sub("", program))
    used = blanked(f"{body}\n{tests}", "go")
    wanted: dict[str, str] = {}
    for alias, path in (*declared, *(("", path) for path in _HELPERS)):
        name = alias or path.rpartition("/")[2]
        if name in {"_", "."} or re.search(rf"(?<![\w.]){re.escape(name)}\.", used):
            wanted.setdefault(name, f'{alias} "{path}"'.strip())
    lines = "".join(f"\t{line}\n" for line in wanted.values())
    return f"{package}\n\nimport (\n{lines})\n{body}"
