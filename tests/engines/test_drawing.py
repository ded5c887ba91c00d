"""How tokens are drawn: the distribution, the nucleus, and that nobody else's draws change one's own.

The oracle is the definition, in float64 on sorted probabilities, one row at a time.
"""

import hashlib
import itertools

import numpy as np
import pytest
import torch
from hypothesis import example
from hypothesis import given
from hypothesis import settings
from hypothesis import strategies as st

from harness.engines.transformers import drawing
from harness.engines.transformers.drawing import Chooser
from harness.engines.transformers.drawing import choose
from harness.engines.transformers.drawing import draw


def by_definition(logits, chooser, number, top_p):
    """The token at `number` of the cumulated probability, and how near the number is to another token's."""
    mass = torch.softmax(logits.double() / chooser.temperature, -1).numpy()
    order = np.arange(len(mass))
    if chooser.top_p < 1:
        order = np.argsort(-mass, kind="stable")
        order = order[: max(1, int((np.cumsum(mass[order]) - mass[order] < top_p).sum()))]
    sums = np.cumsum(mass[order])
    place = int(np.searchsorted(sums, number * sums[-1], side="right"))
    return int(order[min(place, len(order) - 1)]), float(np.abs(sums - number * sums[-1]).min())


def test_greedy_takes_the_most_likely_token():
    assert choose(torch.tensor([[0.1, 3.0, 2.0]]), [Chooser(0.0, 1.0, 0, 0)], [0]) == [1]


@pytest.mark.parametrize("top_p", [1.0, 0.9999])
def test_draws_follow_the_distribution(top_p):
    """5,000 draws of P = (0.2, 0.5, 0.3): each frequency within 4 standard errors."""
    logits = torch.log(torch.tensor([[0.2, 0.5, 0.3]]))
    chooser = Chooser(1.0, top_p, 7, 0)
    drawn = [choose(logits, [chooser], [position])[0] for position in range(5000)]
    for token, expected in enumerate((0.2, 0.5, 0.3)):
        assert abs(drawn.count(token) / 5000 - expected) < 4 * (expected * (1 - expected) / 5000) ** 0.5


def test_top_p_keeps_the_smallest_set_that_reaches_it():
    logits = torch.log(torch.tensor([[0.2, 0.5, 0.3]]))
    chooser = Chooser(1.0, 0.75, 7, 0)
    assert {choose(logits, [chooser], [position])[0] for position in range(200)} == {1, 2}
    assert {choose(logits, [Chooser(1.0, 0.01, 7, sample)], [0])[0] for sample in range(50)} == {1}


def test_a_low_temperature_is_nearly_greedy():
    logits = torch.tensor([[1.0, 2.0, 1.9]])
    for temperature in (1e-3, 1e-30, 1e-300):
        assert {choose(logits, [Chooser(temperature, 1.0, 0, sample)], [0])[0] for sample in range(50)} == {1}


def test_a_number_is_its_seed_s_its_sample_s_and_its_position_s():
    """Philox4x64-10 of NumPy, keyed by SHA-256; a list of one row a position must be the same each time."""
    places = itertools.product(range(3), range(3), range(9))
    numbers = {(seed, sample, at): Chooser(1.0, 1.0, seed, sample).number(at) for seed, sample, at in places}
    assert len(set(numbers.values())) == 81
    assert all(0 <= number < 1 for number in numbers.values())
    key = int.from_bytes(hashlib.sha256(b"2:1").digest()[:16], "big")
    raw = np.random.Generator(np.random.Philox(key=key, counter=4)).random()
    assert numbers[2, 1, 4] == raw


SIZES = st.sampled_from([1, 2, 255, 256, 257, 511, 512, 513, 1500])


