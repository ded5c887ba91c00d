"""A comparison as plain text, at most 120 columns: what else differs, then what is compared, then the numbers."""

from collections.abc import Iterator
from collections.abc import Mapping
from collections.abc import Sequence
from itertools import groupby
from typing import Any

from rich import box
from rich.table import Table
from rich.text import Text

from harness.compare.load import letters
from harness.compare.study import LEVEL
from harness.compare.study_terminal import mix_lines
from harness.compare.study_terminal import published_lines
from harness.compare.study_terminal import study_lines
from harness.printing.grid import plain
from harness.printing.points import interval
from harness.printing.points import probability
from harness.printing.points import signed
from harness.printing.points import value
from harness.printing.visible import line
from harness.results.groups import many

_FLIPS = 6
_CORRECTIONS = {"holm": "Holm", "bh": "B-H"}


def lines(document: Mapping[str, Any]) -> list[str]:
    """The lines of a whole comparison: systems, what differs beside the model, cases, ranks, pairs, flips, notes."""
    names = {system["name"]: system["name"] for system in document["systems"]}
    loud = list(_incomplete(document["systems"]))
    parts = (
        [*loud, *_systems(document["systems"])],
        [*_banner(document["differences"], list(names)), *_same_model(document["systems"])],
        [*_cases(document["overlaps"], names)],
        [*_numbers(document, names)],
        [*study_lines(document, names)],
        [*mix_lines(document, names)],
        [*published_lines(document["published"], names)],
        [*_flips(document)],
        [*_notes(document), *loud],
    )
    return [text for part in parts if part for text in ("", *part)][1:]


def section(part: Mapping[str, Any] | None) -> list[str]:
    """The lines below the scores of a run with several models; none where there is nothing to compare."""
    if part is None:
        return []
    names = dict(zip(part["names"], letters(), strict=False))
    legend = ", ".join(f"{letter} = {line(model)}" for model, letter in names.items())
    study = study_lines(part, names)
    return [
        "",
        f"Models compared: {legend}",
        *_banner(part["differences"], list(names.values())),
        *_cases(part["overlaps"], names),
        "",
        *_numbers(part, names),
        *(["", *study, ""] if study else []),
        *_notes(part),
        "",
    ]


def better(part: Mapping[str, Any]) -> str:
    """One sentence: on how many benchmarks which system is better, and how many differences may be chance."""
    names = dict(zip(part["names"], letters(), strict=False))
    return next(_verdict([result for result in part["results"] if result["is_shown"]], part, names))


def _incomplete(systems: Sequence[Mapping[str, Any]]) -> Iterator[str]:
    for system in systems:
        if not system["complete"]:
            missing = system["planned"] - system["settled"]
            missed = f"{many(missing, 'planned case')} of {system['planned']}"
            yield f"INCOMPLETE {system['name']}: {missed} without a result"


def _systems(systems: Sequence[Mapping[str, Any]]) -> list[str]:
    grid = Table.grid(padding=(0, 2))
    for system in systems:
        created = (system["created"] or "")[:16].replace("T", " ")
        cells = (system["name"], system["model"], system["source"], many(system["planned"], "case"), created)
        grid.add_row(*(Text(line(cell)) for cell in cells))
    return plain(grid)


def _banner(differences: Sequence[Mapping[str, Any]], names: Sequence[str]) -> Iterator[str]:
    """What else differs, in one table; equal differences of several benchmarks stand together."""
    if not differences:
        yield f"Beside the model, nothing differs between {_listed(names)} that could change a number."
        return
    grid = _grid("what")
    for name in names:
        grid.add_column(name, overflow="fold")
    together: dict[tuple[str, tuple[str, ...]], list[str]] = {}
    for difference in differences:
        together.setdefault((difference["kind"], tuple(difference["values"])), []).append(difference["benchmark"])
    for (kind, values), benchmarks in together.items():
        of = f" of {', '.join(benchmarks)}" if benchmarks[0] else ""
        grid.add_row(*(Text(line(cell)) for cell in (f"{kind}{of}", *values)))
    yield f"NOT ONLY THE MODEL DIFFERS between {_listed(names)}; every number below is read with this in mind:"
    yield from plain(grid)


def _same_model(systems: Sequence[Mapping[str, Any]]) -> Iterator[str]:
    """A line for systems whose weights and engine are the same in every respect."""
    known: dict[str, list[str]] = {}
    for system in systems:
        if system["identity"]:
            known.setdefault(system["identity"], []).append(system["name"])
    for digest, names in known.items():
        if len(names) > 1:
            yield f"{_listed(names)} are the same model, run the same way (identity {digest[:12]})."


