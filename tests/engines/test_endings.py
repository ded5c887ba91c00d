"""How a completion ends: by every token its files call an end, by stop strings no text shows, not by broken numbers."""

import inspect
import math

import numpy as np
import pytest
import torch
from gguf import GGUFWriter
from hypothesis import given
from hypothesis import strategies as st
from tiny import answers
from tiny import engine
from tiny import tokenizer
from tiny import weights_in
from tiny import words
from tokenizers import AddedToken
from tokenizers.pre_tokenizers import ByteLevel

from harness.core import Completion
from harness.core import Generate
from harness.core import Refusal
from harness.engines.texts.completion import Draft
from harness.engines.texts.completion import Limits
from harness.engines.texts.tokens import Tokens
from harness.engines.transformers.drawing import Chooser
from harness.engines.transformers.drawing import choose
from harness.engines.transformers.engine import TransformersEngine
from harness.models import Card
from harness.models import Settings
from harness.models import Weights

NOT_FINITE = Refusal("the model gave logits that are no finite numbers")
NUMBERS = st.sampled_from([0.0, 1.5, -2.0, math.nan, math.inf, -math.inf])


@given(
    st.lists(st.lists(NUMBERS, min_size=1, max_size=4), min_size=1, max_size=4).map(
        lambda rows: [(row * 4)[:4] for row in rows]
    )
)
@pytest.mark.parametrize("chooser", [Chooser(0.0, 1.0, 0, 0), Chooser(1.0, 1.0, 0, 0), Chooser(0.5, 0.9, 0, 0)])
def test_a_token_is_chosen_where_softmax_gives_probabilities(chooser, rows):
    """Softmax itself is the oracle: NaN comes out of a NaN, of +inf, and of a row that is -inf throughout."""
    logits = torch.tensor(rows)
    chosen = choose(logits, [chooser] * len(rows), [0] * len(rows))
    probabilities = torch.softmax(logits, -1)
    assert [token is not None for token in chosen] == probabilities.isfinite().all(-1).tolist()
    assert all(probabilities[row, token] > 0 for row, token in enumerate(chosen) if token is not None)


@pytest.mark.parametrize("value", [math.nan, math.inf])
@pytest.mark.parametrize("temperature", [0.0, 1.0])
@pytest.mark.parametrize("family", ["llama", "mamba"])
def test_a_completion_of_no_finite_logits_is_refused_and_the_others_are_written(folder, family, temperature, value):
    """The embedding of w5 is broken, so that what reads or writes w5 is refused and nothing else is."""
    tiny = engine(folder(family))
    prompts = [words(1, 2), words(3, 5), words(7), words(5, 6)]
    sound = answers(tiny, [Generate(prompt, max_tokens=3, temperature=temperature) for prompt in prompts])
    assert not any(isinstance(response, Refusal) for response in sound)
    with torch.no_grad():
        tiny.model.get_input_embeddings().weight[tiny.tokens.encode(words(5))[0], 0] = value
    found = answers(tiny, [Generate(prompt, max_tokens=3, temperature=temperature) for prompt in prompts])
    for prompt, before, response in zip(prompts, sound, found, strict=True):
        written = before.completions[0].text.split()
        if "w5" in prompt.split():
            assert response == NOT_FINITE
        elif "w5" not in written:
            assert response in (before, NOT_FINITE)  # a model with tied weights has w5 among its logits too
    assert any(isinstance(response, Refusal) for response in found)


@pytest.mark.parametrize("family", ["llama", "mamba"])
def test_a_completion_that_breaks_on_its_way_is_refused(folder, family, monkeypatch):
    """The third pass gives NaN: the answer of two tokens is whole, the answer of four is refused."""
    tiny = engine(folder(family))
    forward, calls = tiny.model.forward, []

    def breaking(*given, **named):
        output = forward(*given, **named)
        calls.append(1)
        if len(calls) > 2:
            output.logits[:] = math.nan
        return output

    breaking.__signature__ = inspect.signature(forward)
    answers(tiny, [Generate(words(9), max_tokens=1)])  # whatever is looked at once is looked at before
    monkeypatch.setattr(tiny.model, "forward", breaking)
    (short,) = answers(tiny, [Generate(words(1, 2), max_tokens=2)])
    calls.clear()
    (long,) = answers(tiny, [Generate(words(1, 2), max_tokens=4)])
    assert short.completions[0].tokens == 2
    assert long == NOT_FINITE


