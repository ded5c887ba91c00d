"""The live line: one line below pytest's own, drawn anew as the run goes on, on a terminal alone."""

import os
import sys
import threading
from collections.abc import Generator
from collections.abc import Iterator
from contextlib import contextmanager
from contextlib import suppress
from typing import Any

import pytest

_ERASE = "\r\x1b[2K"


class LiveLine:
    """Draws a line under the one that pytest writes on, and takes it away while pytest writes.

    It only moves the cursor by lines and columns, so that it stays right where the terminal scrolls. It has a copy of
    the terminal's file of its own, since pytest captures the one of the process.
    """

    def __init__(self, config: pytest.Config, capture: Any) -> None:
        self._writer = config.get_terminal_writer()
        self._lock = threading.RLock()
        self._drawn = False
        with capture.global_and_fixture_disabled():
            self._file: int | None = os.dup(sys.stdout.fileno())

    @pytest.hookimpl(wrapper=True, tryfirst=True)
    def pytest_runtest_logstart(self) -> Generator[None]:
        """Make room for the name of a test."""
        with self.away():
            yield

    @pytest.hookimpl(wrapper=True, tryfirst=True)
    def pytest_runtest_logreport(self) -> Generator[None]:
        """Make room for the letter of a test."""
        with self.away():
            yield

    @pytest.hookimpl(wrapper=True, tryfirst=True)
    def pytest_runtest_logfinish(self) -> Generator[None]:
        """Make room for the percentage of a line."""
        with self.away():
            yield

    @pytest.hookimpl(wrapper=True, tryfirst=True)
    def pytest_internalerror(self) -> Generator[None, object, object]:
        """Make room for a traceback."""
        with self.away():
            return (yield)

    @pytest.hookimpl(wrapper=True, tryfirst=True, optionalhook=True)
    def pytest_testnodedown(self) -> Generator[None, object, object]:
        """Make room for what pytest-xdist says of a worker that ended."""
        with self.away():
            return (yield)

    def draw(self, line: str) -> None:
        """Show a line, cut to the terminal's width; nothing happens once it is closed."""
        from rich.text import Text

        with self._lock:
            text = Text(line)
            text.truncate(max(self._writer.fullwidth - 1, 1), overflow="ellipsis")
            self._below(text.plain)
            self._drawn = True

    @contextmanager
    def away(self) -> Iterator[None]:
        """Take the line away, and let nothing draw it, while somebody else writes."""
        with self._lock:
            if self._drawn:
                self._below("")
                self._drawn = False
            yield

    def close(self) -> None:
        """Take the line away for good; calling it again is harmless."""
        with self.away():
            if self._file is not None:
                os.close(self._file)
                self._file = None

    def _below(self, text: str) -> None:
        """Write on the next line, and come back to where pytest stands."""
        if self._file is None:
            return
        self._writer.flush()
        column = self._writer.width_of_current_line
        right = f"\x1b[{column}C" if column else ""
        # a terminal that is gone ends the drawing, not the run
        with suppress(OSError):
            os.write(self._file, f"\n{_ERASE}{text}\x1b[1A\r{right}".encode())


def live_line(config: pytest.Config) -> LiveLine | None:
    """A live line where pytest writes to a terminal that understands one and captures what tests print; else None."""
    reporter = config.pluginmanager.get_plugin("terminalreporter")
    capture = config.pluginmanager.get_plugin("capturemanager")
    if not getattr(reporter, "isatty", False) or os.environ.get("TERM", "dumb") == "dumb":
        return None
    if capture is None or not capture.is_globally_capturing():
        return None
    return LiveLine(config, capture)
