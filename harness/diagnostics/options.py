"""Which diagnostics a session is to make: `--counterexample` and `--quality`."""

from dataclasses import dataclass

from harness.extras import require


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
    for extra in ("counterexample", "quality"):
        if getattr(options, extra):
            require(f"--{extra}", extra)
