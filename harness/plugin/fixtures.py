"""What a page's test asks for: its case, the model's response, and where to put the scores."""

from collections.abc import Callable

import pytest

from harness.core import Case
from harness.core import Request
from harness.core import Response
from harness.core import Score
from harness.evaluation.responses import NotMeasuredError
from harness.evaluation.responses import keep
from harness.models import Card
from harness.plugin.process import Process


class Fixtures:
    """The fixtures of a page's test.

    They read the running item from the process and not from `request`, which pytest would make anew, signature and
    all, for each fixture that names it: a fifth of what a case costs.
    """

    def __init__(self, process: Process) -> None:
        self._process = process

    @pytest.fixture
    def case(self) -> Case:
        """The case this item stands for."""
        return self._process.tested.planned("case").case

    @pytest.fixture
    def model(self) -> Card:
        """The card of the model this item asks."""
        return self._process.subjects.cards[self._process.tested.planned("model").model]

    @pytest.fixture
    def ask(self) -> Callable[[Request], Response]:
        """A function that asks the model one more request and waits for its response."""
        process, tested = self._process, self._process.tested
        planned = tested.planned("ask")

        def ask_model(wanted: Request) -> Response:
            return _or_fail(lambda: process.responses.ask(planned, tested.outcome, wanted))

        return ask_model

    @pytest.fixture
    def response(self) -> Response:
        """The model's response to the case's last turn; a refusal fails the test, and is no wrong answer.

        Of a case with a trial it is Judged: the programs in it were run.
        """
        process, tested = self._process, self._process.tested
        planned = tested.planned("response")
        return _or_fail(lambda: process.responses.response(planned, tested.outcome))

    @pytest.fixture
    def record(self) -> Callable[[tuple[Score, ...]], None]:
        """A function that keeps the scores of this case; with `--fail-wrong` a wrong first score fails the test."""
        tested, strict = self._process.tested, self._process.options.fail_wrong
        planned = tested.planned("record")

        def keep_scores(scores: tuple[Score, ...]) -> None:
            failure = keep(planned, tested.outcome, scores, fail_wrong=strict)
            if failure is not None:
                pytest.fail(failure, pytrace=False)

        return keep_scores


NAMES = ("case", "model", "ask", "response", "record")
"""The fixtures of a page's test."""


def shadowing(metafunc: pytest.Metafunc) -> str | None:
    """Where a fixture of the user's own stands in the place of one of ours, in one sentence; None where none does.

    A fixture that asks for the one it is called like wraps ours, and is welcome.
    """
    fixtures = metafunc._arg2fixturedefs  # noqa: SLF001 - pytest tells nobody else which fixture a name means
    for name in NAMES:
        (*_, nearest) = fixtures.get(name) or (None,)
        if nearest is None or name in nearest.argnames or nearest.func.__module__ == __name__:
            continue
        code = nearest.func.__code__
        return (
            f"fixture {name}: found one of {code.co_filename}, line {code.co_firstlineno}; expected ours, rename that"
        )
    return None


def _or_fail(wait: Callable[[], Response]) -> Response:
    """What is waited for; fails the test, without a traceback, where the case cannot be measured."""
    try:
        return wait()
    except NotMeasuredError as error:
        failure = pytest.fail.Exception(f"{error.status.replace('_', ' ')}: {error}", pytrace=False)
    raise failure
