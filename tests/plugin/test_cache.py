"""Answers are kept: equal requests are asked once, and no model is handed another's answer."""

import dataclasses

import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.core import Completion
from harness.core import Completions
from harness.errors import StoreError
from harness.models import Identity
from harness.store.answers import Answers
from harness.store.answers import answer_key


def test_a_second_identical_run_asks_nothing(sums):
    sums.run()
    assert len(sums.asked) == 12
    first = sums.verdicts()
    output = sums.run()
    assert "0 requests asked" in output
    assert len(sums.asked) == 12
    assert sums.verdicts() == first


def test_a_second_identical_run_writes_no_record_twice(sums):
    sums.run()
    lines = (sums.folder / "records.jsonl").read_text()
    sums.run()
    assert (sums.folder / "records.jsonl").read_text() == lines


def test_refresh_asks_again(sums):
    sums.run()
    sums.run("--refresh")
    assert len(sums.asked) == 24


def test_equal_requests_are_asked_once(sums):
    rows = sums.path / "pages/sums/alpha.jsonl"
    rows.write_text(rows.read_text().splitlines()[0] * 1 + "\n" + rows.read_text().splitlines()[0] + "\n")
    assert "2 passed" in sums.run("-k", "alpha")
    assert len(sums.asked) == 1


def test_two_models_are_each_asked(sums):
    sums.run("-k", "alpha", "--model", "one", "--model", "two")
    # a scripted model is its script alone, so both have one identity and the second finds the answers of the first
    assert len(sums.asked) == 6
    assert len(sums.verdicts()) == 12


digests = st.text("0123456789abcdef", min_size=64, max_size=64)


@given(digests, digests, digests, digests)
def test_keys_differ_where_model_or_request_differ(one, two, first, second):
    assert (answer_key(one, first) == answer_key(two, second)) == ((one, first) == (two, second))


facts = st.dictionaries(st.text(min_size=1), st.none() | st.booleans() | st.integers() | st.text(), min_size=1)


@given(facts, facts)
def test_identities_differ_where_a_fact_differs(one, two):
    assert (Identity(one).digest == Identity(two).digest) == (one == two)


def test_a_file_of_another_identity_is_refused(tmp_path):
    path = tmp_path / "a.sqlite"
    answers = Answers(path, "a" * 64)
    answers.put("p", Completions((Completion("x", "stop", 1),)))
    answers.close()
    with pytest.raises(StoreError, match="holds the answers of identity aaaaaaaaaaaa; expected bbbbbbbbbbbb"):
        Answers(path, "b" * 64)


def test_an_answer_comes_back_as_it_was(tmp_path):
    response = Completions((Completion("a\nb 😀", "length", 3, thought="hm"),), prompt_tokens=4, dropped=1)
    answers = Answers(tmp_path / "a.sqlite", "a" * 64)
    answers.put("p", response)
    assert answers.get("p") == response
    assert answers.get("q") is None
    assert dataclasses.is_dataclass(answers.get("p"))


@pytest.mark.parametrize("count", [0, 1, 499, 500, 501, 1700])
def test_what_is_missing_is_found_whatever_the_number(tmp_path, count):
    answers = Answers(tmp_path / "a.sqlite", "a" * 64)
    prompts = [f"p{number}" for number in range(count)]
    for prompt in prompts[::3]:
        answers.put(prompt, Completions((Completion("x", "stop", 1),)))
    assert answers.missing(prompts) == set(prompts) - set(prompts[::3])
    answers.forget(prompts[:3])
    assert answers.missing(prompts[:3]) == set(prompts[:3])


def test_a_benchmark_of_many_windows_is_answered_and_resumed(project):
    project.page("alpha", rows=1300)
    project.script(answers=[{"match": "alpha 1:", "text": " 2"}])
    assert "700 passed" in project.run("--limit", "700")
    assert "1300 passed" in project.run()
    assert len(project.asked) == 1300
