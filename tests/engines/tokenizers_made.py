"""Tokenizers small enough to reason about, of the kinds that models have: of bytes, SentencePiece-like, unigrams."""

import torch
from tokenizers import AddedToken
from tokenizers import Tokenizer
from tokenizers import decoders
from tokenizers import models
from tokenizers import pre_tokenizers
from tokenizers import processors
from transformers import LlamaConfig
from transformers import LlamaForCausalLM
from transformers import PreTrainedTokenizerFast

from harness.engines.texts.tokens import Tokens
from harness.engines.transformers.engine import TransformersEngine
from harness.models import Card
from harness.models import Settings
from harness.models import Weights

SPECIAL = ["<s>", "</s>", "<unk>", "[SEP]"]


def fast(core, added=(), template=None, kind=PreTrainedTokenizerFast):
    """One of transformers' tokenizers around one of tokenizers', with tokens that are added as they stand."""
    made = kind(tokenizer_object=core, bos_token="<s>", eos_token="</s>", unk_token="<unk>", sep_token="[SEP]")
    made.chat_template = template
    made.add_tokens([AddedToken(text, normalized=False) for text in added])
    return made


def bytes_and_merges(merges=(), **more):
    """Bytes, as GPT-2 has them, with these merges of pieces in their order."""
    alphabet = sorted(pre_tokenizers.ByteLevel.alphabet())
    pieces = dict.fromkeys([*SPECIAL, *alphabet, *(first + second for first, second in merges)])
    core = Tokenizer(models.BPE(vocab={piece: at for at, piece in enumerate(pieces)}, merges=list(merges)))
    core.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=False)
    core.decoder = decoders.ByteLevel()
    return fast(core, **more)


def with_prefix_space(merges=(), **more):
    """Characters behind a space that the tokenizer puts before every text, as Llama 2 has them."""
    space = "\N{LOWER ONE EIGHTH BLOCK}"
    letters = [chr(code) for code in range(33, 127)]
    pieces = dict.fromkeys([*SPECIAL, space, "\n", *letters, *(one + two for one, two in merges)])
    core = Tokenizer(models.BPE(vocab={p: at for at, p in enumerate(pieces)}, merges=list(merges), unk_token="<unk>"))
    core.pre_tokenizer = pre_tokenizers.Metaspace(prepend_scheme="always", split=False)
    core.decoder = decoders.Metaspace(prepend_scheme="always")
    return fast(core, **more)


def unigrams(pieces, **more):
    """A unigram model, whose pieces of a context may all change with what follows it."""
    letters = [(chr(code), -8.0) for code in range(33, 127)]
    vocabulary = [*((name, -20.0) for name in SPECIAL), ("\N{LOWER ONE EIGHTH BLOCK}", -4.0), ("\n", -4.0), *letters]
    known = {piece for piece, _ in vocabulary}
    core = Tokenizer(models.Unigram([*vocabulary, *((one, -3.0) for one in pieces if one not in known)], unk_id=2))
    core.pre_tokenizer = pre_tokenizers.Metaspace(prepend_scheme="first", split=False)
    core.decoder = decoders.Metaspace(prepend_scheme="first")
    return fast(core, **more)


def appending(made, tail, *, lead=""):
    """The tokenizer with a post-processor that puts `lead` before and `tail` behind every text."""
    names = [*lead.split(), *tail.split()]
    single = " ".join(part for part in (lead, "$A", tail) if part)
    special = [(name, made.convert_tokens_to_ids(name)) for name in dict.fromkeys(names)]
    made.backend_tokenizer.post_processor = processors.TemplateProcessing(
        single=single, pair=f"{single} $B", special_tokens=special
    )
    return made


class Insistent(PreTrainedTokenizerFast):
    """A tokenizer that appends its EOS although no special token is asked for, unless the text ends with one."""

    def encode(self, text, **more):
        found = super().encode(text, **more)
        return found if found[-1:] == [self.eos_token_id] else [*found, self.eos_token_id]


def engine(made, path, **settings):
    """A small random Llama in `path` with the tokenizer; equal vocabularies give equal weights."""
    torch.manual_seed(0)
    config = LlamaConfig(
        vocab_size=len(made) + 8,
        hidden_size=32,
        intermediate_size=64,
        num_hidden_layers=2,
        num_attention_heads=2,
        max_position_embeddings=256,
        bos_token_id=0,
        eos_token_id=1,
        initializer_range=0.3,
    )
    LlamaForCausalLM(config).save_pretrained(path)
    made.save_pretrained(path)
    loaded = TransformersEngine(Weights(Card("tiny"), str(path)), Settings("transformers", **settings))
    # transformers may read the file with a class that has rules of its own
    loaded.tokens = Tokens(made)
    return loaded
