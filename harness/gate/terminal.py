"""The gate as plain text, at most 120 columns: what is not as it should be, a row a benchmark, what would decide."""

from collections.abc import Iterator
from collections.abc import Mapping
from collections.abc import Sequence
from typing import Any

from rich import box
from rich.table import Table
from rich.text import Text

from harness.printing.grid import plain
from harness.printing.numbers import NOTHING
from harness.printing.points import interval
from harness.printing.points import signed
from harness.printing.points import value
from harness.printing.visible import line
from harness.results.groups import many

_APART = {
    "changed": "with another content",
    "only_run": "not in the baseline",
    "only_baseline": "in the baseline alone",
    "unscored": "without a score",
}


_NEARLY = 0.9999


def lines(gate: Mapping[str, Any]) -> list[str]:
    """The lines of a gate: the banner, the verdicts, what they leave open, and the whole gate's word last."""
    return [*banner(gate), *_rendered(gate), *remarks(gate), word(gate)]


def banner(gate: Mapping[str, Any]) -> Iterator[str]:
    """What a reader must know before the first verdict: what else differs, which cases and benchmarks are left out."""
    models = {one["model"] for one in gate["verdicts"]}
    together: dict[tuple[str, str, tuple[str, ...]], list[str | None]] = {}
    for one in gate["differences"]:
        together.setdefault((one["model"], one["kind"], tuple(one["values"])), []).append(one["benchmark"])
    for (model, kind, (old, new)), benchmarks in together.items():
        of = f" of {', '.join(map(str, benchmarks))}" if benchmarks[0] else ""
        whose = f"{line(model)}: " if len(models) > 1 else ""
        what = f"{whose}{line(kind + of)}: {line(old)} in the baseline, {line(new)} in this run"
        yield f"NOT ONLY THE MODEL DIFFERS: {what}"
    for one in gate["overlaps"]:
        apart = [f"{one[key]} {words}" for key, words in _APART.items() if one[key]]
        if one["asked_otherwise"]:
            apart.append(f"{one['asked_otherwise']} asked otherwise and compared all the same")
        if apart:
            yield f"CASES: {_name(one, models)}: {many(one['compared'], 'case')} compared; {', '.join(apart)}"
    yield from (f"NOT GATED: {_name(one, models)}: {line(one['why'])}" for one in gate["ungated"])
    yield from (f"note: {line(note)}" for note in gate["notes"])


def remarks(gate: Mapping[str, Any]) -> Iterator[str]:
    """What the verdicts leave open, and how far a run that may stop early has come."""
    models = {one["model"] for one in gate["verdicts"]}
    for one in gate["verdicts"]:
        said = [*_open(one)]
        if said:
            yield f"{_name(one, models)}: {'; '.join(said)}"
    if any(not one["higher_is_better"] for one in gate["verdicts"]):
        yield "Differences are turned round where lower is better: below 0 is worse."
    if gate["sequential"]:
        yield from _looks(gate["sequential"])


def word(gate: Mapping[str, Any]) -> str:
    """The whole gate in a line."""
    found = [one["decision"] for one in gate["verdicts"]]
    if gate["decision"] is None:
        return f"GATE: no case in common with {line(gate['baseline'])}"
    counts = ", ".join(f"{found.count(one)} {one}" for one in ("regressed", "inconclusive", "pass") if one in found)
    return f"GATE: {gate['decision']} against {line(gate['baseline'])} ({many(len(found), 'benchmark')}: {counts})"


def difference(one: Mapping[str, Any]) -> str:
    """A verdict's difference with its interval: `-3.0 [-5.1, -0.9]`."""
    if one["difference"] is None:
        return value(one["reducer"], None)
    return f"{signed(one['reducer'], one['difference'])} {interval(one['reducer'], one['low'], one['high'])}"


def metric(one: Mapping[str, Any]) -> str:
    """A verdict's metric, `macro` before it where its mean over strata is meant."""
    return f"macro {one['metric']}" if one["average"] == "macro" else str(one["metric"])


def _rendered(gate: Mapping[str, Any]) -> list[str]:
    models = {one["model"] for one in gate["verdicts"]}
    grid = Table(box=box.SIMPLE_HEAD, pad_edge=False, show_edge=False, padding=(0, 1, 0, 0))
    for title in ("benchmark", "metric"):
        grid.add_column(title, overflow="fold")
    for title in ("n", "baseline", "new", "new - baseline", "level", "margin"):
        grid.add_column(title, justify="right", no_wrap=True)
    grid.add_column("verdict", no_wrap=True)
    for one in gate["verdicts"]:
        values = (value(one["reducer"], one[key]) for key in ("base_value", "value"))
        cells = (_name(one, models), line(metric(one)), str(one["n"]), *values, difference(one), _level(one["level"]))
        grid.add_row(*map(Text, (*cells, f"{one['points']:g}", one["decision"])))
    return plain(grid) if gate["verdicts"] else []


def _level(level: float | None) -> str:
    if level is None:
        return NOTHING
    return f"{100 * level:.4g} %" if level < _NEARLY else f"> {100 * _NEARLY:g} %"


def _open(one: Mapping[str, Any]) -> Iterator[str]:
    if one["note"]:
        yield one["note"]
    decided_early = one["look"] is not None and one["decision"] != "inconclusive"
    if one["too_small"] and not decided_early:
        found = value(one["reducer"], one["detectable"])
        yield f"the margin {one['points']:g} is smaller than the detectable difference {found}"
    if one["decision"] == "inconclusive" and one["more"]:
        yield f"about {one['more']:,} further cases would decide, if the difference stayed what it is"
    elif one["decision"] == "inconclusive" and one["low"] is not None:
        yield "no number of further cases would decide, if the difference stayed what it is"


def _looks(sequential: Mapping[str, Any]) -> Iterator[str]:
    made: Sequence[Mapping[str, Any]] = sequential["looks"]
    after = f", the last after {many(made[-1]['cases'], 'case')} ({100 * made[-1]['fraction']:.3g} %)" if made else ""
    state = "the rule has decided" if sequential["finished"] else "the rule has not decided yet"
    yield f"--sequential: {many(len(made), 'look')}{after}; {state}: {sequential['rule']}."


def _name(one: Mapping[str, Any], models: set[str]) -> str:
    name = one["benchmark"] if len(models) < 2 else f"{one['model']} {one['benchmark']}"
    return line(name)