@pytest.mark.parametrize("named", [True, False], ids=["in all_special_tokens", "special only where it was added"])
def test_a_stop_string_that_is_a_special_token_ends_the_answer(named):
    made = tokenizer()
    token = AddedToken("<|eot_id|>", special=True, normalized=False)
    if named:
        made.add_special_tokens({"additional_special_tokens": [token]})
    else:
        made.add_tokens([token])
        assert "<|eot_id|>" not in made.all_special_tokens
    tokens = Tokens(made)
    draft = Draft(tokens, Limits(20, frozenset({1}), ("<|eot_id|>",)))
    for token in tokens.bare(" w18<|eot_id|> w3 w4"):
        if draft.push(token):
            break
    assert draft.completion == Completion(" w18", "stop", 1)


HIDDEN = ("<|a|>", "<|b|>")


def with_hidden():
    made = tokenizer()
    made.add_special_tokens({"additional_special_tokens": [AddedToken(HIDDEN[0], special=True, normalized=False)]})
    made.add_tokens([AddedToken(HIDDEN[1], special=True, normalized=False)])
    return Tokens(made)


def written(tokens, text, *stops, thinks=None):
    """What is left of a text when its tokens are written one after the other, and whether each ended it."""
    draft = Draft(tokens, Limits(40, frozenset({1}), stops, thinks))
    ended = []
    for token in tokens.bare(text):
        ended.append(draft.push(token))
        if ended[-1]:
            break
    return draft.completion, ended


@pytest.mark.parametrize("hidden", HIDDEN)
@pytest.mark.parametrize(
    ("text", "stop", "left"),
    [
        (" w18{} w3 w4", "{} w3", " w18"),
        (" w18 w3{} w4", " w3{}", " w18"),
        (" w18 w3{} w4 w5", " w3{} w4", " w18"),
        (" w18{}{} w4", "{}{}", " w18"),
        (" w18{} w3 w4", "8{} w", " w1"),
        ("{} w3 w4", "{} w3", ""),
    ],
)
def test_a_stop_string_that_holds_a_special_token_ends_the_answer(hidden, text, stop, left):
    found, ended = written(with_hidden(), text.format(hidden, hidden), stop.format(hidden, hidden))
    assert (found.text, found.finish) == (left, "stop")
    assert ended[-1]
    assert not any(ended[:-1])


def test_another_special_token_in_the_answer_stays_hidden():
    first, second = HIDDEN
    found, _ = written(with_hidden(), f" w1{first} w2{second} w3 w4", f"{second} w3")
    assert (found.text, found.finish) == (" w1 w2", "stop")


def test_the_stop_string_that_comes_first_counts():
    found, _ = written(with_hidden(), f" w1 w2{HIDDEN[0]} w3", f" w2{HIDDEN[0]}", f"1 w2{HIDDEN[0]} w3")
    assert (found.text, found.finish) == (" w1", "stop")


def test_a_long_answer_is_looked_at_by_its_last_tokens_alone(monkeypatch):
    tokens, lengths = with_hidden(), []
    real = tokens.before
    monkeypatch.setattr(tokens, "before", lambda some, text: lengths.append(len(some)) or real(some, text))
    draft = Draft(tokens, Limits(500, frozenset({1}), (f"{HIDDEN[0]} w3",)))
    for _ in range(300):
        draft.push(tokens.bare(" w5")[0])
    assert max(lengths) < 20
    assert draft.finish is None


@given(st.lists(st.sampled_from([" w1", " w2", " w18", *HIDDEN]), max_size=8), st.sampled_from(HIDDEN), st.data())
def test_the_answer_is_what_stands_before_the_stop_string(parts, hidden, data):
    """Of a text in pieces, any slice that holds a special token stops it where that slice first stands."""
    tokens = with_hidden()
    stop = data.draw(st.sampled_from([f"{hidden} w1", f" w2{hidden}", f" w1{hidden} w2", f"{hidden}{hidden}"]))
    text = "".join(parts)
    found, ended = written(tokens, text, stop)
    place = text.find(stop)
    visible = text if place < 0 else text[:place]
    for name in HIDDEN:
        visible = visible.replace(name, "")
    assert (found.text, any(ended)) == (visible, place >= 0)


