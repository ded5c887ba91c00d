"""SQL on a SQLite database, by the interpreter's own library."""

from harness.core import Execute
from harness.languages import Language
from harness.languages.building.program import Program
from harness.languages.building.sources import Syntax


def _query(request: Execute) -> Program:
    return Program("query", {"code": request.code})


LANGUAGE = Language(
    "sqlite",
    "sql",
    ("sqlite3", "mysql", "postgresql"),
    query=_query,
    syntax=Syntax(comments=r"--[^\n]*|/\*.*?(?:\*/|\Z)", short=r"--[^\n]*"),
    written="SQLite",
)