def _cases(overlaps: Sequence[Mapping[str, Any]], names: Mapping[str, str]) -> Iterator[str]:
    """How many cases are compared; where some are not, by benchmark which and why."""
    columns = ("changed", "only_first", "only_second", "unscored")
    parted = [overlap for overlap in overlaps if any(overlap[key] for key in columns)]
    if len({(overlap["first"], overlap["second"]) for overlap in overlaps}) == 1:
        compared, otherwise = (sum(overlap[key] for overlap in overlaps) for key in ("compared", "asked_otherwise"))
        asked = f", {otherwise} of them the same rows asked otherwise" if otherwise else ""
        whole = "" if parted else ", all that were planned"
        yield f"{many(compared, 'case')} compared{whole}{asked}."
    elif not parted:
        yield "Every pair is compared on all cases that were planned."
    if not parted:
        return
    grid = _grid("benchmark", "pair")
    for title in ("compared", "changed", "only first", "only second", "without a score"):
        grid.add_column(title, justify="right")
    for overlap in parted:
        pair = f"{names[overlap['first']]}, {names[overlap['second']]}"
        statuses = sorted(set(overlap["unscored"].values()))
        unscored = f"{len(overlap['unscored'])} ({', '.join(statuses)})" if statuses else "0"
        counts = (str(len(overlap[key])) for key in columns[:3])
        grid.add_row(*map(Text, (line(overlap["benchmark"]), pair, str(overlap["compared"]), *counts, unscored)))
    yield "Cases that are not compared: changed have another content in either, the others are in one alone."
    yield from plain(grid)


def _numbers(part: Mapping[str, Any], names: Mapping[str, str]) -> Iterator[str]:
    ranked = [ranking for ranking in part["rankings"] if ranking["is_shown"]]
    if ranked:
        yield from (*_ranks(ranked, names), "")
    shown = [result for result in part["results"] if result["is_shown"]]
    yield from _pairs(shown, part, names)
    yield from _verdict(shown, part, names)
    yield from _sacrebleu(shown, names)


def _ranks(rankings: Sequence[Mapping[str, Any]], names: Mapping[str, str]) -> list[str]:
    """By benchmark the systems, best first, with the places each may have, and whom it is tied with."""
    grid = _grid("\nbenchmark", "\nmetric")
    for title in ("\nn", "\nplace", "\nmay be", "\nof", "\nscore"):
        grid.add_column(title, justify="right")
    grid.add_column("not told\napart from")
    for ranking in rankings:
        head = (line(ranking["benchmark"]), _metric(ranking), str(ranking["n"]))
        for number, rank in enumerate(sorted(ranking["ranks"], key=lambda rank: rank["rank"])):
            own = rank["system"]
            tied = {names[other] for group in ranking["groups"] if own in group for other in group if other != own}
            places = f"{rank['best']}" if rank["best"] == rank["worst"] else f"{rank['best']} to {rank['worst']}"
            cells = (str(rank["rank"]), places, names[own], value(ranking["reducer"], rank["value"]))
            grid.add_row(*map(Text, (*(("", "", "") if number else head), *cells, ", ".join(sorted(tied)))))
    return plain(grid)


def _pairs(shown: Sequence[Mapping[str, Any]], part: Mapping[str, Any], names: Mapping[str, str]) -> list[str]:
    """A row a pair and benchmark: both values, the difference with its interval, p's, cases won, lost and tied."""
    pairs = list(dict.fromkeys((result["first"], result["second"]) for result in shown))
    single = len(pairs) == 1
    grid = _grid("\nbenchmark", "\nmetric")
    heads = [names[end] for end in pairs[0]] if single else ["first", "second"]
    difference = f"{heads[1]} - {heads[0]}\n[{100 * part['level']:g} %]"
    titles = ["\npair"] * (not single) + ["\nn", *(f"\n{head}" for head in heads), difference, "\np"]
    titles += [f"p\n{_CORRECTIONS[part['correction']]}", "\nwon", "\nlost", "\ntied", "\ndetects", "\nbetter"]
    for title in titles:
        grid.add_column(title, justify="right", no_wrap=True)
    for _, group in groupby(shown, key=lambda result: (result["benchmark"], result["metric"], result["average"])):
        for number, result in enumerate(group):
            head = ("", "") if number else (line(result["benchmark"]), _metric(result))
            pair = () if single else (f"{names[result['second']]} - {names[result['first']]}",)
            grid.add_row(*map(Text, (*head, *pair, *_cells(result, names))))
    return plain(grid)


