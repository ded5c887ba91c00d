"""How far a run is, counted from its folder while somebody else writes it: only what is new is read."""

import json
from collections.abc import Iterator
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from harness.results.folder import read_manifest


class Tally:
    """The cases of a run that have a record, by model; `planned` says how many each has.

    Raises StoreError where the folder has no manifest of a run.
    """

    def __init__(self, folder: Path) -> None:
        manifest = read_manifest(folder / "manifest.json")
        self._path = folder / "records.jsonl"
        self._place = 0
        self._seen: dict[str, set[tuple[str, str]]] = {model: set() for model in manifest["planned"]}
        self.planned: Mapping[str, int] = {
            model: sum(map(len, benchmarks.values())) for model, benchmarks in manifest["planned"].items()
        }
        self.latest = ""
        """The benchmark that the last record is of."""

    @property
    def done(self) -> Mapping[str, int]:
        """How many cases of each model have a record."""
        return {model: len(cases) for model, cases in self._seen.items()}

    @property
    def left(self) -> int:
        """How many planned cases have none."""
        return sum(self.planned.values()) - sum(self.done.values())

    def read(self) -> None:
        """Count what was written since the last time; a line that is being written is left for the next."""
        for record in self._records():
            model, benchmark, case = record.get("model"), record.get("benchmark"), record.get("case")
            if model in self._seen:
                self._seen[model].add((str(benchmark), str(case)))
                self.latest = str(benchmark)

    def _records(self) -> Iterator[Mapping[str, Any]]:
        if not self._path.exists():
            return
        if self._path.stat().st_size < self._place:  # it was written anew
            self._place = 0
            self._seen = {model: set() for model in self._seen}
        with self._path.open("rb") as file:
            file.seek(self._place)
            for line in file:
                if not line.endswith(b"\n"):
                    return
                self._place += len(line)
                try:
                    content = json.loads(line)
                except ValueError:
                    continue
                record = content.get("record") if isinstance(content, dict) else None
                if isinstance(record, dict):
                    yield record
