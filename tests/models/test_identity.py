"""A model's identity: alike where nothing differs that can change an answer, different wherever something does."""

import json
import random
import sys
from dataclasses import fields
from dataclasses import replace
from importlib import metadata

import pytest
from hypothesis import given
from hypothesis import settings as examples
from hypothesis import strategies as st

from harness.engines.scripted import scripted_weights
from harness.errors import ModelError
from harness.errors import UsageError
from harness.models import Card
from harness.models import Identity
from harness.models import Settings
from harness.models import Weights
from harness.models import identity as identity_module
from harness.models.cards import bare_card
from harness.models.identity import RULES
from harness.models.identity import identity
from harness.models.identity import versions

SHA = st.text("0123456789abcdef", min_size=64, max_size=64)
HASHES = st.dictionaries(
    st.sampled_from(["model.safetensors", "config.json", "tokenizer.json", "gguf"]), SHA, min_size=1
)
FIELDS = {
    "engine": st.sampled_from(["transformers", "scripted", "replay"]),
    "device": st.sampled_from(["cpu", "cuda", "mps"]),
    "dtype": st.sampled_from(["float32", "bfloat16", "float16"]),
    "template": st.booleans(),
    "truncate": st.sampled_from(["refuse", "left"]),
    "think_tokens": st.none() | st.integers(0, 10_000),
    "trust_remote_code": st.booleans(),
    "allow_pickle": st.booleans(),
    "generation_config": st.sampled_from(["benchmark", "model"]),
    "load_in": st.sampled_from([None, "4bit", "8bit"]),
}
SETTINGS = st.builds(Settings, **FIELDS)


def weights(hashes):
    return Weights(Card("m"), "/nowhere", hashes=hashes)


def digest(hashes, settings):
    return identity(weights(hashes), settings).digest


def test_every_field_of_settings_is_tried():
    assert {field.name for field in fields(Settings)} == set(FIELDS)


@given(hashes=HASHES, settings=SETTINGS, name=st.sampled_from(sorted(FIELDS)), data=st.data())
@examples(deadline=None, max_examples=30)
def test_any_field_of_settings_changes_the_digest(hashes, settings, name, data):
    other = data.draw(FIELDS[name].filter(lambda value: value != getattr(settings, name)))
    assert digest(hashes, settings) != digest(hashes, replace(settings, **{name: other}))


@given(hashes=HASHES, settings=SETTINGS, data=st.data())
@examples(deadline=None, max_examples=30)
def test_any_hash_changes_the_digest(hashes, settings, data):
    role = data.draw(st.sampled_from(sorted(hashes)))
    other = data.draw(SHA.filter(lambda value: value != hashes[role]))
    assert digest(hashes, settings) != digest(hashes | {role: other}, settings)
    assert digest(hashes, settings) != digest({name: sha for name, sha in hashes.items() if name != role}, settings)


@given(facts=st.dictionaries(st.text(max_size=5), st.integers() | st.text(max_size=5), max_size=6), seed=st.randoms())
def test_order_of_keys_is_nothing(facts, seed: random.Random):
    shuffled = list(facts.items())
    seed.shuffle(shuffled)
    assert Identity(facts).digest == Identity(dict(shuffled)).digest


def test_name_place_and_commit_are_nothing():
    one = Weights(Card("a", hub_id="a/b"), "/here", revision="1", hashes={"config.json": "0"}, note="x")
    two = Weights(Card("c", path="/d"), "/there", hashes={"config.json": "0"})
    assert identity(one, Settings("transformers")) == identity(two, Settings("transformers"))


def test_index_of_a_device_is_nothing():
    assert digest({}, Settings("transformers", "cuda:0")) == digest({}, Settings("transformers", "cuda:1"))


def test_reasoning_and_storage_and_an_engines_own_facts_count(tmp_path):
    (tmp_path / "config.json").write_text(json.dumps({"quantization_config": {"bits": 4}}))
    plain, settings = Weights(Card("m"), "/nowhere"), Settings("transformers")
    packed = replace(plain, directory=str(tmp_path), hashes={"config.json": "0"})
    facts = [
        identity(plain, settings),
        identity(plain, settings, {"attention": "sdpa"}),
        identity(replace(plain, card=Card("m", reasoning=True)), settings),
        identity(replace(plain, gguf="a.gguf"), settings),
        identity(packed, settings),
    ]
    assert len({fact.digest for fact in facts}) == len(facts)


@pytest.mark.parametrize("rule", sorted(RULES))
def test_version_of_a_rule_counts(monkeypatch, rule):
    before = digest({}, Settings("transformers"))
    monkeypatch.setattr(identity_module, "RULES", {**RULES, rule: RULES[rule] + 1})
    assert digest({}, Settings("transformers")) != before


def test_rules_of_turns_count_under_a_template_alone(monkeypatch):
    text, turns = Settings("transformers"), Settings("transformers", template=True)
    before = digest({}, text), digest({}, turns)
    monkeypatch.setattr(identity_module, "TEMPLATE_RULES", {"language": 2})
    assert digest({}, text) == before[0]
    assert digest({}, turns) != before[1]
    assert identity(weights({}), text).facts["rules"] == RULES


def test_versions_of_libraries_are_those_installed():
    found = versions(("torch", "no-such-library"))
    assert found == {"torch": metadata.version("torch"), "no-such-library": None}
    assert identity(weights({}), Settings("transformers"), libraries=found).facts["libraries"] == found
    assert identity(weights({}), Settings("transformers")).facts["libraries"] == {}


def test_versions_of_libraries_are_those_of_another_interpreter():
    assert versions(("torch", "no-such-library"), sys.executable) == versions(("torch", "no-such-library"))
    with pytest.raises(UsageError, match=r"^--engine-python: found /no/python; expected a Python interpreter$"):
        versions(("torch",), "/no/python")


def test_facts_are_json():
    facts = identity(weights({"gguf": "0"}), Settings("transformers", think_tokens=5)).facts
    assert json.loads(json.dumps(facts)) == facts


def test_configuration_of_the_working_directory_is_nothing(tmp_path, monkeypatch):
    before = identity(scripted_weights(bare_card("m")), Settings("scripted"))
    (tmp_path / "config.json").write_text('{"quantization_config": {"bits": 4}}')
    monkeypatch.chdir(tmp_path)
    assert identity(scripted_weights(bare_card("m")), Settings("scripted")) == before


def test_script_is_the_weights_of_a_scripted_model(tmp_path):
    script = tmp_path / "script.json"
    script.write_text("{}")
    card = bare_card("m")
    first = identity(scripted_weights(card, script), Settings("scripted")).digest
    assert first != identity(scripted_weights(card), Settings("scripted")).digest
    script.write_text('{"delay": 0}')
    assert first != identity(scripted_weights(card, script), Settings("scripted")).digest
    with pytest.raises(ModelError, match=r"gone\.json: .*; expected a script of the scripted engine"):
        scripted_weights(card, tmp_path / "gone.json")


def test_settings_of_before_there_was_a_choice_keep_their_key():
    facts = identity(weights({"gguf": "0" * 64}), Settings("transformers")).facts
    assert not {"generation_config", "load_in"} & set(facts["settings"])
