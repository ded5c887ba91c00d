"""The text of a comparison: differences first and loud, then cases, ranks, pairs and flips, on one screen's width."""

import pytest

from harness.compare.compare import compare
from harness.compare.document import document
from harness.compare.document import part
from harness.compare.table import Choice
from harness.compare.terminal import lines
from harness.compare.terminal import section
from harness.printing.grid import WIDTH
from harness.statistics import Draws

QUICK = Choice(draws=Draws(resamples=200))
REST = (3, 2, 1, 9, 8, 7, 6)
BLEU = {"lines": {"bleu": "bleu"}}
OLD, NEW = "++++++--------------", "+++----+++++++++++--"


def named(runs):
    return [run.system(name) for run, name in zip(runs, "ABCD", strict=False)]


def text(runs, choice=QUICK):
    return lines(document(compare(named(runs), choice)))


def of_bleu(make, first, second):
    """Two runs of twenty lines, of which so many words match, more or less."""
    return [
        make(
            name,
            {"toy": {"lines": {str(row): (9, 9, match + row % 3, 3, 2, 1, 9, 8, 7, 6) for row in range(20)}}},
            BLEU,
        )
        for name, match in (("old", first), ("new", second))
    ]


def two(make, verdicts, old=OLD, new=NEW):
    return [make("old", tins=verdicts(old)), make("new", tins=verdicts(new))]


def test_a_whole_comparison(make, verdicts):
    # the interval by Bonett and Price 2012: 12/22 and 4/22 are right in one alone, once a pair is added to either
    runs = two(make, verdicts)
    runs[1].manifest["models"]["toy"]["settings"]["dtype"] = "bfloat16"
    runs[1].manifest["models"]["toy"]["digest"] = "f" * 64
    found = text(runs)
    assert found[0].split() == ["A", "toy", str(runs[0].path), "20", "cases", "2026-01-02", "03:04"]
    assert found[2:] == [
        "",
        "NOT ONLY THE MODEL DIFFERS between A and B; every number below is read with this in mind:",
        "what   A        B",
        "─" * 24,
        "dtype  float32  bfloat16",
        "",
        "20 cases compared, all that were planned.",
        "",
        "                                                 B - A           p",
        "benchmark  metric   n     A     B               [95 %]     p  Holm  won  lost  tied  detects  better",
        "─" * 100,
        "tins       acc     20  30.0  70.0  +40.0 [+4.1, +68.6]  .035  .035   11     3     6     71.0       B",
        "Better at p Holm < 0.05: B on 1.",
        "Differences in points; p Holm is corrected for 1 comparison.",
        "won, lost, tied: cases; detects: the true difference that as many cases would find 4 times of 5 at p Holm.",
        "",
        "tins acc: only A is right on 3, 4, 5; only B is right on 7, 8, 9, 10, 11, 12 and 5 more",
    ]


def test_runs_that_differ_in_nothing_else_say_so(make, verdicts):
    found = text(two(make, verdicts))
    assert "Beside the model, nothing differs between A and B that could change a number." in found
    assert any(one.startswith("A and B are the same model, run the same way (identity ") for one in found)
    assert not any("NOT ONLY" in one for one in found)


def test_one_difference_of_many_benchmarks_is_one_row(make, verdicts):
    runs = [make(name, tins=verdicts("+-"), cups=verdicts("-+")) for name in ("old", "new")]
    for facts in runs[1].manifest["benchmarks"].values():
        facts["shots"] = ["7"]
    assert "shots of tins, cups  0  1" in text(runs)


def test_the_banner_stands_before_every_number(make, verdicts):
    runs = two(make, verdicts)
    runs[1].manifest["settings"]["seed"] = 1
    found = text(runs)
    words = ("NOT ONLY", "tins  ", "won, lost")
    places = [next(place for place, one in enumerate(found) if word in one) for word in words]
    assert places == sorted(places)


def test_where_chance_may_have_made_it_no_run_is_better(make, verdicts):
    found = text(two(make, verdicts, "++--+", "+++--"))
    assert "Better at p Holm < 0.05: none; 1 difference may be chance." in found


def test_the_corrected_p_decides(make, verdicts):
    runs = [make(name, tins=verdicts(one), cups=verdicts("+-")) for name, one in (("old", OLD), ("new", NEW))]
    (only,) = [one.split() for one in text(runs) if one.startswith("tins  ")]
    assert only[-6:-4] == [".035", ".070"]
    assert "Better at p Holm < 0.05: none; 2 differences may be chance." in text(runs)


