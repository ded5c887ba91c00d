"""The one run of its shards: the same plan, cases and numbers as the run that was never divided.

What is each shard's own, as its times and what was typed, stands in the manifest under `shards`.
"""

import json
import os
import shutil
from collections import Counter
from collections.abc import Iterator
from collections.abc import Mapping
from collections.abc import Sequence
from itertools import pairwise
from pathlib import Path
from typing import Any

from harness.diagnostics.examined import NAME as EXAMINED
from harness.encoding import encode
from harness.errors import UsageError
from harness.report.agreement import check_agreement
from harness.report.certified import NAME as CERTIFIED
from harness.results.folder import RECORD
from harness.results.folder import Run
from harness.results.folder import read_records
from harness.results.folder import read_run
from harness.results.groups import groups
from harness.results.groups import many
from harness.session.plan import folder_name
from harness.store.atomic import open_atomic
from harness.store.atomic import unwritable
from harness.store.atomic import write_atomic
from harness.store.journal import read_lines

_FILES = ("manifest.json", "records.jsonl", "prompts.jsonl", EXAMINED, CERTIFIED)
_MOST = 8
"""Missing shards that an error names."""
_OWN = ("plan", "created", "finished", "attempt", "command", "environment")


def read_shards(folders: Sequence[Path], *, incomplete: bool = False) -> list[Run]:
    """The runs in these folders in the order of their shards, which make one run.

    Raises UsageError where one is no shard, two are the same, one says otherwise than the others what could change a
    number, or one is missing or lacks results; with `incomplete` the last two are let through.
    """
    places = Counter(folder.resolve() for folder in folders)
    for folder in folders:
        if places[folder.resolve()] > 1:
            raise UsageError(f"{folder}: named twice; expected each run once")
    runs = [read_run(folder) for folder in folders]
    check_agreement(runs)
    runs.sort(key=lambda run: int(run.manifest["shard"]["number"]))
    for run, after in pairwise(runs):
        if _name(run) == _name(after):
            raise UsageError(f"{after.folder}: is shard {_name(run)}, as {run.folder} is; expected each shard once")
    _check_cover(runs, incomplete=incomplete)
    for run in () if incomplete else runs:
        lacking = sum(
            not (group.measured(case) or group.refused(case)) for group in groups(run)[0] for case in group.planned
        )
        if lacking:
            raise UsageError(
                f"{run.folder}: shard {_name(run)} has {many(lacking, 'planned case')} without a result; run its "
                "command again, or merge with --incomplete"
            )
    return runs


def default_folder(runs: Sequence[Run]) -> Path:
    """Where the merged run is put: beside the first shard, in the folder that the whole's own command would have."""
    whole = runs[0].manifest["shard"]["whole"]
    return runs[0].folder.resolve().parent / folder_name({"models": whole["models"], "hash": whole["plan"]})


def merge(runs: Sequence[Run], out: Path) -> None:
    """Write the one run of shards, as `read_shards` gives them, to a new or empty folder, whole or not at all.

    A folder that holds this very run stays as it is. Raises UsageError where it holds something else, StoreError where
    it cannot be written.
    """
    out = out.resolve()
    draft = out.with_name(f".{out.name}.{os.getpid()}.tmp")
    try:
        draft.mkdir(parents=True)
        _write(runs, draft)
        if out.exists() and (not out.is_dir() or any(out.iterdir())):
            if not _is_equal(draft, out):
                raise UsageError(
                    f"{out}: exists and holds something else; expected a new or an empty folder, see --out"
                )
        else:
            draft.replace(out)
    except OSError as error:
        raise unwritable(out, error) from error
    finally:
        shutil.rmtree(draft, ignore_errors=True)


def _check_cover(runs: Sequence[Run], *, incomplete: bool) -> None:
    """Raise UsageError where shards have a case in common, or a case is in none: a shard may have no case at all."""
    cases = Counter(case for run in runs for case in _cases(run.manifest["planned"]))
    twice = next((case for case, count in cases.items() if count > 1), None)
    if twice is not None:
        raise UsageError(f"shards: case {twice[2]!r} of {twice[1]} is in two of them; expected each case in one")
    shard = runs[0].manifest["shard"]
    whole = set(_cases(shard["whole"]["planned"]))
    if strange := min(cases.keys() - whole, default=None):
        raise UsageError(f"shards: case {strange[2]!r} of {strange[1]} is not of the whole; expected cases of its plan")
    left = len(whole) - len(cases)
    if left and not incomplete:
        there = {run.manifest["shard"]["number"] for run in runs}
        missing = [f"{number}/{shard['of']}" for number in range(1, shard["of"] + 1) if number not in there]
        more = f" and {len(missing) - _MOST} more" if len(missing) > _MOST else ""
        named = f"shard {', '.join(missing[:_MOST])}{more}" if missing else "shards"
        raise UsageError(f"{named}: missing {many(left, 'case')}; expected all shards, or --incomplete")


