"""The score table of the terminal: a line a benchmark, no wider than the terminal, loud where results are missing."""

from dataclasses import replace

import pytest
from seeded_summary import AREAS
from seeded_summary import GOLDEN
from seeded_summary import MODELS
from seeded_summary import WIDTHS
from seeded_summary import summary as seeded
from seeded_summary import tables
from seeded_summary import text

from harness.core import LogLikelihoods
from harness.core import Score
from harness.report.previous import Previous
from harness.report.summary import summarise
from harness.report.terminal import View
from harness.report.terminal import table
from harness.results.folder import read_run


def lines(folder, detail=0, width=80):
    return [line.text for line in table(summarise(read_run(folder.write())), View(width, detail))]


@pytest.mark.parametrize("width", WIDTHS)
@pytest.mark.parametrize("golden", list(tables()), ids=lambda golden: golden[0])
def test_the_table_is_the_golden_file_s(golden, width):
    name, made, detail, runs = golden
    shown = text(made, detail, runs, width)
    assert shown == (GOLDEN / f"{name}-{width}.txt").read_text(encoding="utf-8")
    assert max(map(len, shown.splitlines())) <= width


@pytest.mark.parametrize("width", range(24, 200, 7))
@pytest.mark.parametrize("models", [1, 2, 3, 9])
def test_no_row_is_wider_than_the_terminal(models, width):
    names = [f"model-{number}" for number in range(models)]
    made = seeded(names, AREAS, truncated=0.3, empty=0.1, refused=0.1)
    assert max(len(line.text) for line in table(made, View(width, wraps=True))) <= width


def test_54_benchmarks_of_three_models_are_at_most_90_lines():
    made = seeded(MODELS, AREAS, truncated=0.3, empty=0.1, refused=0.1, errors=0.1)
    assert sum(map(len, (names.split() for names in AREAS.values()))) == 54
    assert len(table(made, View(80, wraps=True))) <= 90


def test_at_80_columns_one_two_and_three_models_have_interval_and_n():
    for name in ("one", "two", "many"):
        first = (GOLDEN / f"{name}-80.txt").read_text(encoding="utf-8").splitlines()[1].split()
        assert first[-1] == "n"
        assert first.count("95") >= {"one": 1, "two": 2, "many": 3}[name]


def test_a_whole_run_prints_a_line_a_benchmark_and_its_notes(folder):
    folder.change("tin-3", scores=(Score("exact", (0.0, 1.0), "invalid"),))
    assert lines(folder) == [
        "toy",
        "         metric  score  95 % interval      n",
        "math     mean     91.7  [64.6, 98.5]      12",
        "  tins   exact    91.7  [64.6, 98.5]   a  12",
        "trust    mean    100.0  [43.9, 100.0]      3",
        "  moons  acc     100.0  [43.9, 100.0]      3",
        "a: no answer found in the text",
        "note: Answers are cut to 64 tokens.",
    ]


def test_areas_alone_are_shown_where_little_is_asked_for(folder):
    assert [line.split()[0] for line in lines(folder, detail=-1)[2:4]] == ["math", "trust"]


def test_what_lies_below_the_headline_is_shown_where_more_is_asked_for(folder):
    exact = folder.manifest["benchmarks"]["tins"]["metrics"][0]
    folder.manifest["benchmarks"]["tins"]["metrics"].append(exact | {"name": "other"})
    for row in range(12):
        folder.change(f"tin-{row}", scores=(Score("exact", (1.0, 1.0)), Score("other", (0.0, 1.0))))
    assert not any("other" in line for line in lines(folder))
    assert any(line.split()[:2] == ["other", "0.0"] for line in lines(folder, detail=1))


def test_continuations_tokenised_apart_are_marked(folder):
    folder.change("moon-0", responses=(LogLikelihoods((-1.5, -2.25), (1, 2), (True, False), apart=1),))
    found = lines(folder)
    assert found[5].split() == ["moons", "acc", "100.0", "[43.9,", "100.0]", "t", "3"]
    assert found[6] == "t: continuations tokenised apart"


def test_what_an_engine_notes_of_a_model_is_a_note_of_the_run(folder):
    folder.manifest["models"]["toy"]["engine"] = {"notes": ["the tokenizer appends '</s>' to every text"]}
    assert lines(folder)[-1] == "note: toy: the tokenizer appends '</s>' to every text"


