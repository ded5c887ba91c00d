"""Every causal architecture of the installed transformers as a tiny random model: what the engine says beside it.

The configurations are the library's own with every width, count and window made small.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import tiny
import torch
from transformers import AutoConfig
from transformers import AutoModelForCausalLM
from transformers import GenerationConfig
from transformers import LlamaConfig
from transformers.modeling_rope_utils import ROPE_INIT_FUNCTIONS
from transformers.models.auto.modeling_auto import MODEL_FOR_CAUSAL_LM_MAPPING_NAMES

from harness.core import Generate
from harness.core import LogLikelihood
from harness.core import Refusal
from harness.errors import ModelError

WINDOW = 24
TRAINED = 48
CONTEXT = 256
LARGEST = 3_000_000
"""Parameters of a model that is still small: some have tables no configuration makes so."""
NOT_LOADED = frozenset({"gemma4_unified_text"})
"""Where the library does not load what it has saved of so small a model."""
SMALL = (
    (r"vocab_size|.*_vocab_size|n_vocab", 64),
    (r"original_max_position_embeddings", TRAINED),
    (
        r"max_position_embeddings|n_positions|n_ctx|max_seq_len|model_max_length|max_target_positions|context_length",
        CONTEXT,
    ),
    (
        r".*window.*size|window_size|sliding_window.*|local_attention|attention_chunk_size|index_topk|.*window_len",
        WINDOW,
    ),
    (r"axial_pos_.*|prompt_.*", None),
    (r".*(num|n)_(key_value|kv)_heads|.*num_kv_heads|num_query_groups|.*num_key_value_heads", 2),
    (r".*(num|n)_.*heads|n_heads?|num_heads|.*attention_heads", 4),
    (r"qk_rope_head_dim|qk_nope_head_dim|rotary_dim|.*rope_head_dim", 4),
    (r".*head_?dim.*|.*head_size|kv_channels|d_head|d_kv", 8),
    (r"num_experts_per_tok|num_experts_per_token|moe_topk|moe_k|n_group|topk_group|moe_top_k|.*experts_per_tok", 1),
    (r"first_k_dense_replace|num_nextn.*", 1),
    (r".*num_.*experts|n_routed_experts|.*num_experts|zero_expert_num|n_shared_experts", 4),
    (r"(?!max_window)(num|n)_(hidden_)?layers?|(encoder|decoder)_layers|.*num_hidden_layers", 2),
    (r".*rank|.*lora.*rank", 8),
    (r".*intermediate_size.*|.*ffn.*dim|n_inner|dim_ff|dff|d_inner|.*ffn_hidden_size|feed_forward_size", 48),
    (
        r"hidden_size|d_model|n_embd|embedding_size|.*embed_dim|.*embedding_dim|emb_dim|lru_width|input_embedding_size|output_embedding_size",
        32,
    ),
    (r".*state_size|.*d_state", 8),
)


def shrunk(value: Any, name: str = "") -> Any:
    """A configuration's value made small by its name; token ids, patterns and switches are left to be made anew."""
    if isinstance(value, dict):
        return {key: shrunk(item, key) for key, item in value.items()}
    if isinstance(value, int) and not isinstance(value, bool) and value > 1:
        for pattern, small in SMALL:
            if re.fullmatch(pattern, name):
                return value if small is None else min(value, small)
    return value