def test_the_better_run_is_the_one_with_the_lower_value_where_lower_is_better(make):
    def run(name, value):
        sums = {str(row): (-value - row / 99, 1) for row in range(40)}
        return make(name, {"toy": {"texts": sums}}, {"texts": {"ppl": "perplexity"}})

    found = text([run("old", 1.0), run("new", 2.0)])
    (row,) = [one.split() for one in found if one.startswith("texts")]
    assert row[-1] == "A"
    assert "Lower is better: ppl." in found


def test_cases_that_are_left_out_are_counted_by_reason(make, verdicts):
    runs = [make("old", tins=verdicts("+-+-+-")), make("new", tins={**verdicts("+-+")})]
    runs[1].scores["toy"]["tins"] |= {"3": "refused", "9": True}
    runs[1].manifest["planned"]["toy"]["tins"] += ["3", "9"]
    runs[1].digests["tins", "2"] = "f" * 64
    runs[1].manifest["benchmarks"]["tins"]["data"][0]["sha256"] = "0" * 64
    found = text(runs)
    assert "2 cases compared." in found
    (row,) = [one.split() for one in found if one.startswith("tins       A, B")]
    assert row == ["tins", "A,", "B", "2", "1", "2", "1", "1", "(refused)"]


def test_rows_asked_otherwise_are_counted(make, verdicts):
    runs = two(make, verdicts)
    runs[1].digests["tins", "2"] = "f" * 64
    assert "20 cases compared, all that were planned, 1 of them the same rows asked otherwise." in text(runs)


def test_an_incomplete_run_says_so_first_and_last(make, verdicts):
    runs = two(make, verdicts)
    runs[1].scores["toy"]["tins"]["19"] = "not_run"
    found = text(runs)
    assert found[0] == found[-1] == "INCOMPLETE B: 1 planned case of 20 without a result"


def test_three_runs_are_ranked_and_then_paired(make, verdicts):
    texts = ("-+" * 10 + "+" * 8 + "-" * 12, "+" * 38 + "--", "+" * 20 + "-" * 20)
    found = text([make(name, tins=verdicts(one)) for name, one in zip("abc", texts, strict=True)])
    start = next(place for place, one in enumerate(found) if "not told" in one)
    assert [one.split() for one in found[start + 3 : start + 6]] == [
        ["tins", "acc", "40", "1", "1", "B", "95.0"],
        ["2", "2", "to", "3", "C", "50.0", "A"],
        ["3", "2", "to", "3", "A", "45.0", "C"],
    ]
    pairs = [one.split()[2:5] for one in found if one.startswith("tins") and " - " in one]
    assert pairs == [["B", "-", "A"]]
    assert not any("is right on" in one for one in found)
    assert "Better at p Holm < 0.05: B on 2; the other 1 difference may be chance." in found


def test_names_of_strangers_cannot_act_on_a_terminal(make, verdicts):
    evil = "\x1b[31mevil"
    runs = [make(name, {f"{evil}": {"tins": verdicts("+-")}}) for name in ("old", "new")]
    for run in runs:
        run.manifest["failures"] = {"cups": f"{evil} reason"}
    assert not any("\x1b" in one for one in text(runs))


@pytest.mark.parametrize("count", [2, 4])
def test_no_line_of_a_table_is_wider_than_a_screen(make, verdicts, count):
    names = [f"{'a long name of a model ' * 2}{number}" for number in range(count)]
    runs = make("run", {name: {"tins": verdicts(OLD)} for name in names})
    found = section(part(compare(runs.systems(), QUICK)))
    tables = [one for one in found if "─" in one or one.startswith("tins")]
    assert tables
    assert max(map(len, tables)) <= WIDTH


def test_a_sessions_models_get_letters(make, verdicts):
    run = make("run", {"small": {"tins": verdicts(OLD)}, "large": {"tins": verdicts(NEW)}})
    found = section(part(compare(run.systems(), QUICK)))
    assert found[1] == "Models compared: A = small, B = large"
    assert any(one.startswith("tins") and one.endswith("B") for one in found)


def test_one_model_has_no_section():
    assert section(None) == []


def test_sacrebleus_own_tests_stand_below(make):
    runs = of_bleu(make, 4, 6)
    found = text(runs, Choice(sacrebleu=True, draws=Draws(resamples=200)))
    (line,) = [one for one in found if one.startswith("sacrebleu ")]
    assert line.startswith("sacrebleu lines bleu: --paired-bs p 0.0010 (1000 resamples; A ")
    assert line.endswith("--paired-ar p 0.0001 (10000 trials)")
