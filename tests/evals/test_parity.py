"""The pages' prompts, continuations and verdicts equal those lm-evaluation-harness 0.4.13 logged."""

import gzip
import json
from collections.abc import Callable
from collections.abc import Iterator
from pathlib import Path

import pytest

from harness.benchmark import Benchmark
from harness.core import Case
from harness.core import Completion
from harness.core import Completions
from harness.core import LogLikelihoods
from harness.sources import Row

pytestmark = pytest.mark.shared

Page = Callable[[str], Benchmark]


def logged(shared: Path, task: str, benchmark: Benchmark, place: int = 0) -> Iterator[tuple[Case, dict]]:
    """Each logged document and the case the page makes of its row, which is in the table at that place."""
    table = benchmark.tables[place]
    with gzip.open(shared / "data" / "mirror" / f"{table.name}.jsonl.gz", "rt", encoding="utf-8") as lines:
        rows = [json.loads(line) for line in lines]
    for line in (shared / "parity" / f"{task}.jsonl").read_text(encoding="utf-8").splitlines():
        doc = json.loads(line)
        number = doc["mirror_index"]
        yield benchmark.to_case(Row(rows[number], table.name, number, str(number), table.config), ()), doc


@pytest.mark.parametrize(
    ("name", "n"),
    [
        ("language/arc_challenge", 24),
        ("language/arc_easy", 24),
        ("language/boolq", 24),
        ("language/cb", 24),
        ("language/copa", 24),
        ("language/hellaswag", 24),
        ("language/openbookqa", 24),
        ("language/piqa", 24),
        ("language/rte", 24),
        ("language/wic", 24),
        ("language/winogrande", 24),
        ("language/wsc", 24),
    ],
)
def test_choices_and_verdicts(name: str, n: int, page: Page, shared: Path) -> None:
    benchmark = page(name)
    docs = list(logged(shared, benchmark.lm_eval_task, benchmark))
    assert len(docs) == n
    for case, doc in docs:
        contexts = doc.get("prompts") or [doc["prompt"]] * len(doc["continuations"])
        assert case.requests[0].pairs == tuple(zip(contexts, doc["continuations"], strict=True))
        values = tuple(doc["loglikelihoods"])
        scores = benchmark.score(case, LogLikelihoods(values, (1,) * len(values), tuple(doc["greedy"])))
        found = {score.metric: score.stats[0] for score in scores}
        assert (case.target, found["acc"]) == (doc["target"], doc["metrics"]["acc"])
        assert found.get("acc_norm") == doc["metrics"].get("acc_norm")


def test_lambada(page: Page, shared: Path) -> None:
    benchmark = page("language/lambada")
    docs = list(logged(shared, "lambada_openai", benchmark))
    assert len(docs) == 16
    for case, doc in docs:
        assert case.requests[0].pairs == ((doc["prompt"], *doc["continuations"]),)
        response = LogLikelihoods(tuple(doc["loglikelihoods"]), (1,), tuple(doc["greedy"]))
        found = {score.metric: score.stats[0] for score in benchmark.score(case, response)}
        assert (f" {case.target}", found) == (doc["target"], doc["metrics"])


@pytest.mark.parametrize(("metric", "column"), [("mc1", 0), ("mc2", 1)])
def test_truthfulqa(metric: str, column: int, page: Page, shared: Path) -> None:
    benchmark = page("trust/truthfulqa")
    docs = list(logged(shared, f"truthfulqa_{metric}", benchmark))
    assert len(docs) == 12
    for case, doc in docs:
        pairs = case.requests[0].pairs
        listed = case.target["mc1"] if metric == "mc1" else (*case.target["true"], *case.target["false"])
        assert sorted(doc["continuations"]) == sorted(pairs[pair][1] for pair in listed)
        assert {context for context, _ in pairs} == {doc["prompt"]}
        found = dict(zip(doc["continuations"], doc["loglikelihoods"], strict=True))
        values = tuple(found.get(answer, -50.0) for _, answer in pairs)
        score = benchmark.score(case, LogLikelihoods(values, (1,) * len(values), (False,) * len(values)))[column]
        assert score.stats[0] == pytest.approx(doc["metrics"]["acc"], abs=1e-4)


@pytest.mark.parametrize(
    ("task", "name", "place"), [("gsm8k", "math/gsm8k", 0), ("mgsm_direct_en", "math/mgsm", 2)], ids=["gsm8k", "mgsm"]
)
def test_word_problems(task: str, name: str, place: int, page: Page, shared: Path) -> None:
    benchmark = page(name)
    docs = list(logged(shared, task, benchmark, place))
    assert len(docs) == 16
    for case, doc in docs:
        assert (case.requests[0].prompt, list(case.requests[0].stop)) == (doc["prompt"], doc["until"])
        assert doc["target"].split("#### ")[-1].replace(",", "") == case.target
        _, *rules = benchmark.score(case, Completions((Completion(doc["generation"], "stop", 1),)))
        for score in rules:
            assert ("[invalid]" if score.extracted is None else score.extracted) == doc["filtered"][score.metric]
            assert score.stats[0] == doc["metrics"][f"exact_match,{score.metric}"]


def test_gsm8k_solutions_published_by_openai(page: Page, shared: Path) -> None:
    """Correct answers of the four models as their authors flagged them (openai/grade-school-math, 3101c7d)."""
    benchmark = page("math/gsm8k")
    path = shared / "data" / "generations" / "gsm8k_model_solutions" / "example_model_solutions.jsonl.gz"
    expected = {"6b_finetuning": 286, "6b_verification": 515, "175b_finetuning": 458, "175b_verification": 742}
    right, by_value = dict.fromkeys(expected, 0.0), dict.fromkeys(expected, 0.0)
    with gzip.open(path, "rt", encoding="utf-8") as lines:
        for place, line in enumerate(lines):
            found = json.loads(line)
            answer = found["ground_truth"].replace("\nA: ", "\n#### ")
            row = Row({"question": found["question"], "answer": answer}, path.name, place, str(place))
            case = benchmark.to_case(row, ())
            for model in expected:
                response = Completions((Completion(found[model]["solution"], "stop", 1),))
                number, _, flexible = benchmark.score(case, response)
                by_value[model] += number.stats[0]
                right[model] += flexible.stats[0]
    assert right == by_value == expected
