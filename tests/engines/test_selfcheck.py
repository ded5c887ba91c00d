"""Which way of computing a model gets: models that part from themselves in one or another."""

import copy
import json

import pytest
import tiny
import torch
from hypothesis import given
from hypothesis import strategies as st
from sweep import log_p
from sweep import requests
from sweep import written
from tiny import engine
from tiny import save
from transformers import AutoModelForCausalLM
from transformers import BertConfig
from transformers import DogeConfig
from transformers import GenerationConfig
from transformers import GPTNeoConfig
from transformers import LlamaConfig
from transformers import MistralConfig
from transformers import Phi3Config

from harness.core import Generate
from harness.core import LogLikelihood
from harness.core import Refusal
from harness.engines.transformers.engine import TransformersEngine
from harness.engines.transformers.findings import Finding
from harness.engines.transformers.findings import Findings
from harness.engines.transformers.findings import kept_findings
from harness.engines.transformers.reach import BASE
from harness.engines.transformers.reach import reach
from harness.errors import ModelError
from harness.errors import StoreError
from harness.models import Card
from harness.models import Settings
from harness.models import Weights

WORDS = tiny.SMALL["vocab_size"]
LONG = {**tiny.LLAMA_LIKE, **tiny.ENDS, "max_position_embeddings": 256}
LONGROPE = {"rope_type": "longrope", "short_factor": [1.0] * 4, "long_factor": [4.0] * 4, "rope_theta": 10000.0}
NEO = {"vocab_size": WORDS, "hidden_size": 32, "num_layers": 2, "num_heads": 4, "intermediate_size": 48}
MODELS = {
    "window by the column": GPTNeoConfig(
        **NEO, attention_types=[[["global", "local"], 1]], window_size=24, max_position_embeddings=256, **tiny.ENDS
    ),
    "factors by the longest position": Phi3Config(
        **LONG,
        original_max_position_embeddings=48,
        rope_parameters={**LONGROPE, "original_max_position_embeddings": 48},
    ),
    "window by the distance": MistralConfig(**LONG, sliding_window=24),
}


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    """A function from a configuration to a folder with a tiny model of it."""
    found = {}

    def make(config):
        key = config.to_json_string()
        if key not in found:
            found[key] = save(tmp_path_factory.mktemp("model"), config)
        return found[key]

    return make


def ways(engine, kind):
    return [(one["way"], one["up_to"]) for one in engine.describe()["ways"][kind]]


@pytest.mark.parametrize("batch_tokens", [30, 400])
@pytest.mark.parametrize("name", MODELS)
def test_every_length_comes_out_as_the_sequence_alone(made, name, batch_tokens):
    """Neighbours, branches, prompts in parts and the size of a batch change nothing."""
    path = made(MODELS[name])
    asked, plain = requests(), AutoModelForCausalLM.from_pretrained(path).eval()
    plain.generation_config = GenerationConfig()
    model = engine(path, batch_tokens)
    for request, answer in zip(asked, tiny.answers(model, asked), strict=True):
        if isinstance(request, LogLikelihood):
            expected = [log_p(plain, model, *pair) for pair in request.pairs]
            assert answer.values == pytest.approx(expected, abs=1e-4)
        else:
            assert answer.completions[0].text == written(plain, model, request)


def test_the_fastest_way_that_agrees_is_taken_and_the_manifest_says_why(made):
    neo = engine(made(MODELS["window by the column"]))
    assert ways(neo, "log-likelihoods") == [("own cache", 22)]
    assert neo.describe()["ways"]["log-likelihoods"][0]["why"].startswith("packed tree: log P differs by up to ")
    phi = engine(made(MODELS["factors by the longest position"]))
    assert ways(phi, "log-likelihoods") == [("packed tree", 46)]
    tiny.answers(phi, [LogLikelihood(((tiny.words(*range(1, 30), *range(1, 30)), " w3"),))])
    assert ways(phi, "log-likelihoods") == [("packed tree", 46), ("one by one", 256)]
    assert "own cache: log P differs by up to" in phi.describe()["ways"]["log-likelihoods"][1]["why"]
    assert json.loads(json.dumps(phi.describe()))["ways"] == phi.describe()["ways"]
    mistral = engine(made(MODELS["window by the distance"]))
    tiny.answers(mistral, requests())
    assert {way for way, _ in ways(mistral, "log-likelihoods") + ways(mistral, "completions")} == {
        "packed tree",
        "slots",
    }


