"""Files that other tools wrote, the pages of this repository, and what becomes of both."""

import json
from pathlib import Path
from typing import Any
from typing import NamedTuple

import pytest

from harness.cases.pages import load_pages
from harness.importers.run import ImportOptions
from harness.importers.run import write
from harness.importers.tools import read_with
from harness.results.folder import read_run
from harness.results.groups import groups
from harness.sources.open import Data
from harness.sources.open import Opener

ROOT = Path(__file__).parents[2]
FILES = ROOT / "tests/data/importers"


class Read(NamedTuple):
    """An imported run as it is read back: records by benchmark and case, groups by model and benchmark."""

    run: Any
    manifest: Any
    records: Any
    groups: Any


@pytest.fixture(scope="session")
def pages():
    """The pages of this repository."""
    return load_pages([ROOT / "evals"])


@pytest.fixture(scope="session")
def files():
    """The folder of files that other tools wrote."""
    return FILES


@pytest.fixture
def load(tmp_path):
    """Import files into a folder and read it back as any run."""

    def imported(tool, path, name="run", **options):
        folder = tmp_path / name
        write(read_with(tool, Path(path), ImportOptions(**options)), folder, ["crosstask", "import"])
        run = read_run(folder)
        found, notes = groups(run)
        assert notes == ()
        records = {(record.benchmark, record.case): record for record in run.records}
        return Read(run, run.manifest, records, {(group.model, group.benchmark): group for group in found})

    return imported


@pytest.fixture
def rows(tmp_path):
    """Write tables in the sample's layout and open them: `rows({"org/name/config/split": [row, ...]})`."""

    def opened(tables):
        for name, content in tables.items():
            path = tmp_path / "rows" / f"{name}.jsonl"
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text("".join(json.dumps(row) + "\n" for row in content))
        return Opener(Data("sample", tmp_path / "rows"))

    return opened


@pytest.fixture
def copy(tmp_path, files):
    """Copy a folder of files and change the JSON lines or objects of one: `copy("lm_eval/zero", "boolq", change)`."""

    def changed(folder, part, change):
        to = tmp_path / "changed"
        to.mkdir()
        for source in sorted((files / folder).rglob("*.json*")):
            text = source.read_text()
            if part in source.name:
                lines = text.splitlines() if source.suffix == ".jsonl" else [text]
                made = [json.loads(line) for line in lines]
                made = change(made) or made
                text = "".join(json.dumps(one) + "\n" for one in made)
            (to / source.name).write_text(text)
        return to

    return changed
