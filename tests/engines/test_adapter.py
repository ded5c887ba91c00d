"""LoRA adapters and weights quantised as they are loaded: what is answered is what PEFT's own model computes."""

import json
import shutil

import pytest
import torch
from tiny import FAMILIES
from tiny import answers
from tiny import engine
from tiny import save
from tiny import weights_in
from tiny import words
from transformers import AutoModelForCausalLM

from harness.core import Generate
from harness.core import LogLikelihood
from harness.engines.descriptor import Choice
from harness.engines.registry import find
from harness.engines.transformers.checkpoint import load
from harness.engines.transformers.engine import TransformersEngine
from harness.errors import CrosstaskError
from harness.models import Settings
from harness.models.adapters import with_adapter
from harness.models.local import card_of

PAIRS = tuple((words(1, 2, 3, 4), words(*more)) for more in ((5,), (6, 7), (8, 9, 10)))


def peft():
    """The library, or the test is not run."""
    return pytest.importorskip("peft", reason="not run: the extra peft is not installed")


def adapter(base, path, seed=1, **more):
    """Write a random adapter of a model, as PEFT does; returns its folder."""
    torch.manual_seed(seed)
    config = peft().LoraConfig(**{"r": 4, "target_modules": ["q_proj", "v_proj", "up_proj"], **more})
    with_layers = peft().get_peft_model(AutoModelForCausalLM.from_pretrained(base), config)
    for name, weights in with_layers.named_parameters():
        if "lora_" in name:
            weights.data = torch.randn(weights.shape) * 0.2
    with_layers.save_pretrained(path)
    return path


@pytest.fixture
def base(tmp_path):
    return save(tmp_path / "base", FAMILIES["llama"])


def opened(base, folder=None, **settings):
    weights = weights_in(base)
    weights = weights if folder is None else with_adapter(weights, folder)
    return TransformersEngine(weights, Settings("transformers", **settings))


def plain(model, tokens, pairs=PAIRS):
    """log P of each continuation by a forward pass of the model over this one sequence."""
    found = []
    for context, continuation in pairs:
        before, ids = (tokens.tokenizer.encode(text) for text in (context, context + continuation))
        with torch.no_grad():
            log_p = torch.log_softmax(model(input_ids=torch.tensor([ids])).logits[0].double(), -1)
        found.append(sum(log_p[at - 1, ids[at]].item() for at in range(len(before), len(ids))))
    return found


@pytest.mark.parametrize("more", [{}, {"use_dora": True, "use_rslora": True}, {"lora_bias": True}])
def test_log_likelihoods_are_those_of_peft(base, tmp_path, more):
    folder = adapter(base, tmp_path / "adapter", **more)
    made = opened(base, folder)
    reference = peft().PeftModel.from_pretrained(AutoModelForCausalLM.from_pretrained(base), folder).eval()
    (found,) = answers(made, [LogLikelihood(PAIRS)])
    assert found.values == pytest.approx(plain(reference, made.tokens), abs=1e-4)
    (without,) = answers(opened(base), [LogLikelihood(PAIRS)])
    assert max(abs(one - other) for one, other in zip(found.values, without.values, strict=True)) > 0.05
    assert made.describe()["ways"]["log-likelihoods"][0]["way"] == "packed tree"
    assert "the adapter adapter was made for" in made.describe()["notes"][0]
    apart = "lora_bias" in more  # the model's layers have no bias that it could be added to
    how = "computed beside its weights" if apart else "added to its weights"
    assert made.describe()["notes"][0].endswith(f"here it is {how}")
    assert any("lora" in name for name, _ in made.model.named_modules()) == apart


def test_completions_are_those_of_peft(base, tmp_path):
    folder = adapter(base, tmp_path / "adapter")
    made = opened(base, folder)
    reference = peft().PeftModel.from_pretrained(AutoModelForCausalLM.from_pretrained(base), folder).eval()
    (found,) = answers(made, [Generate(words(1, 2, 3), max_tokens=8)])
    ids = torch.tensor([made.tokens.tokenizer.encode(words(1, 2, 3))])
    written = reference.generate(input_ids=ids, max_new_tokens=8, do_sample=False)[0, ids.shape[1] :]
    assert found.completions[0].text == made.tokens.tokenizer.decode(written, skip_special_tokens=True)


def test_in_fewer_bits_it_stays_beside_the_weights(base, tmp_path):
    folder = adapter(base, tmp_path / "adapter")
    loaded = load(with_adapter(weights_in(base), folder), Settings("transformers", dtype="bfloat16"))
    assert any("lora" in name for name, _ in loaded.model.named_modules())
    assert loaded.notes[0].endswith("here it is computed beside its weights")


def identity_of(base, folder, **options):
    options = {"device": "cpu", "dtype": "auto", "adapter": folder, **options}
    return find("transformers").prepare(card_of(base), Choice("transformers", find("transformers"), options))