@settings(deadline=None, max_examples=150)
@given(
    SIZES,
    st.integers(0, 10_000),
    st.sampled_from([0.0, 0.01, 1.0, 30.0]),
    st.lists(
        st.tuples(st.sampled_from([0.2, 0.8, 1.0, 3.0]), st.sampled_from([0.001, 0.5, 0.95, 0.999999, 1.0])),
        min_size=1,
        max_size=6,
    ),
)
@example(1500, 0, 0.0, [(0.2, 0.5)])
def test_every_row_is_drawn_as_the_definition_says(vocabulary, seed, spread, ways):
    """Flat and steep rows, nuclei of one token and of all, vocabularies around a block and around the likeliest."""
    made = torch.Generator().manual_seed(seed)
    logits = torch.randn(len(ways), vocabulary, generator=made) * spread
    choosers = [Chooser(temperature, top_p, seed, row) for row, (temperature, top_p) in enumerate(ways)]
    numbers = [chooser.number(3) for chooser in choosers]
    for row, token in enumerate(draw(logits, choosers, numbers)):
        # equal probabilities may come to `top_p` exactly, where rounding says whether one more is in the nucleus
        limits = [choosers[row].top_p * nudge for nudge in (1 - 1e-9, 1 + 1e-9)]
        tokens = [by_definition(logits[row], choosers[row], numbers[row], limit) for limit in limits]
        assert any(token == expected or apart < 1e-5 for expected, apart in tokens)


@settings(deadline=None)
@given(st.integers(0, 1000), st.permutations(range(5)), st.integers(1, 5))
def test_neither_order_nor_batch_changes_a_draw(seed, order, size):
    logits = torch.randn(5, 700, generator=torch.Generator().manual_seed(seed))
    choosers = [Chooser((0.0, 0.8, 0.8, 1.3, 0.7)[row], (1.0, 0.95, 1.0, 0.3, 0.9)[row], seed, row) for row in range(5)]
    positions = [row * 7 for row in range(5)]
    alone = [choose(logits[row : row + 1], [choosers[row]], [positions[row]])[0] for row in range(5)]
    for start in range(0, 5, size):
        rows = order[start : start + size]
        together = choose(logits[list(rows)], [choosers[row] for row in rows], [positions[row] for row in rows])
        assert together == [alone[row] for row in rows]


@pytest.mark.parametrize("dtype", [torch.bfloat16, torch.float16, torch.float64])
def test_half_precision_is_widened_before_anything_is_subtracted(dtype):
    logits = (torch.randn(3, 2000, generator=torch.Generator().manual_seed(1)) * 4).to(dtype)
    choosers = [Chooser(0.9, top_p, 5, row) for row, top_p in enumerate((1.0, 0.9, 0.99999))]
    for position in range(40):
        numbers = [chooser.number(position) for chooser in choosers]
        for row, token in enumerate(draw(logits, choosers, numbers)):
            expected, apart = by_definition(logits[row], choosers[row], numbers[row], choosers[row].top_p)
            assert token == expected or apart < 1e-5


def test_of_equally_likely_tokens_at_the_edge_the_lower_ids_belong_to_the_nucleus():
    """Ten tokens of .1: .45 is reached by five of them. A thousand alike do not fit among the likeliest."""
    for vocabulary, kept in ((10, 5), (1000, 450)):
        logits = torch.zeros(1, vocabulary)
        chooser = Chooser(1.0, 0.45 - 1e-6, 0, 0)
        drawn = {draw(logits, [chooser], [number])[0] for number in np.linspace(0, 1, 3 * vocabulary, endpoint=False)}
        assert drawn == set(range(kept))


def test_a_token_without_probability_is_never_drawn():
    logits = torch.full((1, 1300), -torch.inf)
    logits[0, [5, 1200]] = 0.0
    for number in (0.0, 0.25, 0.4999, 0.5, 0.75, 1 - 2**-53):
        for top_p in (0.9, 1.0):
            assert draw(logits, [Chooser(1.0, top_p, 0, 0)], [number]) == [5 if number < 0.5 else 1200]


def test_blocks_hold_the_likeliest():
    """A vocabulary is padded to whole blocks, so there are always as many tokens as are looked at for a nucleus."""
    assert drawing.LIKELIEST <= drawing.BLOCK