def test_the_mean_over_strata_and_the_score_without_known_wrong_rows_stand_below(folder):
    listed = {"name": "ours", "version": "2", "source": "-", "why": "-", "listed": 1, "excluded": 1, "changed": []}
    folder.manifest["benchmarks"]["tins"] |= {"strata": "subject", "exclusions": [listed]}
    for row in range(12):
        folder.change(f"tin-{row}", stratum="a" if row < 8 else "b")
    folder.change("tin-3", scores=(Score("exact", (0.0, 1.0), "wrong"),), tags=("excluded by ours 2",))
    assert any("k: known-wrong rows are among the cases" in line for line in lines(folder))
    assert not any("without ours 2" in line for line in lines(folder))
    assert any(line.split()[:4] == ["without", "ours", "2", "100.0"] for line in lines(folder, detail=1))
    found = lines(folder, detail=2)
    place = next(number for number, line in enumerate(found) if line.split()[0] == "tins")
    assert [found[place + number].split()[:4] for number in range(1, 5)] == [
        ["without", "ours", "2", "100.0"],
        ["macro", "by", "subject", "93.8"],
        ["subject", "a", "87.5", "[52.9,"],
        ["subject", "b", "100.0", "[51.0,"],
    ]
    assert found[place + 1].split()[-1] == "11"


@pytest.mark.parametrize(
    ("reducer", "shown"), [("perplexity", "41.6 "), ("bits_per_unit", "5.378 "), ("mean", "-372.8 ")]
)
def test_values_that_are_no_shares_keep_their_own_scale(folder, reducer, shown):
    folder.manifest["benchmarks"]["tins"]["metrics"][0]["reducer"] = reducer
    for row in range(12):
        folder.change(f"tin-{row}", scores=(Score("exact", (-3.7278, 1.0)),))
    assert any(shown in line for line in lines(folder))


def test_a_run_with_missing_results_says_so_first_and_last(folder):
    folder.drop("tin-0")
    found = lines(folder)
    warning = "INCOMPLETE 14/15: 1 planned case without a result; the scores below are not those of the whole run"
    assert found[0] == found[-1] == warning
    assert any(line.endswith(" n  11/12") for line in found)


def test_benchmarks_that_were_not_run_for_one_reason_are_one_note(folder):
    folder.manifest["failures"] = {"tins": "no rows", "moons": "no rows", "cups": "no tool: perl"}
    assert lines(folder)[-2:] == ["note: tins, moons: not run: no rows", "note: cups: not run: no tool: perl"]


def test_sample_rows_are_named_as_such(folder):
    folder.manifest["benchmarks"]["tins"]["data"] = [{"source": "sample"}]
    assert "SAMPLE ROWS, no real benchmark: tins" in lines(folder)
    folder.manifest["benchmarks"]["moons"]["data"] = [{"source": "sample"}]
    assert "SAMPLE ROWS, no real benchmark: all 2" in lines(folder)


def test_a_benchmark_without_a_score_shows_a_dash(folder):
    folder.records = []
    row = next(line.split() for line in lines(folder) if line.split()[0] == "tins")
    assert row == ["tins", "exact", "\N{EN DASH}", "n", "0/12"]


def test_bleu_keeps_its_own_scale(folder):
    folder.manifest["benchmarks"]["tins"]["metrics"][0]["reducer"] = "bleu"
    for row in range(12):
        counts = (4.0, 4.0, 4.0, 3.0, 2.0, 1.0, 4.0, 3.0, 2.0, 1.0)
        folder.change(f"tin-{row}", scores=(Score("exact", counts),))
    assert any(line.split() == ["tins", "exact", "100.0", "12"] for line in lines(folder))


def test_a_long_name_of_a_model_stands_above_the_table(folder):
    name = "owner--a-model-with-quite-a-long-name-of-its-own"
    folder.manifest["planned"] = {name: folder.manifest["planned"]["toy"]}
    folder.records = [replace(record, model=name) for record in folder.records]
    assert lines(folder)[0] == name


def test_a_name_cannot_move_the_cursor(folder):
    folder.manifest["notes"] = ["\x1b[2Jgone\nnext \u202eline"]
    assert "note: ␛[2Jgone next <U+202E>line" in lines(folder)


def test_changes_are_not_shown_without_a_run_of_before(folder):
    assert Previous().changes(summarise(read_run(folder.write()))) == {}
    assert "change" not in lines(folder)[1]