def _cells(result: Mapping[str, Any], names: Mapping[str, str]) -> tuple[str, ...]:
    reducer = result["reducer"]
    values = (value(reducer, result[f"{end}_value"]) for end in ("first", "second"))
    reach = f" {interval(reducer, result['low'], result['high'])}" if result["difference"] is not None else ""
    counts = (str(result[key]) for key in ("wins", "losses", "ties"))
    return (
        str(result["n"]),
        *values,
        f"{signed(reducer, result['difference'])}{reach}",
        probability(result["p"]),
        probability(result["p_corrected"]),
        *counts,
        value(reducer, result["detectable"]),
        names[winner] if (winner := _winner(result)) else "",
    )


def _winner(result: Mapping[str, Any]) -> str | None:
    """The better system's name; None where chance alone may have made the difference."""
    if result["p_corrected"] is None or result["p_corrected"] >= LEVEL or not result["difference"]:
        return None
    return str(result["second" if (result["difference"] > 0) == result["higher_is_better"] else "first"])


def _verdict(shown: Sequence[Mapping[str, Any]], part: Mapping[str, Any], names: Mapping[str, str]) -> Iterator[str]:
    """What the table says, and how to read it."""
    winners = [_winner(result) for result in shown]
    told = [f"{names[name]} on {winners.count(name)}" for name in names if name in winners]
    corrected = f"p {_CORRECTIONS[part['correction']]}"
    rest = winners.count(None)
    others = "" if not rest else f"; {'the other ' if told else ''}{many(rest, 'difference')} may be chance"
    better = f"{', '.join(told)}" if told else "none"
    yield f"Better at {corrected} < {LEVEL:g}: {better}{others}."
    yield f"Differences in points; {corrected} is corrected for {many(part['family'], 'comparison')}."
    detects = f"the true difference that as many cases would find 4 times of 5 at {corrected}"
    yield f"won, lost, tied: cases; detects: {detects}."
    if lower := dict.fromkeys(_metric(result) for result in shown if not result["higher_is_better"]):
        yield f"Lower is better: {', '.join(lower)}."


def _sacrebleu(shown: Sequence[Mapping[str, Any]], names: Mapping[str, str]) -> Iterator[str]:
    for result in shown:
        if result["sacrebleu"] is not None:
            tests = result["sacrebleu"]
            bootstrap, swaps = tests["bootstrap"], tests["randomisation"]
            means = " and ".join(
                f"{names[result[end]]} {mean:.1f} ± {half:.1f}"
                for end, mean, half in zip(
                    ("first", "second"), bootstrap["means"], bootstrap["half_widths"], strict=True
                )
            )
            yield (
                f"sacrebleu {line(result['benchmark'])} {_metric(result)}: --paired-bs p {bootstrap['p']:.4f} "
                f"({bootstrap['trials']} resamples; {means}), --paired-ar p {swaps['p']:.4f} ({swaps['trials']} trials)"
            )


def _flips(document: Mapping[str, Any]) -> Iterator[str]:
    """The cases of which one of two alone is right, the first few of each; those of many are for the JSON."""
    shown = {(result["benchmark"], result["metric"]) for result in document["results"] if result["is_shown"]}
    if len(document["systems"]) > 2:
        return
    for flip in document["flips"]:
        sides = [(flip[end], flip[f"only_{end}"]) for end in ("first", "second") if flip[f"only_{end}"]]
        if (flip["benchmark"], flip["metric"]) in shown and sides:
            texts = "; ".join(f"only {name} is right on {_some(cases)}" for name, cases in sides)
            yield f"{line(flip['benchmark'])} {line(flip['metric'])}: {texts}"


def _some(cases: Sequence[str]) -> str:
    more = f" and {len(cases) - _FLIPS} more" if len(cases) > _FLIPS else ""
    return f"{', '.join(map(line, cases[:_FLIPS]))}{more}"


def _notes(part: Mapping[str, Any]) -> Iterator[str]:
    yield from (f"note: {line(note)}" for note in part["notes"])
    for result in part["results"]:
        if result["is_shown"] and result["note"]:
            yield f"note: {line(result['benchmark'])} {_metric(result)}: {result['note']}"


def _metric(result: Mapping[str, Any]) -> str:
    return line(f"macro {result['metric']}" if result["average"] == "macro" else result["metric"])


def _listed(names: Sequence[str]) -> str:
    return names[0] if len(names) == 1 else f"{', '.join(names[:-1])} and {names[-1]}"


def _grid(*titles: str) -> Table:
    grid = Table(box=box.SIMPLE_HEAD, pad_edge=False, show_edge=False, padding=(0, 1, 0, 0))
    for title in titles:
        grid.add_column(title, overflow="fold")
    return grid