def test_a_model_without_edges_is_checked_once_and_for_all_lengths(made):
    llama = engine(made(LlamaConfig(**LONG)))
    assert ways(llama, "log-likelihoods") == [("packed tree", 256)]
    before = copy.deepcopy(llama.ways.findings)
    tiny.answers(llama, requests())
    assert vars(llama.ways.findings) == vars(before)


def test_a_model_that_looks_ahead_is_refused_at_load(made):
    bert = BertConfig(**tiny.SMALL, intermediate_size=48, max_position_embeddings=256, **tiny.ENDS)
    with pytest.raises(ModelError, match="tiny: what it says of a token depends on later ones; expected a causal"):
        engine(made(bert))


def test_lengths_at_which_log_p_depends_on_what_follows_are_refused_and_shorter_ones_are_not(made):
    doge = engine(made(DogeConfig(**LONG, keep_window_size=24)))
    short, long = tiny.answers(
        doge, [LogLikelihood(((tiny.words(1, 2), " w3"),)), LogLikelihood(((tiny.words(*range(1, 40)), " w3"),))]
    )
    assert not isinstance(short, Refusal)
    assert isinstance(long, Refusal)
    assert long.reason.startswith(
        "the model cannot be asked for log-likelihoods of more than 22 tokens: what it says of"
    )


def test_a_model_that_is_not_the_same_twice_is_refused_at_load(made, monkeypatch):
    path = made(LlamaConfig(**LONG))
    drawn = torch.nn.functional.silu
    monkeypatch.setattr(torch.nn.functional, "silu", lambda given, **named: drawn(given, **named) + torch.rand(1))
    with pytest.raises(ModelError, match="tiny: two passes over the same tokens differ"):
        engine(path)


class TestKept:
    """A finding is paid once: for these files, this machine, this code."""

    def weights(self, path, digest="a"):
        return Weights(Card("tiny"), str(path), hashes={"model.safetensors": digest})

    def passes(self, path, monkeypatch, batch_tokens=0, digest="a"):
        """How many forward passes loading takes."""
        count = []
        forward = torch.nn.Embedding.forward
        monkeypatch.setattr(torch.nn.Embedding, "forward", lambda self, ids: count.append(1) or forward(self, ids))
        TransformersEngine(self.weights(path, digest), Settings("transformers"), batch_tokens)
        monkeypatch.setattr(torch.nn.Embedding, "forward", forward)
        return len(count)

    def test_the_second_load_computes_nothing(self, made, monkeypatch):
        path = made(LlamaConfig(**LONG))
        assert self.passes(path, monkeypatch) > 0
        assert self.passes(path, monkeypatch) == 0

    def test_other_weights_and_another_batch_are_checked_anew(self, made, monkeypatch):
        path = made(LlamaConfig(**LONG))
        self.passes(path, monkeypatch)
        assert self.passes(path, monkeypatch, digest="b") > 0
        assert self.passes(path, monkeypatch, batch_tokens=40) > 0

    def test_lengths_that_were_not_reached_before_are_checked_when_they_are(self, made):
        path = made(MODELS["factors by the longest position"])
        for expected in (True, False):
            model = TransformersEngine(self.weights(path), Settings("transformers"))
            known = set(model.ways.findings._known)
            model.ways.way("log-likelihoods", 60)
            assert (set(model.ways.findings._known) != known) is expected
            assert model.ways.way("log-likelihoods", 60) == "one by one"

    def test_a_file_that_cannot_be_read_is_as_none(self, tmp_path):
        path = tmp_path / "checks" / "x.json"
        Findings(path).put("a", Finding("it differs", 0.5))
        assert Findings(path).get("a") == Finding("it differs", 0.5)
        path.write_text("{")
        assert Findings(path).get("a") is None

    def test_a_cache_that_cannot_be_written_is_one_sentence(self, tmp_path):
        (tmp_path / "checks").write_text("a file")
        with pytest.raises(StoreError, match=r"checks: File exists; expected a cache directory that can be written"):
            Findings(tmp_path / "checks" / "x.json").put("a", Finding())

    def test_two_processes_keep_what_each_has_found(self, tmp_path):
        one, other = Findings(tmp_path / "x.json"), Findings(tmp_path / "x.json")
        one.put("a", Finding())
        other.put("b", Finding("no"))
        assert Findings(tmp_path / "x.json").get("a") == Finding()

    def test_weights_nobody_has_hashed_are_kept_nowhere(self, tmp_path):
        findings = kept_findings(Weights(Card("tiny"), str(tmp_path)), Settings("transformers"), {})
        findings.put("a", Finding())
        assert kept_findings(Weights(Card("tiny"), str(tmp_path)), Settings("transformers"), {}).get("a") is None


