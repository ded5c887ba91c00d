"""`crosstask recipes`: what `--recipe` takes."""

from harness.cases.recipes import described
from harness.cli.output import say


def recipes_command() -> None:
    """List the recipes: which benchmarks are asked, and how."""
    say(described())
