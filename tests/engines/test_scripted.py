"""The scripted engine: what a script can say, and what is answered where it says nothing."""

import json
import os
import re
import signal
import subprocess
import sys
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.core import Completion
from harness.core import Completions
from harness.core import Generate
from harness.core import LogLikelihood
from harness.core import LogLikelihoods
from harness.core import Message
from harness.core import Refusal
from harness.core import Rolling
from harness.core import fingerprint
from harness.engines.descriptor import EngineSpec
from harness.engines.process import EngineProcess
from harness.engines.scripted import ScriptedEngine
from harness.engines.scripted import parse_script
from harness.engines.scripted import read_script
from harness.engines.scripted import scripted_weights
from harness.errors import EngineError
from harness.models import Settings
from harness.models.cards import bare_card

PAIRS = LogLikelihood((("Sky is", " blue"), ("Sky is", " green as grass")))


def answer(script, *requests):
    return [response for _, response in ScriptedEngine(parse_script(script)).answer(requests)]


def text(script, request):
    (response,) = answer(script, request)
    return response.completions[0].text


def rules(*found):
    return {"answers": list(found)}


def test_first_rule_that_fits_answers():
    script = rules({"prompt": "a", "text": "1"}, {"match": "^a", "text": "2"}, {"match": "b$", "text": "3"})
    assert [text(script, Generate(prompt)) for prompt in ("a", "ab", "cb")] == ["1", "2", "3"]


def test_conversation_is_matched_as_plain_text():
    turns = (Message("user", "Q:"), Message("assistant", " A"), Message("user", "R:"))
    assert text(rules({"prompt": "Q: A\n\nR:", "text": "yes"}), Generate(turns)) == "yes"


def test_samples_take_the_texts_in_turn():
    (response,) = answer(rules({"match": "", "texts": ["x", "y"]}), Generate("p", samples=3))
    assert [completion.text for completion in response.completions] == ["x", "y", "x"]


def test_stop_string_ends_the_text_and_is_no_part_of_it():
    assert text(rules({"match": "", "text": "one\ntwo END"}), Generate("p", stop=("END", "\n"))) == "one"


def test_budget_counts_words_and_truncates():
    (response,) = answer(rules({"match": "", "text": " one two  three"}), Generate("p", max_tokens=2))
    assert response.completions == (Completion(" one two  ", "length", 2),)


def test_finish_and_thought_are_as_written():
    script = rules({"match": "", "text": "", "finish": "length", "thought": "hm"})
    (response,) = answer(script, Generate("p"))
    assert response == Completions((Completion("", "length", 0, "hm"),), prompt_tokens=1)


def test_given_log_likelihoods_and_drawn_ones():
    (response,) = answer(rules({"prompt": "Sky is", "loglikelihoods": {" blue": -0.5}}), PAIRS)
    assert response.values[0] == -0.5
    assert -32 < response.values[1] <= 0
    assert response.tokens == (1, 3)
    assert response.greedy == tuple(value == max(response.values) for value in response.values)


@pytest.mark.parametrize("request_", [Generate("no"), LogLikelihood((("ok", " x"), ("no", " x"))), Rolling("no")])
def test_refusal_is_given_for_every_kind(request_):
    assert answer(rules({"prompt": "no", "refuse": "too long"}), request_) == [Refusal("too long")]


TEXTS = st.text(max_size=20)
REQUESTS = st.one_of(
    st.builds(Generate, TEXTS, max_tokens=st.integers(1, 5), samples=st.integers(1, 3), seed=st.integers(0, 3)),
    st.builds(LogLikelihood, st.lists(st.tuples(TEXTS, TEXTS), max_size=4).map(tuple)),
    st.builds(Rolling, TEXTS),
)


@given(st.lists(REQUESTS, max_size=5), st.randoms())
def test_answer_without_a_script_depends_on_the_request_alone(requests, chance):
    alone = {fingerprint(request): next(ScriptedEngine().answer([request]))[1] for request in requests}
    shuffled = list(requests)
    chance.shuffle(shuffled)
    for index, response in ScriptedEngine().answer(shuffled):
        assert response == alone[fingerprint(shuffled[index])]


