"""The number a recipe takes of each benchmark, and the mean of these."""

import pytest

from harness.report.headline import headlines
from harness.report.headline import is_headline
from harness.report.headline import means_of
from harness.report.html import write_html
from harness.report.summary import summarise
from harness.report.terminal import table
from harness.results.folder import read_run


def score(benchmark, metric, value, reducer="proportion", **more):
    return {
        "model": "toy",
        "benchmark": benchmark,
        "metric": metric,
        "reducer": reducer,
        "estimate": {"value": value},
        "macro": None,
        **more,
    }


def manifest(**metrics):
    return {"recipe": {"name": "own", "metrics": metrics}, "planned": {"toy": {}}}


def test_the_mean_of_percentages_is_the_leaderboard_s():
    """Six numbers of the first Open LLM Leaderboard's kind: their plain mean, MMLU by its mean over subjects."""
    wanted = manifest(a="acc_norm", b="acc_norm", c="macro acc", d="mc2", e="acc", f="strict-match")
    scores = [
        score("a", "acc", 0.99),
        score("a", "acc_norm", 0.5),
        score("b", "acc_norm", 0.75),
        score("c", "acc", 0.9, macro={"value": 0.45}),
        score("d", "mc1", 0.1),
        score("d", "mc2", 0.42, reducer="mean"),
        score("e", "acc", 0.7),
        score("f", "strict-match", 0.18),
    ]
    (found,) = headlines(wanted, scores)
    assert [one["value"] for one in found["scores"]] == [0.5, 0.75, 0.45, 0.42, 0.7, 0.18]
    assert found["mean"] == pytest.approx(0.5)
    (line,) = means_of([found])
    assert line == (
        "toy: 50.0 is the mean of 6 headline scores (a acc_norm, b acc_norm, c macro acc, d mc2, e acc, f strict-match)"
    )
    assert is_headline(wanted, "c", "acc")
    assert not is_headline(wanted, "a", "acc")


def test_a_missing_benchmark_leaves_no_mean():
    (found,) = headlines(manifest(a="acc", b="acc"), [score("a", "acc", 0.5)])
    assert found["mean"] is None
    assert list(means_of([found])) == ["toy: no mean of the headline scores, without b"]


def test_a_benchmark_without_a_value_leaves_no_mean():
    (found,) = headlines(manifest(a="acc", b="acc"), [score("a", "acc", 0.5), score("b", "acc", None)])
    assert found["mean"] is None


@pytest.mark.parametrize("other", [score("b", "ppl", 20.0, "perplexity"), score("b", "ppl", 0.5, "matthews")])
def test_numbers_on_other_scales_have_no_mean(other):
    (found,) = headlines(manifest(a="acc", b="ppl"), [score("a", "acc", 0.5), other])
    assert (found["mean"], list(means_of([found]))) == (None, [])


def test_a_recipe_without_headlines_and_a_run_of_other_benchmarks_say_nothing():
    assert headlines({"recipe": {"name": "own"}, "planned": {"toy": {}}}, [score("a", "acc", 0.5)]) == []
    assert headlines(manifest(b="acc"), [score("a", "acc", 0.5)]) == []


def test_summary_table_and_report_show_them(folder, tmp_path):
    folder.manifest["recipe"] = {"name": "own", "metrics": {"tins": "exact", "moons": "acc"}}
    run = read_run(folder.write())
    summary = summarise(run)
    assert [found["headline"] for found in summary["scores"]] == [True, True]
    assert summary["headlines"][0]["mean"] == pytest.approx(1)
    sentence = "toy: 100.0 is the mean of 2 headline scores (tins exact, moons acc)"
    assert sentence in [line.text for line in table(summary)]
    write_html(run, summary, tmp_path / "report.html")
    assert f">{sentence}</p>" in (tmp_path / "report.html").read_text()
