"""What became of the programs that models wrote: a benchmark's samples by their verdicts."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from typing import get_args

from harness.core import Completions
from harness.core import Execution
from harness.core import Outcome
from harness.core import Record
from harness.diagnostics.examined import Examined
from harness.diagnostics.examined import Explained
from harness.diagnostics.examined import fingerprints
from harness.printing.visible import visible
from harness.results.groups import Group

NOT_EXTRACTED = "not_extracted"
VERDICTS: tuple[str, ...] = (*get_args(Outcome), NOT_EXTRACTED)
"""In the order in which they are shown."""
_JUDGED = ("outside", "in-jail", "unsandboxed")


@dataclass(frozen=True, slots=True)
class Programs:
    """The samples of a model on a benchmark's measured cases by verdict, each verdict named.

    `distinct` programs were run; `judged` counts these by where their tests ran.
    """

    model: str
    benchmark: str
    samples: int
    distinct: int
    verdicts: dict[str, int]
    judged: dict[str, int]

    @property
    def shares(self) -> list[tuple[str, int, float]]:
        """(verdict, count, percent) of each verdict that occurs."""
        return [(name, count, 100 * count / self.samples) for name, count in self.verdicts.items() if count]


def programs(groups: Sequence[Group]) -> list[Programs]:
    """One of each group that has a measured case whose answers were run."""
    judged = ((group, [record for record in group.records.values() if _is_judged(record)]) for group in groups)
    return [_of_records(group, records) for group, records in judged if records]


def verdict(execution: Execution | None) -> str:
    """The verdict on a sample; an answer without a program has one too."""
    return NOT_EXTRACTED if execution is None else execution.verdict


def solved(record: Record) -> tuple[int, int]:
    """The samples of a judged record: how many there are, and how many passed."""
    return len(record.programs), sum(verdict(execution) == "passed" for execution in record.executions)


def _is_judged(record: Record) -> bool:
    """Whether a record counts that holds programs."""
    return record.status == "measured" and isinstance(record.answer, Completions) and bool(record.programs)


def _of_records(group: Group, records: Sequence[Record]) -> Programs:
    verdicts: Counter[str] = Counter(verdict(execution) for record in records for execution in record.executions)
    made = [execution for record in records for execution in record.responses if isinstance(execution, Execution)]
    judged: Counter[str] = Counter(execution.judged for execution in made)
    return Programs(
        group.model,
        group.benchmark,
        verdicts.total(),
        len(made),
        {name: verdicts[name] for name in VERDICTS},
        {name: judged[name] for name in _JUDGED},
    )


def made(record: Record, examined: Examined) -> dict[str, Any] | None:
    """The programs of a record as the page reads them; None where its answers were not run.

    `of` holds a place in `made` for each sample, None where nothing could be extracted. A program is [code, verdict,
    tests passed, tests, where judged, detail, output, CPU seconds, megabytes, counterexample]; verdict and what follows
    are None where it was not run. A counterexample is [call, what it gives, what the reference gives], all None where
    none was found, and None where none was looked for.
    """
    if not record.programs:
        return None
    distinct = list(dict.fromkeys(code for code in record.programs if code is not None))
    executions = dict(zip(record.programs, record.executions, strict=True))
    names = fingerprints(record)
    return {
        "of": [None if code is None else distinct.index(code) for code in record.programs],
        "made": [
            [visible(code), *_ran(executions[code]), _why(examined.explained.get(names.get(code, "")))]
            for code in distinct
        ],
    }


def _why(explained: Explained | None) -> list[str | None] | None:
    if explained is None:
        return None
    return [None if text is None else visible(text) for text in (explained.call, explained.found, explained.expected)]


def _ran(execution: Execution | None) -> list[Any]:
    if execution is None:
        return [None] * 8
    return [
        execution.verdict,
        sum(execution.passed),
        len(execution.passed),
        execution.judged,
        None if execution.detail is None else visible(execution.detail),
        visible(execution.output),
        round(execution.cpu, 3),
        round(execution.memory / 1e6, 1),
    ]
