"""lm-evaluation-harness's tokenisation rules, on a tokenizer small enough to spell out."""

from pathlib import Path

import pytest
from tokenizers import Regex
from tokenizers import Tokenizer
from tokenizers import models
from tokenizers import pre_tokenizers
from tokenizers import processors
from transformers import LlamaConfig
from transformers import MambaConfig
from transformers import PreTrainedTokenizerFast

from harness.cases.pages import load_pages
from harness.core import Generate
from harness.core import Message
from harness.engines.texts.tokens import Scored
from harness.engines.texts.tokens import Tokens
from harness.engines.texts.tokens import context_length
from harness.engines.texts.tokens import shorten
from harness.errors import EngineError
from harness.sources import Row

ROOT = Path(__file__).parents[2]
PIECES = ["<s>", "</s>", "<unk>", "the", " the", " cat", "cat", " ", "  ", "sat", " sat", "\n", "s"]
TEMPLATE = "{{ bos_token }}{% for m in messages %}[{{ m.role }}]{{ m.content }}{% endfor %}"


def tokenizer(*, bos=False, special=True, template=None):
    """Pieces by longest match from the left; with `bos` the tokenizer puts `<s>` first itself."""
    pieces = sorted(PIECES[3:], key=len, reverse=True)
    core = Tokenizer(models.WordLevel({piece: at for at, piece in enumerate(PIECES)}, unk_token="<unk>"))
    core.pre_tokenizer = pre_tokenizers.Split(pattern=Regex("|".join(pieces)), behavior="isolated")
    if bos:
        core.post_processor = processors.TemplateProcessing(single="<s> $A", special_tokens=[("<s>", 0)])
    names = {"bos_token": "<s>", "eos_token": "</s>"} if special else {}
    return PreTrainedTokenizerFast(
        tokenizer_object=core, unk_token="<unk>", chat_template=template, clean_up_tokenization_spaces=False, **names
    )


def spelled(scored):
    return [PIECES[token] for token in scored.tokens], scored.targets


@pytest.mark.parametrize(
    ("context", "continuation", "expected"),
    [
        ("the", " cat", (["the", " cat"], 1)),
        ("the ", "cat", (["the", " cat"], 1)),
        ("the\n", "cat", (["the", "\n", "cat"], 2)),
        ("the", "  cat", (["the", "  ", "cat"], 2)),
        ("", "cat", (["<s>", "cat"], 1)),
        ("", "<s>cat", (["<s>", "cat"], 1)),
        (" ", "cat", (["<s>", " cat"], 1)),
        ("the", "", (["the"], 0)),
        ("the cat ", " sat", (["the", " cat", "  ", "sat"], 2)),
        ("the cat  ", "sat", (["the", " cat", "  ", "sat"], 2)),
        ("the cat  ", " sat", (["the", " cat", "  ", " sat"], 2)),
        ("the cat\n", " sat", (["the", " cat", "\n", " sat"], 2)),
        ("the cat \n", "sat", (["the", " cat", " ", "\n", "sat"], 3)),
    ],
)
def test_the_continuation_owns_the_white_space_between(context, continuation, expected):
    """`TemplateLM._encode_pair` (0.4.13), whose own output these are: white space moves over, then one encoding."""
    assert spelled(Tokens(tokenizer()).pair(context, continuation)) == expected


def test_a_page_s_prompt_that_ends_in_white_space_gives_it_to_every_choice():
    """HellaSwag's context where a marker stood last; `_encode_pair` (0.4.13) prints these for the same texts."""
    page = load_pages([ROOT / "evals/language/hellaswag.py"])["hellaswag"]
    endings = ["sat", "the cat", "[step] sat", "cat"]
    fields = {"activity_label": "the", "ctx_a": "the cat [step]", "ctx_b": "", "endings": endings, "label": "0"}
    (request,) = page.to_case(Row(fields, "rows.jsonl", 0, "a"), ()).requests
    assert {context for context, _ in request.pairs} == {"the: the cat "}
    context = ["the", "<unk>", " the", " cat"]
    tokens = Tokens(tokenizer())
    assert [spelled(tokens.pair(*pair)) for pair in request.pairs[:3]] == [
        ([*context, "  ", "sat"], 2),
        ([*context, "  ", "the", " cat"], 3),
        ([*context, "  ", " sat"], 2),
    ]


def test_a_tokenizer_that_adds_bos_adds_it_once():
    tokens = Tokens(tokenizer(bos=True))
    assert tokens.adds_bos
    assert spelled(tokens.pair("the", " cat")) == (["<s>", "the", " cat"], 1)
    assert spelled(tokens.pair("<s>the", " cat")) == (["<s>", "the", " cat"], 1)
    assert spelled(tokens.pair("", "cat")) == (["<s>", "cat"], 1)
    assert [spelled(window) for window in tokens.rolling("the cat", None)] == [(["<s>", "the", " cat"], 2)]


def test_rolling_windows_score_every_token_once():
    """`get_rolling_token_windows` with max_seq_len 2, context 1: each window predicts up to two tokens."""
    windows = Tokens(tokenizer()).rolling("the cat sat the cat", 2)
    assert [spelled(window) for window in windows] == [
        (["<s>", "the", " cat"], 2),
        ([" cat", " sat", " the"], 2),
        ([" sat", " the", " cat"], 1),
    ]
    assert Tokens(tokenizer()).rolling("", 2) == []


def test_a_rendered_template_keeps_its_one_bos():
    tokens = Tokens(tokenizer(bos=True, template=TEMPLATE))
    prompt = Generate((Message("user", " cat "),))
    assert tokens.prompt(prompt, template=True).count(0) == 1
    assert tokens.prompt(Generate("the cat"), template=False) == [0, 3, 5]


def test_no_template_is_one_sentence():
    with pytest.raises(EngineError, match="chat template: the tokenizer has none"):
        Tokens(tokenizer()).prompt(Generate("the"), template=True)


def test_a_tokenizer_without_bos_and_eos_is_refused():
    with pytest.raises(EngineError, match="neither a BOS nor an EOS token"):
        Tokens(tokenizer(special=False))


def test_an_empty_prompt_is_bos():
    assert Tokens(tokenizer()).prompt(Generate(""), template=False) == [0]


def test_cutting_from_the_left_counts_what_is_dropped():
    assert shorten(Scored((1, 2, 3, 4, 5), 1), 2) == (Scored((3, 4, 5), 1), 2)
    assert shorten(Scored((1, 2), 1), 5) == (Scored((1, 2), 1), 0)
    assert shorten(Scored((1, 2), 1), None) == (Scored((1, 2), 1), 0)


def test_context_length_comes_from_the_configuration_then_the_tokenizer():
    assert context_length(LlamaConfig(max_position_embeddings=77), tokenizer()) == 77
    assert context_length(MambaConfig(), tokenizer()) is None
    bounded = tokenizer()
    bounded.model_max_length = 99
    assert context_length(MambaConfig(), bounded) == 99


def test_special_tokens_as_stop_strings_are_known_by_their_id():
    tokens = Tokens(tokenizer())
    assert tokens.single("</s>") == 1
    assert tokens.single("cat") is None
