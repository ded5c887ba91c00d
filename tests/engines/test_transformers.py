"""Tiny random models of many families: what the engine answers is what a plain forward pass says.

The real weights are compared with lm-evaluation-harness's own logs in `test_parity`.
"""

import inspect
import json
import math
import time

import pytest
import torch
from tiny import FAMILIES
from tiny import PACKED
from tiny import alone
from tiny import answers
from tiny import engine
from tiny import tokenizer
from tiny import words
from transformers import AutoModelForCausalLM

from harness.core import Generate
from harness.core import LogLikelihood
from harness.core import Message
from harness.core import Refusal
from harness.core import Rolling
from harness.errors import EngineError
from harness.errors import ModelError

PAIRS = [
    (words(1, 2, 3, 4, 5, 6, 7, 8), words(9, 10)),
    (words(1, 2, 3, 4, 5, 6, 7, 8), words(9, 11, 12)),
    (words(1, 2, 3, 4, 5, 6, 7, 8), words(13)),
    (words(1, 2, 3, 4), words(5, 6, 7, 8, 9, 14)),
    (words(1, 2), words(3)),
    (words(20, 21, 22, 23, 24, 25, 26, 27, 28, 29), words(30, 31)),
    ("", words(1, 2)),
]


@pytest.mark.parametrize("batch_tokens", [1, 7, 400])
@pytest.mark.parametrize("family", FAMILIES)
def test_log_likelihoods_are_those_of_a_plain_forward_pass(folder, family, batch_tokens):
    """Shared prefixes, cached spines, windows of 6 tokens, padded batches: the same number to 1e-4 nats."""
    tiny = engine(folder(family), batch_tokens)
    assert (tiny.describe()["ways"]["log-likelihoods"][0]["way"] == "packed tree") is (family in PACKED)
    requests = [LogLikelihood(tuple(PAIRS)), *(LogLikelihood((pair,)) for pair in PAIRS)]
    for _ in range(2):
        whole, *single = answers(tiny, requests)
        for at, pair in enumerate(PAIRS):
            value, tokens, greedy = alone(tiny, *pair)
            for response, place in ((whole, at), (single[at], 0)):
                assert response.values[place] == pytest.approx(value, abs=1e-4)
                assert (response.tokens[place], response.greedy[place]) == (tokens, greedy)


@pytest.mark.parametrize("batch_tokens", [1, 40, 400])
@pytest.mark.parametrize("family", FAMILIES)
def test_greedy_completions_are_those_of_generate(folder, family, batch_tokens):
    tiny = engine(folder(family), batch_tokens)
    assert (tiny.describe()["ways"]["completions"][0]["way"] == "slots") is (family in PACKED)
    prompts = [words(*range(start, start + length)) for start, length in ((1, 9), (1, 4), (5, 12), (30, 3), (1, 9))]
    requests = [Generate(prompt, max_tokens=5 + 3 * at) for at, prompt in enumerate(prompts)]
    for request, response in zip(requests, answers(tiny, requests), strict=True):
        ids = torch.tensor([tiny.tokens.encode(request.prompt)])
        written = tiny.model.generate(ids, max_new_tokens=request.max_tokens, do_sample=False, pad_token_id=1)
        expected = [token for token in written[0, ids.shape[1] :].tolist() if token != 1]
        completion = response.completions[0]
        assert completion.text == tiny.tokens.decode(expected)
        assert completion.tokens == len(expected)
        assert completion.finish == ("length" if len(expected) == request.max_tokens else "stop")
        assert response.prompt_tokens == ids.shape[1]


def test_a_tokenizer_that_adds_bos_is_scored_with_one(folder):
    tiny = engine(folder("llama", bos=True))
    (response,) = answers(tiny, [LogLikelihood((PAIRS[0],))])
    assert response.values[0] == pytest.approx(alone(tiny, *PAIRS[0])[0], abs=1e-4)
    assert tiny.describe()["bos_policy"] == "the tokenizer adds it"


