"""`crosstask compare`: runs on the cases they share."""

import json
from pathlib import Path
from typing import Annotated
from typing import Literal

import typer

from harness.cli.arguments import GeneraliseOver
from harness.cli.arguments import Metrics
from harness.cli.arguments import Sides
from harness.cli.output import INCOMPLETE
from harness.cli.output import say
from harness.compare.compare import compare
from harness.compare.document import document
from harness.compare.load import load
from harness.compare.mix import parse_mix
from harness.compare.study import parse_family
from harness.compare.study import with_families
from harness.compare.table import Choice
from harness.compare.terminal import lines as comparison_lines
from harness.store.atomic import write_atomic


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
    comparison = document(compare(systems, choice))
    if json_file:
        write_atomic(json_file, json.dumps(comparison, indent=1, allow_nan=False) + "\n")
    say(comparison_lines(comparison))
    if not all(system["complete"] for system in comparison["systems"]):
        raise typer.Exit(INCOMPLETE)
