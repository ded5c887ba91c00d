"""Test-case average: the share of its tests that a program passes.

Hendrycks et al. 2021, "Measuring Coding Challenge Competence With APPS", arXiv:2105.09938, section 4.
"""

from dataclasses import dataclass

from harness.core import Case
from harness.core import Execution
from harness.core import Response
from harness.core import Score
from harness.metrics.judged import score
from harness.metrics.judged import verdicts
from harness.statistics.reducers import SHARE


@dataclass(frozen=True, slots=True)
class TestCaseAverage:
    """Mean over cases of the share of tests passed, over their samples where there are several. In 0..1.

    A test that was not reached is not passed, and an answer without a program passes none. One that passes some of
    its tests is neither right nor wrong.
    """

    __test__ = False  # pytest would take the class for a test, by its name

    name: str = "test_case_average"
    reducer: str = SHARE
    signature: str = "test_case_average|over:samples"
    higher_is_better: bool = True

    def observe(self, case: Case, response: Response) -> Score:
        """Statistics (mean share, 1)."""
        executions = verdicts(self.name, response)
        tests = 0 if case.trial is None else len(case.trial.tests)
        return score(self.name, executions, [_share(execution, tests) for execution in executions])


def _share(execution: Execution | None, tests: int) -> float:
    if execution is None:
        return 0.0
    if execution.verdict == "passed":
        return 1.0
    return sum(execution.passed) / max(tests, len(execution.passed), 1)
