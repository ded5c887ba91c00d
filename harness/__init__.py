"""crosstask: a pytest-native evaluation suite for language and code models."""

from typing import TYPE_CHECKING
from typing import Any

if TYPE_CHECKING:
    from harness.evaluation.evaluate import evaluate

__all__ = ["evaluate"]
__version__ = "0.1.0"


def __getattr__(name: str) -> Any:
    """Import `evaluate` where it is asked for: an engine's process imports this package and needs none of it."""
    if name == "evaluate":
        from harness.evaluation.evaluate import evaluate

        return evaluate
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
