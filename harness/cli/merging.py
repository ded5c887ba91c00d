"""`crosstask merge`: the one run of its shards."""

from pathlib import Path
from typing import Annotated

import typer

from harness.cli.output import say_report
from harness.report.merge import default_folder
from harness.report.merge import merge
from harness.report.merge import read_shards


def merge_command(
    runs: Annotated[
        list[Path], typer.Argument(metavar="RUN...", help="The folders of all shards of one run.", show_default=False)
    ],
    out: Annotated[
        Path | None,
        typer.Option(
            metavar="DIR", help="A new folder for the run. Default: beside the first, named as the undivided run."
        ),
    ] = None,
    incomplete: Annotated[
        bool, typer.Option("--incomplete", help="Merge although shards or results are missing, with status 12.")
    ] = False,
) -> None:
    """Make one run of the shards of `--shard K/N`.

    Its plan, cases and scores are those of the run that was never divided. Runs of other settings, missing shards and
    shards that are named twice are refused. The shards' folders are left alone.
    """
    shards = read_shards(runs, incomplete=incomplete)
    folder = out or default_folder(shards)
    merge(shards, folder)
    say_report(folder)
