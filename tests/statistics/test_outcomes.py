"""Wins, losses and ties: verdicts read directly, corpus metrics through what a swap would change."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import settings
from hypothesis import strategies as st

from harness.statistics.outcomes import outcomes
from harness.statistics.resampling import Design


def test_verdicts_are_won_by_who_alone_is_right() -> None:
    first, second = [(1, 1), (1, 1), (0, 1), (0, 1)], [(1, 1), (0, 1), (1, 1), (0, 1)]
    assert outcomes(first, second, "proportion").tolist() == [0, 1, -1, 0]


def test_where_lower_is_better_the_lower_wins() -> None:
    first, second = [(-5.0, 2), (-2.0, 2)], [(-4.0, 2), (-9.0, 2)]
    assert outcomes(first, second, "perplexity", higher_is_better=False).tolist() == [-1, 1]
    assert outcomes(first, second, "perplexity").tolist() == [1, -1]


def test_a_true_negative_wins_over_a_false_positive() -> None:
    """Neither has an F1 of its own: (0, 0, 0) is undefined alone, yet a false positive lowers the corpus's F1."""
    first, second = [(3, 0, 0), (0, 0, 0)], [(3, 0, 0), (0, 1, 0)]
    assert outcomes(first, second, "f1").tolist() == [0, 1]


@given(st.data(), st.sampled_from(["micro", "macro"]))
@settings(max_examples=60, deadline=None)
def test_the_other_way_round_wins_are_losses(data: st.DataObject, average: str) -> None:
    row = st.tuples(*[st.integers(0, 4)] * 4).map(lambda counts: tuple(map(float, counts)))
    first = data.draw(st.lists(row, min_size=1, max_size=8))
    second = data.draw(st.lists(row, min_size=len(first), max_size=len(first)))
    design = Design(None, [index % 2 for index in range(len(first))], average)
    found = outcomes(first, second, "matthews", design)
    assert (found == -outcomes(second, first, "matthews", design)).all()
    assert all(found[index] == 0 for index in range(len(first)) if first[index] == second[index])


@pytest.mark.parametrize(
    ("first", "second", "message"),
    [
        ([(1, 1)], [(1, 1), (0, 1)], "runs: found 1 and 2 cases; expected the same cases in both"),
        ([], [], "runs: found no case; expected at least one in both"),
        ([(1, 1)], [(np.inf, 1)], "stats: found nan or infinity; expected finite numbers"),
    ],
)
def test_runs_that_do_not_align_are_refused(first: list, second: list, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        outcomes(first, second, "mean")
