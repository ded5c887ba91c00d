"""The order in which cases are asked and tested."""

from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from harness.benchmark import Benchmark
from harness.core import Case
from harness.core import Generate
from harness.core import LogLikelihood
from harness.core import Rolling
from harness.extract import last_number
from harness.metrics.exact_match import ExactMatch
from harness.session.plan import PlannedCase
from harness.session.plan import rank
from harness.sources import from_file

ONE_TURN = Benchmark(
    name="sums",
    version=1,
    area="sums",
    paper="none",
    protocol="greedy",
    rows=from_file("sums.jsonl"),
    to_case=None,
    metrics=(ExactMatch(last_number),),
)
TWO_TURNS = replace(ONE_TURN, follow_up=lambda _case, _responses: None)


def planned(*requests, benchmark=ONE_TURN):
    return PlannedCase("m", benchmark, Case("a", requests, None))


SCORED = planned(LogLikelihood((("a", "b"),)))
WHOLE = planned(Rolling("a text"))
SHORT = planned(Generate("a", max_tokens=8))
SAMPLED = planned(Generate("a", max_tokens=8, samples=20, temperature=0.8))
LONG = planned(Generate("a", max_tokens=512))
TURNS = planned(Generate("a", max_tokens=4), benchmark=TWO_TURNS)
BOTH = planned(LogLikelihood((("a", "b"),)), Generate("a", max_tokens=16))


@given(st.permutations([SCORED, WHOLE, SHORT, BOTH, SAMPLED, LONG, TURNS]))
def test_log_likelihoods_come_first_and_then_the_shortest_answers_and_several_turns_last(cases):
    *scored, short, both, sampled, longest, turns = sorted(cases, key=rank)
    assert scored == [case for case in cases if case in (SCORED, WHOLE)]
    assert [short, both, sampled, longest, turns] == [SHORT, BOTH, SAMPLED, LONG, TURNS]
