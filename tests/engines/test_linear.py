"""Linear layers in oneDNN's order compute what torch's do, and a model that cannot have them is noticed."""

from types import SimpleNamespace

import pytest
import torch
from hypothesis import given
from hypothesis import settings
from hypothesis import strategies as st
from torch import nn

from harness.engines.transformers.linear import PackedLayers
from harness.engines.transformers.linear import PackedLinear
from harness.engines.transformers.linear import can_pack
from harness.engines.transformers.linear import pack
from harness.errors import EngineError

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
    before, weights = model(tokens).logits, model.head.weight.clone()
    layers = pack(model)
    assert layers is not None
    for _ in range(2):
        layers.use()
        layers.use()
        assert isinstance(model.head, PackedLinear)
        torch.testing.assert_close(model(tokens).logits, before)
        layers.put_away()
        layers.put_away()
        assert isinstance(model.head, nn.Linear)
        assert torch.equal(model.head.weight, weights)


@given(width=SIZES, out=SIZES)
@settings(max_examples=30, deadline=None)
def test_weights_are_held_once_and_come_back_bit_by_bit(width: int, out: int) -> None:
    linear = nn.Linear(width, out).requires_grad_(requires_grad=False)
    model, weights = nn.Sequential(linear), linear.weight.clone()
    layers = PackedLayers(model)
    layers.use()
    assert linear.weight.numel() == 0
    layers.put_away()
    assert torch.equal(linear.weight, weights)


def test_weights_that_skip_bytes_of_others_stay_there() -> None:
    model = Small()
    wide = torch.randn(5, 3000, generator=torch.Generator().manual_seed(0))
    model.head.weight = nn.Parameter(wide[:, 1000:1012], requires_grad=False)
    before = wide.clone()
    layers = pack(model)
    assert layers is not None
    layers.use()
    assert torch.equal(wide, before)
    layers.put_away()
    assert torch.equal(model.head.weight, before[:, 1000:1012])


def test_weights_that_stand_elsewhere_too_stay_there() -> None:
    model, tokens = Small(), torch.tensor([[0, 3, 4]])
    model.head.weight = model.embedding.weight
    before = model(tokens).logits
    layers = pack(model)
    assert layers is not None
    layers.use()
    torch.testing.assert_close(model(tokens).logits, before)
    layers.put_away()
    assert model.head.weight is model.embedding.weight


def test_a_model_that_reads_a_layer_s_weights_itself_keeps_them() -> None:
    model = Peeking()
    weights = model.head.weight.clone()
    assert pack(model) is None
    assert torch.equal(model.head.weight, weights)


def test_a_model_that_does_not_come_back_as_it_was_ends_the_run() -> None:
    with pytest.raises(EngineError, match="not the same after its layers were laid out anew and back; expected one"):
        pack(Counting())


@pytest.mark.parametrize("rows", [slice(0, 5), slice(2, 4)])
def test_weights_that_overlap_another_parameter_or_a_buffer_stay_there(rows: slice) -> None:
    for register in ("register_parameter", "register_buffer"):
        model = Small()
        part = model.head.weight.detach()[rows]
        whole = register == "register_buffer"
        getattr(model, register)("alias", part if whole else nn.Parameter(part, requires_grad=False))
        before = part.clone()
        layers = pack(model)
        assert layers is not None
        layers.use()
        assert torch.equal(part, before)
        assert layers.in_use


def test_only_float32_on_a_cpu_is_packed() -> None:
    assert not can_pack(Small(torch.bfloat16))
