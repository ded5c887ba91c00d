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
    study = part["study"]
    if study is None:
        return []
    families = {family: [name for name, own in study["families"].items() if own == family] for family in FAMILIES}
    told = "; ".join(f"{family}: {', '.join(names[name] for name in ones)}" for family, ones in families.items())
    return [
        f"By area, the mean of its benchmarks' headline scores in points ({told}):",
        *_scored(study["areas"], names),
        "",
        "The best general model against the best code model of each area:",
        *_best(study["areas"], part, names),
        *_remarks(study["areas"]),
    ]


def mix_lines(part: Mapping[str, Any], names: Names) -> list[str]:
    """The lines of a mix: its scores, each pair, and where the winner changes; none where none was asked for."""
    mix = part["mix"]
    if mix is None:
        return []
    weights = ", ".join(f"{line(name)} {weight:.3g}" for name, weight in mix["weights"].items())
    return [
        f"By the mix {weights}, {mix['n']} cases:",
        *_scores(mix["scores"], part["level"], names),
        *(_pair(pair, part["level"], names) for pair in mix["pairs"]),
        "Intervals and p hold for all pairs together.",
        *(_change(change, names) for change in mix["changes"]),
        *([_OPEN.format(100 * part["level"])] if mix["changes"] else []),
        *([f"note: {mix['note']}"] if mix["note"] else []),
    ]


def published_lines(pairings: Sequence[Mapping[str, Any]], names: Names) -> list[str]:
    """The lines of what others published under an equal protocol, claims marked; none where there is nothing."""
    if not pairings:
        return []
    grid = _grid("benchmark")
    for title in ("metric", "model", "ours", "published"):
        grid.add_column(title, justify="left" if title == "metric" else "right")
    grid.add_column("source", overflow="fold")
    for pairing in pairings:
        figures = (
            value(_POINTS, pairing["ours"]["value"]),
            f"{pairing['published']:.1f}{' (claim)' if pairing['claim'] else ''}",
        )
        source = f"{pairing['source']}; {pairing['differs']}" if pairing["differs"] else pairing["source"]
        cells = (pairing["benchmark"], pairing["metric"], names[pairing["model"]], *figures, source)
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
    for area in areas:
        scores = (value(_POINTS, score["value"]) for score in area["scores"])
        means = (value(_POINTS, area["means"][family]["value"]) for family in FAMILIES)
        counts = (str(len(area["benchmarks"])), str(area["n"]))
        grid.add_row(*map(Text, (line(area["name"]), *counts, *scores, *means, _difference(area["means_difference"]))))
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
    for area in areas:
        scores = {score["system"]: score["value"] for score in area["scores"]}
        pair = (f"{names[area[family]]} {value(_POINTS, scores[area[family]])}" for family in FAMILIES)
        ps = (probability(area["p"]), probability(area["p_corrected"]))
        grid.add_row(
            *map(Text, (line(area["name"]), *pair, _difference(area["difference"]), *ps)), _better(area, names)
        )
    return plain(grid)


def _better(area: Mapping[str, Any], names: Names) -> Text:
    return Text(names.get(area["winner"], ""))


def _remarks(areas: Sequence[Mapping[str, Any]]) -> Iterator[str]:
    yield "The best are chosen on these cases; interval and p hold for all pairs of models together, so for them too."
    if undecided := [area for area in areas if area["winner"] is None]:
        yield f"Not told apart at p < {LEVEL:g}: {', '.join(line(area['name']) for area in undecided)}."


def _scores(scores: Sequence[Mapping[str, Any]], level: float, names: Names) -> list[str]:
    grid = _grid("model")
    for title in ("score", f"[{100 * level:g} %]", "place", "may be"):
        grid.add_column(title, justify="right")
    for row in sorted(scores, key=lambda score: score["rank"]):
        ends = [value(_POINTS, row[end]) for end in ("low", "high")]
        places = f"{row['best']}" if row["best"] == row["worst"] else f"{row['best']} to {row['worst']}"
        reach = "(no interval)" if row["low"] is None else f"[{ends[0]}, {ends[1]}]"
        grid.add_row(*map(Text, (names[row["system"]], value(_POINTS, row["value"]), reach, str(row["rank"]), places)))
    return plain(grid)


def _pair(ranked: Mapping[str, Any], level: float, names: Names) -> str:
    pair = f"{names[ranked['second']]} - {names[ranked['first']]}"
    return f"{pair}: {_difference(ranked)} at {100 * level:g} %, p {probability(ranked['p'])}"


def _change(change: Mapping[str, Any], names: Names) -> str:
    """Where along the weight of one part the winner changes, and where the data leave it open."""
    pair, part, crossing = (
        f"{names[change['first']]}, {names[change['second']]}",
        line(change["part"]),
        change["crossing"],
    )
    if crossing["at"] is None:
        winner = change["alone"] or change["without"]
        text = f"{names[winner]} is better at every weight of {part}" if winner else "equal at every weight"
    else:
        text = (
            f"{names[change['without']]} is better below {part} {crossing['at']:.3f}, {names[change['alone']]} above"
            if change["without"] and change["alone"]
            else f"equal at {part} {crossing['at']:.3f}"
        )
    reach = "" if crossing["low"] is None else f"; open from {crossing['low']:.3f} to {crossing['high']:.3f}"
    return f"{pair}: {text}{reach}"


def _difference(entry: Mapping[str, Any]) -> str:
    difference = entry["difference"] if "difference" in entry else entry["value"]
    return f"{signed(_POINTS, difference)} {interval(_POINTS, entry['low'], entry['high'])}"


def _grid(title: str) -> Table:
    grid = Table(box=box.SIMPLE_HEAD, pad_edge=False, show_edge=False, padding=(0, 1, 0, 0))
    grid.add_column(title, overflow="fold")
    return grid
