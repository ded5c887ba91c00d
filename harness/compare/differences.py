"""What differs between systems beside the model: prompts, rows, examples, decoding, engine, selection, versions.

A difference in any of these can move a score as a model can, so it is said before the first number.
"""

import hashlib
import json
from collections.abc import Callable
from collections.abc import Iterator
from collections.abc import Mapping
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from typing import TypeAlias

from harness.compare.system import System
from harness.encoding import canonical

NOTHING = "\N{EN DASH}"
_SHORT = 8
HARMLESS = frozenset({"pytest", "pytest-xdist", "datasets", "numpy", "scipy"})
"""Libraries that change no score: rows have a hash of their own, and intervals are made when runs are compared."""
_KNOWN = frozenset(
    {"engine", "answers", "answers_sha256", "device", "dtype", "data", "limit", "limits", "shots", "few_shots"}
    | {"chat_template", "seed", "truncate", "think_tokens", "short_answers", "allow_pickle", "trust_remote_code"}
    | {"generation_config", "load_in", "adapter", "adapter_sha256"}
    | {"samples", "temperatures", "top_p", "k", "unsandboxed"}
)
"""Settings that are told above by what came of them, or that change no answer of a model with this identity."""
_ASKED = ("short_answers", "samples", "temperatures", "top_p")
"""Settings that change what is asked."""
Say: TypeAlias = Callable[[Mapping[str, Any]], str | None]


@dataclass(frozen=True, slots=True)
class Difference:
    """One thing that differs: its kind, the benchmark it is of (None: the runs), its value in each system in order.

    A system that says nothing of it, because it is not known or lacks the benchmark, has a dash.
    """

    kind: str
    benchmark: str | None
    values: tuple[str, ...]


def differences(systems: Sequence[System]) -> tuple[Difference, ...]:
    """All that differs, what is asked first; what a system does not know differs from nothing."""
    return (*_of_benchmarks(systems), *_of_runs(systems))


def rows_of(facts: Mapping[str, Any]) -> tuple[str, ...] | None:
    """The hashes of the rows a benchmark was read from; None where one is not known."""
    hashes = [origin.get("sha256") for origin in facts.get("data", ())]
    return tuple(sorted(hashes)) if hashes and all(hashes) else None


def _of_benchmarks(systems: Sequence[System]) -> Iterator[Difference]:
    names = dict.fromkeys(name for system in systems for name in system.cases)
    for kind, say in _BENCHMARK:
        for name in names:
            facts = [system.facts(name) if name in system.cases else None for system in systems]
            yield from _differing(kind, name, [None if fact is None else say(fact) for fact in facts])
    for name in names:
        yield from _signatures(systems, name)
        yield from _unexplained(systems, name)


def _of_runs(systems: Sequence[System]) -> Iterator[Difference]:
    for kind, of_system in _RUN:
        yield from _differing(kind, None, [of_system(system) for system in systems])
    settings = [system.manifest.get("settings", {}) for system in systems]
    for key in dict.fromkeys(key for table in settings for key in table if key not in _KNOWN):
        values = [_json(table[key]) if key in table else None for table in settings]
        yield from _differing(key.replace("_", " "), None, values)
    libraries = [_libraries(system) for system in systems]
    for name in dict.fromkeys(name for versions_of in libraries for name in versions_of if name not in HARMLESS):
        versions = [versions_of.get(name) for versions_of in libraries]
        yield from _differing(
            "library", None, [None if version is None else f"{name} {version}" for version in versions]
        )


def _differing(kind: str, benchmark: str | None, values: Sequence[str | None]) -> Iterator[Difference]:
    if len({value for value in values if value is not None}) > 1:
        yield Difference(kind, benchmark, _brief([NOTHING if value is None else value for value in values]))


def _brief(values: Sequence[str]) -> tuple[str, ...]:
    """The values without what stands in brackets, where that tells them apart no better."""
    brief = tuple(value.partition(" (")[0] for value in values)
    return brief if len(set(brief)) == len(set(values)) else tuple(values)


def _signatures(systems: Sequence[System], benchmark: str) -> Iterator[Difference]:
    metrics = [system.metrics(benchmark) if benchmark in system.cases else {} for system in systems]
    for name in dict.fromkeys(name for table in metrics for name in table):
        described = [table.get(name) for table in metrics]
        signatures = [
            None if metric is None else f"{metric['signature']} ({metric['reducer']})" for metric in described
        ]
        yield from _differing("metric", benchmark, signatures)


def _unexplained(systems: Sequence[System], benchmark: str) -> Iterator[Difference]:
    """Prompts or targets that differ though version, rows, examples and lengths say nothing of it."""
    having = [system for system in systems if benchmark in system.cases]
    told = {(_prompt_facts(system, benchmark)) for system in having}
    if len(told) > 1:
        return
    common = [name for name in having[0].cases[benchmark] if all(name in system.cases[benchmark] for system in having)]
    known = [name for name in common if all(system.cases[benchmark][name].digest for system in having)]
    hashes = {
        system.name: _hash([system.cases[benchmark][name].digest for name in known]) for system in having if known
    }
    yield from _differing("prompts", benchmark, [hashes.get(system.name) for system in systems])


def _prompt_facts(system: System, benchmark: str) -> tuple[str | None, ...]:
    facts, settings = system.facts(benchmark), system.manifest.get("settings", {})
    return (*(say(facts) for _, say in _BENCHMARK), *(_json(settings.get(name)) for name in _ASKED))


