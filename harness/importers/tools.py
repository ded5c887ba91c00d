"""The tools whose files can be imported, by the name the command line gives them."""

from collections.abc import Callable
from collections.abc import Mapping
from pathlib import Path

from harness.errors import UsageError
from harness.importers import evalplus
from harness.importers import inspect_ai
from harness.importers import lm_eval
from harness.importers.run import Imported
from harness.importers.run import ImportOptions

TOOLS: Mapping[str, Callable[[Path, ImportOptions], Imported]] = {
    "lm-eval": lm_eval.read,
    "inspect": inspect_ai.read,
    "evalplus": evalplus.read,
}

WITH_PAGES = frozenset({"lm-eval"})
"""Those whose tasks pages of ours may ask too."""


def read_with(tool: str, path: Path, options: ImportOptions) -> Imported:
    """A run of the files that a tool wrote at a path; raises UsageError for a tool or path that is not there."""
    if tool not in TOOLS:
        raise UsageError(f"import: found tool {tool!r}; expected one of {', '.join(TOOLS)}")
    if not path.exists():
        raise UsageError(f"{path}: not there; expected files that {tool} wrote")
    return TOOLS[tool](path, options)
