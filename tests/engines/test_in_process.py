"""An engine in this process: opened at the first question, closed once, also while another thread asks it."""

import threading

import pytest

from harness.core import Completion
from harness.core import Completions
from harness.core import Generate
from harness.engines.descriptor import EngineSpec
from harness.engines.in_process import InProcess
from harness.errors import EngineError
from harness.models import Card
from harness.models import Settings
from harness.models import Weights

ASKED = [Generate("one", max_tokens=1), Generate("two", max_tokens=1)]
SPEC = EngineSpec(Weights(Card("toy"), ""), Settings("own"))


class Counted:
    """Says which of all that were opened it is; breaks where it is told to."""

    opened = 0
    closed = 0
    fault = None

    def __init__(self, _spec):
        Counted.opened += 1
        self.number = Counted.opened

    def answer(self, requests):
        for index, _ in enumerate(requests):
            if Counted.fault is not None:
                raise Counted.fault
            yield index, Completions((Completion(str(self.number), "stop", 1),))

    def close(self):
        Counted.closed += 1

    def describe(self):
        return {"number": self.number}


@pytest.fixture(autouse=True)
def anew():
    Counted.opened, Counted.closed, Counted.fault = 0, 0, None


def said(engine):
    return [response.completions[0].text for _, response in engine.answer(ASKED)]


def test_it_is_opened_at_the_first_question_and_closed_once():
    engine = InProcess(SPEC, Counted)
    assert (Counted.opened, engine.description) == (0, None)
    assert said(engine) == ["1", "1"]
    assert engine.description == {"number": 1}
    engine.close()
    engine.close()
    assert (Counted.opened, Counted.closed) == (1, 1)


def test_it_is_opened_again_after_it_was_put_aside():
    engine = InProcess(SPEC, Counted)
    said(engine)
    engine.release()
    assert said(engine) == ["2", "2"]
    assert Counted.closed == 1


@pytest.mark.parametrize(
    ("fault", "expected"),
    [
        (ValueError("odd"), r"^engine own of toy: ValueError: odd$"),
        (EngineError("engine own: broken; mend it"), r"^engine own: broken; mend it$"),
    ],
)
def test_one_that_breaks_is_replaced(fault, expected):
    engine = InProcess(SPEC, Counted)
    Counted.fault = fault
    with pytest.raises(EngineError, match=expected):
        said(engine)
    Counted.fault = None
    assert said(engine) == ["2", "2"]
    assert Counted.closed == 1


def test_after_close_nothing_is_opened():
    engine = InProcess(SPEC, Counted)
    engine.close()
    with pytest.raises(EngineError, match=r"^engine own of toy: closed; expected an engine that is open$"):
        said(engine)
    assert Counted.opened == 0


def test_one_that_is_being_opened_is_closed_too():
    opening, go_on = threading.Event(), threading.Event()

    def slowly(spec):
        opening.set()
        assert go_on.wait(60)
        return Counted(spec)

    engine, failures = InProcess(SPEC, slowly), []

    def ask():
        try:
            said(engine)
        except EngineError as error:
            failures.append(str(error))

    asking = threading.Thread(target=ask)
    asking.start()
    assert opening.wait(60)
    engine.close()
    go_on.set()
    asking.join(60)
    assert (Counted.opened, Counted.closed, len(failures)) == (1, 1, 1)
