"""The extras: the table of the suite is pyproject's, and one sentence says what is missing."""

import sys
import tomllib
from pathlib import Path

import pytest

from harness.cli.doctor import examination
from harness.engines.descriptor import EngineSpec
from harness.engines.process.worker import build
from harness.engines.registry import shipped
from harness.errors import UsageError
from harness.extras import EXTRAS
from harness.extras import missing
from harness.extras import require
from harness.extras import sentence
from harness.models import Card
from harness.models import Settings
from harness.models import Weights
from harness.models.hub import HubUnreachableError
from harness.models.hub import snapshot
from harness.printing.grid import plain

PROJECT = tomllib.loads((Path(__file__).parents[1] / "pyproject.toml").read_text())["project"]
HEAVY = {"torch", "transformers", "datasets", "pyarrow", "pandas", "accelerate", "gguf", "safetensors", "tokenizers"}
FOR_PROGRAMS = {"bigcodebench", "ds1000", "torchdata"}
"""Extras that programs import, and the suite does not."""
OF_CI = {"bitsandbytes", "llama-cpp", "ray"}
"""Extras that the tests of a user's own do not ask for."""
ALONE = {"vllm"}
"""Extras that pin a torch of their own, and are installed in another interpreter."""
OF_TOOLS = {"ci", "test"}


def names(requirements):
    """The packages of a list of requirements, as a module of the same name would be spelt."""
    return {requirement.partition(">")[0].partition(";")[0].replace("-", "_") for requirement in requirements}


def test_the_table_is_that_of_pyproject():
    declared = {extra: names(brought) for extra, brought in PROJECT["optional-dependencies"].items()}
    assert {extra: set(modules) for extra, modules in EXTRAS.items()} == {
        extra: brought for extra, brought in declared.items() if extra not in FOR_PROGRAMS | OF_TOOLS
    }


def test_the_base_has_nothing_heavy_and_the_tests_have_every_extra():
    assert not names(PROJECT["dependencies"]) & {*HEAVY, "huggingface_hub", "openai"}
    (of_test,) = [text for text in PROJECT["optional-dependencies"]["test"] if text.startswith("crosstask[")]
    assert set(of_test.removeprefix("crosstask[").removesuffix("]").split(",")) == set(EXTRAS) - OF_CI - ALONE
    assert PROJECT["optional-dependencies"]["ci"] == [f"crosstask[{','.join(sorted(OF_CI))},test]"]


def test_each_engine_s_extra_is_in_the_table():
    assert {engine.extra for engine in shipped().values()} - {None} <= set(EXTRAS)
    assert shipped()["transformers"].extra == "local"


@pytest.mark.parametrize(
    ("lacking", "extra", "said"),
    [
        (["datasets"], "hub", "--data hub: datasets is not installed; expected pip install 'crosstask[hub]'"),
        (["gguf", "torch"], "local", "torch and gguf are not installed; expected pip install 'crosstask[local]'"),
        (["xllamacpp"], "llama-cpp", "xllamacpp is not installed; expected pip install 'crosstask[llama-cpp]'"),
        (["huggingface_hub"], "hub", "huggingface-hub is not installed; expected pip install 'crosstask[hub]'"),
    ],
)
def test_what_is_missing_is_named_with_what_brings_it(monkeypatch, lacking, extra, said):
    for module in lacking:
        monkeypatch.setitem(sys.modules, module, None)  # as where it is not installed
    with pytest.raises(UsageError) as caught:
        require("--data hub", extra)
    assert str(caught.value).endswith(said)
    assert set(lacking) <= set(missing(extra))


def test_only_the_modules_that_a_subject_needs_are_looked_for(monkeypatch):
    monkeypatch.setitem(sys.modules, "datasets", None)
    assert sentence("model x", "hub", "huggingface_hub") is None
    assert sentence("model x", "hub") == "model x: datasets is not installed; expected pip install 'crosstask[hub]'"


def test_a_folder_of_that_name_is_no_library(monkeypatch, tmp_path):
    monkeypatch.setitem(EXTRAS, "folder", ("a_folder_of_rows",))
    (tmp_path / "a_folder_of_rows").mkdir()
    monkeypatch.syspath_prepend(tmp_path)
    assert missing("folder") == ("a_folder_of_rows",)


def test_the_doctor_says_which_are_there(monkeypatch):
    monkeypatch.setitem(sys.modules, "datasets", None)
    lines = [" ".join(line.split()) for line in plain(examination(), 160)]
    assert "hub not installed: datasets; pip install 'crosstask[hub]' brings it" in lines
    assert "local installed" in lines


def test_the_process_of_an_engine_looks_in_its_own_interpreter(monkeypatch):
    monkeypatch.setitem(sys.modules, "gguf", None)
    with pytest.raises(UsageError) as caught:
        build(EngineSpec(Weights(Card("any"), ""), Settings("transformers")))
    where = f"--engine transformers in {sys.executable}"
    assert str(caught.value) == f"{where}: gguf is not installed; expected pip install 'crosstask[local]'"


def test_a_model_of_the_hub_without_its_library_is_one_that_cannot_be_reached(monkeypatch):
    """So a card that names a package with the weights takes them from there."""
    monkeypatch.setitem(sys.modules, "huggingface_hub", None)
    with pytest.raises(HubUnreachableError) as caught:
        snapshot(Card("any", hub_id="some/any"), ["*.json"])
    assert str(caught.value) == "model any: huggingface-hub is not installed; expected pip install 'crosstask[hub]'"
