"""The errors a user can cause, each one sentence: `<subject>: <found>; <expected or remedy>`.

CrosstaskError
├── UsageError    an option or a configuration value that cannot be
├── SourceError   rows that cannot be had (Hub unreachable, gated, hash mismatch)
│   ├── UnreachableError  the Hub does not answer: no benchmark's rows can be had
│   └── RowError          rows that are there but wrong, naming file, row and field
├── ModelError    a model that cannot be had (unknown name, gated, pickled weights)
├── EngineError   an engine that broke: it died, or never started
├── EngineGivenUpError  an engine that is not started again
├── StoreError    a file of ours that cannot be read or written (disk full, read-only)
└── SandboxError  a machine that cannot confine the programs that models wrote
"""

import difflib
from collections.abc import Iterable


def nearest(name: str, known: Iterable[str]) -> str:
    """The known names that may have been meant, at most three, the likeliest first; all of them where none is near."""
    names = sorted(known)
    return ", ".join(difflib.get_close_matches(name, names, n=3, cutoff=0.5) or names)


class CrosstaskError(Exception):
    """Anything a user can be told in one sentence; the plugin shows it without a traceback."""


class UsageError(CrosstaskError):
    """An option or configuration value that cannot be."""


class SourceError(CrosstaskError):
    """Rows that cannot be had."""


class UnreachableError(SourceError):
    """The Hub does not answer: unlike one gated or broken dataset, this stops the whole run."""


class RowError(SourceError):
    """Rows that are there but wrong; the message names file, row and field."""


class ModelError(CrosstaskError):
    """A model that cannot be had."""


class EngineError(CrosstaskError):
    """An engine that broke; what it had answered until then stays valid."""


class EngineGivenUpError(CrosstaskError):
    """An engine that is not started again: it died too often, or its server answers nothing; its answers stay valid."""


class StoreError(CrosstaskError):
    """A file of ours that cannot be read or written."""


class SandboxError(CrosstaskError):
    """A machine that cannot confine the programs that models wrote."""
