"""`crosstask report`: the report of a run, made again."""

from typing import Annotated

import typer

from harness.cli.arguments import GeneraliseOver
from harness.cli.arguments import RunFolder
from harness.cli.output import INCOMPLETE
from harness.cli.output import say_report
from harness.report.formats import FORMATS
from harness.report.formats import Form
from harness.report.score_rows import AREAS
from harness.report.summary import summarise
from harness.results.folder import read_run


def report_command(
    run: RunFolder,
    generalise_over: GeneraliseOver = None,
    form: Annotated[
        Form | None, typer.Option("--format", help="Print the scores in this form instead, and write no file.")
    ] = None,
    verbose: Annotated[int, typer.Option("--verbose", "-v", count=True, help="Every metric; -vv adds strata.")] = 0,
    quiet: Annotated[bool, typer.Option("--quiet", "-q", help="The areas alone.")] = False,
) -> None:
    """Make the report of a run again.

    Writes summary.json and report.html anew from the other files and prints the score table. The exit
    status is 12 where planned cases have no result.
    """
    if form is None:
        say_report(run, generalise_over, AREAS if quiet else verbose)
        return
    summary = summarise(read_run(run), generalise_over)
    typer.echo(FORMATS[form](summary), nl=False)
    if not summary["complete"]:
        raise typer.Exit(INCOMPLETE)
