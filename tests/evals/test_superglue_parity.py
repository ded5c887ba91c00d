"""SuperGLUE's pages beside lm-evaluation-harness 0.4.13's logs, where a case is more than a row or a metric its own."""

import gzip
import json
from collections.abc import Callable
from pathlib import Path

import pytest

from harness.benchmark import Benchmark
from harness.core import Case
from harness.core import LogLikelihoods
from harness.sources import Row
from harness.sources import Table
from harness.sources.open import Data
from harness.sources.open import open_rows
from harness.statistics import estimate

pytestmark = pytest.mark.shared

Page = Callable[[str], Benchmark]


def test_macro_f1_of_cb_is_lm_evaluation_harness_s(page: Page, shared: Path) -> None:
    """0.2779 over the 24 logged cases, as its log's table says."""
    benchmark = page("language/cb")
    stats = []
    for line in (shared / "parity" / "cb.jsonl").read_text(encoding="utf-8").splitlines():
        doc = json.loads(line)
        values = tuple(doc["loglikelihoods"])
        response = LogLikelihoods(values, (1,) * 3, (False,) * 3)
        score = benchmark.score(Case("a", (), doc["target"]), response)[1]
        assert [doc["target"], int(score.extracted)] == doc["metrics"]["f1"]
        stats.append(score.stats)
    assert len(stats) == 24
    assert estimate(stats, "macro_f1").value == pytest.approx(0.2779, abs=5e-5)


def test_multirc_asks_and_counts_as_lm_evaluation_harness(page: Page, shared: Path) -> None:
    """Each logged answer alone and within its question."""
    benchmark = page("language/multirc")
    path = shared / "data" / "mirror" / "aps/super_glue/multirc/validation.jsonl.gz"
    with gzip.open(path, "rt", encoding="utf-8") as lines:
        rows = [Row(json.loads(line), path.name, number, str(number)) for number, line in enumerate(lines)]
    questions = {case.id: case for case in benchmark.collect([Table("t", rows, {})])}
    docs = [json.loads(line) for line in (shared / "parity" / "multirc.jsonl").read_text("utf-8").splitlines()]
    assert (len(questions), len(docs)) == (953, 16)
    for doc in docs:
        asked = rows[doc["mirror_index"]]
        case = benchmark.to_case(asked.joined(benchmark.join(asked), [asked]), ())
        expected = tuple((doc["prompt"], continuation) for continuation in doc["continuations"])
        assert case.requests[0].pairs == expected
        assert set(expected) <= set(questions[case.id].requests[0].pairs)
        values = tuple(doc["loglikelihoods"])
        acc = benchmark.score(case, LogLikelihoods(values, (1, 1), tuple(doc["greedy"])))[2]
        assert (acc.metric, acc.stats) == ("acc", (doc["metrics"]["acc"], 1))
        assert case.target == (doc["target"],)


@pytest.mark.parametrize(("name", "cases", "twins"), [("axb", 1104, 550), ("axg", 178, 178)])
def test_the_diagnostic_rows_make_their_cases(name: str, cases: int, twins: int, page: Page, shared: Path) -> None:
    """All 1,104 and 356 rows have labels, and every minimal pair is found."""
    benchmark = page(f"language/{name}")
    data = Data("mirror", shared / "data" / "mirror")
    found = benchmark.collect([open_rows(rows, data) for rows in benchmark.tables])
    assert (len(found), len({case.cluster or case.id for case in found})) == (cases, twins)
