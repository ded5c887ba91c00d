"""Calibration of multiple choice: how often the likeliest choice is right, against how likely the model finds it.

Read from the log-likelihoods a run stored, by log P as it stands, whatever metric the benchmark is scored by, before
temperature scaling and after. The arithmetic and its sources are in `harness.statistics.calibration` and `temperature`.
"""

from collections.abc import Mapping
from collections.abc import Sequence
from dataclasses import asdict
from dataclasses import dataclass
from typing import Any

import numpy as np

from harness.core import Record
from harness.printing.numbers import NOTHING
from harness.report.labelled import Labelled
from harness.report.labelled import read
from harness.report.labelled import yes_of
from harness.results.groups import Group
from harness.results.population import CASES
from harness.statistics.calibration import BINS
from harness.statistics.calibration import Calibration
from harness.statistics.calibration import calibration
from harness.statistics.reducers import Array
from harness.statistics.resampling import Index
from harness.statistics.temperature import FOLDS
from harness.statistics.temperature import Temperature
from harness.statistics.temperature import cross_fit

MEASURES = {
    "accuracy": "likeliest is right",
    "confidence": "mean confidence",
    "ece": "ECE",
    "ece_width": "ECE, equal width",
    "brier": "Brier score",
    "nll": "NLL",
    "auroc": "AUROC",
    "selective_50": "right, surest 50 %",
    "selective_80": "right, surest 80 %",
    "selective_90": "right, surest 90 %",
}
"""What the columns are called; all in percent but for the Brier score and the NLL."""
_HIGHER = frozenset({"accuracy", "auroc", "selective_50", "selective_80", "selective_90"})
_PLAIN = frozenset({"brier", "nll"})
_WHAT = {
    "accuracy": "acc|choice:argmax",
    "confidence": "mean|of:largest share",
    "ece": f"ece|bins:{BINS} of equal mass, edges held fixed",
    "ece_width": f"ece|bins:{BINS} of equal width",
    "brier": "brier|sum over choices",
    "nll": "nll|of:right choice|nats",
    "auroc": "auroc|of:largest share|against:right",
    "selective_50": "acc|surest:50%|by:largest share",
    "selective_80": "acc|surest:80%|by:largest share",
    "selective_90": "acc|surest:90%|by:largest share",
}
_SHARES = "p:share of summed P, length not normalised"
_FITTED = f"temperature:cross-fitted by cluster, {FOLDS} folds, held fixed"


@dataclass(frozen=True, slots=True)
class Diagram:
    """One line of a reliability diagram: a model on a benchmark, before temperature scaling or after it.

    `error` is the expected calibration error over `bins`, which are of equal mass.
    """

    model: str
    benchmark: str
    scaled: bool
    error: float
    bins: tuple[Mapping[str, Any], ...]


def calibrations(groups: Sequence[Group], over: str = CASES) -> list[dict[str, Any]]:
    """What the summary says of each group whose measured cases have labelled questions, as `labelled` reads them.

    `over` is what intervals generalise over.
    """
    return [entry for group in groups if (entry := _of_group(group, over)) is not None]


def diagrams(parts: Sequence[Mapping[str, Any]]) -> list[Diagram]:
    """The lines of all reliability diagrams of a summary's `calibration`."""
    return [
        Diagram(group["model"], group["benchmark"], scaled, _error(part), tuple(part["equal_mass"]))
        for group in parts
        for scaled, part in ((False, group["raw"]), (True, group["scaled"]))
        if part is not None
    ]


def printed_measure(name: str, value: float | None) -> str:
    """A measure in digits: percent with one decimal, Brier score and NLL with three; a dash where there is none."""
    if value is None:
        return NOTHING
    return f"{value:.3f}" if name in _PLAIN else f"{100 * value:.1f}"


def _error(part: Mapping[str, Any]) -> float:
    """The expected calibration error, which every group has."""
    return float(next(measure["estimate"]["value"] for measure in part["measures"] if measure["name"] == "ece"))


def _of_group(group: Group, over: str) -> dict[str, Any] | None:
    yes = yes_of(group.metrics)
    known = [record for case in group.planned if (record := group.records.get(case)) is not None]
    readings = [(record, reading) for record in known if (reading := read(record, yes)).questions]
    if not readings:
        return None
    whole = over == group.facts.get("strata") and all(record.stratum is not None for record, _ in readings)
    labels = [_label(record, whole=whole) for record, reading in readings for _ in reading.questions]
    questions = [question for _, reading in readings for question in reading.questions]
    return {
        "model": group.model,
        "area": group.facts.get("area"),
        "benchmark": group.benchmark,
        "planned": len(group.planned),
        "cases": len(readings),
        "n": len(questions),
        "clusters": len(set(labels)),
        **_before_and_after(questions, labels, readings[0][1].rule),
    }


def _before_and_after(questions: Sequence[Labelled], labels: Sequence[str], rule: str) -> dict[str, Any]:
    log_p = _padded([question.log_p for question in questions])
    right: Index = np.array([question.right for question in questions], dtype=np.intp)
    shares = f"{_SHARES}|{rule}" if rule else _SHARES
    fitted = cross_fit(log_p, right, labels)
    raw = _part(calibration(log_p, right, labels), f"{shares}|temperature:1")
    if fitted is None:
        return {"temperature": None, "raw": raw, "scaled": None}
    scaled = _part(calibration(log_p, right, labels, fitted[0]), f"{shares}|{_FITTED}")
    return {"temperature": _temperature(fitted[1], shares), "raw": raw, "scaled": scaled}


def _temperature(temperature: Temperature, shares: str) -> dict[str, Any]:
    signature = f"temperature|loss:nll|all cases|{shares}|folds:those of {FOLDS} folds"
    return {**asdict(temperature), "folds": list(temperature.folds), "signature": signature}


def _part(part: Calibration, how: str) -> dict[str, Any]:
    return {
        "measures": [
            {
                "name": name,
                "signature": f"{_WHAT[name]}|{how}",
                "higher_is_better": None if name == "confidence" else name in _HIGHER,
                "estimate": asdict(estimate),
            }
            for name, estimate in part.measures.items()
        ],
        "equal_mass": [asdict(bucket) for bucket in part.equal_mass],
        "equal_width": [asdict(bucket) for bucket in part.equal_width],
    }


def _padded(choices: Sequence[tuple[float, ...]]) -> Array:
    """The log P's (n, k), -inf where a case has fewer choices than others."""
    sizes = np.array([len(values) for values in choices])
    padded = np.full((len(choices), sizes.max()), -np.inf)
    padded[np.arange(padded.shape[1]) < sizes[:, None]] = [value for values in choices for value in values]
    return padded


def _label(record: Record, *, whole: bool) -> str:
    """What a case is resampled with: its stratum where these are drawn whole, its cluster, else itself."""
    if whole:
        return f"stratum {record.stratum}"
    return f"case {record.case}" if record.cluster is None else f"cluster {record.cluster}"
