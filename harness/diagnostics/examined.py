"""What was found out about a run's programs on wish: counterexamples to wrong ones, what those that pass are like.

`programs.jsonl` is append-only and holds a line for each thing found, by the fingerprint of the request that ran the
program; for one program and kind the last line counts.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from dataclasses import field
from pathlib import Path

from harness.core import Record
from harness.diagnostics.quality.summary import Described
from harness.errors import StoreError
from harness.store.journal import read_lines

PROGRAM = "crosstask/program/1"
NAME = "programs.jsonl"


@dataclass(frozen=True, slots=True)
class Explained:
    """Why a program is wrong: a call, what it gives and what the reference does; None where the search found none."""

    call: str | None
    found: str | None
    expected: str | None


@dataclass(frozen=True, slots=True)
class Examined:
    """What a folder holds, by the fingerprints of the requests that ran the programs."""

    explained: Mapping[str, Explained] = field(default_factory=dict)
    described: Mapping[str, Described] = field(default_factory=dict)


def read_examined(*folders: Path) -> Examined:
    """What the folders of a run hold, nothing where they have no such file; raises StoreError where a line is broken.

    Where several explain a program, a search that found a call counts before one that found none, then the last.
    """
    explained: dict[str, Explained] = {}
    described: dict[str, Described] = {}
    for folder in folders:
        own = _read(folder / NAME)
        known = {program: why for program, why in explained.items() if why.call is not None}
        explained |= {program: why for program, why in own.explained.items() if why.call or program not in known}
        described |= own.described
    return Examined(explained, described)


def _read(path: Path) -> Examined:
    explained: dict[str, Explained] = {}
    described: dict[str, Described] = {}
    try:
        for line in read_lines(path):
            if line["schema"] != PROGRAM:
                raise StoreError(f"{path}: schema {line['schema']!r}; expected {PROGRAM!r}")
            if "counterexample" in line:
                explained[line["program"]] = Explained(**line["counterexample"])
            else:
                described[line["program"]] = Described.read(line["quality"])
    except (ValueError, KeyError, TypeError) as error:
        raise StoreError(f"{path}: a line that tells of no program ({error}); remove the file and run again") from error
    return Examined(explained, described)


def fingerprints(record: Record) -> dict[str, str]:
    """The fingerprint of the request that ran each distinct program of a record, by its code."""
    distinct = dict.fromkeys(code for code in record.programs if code is not None)
    return dict(zip(distinct, record.prompts[len(record.asked) :], strict=False))
