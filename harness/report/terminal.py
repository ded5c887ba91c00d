"""The score table that ends a session: a line a benchmark, areas as headings, what a reader must know below it once."""

import re
import textwrap
from collections.abc import Iterable
from collections.abc import Iterator
from collections.abc import Mapping
from collections.abc import Sequence
from dataclasses import dataclass
from dataclasses import field
from itertools import chain
from typing import Any
from typing import Literal
from typing import NamedTuple
from typing import TypeAlias

from harness.compare.load import letters
from harness.compare.terminal import better
from harness.compare.terminal import section
from harness.printing.visible import line
from harness.report.between import sentence
from harness.report.certified import sentences
from harness.report.columns import CERTAIN
from harness.report.columns import SINGLE
from harness.report.columns import fitted
from harness.report.headline import means_of
from harness.report.latency import sentences as said_of_times
from harness.report.previous import Previous
from harness.report.score_rows import METRICS
from harness.report.score_rows import STRATA
from harness.report.score_rows import Row
from harness.report.score_rows import marks_in
from harness.report.score_rows import models_of
from harness.report.score_rows import rows
from harness.report.summary import warning

WIDTH = 80
Style: TypeAlias = Literal["plain", "heading", "faint", "warning"]
_NOT_RUN = re.compile(r"(?P<name>\S+): not run: (?P<why>.+)", re.DOTALL)


class Line(NamedTuple):
    """A line of the table and what it is, which a terminal may show by colour."""

    text: str
    style: Style = "plain"


@dataclass(frozen=True, slots=True)
class View:
    """How the table is shown.

    `width` is that of the terminal in characters. `detail` is -1 for areas alone, 0 for a line a benchmark, 1 for every
    metric, 2 for strata as well. With `wraps` sentences are broken at the width too; otherwise each is one line, for a
    file. `before` are the runs that changes are shown against.
    """

    width: int = WIDTH
    detail: int = 0
    wraps: bool = False
    before: Previous = field(default_factory=Previous)


_STANDARD = View()


def table(summary: Mapping[str, Any], view: View = _STANDARD) -> list[Line]:
    """The lines of the score table with its notes; a run with missing results says INCOMPLETE first and last.

    `n` is the number of cases scored, `19/20` where not all that were planned are. No row of the table is wider than
    the view: columns are left out, the metric's name first, score and marks last.
    """
    missing = warning(summary)
    loud = [Line(text, "warning") for text in _wrapped([missing] if missing else [], view)]
    shown = rows(summary, view.before.changes(summary), view.detail)
    lines = [*_table(summary, shown, view)]
    times = said_of_times(summary) if view.detail >= METRICS else ()
    legend = _legend(summary, shown, lines, view)
    said = (legend, times, _between(summary, view), _compared(summary, view), _notes(summary))
    below = _wrapped(chain.from_iterable(said), view)
    return [*loud, *_head(summary, view), *lines, *map(Line, below), *loud]


def _head(summary: Mapping[str, Any], view: View) -> list[Line]:
    """Which models the columns are of."""
    models = models_of(summary)
    if len(models) == 1:
        return [Line(text) for text in _wrapped([line(models[0])], view)]
    named = ", ".join(f"{letter} = {line(model)}" for letter, model in zip(letters(), models, strict=False))
    return [Line(text) for text in _wrapped([named] if named else [], view)]


def _table(summary: Mapping[str, Any], shown: Sequence[Row], view: View) -> Iterator[Line]:
    models = models_of(summary)
    if not models:
        return
    titles = [SINGLE] if len(models) == 1 else [letter for letter, _ in zip(letters(), models, strict=False)]
    for row, text in fitted(shown, titles, view.width):
        yield Line(text, "faint" if row is None else "heading" if row.depth == 0 else "plain")


def _legend(summary: Mapping[str, Any], shown: Sequence[Row], lines: Sequence[Line], view: View) -> Iterator[str]:
    """What the marks and columns mean, as far as they are there."""
    said = [f"{letter}: {text}" for letter, text in marks_in(shown)]
    if any(CERTAIN in text for text, _ in lines):
        said.append(f"{CERTAIN}: more than chance, p corrected for all comparisons")
    if said:
        yield "; ".join(said)
    if any("change" in text for text, _ in lines[:1]):
        yield from view.before.said(summary)


def _between(summary: Mapping[str, Any], view: View) -> Iterator[str]:
    """At the detail of strata, which of them differ."""
    several = len(models_of(summary)) > 1
    for score in summary["scores"] if view.detail >= STRATA else ():
        if text := sentence(score):
            model = f", {score['model']}" if several else ""
            yield line(f"{score['benchmark']}{model}: {text}")


def _compared(summary: Mapping[str, Any], view: View) -> Iterator[str]:
    """Who is ahead; from the detail of metrics on the whole comparison."""
    part = summary["comparisons"]
    if part is None:
        return
    if view.detail >= METRICS:
        yield from section(part)
        return
    if kinds := ", ".join(dict.fromkeys(difference["kind"] for difference in part["differences"])):
        yield f"NOT ONLY THE MODEL DIFFERS: {line(kinds)}; -v shows it"
    yield better(part)


def _notes(summary: Mapping[str, Any]) -> Iterator[str]:
    yield from map(line, means_of(summary["headlines"]))
    yield from map(line, sentences(summary))
    names = summary["sample"]
    if names:
        every = len(names) > 1 and set(names) == {score["benchmark"] for score in summary["scores"]}
        which = f"all {len(names)}" if every else ", ".join(map(line, names))
        yield f"SAMPLE ROWS, no real benchmark: {which}"
    left_out = (note for area in summary["areas"] for note in area["notes"])
    yield from (f"note: {line(note)}" for note in _together([*summary["notes"], *left_out]))


def _together(notes: Iterable[str]) -> Iterator[str]:
    """The notes, those on benchmarks that were not run for one reason as one."""
    known: dict[str, list[str]] = {}
    for note in notes:
        match = _NOT_RUN.fullmatch(note)
        known.setdefault(match["why"] if match else note, []).extend([match["name"]] if match else [])
    for text, names in known.items():
        yield f"{', '.join(names)}: not run: {text}" if names else text


def _wrapped(texts: Iterable[str], view: View) -> list[str]:
    """The texts on lines of the view's width, where it wraps."""
    if not view.wraps:
        return list(texts)
    broken = (textwrap.wrap(text, view.width, subsequent_indent="  ", break_on_hyphens=False) or [""] for text in texts)
    return [part for parts in broken for part in parts]
