"""A run's folder: manifest, prompts and records, written by one process.

The folder's name ends in the plan's hash, so the same command finds it again. Records are
appended as cases are measured; a case measured before with the same outcome is not written twice.
"""

import hashlib
import json
import platform
from collections.abc import Iterable
from collections.abc import Mapping
from dataclasses import dataclass
from dataclasses import replace
from datetime import UTC
from datetime import datetime
from importlib import metadata
from pathlib import Path
from typing import Any

from harness import __version__
from harness.core import Record
from harness.encoding import canonical
from harness.encoding import encode
from harness.errors import StoreError
from harness.store.atomic import sweep_drafts
from harness.store.atomic import write_atomic
from harness.store.journal import Journal
from harness.store.journal import read_lines

MANIFEST_SCHEMA = "crosstask/manifest/1"
RECORD_SCHEMA = "crosstask/record/1"
PROMPT_SCHEMA = "crosstask/prompt/1"
_PASSING = ("attempt", "node", "seconds")
_PACKAGES = (
    "pytest",
    "pytest-xdist",
    "numpy",
    "scipy",
    "sacrebleu",
    "rouge-score",
    "datasets",
    "transformers",
    "torch",
)


@dataclass(frozen=True, slots=True)
class _Outcome:
    """What a record of an earlier session said; the digest leaves out what differs from session to session."""

    status: str
    identity: str | None
    digest: bytes | None = None


class RunFolder:
    """The open folder of a run; raises StoreError where it cannot be written or another session holds it."""

    def __init__(self, path: Path, plan: Mapping[str, Any], command: list[str]) -> None:
        try:
            path.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise StoreError(
                f"{path}: {error.strerror}; expected a folder that can be written, see --run-dir"
            ) from error
        self.path = path
        self._records = Journal(path / "records.jsonl")
        self._prompts = Journal(path / "prompts.jsonl")
        sweep_drafts(path)
        earlier = self._read_manifest(plan["hash"])
        self._manifest = _manifest(plan, command) | {"attempt": earlier.get("attempt", 0) + 1}
        self._manifest["created"] = earlier.get("created", _now())
        if "shards" in earlier:  # a merged run that goes on
            self._manifest["shards"] = earlier["shards"]
        self._earlier_models: dict[str, dict[str, Any]] = earlier.get("models", {})
        self._identities: dict[str, str] = {}
        self._read_journals()

    @property
    def attempt(self) -> int:
        """1 for the first session in this folder, then one more each time."""
        return int(self._manifest["attempt"])

    @property
    def manifest(self) -> Mapping[str, Any]:
        """The manifest as it stands."""
        return self._manifest

    def set_models(self, facts: Mapping[str, Mapping[str, Any]]) -> None:
        """Add what is known of the models: settings, identity and its digest, notes; writes the manifest."""
        for name, known in facts.items():
            self._manifest["models"][name] |= known
            self._identities[name] = known["digest"]
            earlier = self._earlier_models.get(name, {})
            if "engine" in earlier and earlier.get("digest") == known["digest"]:
                self._manifest["models"][name]["engine"] = earlier["engine"]
            if known.get("note"):
                self._manifest["notes"].append(f"{name}: {known['note']}.")
        self.write_manifest()

    def describe_engine(self, model: str, description: Mapping[str, Any]) -> None:
        """Add what an engine said of a model as loaded, in place of what an earlier session noted."""
        self._manifest["models"][model]["engine"] = dict(description)

    def write_manifest(self, **changes: Any) -> None:
        """Write the manifest, with these top-level fields changed."""
        self._manifest |= changes
        write_atomic(self.path / "manifest.json", json.dumps(self._manifest, indent=1, ensure_ascii=False) + "\n")

    def finish(self) -> None:
        """Note the end of the session in the manifest."""
        self.write_manifest(finished=_now())

    def keep_prompts(self, prompts: Iterable[tuple[str, Any]]) -> None:
        """Write each request once, by its fingerprint."""
        for prompt, request in prompts:
            if prompt not in self._kept_prompts:
                self._kept_prompts.add(prompt)
                self._prompts.append({"schema": PROMPT_SCHEMA, "prompt": prompt, "request": request})

    def record(self, record: Record) -> None:
        """Append a record, unless the same outcome of the same case stands there already."""
        record = replace(record, attempt=self.attempt, identity=self._identities.get(record.model))
        encoded = encode(record)
        earlier = self._kept.get(_key(encoded))
        if (
            record.status == "not_run"
            and earlier
            and earlier.status == "measured"
            and earlier.identity == record.identity
        ):
            return
        if earlier is None or earlier.digest != _digest(encoded):
            self._records.append({"schema": RECORD_SCHEMA, "record": encoded})
            self._kept[_key(encoded)] = _Outcome(record.status, record.identity)

    def close(self) -> None:
        """Give the folder back; calling it twice is harmless."""
        self._records.close()
        self._prompts.close()

    def _read_journals(self) -> None:
        """What earlier sessions of the same command left here."""
        try:
            records = [line["record"] for line in read_lines(self._records.path)]
            self._kept = {_key(line): _Outcome(line["status"], line["identity"], _digest(line)) for line in records}
            self._kept_prompts = {line["prompt"] for line in read_lines(self._prompts.path)}
        except (ValueError, KeyError, TypeError, AttributeError) as error:
            self.close()
            raise StoreError(
                f"{self.path}: a line that is no record or prompt ({error}); choose another --run-dir"
            ) from error

    def _read_manifest(self, plan: str) -> dict[str, Any]:
        try:
            manifest: dict[str, Any] = json.loads((self.path / "manifest.json").read_text(encoding="utf-8"))
        except FileNotFoundError:
            return {}
        except (OSError, ValueError) as error:
            self.close()
            raise StoreError(f"{self.path / 'manifest.json'}: {error}; choose another --run-dir") from error
        if not isinstance(manifest, dict):
            self.close()
            raise StoreError(f"{self.path / 'manifest.json'}: no JSON object; choose another --run-dir")
        if manifest.get("plan") != plan:
            self.close()
            raise StoreError(
                f"{self.path}: holds the run of plan {manifest.get('plan')}; expected {plan}, choose another --run-dir"
            )
        return manifest


def _manifest(plan: Mapping[str, Any], command: list[str]) -> dict[str, Any]:
    settings = dict(plan["settings"])
    return {
        "schema": MANIFEST_SCHEMA,
        "crosstask": __version__,
        "plan": plan["hash"],
        "created": None,
        "finished": None,
        "attempt": 1,
        "command": command,
        "recipe": settings.pop("recipe"),
        "notes": settings.pop("notes"),
        "settings": settings,
        "models": {name: {"card": card} for name, card in plan["models"].items()},
        "benchmarks": plan["benchmarks"],
        "failures": plan["failures"],
        "planned": plan["planned"],
        **({"shard": plan["shard"]} if "shard" in plan else {}),
        "environment": {
            "python": platform.python_version(),
            "platform": platform.platform(),
            "packages": {name: _version(name) for name in _PACKAGES},
        },
    }


def _key(record: Mapping[str, Any]) -> tuple[str, str, str]:
    return record["model"], record["benchmark"], record["case"]


def _digest(record: Mapping[str, Any]) -> bytes:
    same = {name: value for name, value in record.items() if name not in _PASSING}
    return hashlib.sha256(canonical(same)).digest()


def _version(package: str) -> str | None:
    try:
        return metadata.version(package)
    except metadata.PackageNotFoundError:
        return None


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="seconds")
