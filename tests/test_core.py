"""Every value of core survives its JSON form, and a fingerprint changes with every field."""

import dataclasses
import json

import pytest
from hypothesis import given
from hypothesis import settings
from hypothesis import strategies as st

from harness import core
from harness.core import Case
from harness.core import Completion
from harness.core import Completions
from harness.core import Generate
from harness.core import LogLikelihood
from harness.core import LogLikelihoods
from harness.core import Message
from harness.core import Record
from harness.core import Refusal
from harness.core import Rolling
from harness.core import Score
from harness.core import decode
from harness.core import fingerprint
from harness.encoding import encode

text = st.text(max_size=20)
number = st.floats(allow_nan=False, allow_infinity=False)
small = st.integers(0, 1000)
messages = st.lists(st.builds(Message, st.sampled_from(["system", "user", "assistant"]), text), max_size=3).map(tuple)
texts = st.lists(text, max_size=3).map(tuple)
generates = st.builds(Generate, text | messages, small, texts, number, number, small, small)
likelihoods = st.builds(LogLikelihood, st.lists(st.tuples(text, text), max_size=3).map(tuple))
requests = generates | likelihoods | st.builds(Rolling, text)
completions = st.builds(Completion, text, st.sampled_from(["stop", "length"]), small, st.none() | text)
responses = (
    st.builds(Completions, st.lists(completions, max_size=3).map(tuple), small, small)
    | st.builds(
        LogLikelihoods,
        st.lists(number, max_size=3).map(tuple),
        st.lists(small, max_size=3).map(tuple),
        st.lists(st.booleans(), max_size=3).map(tuple),
    )
    | st.builds(Refusal, text)
)
targets = st.recursive(
    st.none() | st.booleans() | small | text, lambda inner: st.lists(inner, max_size=3).map(tuple), max_leaves=4
)
cases = st.builds(
    Case, text, st.lists(requests, max_size=2).map(tuple), targets, st.none() | text, st.none() | text, texts
)
scores = st.builds(
    Score, text, st.lists(number, max_size=4).map(tuple), st.none() | st.just("correct"), st.none() | text
)
records = st.builds(
    Record,
    model=text,
    benchmark=text,
    version=small,
    case=text,
    node=text,
    attempt=small,
    status=st.just("measured"),
    digest=text,
    target=targets,
    responses=st.lists(responses, max_size=2).map(tuple),
    scores=st.lists(scores, max_size=2).map(tuple),
)


@given(requests | responses | cases | records)
@settings(deadline=None)
def test_json_both_ways(value):
    assert decode(json.loads(json.dumps(encode(value)))) == value


@given(requests, requests)
@settings(deadline=None)
def test_equal_requests_and_no_others_share_a_fingerprint(one, other):
    assert (fingerprint(one) == fingerprint(other)) == (encode(one) == encode(other))


def test_a_fingerprint_changes_with_every_field_but_those_that_turns_alone_show():
    base = Generate("a", 1, ("b",), 0.5, 0.9, 2, 3)
    changed = [Generate("x", 1, ("b",), 0.5, 0.9, 2, 3)]
    changed += [
        dataclasses.replace(base, **{field: value})
        for field, value in {
            "max_tokens": 2,
            "stop": (),
            "temperature": 0.6,
            "top_p": 1.0,
            "samples": 1,
            "seed": 4,
            "suffix": "c",
        }.items()
    ]
    shown = {"answer_language", "source"}
    assert len({fingerprint(request) for request in [base, *changed]}) == 1 + len(dataclasses.fields(base)) - len(shown)
    assert fingerprint(dataclasses.replace(base, answer_language="Ruby", source=True)) == fingerprint(base)
    case = Case("1", (base,), None)
    assert dataclasses.replace(case, requests=(dataclasses.replace(base, source=True),)).digest == case.digest


def test_a_request_and_its_fingerprint_are_pinned():
    # a change here makes every cached answer worthless: let it be on purpose
    assert fingerprint(Generate("a")) == "9a2e42ae4664ad412a0e1af4203ddb6ef7226c7aded675d445b246c1ecee6431"


def test_nothing_behind_a_gap_is_another_request_than_none():
    assert encode(Generate("a", suffix=""))["suffix"] == ""
    assert "suffix" not in encode(Generate("a"))
    assert decode(encode(Generate("a", suffix=""))) == Generate("a", suffix="")


def test_the_digest_of_a_case_is_what_is_asked_and_expected():
    case = Case("1", (Rolling("a"),), "t")
    assert case.digest == dataclasses.replace(case, id="2", tags=("x",)).digest
    assert case.digest != dataclasses.replace(case, target="u").digest
    assert case.digest != dataclasses.replace(case, requests=(Rolling("b"),)).digest


@pytest.mark.parametrize(
    ("value", "message"),
    [
        ({"kind": "Nothing"}, "kind: found 'Nothing'; expected one of Message"),
        ({"kind": "Refusal", "why": 1}, "Refusal: .*why.*; expected the fields reason"),
    ],
)
def test_what_is_no_value_is_an_error(value, message):
    with pytest.raises(ValueError, match=message):
        decode(value)


def test_all_kinds_are_frozen():
    assert all(kind.__dataclass_params__.frozen for kind in core.KINDS.values())
