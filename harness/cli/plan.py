"""`crosstask plan`: how many cases it takes to find a difference."""

from typing import Annotated

import typer

from harness.cli.arguments import Keyword
from harness.cli.arguments import Metrics
from harness.cli.arguments import Sides
from harness.cli.output import say
from harness.compare.load import load
from harness.compare.load import narrow
from harness.compare.planning import lines as plan_lines
from harness.compare.planning import needs
from harness.compare.table import Choice
from harness.printing.points import parse_points


def plan_command(
    runs: Sides,
    detect: Annotated[str, typer.Option(metavar="POINTS", help="The difference to find, as 1pt or 0.5pt.")] = "1pt",
    keyword: Keyword = None,
    metric: Metrics = None,
) -> None:
    """Say how many cases it takes to find a difference.

    From one run or baseline under an assumption that is stated, from two by the cases on which they differ.
    """
    points = parse_points("--detect", detect)
    systems = load(runs, fewest=1)
    chosen = narrow(systems, keyword) if keyword else systems
    say(plan_lines(needs(chosen, points, Choice(tuple(metric or ()))), points, chosen))