def test_default_answer_is_the_same_in_every_process():
    code = (
        "from harness.engines.scripted import ScriptedEngine; from harness.core import Generate\n"
        "print(next(ScriptedEngine().answer([Generate('What?')]))[1].completions[0].text)"
    )
    env = os.environ | {"PYTHONHASHSEED": "7"}
    other = subprocess.run([sys.executable, "-c", code], env=env, capture_output=True, text=True, check=True).stdout
    assert other.rstrip("\n") == text({}, Generate("What?"))
    assert re.fullmatch(r" Scripted answer [0-9a-f]{8}: \d{1,3}\n", other)


def test_lines_say_the_same_as_one_object(tmp_path):
    found = [{"prompt": "a", "text": "1"}, {"match": "b", "refuse": "2"}]
    whole, lines = tmp_path / "s.json", tmp_path / "s.jsonl"
    whole.write_text(json.dumps({"answers": found, "delay": 0.5, "crash": {"after": 3}}))
    content = [{"delay": 0.5}, *found, {"crash": {"after": 3}}]
    lines.write_text("\n\n".join(json.dumps(line) for line in content))
    assert read_script(whole) == read_script(lines)
    assert read_script(whole).crash.after == 3


@pytest.mark.parametrize(
    "content", ["{", "[]", '{"answer": []}', '{"answers": [{"promt": "a"}]}', '{"answers": [{"match": "("}]}']
)
def test_script_that_is_none_is_one_sentence(tmp_path, content):
    path = tmp_path / "s.json"
    path.write_text(content)
    expected = r"s\.json: .*; expected a script with answers, delay, load, journal, crash"
    with pytest.raises(EngineError, match=expected):
        read_script(path)


def test_script_that_is_not_there_is_one_sentence(tmp_path):
    with pytest.raises(EngineError, match=r"none\.json: .*; expected a script with"):
        read_script(tmp_path / "none.json")


def test_delay_is_per_request():
    start = time.monotonic()
    answer({"delay": 0.05}, Generate("a"), Generate("b"))
    assert 0.1 <= time.monotonic() - start < 1


@pytest.mark.parametrize(("how", "kind"), [("raise", EngineError), ("error", RuntimeError)])
def test_crash_comes_after_so_many_answers(how, kind):
    engine = ScriptedEngine(parse_script({"crash": {"after": 2, "how": how}}))
    assert len(list(engine.answer([Generate("a")]))) == 1
    answers = engine.answer([Generate("b"), Generate("c")])
    assert next(answers)[0] == 0
    with pytest.raises(kind):
        next(answers)


@pytest.mark.parametrize(("how", "status"), [("kill", -signal.SIGKILL), ("exit", 3)])
def test_crash_may_end_the_process(how, status):
    code = (
        "from harness.engines.scripted import *; from harness.core import Generate\n"
        f"list(ScriptedEngine(parse_script({{'crash': {{'after': 0, 'how': {how!r}}}}})).answer([Generate('a')]))"
    )
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == status


def test_journal_counts_what_was_asked_across_deaths(tmp_path):
    journal, script = tmp_path / "journal", tmp_path / "s.json"
    crash = {"after": 2, "how": "kill", "once": str(tmp_path / "crashed")}
    script.write_text(json.dumps({"journal": str(journal), "crash": crash}))
    requests = [Generate("a"), PAIRS, Rolling("c")]
    engine = EngineProcess(EngineSpec(scripted_weights(bare_card("toy"), script), Settings("scripted")))
    kept = {}
    with pytest.raises(EngineError):
        kept.update(engine.answer(requests))
    list(engine.answer(requests[2:]))
    engine.close()
    lines = [json.loads(line) for line in journal.read_text().splitlines()]
    assert [line["prompt"] for line in lines] == [fingerprint(request) for request in requests]
    assert [line["kind"] for line in lines] == ["Generate", "LogLikelihood", "Rolling"]
    assert len({line["pid"] for line in lines}) == 2


def test_rolling_is_one_value():
    (response,) = answer({}, Rolling("a b c"))
    assert isinstance(response, LogLikelihoods)
    assert (len(response.values), response.tokens) == (1, (3,))