def _cases(planned: Mapping[str, Mapping[str, Sequence[str]]]) -> Iterator[tuple[str, str, str]]:
    for model, benchmarks in planned.items():
        for name, cases in benchmarks.items():
            yield from ((model, name, case) for case in cases)


def _name(run: Run) -> str:
    shard = run.manifest["shard"]
    return f"{shard['number']}/{shard['of']}"


def _write(runs: Sequence[Run], folder: Path) -> None:
    records = {(record.model, record.benchmark, record.case): record for run in runs for record in run.records}
    again = {key: record for run in runs for key, record in read_records(run.folder / CERTIFIED, []).items()}
    for name, kept in (("records.jsonl", records), *(((CERTIFIED, again),) if again else ())):
        with open_atomic(folder / name) as file:
            for case in _cases(runs[0].manifest["shard"]["whole"]["planned"]):
                if case in kept:
                    file.write(_line({"schema": RECORD, "record": encode(kept[case])}))
    _join(runs, folder, "prompts.jsonl", ("prompt",))
    if any((run.folder / EXAMINED).exists() for run in runs):
        _join(runs, folder, EXAMINED, ("program", "counterexample"))
    text = json.dumps(merged_manifest(runs), indent=1, ensure_ascii=False)
    write_atomic(folder / "manifest.json", text + "\n")


def _join(runs: Sequence[Run], folder: Path, name: str, keys: Sequence[str]) -> None:
    """Write the lines of all shards' journals; of those that tell of one thing the last of the first shard."""
    lines: dict[tuple[Any, ...], Mapping[str, Any]] = {}
    for run in reversed(runs):
        own = {(line[keys[0]], *(key in line for key in keys[1:])): line for line in read_lines(run.folder / name)}
        lines |= own
    with open_atomic(folder / name) as file:
        file.writelines(_line(lines[key]) for key in sorted(lines))


def _line(content: Mapping[str, Any]) -> str:
    return json.dumps(content, ensure_ascii=False, separators=(",", ":"), allow_nan=False) + "\n"


def merged_manifest(runs: Sequence[Run]) -> dict[str, Any]:
    """The manifest of the one run; no clock is in it, so that the same shards give the same bytes."""
    manifests = [run.manifest for run in runs]
    first = manifests[0]
    whole = first["shard"]["whole"]
    finished = [manifest["finished"] for manifest in manifests]
    sandboxes = [manifest["sandbox"] for manifest in manifests if "sandbox" in manifest]
    return {
        **{key: value for key, value in first.items() if key != "shard"},
        **({"sandbox": sandboxes[0]} if sandboxes else {}),
        "plan": whole["plan"],
        "created": min(manifest["created"] for manifest in manifests),
        "finished": max(finished) if all(finished) else None,
        "attempt": max(manifest["attempt"] for manifest in manifests),
        "command": ["crosstask", "merge", *(run.folder.resolve().name for run in runs)],
        "notes": list(dict.fromkeys(note for manifest in manifests for note in manifest["notes"])),
        "settings": {key: value for key, value in first["settings"].items() if key != "shard"},
        "models": {name: _model(name, card, manifests) for name, card in whole["models"].items()},
        "benchmarks": whole["benchmarks"],
        "failures": whole["failures"],
        "planned": whole["planned"],
        "shards": {_name(run): _own(run) for run in runs},
    }


def _model(name: str, card: Mapping[str, Any], manifests: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """What is known of a model; of its engine what the first shard says, the notes and the work of all."""
    known = [manifest["models"][name] for manifest in manifests if name in manifest["models"]]
    engines = [facts["engine"] for facts in known if facts.get("engine")]
    merged: dict[str, Any] = {"card": card}
    for facts in reversed(known):
        merged |= {key: value for key, value in facts.items() if key != "engine"}
    if not engines:
        return merged
    engine = dict(engines[0])
    if any("notes" in each for each in engines):
        engine["notes"] = list(dict.fromkeys(note for each in engines for note in each.get("notes", ())))
    if work := [each["answered"] for each in engines if "answered" in each]:
        engine["answered"] = {key: sum(each[key] for each in work) for key in work[0]}
    return {**merged, "engine": engine}


def _own(run: Run) -> dict[str, Any]:
    """What is a shard's own: its folder's name, times, command and machine, and what its engines said."""
    engines = {name: known["engine"] for name, known in run.manifest["models"].items() if known.get("engine")}
    own = {key: run.manifest[key] for key in _OWN}
    return {"folder": run.folder.resolve().name, **own, **({"engines": engines} if engines else {})}


def _is_equal(draft: Path, folder: Path) -> bool:
    """Whether all that the draft holds stands in the folder byte by byte, and no more of it."""
    for name in _FILES:
        made, there = draft / name, folder / name
        if made.exists() != there.exists() or (made.exists() and made.read_bytes() != there.read_bytes()):
            return False
    return True
