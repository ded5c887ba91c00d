"""A parity as plain text, at most 120 columns: verdicts, what flipped, how far answers are apart, the word last."""

from collections.abc import Iterator
from collections.abc import Mapping
from typing import Any

from rich import box
from rich.table import Table
from rich.text import Text

from harness.printing.grid import plain
from harness.printing.numbers import NOTHING
from harness.printing.visible import line
from harness.results.groups import many

_WORDS = {"same": "the same", "differs": "differs", "inconclusive": "inconclusive"}


def lines(parity: Mapping[str, Any]) -> list[str]:
    """The lines of a parity's document."""
    return [
        *_subjects(parity),
        *(line(note) for note in parity["notes"]),
        *_verdicts(parity),
        *(
            f"NOT COMPARED: {left['subject']} {line(left['benchmark'])}: {line(left['why'])}"
            for left in parity["not_compared"]
        ),
        *(text for verdict in parity["verdicts"] for text in _remarks(verdict)),
        *(text for apart in parity["divergences"] for text in _divergence(apart)),
        *([f"INCOMPLETE: {line(parity['broken'])}"] if parity["broken"] else []),
        _word(parity),
    ]


def _subjects(parity: Mapping[str, Any]) -> Iterator[str]:
    for subject in parity["subjects"]:
        what = "reference" if subject["decision"] is None else _WORDS[subject["decision"]]
        yield f"{subject['name']}  {line(subject['title'])}  ({what})"


def _verdicts(parity: Mapping[str, Any]) -> list[str]:
    if not parity["verdicts"]:
        return []
    reference = parity["subjects"][0]["name"]
    grid = Table(box=box.SIMPLE_HEAD, pad_edge=False, show_edge=False, padding=(0, 1, 0, 0))
    for title in ("subject", "benchmark", "metric"):
        grid.add_column(title, overflow="fold")
    apart = "flips" if parity["measure"] == "flips" else "difference"
    for title in ("n", reference, "subject's", apart, "lost", "won"):
        grid.add_column(title, justify="right", no_wrap=True)
    grid.add_column("verdict", no_wrap=True)
    for verdict in parity["verdicts"]:
        flips = verdict["flips"]
        cells = (
            verdict["subject"],
            line(verdict["benchmark"]),
            line(verdict["metric"]),
            str(verdict["n"]),
            _percent(verdict["base_value"]),
            _percent(verdict["value"]),
            _difference(verdict),
            str(flips["lost"]),
            str(flips["won"]),
            _WORDS[verdict["decision"]],
        )
        grid.add_row(*map(Text, cells))
    return plain(grid)


def _remarks(verdict: Mapping[str, Any]) -> Iterator[str]:
    where, flips = f"{verdict['subject']} {line(verdict['benchmark'])}", verdict["flips"]
    for kind, words in (("lost", "lower"), ("won", "higher")):
        if flips[kind]:
            named = ", ".join(map(line, flips[f"first_{kind}"]))
            more = " and more" if flips[kind] > len(flips[f"first_{kind}"]) else ""
            yield f"{where}: scored {words}: {named}{more}"
    if verdict["missing"]:
        yield (
            f"{where}: {many(verdict['missing'], 'case')} without a score on one side alone: taken as the worst for "
            "either claim, never as equal"
        )
    for why, count in verdict["left_out"].items():
        yield f"{where}: {many(count, 'case')} left out: {why}"
    if verdict["decision"] == "inconclusive":
        more = verdict["more"]
        yield f"{where}: " + (
            f"about {more:,} further cases would decide, if they were like these"
            if more
            else "no number of further cases would decide, if they were like these"
        )


def _divergence(apart: Mapping[str, Any]) -> Iterator[str]:
    where, logs, texts = f"{apart['subject']} {line(apart['benchmark'])}", apart["logs"], apart["texts"]
    if logs and logs["mean"] is not None:
        yield (
            f"{where}: log P of {many(logs['continuations'], 'continuation')} differs by {logs['mean']:.2g} nats a "
            f"token, at most {logs['largest']:.2g} ({line(logs['case'])})"
        )
    if logs and logs["tokenised_otherwise"]:
        yield f"{where}: {many(logs['tokenised_otherwise'], 'continuation')} of another number of tokens"
    if texts:
        parts = f"; they part after {texts['earliest']} characters or later, half of them before {texts['median']}"
        share = f"{texts['equal']} of {many(texts['texts'], 'greedy text')} equal"
        yield f"{where}: {share}{parts if texts['partings'] else ''}"
        yield from (f"  {_parting(parting)}" for parting in texts["partings"])
    if apart["asked_otherwise"]:
        yield f"{where}: {many(apart['asked_otherwise'], 'request')} not the same for both"


def _parting(parting: Mapping[str, Any]) -> str:
    tie = parting["tie"]
    known = "" if tie is None else f" ({tie:+.2f} nats{', a near tie' if parting['near_tie'] else ''})"
    texts = f"{_quoted(parting['base'])} / {_quoted(parting['new'])}"
    return f"{line(parting['case'])} at character {parting['character']}: {texts}{known}"


def _quoted(text: str) -> str:
    return f'"{line(text)}"' if text else "(its end)"


def _word(parity: Mapping[str, Any]) -> str:
    margin = f"{parity['margin']:g} points" + (" of flips" if parity["measure"] == "flips" else "")
    asked = f"after {parity['asked']:,} of {parity['planned']:,} cases"
    rate = f"at most {100 * parity['alpha']:g} % of such verdicts are wrong"
    words = {
        "same": f"the same within {margin}",
        "differs": f"differs by more than {margin}",
        "inconclusive": f"inconclusive at {margin}",
    }
    return f"PARITY: {words[parity['decision']]}, {asked} ({rate})"


def _percent(value: float | None) -> str:
    return NOTHING if value is None else f"{100 * value:.1f}"


def _difference(verdict: Mapping[str, Any]) -> str:
    if verdict["difference"] is None:
        return NOTHING
    low, high = 100 * verdict["low"], 100 * verdict["high"]
    return f"{100 * verdict['difference']:+.1f} [{low:+.1f}, {high:+.1f}]"
