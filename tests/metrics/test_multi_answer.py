"""Several answers a case: accuracy and F1 by answer, all answers of a question, and parity of a minimal pair."""

import numpy as np
import pytest
import sklearn.metrics
from hypothesis import given
from hypothesis import settings
from hypothesis import strategies as st

from harness.core import Case
from harness.core import Completion
from harness.core import Completions
from harness.core import LogLikelihoods
from harness.core import Score
from harness.errors import UsageError
from harness.metrics.gender_parity import GenderParity
from harness.metrics.multi_answer import AccuracyByAnswer
from harness.metrics.multi_answer import AllAnswers
from harness.metrics.multi_answer import F1ByAnswer
from harness.statistics import estimate

Question = list[tuple[int, bool]]
Metric = AccuracyByAnswer | AllAnswers | F1ByAnswer | GenderParity
METRICS = (AccuracyByAnswer(), AllAnswers(yes=0), F1ByAnswer(yes=0), GenderParity())
questions = st.lists(
    st.lists(st.tuples(st.integers(0, 1), st.booleans()), min_size=1, max_size=5), min_size=1, max_size=12
)


def response(*places: int) -> LogLikelihoods:
    """Two pairs an answer, of which the one at the place is likelier."""
    values = [-1.0 if pair == place else -2.0 for place in places for pair in (0, 1)]
    return LogLikelihoods(tuple(values), (1,) * len(values), (False,) * len(values))


def judged(metric: Metric, question: Question, yes: int = 0) -> Score:
    """The score where each (label, called right) is an answer."""
    labels = tuple(label for label, _ in question)
    places = [yes if called else 1 - yes for _, called in question]
    return metric.observe(Case("q", (), labels), response(*places))


def value(metric: Metric, asked: list[Question]) -> float | None:
    return estimate([judged(metric, question).stats for question in asked], metric.reducer).value


@given(questions)
@settings(deadline=None, max_examples=60)
def test_f1a_is_scikit_learns_over_all_answers(asked: list[Question]) -> None:
    gold, called = np.array([answer for question in asked for answer in question], dtype=int).T
    if not (gold | called).any():
        assert value(F1ByAnswer(yes=0), asked) is None
        return
    assert value(F1ByAnswer(yes=0), asked) == pytest.approx(sklearn.metrics.f1_score(gold, called))


@given(questions)
@settings(deadline=None, max_examples=60)
def test_a_question_is_right_where_scikit_learn_finds_all_its_answers_right(asked: list[Question]) -> None:
    right = [sklearn.metrics.accuracy_score(*zip(*question, strict=True)) == 1 for question in asked]
    assert value(AllAnswers(yes=0), asked) == pytest.approx(np.mean(right))


@given(questions)
@settings(deadline=None, max_examples=60)
def test_accuracy_by_answer_compares_places_with_labels(asked: list[Question]) -> None:
    """Where yes stands first, calling a right answer right is place 0 and label 1: a miss, as MultiRC's acc has it."""
    answers = [answer for question in asked for answer in question]
    assert value(AccuracyByAnswer(), asked) == pytest.approx(np.mean([label != called for label, called in answers]))


def test_by_hand() -> None:
    """Labels 1 0 1, called right, right, wrong: one true positive, one false, one missed."""
    question = [(1, True), (0, True), (1, False)]
    score = judged(F1ByAnswer(yes=0), question)
    assert (score.stats, score.verdict, score.extracted) == ((1.0, 1.0, 1.0), None, "0 0 1")
    score = judged(AllAnswers(yes=0), question)
    assert (score.stats, score.verdict, score.extracted) == ((0.0, 1.0), "wrong", "0 0 1")
    assert judged(AllAnswers(yes=0), [(1, True), (0, False)]).verdict == "correct"
    score = judged(AccuracyByAnswer(), question)
    assert (score.stats, score.verdict, score.extracted) == ((2.0, 3.0), None, "0 0 1")


@pytest.mark.parametrize("metric", [AllAnswers, F1ByAnswer])
def test_yes_may_stand_second(metric: type[AllAnswers | F1ByAnswer]) -> None:
    question = [(1, True), (0, False), (1, False)]
    assert judged(metric(yes=1), question, yes=1).stats == judged(metric(yes=0), question).stats


def test_answers_may_have_more_than_two_pairs() -> None:
    values = LogLikelihoods((-3.0, -2.0, -1.0, -1.0, -2.0, -3.0), (1,) * 6, (False,) * 6)
    score = AccuracyByAnswer().observe(Case("q", (), (2, 1)), values)
    assert (score.stats, score.extracted) == ((1.0, 2.0), "2 0")


@pytest.mark.parametrize(("places", "agree"), [((0, 0), 1.0), ((1, 1), 1.0), ((0, 1), 0.0), ((1, 0), 0.0)])
@pytest.mark.parametrize("labels", [(0, 0), (1, 1)])
def test_parity_is_agreement_whatever_the_labels(
    places: tuple[int, int], agree: float, labels: tuple[int, int]
) -> None:
    score = GenderParity().observe(Case("p", (), labels), response(*places))
    assert (score.stats, score.verdict, score.extracted) == ((agree, 1.0), None, f"{places[0]} {places[1]}")


@pytest.mark.parametrize("metric", METRICS)
@pytest.mark.parametrize("target", [1, (), (1, True), (0, "1"), (0, 1, 1)])
def test_a_target_that_does_not_fit_the_pairs_is_refused(metric: Metric, target: object) -> None:
    with pytest.raises(UsageError) as caught:
        metric.observe(Case("q", (), target), response(0, 1))
    assert str(caught.value) == (
        f"{metric.name}: found 4 pairs and target {target!r} in case 'q'; "
        "expected a tuple of labels and as many pairs for each"
    )


@pytest.mark.parametrize("metric", METRICS)
def test_a_request_of_another_kind_is_refused(metric: Metric) -> None:
    with pytest.raises(UsageError, match=f"{metric.name}: found a response of kind Completions; expected LogLike"):
        metric.observe(Case("q", (), (0,)), Completions((Completion("yes", "stop", 1),)))


@pytest.mark.parametrize(
    ("metric", "signature"),
    [
        (AccuracyByAnswer(), "acc|by:answer|choice:argmax|length:none"),
        (AllAnswers(yes=0), "em|by:question|choice:argmax|yes:0"),
        (F1ByAnswer(yes=1), "f1a|by:answer|choice:argmax|yes:1|average:binary"),
        (GenderParity(), "gender_parity|choice:argmax"),
    ],
)
def test_signatures(metric: Metric, signature: str) -> None:
    assert metric.signature == signature
    assert metric.higher_is_better
