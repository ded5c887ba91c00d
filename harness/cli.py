"""The command line for what is not a pytest run: reports, scores made again, an offline mirror, the model cards.

Exit status 0; 1 for what cannot be had, read or written; 2 for a wrong option; 12 for a report with missing results.
"""

from collections.abc import Iterable
from pathlib import Path
from typing import Annotated
from typing import Any

import typer
from rich import box
from rich.table import Table
from rich.text import Text
from typer.core import TyperGroup

from harness import __version__
from harness.benchmark import Benchmark
from harness.errors import CrosstaskError
from harness.errors import UsageError
from harness.models import Card
from harness.models.cards import load_cards
from harness.pages import evals_directories
from harness.pages import load_pages
from harness.pages import select
from harness.report.folder import read_run
from harness.report.rescore import copy_prompts
from harness.report.rescore import rescore
from harness.report.terminal import plain
from harness.report.terminal import table
from harness.report.write import write_report
from harness.sources.fetch import fetch
from harness.sources.open import Data
from harness.sources.open import Opener
from harness.store.atomic import unwritable
from harness.store.journal import Journal

FAILED = 1
USAGE = 2
INCOMPLETE = 12
WIDEST = 160


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

RunFolder = Annotated[Path, typer.Argument(metavar="RUN", help="The folder of a run.", show_default=False)]
Evals = Annotated[
    list[Path] | None,
    typer.Option(metavar="DIR", help="Where the pages are; may be repeated. Default: [tool.crosstask] evals."),
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
def report(run: RunFolder) -> None:
    """Make the report of a run again.

    Writes summary.json and report.html anew from the other files and prints the score table. The exit
    status is 12 where planned cases have no result.
    """
    _report(run)


@app.command("rescore")
def rescore_command(
    run: RunFolder,
    evals: Evals = None,
    out: Annotated[
        Path | None,
        typer.Option(metavar="DIR", help="Write the scored run to a new folder and leave RUN as it is."),
    ] = None,
) -> None:
    """Score the stored answers of a run again.

    Today's extraction and metrics are applied; no model is loaded. The answers are kept; the scores, the
    benchmarks' versions and the report are made again.
    """
    benchmarks = _benchmarks(evals)
    folder = _new_folder(out) if out else run
    journal = None if out else _locked(run)
    try:
        stored = read_run(run)
        changes = rescore(stored, benchmarks, folder)
        if out:
            copy_prompts(stored, folder)
    finally:
        if journal is not None:
            journal.close()
    _echo(map(str, changes))
    _report(folder)


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
    tables = [rows for one in chosen.values() for rows in (*one.tables, one.shots) if rows is not None]
    failed = False
    for fetched in fetch(tables, directory, Opener(Data("hub")).open):
        typer.echo(str(fetched))
        failed = failed or fetched.outcome == "failed"
    if failed:
        raise typer.Exit(FAILED)


@app.command()
def models() -> None:
    """List the models that `--model` knows by name."""
    grid = Table(box=box.SIMPLE_HEAD, pad_edge=False, show_edge=False)
    for title in ("name", "parameters", "family", "kind", "licence", "Hub id"):
        grid.add_column(title, overflow="fold", justify="right" if title == "parameters" else "left")
    for card in load_cards().values():
        grid.add_row(*map(Text, _card(card)))
    _echo(plain(grid, WIDEST))
    typer.echo("--model also takes a Hub id, a folder in the Hub's format, or a .gguf file.")


def _card(card: Card) -> tuple[str, ...]:
    size = "" if card.parameters is None else f"{card.parameters / 1e9:.2g} B"
    kind = "reasoning" if card.reasoning else "chat" if card.chat else "base"
    licence = f"{card.licence or ''}{' (gated)' if card.gated else ''}"
    return card.name, size, card.family or "", kind, licence, card.hub_id or ""


def _benchmarks(evals: list[Path] | None) -> dict[str, Benchmark]:
    return load_pages(evals or evals_directories(Path.cwd()))


def _report(run: Path) -> None:
    summary = write_report(run)
    _echo(table(summary))
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
