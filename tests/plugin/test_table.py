"""The table at a session's end: -q and -v, colour on a terminal alone, the report's path, the exit's reason."""

import os
import pty
import re
import subprocess

import pytest

from harness.plugin.outputs import reason


@pytest.fixture
def on_terminal(sums):
    """Run pytest on a terminal of 60 columns and return what it printed."""

    def run(*arguments, **variables):
        command = sums.command(*arguments)
        main, side = pty.openpty()
        environment = {key: value for key, value in os.environ.items() if key not in {"NO_COLOR", "CI"}}
        environment |= {"COLUMNS": "60", "TERM": "xterm", **variables}
        with subprocess.Popen(command, cwd=sums.path, env=environment, stdout=side, stderr=side) as child:
            os.close(side)
            said = b""
            while True:
                try:
                    part = os.read(main, 65536)
                except OSError:  # the other end is closed
                    break
                said += part
            child.wait()
        os.close(main)
        return said.decode()

    return run


def test_it_is_a_line_a_benchmark_then_the_report_and_the_reason(sums):
    lines = sums.run().splitlines()
    place = next(number for number, line in enumerate(lines) if " scores " in line)
    ends = lines.index("exit 0: every selected case was measured")
    assert ends == len(lines) - 2
    assert re.search(r"report: \S+report\.html$", lines[ends - 1])
    assert [line.split()[0] for line in lines[place + 4 : place + 7]] == ["sums", "alpha", "words"]
    assert not any("\x1b[" in line for line in lines)


def test_a_terminal_has_colour_and_its_own_width(on_terminal):
    coloured = on_terminal("-v")
    assert re.search(r"\x1b\[1msums .*\x1b\[0m", coloured)
    table = coloured.partition(" scores ")[2].partition("requests asked")[0]
    assert max(len(re.sub(r"\x1b\[\d*m", "", line)) for line in table.splitlines()) <= 60


def test_no_color_is_honoured_and_q_shows_areas_alone(on_terminal):
    shown = on_terminal("-q", NO_COLOR="1")
    # the live line moves the cursor, and has no colour
    assert not re.search(r"\x1b\[[\d;]*m", shown)
    assert re.search(r"^sums ", shown, re.MULTILINE)
    assert not re.search(r"^  alpha ", shown, re.MULTILINE)


@pytest.mark.parametrize(
    ("status", "changes", "sentence"),
    [
        (0, {}, "exit 0: every selected case was measured"),
        (0, {"gate": {"decision": "pass"}}, "exit 0: every selected case was measured, and the gate has passed"),
        (1, {"refused": 2, "errors": 1}, "exit 1: 2 cases refused by the engine; 1 case with an error"),
        (1, {}, "exit 1: a test failed"),
        (2, {}, "exit 2: interrupted"),
        (10, {"gate": {"decision": "regressed"}}, "exit 10: the gate: regressed"),
        (11, {"gate": {"decision": "inconclusive"}}, "exit 11: the gate: inconclusive"),
        (12, {"not_run": 1}, "exit 12: INCOMPLETE 5/6: 1 planned case without a result"),
        (6, {}, "exit 6: of pytest"),
    ],
)
def test_the_exit_status_has_a_reason(status, changes, sentence):
    counts = {name: changes.get(name, 0) for name in ("refused", "errors", "not_run")}
    names = {"model": "toy", "benchmark": "tins"}
    summary = {
        "scores": [{**names, "metric": metric, "counts": counts} for metric in ("acc", "f1")],
        "gate": changes.get("gate"),
        "complete": status != 12,
        "planned": 6,
        "measured": 6 - sum(counts.values()),
        "refused": counts["refused"],
    }
    assert reason(status, summary) == sentence
