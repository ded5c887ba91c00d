"""A run's scores and verdicts as Markdown, for a page that shows no HTML of ours: a job's summary, a comment.

Names and notes are text, never markup: what GitHub Flavored Markdown (spec 0.29) could read as such is escaped.
"""

import re
from collections.abc import Iterator
from collections.abc import Mapping
from collections.abc import Sequence
from typing import Any

from harness.gate.terminal import banner
from harness.gate.terminal import difference
from harness.gate.terminal import metric
from harness.gate.terminal import remarks
from harness.gate.terminal import word
from harness.printing.numbers import NOTHING
from harness.printing.numbers import printed
from harness.printing.numbers import shown
from harness.printing.points import interval as bounds
from harness.printing.points import probability
from harness.printing.points import signed
from harness.printing.visible import line
from harness.report.apart import extra
from harness.report.certified import sentences
from harness.report.headline import means_of
from harness.report.summary import warning

_MARKUP = re.compile(r"([\\`*_{}\[\]<>#|!~@&])")
_COUNTS = {"refused": "refused", "errors": "errors", "not_run": "not run", "truncated": "cut off"}
_SIGNS = {
    "pass": "\N{WHITE HEAVY CHECK MARK}",
    "regressed": "\N{CROSS MARK}",
    "inconclusive": "\N{WHITE QUESTION MARK ORNAMENT}",
}


def markdown(summary: Mapping[str, Any]) -> str:
    """The gate first, where there is one, then the scores, the models' differences, and what a reader must know."""
    sentence = warning(summary)
    parts = [
        [f"**{escape(sentence)}**"] if sentence else [],
        [*_gate(summary["gate"])] if summary["gate"] else [],
        ["### Scores", "", *_scores(summary["scores"])],
        [*_items(means_of(summary["headlines"]))],
        [*_items(sentences(summary))],
        [*_compared(summary["comparisons"])] if summary["comparisons"] else [],
        [*_items(_notes(summary))],
    ]
    return "\n\n".join("\n".join(part) for part in parts if part) + "\n"


def escape(text: str) -> str:
    """A stranger's text on one line, without any markup."""
    return _MARKUP.sub(r"\\\1", line(text))


def table(titles: Sequence[str], rows: Sequence[Sequence[str]], right: int) -> list[str]:
    """A table of escaped cells, aligned right from the column of that number on."""
    rule = [":--"] * right + ["--:"] * (len(titles) - right)
    return [f"| {' | '.join(row)} |" for row in (titles, rule, *([escape(cell) for cell in row] for row in rows))]


def _gate(gate: Mapping[str, Any]) -> Iterator[str]:
    yield f"### Gate: {_SIGNS.get(gate['decision'], '')} {gate['decision'] or 'no case in common'}"
    yield ""
    yield escape(word(gate))
    yield ""
    if gate["verdicts"]:
        titles = ("model", "benchmark", "metric", "verdict", "baseline", "new", "new - baseline", "margin", "n")
        yield from table(titles, [_verdict(verdict) for verdict in gate["verdicts"]], 4)
        yield ""
    yield from _items([*banner(gate), *remarks(gate)])


def _verdict(verdict: Mapping[str, Any]) -> tuple[str, ...]:
    values = (printed(verdict, verdict[key]) or NOTHING for key in ("base_value", "value"))
    names = (
        verdict["model"],
        verdict["benchmark"],
        metric(verdict),
        f"{_SIGNS[verdict['decision']]} {verdict['decision']}",
    )
    return (*names, *values, difference(verdict), f"{verdict['points']:g}", str(verdict["n"]))


def _scores(scores: Sequence[Mapping[str, Any]]) -> list[str]:
    counted = _COUNTS | extra(scores, "tokenised apart")
    titles = ("model", "benchmark", "metric", "score", "cases", *counted.values())
    return table(titles, [row for score in scores for row in _rows(score, tuple(counted))], 3)


def _rows(score: Mapping[str, Any], counted: Sequence[str]) -> Iterator[tuple[str, ...]]:
    counts = score["counts"]
    n = (
        f"{counts['measured']}"
        if counts["measured"] == counts["planned"]
        else f"{counts['measured']}/{counts['planned']}"
    )
    names = (score["model"], score["benchmark"], score["metric"])
    yield (*names, shown(score, score["estimate"]), n, *(str(counts.get(key, 0)) for key in counted))
    if score["macro"] is not None:
        yield ("", "", f"macro {score['metric']}", shown(score, score["macro"]), "", *("",) * len(counted))
    for part in score["without"]:
        estimate = part["estimate"]
        name = f"without {part['name']} {part['version']}"
        yield ("", "", name, shown(score, estimate), str(estimate["n"]), *("",) * len(counted))


def _compared(part: Mapping[str, Any]) -> Iterator[str]:
    """A row a pair of models and benchmark: the second less the first, where what else differs is said first."""
    yield "### Differences"
    yield ""
    if part["differences"]:
        names = ", ".join(dict.fromkeys(entry["kind"] for entry in part["differences"]))
        yield f"**NOT ONLY THE MODEL DIFFERS**: {escape(names)}"
        yield ""
    level = f"{100 * part['level']:g} %"
    titles = ("first", "second", "benchmark", "metric", f"second - first, {level}", "p", "p corrected", "cases")
    yield from table(titles, [_result(result) for result in part["results"] if result["is_shown"]], 4)


def _result(result: Mapping[str, Any]) -> tuple[str, ...]:
    reducer = result["reducer"]
    difference = f"{signed(reducer, result['difference'])} {bounds(reducer, result['low'], result['high'])}"
    chances = (probability(result[key]) for key in ("p", "p_corrected"))
    return (
        result["first"],
        result["second"],
        result["benchmark"],
        metric(result),
        difference,
        *chances,
        str(result["n"]),
    )


def _notes(summary: Mapping[str, Any]) -> Iterator[str]:
    if summary["sample"]:
        yield f"SAMPLE ROWS, no real benchmark: {', '.join(summary['sample'])}"
    yield from summary["notes"]


def _items(texts: Iterator[str] | Sequence[str]) -> Iterator[str]:
    yield from (f"- {escape(text)}" for text in texts)
