"""Reports: what an item became is put on its TestReport; as text in an xdist worker, since that crosses as it is."""

import json
from collections.abc import Generator

import pytest

from harness.encoding import encode
from harness.evaluation.records import record_of
from harness.evaluation.responses import Outcome
from harness.plugin.process import PLANNED
from harness.plugin.process import TESTED
from harness.plugin.process import Process
from harness.plugin.process import Tested
from harness.plugin.sequence import await_admission

ATTRIBUTE = "crosstask_record"


class Reports:
    """Makes a record of each case, in the process that tested it."""

    def __init__(self, process: Process) -> None:
        self._process = process

    @pytest.hookimpl(tryfirst=True)
    def pytest_runtest_setup(self, item: pytest.Item) -> None:
        """Turn to the item, and forget what an earlier run of the same learned; under `--sequential` when it may be."""
        tested = Tested(item.stash.get(PLANNED, None), Outcome())
        item.config.stash[TESTED] = tested
        await_admission(self._process, tested, item)

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_makereport(
        self, item: pytest.Item, call: pytest.CallInfo[None]
    ) -> Generator[None, pytest.TestReport, pytest.TestReport]:
        """Attach the record to the report of the call, or of the setup that failed."""
        report = yield
        tested = item.config.stash.get(TESTED, None)
        if tested is None or tested.case is None or not tested.outcome.is_needed:
            return report
        if report.when == "call" or (report.when == "setup" and not report.passed):
            error = call.excinfo.value if call.excinfo else None
            made = record_of(item.nodeid, tested.case, tested.outcome, call.duration, error)
            setattr(report, ATTRIBUTE, json.dumps(encode(made)) if self._process.is_worker else made)
        return report

    def pytest_sessionfinish(self) -> None:
        """Close what this process pulled answers from."""
        self._process.close()
