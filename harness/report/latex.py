"""A run's scores as a LaTeX table for a paper: a row a benchmark and metric, a column a model.

It needs the package booktabs. Names are text, never commands: LaTeX's ten special characters are escaped (Lamport 1994,
LaTeX: A Document Preparation System, section 2.1).
"""

import re
from collections.abc import Iterator
from collections.abc import Mapping
from collections.abc import Sequence
from typing import Any

from harness.printing.numbers import interval
from harness.printing.numbers import printed
from harness.printing.visible import line
from harness.report.headline import means_of
from harness.report.summary import warning

_SPECIAL = str.maketrans(
    {character: f"\\{character}" for character in "&%$#_{}"}
    | {"~": r"\textasciitilde{}", "^": r"\textasciicircum{}", "\\": r"\textbackslash{}"}
    # ligatures and brackets that LaTeX would read otherwise
    | {"<": r"\textless{}", ">": r"\textgreater{}", "|": r"\textbar{}", '"': r"\textquotedbl{}"}
    | {"`": r"\textasciigrave{}", "'": r"\textquotesingle{}"}
)
_DASH = re.compile("-(?=-)")
"""A hyphen that LaTeX would join with the next one to a dash, as in `--limit`."""
_NONE = "--"


def latex(summary: Mapping[str, Any]) -> str:
    """A `table` with each score's 95 % interval and number of cases; what a reader must know stands in its caption."""
    models = list(dict.fromkeys(score["model"] for score in summary["scores"]))
    sentence = warning(summary)
    lines = [
        *([f"% {escape(sentence)}"] if sentence else []),
        r"\begin{table}",
        r"\centering",
        rf"\begin{{tabular}}{{ll{'r' * (2 * len(models))}}}",
        r"\toprule",
        f"benchmark & metric{''.join(f' & {escape(model)} & $n$' for model in models)} \\\\",
        *_body(summary["scores"], models),
        r"\bottomrule",
        r"\end{tabular}",
        rf"\caption{{{' '.join(_caption(summary))}}}",
        r"\end{table}",
    ]
    return "\n".join(lines) + "\n"


def escape(text: str) -> str:
    """A stranger's text on one line, without any command."""
    return _DASH.sub("-{}", line(text).translate(_SPECIAL))


def _body(scores: Sequence[Mapping[str, Any]], models: Sequence[str]) -> Iterator[str]:
    """The rows, a rule and the area's name before those of each area."""
    areas: dict[str, dict[tuple[str, str], dict[str, Mapping[str, Any]]]] = {}
    for score in scores:
        rows = areas.setdefault(score["area"] or "other", {})
        rows.setdefault((score["benchmark"], score["metric"]), {})[score["model"]] = score
    for area, rows in areas.items():
        yield r"\midrule"
        yield rf"\multicolumn{{{2 + 2 * len(models)}}}{{l}}{{\emph{{{escape(area)}}}}} \\"
        for (benchmark, metric), by_model in rows.items():
            cells = [_cell(by_model.get(model), "estimate") for model in models]
            yield f"{escape(benchmark)} & {escape(metric)} & {' & '.join(cells)} \\\\"
            if any(score["macro"] is not None for score in by_model.values()):
                cells = [_cell(by_model.get(model), "macro") for model in models]
                yield f" & macro {escape(metric)} & {' & '.join(cells)} \\\\"


def _cell(score: Mapping[str, Any] | None, average: str) -> str:
    r"""Value, interval and number of cases: `43.8 {\scriptsize [28.1, 60.7]} & 30`."""
    estimate = None if score is None else score[average]
    if score is None or estimate is None or (value := printed(score, estimate["value"])) is None:
        return f"{_NONE} & {_NONE}"
    bounds = interval(score, estimate)
    shown = f"{value} {{\\scriptsize {bounds}}}" if bounds else value
    planned = score["counts"]["planned"]
    n = estimate["n"] if estimate["n"] == planned else f"{estimate['n']}/{planned}"
    return f"{_math(shown)} & {n}"


def _math(text: str) -> str:
    """A minus that is one."""
    return text.replace("-", "$-$")


def _caption(summary: Mapping[str, Any]) -> Iterator[str]:
    sentence = warning(summary)
    if sentence:
        yield rf"\textbf{{{escape(sentence)}.}}"
    levels = sorted({score["estimate"]["level"] for score in summary["scores"]})
    yield rf"Scores with {'/'.join(f'{100 * level:g}' for level in levels)}\,\% intervals over $n$ cases."
    if summary["sample"]:
        yield f"Sample rows, no real benchmark: {escape(', '.join(summary['sample']))}."
    yield from (f"{escape(text)}." for text in means_of(summary["headlines"]))
    yield from (escape(note if note.endswith(".") else f"{note}.") for note in summary["notes"])
