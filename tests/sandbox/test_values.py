"""Values as tagged JSON: what goes out comes in as the same, and what a class claims of itself does not count."""

import collections
import datetime as dt
import decimal
import fractions
import json
import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.sandbox.inside.kinds import COPIES
from harness.sandbox.inside.kinds import SEEN
from harness.sandbox.inside.kinds import VALUES
from harness.sandbox.inside.kinds import base_of
from harness.sandbox.inside.values import Foreign
from harness.sandbox.inside.values import decode
from harness.sandbox.inside.values import encode

PLAIN = st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text() | st.binary()
HASHABLE = st.none() | st.booleans() | st.integers() | st.text()
ANY = st.recursive(
    PLAIN | st.complex_numbers(allow_nan=False) | st.fractions() | st.dates() | st.timedeltas(),
    lambda inner: (
        st.lists(inner)
        | st.tuples(inner, inner)
        | st.dictionaries(HASHABLE, inner)
        | st.sets(HASHABLE)
        | st.frozensets(HASHABLE)
    ),
    max_leaves=20,
)  # fmt: skip


def crossed(value):
    return decode(json.loads(json.dumps(encode(value))))


@given(ANY)
def test_what_goes_out_comes_in(value):
    found = crossed(value)
    assert found == value
    assert type(found) is type(value)
    assert repr(found) == repr(value) or isinstance(value, set | frozenset | dict | list | tuple)


@pytest.mark.parametrize(
    "value",
    [
        -0.0, math.inf, -math.inf, 1 << 20000, -(1 << 20000), range(3, 9, 2), slice(1, None), ..., bytearray(b"ab"),
        decimal.Decimal("1.10"), fractions.Fraction(1, 3), dt.datetime(2020, 2, 29, 1, 2, 3, 4, dt.UTC), dt.time(1, 2),
        collections.deque([1, 2], 5), collections.OrderedDict(b=1, a=2), collections.Counter("abca"), {"a": 1}.keys(),
    ],
    ids=lambda value: type(value).__name__,
)  # fmt: skip
def test_what_json_does_not_have(value):
    found = crossed(value)
    assert found == value
    assert type(found) is type(value)
    assert math.copysign(1, found) == math.copysign(1, value) if isinstance(value, float) else True


def test_not_a_number_stays_one():
    assert math.isnan(crossed([math.nan])[0])


@pytest.mark.parametrize(
    "value",
    [np.arange(6.0).reshape(2, 3), np.array([True, False]), np.array(["a", "bc"]), np.array([], "i4"), np.array(1.5),
     np.array(["2020-01-01"], "M8[D]"), np.array([1 + 2j])],
    ids=lambda value: str(value.dtype),
)  # fmt: skip
def test_arrays_keep_type_and_shape(value):
    found = crossed(value)
    assert found.dtype == value.dtype
    assert found.shape == value.shape
    assert (found == value).all()


@pytest.mark.parametrize("value", [np.float32(0.1), np.int64(-3), np.bool_(1), np.datetime64("2020-01-01")], ids=repr)
def test_array_scalars_keep_their_type(value):
    found = crossed(value)
    assert type(found) is type(value)
    assert found == value


class Liar(int):
    def __eq__(self, _other):
        return True

    def __pos__(self):
        return 42

    __hash__ = int.__hash__


class LyingList(list):
    def __iter__(self):
        return iter([1, 2, 3])


def test_a_subclass_holds_what_its_base_says():
    assert COPIES["int"](Liar(3)) == 3
    assert type(COPIES["int"](Liar(3))) is int
    assert COPIES["list"](LyingList([7])) == [7]
    assert SEEN["list"](LyingList([7])) == (7,)


@pytest.mark.parametrize("kind", VALUES.values(), ids=lambda kind: kind.__name__)
def test_each_built_in_type_is_found_and_copied(kind):
    derived = type("Derived", (kind,), {})
    value = derived(1j) if kind is complex else derived(3) if kind in {int, float} else derived()
    assert base_of(derived) == kind.__name__
    assert base_of(kind) in {None, "dict"}
    assert type(COPIES[kind.__name__](value)) is kind


@pytest.mark.parametrize("value", [object(), lambda: 0, Foreign, iter([])], ids=lambda value: type(value).__name__)
def test_the_rest_has_no_form(value):
    with pytest.raises(Foreign, match="no form to send it in"):
        encode([value])


def test_what_has_no_end_is_too_deep():
    endless = []
    endless.append(endless)
    with pytest.raises(Foreign, match="deeper than 200"):
        encode(endless)


@pytest.mark.parametrize(
    "form",
    [{}, {"t": 1}, {"t": [], "s": []}, {"F": [1, 0]}, {"I": "xyz"}, {"a": ["V8", [1], [0]]}, {"a": ["i8", [2], [1]]},
     {"s": [[1]]}, {"d": [1]}, {"b": "0"}, {"D": "x"}, {"T": 3}, {"y": "9"}, {"held": [0, "object", "x"]}],
    ids=json.dumps,
)  # fmt: skip
def test_a_malformed_value_is_told_as_such(form):
    with pytest.raises(Foreign):
        decode(form)
