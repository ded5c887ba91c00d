"""Sampling against greedy: tokens a second of the same rows, temperature .8 and top-p .95, a vocabulary of 152k.

    python benchmarks/sampling.py [--rows N] [--tokens N] [--repeats N] [--device NAME]

The model is random, in the shape of Qwen2.5-0.5B (24 layers of 896, 151,936 tokens); what is drawn does not depend on
what the weights are. Greedy and sampled runs take turns; each figure is the median.
"""

import argparse
import statistics
import time

import torch
from transformers import Qwen2Config
from transformers import Qwen2ForCausalLM

from harness.engines.transformers.drawing import Chooser
from harness.engines.transformers.drawing import choose

VOCABULARY = 151_936


def main() -> None:
    """Measure and print."""
    options = arguments()
    model = random_model(options.layers, options.device)
    ways = {
        "greedy": Chooser(0.0, 1.0, 0, 0),
        "temperature .8": Chooser(0.8, 1.0, 0, 0),
        "temperature .8, top-p .95": Chooser(0.8, 0.95, 0, 0),
    }
    spans: dict[str, list[float]] = {name: [] for name in ways}
    for _ in range(options.repeats + 1):
        for name, way in ways.items():
            spans[name].append(written(model, way, options.rows, options.tokens))
    rates = {name: options.rows * options.tokens / statistics.median(times[1:]) for name, times in spans.items()}
    print(f"{options.rows} rows, {options.tokens} tokens each, {torch.get_num_threads()} threads, {options.device}")
    for name, rate in rates.items():
        print(f"{name:<28}{rate:8.1f} tokens/s  {rate / rates['greedy']:6.1%} of greedy")


def arguments() -> argparse.Namespace:
    """The command line."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n", maxsplit=1)[0])
    parser.add_argument("--rows", type=int, default=24)
    parser.add_argument("--tokens", type=int, default=16)
    parser.add_argument("--repeats", type=int, default=5)
    parser.add_argument("--layers", type=int, default=24)
    parser.add_argument("--device", default="cpu")
    return parser.parse_args()


def random_model(layers: int, device: str) -> Qwen2ForCausalLM:
    """A random model in the shape of Qwen2.5-0.5B."""
    torch.manual_seed(0)
    config = Qwen2Config(
        vocab_size=VOCABULARY,
        hidden_size=896,
        intermediate_size=4864,
        num_hidden_layers=layers,
        num_attention_heads=14,
        num_key_value_heads=2,
        tie_word_embeddings=True,
    )
    return Qwen2ForCausalLM(config).eval().to(device)


@torch.inference_mode()
def written(model: Qwen2ForCausalLM, way: Chooser, rows: int, tokens: int) -> float:
    """Seconds for `tokens` steps of so many rows, each with the model's own cache, behind a prompt of 32 tokens."""
    choosers = [Chooser(way.temperature, way.top_p, way.seed, row) for row in range(rows)]
    prompt = torch.randint(VOCABULARY, (rows, 32), generator=torch.Generator().manual_seed(1)).to(model.device)
    output = model(prompt, use_cache=True, logits_to_keep=1)
    begun = time.perf_counter()
    for position in range(tokens):
        chosen = choose(output.logits[:, -1], choosers, [position] * rows)
        newest = torch.tensor(chosen, device=model.device)[:, None]
        output = model(newest, past_key_values=output.past_key_values, use_cache=True)
    return time.perf_counter() - begun


if __name__ == "__main__":
    main()