LATENT = {
    "num_key_value_heads": 4,
    "qk_rope_head_dim": 4,
    "qk_nope_head_dim": 4,
    "qk_head_dim": 8,
    "head_dim": 4,
    "v_head_dim": 8,
    "index_head_dim": 8,
    "index_n_heads": 2,
    "n_group": 1,
    "topk_group": 1,
}
DECODER = {"is_decoder": True}
LINEAR = {"layer_types": ["linear_attention", "full_attention"]}
SLIDING = {"layer_types": ["sliding_attention", "full_attention"], "per_layer_config": None, "num_kv_shared_layers": 0}
GROUPS = {
    "deepseek_v3 deepseek_v32 glm_moe_dsa axk1 axk2 youtu": LATENT,
    "deepseek_v2": LATENT | {"num_experts_per_tok": 2},
    "qwen3_next qwen3_5_text qwen3_5_moe_text kimi_linear granitemoehybrid": LINEAR,
    "gemma3n_text gemma4_text gemma4_unified_text": SLIDING,
    "gpt_neo": {"attention_types": [[["global", "local"], 1]], "num_layers": 2},
    "mamba2": {"num_heads": 8, "head_dim": 8, "expand": 2, "chunk_size": 16},
    "bamba": {"attn_layer_indices": [1]},
    "jamba": {"attn_layer_period": 2, "attn_layer_offset": 1},
    "recurrent_gemma": {"block_types": ["recurrent", "attention"]},
    "reformer": {"is_decoder": True, "axial_pos_embds": False},
    "xmod": {"default_language": "en_XX"},
    "hunyuan_v1_dense hunyuan_v1_moe ministral nemotron": {"head_dim": 8},
    "bert bert-generation big_bird camembert data2vec-text electra ernie megatron-bert rembert": DECODER,
    "roberta roc_bert roberta-prelayernorm roformer xlm-roberta xlm-roberta-xl xmod": DECODER,
}
MORE: dict[str, dict[str, Any]] = {}
"""What else an architecture must be told to be small, or to be causal."""
for kinds, settings in GROUPS.items():
    for each in kinds.split():
        MORE[each] = MORE.get(each, {}) | settings


def tiny_config(kind: str) -> Any:
    """The architecture's own configuration with small numbers; raises what the library does where none can be made."""
    plain = AutoConfig.for_model(kind)
    text = plain if plain.is_encoder_decoder else plain.get_text_config(decoder=True)
    left = ("model_type", "transformers_version", "architectures", "layer_types", "mlp_layer_types", "dtype")
    small = {
        key: new
        for key, value in text.to_dict().items()
        if key not in left and not key.endswith("_token_id") and not isinstance(value, list)
        if (new := shrunk(value, key)) != value
    }
    ends = {"bos_token_id": 0, "eos_token_id": 1, "pad_token_id": 1}
    more = MORE.get(getattr(text, "model_type", kind), MORE.get(kind, DECODER if plain.is_encoder_decoder else {}))
    return type(text)(**small | ends | more)


def architectures() -> dict[str, Any]:
    """The causal architectures of which a small model can be made that runs by itself, and their configurations."""
    found: dict[str, Any] = {}
    for kind in MODEL_FOR_CAUSAL_LM_MAPPING_NAMES:
        try:
            config = tiny_config(kind)
            if config.model_type not in NOT_LOADED | set(found) and _runs(config):
                found[config.model_type] = config
        except Exception:  # noqa: BLE001  # whatever the library raises where a configuration cannot be made small
            continue
    return found


def _runs(config: Any) -> bool:
    with torch.device("meta"):
        if AutoModelForCausalLM.from_config(config).num_parameters() > LARGEST:
            return False
    model = AutoModelForCausalLM.from_config(config).eval()
    return bool(model(input_ids=torch.arange(2, 2 + TRAINED)[None]).logits.shape[1] == TRAINED)


def ropes() -> dict[str, Any]:
    """A Llama with each kind of rotary positions the library has, whose context is longer than it was trained at."""
    factors = {"short_factor": [1.0, 1.1, 1.2, 1.3], "long_factor": [2.0, 3.0, 4.0, 5.0]}
    found = {}
    for kind in ("default", *ROPE_INIT_FUNCTIONS):
        given = {"rope_type": kind, "rope_theta": 10000.0, "factor": 4.0, "original_max_position_embeddings": TRAINED}
        if kind == "llama3":
            given |= {"low_freq_factor": 1.0, "high_freq_factor": 4.0}
        config = LlamaConfig(
            **{**tiny.LLAMA_LIKE, **tiny.ENDS, "vocab_size": 64, "max_position_embeddings": CONTEXT},
            rope_parameters=given | (factors if kind == "longrope" else {}),
        )
        if kind == "dynamic":  # it counts from what it calls the longest position, and the context is elsewhere
            config.max_position_embeddings, config.n_positions = TRAINED, CONTEXT
        found[kind] = config
    return found


@dataclass(frozen=True)
class Row:
    """What became of one model: its ways by kind of request, or why it is refused, and how it compares with itself.

    `apart` is the largest difference of log P from the model alone (nats), `differing` the completions that differ from
    those of `generate`.
    """

    ways: tuple[str, str]
    apart: float
    differing: int


