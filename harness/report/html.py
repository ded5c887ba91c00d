"""`report.html`: one file that opens from disk without a network, and runs nothing.

What a model wrote is a stranger's text: every value passes through `visible` and then jinja2's autoescape, and
the page's Content-Security-Policy (W3C, level 3) allows its own style sheet, by hash, and nothing else.
"""

import base64
import hashlib
import json
from collections.abc import Mapping
from itertools import groupby
from pathlib import Path
from typing import Any

from jinja2 import Environment
from jinja2 import FileSystemLoader
from jinja2 import StrictUndefined
from markupsafe import Markup

from harness.report.cases import views
from harness.report.folder import Run
from harness.report.numbers import NOTHING
from harness.report.numbers import percent
from harness.report.numbers import shown
from harness.report.summary import groups
from harness.report.summary import incomplete
from harness.report.visible import visible
from harness.store.atomic import open_atomic

_HERE = Path(__file__).parent
_CHUNKS = 64
_RUN = ("created", "finished", "crosstask", "plan", "attempt", "command", "recipe")
_BENCHMARK = ("version", "protocol", "paper", "lm_eval_task", "data", "shots")


def write_html(run: Run, summary: Mapping[str, Any], path: Path) -> None:
    """Write the report piece by piece, so that memory does not grow with the cases; raises StoreError."""
    style = (_HERE / "report.css").read_text(encoding="utf-8")
    found, _ = groups(run)
    anchors = {(group.model, group.benchmark): f"cases-{number}" for number, group in enumerate(found)}
    stream = (
        _environment()
        .get_template("report.html.jinja")
        .stream(
            style_hash=base64.b64encode(hashlib.sha256(style.encode()).digest()).decode(),
            summary=summary,
            warning=incomplete(summary),
            models=_by_model(summary),
            level=_level(summary),
            groups=[(anchors[group.model, group.benchmark], group) for group in found],
            cases=lambda group: views(group, run.prompts),
            anchors=anchors,
            manifest=run.manifest,
            facts=_facts(run.manifest),
            manifest_text=json.dumps(run.manifest, indent=2, ensure_ascii=False),
        )
    )
    stream.enable_buffering(_CHUNKS)
    with open_atomic(path) as file:
        file.writelines(stream)


def _environment() -> Environment:
    environment = Environment(
        loader=FileSystemLoader(_HERE),
        autoescape=True,
        finalize=_finalize,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    environment.globals |= {"shown": shown, "bar": _bar}
    return environment


def _finalize(value: Any) -> Any:
    if value is None:
        return NOTHING
    return visible(value) if isinstance(value, str) and not isinstance(value, Markup) else value


def _by_model(summary: Mapping[str, Any]) -> list[tuple[str, list[Mapping[str, Any]]]]:
    return [(model, list(rows)) for model, rows in groupby(summary["scores"], key=lambda score: score["model"])]


def _bar(score: Mapping[str, Any]) -> dict[str, float] | None:
    """Where value and interval lie on an axis from 0 to 100, for a small picture beside the number."""
    found = {name: percent(score, score["estimate"][name]) for name in ("value", "low", "high")}
    places = {name: round(min(100.0, max(0.0, value)), 2) for name, value in found.items() if value is not None}
    return places or None


def _level(summary: Mapping[str, Any]) -> str:
    """Return the level of the intervals, as the column's title names it."""
    levels = {score["estimate"]["level"] for score in summary["scores"]}
    return "/".join(f"{100 * level:g} %" for level in sorted(levels))


def _facts(manifest: Mapping[str, Any]) -> list[tuple[str, dict[str, str]]]:
    """Return what could change a number, in titled lists; the whole manifest stands below them."""
    environment = dict(manifest.get("environment", {}))
    packages = environment.pop("packages", {})
    named = [
        ("Run", {name: value for name, value in manifest.items() if name in _RUN}),
        ("Settings", manifest.get("settings", {})),
        *((name, _model(known)) for name, known in manifest["models"].items()),
        *((name, {key: facts.get(key) for key in _BENCHMARK}) for name, facts in manifest["benchmarks"].items()),
        ("Environment", {**environment, **packages}),
    ]
    return [
        (title, {name: _plain(value) for name, value in content.items() if _says(value)}) for title, content in named
    ]


def _model(known: Mapping[str, Any]) -> dict[str, Any]:
    """Return a model's card and settings side by side, and the digest of its identity."""
    return {**known.get("card", {}), **(known.get("settings") or {}), "identity": known.get("digest")}


def _says(value: Any) -> bool:
    return value is not None and value not in ("", [], {})


def _plain(value: Any) -> str:
    if isinstance(value, str):
        return value
    if isinstance(value, list) and all(isinstance(item, str) for item in value):
        return " ".join(value)
    return json.dumps(value, ensure_ascii=False)
