"""A case of two turns: the second request is built from the first answer, and the last answer is scored."""

from harness.benchmark import Benchmark
from harness.core import Case
from harness.core import Completion
from harness.core import Completions
from harness.core import Generate
from harness.core import Message
from harness.core import Refusal
from harness.core import Request
from harness.core import Response
from harness.extract import last_number
from harness.metrics.exact_match import ExactMatch
from harness.sources import Row
from harness.sources import Table
from harness.sources import from_file


def to_case(row: Row, _shots: tuple[Row, ...]) -> Case:
    request = Generate((Message("user", row.text("question")),), max_tokens=32)
    return Case(row.id, (request,), row.text("answer"))


def follow_up(case: Case, responses: tuple[Response, ...]) -> Request | None:
    """Ask once whether the model is sure, showing it what it said."""
    if len(responses) > 1 or not isinstance(responses[0], Completions):
        return None
    asked = case.requests[0].prompt
    said = Message("assistant", responses[0].completions[0].text)
    return Generate((*asked, said, Message("user", "Are you sure? Answer again.")), max_tokens=32)


second_thoughts = Benchmark(
    name="second_thoughts",
    version=1,
    area="math",
    paper="arXiv:2310.01798",
    protocol="zero-shot, two turns, the second answer counts",
    rows=from_file("second_thoughts.jsonl"),
    to_case=to_case,
    follow_up=follow_up,
    metrics=(ExactMatch(last_number),),
)
ROWS = Table("second_thoughts", (Row({"question": "What is 6 * 7?", "answer": "42"}, "rows", 0, "a"),), {})


def said(text: str) -> Completions:
    return Completions((Completion(text, "stop", 3),))


def test_the_second_request_shows_the_first_answer() -> None:
    (case,) = second_thoughts.collect([ROWS])
    request = second_thoughts.follow_up(case, (said("It is 36."),))
    assert [turn.content for turn in request.prompt] == ["What is 6 * 7?", "It is 36.", "Are you sure? Answer again."]
    assert second_thoughts.follow_up(case, (said("It is 36."), said("No, 42."))) is None


def test_a_refused_first_turn_has_no_second() -> None:
    (case,) = second_thoughts.collect([ROWS])
    assert second_thoughts.follow_up(case, (Refusal("too long"),)) is None


def test_the_last_answer_is_scored() -> None:
    (case,) = second_thoughts.collect([ROWS])
    responses = (said("It is 36."), said("No, 42"))
    (score,) = second_thoughts.score(case, responses[-1])
    assert (score.verdict, score.extracted) == ("correct", "42")
