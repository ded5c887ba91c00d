"""What a session says beyond its folder: its exit status, verdicts in JUnit XML, Markdown for GitHub Actions."""

import os
from collections.abc import Iterator
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
from _pytest.junitxml import bin_xml_escape
from _pytest.junitxml import xml_key

from harness.gate.terminal import difference
from harness.gate.terminal import metric
from harness.gate.terminal import remarks
from harness.gate.terminal import word
from harness.report.markdown import markdown
from harness.report.summary import incomplete
from harness.results.groups import many

EXIT_REGRESSED = 10
EXIT_INCONCLUSIVE = 11
STEP_SUMMARY = "GITHUB_STEP_SUMMARY"
"""Names the file whose Markdown GitHub shows on a job's page (docs.github.com, "Adding a job summary")."""


def settle(gate: Mapping[str, Any], status: int | pytest.ExitCode) -> int | pytest.ExitCode:
    """The exit status of a complete run: pytest's own faults first, then the gate's word.

    A failed test comes before "inconclusive", which some let pass, and after "regressed", which nobody does.
    """
    if status not in (pytest.ExitCode.OK, pytest.ExitCode.TESTS_FAILED):
        return status
    if gate["decision"] is None:
        return pytest.ExitCode.USAGE_ERROR
    if gate["decision"] == "regressed":
        return EXIT_REGRESSED
    return EXIT_INCONCLUSIVE if gate["decision"] == "inconclusive" and status == pytest.ExitCode.OK else status


_FAILED = {"refused": "refused by the engine", "errors": "with an error", "not_run": "not run"}


def reason(status: int | pytest.ExitCode, summary: Mapping[str, Any]) -> str:
    """One sentence: the exit status of a session that has a summary, and why it is this one."""
    number = int(status)
    warning = incomplete(summary)
    gate = summary["gate"] and summary["gate"]["decision"]
    known = {
        0: "every selected case was measured" + (", and the gate has passed" if gate else ""),
        1: _failed(summary),
        2: "interrupted",
        3: "internal error of pytest",
        4: "usage",
        10: "the gate: regressed",
        11: "the gate: inconclusive",
        12: (warning or "INCOMPLETE: the run has no whole result").partition(";")[0],
    }
    return f"exit {number}: {known.get(number, 'of pytest')}"


def _failed(summary: Mapping[str, Any]) -> str:
    """What failed: cases without a score, counted once a benchmark, or tests that are none of ours."""
    cases = {(score["model"], score["benchmark"]): score["counts"] for score in summary["scores"]}
    counts = {text: sum(count[name] for count in cases.values()) for name, text in _FAILED.items()}
    said = [f"{many(count, 'case')} {text}" for text, count in counts.items() if count]
    return "; ".join(said) or "a test failed"


def write_step_summary(summary: Mapping[str, Any]) -> str | None:
    """Append the scores and verdicts to GitHub's file, where there is one; the sentence where that cannot be done."""
    named = os.environ.get(STEP_SUMMARY)
    if not named:
        return None
    try:
        with Path(named).open("a", encoding="utf-8") as file:
            file.write(markdown(summary))
    except OSError as error:
        return f"{STEP_SUMMARY} {named}: {error.strerror}; the summary is not written"
    return None


def add_to_junit(config: pytest.Config, gate: Mapping[str, Any]) -> None:
    """Add the gate to the JUnit XML, if one is written: properties of the suite, and a test case for each verdict.

    A regression is a failed test case, an inconclusive one is skipped. The numbers stand with the suite, since a test
    case has no properties in the schema that Jenkins reads (junit-10.xsd of its xUnit plugin).
    """
    xml = config.stash.get(xml_key, None)
    if xml is None:
        return
    xml.add_global_property("crosstask.gate", gate["decision"] or "none")
    for verdict in gate["verdicts"]:
        for key in ("decision", "difference", "low", "high", "margin", "n"):
            # pytest escapes a property's value alone
            xml.add_global_property(bin_xml_escape(f"crosstask.{_name(verdict)}::{key}"), str(verdict[key]))
        for report in _reports(gate, verdict):
            xml.pytest_runtest_logreport(report)


def _reports(gate: Mapping[str, Any], verdict: Mapping[str, Any]) -> Iterator[pytest.TestReport]:
    """The reports of a test that would be the verdict: its call, and the end that closes it."""
    name = _name(verdict)
    outcome = {"pass": "passed", "regressed": "failed"}.get(verdict["decision"], "skipped")
    said = f"{verdict['decision']}: {metric(verdict)} {difference(verdict)}, margin {verdict['points']:g}"
    more = [*remarks({**gate, "verdicts": [verdict], "sequential": None})]
    text = "\n".join([said, *more, word(gate)])
    place = ("gate", 0, name)
    longrepr = {"passed": None, "failed": text, "skipped": ("gate", 0, text)}[outcome]
    yield pytest.TestReport(name, place, {}, outcome, longrepr, "call")  # type: ignore[arg-type]
    yield pytest.TestReport(name, place, {}, "passed", None, "teardown")


def _name(verdict: Mapping[str, Any]) -> str:
    return f"gate::{verdict['model']}::{verdict['benchmark']}"
