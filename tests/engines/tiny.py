"""Tiny random models of many families, with a tokenizer of whole words, as engines: what the engine's tests share."""

import torch
from tokenizers import Regex
from tokenizers import Tokenizer
from tokenizers import decoders
from tokenizers import models
from tokenizers import pre_tokenizers
from tokenizers import processors
from transformers import AutoModelForCausalLM
from transformers import BloomConfig
from transformers import Gemma3TextConfig
from transformers import GPT2Config
from transformers import GPTBigCodeConfig
from transformers import LlamaConfig
from transformers import MambaConfig
from transformers import MistralConfig
from transformers import PreTrainedTokenizerFast
from transformers import Qwen2Config

from harness.engines.texts.tokens import Tokens
from harness.engines.transformers.engine import TransformersEngine
from harness.models import Card
from harness.models import Settings
from harness.models import Weights

WORDS = ["<s>", "</s>", "<unk>", *(f" w{number}" for number in range(40)), " ", "\n", "w0"]
SMALL = {"vocab_size": len(WORDS), "hidden_size": 32, "num_hidden_layers": 2, "num_attention_heads": 4}
LLAMA_LIKE = {**SMALL, "intermediate_size": 48, "num_key_value_heads": 2, "max_position_embeddings": 128}
ENDS = {"bos_token_id": 0, "eos_token_id": 1, "pad_token_id": 1}
FAMILIES = {
    "llama": LlamaConfig(**LLAMA_LIKE, **ENDS),
    "mistral": MistralConfig(**LLAMA_LIKE, **ENDS, sliding_window=6),
    "gemma3": Gemma3TextConfig(
        **LLAMA_LIKE, **ENDS, head_dim=8, sliding_window=6, layer_types=["sliding_attention", "full_attention"]
    ),
    "qwen2": Qwen2Config(**LLAMA_LIKE, **ENDS, use_sliding_window=True, sliding_window=6, max_window_layers=1),
    "gpt2": GPT2Config(vocab_size=len(WORDS), n_embd=32, n_layer=2, n_head=4, n_positions=128, **ENDS),
    "starcoder": GPTBigCodeConfig(vocab_size=len(WORDS), n_embd=32, n_layer=2, n_head=4, n_positions=128, **ENDS),
    "mamba": MambaConfig(vocab_size=len(WORDS), hidden_size=32, num_hidden_layers=2, state_size=4, **ENDS),
    "bloom": BloomConfig(vocab_size=len(WORDS), hidden_size=32, n_layer=2, n_head=4, **ENDS),
}
PACKED = {"llama", "mistral", "gemma3", "qwen2", "gpt2", "starcoder"}
TEMPLATE = "{{ bos_token }}{% for m in messages %} w1{{ ' ' + m.content }}{% endfor %}"


def words(*numbers):
    return "".join(f" w{number}" for number in numbers)


def tokenizer(*, bos=False):
    core = Tokenizer(models.WordLevel({word: at for at, word in enumerate(WORDS)}, unk_token="<unk>"))
    pieces = "|".join(sorted(WORDS[3:], key=len, reverse=True))
    core.pre_tokenizer = pre_tokenizers.Split(pattern=Regex(pieces), behavior="isolated")
    core.decoder = decoders.Fuse()
    if bos:
        core.post_processor = processors.TemplateProcessing(single="<s> $A", special_tokens=[("<s>", 0)])
    return PreTrainedTokenizerFast(
        tokenizer_object=core, bos_token="<s>", eos_token="</s>", unk_token="<unk>", chat_template=TEMPLATE
    )


def save(path, config, *, bos=False):
    """Write a small random model of a configuration, with its tokenizer, in the Hub's format; returns the folder."""
    torch.manual_seed(0)
    model = AutoModelForCausalLM.from_config(config)
    for weights in model.parameters():
        weights.data = torch.randn(weights.shape) * 0.3
    model.save_pretrained(path)
    tokenizer(bos=bos).save_pretrained(path)
    return path


def weights_in(path):
    return Weights(Card("tiny"), str(path))


def engine(path, batch_tokens=0, **settings):
    made = TransformersEngine(weights_in(path), Settings("transformers", **settings), batch_tokens)
    # transformers gives every Qwen2 folder Qwen's splitting rule, whatever its tokenizer.json says.
    made.tokens = Tokens(PreTrainedTokenizerFast.from_pretrained(path))
    return made


def answers(engine, requests):
    found = list(engine.answer(requests))
    assert sorted(index for index, _ in found) == list(range(len(requests)))
    return [response for _, response in sorted(found, key=lambda pair: pair[0])]


def alone(engine, context, continuation):
    """log P of the continuation by the model's own forward pass over this one sequence."""
    ids = engine.tokens.tokenizer.encode(context + continuation, add_special_tokens=False)
    cut = len(engine.tokens.tokenizer.encode(context, add_special_tokens=False))
    if engine.tokens.adds_bos or not cut:
        ids, cut = [0, *ids], cut + 1
    with torch.no_grad():
        log_p = torch.log_softmax(engine.model(input_ids=torch.tensor([ids])).logits[0].double(), -1)
    steps = [(log_p[at - 1, ids[at]].item(), log_p[at - 1].argmax().item() == ids[at]) for at in range(cut, len(ids))]
    return sum(value for value, _ in steps), len(steps), all(best for _, best in steps)