def test_a_stop_string_that_is_an_added_token_of_text_is_cut_from_the_text():
    made = tokenizer()
    made.add_tokens([AddedToken("<|next|>", special=False, normalized=False)])
    tokens = Tokens(made)
    assert tokens.single("<|next|>") is None
    draft = Draft(tokens, Limits(20, frozenset({1}), ("<|next|>",)))
    ended = [draft.push(token) for token in tokens.bare(" w18<|next|>")]
    assert ended == [False, True]
    assert draft.completion == Completion(" w18", "stop", 2)


ALPHABET = sorted(ByteLevel.alphabet())
GGUF_TOKENS = [*ALPHABET, "<|a|>", "<|b|>", "<|c|>", "ab"]


def gguf(path, **ends):
    """A tiny Llama in a GGUF file whose metadata names these ends."""
    size, wide, vocabulary = 32, 64, len(GGUF_TOKENS)
    made = GGUFWriter(str(path), "llama")
    made.add_context_length(64)
    made.add_embedding_length(size)
    made.add_block_count(1)
    made.add_feed_forward_length(wide)
    made.add_head_count(2)
    made.add_head_count_kv(2)
    made.add_layer_norm_rms_eps(1e-5)
    made.add_rope_dimension_count(16)
    made.add_vocab_size(vocabulary)
    made.add_tokenizer_model("gpt2")
    made.add_tokenizer_pre("smollm")
    made.add_token_list(GGUF_TOKENS)
    made.add_token_merges(["a b"])
    made.add_token_types([1] * len(ALPHABET) + [3, 3, 3, 1])
    made.add_bos_token_id(len(ALPHABET))
    for name, token in ends.items():
        getattr(made, f"add_{name}_token_id")(token)
    draw = np.random.default_rng(0)
    shapes = {
        "token_embd": (vocabulary, size),
        "output": (vocabulary, size),
        **{f"blk.0.attn_{name}": (size, size) for name in ("q", "k", "v", "output")},
        "blk.0.ffn_gate": (wide, size),
        "blk.0.ffn_up": (wide, size),
        "blk.0.ffn_down": (size, wide),
    }
    for name, shape in shapes.items():
        made.add_tensor(f"{name}.weight", (draw.standard_normal(shape) * 0.3).astype(np.float32))
    for name in ("output_norm", "blk.0.attn_norm", "blk.0.ffn_norm"):
        made.add_tensor(f"{name}.weight", np.ones(size, np.float32))
    made.write_header_to_file()
    made.write_kv_data_to_file()
    made.write_tensors_to_file()
    made.close()
    return Weights(Card("tiny"), str(path.parent), path.name)


FIRST = len(ALPHABET)


@pytest.mark.parametrize(
    ("ends", "expected"),
    [
        ({"eos": FIRST}, {FIRST}),
        ({"eos": FIRST, "eot": FIRST + 1}, {FIRST, FIRST + 1}),
        ({"eos": FIRST, "eot": FIRST + 2, "eom": FIRST + 1}, {FIRST, FIRST + 1, FIRST + 2}),
        ({"eos": FIRST, "eot": FIRST}, {FIRST}),
        ({"eos": FIRST, "eot": 2**32 - 1}, {FIRST}),
    ],
)
def test_every_end_a_gguf_names_is_one(tmp_path, ends, expected):
    """The keys are those of ggml's gguf.md and of llama.cpp's `llama_vocab::impl::load`; one outside is none."""
    tiny = TransformersEngine(gguf(tmp_path / "tiny.gguf", **ends), Settings("transformers"))
    assert tiny.describe()["eos"] == sorted(expected)


def test_a_folder_names_its_ends_in_its_generation_config(folder):
    tiny = TransformersEngine(weights_in(folder("llama")), Settings("transformers"))
    assert tiny.describe()["eos"] == [1]
