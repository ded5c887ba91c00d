"""`crosstask survey`: the table of the NL2Code survey from runs of one's own."""

from pathlib import Path
from typing import Annotated

import typer

from harness.report.survey import survey_lines
from harness.results.folder import read_run


def survey_command(
    runs: Annotated[list[Path], typer.Argument(metavar="RUN...", help="Folders of runs.", show_default=False)],
) -> None:
    """Print pass@k on HumanEval and MBPP, models by groups of size, as the NL2Code survey does (arXiv:2212.09420).

    Of runs at several temperatures the best counts, for each k by itself.
    """
    for text in survey_lines([read_run(run) for run in runs]):
        typer.echo(text)
