"""What a page's test asks for: its case, the model's response, and where to put the scores."""

import math
from collections.abc import Callable

import pytest

from harness.core import Case
from harness.core import Generate
from harness.core import Refusal
from harness.core import Request
from harness.core import Response
from harness.core import Score
from harness.core import fingerprint
from harness.errors import CrosstaskError
from harness.models import Card
from harness.plugin.state import Outcome
from harness.plugin.state import State
from harness.plugin.state import failed
from harness.plugin.verdicts import await_verdicts
from harness.plugin.verdicts import check_judge
from harness.session.plan import Cell
from harness.session.waiting import NotServedError


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
        """The model's response to the case's last turn; a refusal fails the test, and is no wrong answer.

        Of a case with a trial it is Judged: the programs in it were run.
        """
        state, cell, outcome = self._state, self._state.cell("response"), self._state.outcome
        if cell.failure is not None:
            raise failed(outcome, "not_run", cell.failure)
        if cell.case.trial is not None:
            check_judge(state, outcome)
        if state.recorded is not None:
            return _judged(state, cell, outcome, _replayed(state, cell, outcome))
        for prompt in cell.prompts:
            _wait(state, cell, outcome, prompt)
        while (later := _follow_up(state, cell, outcome)) is not None:
            _ask(state, cell, outcome, later)
        return _judged(state, cell, outcome, outcome.responses[-1])

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
                pytest.fail(_wrong(cell, scores[0]), pytrace=False)

        return keep


def _wrong(cell: Cell, score: Score) -> str:
    if cell.case.trial is not None:
        return f"{score.metric}: {score.verdict}, found {score.cause}; expected passed"
    found = "nothing" if score.extracted is None else repr(score.extracted)
    return f"{score.metric}: {score.verdict}, found {found}; expected {cell.case.target!r}"


def _follow_up(state: State, cell: Cell, outcome: Outcome) -> Request | None:
    """The next turn, sampled as the first was."""
    follow_up = cell.benchmark.follow_up
    found = None if follow_up is None else follow_up(cell.case, tuple(outcome.responses))
    if not isinstance(found, Generate) or state.options.sampling.is_plain:
        return found
    first = next((request for request in cell.case.requests if isinstance(request, Generate)), found)
    temperature = first.temperature if state.options.sampling.temperatures else None
    return state.options.sampling.ask(found, temperature, tried=cell.case.trial is not None)


def _ask(state: State, cell: Cell, outcome: Outcome, wanted: Request) -> Response:
    """Ask what no plan foresaw, and wait for the answer."""
    if state.recorded is not None:
        reason = (
            f"--engine {state.options.engine}: a request no answers file can hold; use an engine that runs the model"
        )
        raise failed(outcome, "not_run", reason)
    prompt = fingerprint(wanted)
    state.reader.want(cell.model, prompt, wanted)
    return _wait(state, cell, outcome, prompt)


def _wait(state: State, cell: Cell, outcome: Outcome, prompt: str) -> Response:
    """Wait for the answer to a wanted request of a case, and keep both."""
    try:
        response = state.reader.wait(cell.model, prompt, state.tick)
    except NotServedError as error:
        failure = failed(outcome, "not_run", str(error))
    except CrosstaskError as error:
        reason = str(error)
        if len(state.cards) == 1:
            state.stop(reason)
        failure = failed(outcome, "not_run", reason)
    else:
        outcome.prompts.append(prompt)
        outcome.responses.append(response)
        if not isinstance(response, Refusal):
            return response
        failure = failed(outcome, "refused", response.reason)
    raise failure


def _replayed(state: State, cell: Cell, outcome: Outcome) -> Response:
    response = state.replayed.get((cell.benchmark.name, cell.model, cell.case.id))
    if response is None:
        where = "answers" if state.recorded is None else state.recorded.where
        reason = f"{where}: no answer of {cell.model} to {cell.benchmark.name} {cell.case.id}"
        raise failed(outcome, "not_run", reason)
    outcome.responses.append(response)
    outcome.prompts.extend(cell.prompts)
    return response


def _judged(state: State, cell: Cell, outcome: Outcome, response: Response) -> Response:
    """The response with what became of its programs, where the case has a trial."""
    return response if cell.case.trial is None else await_verdicts(state, cell, outcome, response)
