"""Arguments and options that several commands take."""

from pathlib import Path
from typing import Annotated

import typer

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

Keyword = Annotated[
    str | None,
    typer.Option("-k", metavar="EXPR", help="Benchmarks whose name or area matches, as `gsm8k or code`."),
]
