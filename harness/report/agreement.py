"""Whether runs are shards of one run: all that could change a number must be the same in each."""

import json
from collections.abc import Iterator
from collections.abc import Mapping
from collections.abc import Sequence
from typing import Any

from harness.compare.differences import HARMLESS
from harness.compare.differences import rows_of
from harness.errors import UsageError
from harness.results.folder import Run

_MACHINE = frozenset({"slots", "digest"})
"""Facts of a sandbox that are the machine's own, or follow from the others."""
_TOLD = frozenset({"data", "metrics"})
"""Facts of a benchmark that are told by what they stand for."""
_LONGEST = 60


def check_agreement(runs: Sequence[Run]) -> None:
    """Raise UsageError where a run is no shard, or says something else than the first of what could change a number."""
    for run in runs:
        if "shard" not in run.manifest:
            raise UsageError(f"{run.folder}: is no shard; expected runs of --shard K/N")
    first, *others = runs
    keys = sorted({key for run in runs for key in run.manifest["settings"]} - {"shard"})
    known = dict(_facts(first.manifest, keys))
    for run in others:
        _check_number_of_shards(first, run)
        for name, value in _facts(run.manifest, keys):
            there = known.setdefault(name, value)
            if there != value:
                raise UsageError(f"{run.folder}: {_differs(name, value, there, first)}; expected shards of one run")


def _check_number_of_shards(first: Run, run: Run) -> None:
    ours, theirs = run.manifest["shard"], first.manifest["shard"]
    if ours["of"] != theirs["of"]:
        raise UsageError(
            f"{run.folder}: is shard {ours['number']}/{ours['of']}, and {first.folder} is shard "
            f"{theirs['number']}/{theirs['of']}; expected shards of one number"
        )


def _differs(name: str, value: Any, there: Any, first: Run) -> str:
    """What differs, with both values where they are short."""
    texts = [json.dumps(each, ensure_ascii=False) for each in (value, there)]
    if max(map(len, texts)) > _LONGEST:
        return f"{name} differs from that of {first.folder}"
    return f"{name} is {texts[0]}, and {texts[1]} in {first.folder}"


def _facts(manifest: Mapping[str, Any], settings: Sequence[str]) -> Iterator[tuple[str, Any]]:
    """What must be equal, by a name that a user knows; the plan comes last, as it covers all that is asked."""
    whole = manifest["shard"]["whole"]
    yield "the version of crosstask", manifest.get("crosstask")
    yield "the recipe", manifest["recipe"].get("name")
    yield "the content of the recipe", manifest["recipe"]
    yield from ((f"the setting {key}", manifest["settings"].get(key)) for key in settings)
    yield "the setting generalise_over", manifest.get("generalise_over")
    yield "the list of models", list(whole["models"])
    for name, card in whole["models"].items():
        yield f"the card of {name}", card
    for name, known in manifest["models"].items():
        yield from _of_model(name, known)
    for name, facts in whole["benchmarks"].items():
        yield from _of_benchmark(name, facts)
    yield from ((f"the failure of {name}", why) for name, why in whole["failures"].items())
    for model, benchmarks in whole["planned"].items():
        yield f"the list of benchmarks of {model}", list(benchmarks)
        yield from ((f"the list of cases of {model} on {name}", cases) for name, cases in benchmarks.items())
    packages = manifest["environment"].get("packages", {})
    yield from ((f"the version of {name}", version) for name, version in packages.items() if name not in HARMLESS)
    yield from _of_sandbox(manifest.get("sandbox"))
    yield "the plan of the whole (a prompt, a target or a note)", whole["plan"]


def _of_model(name: str, known: Mapping[str, Any]) -> Iterator[tuple[str, Any]]:
    """What a model was run as; nothing where no engine was asked, as with recorded answers."""
    yield from ((f"{key} (setting of {name})", value) for key, value in (known.get("settings") or {}).items())
    for key, value in (known.get("identity") or {}).items():
        facts = {f"{key} {part}": each for part, each in value.items()} if isinstance(value, dict) else {key: value}
        yield from ((f"{part} (identity of {name})", each) for part, each in facts.items())
    if "digest" in known:
        yield f"the identity of {name}", known["digest"]
        yield f"the revision of {name}", known.get("revision")
        yield f"what {name} lacks", known.get("lacks")


def _of_benchmark(name: str, facts: Mapping[str, Any]) -> Iterator[tuple[str, Any]]:
    yield f"the version of {name}", facts["version"]
    yield f"the rows of {name}", rows_of(facts)
    yield from ((f"the {metric['name']} of {name}", metric) for metric in facts["metrics"])
    yield from ((f"{key} of {name}", value) for key, value in facts.items() if key not in {"version", *_TOLD})


def _of_sandbox(facts: Mapping[str, Any] | None) -> Iterator[tuple[str, Any]]:
    """What programs were run in, as far as it can change a verdict; nothing where none were."""
    for key, value in (facts or {}).items():
        if key == "properties":
            yield "what the sandbox closes", {name: finding.get("holds") for name, finding in value.items()}
        elif isinstance(value, dict):
            yield from ((f"{name} ({key} of the sandbox)", known) for name, known in value.items())
        elif key not in _MACHINE:
            yield f"{key} (of the sandbox)", value
