"""What the user wants of the gate: `--gate`, `--baseline`, `--margin`, `--sequential` and `[tool.crosstask.gate]`."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING
from typing import Any

from harness.engines.options import Option
from harness.errors import UsageError

if TYPE_CHECKING:
    from harness.gate.margins import Margins

GATE = (
    Option(
        "gate",
        "decide by the exit status whether each benchmark has kept what the baseline had; see "
        "[docs/gating.md](docs/gating.md)",
        kind="switch",
        configurable=False,
    ),
    Option(
        "baseline", "what the gate compares with: a run's folder, `RUN:MODEL`, or a file of `crosstask baseline`", "RUN"
    ),
    Option(
        "margin",
        "the drop it tolerates: `2pt` (default), or `gsm8k=1pt` for one benchmark; may be repeated",
        "POINTS",
        repeatable=True,
    ),
    Option(
        "sequential",
        "ask the cases in random order, and no more of a benchmark once the gate has decided it",
        kind="switch",
    ),
)
"""What the command line takes for a gate."""
_ORDERED = ("no", "load")
"""How xdist may hand out tests so that each worker keeps their order."""


@dataclass(frozen=True, slots=True)
class GateOptions:
    """A gate against `baseline` (a file, RUN or RUN:MODEL); `sequential` asks for looks before all cases are in."""

    baseline: str
    margins: "Margins"
    sequential: bool

    def __str__(self) -> str:
        each = [f"{name} {points:g}pt" for name, points in self.margins.benchmarks.items()]
        early = "; stops early" if self.sequential else ""
        return f"against {self.baseline}, margin {', '.join([f'{self.margins.default:g}pt', *each])}{early}"


def read_gate(
    given: Mapping[str, Any], command: Mapping[str, Any], table: object, dist: str = "no"
) -> GateOptions | None:
    """The gate that is asked for, or None; raises UsageError where options do not go together.

    Without `--gate` what the configuration says of one rests; on the command line it is an error.
    """
    if not given["gate"]:
        for name in ("baseline", "margin", "sequential"):
            if command.get(name) is not None:
                raise UsageError(f"--{name}: found no --gate; expected both, as --gate is what decides")
        return None
    if given["baseline"] is None:
        raise UsageError(
            "--gate: found no --baseline; expected a run's folder, RUN:MODEL or a file of `crosstask baseline`"
        )
    if given["sequential"] and dist not in _ORDERED:
        raise UsageError(f"--sequential: found --dist {dist}; expected --dist load, which keeps the order of the cases")
    from harness.gate.margins import read_margins

    return GateOptions(given["baseline"], read_margins(table, given["margin"] or ()), bool(given["sequential"]))
