"""What a value of --model means."""

import json
import struct
import subprocess
import sys

import pytest

from harness.errors import ModelError
from harness.errors import UsageError
from harness.models.cards import bare_card
from harness.models.cards import load_cards
from harness.models.cards import resolve

CARDS = {
    "general": ["llama-2-7b", "llama-2-13b", "llama-3-8b", "vicuna-7b", "mistral-7b"],
    "code": ["codellama-7b", "codellama-13b", "codellama-13b-instruct", "codellama-34b", "codellama-70b", "starcoder"],
}


@pytest.fixture
def folder(tmp_path):
    """A model folder with a template and one safetensors file of 2 x 3 and 4 elements."""
    model = tmp_path / "my model"
    model.mkdir()
    (model / "config.json").write_text('{"model_type": "llama"}')
    (model / "tokenizer_config.json").write_text(json.dumps({"chat_template": "{{ messages }}"}))
    header = json.dumps({"__metadata__": {"format": "pt"}, "a": {"shape": [2, 3]}, "b": {"shape": [4]}}).encode()
    (model / "model.safetensors").write_bytes(struct.pack("<Q", len(header)) + header)
    return model


@pytest.mark.parametrize(("family", "name"), [(family, name) for family in CARDS for name in CARDS[family]])
def test_paper_models_have_cards(family, name):
    card = resolve(name)
    assert (card.name, card.family) == (name, family)
    assert card.hub_id


def test_card_facts():
    cards = load_cards()
    assert {name for name, card in cards.items() if card.gated} == {
        "llama-2-7b",
        "llama-2-13b",
        "llama-3-8b",
        "starcoder",
        "gemma-3-270m",
    }
    assert {name for name, card in cards.items() if card.reasoning} == {"deepseek-r1-1.5b"}
    assert all(card.licence_url == f"https://huggingface.co/{card.hub_id}" for card in cards.values() if card.gated)
    assert all(card.licence and card.parameters for card in cards.values())
    assert [name for name, card in cards.items() if card.wheel] == ["smollm2-135m"]


def test_every_size_in_a_name_is_the_parameters():
    for name, card in load_cards().items():
        size = next((part for part in name.split("-") if part[0].isdigit() and part[-1] in "bm"), None)
        if size:
            billions = float(size[:-1]) / (1 if size.endswith("b") else 1000)
            assert card.parameters == pytest.approx(billions * 1e9, rel=0.04)


def test_hub_id_is_called_by_its_slug():
    card = resolve("someone/some-model.v2")
    assert (card.name, card.hub_id, card.family) == ("someone--some-model.v2", "someone/some-model.v2", None)


def test_hub_id_of_a_card_keeps_its_facts_but_no_stand_in():
    card = resolve("HuggingFaceTB/SmolLM2-135M-Instruct")
    assert card.name == "HuggingFaceTB--SmolLM2-135M-Instruct"
    assert card.chat
    assert card.wheel is None


def test_unknown_name_lists_the_nearest():
    with pytest.raises(UsageError) as raised:
        resolve("codelama-7b")
    assert str(raised.value).startswith(
        "model 'codelama-7b': no such card or path; expected a card's name (nearest: codellama-7b, "
    )
    assert "a Hub id owner/name, a folder with config.json, a .gguf file, or NAME=PATH" in str(raised.value)


def test_name_near_nothing_lists_all():
    with pytest.raises(UsageError, match=r"known: llama-2-7b, .*, qwen2\.5-coder-0\.5b\)"):
        resolve("x y z")


@pytest.mark.parametrize("name", ["missing/model.gguf", "./missing", "/missing/model", "~/missing", "a/b/c"])
def test_path_that_is_not_there_is_no_hub_id(name):
    with pytest.raises(UsageError, match="no such card or path"):
        resolve(name)


def test_folder_without_config_is_refused(tmp_path):
    with pytest.raises(UsageError, match=r"a folder without config\.json; expected a model folder"):
        resolve(str(tmp_path))


def test_local_folder_tells_of_itself(folder):
    card = resolve(str(folder))
    assert (card.name, card.path, card.hub_id) == ("my-model", str(folder), None)
    assert (card.chat, card.reasoning, card.parameters) == (True, False, 10)


def test_local_folder_called_like_a_card_has_its_family(folder):
    card = resolve(f"codellama-7b={folder}")
    assert (card.name, card.path, card.hub_id, card.family) == ("codellama-7b", str(folder), None, "code")
    assert (card.chat, card.parameters, card.licence) == (True, 10, load_cards()["codellama-7b"].licence)


def test_local_folder_under_a_name_of_its_own(folder):
    card = resolve(f"our best={folder}")
    assert (card.name, card.path, card.family) == ("our-best", str(folder), None)


def test_folder_with_an_equals_sign_in_its_name(folder):
    assert resolve(str(folder.rename(folder.with_name("lr=3e-4")))).name == "lr-3e-4"


@pytest.mark.parametrize("given", ["mine=", "mine=/nowhere", "mine=llama-2-7b"])
def test_name_without_a_local_model_is_refused(given):
    with pytest.raises(UsageError, match=r"no model at \S+; expected a folder with config\.json or a \.gguf file"):
        resolve(given)


def test_template_file_goes_before_the_configuration(folder):
    (folder / "chat_template.jinja").write_text("{% if '</think>' in content %}{% endif %}")
    assert resolve(str(folder)).reasoning


def test_named_templates_take_the_default(folder):
    named = [{"name": "tool_use", "template": "<think>"}, {"name": "default", "template": "plain"}]
    (folder / "tokenizer_config.json").write_text(json.dumps({"chat_template": named}))
    card = resolve(str(folder))
    assert (card.chat, card.reasoning) == (True, False)


def test_folder_without_template_is_a_base_model(folder):
    (folder / "tokenizer_config.json").unlink()
    assert not resolve(str(folder)).chat


def test_parameters_of_packed_weights_are_unknown(folder):
    (folder / "config.json").write_text('{"quantization_config": {"bits": 4}}')
    assert resolve(str(folder)).parameters is None


def test_broken_configuration_names_the_file(folder):
    (folder / "tokenizer_config.json").write_text("[1]")
    with pytest.raises(ModelError, match=r"tokenizer_config\.json: found list; expected a JSON object"):
        resolve(str(folder))
    (folder / "tokenizer_config.json").write_text("{")
    with pytest.raises(ModelError, match=r"tokenizer_config\.json: .*; expected a JSON object"):
        resolve(str(folder))


def test_broken_safetensors_names_the_file(folder):
    for content in (b"abc", b"no weights, and eight bytes that are no length"):
        (folder / "model.safetensors").write_bytes(content)
        with pytest.raises(ModelError, match=r"model\.safetensors: .*; expected a safetensors file"):
            resolve(str(folder))


def test_bare_card_takes_any_name():
    assert bare_card("llama-2-7b").name == "llama-2-7b"
    assert bare_card("a/b").name == "a--b"


def test_models_import_without_torch():
    code = (
        "import sys, harness.models.cards, harness.models.obtain, harness.models.identity, harness.models.devices\n"
        "import harness.engines.process, harness.engines.scripted, huggingface_hub\n"
        "sys.exit(any(name in sys.modules for name in ('torch', 'transformers')))"
    )
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
