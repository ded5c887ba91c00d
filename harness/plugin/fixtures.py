"""What a page's test asks for: its case, the model's response, and where to put the scores."""

import math
from collections.abc import Callable

import pytest

from harness.core import Case
from harness.core import Refusal
from harness.core import Request
from harness.core import Response
from harness.core import Score
from harness.core import Status
from harness.core import fingerprint
from harness.errors import CrosstaskError
from harness.models import Card
from harness.plan import Cell
from harness.plugin.state import Outcome
from harness.plugin.state import State


class Fixtures:
    """The fixtures of a page's test.

    They read the running item from the state and not from `request`, which pytest would make anew, signature and
    all, for each fixture that names it: a fifth of what a case costs.
    """

    def __init__(self, state: State) -> None:
        self._state = state

    @pytest.fixture
    def case(self) -> Case:
        """The case this item stands for."""
        return self._state.cell("case").case

    @pytest.fixture
    def model(self) -> Card:
        """The card of the model this item asks."""
        return self._state.cards[self._state.cell("model").model]

    @pytest.fixture
    def ask(self) -> Callable[[Request], Response]:
        """A function that asks the model one more request and waits for its response."""
        state, cell, outcome = self._state, self._state.cell("ask"), self._state.outcome

        def ask_model(wanted: Request) -> Response:
            return _ask(state, cell, outcome, wanted)

        return ask_model

    @pytest.fixture
    def response(self) -> Response:
        """The model's response to the case's last turn; a refusal fails the test, and is no wrong answer."""
        state, cell, outcome = self._state, self._state.cell("response"), self._state.outcome
        if cell.failure is not None:
            raise _failed(outcome, "not_run", cell.failure)
        if state.options.engine == "replay":
            return _replayed(state, cell, outcome)
        for prompt in cell.prompts:
            _wait(state, cell, outcome, prompt)
        while (later := _follow_up(cell, outcome)) is not None:
            _ask(state, cell, outcome, later)
        return outcome.responses[-1]

    @pytest.fixture
    def record(self) -> Callable[[tuple[Score, ...]], None]:
        """A function that keeps the scores of this case; with `--fail-wrong` a wrong first score fails the test."""
        cell, outcome, strict = self._state.cell("record"), self._state.outcome, self._state.options.fail_wrong

        def keep(scores: tuple[Score, ...]) -> None:
            for score in scores:
                if not all(map(math.isfinite, score.stats)):
                    pytest.fail(
                        f"{score.metric}: found statistics {score.stats}; expected finite numbers", pytrace=False
                    )
            outcome.scores = scores
            if strict and scores and scores[0].verdict in ("wrong", "invalid"):
                found = "nothing" if scores[0].extracted is None else repr(scores[0].extracted)
                pytest.fail(
                    f"{scores[0].metric}: {scores[0].verdict}, found {found}; expected {cell.case.target!r}",
                    pytrace=False,
                )

        return keep


def _follow_up(cell: Cell, outcome: Outcome) -> Request | None:
    follow_up = cell.benchmark.follow_up
    return None if follow_up is None else follow_up(cell.case, tuple(outcome.responses))


def _ask(state: State, cell: Cell, outcome: Outcome, wanted: Request) -> Response:
    """Ask what no plan foresaw, and wait for the answer."""
    if state.options.engine == "replay":
        reason = "--engine replay: a request no answers file can hold; use an engine that runs the model"
        raise _failed(outcome, "not_run", reason)
    prompt = fingerprint(wanted)
    state.reader.want(cell.model, prompt, wanted)
    return _wait(state, cell, outcome, prompt)


def _wait(state: State, cell: Cell, outcome: Outcome, prompt: str) -> Response:
    """Wait for the answer to a wanted request of a case, and keep both."""
    try:
        response = state.reader.wait(cell.model, prompt, state.tick)
    except CrosstaskError as error:
        reason = str(error)
        if len(state.cards) == 1:
            state.stop(reason)
        failed = _failed(outcome, "not_run", reason)
    else:
        outcome.prompts.append(prompt)
        outcome.responses.append(response)
        if not isinstance(response, Refusal):
            return response
        failed = _failed(outcome, "refused", response.reason)
    raise failed


def _replayed(state: State, cell: Cell, outcome: Outcome) -> Response:
    response = state.replayed.get((cell.benchmark.name, cell.model, cell.case.id))
    if response is None:
        raise _failed(
            outcome,
            "not_run",
            f"{state.options.answers}: no answer of {cell.model} to {cell.benchmark.name} {cell.case.id}",
        )
    outcome.responses.append(response)
    outcome.prompts.extend(cell.prompts)
    return response


def _failed(outcome: Outcome, status: Status, reason: str) -> BaseException:
    """Note why there is no score; the exception that fails the test without a traceback."""
    outcome.status = status
    outcome.reason = reason
    return pytest.fail.Exception(f"{status.replace('_', ' ')}: {reason}", pytrace=False)
