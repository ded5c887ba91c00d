"""The engine of GGUF files without its library: what is chosen, asked, read, and said when something is wrong."""

import dataclasses
import json
import math
import threading

import pytest
from gguf import GGUFWriter

from harness.core import Completion
from harness.core import Execute
from harness.core import Generate
from harness.core import LogLikelihood
from harness.core import Message
from harness.core import Refusal
from harness.core import Rolling
from harness.engines import llama_cpp
from harness.engines.descriptor import Choice
from harness.engines.llama_cpp import ENGINE
from harness.engines.llama_cpp import bindings
from harness.engines.llama_cpp.bindings import AskedWrongError
from harness.engines.llama_cpp.bindings import Load
from harness.engines.llama_cpp.engine import LlamaCppEngine
from harness.engines.llama_cpp.scoring import read
from harness.engines.llama_cpp.texts import Texts
from harness.engines.llama_cpp.writing import Draft
from harness.engines.llama_cpp.writing import Limits
from harness.engines.llama_cpp.writing import fields
from harness.engines.registry import find
from harness.engines.registry import names
from harness.engines.texts.unreadable import UnreadableError
from harness.errors import EngineError
from harness.errors import ModelError
from harness.errors import UsageError
from harness.models import Settings

BOS, EOS, ANSWER = 256, 257, "It is 4.\n\nQuestion"


def gguf_file(path, *, context=2048, template=None):
    writer = GGUFWriter(path, "llama")
    if context is not None:
        writer.add_context_length(context)
    if template is not None:
        writer.add_chat_template(template)
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()
    return path


def chosen(template="auto", **options):
    values = {option.name: option.default for option in ENGINE.options}
    return Choice("llama.cpp", ENGINE, values | options, template)


@pytest.fixture
def installed(monkeypatch, tmp_path):
    """A library whose version is known; nothing of it is imported before an engine is opened."""
    monkeypatch.setattr(llama_cpp, "LIBRARIES", ("pytest",))
    monkeypatch.setenv("CROSSTASK_CACHE", str(tmp_path / "cache"))


@pytest.fixture
def file(tmp_path):
    return gguf_file(tmp_path / "Tiny.Q4_1.gguf")


def test_it_is_an_engine_by_its_own_name():
    assert "llama.cpp" in names()
    assert find("llama.cpp") is ENGINE


@pytest.mark.usefixtures("installed")
def test_the_identity_has_the_file_and_all_that_changes_an_answer(file):
    def prepared(**options):
        return ENGINE.prepare(ENGINE.resolve(str(file)), chosen(**options))

    known = prepared()
    assert known.identity.facts["files"].keys() == {"gguf"}
    assert known.identity.facts["engine"]["context_size"] == known.findings["context"] == 2048
    assert (known.settings.device, known.settings.dtype, known.own_process) == ("cpu", "as stored", True)
    others = [
        {"slots": 8}, {"gpu-layers": 4}, {"kv-type": "q8_0"}, {"reuse-prompts": True}, {"context-size": 512},
    ]  # fmt: skip
    digests = [prepared(**options).identity.digest for options in others]
    assert len({known.identity.digest, *digests}) == 1 + len(others)
    assert prepared(threads=7).identity.digest == known.identity.digest
    assert prepared(**{"context-size": 2048}).identity.digest == known.identity.digest


@pytest.mark.usefixtures("installed")
@pytest.mark.parametrize(
    ("options", "error"),
    [
        (
            {"context-size": 4096},
            r"--context-size: found 4096; expected at most 2048, the context that Tiny\.Q4_1\.gguf",
        ),
        ({"context-size": 0}, "--context-size: found 0; expected 1 or more"),
        ({"slots": 0}, "--slots: found 0; expected 1 or more"),
        ({"template": "on"}, r"--chat-template on: Tiny\.Q4_1 has no chat template; expected auto or off for it"),
    ],
)
def test_what_cannot_be_chosen_is_one_sentence(file, options, error):
    with pytest.raises(UsageError, match=error):
        ENGINE.prepare(ENGINE.resolve(str(file)), chosen(**options))