LENGTHS = (6, 23, 30, 46, 51, 70)
PROMPTS = (5, 20, 44)
WRITTEN = 8


def numbers(length: int, seed: int) -> list[int]:
    return torch.randint(0, 40, (length,), generator=torch.Generator().manual_seed(seed)).tolist()


def requests() -> list[Any]:
    """Contexts below and beyond the window and the trained length, one the beginning of another, and prompts alike."""
    start = numbers(max(LENGTHS), 0)
    found: list[Any] = []
    for at, length in enumerate(LENGTHS):
        context = start[:length] if at % 2 else numbers(length, at)
        endings = [numbers(count, 100 * at + count) for count in (1, 2, 4)]
        found.append(LogLikelihood(tuple((tiny.words(*context), tiny.words(*ending)) for ending in endings)))
    found += [Generate(tiny.words(*start[:length]), max_tokens=WRITTEN) for length in PROMPTS]
    return [*found, Generate(tiny.words(*numbers(PROMPTS[1], 7)), max_tokens=WRITTEN)]


def measure(path: Path, config: Any, fresh: Callable[[Any], Any] = lambda model: model) -> Row:
    """Save a model of the configuration with random weights, ask the engine and the model itself.

    `fresh` makes of the model one that has read nothing, where it remembers.
    """
    torch.manual_seed(0)
    model = AutoModelForCausalLM.from_config(config)
    for weights in model.parameters():
        if weights.dim() > 1:
            weights.data = torch.randn(weights.shape) * 0.3
    model.save_pretrained(path)
    tiny.tokenizer().save_pretrained(path)
    plain = AutoModelForCausalLM.from_pretrained(path).eval().requires_grad_(requires_grad=False)
    plain.generation_config = (
        GenerationConfig()
    )  # what the architecture's defaults ask for beyond greedy is no part of it
    try:
        engine = tiny.engine(path)
    except ModelError as error:
        return Row((f"refused: {error}", "refused"), 0.0, 0)
    asked = requests()
    answers = tiny.answers(engine, asked)
    apart, differing = 0.0, 0
    for request, answer in zip(asked, answers, strict=True):
        if isinstance(answer, Refusal):
            continue
        if isinstance(request, LogLikelihood):
            for pair, value in zip(request.pairs, answer.values, strict=True):
                apart = max(apart, abs(value - log_p(fresh(plain), engine, *pair)))
        else:
            differing += written(fresh(plain), engine, request) != answer.completions[0].text
    return Row(told(engine), apart, differing)


def log_p(model: Any, engine: Any, context: str, continuation: str) -> float:
    """Log P of a continuation by one pass over all but its last token, as lm-evaluation-harness asks."""
    ids = engine.tokens.encode(context + continuation)
    scored = len(ids) - len(engine.tokens.encode(context))
    logits = model(input_ids=torch.tensor([ids[:-1]])).logits[0].double()
    rows = torch.log_softmax(logits, -1)
    return sum(rows[at - 1, ids[at]].item() for at in range(len(ids) - scored, len(ids)))


def written(model: Any, engine: Any, request: Generate) -> str:
    """What `generate` writes greedily behind a prompt alone."""
    ids = torch.tensor([engine.tokens.encode(request.prompt)])
    options = {"max_new_tokens": request.max_tokens, "do_sample": False, "pad_token_id": 1, "eos_token_id": 1}
    found = model.generate(ids, attention_mask=torch.ones_like(ids), **options)[0, ids.shape[1] :].tolist()
    return engine.tokens.decode([token for token in found if token != 1])


def told(engine: Any) -> tuple[str, str]:
    """The ways of an engine in a table's cells: log-likelihoods, completions."""
    cells = []
    for ways in engine.describe()["ways"].values():
        names = list(dict.fromkeys(one["way"] for one in ways))
        parts = [f"{one['way']} to {one['up_to']}" for one in ways[:-1]] + [f"then {ways[-1]['way']}"]
        cells.append(names[0] if len(names) == 1 else ", ".join(parts))
    return cells[0], cells[1]


def table(rows: dict[str, Row], head: str) -> list[str]:
    """The lines of a table of what became of each model."""
    lines = [f"| {head} | log-likelihoods | completions |", "|---|---|---|"]
    return [*lines, *(f"| {name} | {row.ways[0]} | {row.ways[1]} |" for name, row in sorted(rows.items()))]
