"""Exclusion lists: the rows of a benchmark that somebody found wrong, as versioned data beside the pages.

A list is one TOML file, `<evals>/exclusions/<benchmark>/<name>-<version>.toml`:

    benchmark = "gsm8k"
    name = "percent4"
    version = "1"
    source = "where the rows were named: a paper, an address"
    why = "what is wrong with them"
    fields = ["question", "answer"]
    rows = [
        {case = "main-454", digest = "<sha256 of these fields>", why = "what is wrong with this one"},
    ]

Nothing is dropped: a listed case is asked and scored as any other. It gets a tag, and a report shows the score with and
without the cases of each list. A row that changed since it was listed has another digest, and is not excluded.
"""

import hashlib
import tomllib
from collections.abc import Mapping
from collections.abc import Sequence
from dataclasses import dataclass
from dataclasses import replace
from pathlib import Path
from typing import Any

from harness.core import Case
from harness.encoding import canonical
from harness.errors import UsageError
from harness.sources import Row

FOLDER = "exclusions"
_TEXTS = ("benchmark", "name", "version", "source", "why")
_KEYS = {*_TEXTS, "fields", "rows"}
_ROW = ("case", "digest", "why")


@dataclass(frozen=True, slots=True)
class Listed:
    """A listed row: its case's id, the digest of its fields, what is wrong with it."""

    case: str
    digest: str
    why: str


@dataclass(frozen=True, slots=True)
class Exclusions:
    """One list. `fields` are those the digests are over: what a mirror lost elsewhere does not matter."""

    benchmark: str
    name: str
    version: str
    source: str
    why: str
    fields: tuple[str, ...]
    rows: tuple[Listed, ...]

    @property
    def tag(self) -> str:
        """The tag of the cases it excludes."""
        return tag(self.name, self.version)


def tag(name: str, version: str) -> str:
    """The tag of the cases that this version of a list excludes."""
    return f"excluded by {name} {version}"


def digest(row: Row, fields: Sequence[str]) -> str:
    """sha256 (hex) of these fields of a row, of every row where several make one case; a missing field is null."""
    return hashlib.sha256(canonical([{field: part.get(field) for field in fields} for part in row.parts])).hexdigest()


def read_lists(evals: Sequence[Path], benchmark: str) -> tuple[Exclusions, ...]:
    """The lists for a benchmark below the folders of pages, by file name; raises UsageError where one is not whole."""
    paths = [path for folder in evals for path in sorted((folder / FOLDER / benchmark).glob("*.toml"))]
    lists = tuple(_read(path, benchmark) for path in paths)
    tags = [exclusions.tag for exclusions in lists]
    if twice := [path for path, own in zip(paths, tags, strict=True) if tags.count(own) > 1]:
        raise UsageError(f"{twice[-1]}: found a list that {twice[0]} holds too; expected each list once")
    return lists


def mark(
    cases: Sequence[Case], rows: Mapping[str, Row], lists: Sequence[Exclusions]
) -> tuple[tuple[Case, ...], list[dict[str, Any]]]:
    """The cases, those that a list excludes with its tag, and what the manifest says of each list.

    `rows` are the cases' rows by case id. `changed` in the facts are the ids of rows that are not the ones listed.
    """
    tags: dict[str, list[str]] = {}
    facts = []
    for exclusions in lists:
        there = [listed for listed in exclusions.rows if listed.case in rows]
        changed = [listed.case for listed in there if digest(rows[listed.case], exclusions.fields) != listed.digest]
        for listed in there:
            if listed.case not in changed:
                tags.setdefault(listed.case, []).append(exclusions.tag)
        facts.append(
            {
                "name": exclusions.name,
                "version": exclusions.version,
                "source": exclusions.source,
                "why": exclusions.why,
                "listed": len(exclusions.rows),
                "excluded": len(there) - len(changed),
                "changed": changed,
            }
        )
    marked = (replace(case, tags=(*case.tags, *tags[case.id])) if case.id in tags else case for case in cases)
    return tuple(marked), facts


def _read(path: Path, benchmark: str) -> Exclusions:
    try:
        content = tomllib.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise UsageError(f"{path}: {error}; expected an exclusion list in TOML") from error
    if odd := sorted(_KEYS ^ set(content)):
        what = "an unknown" if odd[0] in content else "no"
        raise UsageError(f"{path}: found {what} key {odd[0]!r}; expected {', '.join(sorted(_KEYS))}")
    for key in _TEXTS:
        if not isinstance(content[key], str) or not content[key].strip():
            raise UsageError(f"{path}: found {key} {content[key]!r}; expected text")
    fields = content["fields"]
    if not isinstance(fields, list) or not fields or not all(isinstance(field, str) for field in fields):
        raise UsageError(f"{path}: found fields {fields!r}; expected names of a row's fields")
    if content["benchmark"] != benchmark or path.stem != f"{content['name']}-{content['version']}":
        own = f"{content['benchmark']}/{content['name']}-{content['version']}.toml"
        raise UsageError(f"{path}: found the list {own}; expected a file of that name")
    texts = {key: content[key] for key in _TEXTS}
    return Exclusions(**texts, fields=tuple(fields), rows=_rows(path, content["rows"]))


def _rows(path: Path, content: Any) -> tuple[Listed, ...]:
    if not isinstance(content, list) or not content:
        raise UsageError(f"{path}: found rows {content!r}; expected a list of {{case, digest, why}}")
    listed: dict[str, Listed] = {}
    for row in content:
        if not isinstance(row, dict) or set(row) != set(_ROW) or not all(isinstance(row[key], str) for key in _ROW):
            raise UsageError(f"{path}: found the row {row!r}; expected case, digest and why, each a text")
        if row["case"] in listed:
            raise UsageError(f"{path}: found case {row['case']!r} twice; expected each once")
        listed[row["case"]] = Listed(row["case"], row["digest"], row["why"])
    return tuple(listed.values())
