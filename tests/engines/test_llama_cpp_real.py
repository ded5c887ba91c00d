"""The engine of GGUF files with its library, beside transformers and llama.cpp's own server on the same weights."""

import os
import runpy
import signal
from pathlib import Path

import pytest
from gguf_float import in_float32

from harness.core import Generate
from harness.core import LogLikelihood
from harness.core import Message
from harness.core import Refusal
from harness.core import Rolling
from harness.engines.descriptor import Choice
from harness.engines.descriptor import EngineSpec
from harness.engines.llama_cpp import ENGINE
from harness.engines.llama_cpp import open_engine
from harness.engines.llama_cpp.scoring import Scorer
from harness.engines.llama_cpp.texts import Scored
from harness.engines.openai import ENGINE as OPENAI
from harness.engines.process import EngineProcess
from harness.errors import EngineError
from harness.errors import ModelError
from harness.models import Card
from harness.models import Settings
from harness.models import Weights
from harness.models.cards import DEFAULT
from harness.models.cards import load_cards
from harness.models.obtain import obtain_gguf

pytest.importorskip("xllamacpp", reason="pip install xllamacpp brings llama.cpp")
pytestmark = pytest.mark.slow

PER_TOKEN = 1e-3
"""Nats by which a token's log P may differ from transformers' in float32; at most 2.2e-4 was measured on 422 tokens."""
NEAR_TIE = 0.25
"""Nats between two tokens of which rounding may take either: activations have eight bits beside four-bit weights."""
PAIRS = (
    ("The capital of France is", " Paris"),
    ("The capital of France is", " London, of all places"),
    ("The capital of France is  ", " Paris"),
    ("def double(x):\n    ", "return x * 2"),
    ("", "Once upon a time"),
    ("Question: What is 2 + 2?\nAnswer:\n", "4"),
)
TEXTS = (
    Generate("Question: Tom has 3 apples and buys 4 more. How many has he?\nAnswer:", 40),
    Generate("Count: one, two, three, four,", 24, stop=("nine",)),
    Generate((Message("user", "What is the capital of France?"),), 24),
    Generate("Rivers are", 40),
    Generate("The engine of a train", 40),
)


@pytest.fixture(scope="module")
def file(tmp_path_factory):
    """The GGUF file of the default model; CROSSTASK_GGUF names one that is there already."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("CROSSTASK_CACHE", str(tmp_path_factory.mktemp("weights")))
        if named := os.environ.get("CROSSTASK_GGUF"):
            return Path(named)
        found = obtain_gguf(load_cards()[DEFAULT])
    return Path(found.directory) / found.gguf


@pytest.fixture(scope="module")
def served():
    """How the benchmark serves a file by llama.cpp's own server."""
    return runpy.run_path(str(Path(__file__).parents[2] / "benchmarks" / "llama_cpp.py"))["served"]


@pytest.fixture(scope="module")
def plain(file, tmp_path_factory):
    """The same weights in float32."""
    return in_float32(file, tmp_path_factory.mktemp("float32") / "plain.gguf")


def spec(file, template="off", **options):
    values = {option.name: option.default for option in ENGINE.options} | {"threads": 1, "context-size": 512} | options
    prepared = ENGINE.prepare(ENGINE.resolve(f"smol={file}"), Choice("llama.cpp", ENGINE, values, template))
    return EngineSpec(prepared.weights, prepared.settings, 0, values, prepared.findings)


def answers(engine, requests):
    try:
        return [answer for _, answer in sorted(engine.answer(requests), key=lambda pair: pair[0])]
    finally:
        engine.close()


def test_log_likelihoods_are_those_of_transformers_in_float32(file, plain):
    from harness.engines.transformers.engine import TransformersEngine

    asked = [LogLikelihood(PAIRS), Rolling("The cat sat on the mat, and it was warm.")]
    here = answers(open_engine(spec(plain, **{"kv-type": "f32"})), asked)
    weights = Weights(Card("smol"), str(file.parent), file.name)
    there = answers(TransformersEngine(weights, Settings("transformers")), asked)
    for found, expected in zip(here, there, strict=True):
        assert (found.tokens, found.greedy) == (expected.tokens, expected.greedy)
        for value, other, tokens in zip(found.values, expected.values, found.tokens, strict=True):
            assert value == pytest.approx(other, abs=PER_TOKEN * tokens)


