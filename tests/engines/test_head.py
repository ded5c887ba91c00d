"""A projection in parts computes what torch's does, closer to the exact product, and only while it is asked for."""

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from torch import nn

from harness.engines.transformers.head import FEATURES
from harness.engines.transformers.head import SplitLinear
from harness.engines.transformers.head import split_head


def linear(features, *, bias=False, dtype=torch.float32, seed=0):
    generator = torch.Generator().manual_seed(seed)
    made = nn.Linear(features, 50, bias=bias, dtype=dtype)
    for parameter in made.parameters():
        parameter.requires_grad_(requires_grad=False).normal_(generator=generator)
    return made, torch.randn((3, 4, features), generator=generator, dtype=dtype)


class Model(nn.Module):
    """What `split_head` asks of a model."""

    def __init__(self, head):
        super().__init__()
        self.head = head

    def get_output_embeddings(self):
        return self.head

    def set_output_embeddings(self, head):
        self.head = head


@given(features=st.sampled_from([1, FEATURES - 1, FEATURES, FEATURES + 1, 5 * FEATURES]), bias=st.booleans())
def test_the_product_is_that_of_the_whole(features, bias):
    whole, inputs = linear(features, bias=bias)
    assert torch.allclose(SplitLinear(whole)(inputs), whole(inputs), atol=1e-4)
    assert SplitLinear(whole)(inputs[:, :0]).shape == (3, 0, 50)


def test_less_is_lost_to_rounding():
    whole, inputs = linear(4096)
    exact = inputs.double() @ whole.weight.double().T
    losses = [(layer(inputs).double() - exact).pow(2).mean().sqrt() for layer in (SplitLinear(whole), whole)]
    assert losses[0] < losses[1]


def test_it_stands_for_the_head_until_the_block_ends():
    model = Model(linear(8)[0])
    before = model.head
    with split_head(model):
        assert isinstance(model.head, SplitLinear)
    assert model.head is before


@pytest.mark.parametrize(
    "model",
    [
        Model(None),
        Model(nn.Identity()),
        Model(linear(8, dtype=torch.bfloat16)[0]),
        Model(nn.Linear(8, 50, device="meta")),
    ],
    ids=["none", "no-linear", "bfloat16", "elsewhere"],
)
def test_what_is_no_plain_layer_stays(model):
    before = model.head
    with split_head(model):
        assert model.head is before


def test_a_model_over_several_devices_stays():
    model = Model(linear(8)[0])
    model.hf_device_map = {"": "cpu", "head": "disk"}
    before = model.head
    with split_head(model):
        assert model.head is before
