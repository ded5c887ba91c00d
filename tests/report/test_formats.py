"""The forms of `crosstask report --format`: Markdown, CSV and LaTeX; a stranger's text is text in each."""

import csv
import io
from dataclasses import replace

import pytest
from typer.testing import CliRunner

from harness.cli.main import app
from harness.core import LogLikelihoods
from harness.core import Score
from harness.report.formats import FORMATS
from harness.report.latex import escape
from harness.report.spreadsheet import COLUMNS
from harness.report.summary import summarise
from harness.results.folder import read_run
from harness.statistics import wilson
from harness.statistics.intervals import bonett_price
from harness.statistics.intervals import normal


def made(folder, form):
    return FORMATS[form](summarise(read_run(folder.write())))


def rows(text):
    return list(csv.DictReader(io.StringIO(text)))


@pytest.fixture
def divided(folder):
    """Twelve tins in two sizes, one of them known to be wrong, and one answered wrong."""
    listed = {"name": "ours", "version": "2", "source": "-", "why": "-", "listed": 1, "excluded": 1, "changed": []}
    folder.manifest["benchmarks"]["tins"] |= {"strata": "size", "exclusions": [listed]}
    for row in range(12):
        folder.change(f"tin-{row}", stratum="small, red" if row < 8 else "large")
    folder.change("tin-3", scores=(Score("exact", (0.0, 1.0), "wrong"),), tags=("excluded by ours 2",))
    return folder


def test_csv_has_every_number_of_the_summary_in_full(divided):
    found = rows(made(divided, "csv"))
    assert list(found[0]) == list(COLUMNS)
    assert [(one["metric"], one["part"], one["n"]) for one in found] == [
        ("exact", "all", "12"),
        ("exact", "macro", "12"),
        ("exact", "without ours 2", "11"),
        ("exact", "size: large", "4"),
        ("exact", "size: small, red", "8"),
        ("acc", "all", "3"),
    ]
    assert (float(found[0]["low"]), float(found[0]["high"])) == wilson(11, 12)
    assert float(found[4]["value"]) == 7 / 8
    assert (found[0]["planned"], found[1]["planned"]) == ("12", "")


def test_csv_quotes_what_would_break_a_line(folder):
    name = 'a "model",\nof two lines'
    folder.add_model(name, {})
    assert {one["model"] for one in rows(made(folder, "csv"))} == {"toy", name}


def test_latex_is_a_table_of_models_by_benchmarks(divided):
    divided.add_model("other_model", {"tin-1": " 9"})
    text = made(divided, "latex")
    lines = text.splitlines()
    assert "benchmark & metric & toy & $n$ & other\\_model & $n$ \\\\" in lines
    (row,) = [line for line in lines if line.startswith("tins & exact")]
    (macro,) = [line for line in lines if line.startswith(" & macro exact")]
    assert row.startswith("tins & exact & 91.7 {\\scriptsize [64.6, 98.5]} & 12 & ")
    assert macro.startswith(" & macro exact & 93.8 ")
    assert "moons & acc & 100.0 {\\scriptsize [43.9, 100.0]} & 3 & 100.0 {\\scriptsize [43.9, 100.0]} & 3 \\\\" in lines
    assert [line for line in lines if "multicolumn" in line] == [
        "\\multicolumn{6}{l}{\\emph{math}} \\\\",
        "\\multicolumn{6}{l}{\\emph{trust}} \\\\",
    ]
    assert {line.count("&") for line in lines if line.endswith("\\\\") and "multicolumn" not in line} == {5}


def test_latex_has_no_command_of_a_stranger():
    hostile = '\\input{/etc/passwd} 100% $x_1^2$ #1 & ~ <a> | "q"\n\x1b[2J'
    assert escape(hostile) == (
        "\\textbackslash{}input\\{/etc/passwd\\} 100\\% \\$x\\_1\\textasciicircum{}2\\$ \\#1 \\& \\textasciitilde{} "
        "\\textless{}a\\textgreater{} \\textbar{} \\textquotedbl{}q\\textquotedbl{} \N{SYMBOL FOR ESCAPE}[2J"
    )


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("At most 4 cases; --limit all lifts it", "At most 4 cases; -{}-limit all lifts it"),
        ("a-b --- c-", "a-b -{}-{}- c-"),
        (
            "don't say ``so''",
            "don\\textquotesingle{}t say " + "\\textasciigrave{}" * 2 + "so" + "\\textquotesingle{}" * 2,
        ),
        ("?`!`", "?\\textasciigrave{}!\\textasciigrave{}"),
    ],
)
def test_latex_joins_no_characters_to_another_one(text, expected):
    """Ligatures of TeX's text fonts (The TeXbook, chapter 2): a `--limit` in a caption keeps both its hyphens."""
    assert escape(text) == expected


def test_the_caption_has_options_as_they_are_typed(folder):
    folder.manifest["notes"] = ["At most 4 cases a benchmark; --limit all lifts it."]
    assert "At most 4 cases a benchmark; -{}-limit all lifts it." in made(folder, "latex")


def spanned(folder):
    """The first moon's answer, with one of its continuations tokenised apart."""
    folder.change("moon-0", responses=(LogLikelihoods((-1.5, -2.25), (1, 2), (True, False), apart=1),))
    return folder


def test_continuations_tokenised_apart_are_counted_beside_the_score(folder):
    tins, moons = rows(made(spanned(folder), "csv"))
    assert (tins["apart"], moons["apart"]) == ("0", "1")
    titles, *table = [line for line in made(folder, "markdown").splitlines() if line.startswith(("| model", "| toy"))]
    column = titles.split(" | ").index("tokenised apart |")
    assert [line.split(" | ")[column] for line in table] == ["0 |", "1 |"]


def test_no_column_counts_what_there_is_not(folder):
    assert "apart" not in made(folder, "markdown")


def test_markdown_has_the_models_differences(folder):
    folder.add_model("other", {f"tin-{row}": " 9" for row in range(6)})
    text = made(folder, "markdown")
    assert "### Differences" in text
    (row,) = [line for line in text.splitlines() if line.startswith("| toy | other | tins")]
    low, high = bonett_price((0.0, 6 / 12), 12, normal(0.95))
    assert row == f"| toy | other | tins | exact | -50.0 \\[{100 * low:.1f}, {100 * high:.1f}\\] | .016 | .031 | 12 |"
    # McNemar's mid-p of six against none: 2 * 2^-6 - 2^-6


def test_markdown_has_the_scores_without_known_wrong_rows(divided):
    (row,) = [line for line in made(divided, "markdown").splitlines() if "without ours 2" in line]
    assert row.startswith("|  |  | without ours 2 | 100.0 \\[74.1, 100.0\\] | 11 |")


@pytest.mark.parametrize("form", list(FORMATS))
def test_a_run_with_missing_results_says_so(folder, form):
    folder.drop("tin-0")
    text = made(folder, form)
    if form == "csv":
        assert (rows(text)[0]["planned"], rows(text)[0]["not_run"]) == ("12", "1")
    else:
        assert "INCOMPLETE 14/15" in text


@pytest.mark.parametrize("form", list(FORMATS))
def test_the_command_prints_the_form_alone_and_writes_nothing(folder, form):
    path = folder.write()
    before = sorted(path.iterdir())
    found = CliRunner().invoke(app, ["report", str(path), "--format", form])
    assert (found.exit_code, found.stdout) == (0, made(folder, form))
    assert sorted(path.iterdir()) == before
    folder.records = [replace(one, status="not_run", scores=()) for one in folder.records]
    folder.write()
    assert CliRunner().invoke(app, ["report", str(path), "--format", form]).exit_code == 12
