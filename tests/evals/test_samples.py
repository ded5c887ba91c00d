"""The bundled rows fit their pages, and their gold answers are right."""

import json
import re
from collections.abc import Callable
from collections.abc import Mapping
from pathlib import Path

import numpy as np
import pytest

from harness.benchmark import Benchmark
from harness.core import Case
from harness.core import Completion
from harness.core import Completions
from harness.core import Generate
from harness.core import LogLikelihoods
from harness.core import Response
from harness.sources.open import Data
from harness.sources.open import open_rows
from harness.statistics import estimate

PAGES = ("math/gsm8k", "trust/truthfulqa", "language/boolq", "language/winogrande", "code_explanation/conala")

Page = Callable[[str], Benchmark]


def collect(benchmark: Benchmark, samples: Path) -> tuple[Case, ...]:
    return benchmark.collect([open_rows(rows, Data("sample", samples)) for rows in benchmark.tables])


def rows_of(samples: Path, table: str) -> list[dict]:
    return [json.loads(line) for line in (samples / f"{table}.jsonl").read_text(encoding="utf-8").splitlines()]


def answered(case: Case, *, right: bool) -> Response:
    """The response of a model that knows the target, or that never gets it."""
    request = case.requests[-1]
    if isinstance(request, Generate):
        text = f"So it is #### {case.target}" if str(case.target).isdigit() else str(case.target)
        return Completions((Completion(text if right else "zzz 0 #### 0", "stop", 5),))
    wanted = case.target["true"] if isinstance(case.target, Mapping) else (case.target,)
    values = tuple(-1.0 if (pair in wanted) == right else -99.0 for pair in range(len(request.pairs)))
    return LogLikelihoods(values, (1,) * len(values), (False,) * len(values))


def values_of(benchmark: Benchmark, cases: tuple[Case, ...], *, right: bool) -> dict[str, float]:
    scores = [benchmark.score(case, answered(case, right=right)) for case in cases]
    return {
        metric.name: estimate([observed[column].stats for observed in scores], metric.reducer).value
        for column, metric in enumerate(benchmark.metrics)
    }


@pytest.mark.parametrize("name", PAGES)
def test_a_perfect_answer_scores_full_marks_and_a_wrong_one_none(name: str, page: Page, samples: Path) -> None:
    benchmark = page(name)
    cases = collect(benchmark, samples)
    assert 8 <= len(cases) <= 24
    for metric, value in values_of(benchmark, cases, right=True).items():
        assert value == pytest.approx(100 if metric in {"bleu", "chrf"} else 1), metric
    for metric, value in values_of(benchmark, cases, right=False).items():
        assert value == pytest.approx(0, abs=1.0 if metric == "chrf" else 1e-9), metric


@pytest.mark.parametrize("name", PAGES)
def test_a_page_tells_what_it_is(name: str, page: Page) -> None:
    benchmark = page(name)
    assert f"{benchmark.area}/{benchmark.name}" == name
    assert re.fullmatch(r"arXiv:\d{4}\.\d{5}", benchmark.paper)
    assert benchmark.protocol
    assert len({metric.name for metric in benchmark.metrics}) == len(benchmark.metrics)


@pytest.mark.parametrize("split", ["test", "train"])
def test_the_word_problems_add_up(split: str, samples: Path) -> None:
    for row in rows_of(samples, f"openai/gsm8k/main/{split}"):
        steps = re.findall(r"<<(.+?)=([\d.]+)>>", row["answer"])
        for expression, value in steps:
            assert eval(expression, {"__builtins__": {}}) == pytest.approx(float(value))
        assert row["answer"].split("#### ")[1].replace(",", "") == steps[-1][1]


def test_the_snippets_compile_and_share_questions(samples: Path) -> None:
    rows = rows_of(samples, "neulab/conala/curated/test")
    for row in rows:
        compile(row["snippet"], "snippet", "exec")
    assert len({row["question_id"] for row in rows}) < len(rows)
    assert any(row["rewritten_intent"] is None for row in rows)


def test_winogrande_twins_have_opposite_answers(samples: Path) -> None:
    rows = rows_of(samples, "allenai/winogrande/winogrande_xl/validation")
    for first, second in zip(rows[::2], rows[1::2], strict=True):
        assert (first["option1"], first["option2"]) == (second["option1"], second["option2"])
        assert {first["answer"], second["answer"]} == {"1", "2"}


def test_labels_are_balanced(samples: Path) -> None:
    labels = [row["label"] for row in rows_of(samples, "aps/super_glue/boolq/validation")]
    assert np.mean(labels) == pytest.approx(0.5)
