"""The live line on a pseudo-terminal, whose screen pyte keeps: it is below pytest's own line, and leaves no trace."""

import os
import pty
import re
import select
import subprocess
import time

import pyte
import pytest

COLUMNS, ROWS = 70, 12
ANSWERS = [{"match": "alpha", "text": " 1"}, {"match": "beta", "text": " 2"}]
HELD = 5


class Terminal:
    """A session of pytest on a terminal of its own."""

    def __init__(self, project, *arguments: str, **variables: str) -> None:
        self.screen = pyte.HistoryScreen(COLUMNS, ROWS, history=1000, ratio=1)
        self._stream = pyte.ByteStream(self.screen)
        self._main, side = pty.openpty()
        environment = {**os.environ, "COLUMNS": str(COLUMNS), "LINES": str(ROWS), "TERM": "xterm", **variables}
        command = project.command(*arguments)
        self.process = subprocess.Popen(command, cwd=project.path, env=environment, stdout=side, stderr=side)
        os.close(side)

    @property
    def lines(self) -> list[str]:
        """All that was on the screen, what was scrolled away first."""
        gone = ["".join(row[at].data for at in range(COLUMNS)) for row in self.screen.history.top]
        return [line.rstrip() for line in (*gone, *self.screen.display)]

    def read(self, seconds: float = 60.0) -> bool:
        """Take what is there; False at the end."""
        ready, _, _ = select.select([self._main], [], [], seconds)
        try:
            self._stream.feed(os.read(self._main, 65536) if ready else b"")
        except OSError:  # the other end is closed
            return False
        return True

    def until(self, pattern: str) -> str:
        """The line that matches a pattern, as soon as it is on the screen."""
        end = time.monotonic() + 60
        while not (shown := [line for line in self.lines if re.search(pattern, line)]):
            assert self.read(1.0), "\n".join(self.lines)
            assert time.monotonic() < end, "\n".join(self.lines)
        return shown[-1]

    def rest(self) -> list[str]:
        """All lines, at the session's end."""
        while self.read():
            pass
        os.close(self._main)
        self.process.wait()
        return self.lines


@pytest.fixture
def opened():
    """Make terminals; what runs on one when a test fails is ended."""
    made = []

    def make(*arguments, **variables):
        made.append(Terminal(*arguments, **variables))
        return made[-1]

    yield make
    for terminal in made:
        terminal.process.kill()
        terminal.process.wait()


@pytest.fixture
def held(sums):
    """Twelve cases, of which five are answered before `go` is there."""
    sums.script(hold={"after": HELD, "until": str(sums.path / "go")}, answers=ANSWERS)
    return sums


@pytest.mark.parametrize("workers", [(), ("-n", "2")], ids=["alone", "workers"])
def test_it_says_how_far_the_run_is_and_leaves_no_trace(opened, held, workers):
    terminal = opened(held, *workers)
    line = terminal.until(r"^5/12 cases, (alpha|beta); writing 5/12, [\d,]+ tokens/s, \d:\d\d:\d\d left")
    assert len(line) < COLUMNS
    (held.path / "go").touch()
    lines = terminal.rest()
    assert terminal.process.returncode == 0
    assert not [line for line in lines if "cases, " in line]
    letters = [line for line in lines if re.search(r"\.{3,} *\[ *\d+%\]$", line)]
    assert sum(re.sub(r"\S+\.py", "", line).count(".") for line in letters) == 12, lines


def test_a_verbose_session_keeps_a_line_a_test(opened, held):
    terminal = opened(held, "-v")
    terminal.until(r"^5/12 cases")
    (held.path / "go").touch()
    lines = terminal.rest()
    assert len([line for line in lines if re.search(r"PASSED +\[ *\d+%\]$", line)]) == 12, lines
    assert not [line for line in lines if "5/12 cases" in line]


@pytest.mark.parametrize(("arguments", "variables"), [(("-s",), {}), ((), {"TERM": "dumb"})], ids=["-s", "dumb"])
def test_no_line_is_drawn_where_a_test_may_print_or_the_terminal_is_dumb(opened, sums, arguments, variables):
    sums.script(delay=0.15, answers=ANSWERS)
    terminal = opened(sums, *arguments, **variables)
    lines = terminal.rest()
    assert terminal.process.returncode == 0
    assert not [line for line in lines if "cases" in line and "writing" in line]