@pytest.mark.usefixtures("installed")
def test_a_folder_stands_for_its_only_file(tmp_path, file):
    card = ENGINE.resolve(str(tmp_path))
    assert (card.name, card.path) == ("Tiny.Q4_1", str(file))
    assert ENGINE.resolve(f"small={tmp_path}").name == "small"
    gguf_file(tmp_path / "Other.gguf")
    expected = r"found 2 GGUF files \(Other\.gguf, Tiny\.Q4_1\.gguf\); expected one, or --model FILE\.gguf"
    with pytest.raises(ModelError, match=expected):
        ENGINE.resolve(str(tmp_path))


@pytest.mark.usefixtures("installed")
def test_a_file_in_parts_is_hashed_whole(tmp_path):
    first, second = (gguf_file(tmp_path / f"Big-0000{part}-of-00002.gguf") for part in (1, 2))
    known = ENGINE.prepare(ENGINE.resolve(str(tmp_path)), chosen())
    assert known.identity.facts["files"].keys() == {"gguf", second.name}
    assert known.weights.gguf == first.name
    second.unlink()
    with pytest.raises(ModelError, match=r"1 of 2 parts missing \(Big-00002-of-00002\.gguf\)"):
        ENGINE.prepare(ENGINE.resolve(str(first)), chosen())


@pytest.mark.usefixtures("installed")
def test_files_that_are_no_models(tmp_path):
    (tmp_path / "text.gguf").write_text("no weights in here")
    with pytest.raises(ModelError, match=r"text\.gguf: not a GGUF file of a known version"):
        ENGINE.resolve(str(tmp_path / "text.gguf"))
    nameless = gguf_file(tmp_path / "nameless.gguf", context=None)
    with pytest.raises(ModelError, match=r"nameless\.gguf: its metadata has no context length; expected the GGUF"):
        ENGINE.prepare(ENGINE.resolve(str(nameless)), chosen())
    hub = dataclasses.replace(ENGINE.resolve("smollm2-135m"), wheel=None)
    with pytest.raises(ModelError, match=r"its card names no GGUF file; expected --model FILE\.gguf"):
        ENGINE.prepare(hub, chosen())


@pytest.mark.parametrize(
    ("said", "kind", "error"),
    [
        (
            "E load: error loading model: tensor 'x' data is not within the file bounds, model is corrupted\nE exiting",
            ModelError,
            r"a\.gguf: llama\.cpp cannot load it \(tensor 'x' data is not within the file bounds, model is corrupted\)",
        ),
        (
            "E ggml_aligned_malloc: insufficient memory (attempted to allocate 4398.75 MB)",
            EngineError,
            r"a\.gguf: too little memory for its weights and 8 x 4096 tokens; expected fewer --slots, a smaller",
        ),
        ("", ModelError, r"a\.gguf: llama\.cpp cannot load it \(no reason was given\)"),
    ],
)
def test_why_a_file_is_not_loaded_is_one_sentence(said, kind, error):
    """What llama.cpp b11549 wrote for a file cut short, and for keys and values beyond `ulimit -v`."""
    with pytest.raises(kind, match=error):
        raise bindings._failure(Load("/models/a.gguf", 4096, slots=8), said)