def test_a_rolling_text_is_scored_whole_and_in_windows(folder):
    """Longer than the context of 128: the last window scores only the tokens behind the first one."""
    tiny = engine(folder("llama"))
    numbers = [7 * at % 40 for at in range(150)]
    short, long, empty = answers(tiny, [Rolling(words(*numbers[:20])), Rolling(words(*numbers)), Rolling("")])
    assert short.values[0] == pytest.approx(alone(tiny, "", words(*numbers[:20]))[0], abs=1e-3)
    first = alone(tiny, "", words(*numbers[:128]))[0]
    rest = alone(tiny, words(*numbers[21:128]), words(*numbers[128:]))[0]
    assert long.tokens == (150,)
    assert long.values[0] == pytest.approx(first + rest, abs=1e-3)
    assert (empty.values, empty.tokens) == ((0,), (0,))


def test_what_is_longer_than_the_context_is_refused_with_both_lengths(folder):
    tiny = engine(folder("llama"))
    long = words(*([3] * 140))
    scored, written = answers(tiny, [LogLikelihood(((long, " w1"),)), Generate(words(*([3] * 120)), max_tokens=20)])
    assert scored == Refusal("the prompt has 140 tokens; the model's context is 128 tokens")
    assert written == Refusal("the prompt has 120 tokens and may get 20 more; the model's context is 128 tokens")


def test_truncation_from_the_left_is_counted(folder):
    tiny = engine(folder("llama"), truncate="left")
    numbers = [7 * at % 40 for at in range(140)]
    scored, written, hopeless = answers(
        tiny,
        [
            LogLikelihood(((words(*numbers), " w1"),)),
            Generate(words(*numbers), max_tokens=20),
            LogLikelihood(((" w1", words(*numbers)),)),
        ],
    )
    assert scored.dropped == 12
    assert scored.values[0] == pytest.approx(alone(tiny, words(*numbers[12:]), " w1")[0], abs=1e-4)
    assert (written.dropped, written.prompt_tokens) == (32, 108)
    assert isinstance(hopeless, Refusal)


def test_a_completion_ends_before_the_first_stop_string(folder):
    tiny = engine(folder("llama"))
    prompt = words(1, 2, 3)
    (free,) = answers(tiny, [Generate(prompt, max_tokens=12)])
    text = free.completions[0].text
    stop = text.split()[3]
    (stopped,) = answers(tiny, [Generate(prompt, max_tokens=12, stop=("nowhere", stop, ""))])
    assert stopped.completions[0].text == text[: text.index(stop)]
    assert stopped.completions[0].finish == "stop"
    needed = stopped.completions[0].tokens
    shorter, longer = answers(tiny, [Generate(prompt, max_tokens=needed - 1), Generate(prompt, max_tokens=needed)])
    assert stop not in shorter.completions[0].text
    assert stop in longer.completions[0].text


def test_samples_depend_on_their_own_seed_alone(folder):
    """The same draws alone, among others, in any order, in any batch size."""
    draws = Generate(words(1, 2), max_tokens=8, temperature=1.5, top_p=0.9, samples=5, seed=3)
    others = [Generate(words(at, 5), max_tokens=9, temperature=1.0, seed=3) for at in range(4)]
    (expected,) = answers(engine(folder("llama")), [draws])
    assert len({completion.text for completion in expected.completions}) > 1
    for batch_tokens in (1, 48, 400):
        found = answers(engine(folder("llama"), batch_tokens), [*others, draws])
        assert found[-1] == expected
    (other,) = answers(engine(folder("llama")), [Generate(**{**fields(draws), "seed": 4})])
    assert other != expected


def test_each_answer_says_when_it_began_and_ended(folder):
    requests = [Generate(words(at, 5), max_tokens=6) for at in range(3)]
    began = time.perf_counter()
    *texts, scored = answers(engine(folder("llama")), [*requests, LogLikelihood(((words(1), words(2)),))])
    took = time.perf_counter() - began
    for text in texts:
        (one,) = text.completions
        assert 0 < one.first_token <= one.latency < took
        assert one.tokens < 2 or one.first_token < one.latency
    assert 0 < scored.latency < took


