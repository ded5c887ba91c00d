"""Linear layers in oneDNN's order compute what torch's do, and a model that cannot have them is noticed."""

from types import SimpleNamespace

import pytest
import torch
from hypothesis import given
from hypothesis import settings
from hypothesis import strategies as st
from torch import nn

from harness.engines.transformers.linear import PackedLinear
from harness.engines.transformers.linear import can_pack
from harness.engines.transformers.linear import pack

SIZES = st.integers(1, 70)


class Small(nn.Module):
    """A model of one layer, with what `pack` asks of one."""

    device = torch.device("cpu")
    config = SimpleNamespace(get_text_config=lambda: SimpleNamespace(vocab_size=5))

    def __init__(self, dtype: torch.dtype = torch.float32) -> None:
        super().__init__()
        generator = torch.Generator().manual_seed(0)
        self.embedding = nn.Embedding(5, 12, dtype=dtype)
        self.head = nn.Linear(12, 5, dtype=dtype)
        for parameter in self.parameters():
            parameter.requires_grad_(requires_grad=False)
            parameter.normal_(generator=generator)
        self.dtype = dtype

    def forward(self, input_ids: torch.Tensor) -> SimpleNamespace:
        return SimpleNamespace(logits=self.head(self.embedding(input_ids)))


class Peeking(Small):
    """A model that reads a layer's weight itself."""

    def forward(self, input_ids: torch.Tensor) -> SimpleNamespace:
        return SimpleNamespace(logits=nn.functional.linear(self.embedding(input_ids), self.head.weight))


class Counting(Small):
    """A model that answers differently the second time."""

    calls = 0

    def forward(self, input_ids: torch.Tensor) -> SimpleNamespace:
        self.calls += 1
        return SimpleNamespace(logits=super().forward(input_ids).logits * self.calls)


@pytest.fixture(autouse=True)
def _operators() -> None:
    if not can_pack(Small()):
        pytest.skip("this torch has no oneDNN")


@given(rows=SIZES, width=SIZES, out=SIZES, bias=st.booleans())
@settings(max_examples=30, deadline=None)
def test_the_product_is_torchs(rows: int, width: int, out: int, bias: bool) -> None:
    generator = torch.Generator().manual_seed(rows)
    linear = nn.Linear(width, out, bias=bias).requires_grad_(requires_grad=False)
    inputs = torch.randn(2, rows, width, generator=generator)
    torch.testing.assert_close(PackedLinear(linear)(inputs), linear(inputs), atol=1e-5, rtol=1e-5)


def test_a_model_says_the_same_with_packed_layers_and_gets_its_own_back() -> None:
    model, tokens = Small(), torch.tensor([[0, 3, 4]])
    before = model(tokens).logits
    layers = pack(model)
    assert layers is not None
    with layers.used():
        assert isinstance(model.head, PackedLinear)
        torch.testing.assert_close(model(tokens).logits, before)
    assert isinstance(model.head, nn.Linear)


@pytest.mark.parametrize("kind", [Peeking, Counting])
def test_a_model_that_comes_out_differently_is_noticed(kind: type[Small]) -> None:
    assert pack(kind()) is None


def test_only_float32_on_a_cpu_is_packed() -> None:
    assert not can_pack(Small(torch.bfloat16))
