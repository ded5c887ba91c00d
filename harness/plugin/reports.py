"""Reports: what an item became is put on its TestReport; as text in an xdist worker, since that crosses as it is."""

import json
from collections.abc import Generator

import pytest

from harness.core import encode
from harness.evaluation.records import record_of
from harness.plugin.sequence import await_admission
from harness.plugin.state import PLANNED
from harness.plugin.state import State

ATTRIBUTE = "crosstask_record"


class Reports:
    """Makes a record of each case, in the process that tested it."""

    def __init__(self, state: State) -> None:
        self._state = state

    @pytest.hookimpl(tryfirst=True)
    def pytest_runtest_setup(self, item: pytest.Item) -> None:
        """Turn to the item, and forget what an earlier run of the same learned; under `--sequential` when it may be."""
        self._state.begin(item)
        await_admission(self._state, item)

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_makereport(
        self, item: pytest.Item, call: pytest.CallInfo[None]
    ) -> Generator[None, pytest.TestReport, pytest.TestReport]:
        """Attach the record to the report of the call, or of the setup that failed."""
        report = yield
        planned = item.stash.get(PLANNED, None)
        if planned is None or not self._state.outcome.is_needed:
            return report
        if report.when == "call" or (report.when == "setup" and not report.passed):
            error = call.excinfo.value if call.excinfo else None
            made = record_of(item.nodeid, planned, self._state.outcome, call.duration, error)
            setattr(report, ATTRIBUTE, json.dumps(encode(made)) if self._state.is_worker else made)
        return report

    def pytest_sessionfinish(self) -> None:
        """Close what this process pulled answers from."""
        self._state.close()
