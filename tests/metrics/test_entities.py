"""EM and F1 of the likeliest entity, with SQuAD's comparison of texts."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.core import Case
from harness.core import Completion
from harness.core import Completions
from harness.core import LogLikelihoods
from harness.core import Score
from harness.errors import UsageError
from harness.metrics.entities import EntityF1
from harness.metrics.entities import EntityMatch

Metric = EntityF1 | EntityMatch
words = st.lists(st.sampled_from(("the", "a", "ann", "Bo", "Dee,", "O'Fee")), min_size=1, max_size=5).map(" ".join)


def values(*found: float) -> LogLikelihoods:
    return LogLikelihoods(found, (1,) * len(found), (False,) * len(found))


def compared(metric: Metric, entity: str, *answers: str) -> Score:
    case = Case("0-0", (), {"entities": ("Nobody", entity), "answers": answers})
    return metric.observe(case, values(-2.0, -1.0))


@pytest.mark.parametrize(
    ("entity", "answers", "match", "f1"),
    [
        ("Ann Lee", ("Ann Lee",), 1, 1),
        ("the U.S.", ("US",), 1, 1),  # no punctuation, no article, as evaluate-v1.1
        ("ann  LEE", ("Ann Lee!",), 1, 1),
        ("Ann", ("Ann Lee",), 0, 2 / 3),  # precision 1, recall 1/2
        ("Ann Lee Roe", ("Roe", "Lee Roe"), 0, 0.8),  # the better answer: 2/3 and 1
        ("Bo Bo", ("Bo",), 0, 2 / 3),  # a word counts as often as both have it
        ("Ann", ("Bo",), 0, 0),
        ("The", ("a",), 1, 1),  # nothing left on both sides
        ("The", ("Bo",), 0, 0),
    ],
)
def test_texts_are_compared_as_squads_script_does(entity: str, answers: tuple[str, ...], match: int, f1: float) -> None:
    """Values worked out by hand by the rules of SQuAD's evaluate-v1.1."""
    score = compared(EntityMatch(), entity, *answers)
    assert (score.stats, score.verdict, score.extracted) == ((match, 1), "correct" if match else "wrong", entity)
    score = compared(EntityF1(), entity, *answers)
    assert score.stats == pytest.approx((f1, 1))
    assert (score.verdict, score.extracted) == (None, entity)


@pytest.mark.parametrize(
    ("entity", "answer", "match", "f1"),
    [
        ("Lee's", "Lees", 1, 1.0),
        ("10,000", "10000", 1, 1.0),
        ("the theatre", "theatre", 1, 1.0),
        ("São Tomé", "Sao Tomé", 0, 0.5),
        ("Jean-Luc the III", "III Jean Luc", 0, 0.4),
        ("Bo Bo Roe", "Roe, Bo", 0, 0.8),
        ("U.S.\N{EN DASH}Mexico", "U.S.-Mexico", 0, 0),  # no ASCII, no punctuation
        ("“Ann”", "Ann", 0, 0),
        ("\N{INVERTED QUESTION MARK}", "'", 0, 0),
    ],
)
def test_what_lm_evaluation_harness_s_record_calls_says_the_same(
    entity: str, answer: str, match: int, f1: float
) -> None:
    """`compute_exact` and `compute_f1` of transformers 4.57.1 (`squad_metrics`, gone from 5), as they printed them."""
    assert compared(EntityMatch(), entity, answer).stats == (match, 1)
    assert compared(EntityF1(), entity, answer).stats == pytest.approx((f1, 1))


@given(words, words, words)
def test_f1_bounds_the_match_and_more_answers_never_hurt(entity: str, first: str, second: str) -> None:
    f1, match = (compared(metric, entity, first).stats[0] for metric in (EntityF1(), EntityMatch()))
    assert match <= f1 <= 1
    assert compared(EntityF1(), first, entity).stats[0] == pytest.approx(f1)
    assert compared(EntityF1(), entity, first, second).stats[0] >= f1


@pytest.mark.parametrize("metric", [EntityF1(), EntityMatch()])
def test_the_first_of_equally_likely_entities_is_taken(metric: Metric) -> None:
    case = Case("0-0", (), {"entities": ("Ann", "Bo"), "answers": ("Ann",)})
    assert metric.observe(case, values(-1.0, -1.0)).extracted == "Ann"


@pytest.mark.parametrize("metric", [EntityF1(), EntityMatch()])
def test_what_does_not_fit_is_refused(metric: Metric) -> None:
    with pytest.raises(UsageError, match=f"{metric.name}: found 1 pairs for 2 entities in case 'a'; expected one a"):
        metric.observe(Case("a", (), {"entities": ("Ann", "Bo"), "answers": ("Bo",)}), values(-1.0))
    with pytest.raises(UsageError, match=r"found target \{'entities': .* in case 'a'; expected texts in 'answers'"):
        metric.observe(Case("a", (), {"entities": ("Ann",), "answers": ()}), values(-1.0))
    with pytest.raises(UsageError, match="found target 0 in case 'a'; expected texts in 'entities'"):
        metric.observe(Case("a", (), 0), values(-1.0))
    with pytest.raises(UsageError, match=f"{metric.name}: found a response of kind Completions; expected LogLike"):
        metric.observe(Case("a", (), 0), Completions((Completion("Ann", "stop", 1),)))


def test_signatures() -> None:
    assert EntityMatch().signature == "em|choice:argmax|normalise:squad|answers:best"
    assert EntityF1().signature == "f1|choice:argmax|normalise:squad|answers:best"
