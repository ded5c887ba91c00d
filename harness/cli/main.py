"""The command line for what is not a pytest run: one module a command.

Exit status 0; 1 for what cannot be had, read or written; 2 for a wrong option; 12 for a report with missing results.
`parity` has statuses of its own, see its module.
"""

from collections.abc import Callable
from collections.abc import Mapping
from typing import Annotated
from typing import Any

import typer
from typer.core import TyperGroup

from harness import __version__
from harness.cli.baseline import baseline_command
from harness.cli.benchmarks import benchmarks_command
from harness.cli.compare import compare_command
from harness.cli.data import data_add_text
from harness.cli.data import data_fetch
from harness.cli.doctor import doctor_command
from harness.cli.exporting import export_command
from harness.cli.history import history_command
from harness.cli.importing import import_command
from harness.cli.merging import merge_command
from harness.cli.models import models_command
from harness.cli.output import FAILED
from harness.cli.parity import parity_command
from harness.cli.plan import plan_command
from harness.cli.recipes import recipes_command
from harness.cli.report import report_command
from harness.cli.rescore import rescore_command
from harness.cli.survey import survey_command
from harness.cli.watch import watch_command
from harness.errors import CrosstaskError
from harness.errors import UsageError

USAGE = 2


class _Sentences(TyperGroup):
    """Commands whose user errors are one sentence on stderr."""

    def invoke(self, ctx: Any) -> Any:
        """Run the command."""
        try:
            return super().invoke(ctx)
        except CrosstaskError as error:
            typer.echo(f"crosstask: {error}", err=True)
            raise typer.Exit(USAGE if isinstance(error, UsageError) else FAILED) from error


app = typer.Typer(
    cls=_Sentences,
    help="Work with what evaluation runs left behind. The evaluation itself is `pytest evals/`.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
)
data = typer.Typer(help="Datasets for machines without a network.", no_args_is_help=True)
app.add_typer(data, name="data")
_COMMANDS: Mapping[str, Callable[..., None]] = {
    "report": report_command,
    "compare": compare_command,
    "parity": parity_command,
    "baseline": baseline_command,
    "plan": plan_command,
    "rescore": rescore_command,
    "merge": merge_command,
    "doctor": doctor_command,
    "import": import_command,
    "export": export_command,
    "history": history_command,
    "benchmarks": benchmarks_command,
    "models": models_command,
    "watch": watch_command,
    "recipes": recipes_command,
    "survey": survey_command,
}
for _name, _command in _COMMANDS.items():
    app.command(_name)(_command)
data.command("fetch")(data_fetch)
data.command("add-text")(data_add_text)


def _show_version(wanted: bool) -> None:
    if wanted:
        typer.echo(f"crosstask {__version__}")
        raise typer.Exit


@app.callback()
def main(
    version: Annotated[
        bool, typer.Option("--version", callback=_show_version, is_eager=True, help="Show the version and exit.")
    ] = False,
) -> None:
    """Take the options that stand before a command."""
