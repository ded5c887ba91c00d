"""`crosstask report`: the report of a run, made again."""

from pathlib import Path
from typing import Annotated

import typer

from harness.cli.arguments import GeneraliseOver
from harness.cli.output import INCOMPLETE
from harness.cli.output import say_report
from harness.cli.output import say_scores
from harness.errors import UsageError
from harness.report.formats import FORMATS
from harness.report.formats import Form
from harness.report.score_rows import AREAS
from harness.report.summary import summarise
from harness.report.together import default_path
from harness.report.together import read_together
from harness.report.together import write_together
from harness.results.folder import read_run


def report_command(  # one parameter an option
    runs: Annotated[
        list[Path], typer.Argument(metavar="RUN...", help="Folders of runs; several make one page.", show_default=False)
    ],
    generalise_over: GeneraliseOver = None,
    form: Annotated[
        Form | None, typer.Option("--format", help="Print the scores in this form instead, and write no file.")
    ] = None,
    verbose: Annotated[int, typer.Option("--verbose", "-v", count=True, help="Every metric; -vv adds strata.")] = 0,
    quiet: Annotated[bool, typer.Option("--quiet", "-q", help="The areas alone.")] = False,
    out: Annotated[
        Path | None,
        typer.Option(metavar="FILE", help="The page of several runs. Default: beside the first, named by all."),
    ] = None,
) -> None:
    """Make the report of a run again, or one page of several.

    Writes summary.json and report.html anew from the other files and prints the score table. Of several
    runs it writes one page, the same cases side by side, and leaves their folders alone. The exit status is
    12 where planned cases have no result.
    """
    detail = AREAS if quiet else verbose
    if out and len(runs) == 1:
        raise UsageError(f"--out {out}: found one run; expected several, whose page it names")
    if form is None and len(runs) == 1:
        say_report(runs[0], generalise_over, detail)
        return
    if form is None:
        path = out or default_path(runs)
        say_scores(write_together(runs, path, generalise_over), path, detail)
        return
    summary = summarise(read_run(runs[0]) if len(runs) == 1 else read_together(runs), generalise_over)
    typer.echo(FORMATS[form](summary), nl=False)
    if not summary["complete"]:
        raise typer.Exit(INCOMPLETE)