def fields(request):
    return {name: getattr(request, name) for name in request.__slots__}


def test_samples_of_a_model_without_slots_are_drawn_the_same_way(folder):
    draws = Generate(words(1, 2), max_tokens=8, temperature=1.5, samples=3, seed=3)
    alone_, crowded = engine(folder("mamba")), engine(folder("mamba"), 16)
    assert answers(alone_, [draws]) == answers(crowded, [Generate(words(4)), draws])[1:]


def test_a_greedy_request_for_samples_is_answered_once_and_copied(folder):
    (response,) = answers(engine(folder("llama")), [Generate(words(1), max_tokens=4, samples=3)])
    assert len(set(response.completions)) == 1
    assert len(response.completions) == 3


def test_a_text_no_tokenizer_takes_is_refused_and_the_rest_answered(folder):
    found = answers(
        engine(folder("llama")),
        [LogLikelihood((("a\ud800", "b"),)), Generate("\udfff"), LogLikelihood((PAIRS[0],))],
    )
    assert found[0] == Refusal("the text holds a lone surrogate at character 1; no tokenizer takes it")
    assert isinstance(found[1], Refusal)
    assert found[2].tokens == (2,)


def test_turns_the_template_refuses_are_refused_with_its_reason(folder):
    tiny = engine(folder("llama"), template=True)
    tiny.tokens.tokenizer.chat_template = "{{ raise_exception('roles must alternate') }}"
    (found,) = answers(tiny, [Generate((Message("assistant", "w1"), Message("user", "w2")))])
    assert found == Refusal("the chat template refuses these turns: roles must alternate")


def test_a_chat_template_renders_turns_with_one_bos(folder):
    tiny = engine(folder("llama", bos=True), template=True)
    (response,) = answers(tiny, [Generate((Message("user", "w2"), Message("assistant", "w3")), max_tokens=1)])
    assert tiny.tokens.prompt(Generate("w2"), template=True)[:3] == [0, 4, 5]
    assert response.prompt_tokens == 5


@pytest.mark.parametrize("family", ["llama", "mamba"])
def test_out_of_memory_halves_the_batch_and_goes_on(folder, family, monkeypatch):
    """The model's memory ends at 20 positions a pass (spine not counted): same answers, smaller passes."""
    requests = [LogLikelihood((pair,)) for pair in PAIRS] + [Generate(words(at, 2, 3), max_tokens=6) for at in range(9)]
    expected = answers(engine(folder(family), 400), requests)
    tiny = engine(folder(family), 400)
    seen = limit_memory(tiny, monkeypatch, 20, "batch")
    found = answers(tiny, requests)
    assert any(size > 20 for size in seen)
    assert tiny.budget.tokens < 400 or tiny.budget.in_flight < 25
    for one, other in zip(found, expected, strict=True):
        if hasattr(one, "values"):
            assert one.values == pytest.approx(other.values, abs=1e-4)
        else:
            assert one == other


def test_whoever_asks_for_the_model_finds_its_own_layers(folder):
    """Also after texts, which may have been written with others in their place."""
    tiny = engine(folder("llama"), 400)
    parameters = {name: weights.clone() for name, weights in tiny.model.named_parameters()}
    before = answers(tiny, requests := [Generate(words(1, 2), max_tokens=4)])
    after = dict(tiny.model.named_parameters())
    assert after.keys() == parameters.keys()
    assert all(torch.equal(after[name], weights) for name, weights in parameters.items())
    assert answers(tiny, requests) == before


def limit_memory(engine, monkeypatch, limit, message):
    """Make every forward pass of more than `limit` positions run out of memory; returns the sizes tried."""
    forward, seen = engine.model.forward, []

    def limited(input_ids, **arguments):
        seen.append(input_ids.numel())
        if input_ids.numel() > limit:
            raise torch.OutOfMemoryError(message)
        return forward(input_ids=input_ids, **arguments)

    limited.__signature__ = inspect.signature(forward)
    monkeypatch.setattr(engine.model, "forward", limited)
    return seen


