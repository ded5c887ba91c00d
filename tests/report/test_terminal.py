"""The score table of the terminal: plain, aligned, never wider than it must be, and loud where results are missing."""

from dataclasses import replace

import pytest

from harness.core import LogLikelihoods
from harness.core import Score
from harness.printing.grid import WIDTH
from harness.report.summary import summarise
from harness.report.terminal import table
from harness.results.folder import read_run


def lines(folder):
    return table(summarise(read_run(folder.write())))


def test_a_whole_run_prints_a_line_a_score_and_its_notes(folder):
    folder.change("tin-3", scores=(Score("exact", (0.0, 1.0), "invalid"),))
    assert lines(folder) == [
        "                                                                    cut           no                not",
        "model          benchmark      metric                       score  n off empty answer refused errors run",
        "─" * 103,
        "toy            tins           exact            91.7 [64.6, 98.5] 12   0     0      1       0      0   0",
        "toy            moons          acc            100.0 [43.9, 100.0]  3   0     0      0       0      0   0",
        "note: Answers are cut to 64 tokens.",
    ]


def test_continuations_tokenised_apart_are_counted_where_there_are_any(folder):
    folder.change("moon-0", responses=(LogLikelihoods((-1.5, -2.25), (1, 2), (True, False), apart=1),))
    found = lines(folder)
    assert found[0].split() == ["tokenised", "cut", "no", "not"]
    assert found[1].split()[:7] == ["model", "benchmark", "metric", "score", "n", "apart", "off"]
    assert [line.split()[-7:] for line in found[3:5]] == [["0"] * 7, ["1", *["0"] * 6]]


def test_what_an_engine_notes_of_a_model_is_a_note_of_the_run(folder):
    folder.manifest["models"]["toy"]["engine"] = {"notes": ["the tokenizer appends '</s>' to every text"]}
    assert lines(folder)[-1] == "note: toy: the tokenizer appends '</s>' to every text"


def test_the_mean_over_strata_and_the_score_without_known_wrong_rows_stand_below(folder):
    listed = {"name": "ours", "version": "2", "source": "-", "why": "-", "listed": 1, "excluded": 1, "changed": []}
    folder.manifest["benchmarks"]["tins"] |= {"strata": "subject", "exclusions": [listed]}
    for row in range(12):
        folder.change(f"tin-{row}", stratum="a" if row < 8 else "b")
    folder.change("tin-3", scores=(Score("exact", (0.0, 1.0), "wrong"),), tags=("excluded by ours 2",))
    found = lines(folder)
    place = next(number for number, line in enumerate(found) if line.startswith("toy            tins"))
    assert [found[place + number].split()[:5] for number in range(3)] == [
        ["toy", "tins", "exact", "91.7", "[64.6,"],
        ["macro", "by", "subject", "93.8", found[place + 1].split()[4]],
        ["without", "ours", "2", "100.0", "[74.1,"],
    ]
    assert found[place + 2].split()[-1] == "11"


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
    assert any(" 11/12 " in line for line in found)


def test_sample_rows_are_named_as_such(folder):
    folder.manifest["benchmarks"]["tins"]["data"] = [{"source": "sample"}]
    assert "SAMPLE ROWS, no real benchmark: tins" in lines(folder)


def test_a_benchmark_without_a_score_shows_a_dash(folder):
    folder.records = []
    assert any(
        line.startswith("toy            tins           exact") and " \N{EN DASH} " in line for line in lines(folder)
    )


def test_bleu_keeps_its_own_scale_and_says_when_there_is_no_interval(folder):
    folder.manifest["benchmarks"]["tins"]["metrics"][0]["reducer"] = "bleu"
    for row in range(12):
        counts = (4.0, 4.0, 4.0, 3.0, 2.0, 1.0, 4.0, 3.0, 2.0, 1.0)
        folder.change(f"tin-{row}", scores=(Score("exact", counts),))
    assert any("100.0 (no interval) 12" in line for line in lines(folder))


def test_long_names_are_folded_and_no_line_is_wider_than_the_table_may_be(folder):
    name = "owner--a-model-with-quite-a-long-name-of-its-own"
    folder.manifest["planned"] = {name: folder.manifest["planned"]["toy"]}
    folder.records = [replace(record, model=name) for record in folder.records]
    found = lines(folder)
    assert max(map(len, found)) == WIDTH
    rows = [line.split(" ")[0] for line in found if line.startswith(("owner", "g-name"))]
    assert rows[0] + rows[1] == name


def test_a_name_cannot_move_the_cursor(folder):
    folder.manifest["notes"] = ["\x1b[2Jgone\nnext \u202eline"]
    assert "note: ␛[2Jgone next <U+202E>line" in lines(folder)
