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
    models = {verdict["model"] for verdict in gate["verdicts"]}
    together: dict[tuple[str, str, tuple[str, ...]], list[str | None]] = {}
    for change in gate["differences"]:
        together.setdefault((change["model"], change["kind"], tuple(change["values"])), []).append(change["benchmark"])
    for (model, kind, (old, new)), benchmarks in together.items():
        of = f" of {', '.join(map(str, benchmarks))}" if benchmarks[0] else ""
        whose = f"{line(model)}: " if len(models) > 1 else ""
        what = f"{whose}{line(kind + of)}: {line(old)} in the baseline, {line(new)} in this run"
        yield f"NOT ONLY THE MODEL DIFFERS: {what}"
    for overlap in gate["overlaps"]:
        apart = [f"{overlap[key]} {words}" for key, words in _APART.items() if overlap[key]]
        if overlap["asked_otherwise"]:
            apart.append(f"{overlap['asked_otherwise']} asked otherwise and compared all the same")
        if apart:
            yield f"CASES: {_name(overlap, models)}: {many(overlap['compared'], 'case')} compared; {', '.join(apart)}"
    yield from (f"NOT GATED: {_name(ungated, models)}: {line(ungated['why'])}" for ungated in gate["ungated"])
    yield from (f"note: {line(note)}" for note in gate["notes"])


def remarks(gate: Mapping[str, Any]) -> Iterator[str]:
    """What the verdicts leave open, and how far a run that may stop early has come."""
    models = {verdict["model"] for verdict in gate["verdicts"]}
    for verdict in gate["verdicts"]:
        said = [*_open(verdict)]
        if said:
            yield f"{_name(verdict, models)}: {'; '.join(said)}"
    if any(not verdict["higher_is_better"] for verdict in gate["verdicts"]):
        yield "Differences are turned round where lower is better: below 0 is worse."
    if gate["sequential"]:
        yield from _looks(gate["sequential"])


def word(gate: Mapping[str, Any]) -> str:
    """The whole gate in a line."""
    decisions = [verdict["decision"] for verdict in gate["verdicts"]]
    if gate["decision"] is None:
        return f"GATE: no case in common with {line(gate['baseline'])}"
    counts = ", ".join(
        f"{decisions.count(decision)} {decision}"
        for decision in ("regressed", "inconclusive", "pass")
        if decision in decisions
    )
    return f"GATE: {gate['decision']} against {line(gate['baseline'])} ({many(len(decisions), 'benchmark')}: {counts})"


def difference(verdict: Mapping[str, Any]) -> str:
    """A verdict's difference with its interval: `-3.0 [-5.1, -0.9]`."""
    if verdict["difference"] is None:
        return value(verdict["reducer"], None)
    reducer, low, high = verdict["reducer"], verdict["low"], verdict["high"]
    return f"{signed(reducer, verdict['difference'])} {interval(reducer, low, high)}"


def metric(verdict: Mapping[str, Any]) -> str:
    """A verdict's metric, `macro` before it where its mean over strata is meant."""
    return f"macro {verdict['metric']}" if verdict["average"] == "macro" else str(verdict["metric"])


def _rendered(gate: Mapping[str, Any]) -> list[str]:
    models = {verdict["model"] for verdict in gate["verdicts"]}
    grid = Table(box=box.SIMPLE_HEAD, pad_edge=False, show_edge=False, padding=(0, 1, 0, 0))
    for title in ("benchmark", "metric"):
        grid.add_column(title, overflow="fold")
    for title in ("n", "baseline", "new", "new - baseline", "level", "margin"):
        grid.add_column(title, justify="right", no_wrap=True)
    grid.add_column("verdict", no_wrap=True)
    for verdict in gate["verdicts"]:
        values = (value(verdict["reducer"], verdict[key]) for key in ("base_value", "value"))
        cells = (
            _name(verdict, models),
            line(metric(verdict)),
            str(verdict["n"]),
            *values,
            difference(verdict),
            _level(verdict["level"]),
        )
        grid.add_row(*map(Text, (*cells, f"{verdict['points']:g}", verdict["decision"])))
    return plain(grid) if gate["verdicts"] else []


def _level(level: float | None) -> str:
    if level is None:
        return NOTHING
    return f"{100 * level:.4g} %" if level < _NEARLY else f"> {100 * _NEARLY:g} %"


def _open(verdict: Mapping[str, Any]) -> Iterator[str]:
    if verdict["note"]:
        yield verdict["note"]
    decided_early = verdict["look"] is not None and verdict["decision"] != "inconclusive"
    if verdict["too_small"] and not decided_early:
        detectable = value(verdict["reducer"], verdict["detectable"])
        yield f"the margin {verdict['points']:g} is smaller than the detectable difference {detectable}"
    if verdict["decision"] == "inconclusive" and verdict["more"]:
        yield f"about {verdict['more']:,} further cases would decide, if the difference stayed what it is"
    elif verdict["decision"] == "inconclusive" and verdict["low"] is not None:
        yield "no number of further cases would decide, if the difference stayed what it is"


def _looks(sequential: Mapping[str, Any]) -> Iterator[str]:
    made: Sequence[Mapping[str, Any]] = sequential["looks"]
    after = f", the last after {many(made[-1]['cases'], 'case')} ({100 * made[-1]['fraction']:.3g} %)" if made else ""
    state = "the rule has decided" if sequential["finished"] else "the rule has not decided yet"
    yield f"--sequential: {many(len(made), 'look')}{after}; {state}: {sequential['rule']}."


def _name(entry: Mapping[str, Any], models: set[str]) -> str:
    name = entry["benchmark"] if len(models) < 2 else f"{entry['model']} {entry['benchmark']}"
    return line(name)
