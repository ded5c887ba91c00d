"""Which diagnostics a session is to make: `--counterexample` and `--quality`."""

import importlib.util
from dataclasses import dataclass

from harness.errors import UsageError

_EXTRAS = {"counterexample": ("hypothesis",), "quality": ("bandit", "radon")}


@dataclass(frozen=True, slots=True)
class DiagnosticsOptions:
    """The diagnostics that are asked for."""

    counterexample: bool = False
    quality: bool = False

    def __bool__(self) -> bool:
        """Whether any is asked for."""
        return self.counterexample or self.quality


def check(options: DiagnosticsOptions) -> None:
    """Raise UsageError where a library is missing that a diagnostic needs."""
    for extra, libraries in _EXTRAS.items():
        for library in libraries if getattr(options, extra) else ():
            if importlib.util.find_spec(library) is None:
                raise UsageError(
                    f"--{extra}: {library} is not installed; expected the extra, which "
                    f"`pip install crosstask[{extra}]` brings"
                )
