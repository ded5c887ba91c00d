"""The command line for what is not a pytest run: reports, comparisons, scores made again, a mirror, model cards.

Exit status 0; 1 for what cannot be had, read or written; 2 for a wrong option; 12 for a report with missing results.
"""

import json
from collections.abc import Iterable
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated
from typing import Any
from typing import Literal

import typer
from typer.core import TyperGroup

from harness import __version__
from harness.benchmark import Benchmark
from harness.cases.pages import evals_directories
from harness.cases.pages import load_pages
from harness.cases.pages import select
from harness.cli.doctor import doctor_command
from harness.cli.history import history_command
from harness.cli.interchange import export_command
from harness.cli.interchange import import_command
from harness.cli.listing import benchmarks_command
from harness.cli.listing import models_command
from harness.compare.baseline import write_baseline
from harness.compare.compare import compare
from harness.compare.document import document
from harness.compare.load import load
from harness.compare.load import narrow
from harness.compare.load import read
from harness.compare.mix import parse_mix
from harness.compare.planning import lines as plan_lines
from harness.compare.planning import needs
from harness.compare.study import parse_family
from harness.compare.study import with_families
from harness.compare.table import Choice
from harness.compare.terminal import lines as comparison_lines
from harness.errors import CrosstaskError
from harness.errors import UsageError
from harness.gate.terminal import lines as gate_lines
from harness.printing.points import parse_points
from harness.report.formats import FORMATS
from harness.report.formats import Form
from harness.report.rescore import copy_prompts
from harness.report.rescore import rescore
from harness.report.rescore import with_bertscore
from harness.report.rescore import with_similarity
from harness.report.summary import summarise
from harness.report.terminal import table
from harness.report.write import write_report
from harness.results.folder import read_run
from harness.results.population import check_word
from harness.session.program_loop import Runner
from harness.session.program_loop import open_sandbox
from harness.sources.fetch import add_text
from harness.sources.fetch import fetch
from harness.sources.open import Data
from harness.sources.open import Opener
from harness.store.atomic import unwritable
from harness.store.atomic import write_atomic
from harness.store.journal import Journal

FAILED = 1
USAGE = 2
INCOMPLETE = 12


class _Sentences(TyperGroup):
    """Commands whose user errors are one sentence on stderr."""

    def invoke(self, ctx: Any) -> Any:
        """Run the command."""
        try:
            return super().invoke(ctx)
        except CrosstaskError as error:
            typer.echo(f"crosstask: {error}", err=True)
            raise typer.Exit(USAGE if isinstance(error, UsageError) else FAILED) from error


app = typer.Typer(
    cls=_Sentences,
    help="Work with what evaluation runs left behind. The evaluation itself is `pytest evals/`.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
)
data = typer.Typer(help="Datasets for machines without a network.", no_args_is_help=True)
app.add_typer(data, name="data")
app.command("doctor")(doctor_command)
app.command("import")(import_command)
app.command("export")(export_command)
app.command("history")(history_command)
app.command("benchmarks")(benchmarks_command)
app.command("models")(models_command)

RunFolder = Annotated[Path, typer.Argument(metavar="RUN", help="The folder of a run.", show_default=False)]
Evals = Annotated[
    list[Path] | None,
    typer.Option(metavar="DIR", help="Where the pages are; may be repeated. Default: [tool.crosstask] evals."),
]

Sides = Annotated[
    list[str],
    typer.Argument(
        metavar="RUN...", help="Folders of runs, RUN:MODEL for one of a run's models, or baselines.", show_default=False
    ),
]
Metrics = Annotated[
    list[str] | None,
    typer.Option(
        "--metric",
        metavar="NAME",
        help="Metrics to show, `macro NAME` for the mean over strata, or all. Default: each benchmark's headline.",
    ),
]
GeneraliseOver = Annotated[
    str | None,
    typer.Option(
        metavar="WORD",
        help="What intervals generalise over: cases, or a benchmark's strata by their word. Default: as the run said.",
    ),
]
Execute = Annotated[
    bool, typer.Option("--execute", help="Run programs that today's extraction finds and the run has not run.")
]
Unsandboxed = Annotated[
    bool, typer.Option("--unsandboxed", help="Run them without a sandbox; every verdict is marked.")
]
BertScoreOf = Annotated[
    str | None,
    typer.Option(
        "--bertscore",
        metavar="DIR:LAYER",
        help="Score explanations by BERTScore as well, with the encoder in this folder. Needs the extra bertscore; "
        "not verified here with an encoder that people use.",
    ),
]
Similarity = Annotated[
    bool,
    typer.Option(
        "--similarity",
        help="Score programs by their likeness to the reference as well: exact match, edit similarity, BLEU, ROUGE-L, "
        "CodeBLEU. Needs the extra codebleu.",
    ),
]


