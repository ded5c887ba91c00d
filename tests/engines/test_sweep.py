"""Every causal architecture and every kind of rotary positions, tiny: equal to the model alone, or refused by name."""

import copy
from pathlib import Path

import pytest
import sweep

import harness

pytestmark = pytest.mark.slow
DOCUMENT = Path(harness.__file__).parents[1] / "docs" / "models.md"
TOLERANCE = 1e-4
ENOUGH = 60


@pytest.fixture(scope="module")
def told():
    """The lines of the document that has the tables."""
    return DOCUMENT.read_text(encoding="utf-8").splitlines()


def test_every_architecture_is_equal_to_itself_or_refused(tmp_path, told):
    rows = {name: sweep.measure(tmp_path / name, config) for name, config in sweep.architectures().items()}
    assert {name: row for name, row in rows.items() if row.apart > TOLERANCE or row.differing} == {}
    assert sum("refused" not in row.ways[0] for row in rows.values()) >= ENOUGH
    assert [line for line in sweep.table(rows, "architecture") if line not in told] == []


def test_every_kind_of_rotary_positions_is_equal_to_itself_or_refused(tmp_path, told):
    rows = {name: sweep.measure(tmp_path / name, config, copy.deepcopy) for name, config in sweep.ropes().items()}
    assert {name: row for name, row in rows.items() if row.apart > TOLERANCE or row.differing} == {}
    assert {row.ways[0] for row in rows.values() if row.ways[0] != "packed tree"}
    assert [line for line in sweep.table(rows, "positions") if line not in told] == []