def test_greedy_is_greedy_and_a_draw_has_its_own_seed():
    greedy = fields([1, 2], Generate("a", 8, stop=("<|end|>",)), Limits(8, ("<|end|>",)), 0)
    assert (greedy["temperature"], greedy["samplers"], greedy["repeat_penalty"]) == (0.0, ["temperature"], 1.0)
    assert (greedy["prompt"], greedy["max_tokens"]) == ([1, 2], 8)
    assert greedy["preserved_tokens"] == ["<|end|>"]
    drawn = Generate("a", 8, temperature=0.8, top_p=0.95, samples=2, seed=3)
    first, second = (fields([1], drawn, Limits(8, (), 100), sample) for sample in range(2))
    assert (first["temperature"], first["top_p"], first["samplers"]) == (0.8, 0.95, ["temperature", "top_p"])
    assert first["max_tokens"] == 108
    assert first["preserved_tokens"] == ["<think>", "</think>"]
    assert first["seed"] != second["seed"]
    assert fields([9], drawn, Limits(8), 1)["seed"] == second["seed"]


@pytest.mark.parametrize(
    ("pieces", "limits", "opened", "expected"),
    [
        (["It", " is"], Limits(2), False, Completion("It is", "length", 2)),
        (["It", " is", "\n\nQ"], Limits(9, ("\n\n",)), False, Completion("It is", "stop", 3)),
        (["ab", "cde"], Limits(9, ("cde", "d")), False, Completion("abc", "stop", 2)),
        (["a", (3, "é")], Limits(2), False, Completion("a", "length", 2)),
        (
            ["<think>", "x\n\n", "</think>", "\n", "4"],
            Limits(2, ("\n\n",), 9),
            False,
            Completion("4", "length", 5, "x"),
        ),
        (["why", "</think>", "4", "\n\n"], Limits(9, ("\n\n",), 9), True, Completion("4", "stop", 4, "why")),
        (["<think>", "x", "y"], Limits(9, (), 3), False, Completion("", "length", 3, "xy")),
        (["<think>", "x"], Limits(9), False, Completion("<think>x", "stop", 2)),
        ([], Limits(4), False, Completion("", "stop", 0)),
    ],
)
def test_where_a_completion_ends(pieces, limits, opened, expected):
    draft = Draft(limits, opened)
    for number, piece in enumerate(pieces, 1):
        tokens, text = piece if isinstance(piece, tuple) else (number, piece)
        assert draft.push(text, tokens) == (draft.finish is not None)
        if draft.finish is not None:
            assert number == len(pieces)
            break
    else:
        draft.end("stop", len(pieces) + 1)
    assert draft.completion == expected
    assert 0 < draft.completion.first_token <= draft.completion.latency


class Toy:
    """Bindings over bytes: a model that always writes one answer, and finds each byte as likely as any other."""

    properties = {"bos_token": "<s>", "eos_token": "</s>", "model_ftype": "F32"}  # noqa: RUF012

    def __init__(self, answer=ANSWER, error=None):
        self.written, self.error, self.asked = answer, error, []

    def tokens(self, text, *, special):
        begun = text.startswith("<s>")
        rest = list(text.removeprefix("<s>").encode()) if text != "</s>" else [EOS]
        return [BOS] * (special + begun) + rest + [EOS] * special

    def text(self, tokens):
        return bytes(token for token in tokens if token < BOS).decode(errors="replace")

    def rendered(self, turns):
        if any(turn["role"] == "system" for turn in turns):
            raise AskedWrongError("no system turn")
        return "<s>" + "".join(f"[{turn['content']}]" for turn in turns if turn["content"] != "hidden")

    def stream(self, fields, take):
        self.asked.append(fields)
        if self.error:
            raise self.error
        for number, letter in enumerate(self.written[: fields["max_tokens"]], 1):
            if take(toy_piece(letter, number)):
                return
        take(toy_piece("", len(self.written) + 1, "stop"))

    def complete(self, fields):
        self.asked.append(fields)
        token = fields["logit_bias"][0][0] if "logit_bias" in fields else 0
        written = {"id": token, "logprob": -math.log(256), "top_logprobs": [{"id": ord("a")}]}
        return {"choices": [{"logprobs": {"content": [written]}}]}

    def close(self):
        self.written = None


