"""The command that looks back: `crosstask history`, the runs of a folder and a benchmark's scores over time."""

from pathlib import Path
from typing import Annotated

import typer

from harness.report.history import known
from harness.report.trend import run_lines
from harness.report.trend import trend_lines


def history_command(
    folder: Annotated[Path, typer.Argument(metavar="DIR", help="The folder that the runs' folders lie in.")] = Path(
        "reports"
    ),
    keyword: Annotated[
        str | None,
        typer.Option(
            "-k",
            metavar="EXPR",
            help="Show the trend of the benchmarks whose name or area matches, as `gsm8k or code`.",
        ),
    ] = None,
    metric: Annotated[
        list[str] | None,
        typer.Option(
            "--metric",
            metavar="NAME",
            help="With -k: metrics to show, `macro NAME` for the mean over strata, or all. Default: the headline.",
        ),
    ] = None,
    rebuild: Annotated[bool, typer.Option("--rebuild", help="Make the index anew from the runs' folders.")] = False,
) -> None:
    """List the runs of a folder, or with -k a benchmark's scores over time.

    Both come from an index, history.sqlite in DIR, which is brought up to date with the runs' folders each time; it
    may be removed.
    """
    index = known(folder, rebuild=rebuild)
    for text in trend_lines(index, keyword, metric or ()) if keyword else run_lines(index):
        typer.echo(text)
