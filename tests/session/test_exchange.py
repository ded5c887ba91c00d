"""What the processes of a session share: requests are taken in windows, in order, each once."""

import json

import pytest
from hypothesis import given
from hypothesis import settings
from hypothesis import strategies as st

from harness.core import Generate
from harness.encoding import encode
from harness.session.exchange import Exchange
from harness.session.exchange import Window
from harness.session.exchange import publish

LONG = len(json.dumps(encode(Generate("a" * 100))))


@pytest.fixture(scope="module")
def exchanges(tmp_path_factory):
    """Makes an exchange whose requests have prompts of these lengths."""

    def make(lengths):
        folder = tmp_path_factory.mktemp("exchange")
        publish(folder, {}, (("toy", f"{k:064x}", Generate("a" * length)) for k, length in enumerate(lengths)))
        return Exchange(folder)

    return make


def windows(exchange, window):
    """All windows that there are, as the lengths of their prompts."""
    after, sizes = 0, []
    while taken := exchange.wanted("toy", after, window):
        after = taken[-1].number
        sizes.append([len(wanted.request.prompt) for wanted in taken])
    exchange.close()
    return sizes


@settings(max_examples=30, deadline=None)
@given(st.lists(st.integers(0, 300), max_size=40), st.integers(1, 20), st.integers(1, 20), st.integers(0, 3000))
def test_each_request_is_taken_once_and_in_order(exchanges, lengths, most, least, characters):
    taken = windows(exchanges(lengths), Window(most, least, characters))
    assert [length for window in taken for length in window] == lengths
    assert all(len(window) <= most for window in taken)
    assert all(len(window) >= min(most, least) for window in taken[:-1])


@pytest.mark.parametrize(
    ("window", "sizes"),
    [
        (Window(10, 1, 10 * LONG), [10, 10, 5]),
        (Window(10, 1, 4 * LONG), [4] * 6 + [1]),
        (Window(10, 6, 4 * LONG), [6] * 4 + [1]),
        (Window(10, 1, 0), [1] * 25),
        (Window(5, 2, LONG).times(2), [4] * 6 + [1]),
    ],
)
def test_a_window_has_so_many_requests_and_characters(exchanges, window, sizes):
    assert [len(taken) for taken in windows(exchanges([100] * 25), window)] == sizes


def test_who_takes_a_window_leaves_nobody_waiting(exchanges):
    exchange = exchanges([100] * 5)
    other = Exchange(exchange.path.parent)
    assert len(exchange.wanted("toy", 0, Window(9, 1, LONG))) == 1
    other.want("toy", "f" * 64, Generate("one more"))
    assert len(exchange.wanted("toy", 0, Window(9, 9, 0))) == 6
    other.close()
    exchange.close()
