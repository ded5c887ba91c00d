"""The study's table and a mix as plain text, at most 120 columns."""

from collections.abc import Iterator
from collections.abc import Mapping
from collections.abc import Sequence
from typing import Any

from rich import box
from rich.table import Table
from rich.text import Text

from harness.compare.study import FAMILIES
from harness.compare.study import LEVEL
from harness.printing.grid import plain
from harness.printing.points import interval
from harness.printing.points import probability
from harness.printing.points import signed
from harness.printing.points import value
from harness.printing.visible import line

_POINTS = "bleu"
"""A reducer whose values are points already."""
_NAMES = {"holm": "Holm", "bh": "B-H"}
_OPEN = "Open: the weights at which 0 lies in the {:g} % interval of the difference."
Names = Mapping[str, str]


def study_lines(part: Mapping[str, Any], names: Names) -> list[str]:
    """The lines of the areas, general models against code models; none where there is no study."""
    found = part["study"]
    if found is None:
        return []
    families = {family: [name for name, own in found["families"].items() if own == family] for family in FAMILIES}
    told = "; ".join(f"{family}: {', '.join(names[one] for one in ones)}" for family, ones in families.items())
    return [
        f"By area, the mean of its benchmarks' headline scores in points ({told}):",
        *_scored(found["areas"], names),
        "",
        "The best general model against the best code model of each area:",
        *_best(found["areas"], part, names),
        *_remarks(found["areas"]),
    ]


def mix_lines(part: Mapping[str, Any], names: Names) -> list[str]:
    """The lines of a mix: its scores, each pair, and where the winner changes; none where none was asked for."""
    found = part["mix"]
    if found is None:
        return []
    weights = ", ".join(f"{line(name)} {weight:.3g}" for name, weight in found["weights"].items())
    return [
        f"By the mix {weights}, {found['n']} cases:",
        *_scores(found["scores"], part["level"], names),
        *(_pair(one, part["level"], names) for one in found["pairs"]),
        "Intervals and p hold for all pairs together.",
        *(_change(one, names) for one in found["changes"]),
        *([_OPEN.format(100 * part["level"])] if found["changes"] else []),
        *([f"note: {found['note']}"] if found["note"] else []),
    ]


def published_lines(found: Sequence[Mapping[str, Any]], names: Names) -> list[str]:
    """The lines of what others published under an equal protocol, claims marked; none where there is nothing."""
    if not found:
        return []
    grid = _grid("benchmark")
    for title in ("metric", "model", "ours", "published"):
        grid.add_column(title, justify="left" if title == "metric" else "right")
    grid.add_column("source", overflow="fold")
    for one in found:
        figures = (value(_POINTS, one["ours"]["value"]), f"{one['published']:.1f}{' (claim)' if one['claim'] else ''}")
        source = f"{one['source']}; {one['differs']}" if one["differs"] else one["source"]
        cells = (one["benchmark"], one["metric"], names[one["model"]], *figures, source)
        grid.add_row(*map(Text, map(line, cells)))
    return [
        "Published with as many solved examples and cases (others' examples than ours; no target):",
        *plain(grid),
    ]


def _scored(areas: Sequence[Mapping[str, Any]], names: Names) -> list[str]:
    """By area every model's score, and the means of the families."""
    grid = _grid("area")
    for title in ("benchmarks", "n", *names.values(), *(f"mean {family}" for family in FAMILIES), "code - general"):
        grid.add_column(title, justify="right", no_wrap=True)
    for one in areas:
        scores = (value(_POINTS, score["value"]) for score in one["scores"])
        means = (value(_POINTS, one["means"][family]["value"]) for family in FAMILIES)
        counts = (str(len(one["benchmarks"])), str(one["n"]))
        grid.add_row(*map(Text, (line(one["name"]), *counts, *scores, *means, _difference(one["means_difference"]))))
    return plain(grid)


def _best(areas: Sequence[Mapping[str, Any]], part: Mapping[str, Any], names: Names) -> list[str]:
    grid = _grid("area")
    titles = [
        *FAMILIES,
        f"code - general [{100 * part['level']:g} %]",
        "p",
        f"p {_NAMES[part['correction']]}",
        "better",
    ]
    for title in titles:
        grid.add_column(title, justify="right", no_wrap=True)
    for one in areas:
        scores = {score["system"]: score["value"] for score in one["scores"]}
        pair = (f"{names[one[family]]} {value(_POINTS, scores[one[family]])}" for family in FAMILIES)
        ps = (probability(one["p"]), probability(one["p_corrected"]))
        grid.add_row(*map(Text, (line(one["name"]), *pair, _difference(one["difference"]), *ps)), _better(one, names))
    return plain(grid)


def _better(one: Mapping[str, Any], names: Names) -> Text:
    return Text(names.get(one["winner"], ""))


def _remarks(areas: Sequence[Mapping[str, Any]]) -> Iterator[str]:
    yield "The best are chosen on these cases; interval and p hold for all pairs of models together, so for them too."
    if found := [one for one in areas if one["winner"] is None]:
        yield f"Not told apart at p < {LEVEL:g}: {', '.join(line(one['name']) for one in found)}."


def _scores(scores: Sequence[Mapping[str, Any]], level: float, names: Names) -> list[str]:
    grid = _grid("model")
    for title in ("score", f"[{100 * level:g} %]", "place", "may be"):
        grid.add_column(title, justify="right")
    for one in sorted(scores, key=lambda score: score["rank"]):
        ends = [value(_POINTS, one[end]) for end in ("low", "high")]
        places = f"{one['best']}" if one["best"] == one["worst"] else f"{one['best']} to {one['worst']}"
        reach = "(no interval)" if one["low"] is None else f"[{ends[0]}, {ends[1]}]"
        grid.add_row(*map(Text, (names[one["system"]], value(_POINTS, one["value"]), reach, str(one["rank"]), places)))
    return plain(grid)


def _pair(one: Mapping[str, Any], level: float, names: Names) -> str:
    pair = f"{names[one['second']]} - {names[one['first']]}"
    return f"{pair}: {_difference(one)} at {100 * level:g} %, p {probability(one['p'])}"


def _change(one: Mapping[str, Any], names: Names) -> str:
    """Where along the weight of one part the winner changes, and where the data leave it open."""
    pair, part, found = f"{names[one['first']]}, {names[one['second']]}", line(one["part"]), one["crossing"]
    if found["at"] is None:
        winner = one["alone"] or one["without"]
        text = f"{names[winner]} is better at every weight of {part}" if winner else "equal at every weight"
    else:
        text = (
            f"{names[one['without']]} is better below {part} {found['at']:.3f}, {names[one['alone']]} above"
            if one["without"] and one["alone"]
            else f"equal at {part} {found['at']:.3f}"
        )
    reach = "" if found["low"] is None else f"; open from {found['low']:.3f} to {found['high']:.3f}"
    return f"{pair}: {text}{reach}"


def _difference(one: Mapping[str, Any]) -> str:
    difference = one["difference"] if "difference" in one else one["value"]
    return f"{signed(_POINTS, difference)} {interval(_POINTS, one['low'], one['high'])}"


def _grid(title: str) -> Table:
    grid = Table(box=box.SIMPLE_HEAD, pad_edge=False, show_edge=False, padding=(0, 1, 0, 0))
    grid.add_column(title, overflow="fold")
    return grid
