"""Margins: points by benchmark, from the table and the command line."""

import pytest

from harness.errors import UsageError
from harness.gate.margins import Margins
from harness.gate.margins import from_manifest
from harness.gate.margins import read_margins


def test_two_points_are_tolerated_where_nothing_is_said():
    assert read_margins(None, ()) == Margins(2.0, {})


@pytest.mark.parametrize("text", ["2pt", "2", "2.0pt", " 2 pt ", "2pts", "2%"])
def test_points_may_be_written_in_several_ways(text):
    assert read_margins(None, [f"gsm8k={text}"]).points("gsm8k", "proportion") == 2


def test_the_command_line_comes_before_the_table_and_a_name_before_all():
    table = {"margin": "3pt", "gsm8k": "1pt", "mmlu": "4pt"}
    found = read_margins(table, ["gsm8k=.5pt", "5pt", "hendrycks_math = 6pt"])
    points = {name: found.points(name, "proportion") for name in ("gsm8k", "mmlu", "hendrycks_math", "boolq")}
    assert points == {"gsm8k": 0.5, "mmlu": 4, "hendrycks_math": 6, "boolq": 5}
    assert from_manifest(found.written()) == found


@pytest.mark.parametrize(
    ("reducer", "points"), [("proportion", 2), ("f1", 2), ("matthews", 2), ("mean", 2), ("bleu", 2)]
)
def test_the_common_margin_is_for_scales_of_100(reducer, points):
    assert Margins().points("any", reducer) == points


@pytest.mark.parametrize("reducer", ["perplexity", "bits_per_unit"])
def test_a_metric_without_such_a_scale_has_only_a_margin_of_its_own(reducer):
    assert Margins().points("any", reducer) is None
    assert Margins(benchmarks={"any": 0.1}).points("any", reducer) == 0.1


@pytest.mark.parametrize(
    ("table", "given", "sentence"),
    [
        (None, ["gsm8k=much"], "--margin: found 'much'; expected points above 0, as 1pt or 0.5pt"),
        (None, ["-1pt"], "--margin: found '-1pt'; expected points above 0, as 1pt or 0.5pt"),
        (None, ["0pt"], "--margin: found '0pt'; expected points above 0, as 1pt or 0.5pt"),
        (None, ["=2pt"], "--margin: found '=2pt'; expected points above 0, as 1pt or 0.5pt"),
        (None, ["gsm8k="], "--margin: found ''; expected points above 0, as 1pt or 0.5pt"),
        ({"margin": "nan"}, [], "[tool.crosstask.gate] margin: found 'nan'; expected points above 0, as 1pt or 0.5pt"),
        ({"gsm8k": 2}, [], '[tool.crosstask.gate] gsm8k: found 2; expected text, as "2pt"'),
        (True, [], '[tool.crosstask.gate]: found True; expected a table, as margin = "2pt"'),
    ],
)
def test_what_is_no_margin_is_one_sentence(table, given, sentence):
    with pytest.raises(UsageError) as error:
        read_margins(table, given)
    assert str(error.value) == sentence


def test_a_margin_of_an_unknown_benchmark_is_an_error():
    with pytest.raises(UsageError) as error:
        read_margins(None, ["gsm9k=2pt"]).check(["gsm8k", "boolq"])
    assert str(error.value) == "--margin: found the benchmark 'gsm9k'; expected one of boolq, gsm8k"
    read_margins(None, ["gsm8k=2pt"]).check(["gsm8k", "boolq"])
