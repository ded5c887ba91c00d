"""Messages: what is written is read, in whatever parts it comes; all else is malformed, and told so in a sentence."""

import json
import math
import subprocess
import sys
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import settings
from hypothesis import strategies as st

from harness.processes import wire

NUMBERS = st.integers() | st.floats(allow_nan=False, allow_infinity=False)
VALUES = st.recursive(
    st.none() | st.booleans() | NUMBERS | st.text(st.characters()),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(st.characters()), inner, max_size=4),
    max_leaves=12,
)
OBJECTS = st.dictionaries(st.text(st.characters(), max_size=9), VALUES, max_size=5)
FORMS = ({"done": wire.true, "seconds": wire.number}, {"names": wire.list_of(wire.text)})


def anything(found):
    return found


def read(message):
    """What a form of the message's own fields, whatever they hold, makes of its line."""
    return wire.decode(wire.encode(message), [dict.fromkeys(message, anything)])


def in_parts(content, places):
    """What gives some bytes, cut at these places, and then nothing."""
    bounds = [0, *sorted(place % (len(content) + 1) for place in places), len(content)]
    parts = [content[begin:end] for begin, end in pairwise(bounds) if begin < end]
    return iter([*parts, b""]).__next__


# Messages


@given(message=OBJECTS)
@settings(deadline=None)
def test_an_object_of_json_comes_back(message):
    line = wire.encode(message)
    assert line.isascii()
    assert line.index(b"\n") == len(line) - 1
    assert read(message) == message


@given(message=OBJECTS, place=st.integers(0))
@settings(deadline=None)
def test_a_cut_line_is_malformed(message, place):
    line = wire.encode(message)[:-1]
    with pytest.raises(wire.Malformed):
        wire.decode(line[: place % len(line)], [dict.fromkeys(message, anything)])


@given(line=st.binary() | VALUES.map(lambda value: json.dumps(value).encode()) | OBJECTS.map(wire.encode))
@settings(deadline=None)
def test_any_line_is_a_message_or_malformed(line):
    try:
        found = wire.decode(line, FORMS)
    except wire.Malformed:
        return
    assert found.keys() in [form.keys() for form in FORMS]


@pytest.mark.parametrize(
    ("line", "sentence"),
    [
        (b"", "message: b''; expected an object of JSON"),
        (b"noise" * 99, f"message: {b'noise' * 16!r}; expected an object of JSON"),
        (b"\xff{}", "message: b'\\xff{}'; expected an object of JSON"),
        (b"[" * 99_999, f"message: {b'[' * 80!r}; expected an object of JSON"),
        (b'{"names":' + b"9" * 9999 + b"}", 'message: b\'{"names":' + "9" * 71 + "'; expected an object of JSON"),
        (b"[1]", "message: list; expected an object of JSON"),
        (b"{}", "message: fields ''; expected done, seconds | names"),
        (b'{"done":true}', "message: fields 'done'; expected done, seconds | names"),
        (b'{"names":[],"more":1}', "message: fields 'names, more'; expected done, seconds | names"),
        (b'{"names":[],"names":[]}', "message: a key twice; expected each once"),
        (b'{"names":[{"a":1,"a":1}]}', "message: a key twice; expected each once"),
        (b'{"done":true,"seconds":NaN}', "message: NaN; expected a number of JSON"),
        (b'{"names":[-Infinity]}', "message: -Infinity; expected a number of JSON"),
        (b'{"done":1,"seconds":1}', "message: int; expected true"),
        (b'{"done":true,"seconds":1e999}', "message: float; expected a number"),
        (b'{"names":["a",5]}', "message: int; expected a text"),
    ],
)
def test_what_is_wrong_is_said(line, sentence):
    with pytest.raises(wire.Malformed) as caught:
        wire.decode(line, FORMS)
    assert str(caught.value) == sentence


@pytest.mark.parametrize("value", [math.nan, math.inf, -math.inf])
def test_a_number_that_is_not_finite_is_written_only_where_it_may(value):
    with pytest.raises(ValueError, match="not JSON compliant"):
        wire.encode({"a": [value]})
    assert str(json.loads(wire.encode({"a": [value]}, finite=False))["a"][0]) == str(value)


# Checks

