"""The order in which cases are asked and tested."""

from hypothesis import given
from hypothesis import strategies as st

from harness.core import Case
from harness.core import Generate
from harness.core import LogLikelihood
from harness.core import Rolling
from harness.session.plan import PlannedCase
from harness.session.plan import rank


def planned(*requests):
    return PlannedCase("m", None, Case("a", requests, None))


SCORED = planned(LogLikelihood((("a", "b"),)))
WHOLE = planned(Rolling("a text"))
SHORT = planned(Generate("a", max_tokens=8))
SAMPLED = planned(Generate("a", max_tokens=8, samples=20, temperature=0.8))
LONG = planned(Generate("a", max_tokens=512))
BOTH = planned(LogLikelihood((("a", "b"),)), Generate("a", max_tokens=16))


@given(st.permutations([SCORED, WHOLE, SHORT, BOTH, SAMPLED, LONG]))
def test_log_likelihoods_come_first_and_then_the_shortest_answers(cases):
    *scored, short, both, sampled, longest = sorted(cases, key=rank)
    assert scored == [case for case in cases if case in (SCORED, WHOLE)]
    assert [short, both, sampled, longest] == [SHORT, BOTH, SAMPLED, LONG]
