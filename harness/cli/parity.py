"""`crosstask parity`: whether engines, quantisations or servers answer the same cases alike."""

import json
from pathlib import Path
from typing import Annotated

import typer

from harness.cli.arguments import Keyword
from harness.cli.output import INCOMPLETE
from harness.cli.output import say
from harness.errors import CrosstaskError
from harness.errors import UsageError
from harness.printing.points import parse_points
from harness.store.atomic import write_atomic

SAME, DIFFERS, TROUBLE, INCONCLUSIVE = 0, 1, 2, 11
STATUSES = {"same": SAME, "differs": DIFFERS, "inconclusive": INCONCLUSIVE}


Subjects = Annotated[
    list[str],
    typer.Argument(
        metavar="SUBJECT...",
        help="ENGINE:MODEL?option=value, the folder of a run, or a name in [tool.crosstask.parity]; the first is the "
        "reference.",
        show_default=False,
    ),
]
Recipe = Annotated[str | None, typer.Option(metavar="NAME", help="Benchmarks and protocol, as pytest's --recipe.")]
Data = Annotated[str | None, typer.Option(metavar="WHERE", help="Rows: sample, hub, or the folder of a mirror.")]
Limit = Annotated[str | None, typer.Option(metavar="N", help="At most N cases a benchmark, or all.")]
Margin = Annotated[str, typer.Option(metavar="POINTS", help="The difference that is tolerated.")]
OfFlips = Annotated[
    bool, typer.Option("--flips", help="Hold the share of cases scored otherwise to the margin, not the scores.")
]
Alpha = Annotated[float, typer.Option(metavar="P", help="How often a verdict may be wrong.")]
Seed = Annotated[int, typer.Option(metavar="N", help="Of the order that cases are asked in.")]
RunDir = Annotated[
    Path | None, typer.Option(metavar="DIR", help="The runs' folder. Default: reports/parity-<what is asked>.")
]
Refresh = Annotated[bool, typer.Option("--refresh", help="Ask again what was answered before.")]
Json = Annotated[Path | None, typer.Option("--json", metavar="FILE", help="Write all of it as JSON.")]


def parity_command(  # noqa: PLR0913, PLR0917  # a parameter is an option
    subjects: Subjects,
    keyword: Keyword = None,
    recipe: Recipe = None,
    data: Data = None,
    limit: Limit = None,
    margin: Margin = "1pt",
    flips: OfFlips = False,
    alpha: Alpha = 0.05,
    seed: Seed = 0,
    run_dir: RunDir = None,
    refresh: Refresh = False,
    json_file: Json = None,
) -> None:
    """Show whether subjects score the same within a margin.

    All are asked the same cases in random order, and no more than it takes. The exit status is 0 where all are the
    same, 1 where one differs, 2 where nothing could be compared, 11 where the cases do not decide, and 12 where a
    subject stopped answering.
    """
    from harness.parity.run import Wish
    from harness.parity.run import parity
    from harness.parity.state import Rule
    from harness.parity.terminal import lines

    try:
        if not 0 < alpha < 1:
            raise UsageError(f"--alpha: found {alpha:g}; expected a number between 0 and 1")
        rule = Rule(_points(margin), alpha, seed, flips)
        wish = Wish(recipe, data, limit, keyword, run_dir, refresh)
        result = parity(subjects, wish, rule, Path.cwd(), _on_stderr)
        if json_file:
            write_atomic(json_file, json.dumps(result, indent=1, allow_nan=False) + "\n")
    except CrosstaskError as error:
        # as of diff and cmp: 1 is a difference, and what cannot be had is none
        typer.echo(f"crosstask: {error}", err=True)
        raise typer.Exit(TROUBLE) from error
    say(lines(result))
    decision = result["decision"]
    raise typer.Exit(INCOMPLETE if result["broken"] and decision != "differs" else STATUSES[decision])


def _points(text: str) -> float:
    points = parse_points("--margin", text)
    if points >= 100:  # the whole scale
        raise UsageError(f"--margin: found {text}; expected less than 100 points")
    return points


def _on_stderr(text: str) -> None:
    typer.echo(text, err=True)