def test_neither_order_nor_what_was_asked_before_changes_an_answer(file):
    asked = [*TEXTS, LogLikelihood(PAIRS), Generate("Say a word", 8, temperature=0.8, top_p=0.9, samples=3)]
    engine = open_engine(spec(file))
    first = dict(engine.answer(asked))
    backwards = dict(engine.answer(asked[::-1]))
    engine.close()
    assert [backwards[len(asked) - 1 - index] for index in range(len(asked))] == [first[i] for i in range(len(asked))]
    assert len({one.text for one in first[len(asked) - 1].completions}) > 1
    assert "nine" not in first[1].completions[0].text


@pytest.mark.parametrize("template", ["off", "on"])
def test_greedy_texts_are_those_of_its_own_server(file, served, template):
    pytest.importorskip("openai", reason="pip install openai brings the client")
    engine = open_engine(spec(file, template))
    here = dict(engine.answer(TEXTS))
    with served(str(file), 1, 1) as address:
        url = f"{address}/v1"
        options = {"base-url": url, "concurrency": 1, "tries": 3, "request-timeout": 300, "server-wait": 60}
        choice = Choice("openai", OPENAI, options, template)
        known = OPENAI.prepare(OPENAI.resolve(f"smol={file}"), choice)
        server = OPENAI.open(EngineSpec(known.weights, known.settings, 0, options, known.findings))
        there = dict(server.answer(TEXTS))
        server.close()
    for index, request in enumerate(TEXTS):
        same_or_near_tie(engine, request, here[index].completions[0].text, there[index].completions[0].text, template)
    engine.close()


def test_slots_change_near_ties_alone(file):
    one, many = open_engine(spec(file)), open_engine(spec(file, slots=4))
    alone, together = dict(one.answer(TEXTS)), dict(many.answer(TEXTS))
    many.close()
    for index, request in enumerate(TEXTS):
        same_or_near_tie(one, request, alone[index].completions[0].text, together[index].completions[0].text, "off")
    one.close()


def same_or_near_tie(engine, request, text, other, template):
    """Two texts are equal, or the first tokens in which they differ are about as likely."""
    if text == other:
        return
    texts = engine._texts
    ours, theirs = texts.bare(text), texts.bare(other)
    place = next((at for at, pair in enumerate(zip(ours, theirs, strict=False)) if pair[0] != pair[1]), None)
    assert place is not None, f"{text!r} goes on where {other!r} ends"
    before = (*texts.prompt(request, template=template == "on"), *ours[:place])
    pair = [Scored((*before, tokens[place]), 1) for tokens in (ours, theirs)]
    first, second = Scorer(engine._bindings, 0).scores(pair)
    assert abs(first.value - second.value) < NEAR_TIE


def test_what_does_not_fit_is_refused_and_never_cut(file):
    long, scored = answers(
        open_engine(spec(file)), [Generate("word " * 600, 4), LogLikelihood((("word " * 600, " word"),))]
    )
    assert isinstance(long, Refusal)
    assert long.reason.endswith("may get 4 more; the context is 512 tokens, as --context-size says")
    assert isinstance(scored, Refusal)


def test_a_broken_file_is_one_sentence(file, tmp_path):
    short = tmp_path / "short.gguf"
    short.write_bytes(file.read_bytes()[:20_000_000])
    engine = EngineProcess(spec(short))
    with pytest.raises(ModelError, match=r"short\.gguf: llama\.cpp cannot load it \(tensor .* is not within the file"):
        list(engine.answer([Generate("a", 1)]))
    engine.close()


def test_a_crash_ends_the_engine_s_process_alone(file):
    engine = EngineProcess(spec(file))
    pieces = engine.answer([Generate("a", 4), Generate("Rivers are", 400)])
    assert next(pieces)[0] == 0
    os.kill(engine.pid, signal.SIGSEGV)
    with pytest.raises(EngineError, match="SIGSEGV"):
        list(pieces)
    assert len(list(engine.answer([Generate("a", 4)]))) == 1
    engine.close()