def toy_piece(text, tokens, finish=None):
    return {"choices": [{"text": text, "finish_reason": finish}], "timings": {"predicted_n": tokens}}


def answers(toy, requests, *, template=False, slots=1, context=64, **options):
    engine = LlamaCppEngine(toy, Load("a.gguf", context, slots), Settings("llama.cpp", template=template), **options)
    return [answer for _, answer in sorted(engine.answer(requests), key=lambda pair: pair[0])]


def test_texts_are_written_cut_and_counted():
    toy = Toy()
    whole, stopped, short, sampled = answers(
        toy,
        [
            Generate("2 + 2?", 40),
            Generate("2 + 2?", 40, stop=("\n\n",)),
            Generate("2 + 2?", 5, samples=2),
            Generate("2 + 2?", 3, temperature=1.0, samples=2),
        ],
    )
    assert whole.completions == (Completion(ANSWER, "stop", len(ANSWER)),)
    assert whole.prompt_tokens == 1 + len("2 + 2?")
    assert stopped.completions == (Completion("It is 4.", "stop", 10),)
    assert short.completions == (Completion("It is", "length", 5),) * 2
    assert len(sampled.completions) == 2
    assert [fields["id_slot"] for fields in toy.asked] == [0] * 5
    assert {fields["cache_prompt"] for fields in toy.asked} == {False}
    assert toy.asked[3]["seed"] != toy.asked[4]["seed"]


def test_prompts_keep_one_bos_and_no_eos():
    texts = Texts(Toy())
    assert texts.encode("ab") == [BOS, 97, 98]
    assert texts.encode("<s>ab") == [BOS, 97, 98]
    assert texts.prompt(Generate("", 4), template=False) == [BOS]
    turns = (Message("user", "a"), Message("assistant", "b"), Message("user", "c"))
    assert texts.prompt(Generate(turns, 4), template=True) == [BOS, *b"[a][b][c]"]


def test_pairs_are_cut_where_other_engines_cut_them():
    texts = Texts(Toy())
    spaced = texts.pair("a ", "b")
    assert (spaced.tokens, spaced.targets) == ((BOS, *b"a b"), 2)
    assert texts.pair("", "b").tokens == (BOS, *b"b")
    assert texts.pair("a", "").targets == 0
    windows = texts.rolling("abcde", 3)
    assert [(window.tokens, window.targets) for window in windows] == [((BOS, *b"abc"), 3), ((*b"bcde",), 2)]
    assert texts.rolling("", 3) == []


def test_each_choice_is_scored_behind_the_same_context():
    toy = Toy()
    scored, rolled = answers(toy, [LogLikelihood((("ab", "aa"), ("ab", "ac"))), Rolling("aa")])
    assert scored.values == pytest.approx((-2 * math.log(256),) * 2)
    assert (scored.tokens, scored.greedy) == ((2, 2), (True, False))
    assert (rolled.tokens, rolled.greedy) == ((2,), (True,))
    asked = [(bytes(token % 256 for token in fields["prompt"][1:]), fields["cache_prompt"]) for fields in toy.asked]
    assert asked[:4] == [(b"a", False), (b"ab", True), (b"aba", True), (b"aba", True)]


@pytest.mark.parametrize(
    ("request_", "template", "reason"),
    [
        (
            Generate("a" * 60, 8),
            False,
            "the prompt has 61 tokens and may get 8 more; the context is 64 tokens, as --con",
        ),
        (LogLikelihood((("a" * 70, "b"),)), False, "the prompt has 71 tokens and may get 1 more; the context is 64"),
        (LogLikelihood((("a", ""),)), False, "continuation '': it has no token; expected one to score"),
        (Generate("\ud800", 8), False, "the text holds a lone surrogate at character 0; no tokenizer takes it"),
        (Generate((Message("system", "a"),), 8), True, "the chat template refuses these turns: no system turn"),
        (Generate("hidden", 8), True, "the chat template does not show the user's turn as it is"),
        (Execute(language="python", code="", tests=()), False, "a model runs no program"),
    ],
)
def test_what_cannot_be_answered_is_refused(request_, template, reason):
    first, second = answers(Toy(), [request_, Generate("b", 1)], template=template)
    assert isinstance(first, Refusal)
    assert first.reason.startswith(reason)
    assert not isinstance(second, Refusal)