def _show_version(wanted: bool) -> None:
    if wanted:
        typer.echo(f"crosstask {__version__}")
        raise typer.Exit


@app.callback()
def main(
    version: Annotated[
        bool, typer.Option("--version", callback=_show_version, is_eager=True, help="Show the version and exit.")
    ] = False,
) -> None:
    """Take the options that stand before a command."""


@app.command()
def report(
    run: RunFolder,
    generalise_over: GeneraliseOver = None,
    form: Annotated[
        Form | None, typer.Option("--format", help="Print the scores in this form instead, and write no file.")
    ] = None,
) -> None:
    """Make the report of a run again.

    Writes summary.json and report.html anew from the other files and prints the score table. The exit
    status is 12 where planned cases have no result.
    """
    if form is None:
        _report(run, generalise_over)
        return
    summary = summarise(read_run(run), generalise_over)
    typer.echo(FORMATS[form](summary), nl=False)
    if not summary["complete"]:
        raise typer.Exit(INCOMPLETE)


@app.command("compare")
def compare_command(  # noqa: PLR0913, PLR0917  # a parameter is an option
    runs: Sides,
    metric: Metrics = None,
    correction: Annotated[
        Literal["holm", "bh"], typer.Option(help="Of p for many benchmarks: Holm, or Benjamini-Hochberg.")
    ] = "holm",
    json_file: Annotated[
        Path | None, typer.Option("--json", metavar="FILE", help="Write all of it, every flipped case, as JSON.")
    ] = None,
    compat: Annotated[
        Literal["sacrebleu"] | None, typer.Option(help="Add the paired tests of sacrebleu to BLEU and chrF.")
    ] = None,
    generalise_over: GeneraliseOver = None,
    mix: Annotated[
        str | None,
        typer.Option(
            metavar="PARTS",
            help="One score by areas or benchmarks with weights, as code=.6,language=.4, made to sum to 1.",
        ),
    ] = None,
    family: Annotated[
        list[str] | None,
        typer.Option(metavar="MODEL=FAMILY", help="What a model is for, general or code; may be repeated."),
    ] = None,
) -> None:
    """Compare runs on the cases they share.

    First what differs beside the model, then each difference, later less earlier, with its interval and p. The exit
    status is 12 where a run has planned cases without a result.
    """
    weights = tuple(parse_mix(mix).items()) if mix is not None else ()
    choice = Choice(tuple(metric or ()), correction, generalise_over, sacrebleu=compat is not None, mix=weights)
    systems = with_families(load(runs), dict(map(parse_family, family or ())))
    found = document(compare(systems, choice))
    if json_file:
        write_atomic(json_file, json.dumps(found, indent=1, allow_nan=False) + "\n")
    _echo(comparison_lines(found))
    if not all(system["complete"] for system in found["systems"]):
        raise typer.Exit(INCOMPLETE)


@app.command()
def baseline(
    run: Annotated[str, typer.Argument(metavar="RUN", help="The folder of a run, or RUN:MODEL.", show_default=False)],
    file: Annotated[Path, typer.Argument(metavar="FILE", help="The file to write.", show_default=False)],
) -> None:
    """Write a run's scores, case by case, to a small file.

    No prompts and no answers: a file to commit, and to compare later runs with. The exit status is 12 where planned
    cases have no result.
    """
    systems = read(run)
    write_baseline(systems, file)
    cases = sum(system.planned for system in systems)
    size = file.stat().st_size
    typer.echo(f"{file}: {cases} cases, {size:,} bytes, {size / max(1, cases):.0f} a case")
    if not all(system.is_complete for system in systems):
        typer.echo("INCOMPLETE: planned cases without a result are in it without a score")
        raise typer.Exit(INCOMPLETE)


@app.command()
def plan(
    runs: Sides,
    detect: Annotated[str, typer.Option(metavar="POINTS", help="The difference to find, as 1pt or 0.5pt.")] = "1pt",
    keyword: Annotated[
        str | None,
        typer.Option("-k", metavar="EXPR", help="Benchmarks whose name or area matches, as `gsm8k or code`."),
    ] = None,
    metric: Metrics = None,
) -> None:
    """Say how many cases it takes to find a difference.

    From one run or baseline under an assumption that is stated, from two by the cases on which they differ.
    """
    points = parse_points("--detect", detect)
    systems = load(runs, fewest=1)
    chosen = narrow(systems, keyword) if keyword else systems
    _echo(plan_lines(needs(chosen, points, Choice(tuple(metric or ()))), points, chosen))


