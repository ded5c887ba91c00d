"""Whether a server serves weights that lie here: what is compared, and what becomes of it."""

import math
import re

import pytest
import torch
from tokenizers_made import bytes_and_merges
from toy_server import Toy
from toy_server import ToyServer
from transformers import LlamaConfig
from transformers import LlamaForCausalLM

from harness.engines.descriptor import Choice
from harness.engines.openai import ENGINE
from harness.engines.openai import prepare
from harness.engines.openai import resolve
from harness.engines.openai.proof import TEXTS
from harness.engines.openai.proof import Proof
from harness.engines.openai.proof import words
from harness.engines.openai.scoring import Token
from harness.errors import ModelError


def scored(*texts):
    """Tokens of these texts, the n-th worth -n nats."""
    return [Token(text, -float(number) if number else None, 0.0) for number, text in enumerate(texts)]


def test_a_word_is_worth_all_its_tokens_and_the_first_is_left_out():
    pieces = words("One of them", scored("One", " of", " th", "em"))
    assert [(word.start, word.end, word.value) for word in pieces] == [(3, 6, -1.0), (6, 11, -5.0)]


def test_words_that_a_token_joins_are_left_out():
    pieces = words("One of them now", scored("One", " of t", "hem", " now"))
    assert [(word.start, word.end, word.value) for word in pieces] == [(11, 15, -3.0)]
    assert words("One of", scored("One of")) == []


def test_indentation_begins_no_word():
    pieces = words("if a:\n    b = 1", scored("if", " a:", "\n   ", " b", " =", " 1"))
    assert [word.start for word in pieces] == [2, 11, 13]


@pytest.mark.parametrize(
    ("mean", "largest", "holds"), [(0.0, 0.0, True), (0.05, 1.0, True), (0.06, 0.2, False), (0.01, 1.2, False)]
)
def test_rounding_is_told_from_other_weights(mean, largest, holds):
    assert Proof("a" * 64, 100, mean, largest).holds == holds


class Weighted(Toy):
    """A server of real weights: each character is a token, and the log-probs are the model's."""

    def serve(self, model, tokenizer):
        self.model, self.tokenizer = model, tokenizer
        return self

    def tokens(self, text):
        return list(text)

    def scored(self, prompt, tokens):
        ids = self.tokenizer.convert_tokens_to_ids(self.tokenizer.tokenize(prompt + "".join(tokens)))
        with torch.no_grad():
            values = torch.log_softmax(self.model(torch.tensor([ids])).logits[0].double(), -1)
        first = len(ids) - len(tokens)
        rows = [values[at - 1] if at else values[0] for at in range(first, len(ids))]
        own = [float(row[ids[first + at]]) for at, row in enumerate(rows)]
        best = [float(row.max()) for row in rows]
        return own, [
            {token: value, "best": most} if most > value else {token: value}
            for token, value, most in zip(tokens, own, best, strict=True)
        ]

    def draw(self, text, _seed):
        ids = self.tokenizer.convert_tokens_to_ids(self.tokenizer.tokenize(text))
        with torch.no_grad():
            return self.tokenizer.decode(int(self.model(torch.tensor([ids])).logits[0, -1].argmax()))


def made(folder, seed):
    """A random model of bytes, kept in a folder."""
    torch.manual_seed(seed)
    tokenizer = bytes_and_merges()
    config = LlamaConfig(
        vocab_size=len(tokenizer),
        hidden_size=32,
        intermediate_size=48,
        num_hidden_layers=2,
        num_attention_heads=4,
        max_position_embeddings=512,
        bos_token_id=0,
        eos_token_id=1,
    )
    model = LlamaForCausalLM(config).eval()
    letters = tokenizer.convert_tokens_to_ids([chr(code) for code in range(33, 127)])
    with torch.no_grad():  # steep enough to tell models apart, and what it writes is text
        model.lm_head.weight[letters] *= 30
    model.save_pretrained(folder)
    tokenizer.save_pretrained(folder)
    return model, tokenizer


@pytest.fixture
def proved(tmp_path, monkeypatch):
    """What `prepare` makes of a server of the first folder's weights that is to prove those of a folder."""
    monkeypatch.delenv("OPENAI_API_KEY", raising=False)
    monkeypatch.setenv("CROSSTASK_CACHE", str(tmp_path / "cache"))
    first = made(tmp_path / "first", 1)
    made(tmp_path / "second", 2)

    def asked(folder, **ways):
        server = ToyServer(Weighted(**ways).serve(*first))
        options = {"base-url": server.url, "server-wait": 1, "tries": 2, "prove-weights": str(tmp_path / folder)}
        try:
            return prepare(resolve("toy"), Choice("openai", ENGINE, options, "off"))
        finally:
            server.close()

    return asked


def test_a_server_that_scores_no_prompt_proves_nothing_and_the_report_says_so(proved):
    prepared = proved("first", echo=False)
    assert "the server's weights are not proved, since it ignores echo" in prepared.weights.note
    assert "proved" not in prepared.identity.facts["engine"]


@pytest.mark.slow
def test_the_weights_that_are_served_are_proved(proved):
    prepared = proved("first")
    sha256 = prepared.identity.facts["engine"]["proved"]
    assert len(sha256) == 64
    said, _, rest = prepared.weights.note.partition(", apart by ")
    assert said.endswith(f"the server's log-probs are those of the weights {sha256[:12]}")
    mean, count = float(rest.split()[0]), int(rest.split()[-2])
    assert math.isclose(mean, 0, abs_tol=1e-4)
    assert count == sum(len(re.findall(r"(?<=\S) (?=\S)", text)) for text in TEXTS)


@pytest.mark.slow
def test_other_weights_stop_the_run(proved):
    with pytest.raises(
        ModelError, match=r"it does not serve the weights of .*second, its log-probs are apart by"
    ) as said:
        proved("second")
    assert str(said.value).endswith("expected at most 0.05 and 1.0, or a run without --prove-weights")