def test_a_token_that_spans_both_is_never_half_a_token():
    class Joined(Toy):
        def tokens(self, text, *, special):
            whole = super().tokens(text, special=special)
            return [300 if token == ord("b") and at and whole[at - 1] == ord("a") else token
                    for at, token in enumerate(whole) if whole[at : at + 2] != [ord("a"), ord("b")]]  # fmt: skip

    with pytest.raises(UnreadableError, match="a token spans context and continuation 'b', which spells another"):
        Texts(Joined()).pair("a", "b")


def test_an_error_of_the_library_is_the_engine_s():
    with pytest.raises(EngineError, match=r"llama\.cpp: broke"):
        answers(Toy(error=EngineError("llama.cpp: broke")), [Generate("a", 4)] * 3, slots=2)
    (refused,) = answers(Toy(error=AskedWrongError("too hot")), [Generate("a", 4)])
    assert refused == Refusal("too hot")


def test_giving_up_ends_the_slots():
    before = set(threading.enumerate())
    engine = LlamaCppEngine(Toy(), Load("a.gguf", 64, 2), Settings("llama.cpp"))
    pieces = engine.answer([Generate("a", 4)] * 20)
    next(pieces)
    pieces.close()
    engine.close()
    assert set(threading.enumerate()) <= before


@pytest.mark.parametrize(
    ("written", "error"),
    [
        ({"id": 8, "logprob": -1.0, "top_logprobs": [{"id": 8}]}, "wrote token 8; expected 7, which a bias forces"),
        (
            {"id": 7, "logprob": -3.4e38, "top_logprobs": [{"id": 8}]},
            "a log-prob of -3.4e.38; expected a finite number",
        ),
        ({"id": 7, "logprob": float("nan"), "top_logprobs": [{"id": 8}]}, "a log-prob of nan; expected a finite"),
        ({"id": 7, "logprob": None, "top_logprobs": []}, "an answer without log-probs; expected those of one token"),
    ],
)
def test_a_log_prob_that_is_none_is_never_a_score(written, error):
    with pytest.raises(EngineError, match=error):
        read({"choices": [{"logprobs": {"content": [written]}}]}, 7)


def test_what_the_library_says_is_wrong():
    too_long = {"error": {"code": 400, "message": "request (9 tokens) exceeds the available context size (8 tokens)"}}
    with pytest.raises(AskedWrongError, match="exceeds the available context"):
        bindings._checked(too_long)
    with pytest.raises(EngineError, match=r"llama\.cpp: no slot; expected an answer"):
        bindings._checked({"code": 500, "message": "no slot", "type": "server_error"})
    with pytest.raises(EngineError, match="answered with a list; expected an object"):
        bindings._checked([])
    assert bindings._message(json.dumps(too_long).encode()).startswith("request (9 tokens)")
    assert bindings._message(b"gone") == "gone"


def test_the_manifest_says_what_was_loaded():
    engine = LlamaCppEngine(Toy(), Load("a.gguf", 64, 2, threads=3), Settings("llama.cpp"), reuse=True)
    list(engine.answer([Generate("ab", 2)]))
    said = engine.describe()
    assert (said["context_length"], said["slots"], said["threads"], said["quantisation"]) == (64, 2, 3, "F32")
    assert said["first_prompt"] == {"tokens": [BOS, 97, 98], "bos_count": 1}
    assert said["notes"] == [
        "2 slots: what is written at the same time can change a near-tie between tokens",
        "prompts are reused: the order of requests can change a near-tie between tokens",
    ]