def test_the_identity_has_what_is_in_it_and_not_where_it_lies(base, tmp_path):
    first = adapter(base, tmp_path / "first")
    moved = shutil.copytree(first, tmp_path / "moved")
    other = adapter(base, tmp_path / "other", seed=2)
    digests = [identity_of(base, folder).identity.digest for folder in (None, first, moved, other)]
    assert digests[1] == digests[2]
    assert len(set(digests)) == 3
    config = json.loads((moved / "adapter_config.json").read_text())
    (moved / "adapter_config.json").write_text(json.dumps({**config, "lora_alpha": 99}))
    prepared = identity_of(base, moved)
    assert prepared.identity.digest not in digests
    assert prepared.identity.facts["libraries"]["peft"]
    assert "peft" not in identity_of(base, None).identity.facts["libraries"]


def spoilt(base, path, change):
    folder = adapter(base, path)
    change(folder)
    return folder


@pytest.mark.parametrize(
    ("change", "why"),
    [
        (lambda folder: (folder / "adapter_config.json").unlink(), "no adapter_config.json; expected a folder that"),
        (lambda folder: (folder / "adapter_model.safetensors").unlink(), "no weights; expected adapter_model.safeten"),
        (
            lambda folder: (folder / "adapter_model.safetensors").rename(folder / "adapter_model.bin"),
            r"pickled weights \(adapter_model.bin\), which can run code as they load; expected adapter_model.safetens",
        ),
        (
            lambda folder: (folder / "adapter_config.json").write_text('{"peft_type": "PREFIX_TUNING"}'),
            "found an adapter of type PREFIX_TUNING; expected LORA",
        ),
    ],
)
def test_what_is_no_adapter_is_refused_in_one_sentence(base, tmp_path, change, why):
    with pytest.raises(CrosstaskError, match=rf"^--adapter \S+/adapter: {why}"):
        with_adapter(weights_in(base), spoilt(base, tmp_path / "adapter", change))


def test_an_adapter_of_another_model_is_refused(base, tmp_path):
    wide = save(tmp_path / "wide", type(FAMILIES["llama"])(**{**FAMILIES["llama"].to_dict(), "hidden_size": 64}))
    deep = save(tmp_path / "deep", type(FAMILIES["llama"])(**{**FAMILIES["llama"].to_dict(), "num_hidden_layers": 3}))
    other = save(tmp_path / "gpt2", FAMILIES["gpt2"])
    for stranger, adapted, why in (
        (wide, base, "size mismatch for .*"),
        (deep, base, r"6 tensors that the model or the file lacks \(base_model.model.model.layers.2.*\)"),
        (base, other, "Target modules .*"),
    ):
        folder = adapter(stranger, tmp_path / f"of-{stranger.name}")
        with pytest.raises(CrosstaskError, match=rf"^--adapter \S+: {why}; expected an adapter of tiny$"):
            opened(adapted, folder)


def test_an_adapter_is_no_model(base, tmp_path):
    folder = adapter(base, tmp_path / "adapter")
    with pytest.raises(
        CrosstaskError, match=r"adapter': a PEFT adapter; expected --model with its base, and --adapter"
    ):
        find("transformers").resolve(str(folder))


@pytest.mark.parametrize("bits", ["4bit", "8bit"])
def test_quantised_weights_are_computed_as_one_sequence_alone(tmp_path, bits):
    pytest.importorskip("bitsandbytes", reason="not run: the extra bitsandbytes is not installed")
    wider = {**FAMILIES["llama"].to_dict(), "hidden_size": 64, "head_dim": 16, "intermediate_size": 128}
    base = save(tmp_path / "base", type(FAMILIES["llama"])(**wider))  # its blocks are of 64 weights
    made = opened(base, load_in=bits)
    assert made.describe()["ways"]["log-likelihoods"][0]["way"] == "packed tree"
    (found,) = answers(made, [LogLikelihood(PAIRS)])
    # its kernels for a CPU round to bfloat16 or float16, and a rounding may turn with the number of rows
    assert found.values == pytest.approx(plain(made.model, made.tokens), abs=0.02)
    (full,) = answers(engine(base), [LogLikelihood(PAIRS)])
    assert found.values != pytest.approx(full.values, abs=0.05)
    with_layers = opened(base, adapter(base, tmp_path / "adapter"), load_in=bits)
    (changed,) = answers(with_layers, [LogLikelihood(PAIRS)])
    assert changed.values == pytest.approx(plain(with_layers.model, with_layers.tokens), abs=0.02)
    assert changed.values != pytest.approx(found.values, abs=0.05)
    assert any("lora" in name for name, _ in with_layers.model.named_modules())


def test_what_cannot_be_quantised_is_refused_in_one_sentence(base):
    config = json.loads((base / "config.json").read_text())
    (base / "config.json").write_text(json.dumps({**config, "quantization_config": {"quant_method": "fp8"}}))
    card = card_of(base)
    prepared = find("transformers").prepare(card, Choice("transformers", find("transformers"), {"device": "cpu"}))
    with pytest.raises(
        CrosstaskError, match=r"^--load-in 8bit: base is quantised already; expected weights in a float"
    ):
        load(prepared.weights, Settings("transformers", load_in="8bit"))
