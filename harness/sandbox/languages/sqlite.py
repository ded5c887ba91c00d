"""SQL on a SQLite database, by the interpreter's own library."""

from harness.core import Execute
from harness.sandbox.languages import Language
from harness.sandbox.languages import Program


def _query(request: Execute) -> Program:
    return Program("query", {"code": request.code})


LANGUAGE = Language("sqlite", query=_query)
