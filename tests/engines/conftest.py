"""Engines in processes of their own: opened for a test, closed after it."""

import json
import os
import sys
from pathlib import Path

import pytest

import harness
from harness.engines.descriptor import EngineSpec
from harness.engines.process import EngineProcess
from harness.engines.process import Launch
from harness.engines.scripted import scripted_weights
from harness.models import Card
from harness.models import Settings
from harness.models import Weights
from harness.models.cards import bare_card

sys.path.insert(0, str(Path(__file__).parent))
ROOT = Path(harness.__file__).parents[1]
OWN = Path(__file__).parents[1] / "data" / "engines"


@pytest.fixture
def spec():
    """Makes the specification of a scripted engine; its script goes to a file of the folder given."""

    def make(script=None, tmp_path=None):
        path = None
        if script is not None:
            path = tmp_path / "script.json"
            path.write_text(json.dumps(script))
        return EngineSpec(scripted_weights(bare_card("toy"), path), Settings("scripted"))

    return make


@pytest.fixture
def opened():
    """Opens engines and closes them after the test."""
    engines = []

    def open_engine(wanted, launch=None):
        engines.append(EngineProcess(wanted, launch))
        return engines[-1]

    yield open_engine
    for engine in engines:
        engine.close()


@pytest.fixture
def own(tmp_path, opened):
    """Opens an engine of `own_engines`, its log in `log`."""

    def open_own(name, **env):
        path = os.pathsep.join((str(OWN), str(ROOT)))
        launch = Launch(log=tmp_path / "log", env={"PYTHONPATH": path} | env)
        return opened(EngineSpec(Weights(Card("toy"), ""), Settings(f"own_engines:{name}")), launch)

    return open_own


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """A function from a family's name to a folder in the Hub's format with a small random model of it."""
    import tiny  # torch takes seconds, and most tests of engines need none

    made = {}

    def make(family, *, bos=False):
        if (family, bos) not in made:
            made[family, bos] = tiny.save(tmp_path_factory.mktemp(family), tiny.FAMILIES[family], bos=bos)
        return made[family, bos]

    return make
