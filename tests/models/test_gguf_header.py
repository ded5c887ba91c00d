"""The metadata of GGUF files, against files that the `gguf` package writes."""

import numpy as np
import pytest
from gguf import GGUFWriter

from harness.errors import ModelError
from harness.models.cards import resolve
from harness.models.gguf_header import read_header


@pytest.fixture
def model(tmp_path):
    """A GGUF file with every kind of metadata and two tensors, 2 x 3 and 5."""
    path = tmp_path / "Tiny.Q4_1.gguf"
    writer = GGUFWriter(path, "llama")
    writer.add_string("general.name", "Tiny")
    writer.add_uint64("a.u64", 2**40)
    writer.add_int8("a.i8", -3)
    writer.add_float64("a.f64", 0.25)
    writer.add_bool("a.flag", val=True)
    writer.add_array("tokenizer.ggml.tokens", ["a", "", "\N{GREEK SMALL LETTER ALPHA}" * 9])
    writer.add_array("tokenizer.ggml.token_type", [1, 2, 3])
    writer.add_string("tokenizer.chat_template", "{{ '<think>' }}")
    writer.add_tensor("one", np.zeros((2, 3), dtype=np.float32))
    writer.add_tensor("two", np.zeros(5, dtype=np.float32))
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()
    return path


def test_scalars_and_text_are_read_and_arrays_stepped_over(model):
    header = read_header(model)
    assert header.metadata == {
        "general.architecture": "llama",
        "general.name": "Tiny",
        "a.u64": 2**40,
        "a.i8": -3,
        "a.f64": 0.25,
        "a.flag": True,
        "tokenizer.chat_template": "{{ '<think>' }}",
    }
    assert header.parameters == 11


def test_card_of_a_gguf_file(model):
    card = resolve(str(model))
    assert (card.name, card.path) == ("Tiny.Q4_1", str(model))
    assert (card.chat, card.reasoning, card.parameters) == (True, True, 11)


@pytest.mark.parametrize("kept", [0, 3, 10, 40, 200])
def test_file_that_ends_early_is_one_sentence(model, kept):
    model.write_bytes(model.read_bytes()[:kept])
    with pytest.raises(
        ModelError, match=r"Tiny\.Q4_1\.gguf: not a whole GGUF file \(.*\); expected GGUF version 2 or 3"
    ):
        read_header(model)


@pytest.mark.parametrize("start", [b"GGUF\x01\x00\x00\x00", b"GGUF\x00\x00\x00\x03", b"PK\x03\x04\x00\x00\x00\x00"])
def test_other_versions_byte_orders_and_formats_are_refused(model, start):
    model.write_bytes(start + model.read_bytes()[8:])
    with pytest.raises(ModelError, match="not a GGUF file of a known version"):
        read_header(model)