@app.command("rescore")
def rescore_command(  # noqa: PLR0913, PLR0917  # one parameter an option
    run: RunFolder,
    evals: Evals = None,
    out: Annotated[
        Path | None,
        typer.Option(metavar="DIR", help="Write the scored run to a new folder and leave RUN as it is."),
    ] = None,
    generalise_over: GeneraliseOver = None,
    execute: Execute = False,
    unsandboxed: Unsandboxed = False,
    bertscore: BertScoreOf = None,
    similarity: Similarity = False,
) -> None:
    """Score the stored answers of a run again.

    Today's extraction and metrics are applied; no model is loaded, and no program is run but by --execute. The answers
    are kept; the scores, the benchmarks' versions and the report are made again.
    """
    benchmarks = _benchmarks(evals)
    if bertscore:
        benchmarks = with_bertscore(benchmarks, bertscore)
    folder = _new_folder(out) if out else run
    runner = Runner(open_sandbox(unsandboxed=unsandboxed)) if execute else None
    journal = None if out else _locked(run)
    try:
        stored = read_run(run)
        if similarity:
            benchmarks = with_similarity(benchmarks, stored)
        if generalise_over is not None:
            named = stored.manifest["benchmarks"]
            check_word(generalise_over, (one.strata for name, one in benchmarks.items() if name in named))
        changes = rescore(stored, benchmarks, folder, runner)
        if out:
            copy_prompts(stored, folder)
    finally:
        if journal is not None:
            journal.close()
        if runner is not None:
            runner.close()
    _echo(map(str, changes))
    _report(folder, generalise_over)


@data.command("fetch")
def data_fetch(
    directory: Annotated[Path, typer.Argument(metavar="DIR", help="The mirror's folder.", show_default=False)],
    keyword: Annotated[
        str | None,
        typer.Option("-k", metavar="EXPR", help="Pages whose name or area matches, as `gsm8k or code`."),
    ] = None,
    evals: Evals = None,
) -> None:
    """Write an offline mirror of the datasets the pages need, for `pytest evals/ --data DIR`.

    What is there already and whole is kept. The exit status is 1 where a dataset cannot be had.
    """
    benchmarks = _benchmarks(evals)
    chosen = select(benchmarks, keyword) if keyword else benchmarks
    tables = [rows for one in chosen.values() for rows in (*one.tables, *one.shot_tables)]
    failed = False
    for fetched in fetch(tables, directory, Opener(Data("hub")).open):
        typer.echo(str(fetched))
        failed = failed or fetched.outcome == "failed"
    if failed:
        raise typer.Exit(FAILED)


@data.command("add-text")
def data_add_text(
    directory: Annotated[Path, typer.Argument(metavar="DIR", help="The mirror's folder.", show_default=False)],
    file: Annotated[Path, typer.Argument(metavar="FILE", help="A long text, UTF-8.", show_default=False)],
    name: Annotated[
        str, typer.Argument(metavar="NAME", help="Its name in the pages, as `frankenstein`.", show_default=False)
    ],
) -> None:
    """Add a long text to an offline mirror, for pages that look for something in it, as `needle`."""
    typer.echo(str(add_text(file, directory, name)))


def _benchmarks(evals: list[Path] | None) -> dict[str, Benchmark]:
    return load_pages(_folders(evals))


def _folders(evals: list[Path] | None) -> Sequence[Path]:
    return evals or evals_directories(Path.cwd())


def _report(run: Path, generalise_over: str | None) -> None:
    summary = write_report(run, generalise_over)
    _echo(table(summary))
    if summary["gate"]:
        _echo(gate_lines(summary["gate"]))
    typer.echo(f"report: {run / 'report.html'}")
    if not summary["complete"]:
        raise typer.Exit(INCOMPLETE)


def _new_folder(path: Path) -> Path:
    if path.exists() and (not path.is_dir() or any(path.iterdir())):
        raise UsageError(f"--out {path}: exists; expected a new or an empty folder")
    try:
        path.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise unwritable(path, error) from error
    return path


def _locked(run: Path) -> Journal | None:
    """Hold the run's journal, so that no session writes to it meanwhile; None where there is nothing to hold."""
    records = run / "records.jsonl"
    return Journal(records) if records.exists() else None


def _echo(lines: Iterable[str]) -> None:
    for text in lines:
        typer.echo(text)