def _version(facts: Mapping[str, Any]) -> str:
    return str(facts["version"])


def _rows(facts: Mapping[str, Any]) -> str | None:
    """The rows' hash, marked where they are the bundled sample; their revision where no hash is known."""
    origins = facts.get("data", ())
    sample = "sample " if any(origin.get("source") == "sample" for origin in origins) else ""
    hashes = rows_of(facts)
    if hashes is not None:
        return f"{sample}{hashes[0][:_SHORT] if len(hashes) == 1 else f'{len(hashes)} tables {_hash(hashes)}'}"
    revisions = [str(origin["revision"])[:_SHORT] for origin in origins if origin.get("revision")]
    return f"revision {', '.join(dict.fromkeys(revisions))}" if revisions else None


def _shots(facts: Mapping[str, Any]) -> str | None:
    ids = facts.get("shots")
    return None if ids is None else f"{len(ids)} ({_hash(ids)})" if ids else "0"


def _of_model(key: str) -> Callable[[System], str | None]:
    """A setting as it was resolved for the model; where no engine was started, there is none."""

    def say(system: System) -> str | None:
        settings = system.about.get("settings") or {}
        return None if settings.get(key) is None else _json(settings[key])

    return say


def _of_settings(key: str, unset: str) -> Callable[[System], str | None]:
    def say(system: System) -> str | None:
        settings = system.manifest.get("settings", {})
        return None if key not in settings else unset if settings[key] in (None, {}) else _json(settings[key])

    return say


def _dates(system: System) -> str | None:
    settings = system.manifest.get("settings", {})
    return " ".join(f"--{name} {settings[name]}" for name in ("after", "before") if name in settings) or "all"


def _engine(system: System) -> str | None:
    settings = system.about.get("settings") or system.manifest.get("settings", {})
    engine = settings.get("engine")
    return None if engine is None else str(engine)


def _device(system: System) -> str | None:
    device = _of_model("device")(system)
    return None if device is None else device.partition(":")[0]


def _generation_config(system: System) -> str | None:
    settings = system.about.get("settings")
    # a run of before there was a choice applied nothing
    return str(settings.get("generation_config", "benchmark")) if settings else None


def _load_in(system: System) -> str | None:
    settings = system.about.get("settings")
    # what was stored is what was computed before there was a choice
    return str(settings.get("load_in") or "as stored") if settings else None


def _adapter(system: System) -> str | None:
    """The adapter's name, and its hashes where names alone do not tell two apart."""
    if not system.about.get("settings"):
        return None
    settings = system.manifest.get("settings", {})
    name = settings.get("adapter")
    return "none" if name is None else f"{name} ({_hash(settings.get('adapter_sha256', []))})"


def _template(system: System) -> str | None:
    used = (system.about.get("settings") or {}).get("template")
    return None if used is None else "on" if used else "off"


def _rules(system: System) -> str | None:
    rules = (system.about.get("identity") or {}).get("rules")
    return None if rules is None else ", ".join(f"{name} {version}" for name, version in sorted(rules.items()))


def _libraries(system: System) -> dict[str, str | None]:
    """The versions the answers came from, and those that scored them."""
    packages = system.manifest.get("environment", {}).get("packages", {})
    return {**packages, **((system.about.get("identity") or {}).get("libraries") or {})}


def _temperatures(system: System) -> str | None:
    settings = system.manifest.get("settings", {})
    if "temperatures" not in settings:
        return None
    return ", ".join(f"{temperature:g}" for temperature in settings["temperatures"] or ()) or "as the page says"


def _sandbox(system: System) -> str | None:
    sandbox = system.manifest.get("sandbox")
    return None if sandbox is None else str(sandbox["digest"])[:_SHORT]


def _recipe(system: System) -> str | None:
    name = system.manifest.get("recipe", {}).get("name")
    return None if name is None else str(name)


def _named(key: str) -> Callable[[System], str | None]:
    def say(system: System) -> str | None:
        value = system.manifest.get(key)
        return None if value is None else str(value)

    return say


def _json(value: Any) -> str:
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)


def _hash(values: Sequence[Any]) -> str:
    return hashlib.sha256(canonical(list(values))).hexdigest()[:_SHORT]


_BENCHMARK: tuple[tuple[str, Say], ...] = (("version", _version), ("rows", _rows), ("shots", _shots))
_RUN: tuple[tuple[str, Callable[[System], str | None]], ...] = (
    ("recipe", _recipe),
    ("chat template", _template),
    ("answer length", _of_settings("short_answers", "as the page says")),
    ("think tokens", _of_model("think_tokens")),
    ("truncate", _of_model("truncate")),
    ("generation config", _generation_config),
    ("engine", _engine),
    ("device", _device),
    ("dtype", _of_model("dtype")),
    ("load in", _load_in),
    ("adapter", _adapter),
    ("samples", _of_settings("samples", "as the page says")),
    ("temperature", _temperatures),
    ("top-p", _of_settings("top_p", "as the page says")),
    ("sandbox", _sandbox),
    ("token rules", _rules),
    ("seed", _of_settings("seed", "0")),
    ("limit", _of_settings("limit", "all")),
    ("limits", _of_settings("limits", "none")),
    ("dates", _dates),
    ("crosstask", _named("crosstask")),
    ("intervals over", _named("generalise_over")),
)