GOOD = [
    (wire.text, "\ud800", "\ud800"),
    (wire.flag, False, False),
    (wire.true, True, True),
    (wire.count, 0, 0),
    (wire.number, -3, -3.0),
    (wire.number, 0.5, 0.5),
    (wire.items, [1, "a"], [1, "a"]),
    (wire.table, {"a": None}, {"a": None}),
    (wire.list_of(wire.count), [1, 2], [1, 2]),
    (wire.or_none(wire.text), None, None),
    (wire.or_none(wire.text), "a", "a"),
    (wire.object_of({"a": wire.flag}, {"b": wire.flag}), {"b": True}, {"b": True}),
]
BAD = [
    (wire.text, b"a", "a text"),
    (wire.flag, 0, "true or false"),
    (wire.true, False, "true"),
    (wire.true, 1, "true"),
    (wire.count, -1, "a count"),
    (wire.count, True, "a count"),
    (wire.count, 1.0, "a count"),
    (wire.count, 1 << 60, "a count"),
    (wire.number, True, "a number"),
    (wire.number, math.nan, "a number"),
    (wire.number, math.inf, "a number"),
    (wire.number, 10**400, "a number"),
    (wire.number, "1", "a number"),
    (wire.items, {}, "a list"),
    (wire.table, [], "an object"),
    (wire.list_of(wire.count), [1, None], "a count"),
    (wire.or_none(wire.text), 0, "a text"),
    (wire.object_of({"a": wire.flag}, {"b": wire.flag}), {"a": True, "b": True}, "a | b"),
]


@pytest.mark.parametrize(("check", "value", "expected"), GOOD)
def test_a_check_gives_what_a_field_means(check, value, expected):
    found = check(value)
    assert (found, type(found)) == (expected, type(expected))


@pytest.mark.parametrize(("check", "value", "expected"), BAD)
def test_a_check_says_what_it_expected(check, value, expected):
    with pytest.raises(wire.Malformed, match=rf"^message: .*; expected {expected.replace('|', '[|]')}$"):
        check(value)


# Framing


@given(
    wanted=st.lists(st.binary(max_size=20).map(lambda line: line.replace(b"\n", b""))),
    torn=st.binary(max_size=20).map(lambda line: line.replace(b"\n", b"")),
    places=st.lists(st.integers(0), max_size=9),
)
@settings(deadline=None)
def test_lines_come_whole_in_whatever_parts(wanted, torn, places):
    content = b"".join(line + b"\n" for line in wanted) + torn
    assert list(wire.lines(in_parts(content, places), 20)) == wanted


@given(places=st.lists(st.integers(0), max_size=9), end=st.sampled_from([b"", b"\n", b"\nb\n"]))
@settings(deadline=None)
def test_a_line_that_is_too_long_is_malformed(places, end):
    assert list(wire.lines(in_parts(b"a" * 9 + b"\n", places), 9)) == [b"a" * 9]
    heard = wire.lines(in_parts(b"b\n" + b"a" * 10 + end, places), 9)
    assert next(heard) == b"b"
    with pytest.raises(wire.Malformed, match=r"^message: more than 9 bytes; expected a line$"):
        next(heard)


def test_lines_that_nobody_takes_are_bounded():
    incoming = wire.Incoming(9)
    incoming.add(b"a\n" * 5)
    with pytest.raises(wire.Malformed, match=r"^message: more than 9 bytes; expected a line$"):
        incoming.add(b"a\n")
    assert incoming.line() == b"a"
    incoming.add(b"a\n")


@given(content=st.binary(), places=st.lists(st.integers(0), max_size=9))
@settings(deadline=None)
def test_so_many_bytes_come_or_their_end(content, places):
    whole, short = in_parts(content, places), in_parts(content, places)
    assert wire.exactly(lambda _: whole(), len(content)) == content
    with pytest.raises(ConnectionResetError, match="the other end is gone"):
        wire.exactly(lambda _: short(), len(content) + 1)


ALONE = """
import sys
before = set(sys.modules)
import harness.processes.wire
print(sorted(name for name in set(sys.modules) - before if name.partition(".")[0] not in sys.stdlib_module_names))
"""


def test_a_jail_can_load_it():
    """The standard library is all it needs, so a fork server loads nothing more of the package with it."""
    found = subprocess.run([sys.executable, "-c", ALONE], capture_output=True, text=True, check=True)
    assert found.stdout == "['harness', 'harness.processes', 'harness.processes.wire']\n"
