"""What this machine can do, on one screen: sandbox, toolchains, devices, extras, and whether the Hub answers."""

from collections.abc import Iterator

import typer
from rich import box
from rich.table import Table
from rich.text import Text

from harness.errors import SandboxError
from harness.extras import EXTRAS
from harness.extras import missing
from harness.extras import remedy
from harness.extras import sentence
from harness.languages.building.tools import MISSING
from harness.models.devices import list_devices
from harness.models.hub import hub_answers
from harness.printing.grid import plain
from harness.sandbox.groups import meter
from harness.sandbox.selftest import Property
from harness.sandbox.selftest import best_tier
from harness.sandbox.toolchains import versions

_WIDTH = 160
TIERS = {
    "A": "namespaces of the user's own, Landlock, seccomp",
    "B": "namespaces made by root, Landlock, seccomp",
    "C": "no namespaces: Landlock and seccomp",
}


def doctor_command() -> None:
    """Show what this machine can do: sandbox, toolchains, devices, extras, Hub."""
    for line in plain(examination(), _WIDTH):
        typer.echo(line)


def examination() -> Table:
    """The grid it prints: part, name, finding."""
    grid = Table(box=box.SIMPLE_HEAD, pad_edge=False, show_edge=False)
    for title in ("part", "name", "finding"):
        grid.add_column(title, overflow="fold")
    for row in (*_sandbox(), *_toolchains(), *_devices(), *_extras(), _hub()):
        grid.add_row(*map(Text, row))
    return grid


def _sandbox() -> Iterator[tuple[str, str, str]]:
    try:
        tier = best_tier()
    except SandboxError as error:
        yield "sandbox", "none", str(error)
        return
    yield "sandbox", f"tier {tier.name}", TIERS[tier.name]
    for name, finding in tier.properties.items():
        yield "", name, _finding(finding)
    for name, counter in meter().items():
        yield "", f"{name} is counted by", counter


def _finding(finding: Property) -> str:
    """In words; a deed that fails outside of the jail as well says nothing of the jail."""
    if not finding.holds:
        return "NO"
    return "holds" if finding.control else "holds, but so it does without a jail"


def _toolchains() -> Iterator[tuple[str, str, str]]:
    said = versions()
    absent = [name for name, version in said.items() if version == MISSING]
    for place, (name, version) in enumerate(item for item in said.items() if item[0] not in absent):
        yield "" if place else "toolchains", name, version
    if absent:
        yield "", MISSING, ", ".join(absent)


def _devices() -> Iterator[tuple[str, str, str]]:
    for place, device in enumerate(list_devices()):
        yield "" if place else "devices", device.name, device.description


def _extras() -> Iterator[tuple[str, str, str]]:
    for place, extra in enumerate(EXTRAS):
        lacking = missing(extra)
        finding = f"not installed: {', '.join(lacking)}; {remedy(extra)} brings it" if lacking else "installed"
        yield "" if place else "extras", extra, finding


def _hub() -> tuple[str, str, str]:
    lacking = sentence("Hub", "hub", "huggingface_hub")
    if lacking is not None:
        return "Hub", "not asked", lacking.partition(": ")[2]
    from huggingface_hub import constants

    return (
        "Hub",
        constants.ENDPOINT,
        "answers" if hub_answers() else "does not answer; --data takes samples or a mirror",
    )
