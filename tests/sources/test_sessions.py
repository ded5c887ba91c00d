"""Datasets that cannot be had: their pages are not run, the others go on, and the session ends with 12."""

import hashlib
import json
import os
import subprocess
import sys
from collections.abc import Callable
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

COMMIT = "b" * 40
ROWS = [{"question": f"{number} + 1?", "answer": number + 1} for number in range(3)]
LINES = "".join(json.dumps(row) + "\n" for row in ROWS).encode()
REPOS: Mapping[str, Mapping[str, Any]] = {
    "us/open": {"commits": {COMMIT: {"README.md": b"", "test.jsonl": LINES}}},
    "us/shut": {"commits": {COMMIT: {"README.md": b"", "test.jsonl": LINES}}, "gated": True},
    "us/script": {"commits": {COMMIT: {"README.md": b"", "script.py": b"raise SystemExit('it ran')\n"}}},
    "us/torn": {"commits": {COMMIT: {"README.md": b"", "test.jsonl": b'{"question": "1 +'}}},
    "us/void": {"commits": {COMMIT: {"README.md": b"", "train.jsonl": LINES}}},
}
PAGES = {"gate": "us/shut", "hidden": "us/private", "old": "us/script", "torn": "us/torn", "void": "us/void"}
REASONS = {
    "gate": "us/shut: a gated dataset; ask for access at ",
    "hidden": "us/private: no such dataset on the Hub, or a private one; expected a public id, or `hf auth",
    "old": "us/script: a dataset script, which is never run; use --data sample, or --data DIR",
    "torn": "us/torn/default/test: cannot be read from the Hub (",
    "void": "us/void/default/test: no split 'test'; expected one of 'train'",
}
PAGE = '''
"""{name}: three sums."""
from harness.benchmark import Benchmark
from harness.core import Case
from harness.core import Generate
from harness.extract import last_number
from harness.metrics.exact_match import ExactMatch
from harness.sources import from_hub

{name} = Benchmark(
    name="{name}", version=1, area="{area}", paper="none", protocol="greedy", rows=from_hub("{hub}", split="test"),
    to_case=lambda row, _shots: Case(row.id, (Generate(row.text("question")),), str(row["answer"])),
    metrics=(ExactMatch(last_number),),
)


@{name}.cases
def test_{name}(case, response, record):
    record({name}.score(case, response))
'''


@dataclass(frozen=True)
class Project:
    """A repository whose pages ask a Hub, and a session in it."""

    path: Path
    environment: Mapping[str, str]

    def page(self, name: str, hub: str, area: str) -> None:
        path = self.path / "pages" / area / f"{name}.py"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(PAGE.format(name=name, hub=hub, area=area))

    def run(self, *arguments: str, status: int) -> str:
        without = ("-p", "no:cacheprovider", "-p", "no:hypothesispytest", "-p", "no:anyio")
        answers = ("--engine", "scripted", "--answers", "script.json", "--model", "toy")
        done = subprocess.run(
            [sys.executable, "-m", "pytest", "pages", *without, *answers, *arguments],
            cwd=self.path,
            env={**os.environ, **self.environment},
            capture_output=True,
            text=True,
            check=False,
            timeout=120,
        )
        assert done.returncode == status, done.stdout + done.stderr
        return done.stdout + done.stderr

    @property
    def summary(self) -> dict[str, Any]:
        (found,) = self.path.glob("reports/*/summary.json")
        content: dict[str, Any] = json.loads(found.read_text())
        return content

    @property
    def asked(self) -> int:
        journal = self.path / "asked.jsonl"
        return len(journal.read_text().splitlines()) if journal.exists() else 0


@pytest.fixture
def project(tmp_path: Path, serve: Callable[..., Any]) -> Project:
    """A page whose rows are there, in the area sums, and one for each way in which rows are not, in the area others."""
    _, address = serve(REPOS)
    (tmp_path / "pyproject.toml").write_text('[tool.crosstask]\nevals = ["pages"]\n')
    script = {"journal": str(tmp_path / "asked.jsonl"), "answers": [{"match": "1", "text": " 2"}]}
    (tmp_path / "script.json").write_text(json.dumps(script))
    home = {"HF_ENDPOINT": address, "HF_HOME": str(tmp_path / "home"), "HF_HUB_OFFLINE": "0", "HF_TOKEN": ""}
    made = Project(tmp_path, {**home, "NO_PROXY": "127.0.0.1", "no_proxy": "127.0.0.1"})
    made.page("open", "us/open", "sums")
    for name, hub in PAGES.items():
        made.page(name, hub, "others")
    return made


def states(summary: Mapping[str, Any]) -> dict[str, tuple[int, int, int]]:
    """Planned, measured and not run, by benchmark."""
    return {
        score["benchmark"]: tuple(score["counts"][name] for name in ("planned", "measured", "not_run"))
        for score in summary["scores"]
    }


@pytest.mark.parametrize("workers", [(), ("-n", "2")])
def test_what_the_hub_does_not_give_is_not_run_and_the_rest_is(project: Project, workers: tuple[str, ...]) -> None:
    output = project.run("--data", "hub", *workers, status=12)
    assert "INCOMPLETE 3/8" in output
    assert states(project.summary) == {"open": (3, 3, 0)} | dict.fromkeys(PAGES, (1, 0, 1))
    assert project.asked == 3
    for name, reason in REASONS.items():
        assert any(note.startswith(f"{name}: not run: {reason}") for note in project.summary["notes"]), name
    assert "it ran" not in output


def test_an_area_whose_rows_are_there_is_complete(project: Project) -> None:
    output = project.run("--data", "hub", "-m", "sums", status=0)
    assert "3 passed" in output
    assert project.summary["complete"]


def test_an_area_without_any_rows_asks_nothing(project: Project) -> None:
    output = project.run("--data", "hub", "-m", "others", status=12)
    assert "INCOMPLETE 0/5" in output
    assert project.asked == 0


def test_a_table_that_a_mirror_lacks_or_that_changed_is_not_run(project: Project, tmp_path: Path) -> None:
    """The mirror has the rows of one page, those of another with another hash, and none of the others."""
    entry = {"hub_id": "us/open", "config": "default", "split": "test", "path": "open.jsonl", "records": 3}
    entry["sha256"] = hashlib.sha256(LINES).hexdigest()
    mirror = tmp_path / "mirror"
    mirror.mkdir()
    for path in ("open.jsonl", "torn.jsonl"):
        (mirror / path).write_bytes(LINES)
    torn = entry | {"hub_id": "us/torn", "path": "torn.jsonl", "sha256": "0" * 64}
    (mirror / "MANIFEST.json").write_text(json.dumps([entry, torn]))
    project.run("--data", str(mirror), status=12)
    assert states(project.summary) == {"open": (3, 3, 0)} | dict.fromkeys(PAGES, (1, 0, 1))
    notes = "\n".join(project.summary["notes"])
    assert f"gate: not run: us/shut/default/test: not in {mirror}/MANIFEST.json; add it with" in notes
    assert f"torn: not run: {mirror}/torn.jsonl: sha256 " in notes


def test_the_same_command_goes_on_where_rows_have_come_back(project: Project) -> None:
    """The same session again, when the dataset is there: what was measured is kept, the rest is asked."""
    project.run("--data", "hub", "-k", "open or gate", status=12)
    project.page("gate", "us/open", "others")
    project.run("--data", "hub", "-k", "open or gate", status=0)
    assert project.asked == 3  # the same three requests, answered before
