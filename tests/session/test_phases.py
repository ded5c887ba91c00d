"""Phases: each kind of request has its own pace, and what is left is counted in tokens."""

from harness.core import Completion
from harness.core import Completions
from harness.core import Generate
from harness.core import LogLikelihood
from harness.core import LogLikelihoods
from harness.core import Refusal
from harness.core import Rolling
from harness.session.phases import SCORING
from harness.session.phases import WRITING
from harness.session.phases import Phases

SHORT, LONG = Generate("a", max_tokens=10), Generate("b", max_tokens=90)
ASKED = LogLikelihood((("c" * 36, "dddd"),))
SCORES = LogLikelihoods((-1.0,), (1,), (True,))


def text(tokens):
    return Completions((Completion("x", "stop", tokens),))


def counted(*requests, kept=()):
    now = [0.0]
    phases = Phases(lambda: now[0])
    for request in requests:
        phases.want(request)
    for request in kept:
        phases.want(request, kept=True)
    phases.begin()
    return phases, now


def test_the_rest_is_foretold_by_planned_tokens_not_by_requests():
    phases, now = counted(SHORT, LONG)
    now[0] = 2.0
    phases.answer(SHORT, text(5))
    (writing,) = phases.now()
    assert (writing.name, writing.answered, writing.wanted) == (WRITING, 1, 2)
    assert writing.rate == 2.5
    # 10 planned tokens took 2 s, so 90 take 18: by requests it would be 2
    assert writing.eta == 18.0


def test_each_phase_has_the_time_that_its_own_answers_took():
    phases, now = counted(ASKED, SHORT)
    now[0] = 1.0
    phases.answer(ASKED, SCORES)
    now[0] = 5.0
    phases.answer(SHORT, text(8))
    scoring, writing = phases.now()
    assert (scoring.name, scoring.seconds, scoring.rate, scoring.eta) == (SCORING, 1.0, 10.0, 0.0)
    assert (writing.seconds, writing.rate, writing.eta) == (4.0, 2.0, 0.0)


def test_what_is_kept_takes_no_time_and_is_no_work():
    phases, now = counted(SHORT, kept=(LONG,))
    (before,) = phases.now()
    assert (before.answered, before.left, before.rate, before.eta) == (1, 10, None, None)
    now[0] = 3.0
    phases.answer(SHORT, text(6))
    (after,) = phases.now()
    assert (after.answered, after.tokens, after.eta) == (2, 6, 0.0)


def test_a_refusal_and_a_request_that_is_left_are_done_without_tokens():
    phases, now = counted(SHORT, LONG, Rolling("e" * 8))
    now[0] = 1.0
    phases.answer(SHORT, Refusal("too long"))
    phases.leave(LONG)
    scoring, writing = phases.now()
    assert (writing.answered, writing.tokens, writing.left, writing.rate) == (2, 0, 0, None)
    assert (scoring.answered, scoring.left) == (0, 2)


def test_requests_that_no_plan_foresaw_never_make_more_than_all():
    phases, now = counted(SHORT)
    now[0] = 1.0
    for _ in range(3):
        phases.answer(SHORT, text(1))
    (writing,) = phases.now()
    assert (writing.answered, writing.left, writing.eta) == (1, 0, 0.0)