class Config:
    """A configuration with the given fields, as `reach` reads one."""

    def __init__(self, fields):
        self.fields = fields

    def get_text_config(self, **_):
        return self

    def to_dict(self):
        return self.fields


EDGES = [
    "window_size", "sliding_window", "keep_window_size", "attention_chunk_size", "index_topk", "local_attention",
    "original_max_position_embeddings", "attention_window_size", "block_size", "left_context", "mem_len",
    "some_new_reach",
]  # fmt: skip
WIDTHS = [
    "hidden_size", "vocab_size", "num_hidden_layers", "n_head", "head_dim", "intermediate_size", "eos_token_id",
    "rope_theta", "q_lora_rank", "max_window_layers", "n_routed_experts", "moe_intermediate_size", "d_model",
    "num_experts_per_tok",
]  # fmt: skip


@given(
    st.sampled_from(EDGES), st.integers(BASE, 5000), st.lists(st.tuples(st.sampled_from(WIDTHS), st.integers(2, 9000)))
)
def test_an_edge_is_found_wherever_the_configuration_has_it(name, edge, widths):
    for fields in (
        {name: edge},
        {"rope_parameters": {"full_attention": {name: float(edge)}}},
        {"layers": [{name: [edge]}]},
    ):
        found = reach(Config({**dict(widths), **fields}), None)
        assert found.edges == ((edge - 2, edge),)
        assert found.within(edge - 2) == [found.base]
        assert found.within(edge) == [found.base, found.beyond(edge)]
        assert found.beyond(edge) > edge
        assert (found.until(5), found.until(edge)) == (edge - 2, None)


def test_what_lies_behind_the_longest_input_is_no_edge_and_near_ones_are_one():
    config = Config({"sliding_window": 100, "chunk_size": 110, "index_topk": 400, "max_position_embeddings": 400})
    assert reach(config, 400).edges == ((98, 110),)
    assert reach(config, 400).within(400) == [32, 149]
    assert reach(config, 120).beyond(110) == 120
    assert reach(config, 120).passed == [100, 110]


def test_an_index_of_blocks_reaches_as_far_as_its_blocks_together():
    assert reach(Config({"index_block_size": 128, "index_topk_blocks": 16}), None).edges == ((126, 128), (2046, 2048))


def test_a_prompt_that_crosses_an_edge_while_it_is_answered_is_as_generate_has_it(made):
    path = made(MODELS["factors by the longest position"])
    model, plain = engine(path), AutoModelForCausalLM.from_pretrained(path).eval()
    plain.generation_config = GenerationConfig()
    prompts = [Generate(tiny.words(*range(1, length)), max_tokens=30) for length in (20, 35)]
    for request, answer in zip(prompts, tiny.answers(model, prompts), strict=True):
        assert answer.completions[0].text == written(plain, model, request)