def test_decoding_rows_that_do_not_fit_go_back_and_come_again(folder, monkeypatch):
    requests = [Generate(words(at, 2), max_tokens=7) for at in range(8)]
    expected = answers(engine(folder("llama"), 400), requests)
    tiny = engine(folder("llama"), 400)
    forward = tiny.model.forward
    monkeypatch.setattr(tiny.packer, "indexed", False)

    def limited(input_ids, **arguments):
        if input_ids.shape[0] > 3:
            raise RuntimeError("DefaultCPUAllocator: not enough memory: you tried to allocate 1 bytes.")
        return forward(input_ids=input_ids, **arguments)

    monkeypatch.setattr(tiny.model, "forward", limited)
    assert answers(tiny, requests) == expected
    assert tiny.budget.in_flight <= 3


@pytest.mark.parametrize("family", ["llama", "mamba", "bloom"])
def test_what_does_not_fit_alone_is_refused_and_the_rest_answered(folder, family, monkeypatch):
    tiny = engine(folder(family), 16)
    limit_memory(tiny, monkeypatch, 6, "no")
    small, large = LogLikelihood(((words(9), words(8)),)), LogLikelihood(((words(*range(20)), words(8)),))
    first, second = answers(tiny, [small, large])
    if family != "llama":
        assert first.values[0] == pytest.approx(alone(tiny, words(9), words(8))[0], abs=1e-4)
    assert second == Refusal("out of memory: it does not fit even alone; use a smaller dtype or another device")


def test_a_broken_forward_pass_is_an_engine_error(folder, monkeypatch):
    tiny = engine(folder("llama"))

    def broken(**_):
        raise RuntimeError("device-side assert")

    monkeypatch.setattr(tiny.model, "forward", broken)
    with pytest.raises(EngineError, match="transformers: device-side assert; the model stopped"):
        answers(tiny, [Rolling(words(1))])


def test_pickled_weights_are_refused_unless_allowed(folder, tmp_path):
    path = tmp_path / "pickled"
    model = AutoModelForCausalLM.from_pretrained(folder("llama"))
    model.config.save_pretrained(path)
    tokenizer().save_pretrained(path)
    torch.save(model.state_dict(), path / "pytorch_model.bin")
    with pytest.raises(ModelError, match=r"tiny: its weights are pickled \(pytorch_model.bin\), which can run code"):
        engine(path)
    (response,) = answers(engine(path, allow_pickle=True), [LogLikelihood((PAIRS[0],))])
    assert math.isfinite(response.values[0])


def test_a_folder_without_weights_and_a_broken_one_are_one_sentence(tmp_path):
    with pytest.raises(ModelError, match=r"tiny: no weights in .*; expected \*.safetensors or a .gguf file"):
        engine(tmp_path)
    (tmp_path / "model.safetensors").write_bytes(b"nothing")
    with pytest.raises(ModelError, match="tiny: it does not load from") as caught:
        engine(tmp_path)
    assert "\n" not in str(caught.value)


@pytest.mark.skipif(torch.cuda.is_available(), reason="this machine has the device")
def test_a_device_torch_does_not_have_is_named(folder):
    with pytest.raises(EngineError, match=r"device cuda: torch .* cannot use it here; use --device cpu"):
        engine(folder("llama"), device="cuda")


def test_what_it_says_of_itself_is_json_and_closing_twice_is_harmless(folder):
    tiny = engine(folder("llama"))
    facts = json.loads(json.dumps(tiny.describe()))
    assert (facts["context_length"], facts["bos"], facts["eos"], facts["dtype"]) == (128, 0, [1], "float32")
    assert len(facts["chat_template"]) == 64
    tiny.close()
    tiny.close()
