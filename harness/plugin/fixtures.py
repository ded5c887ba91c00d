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
from harness.plugin.state import CELL
from harness.plugin.state import OUTCOME
from harness.plugin.state import STATE
from harness.plugin.state import Outcome
from harness.plugin.state import State


@pytest.fixture
def case(request: pytest.FixtureRequest) -> Case:
    """The case this item stands for."""
    return _cell(request).case


@pytest.fixture
def model(request: pytest.FixtureRequest) -> Card:
    """The card of the model this item asks."""
    return request.config.stash[STATE].cards[_cell(request).model]


@pytest.fixture
def ask(request: pytest.FixtureRequest) -> Callable[[Request], Response]:
    """A function that asks the model one more request and waits for its response."""
    state = request.config.stash[STATE]
    cell = _cell(request)
    outcome = _outcome(request)

    def ask_model(wanted: Request) -> Response:
        return _ask(state, cell, outcome, wanted)

    return ask_model


@pytest.fixture
def response(request: pytest.FixtureRequest) -> Response:
    """The model's response to the case's last turn; a refusal fails the test, and is no wrong answer."""
    state = request.config.stash[STATE]
    cell = _cell(request)
    outcome = _outcome(request)
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
def record(request: pytest.FixtureRequest) -> Callable[[tuple[Score, ...]], None]:
    """A function that keeps the scores of this case; with `--fail-wrong` a wrong first score fails the test."""
    outcome = _outcome(request)
    strict = request.config.stash[STATE].options.fail_wrong

    def keep(scores: tuple[Score, ...]) -> None:
        for score in scores:
            if not all(map(math.isfinite, score.stats)):
                pytest.fail(f"{score.metric}: found statistics {score.stats}; expected finite numbers", pytrace=False)
        outcome.scores = scores
        if strict and scores and scores[0].verdict in ("wrong", "invalid"):
            found = "nothing" if scores[0].extracted is None else repr(scores[0].extracted)
            pytest.fail(
                f"{scores[0].metric}: {scores[0].verdict}, found {found}; expected {_cell(request).case.target!r}",
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


def _cell(request: pytest.FixtureRequest) -> Cell:
    cell: Cell | None = request.node.stash.get(CELL, None)
    if cell is None:
        pytest.fail(
            f"{request.fixturename}: found a test that is no page's; expected @benchmark.cases above it", pytrace=False
        )
    return cell


def _outcome(request: pytest.FixtureRequest) -> Outcome:
    return request.node.stash.setdefault(OUTCOME, Outcome())  # type: ignore[no-any-return]  # request.node is untyped
