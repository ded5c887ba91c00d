"""Models spread over several places: where layers go, what is said of it, and that the answers stay the same.

No machine with two GPUs was at hand: layers on the disk stand for the second place, which hooks of the same kind serve.
"""

import pytest
import torch
from safetensors.torch import save_file
from tokenizers import Tokenizer
from tokenizers import models
from tokenizers import pre_tokenizers
from transformers import AutoModelForCausalLM
from transformers import LlamaConfig
from transformers import PreTrainedTokenizerFast

from harness.core import Generate
from harness.core import LogLikelihood
from harness.engines.transformers.engine import TransformersEngine
from harness.engines.transformers.placement import device_map
from harness.engines.transformers.placement import spread
from harness.engines.transformers.placement import weight_bytes
from harness.models import Card
from harness.models import Settings
from harness.models import Weights

GIB = 2**30
LAYERS = 3
WORDS = ["<s>", "</s>", *(f"w{number}" for number in range(30))]
OFFLOADED = {
    "model.embed_tokens": "cpu",
    "model.rotary_emb": "cpu",
    **{f"model.layers.{at}": "disk" if at else "cpu" for at in range(LAYERS)},
    "model.norm": "cpu",
    "lm_head": "disk",
}


@pytest.fixture(scope="module")
def weights(tmp_path_factory):
    """A small random model in the Hub's format."""
    folder = tmp_path_factory.mktemp("llama")
    torch.manual_seed(0)
    sizes = {"hidden_size": 32, "intermediate_size": 48, "num_attention_heads": 4, "num_key_value_heads": 2}
    config = LlamaConfig(
        vocab_size=len(WORDS),
        num_hidden_layers=LAYERS,
        max_position_embeddings=128,
        bos_token_id=0,
        eos_token_id=1,
        **sizes,
    )
    model = AutoModelForCausalLM.from_config(config)
    for each in model.parameters():
        each.data = torch.randn(each.shape) * 0.3
    model.save_pretrained(folder)
    core = Tokenizer(models.WordLevel({word: at for at, word in enumerate(WORDS)}, unk_token="</s>"))
    core.pre_tokenizer = pre_tokenizers.Whitespace()
    PreTrainedTokenizerFast(tokenizer_object=core, bos_token="<s>", eos_token="</s>").save_pretrained(folder)
    return Weights(Card("tiny"), str(folder))


def words(first, count):
    return " ".join(f"w{(first + 3 * at) % 30}" for at in range(count))


REQUESTS = [
    LogLikelihood(tuple((words(1, 6), f" w{answer}") for answer in (2, 5, 9))),
    *(Generate(words(start, length), max_tokens=6 + start) for start, length in ((1, 9), (2, 4), (5, 12))),
]


def answers(engine):
    return [response for _, response in sorted(engine.answer(REQUESTS), key=lambda pair: pair[0])]


@pytest.mark.parametrize("batch_tokens", [7, 400])
def test_a_model_that_is_spread_answers_as_one_that_is_not(weights, batch_tokens):
    whole = TransformersEngine(weights, Settings("transformers"), batch_tokens)
    parts = TransformersEngine(weights, Settings("transformers"), batch_tokens, places=OFFLOADED)
    assert parts.model.model.layers[1].mlp.up_proj.weight.device.type == "meta"  # its weights are on the disk
    expected, found = answers(whole), answers(parts)
    assert found[0].values == pytest.approx(expected[0].values, abs=1e-5)
    assert found[1:] == expected[1:]
    ways = parts.describe()["ways"]
    assert [ways[kind][0]["way"] for kind in ("log-likelihoods", "completions")] == ["packed tree", "slots"]


def test_the_manifest_and_a_note_say_where_the_layers_lie(weights):
    parts = TransformersEngine(weights, Settings("transformers"), places=OFFLOADED)
    assert parts.describe()["placement"] == {"cpu": 4, "disk": 3}
    assert parts.describe()["notes"][0] == "its layers are spread over cpu, disk; those not on a GPU are slow"
    assert parts.describe()["linear"] == "torch"
    whole = TransformersEngine(weights, Settings("transformers"), places={"": "cpu"})
    assert whole.describe()["placement"] == {}
    assert whole.describe()["notes"] == parts.describe()["notes"][1:]


@pytest.mark.parametrize(
    ("size", "free", "expected"),
    [
        (7 * GIB, [10 * GIB], {"": torch.device("cuda:0")}),
        (8 * GIB, [10 * GIB], {"": torch.device("cuda:0")}),
        (8 * GIB + 1, [10 * GIB], "auto"),  # what is left goes to the machine's memory
        (8 * GIB, [10 * GIB, 10 * GIB], {"": torch.device("cuda:0")}),  # it fits on one: no spreading
        (8 * GIB, [4 * GIB, 10 * GIB], {"": torch.device("cuda:1")}),
        (9 * GIB, [10 * GIB, 10 * GIB], "auto"),
    ],
)
def test_a_model_is_spread_only_where_it_fits_on_no_single_gpu(size, free, expected):
    assert spread(size, free) == expected


@pytest.mark.parametrize(
    ("device", "expected"),
    [("cpu", None), ("cuda:1", {"": torch.device("cuda:1")}), ("mps", {"": torch.device("mps")})],
)
def test_a_device_that_is_named_is_the_only_one(weights, device, expected):
    assert device_map(weights, Settings("transformers", device=device)) == expected


@pytest.mark.parametrize(("dtype", "width"), [("float32", 4), ("bfloat16", 2)])
def test_weights_are_counted_as_they_will_lie_in_memory(weights, tmp_path, dtype, width):
    count = AutoModelForCausalLM.from_pretrained(weights.directory).num_parameters()
    assert weight_bytes(weights, Settings("transformers", dtype=dtype)) == width * count
    tensors = {
        "a": torch.zeros(3, 5),
        "packed": torch.zeros(7, dtype=torch.uint8),
        "at": torch.zeros(2, dtype=torch.int32),
    }
    save_file(tensors, tmp_path / "model.safetensors")
    own = Weights(Card("tiny"), str(tmp_path))
    assert weight_bytes(own, Settings("transformers", dtype=dtype)) == 15 * width + 7 + 2 * 4


def test_pickled_weights_count_by_their_files(tmp_path):
    (tmp_path / "pytorch_model.bin").write_bytes(bytes(100))
    (tmp_path / "config.json").write_text("{}")
    assert weight_bytes(Weights(Card("tiny"), str(tmp_path)), Settings("transformers")) == 100
