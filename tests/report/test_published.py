"""Published scores: facts with a source, beside ours under an equal protocol alone."""

import json
from dataclasses import replace
from pathlib import Path

import pytest

from harness.cases.pages import load_pages
from harness.compare.study_terminal import published_lines
from harness.models.cards import load_cards
from harness.results.published import Measured
from harness.results.published import beside
from harness.results.published import load_published
from harness.results.published import matching
from harness.results.published import pairing

GSM8K = Measured("mistral-7b", "gsm8k", "strict-match", 1319)
ROOT = Path(__file__).parents[2]


def manifest(**changes):
    card = {"name": "mistral-7b", "hub_id": "mistralai/Mistral-7B-v0.1", "path": None, "wheel": None}
    return {
        "models": {"mistral-7b": {"card": card, "settings": {"template": False}}},
        "benchmarks": {"gsm8k": {"data": [{"source": "hub"}]}},
        "settings": {"shots": {"gsm8k": 5}},
    } | changes


def figures(found):
    return [(one.value, one.claim) for one in found]


def test_the_published_score_and_the_claim_stand_side_by_side():
    assert figures(matching(manifest(), GSM8K)) == [(37.07, False), (62.3, True)]
    assert figures(matching(manifest(settings={"shots": 5}), GSM8K)) == [(37.07, False), (62.3, True)]


def test_with_other_examples_the_claim_alone_is_left():
    for settings in ({"shots": 0}, {"shots": {"mmlu": 5}}, {}):
        assert figures(matching(manifest(settings=settings), GSM8K)) == [(62.3, True)]


@pytest.mark.parametrize(
    "ours",
    [replace(GSM8K, cases=100), replace(GSM8K, metric="flexible-extract"), replace(GSM8K, model="other")],
)
def test_another_metric_model_or_number_of_cases_has_none(ours):
    assert matching(manifest(), ours) == []


@pytest.mark.parametrize(
    "card", [{"hub_id": "mistralai/Mistral-7B-v0.2"}, {"path": "/models/mine"}, {"wheel": {"requirement": "x"}}]
)
def test_other_weights_have_none(card):
    found = manifest()
    found["models"]["mistral-7b"]["card"] |= card
    assert matching(found, GSM8K) == []


def test_sample_rows_and_a_chat_template_have_none():
    assert matching(manifest(benchmarks={"gsm8k": {"data": [{"source": "sample"}]}}), GSM8K) == []
    found = manifest()
    found["models"]["mistral-7b"]["settings"]["template"] = True
    assert matching(found, GSM8K) == []


def test_a_summary_has_both_figures_in_percent():
    estimate = {"value": 0.371, "low": 0.345, "high": 0.398, "n": 1319}
    score = {"model": "mistral-7b", "benchmark": "gsm8k", "metric": "strict-match", "reducer": "proportion"}
    score |= {"estimate": estimate, "macro": None, "counts": {"planned": 1319}}
    ours, claim = beside(manifest(), [score])
    assert ours["ours"] == pytest.approx({"value": 37.1, "low": 34.5, "high": 39.8})
    assert (ours["published"], ours["claim"], ours["shots"]) == (37.07, False, 5)
    assert (claim["published"], claim["claim"], claim["protocol"]) == (62.3, True, "not stated")
    assert beside(manifest(), [score | {"counts": {"planned": 1320}}]) == []
    lines = published_lines([ours, claim], {"mistral-7b": "A"})
    rows = [line for line in lines if line.startswith("gsm8k")]
    assert [line.split()[:4] for line in rows] == [["gsm8k", "strict-match", "A", "37.1"]] * 2
    assert "62.3 (claim)" in rows[1]
    assert published_lines([], {}) == []


def test_what_is_known_to_differ_stands_beside_the_figure():
    """lm-evaluation-harness 0.3's lm_eval/tasks/gsm8k.py stops at ":", "Question:" and "Question"."""
    ours, claim = (pairing("mistral-7b", {"value": 37.1}, one) for one in matching(manifest(), GSM8K))
    assert (ours["differs"], claim["differs"]) == ("its answers probably ended at a colon too", "")
    shown = " ".join(" ".join(published_lines([ours, claim], {"mistral-7b": "A"})).split())
    assert shown.count("colon") == 1
    assert {one.benchmark for one in load_published() if one.differs} == {"gsm8k"}


def test_every_one_is_of_a_card_and_of_a_page_as_large():
    hub_ids = {card.hub_id for card in load_cards().values()}
    pages = load_pages([ROOT / "evals"])
    for one in load_published():
        page = pages[one.benchmark]
        assert one.model in hub_ids
        assert one.cases == page.size
        assert one.metric.removeprefix("macro ") in [metric.name for metric in page.metrics]
        assert one.source
        assert pairing("a", {}, one)["published"] == one.value


@pytest.mark.shared
def test_every_figure_was_read(shared):
    known = json.loads((shared / "facts" / "reference_scores.json").read_text())["models"].values()
    names = {"arc_challenge": "ARC-c", "hellaswag": "HellaSwag", "mmlu": "MMLU", "truthfulqa": "TruthfulQA_mc2"}
    names |= {"winogrande": "Winogrande", "gsm8k": "GSM8K"}
    read = {
        (model["hf_id"], name, row[name])
        for model in known
        for row in model["leaderboard_v1"]
        if row["from"] == "read"
        for name in names.values()
        if row.get(name) is not None
    }
    for one in load_published():
        assert one.claim or (one.model, names[one.benchmark], one.value) in read
