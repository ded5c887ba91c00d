"""An engine in a process of its own: what it answers, and what is said where it dies."""

import json
import os
import signal
from dataclasses import replace
from pathlib import Path

import pytest

import harness
from harness.core import Completions
from harness.core import Generate
from harness.core import LogLikelihood
from harness.core import LogLikelihoods
from harness.core import Refusal
from harness.core import Rolling
from harness.engines.descriptor import EngineSpec
from harness.engines.process import Launch
from harness.engines.process.messages import ANSWERS
from harness.engines.process.messages import COMMANDS
from harness.engines.process.messages import decode_spec
from harness.engines.process.messages import encode_spec
from harness.engines.scripted import ScriptedEngine
from harness.errors import EngineError
from harness.errors import ModelError
from harness.models import Card
from harness.models import Settings
from harness.models import Weights
from harness.models import Wheel
from harness.processes import wire
from harness.processes.child import Child

ROOT = Path(harness.__file__).parents[1]
REQUESTS = tuple(Generate(f"What is {number} and {number}?") for number in range(8))

OWN = Path(__file__).parents[1] / "data" / "engines"


# Answers


def test_answers_are_those_of_the_engine_itself(opened, spec):
    requests = (*REQUESTS, LogLikelihood((("a", " b"), ("a", " c"))), Rolling("one two"), Generate("\ud800 \u2028 \n"))
    engine = opened(spec())
    assert list(engine.answer(requests)) == list(ScriptedEngine().answer(requests))
    assert list(engine.answer(requests[:1])) == list(ScriptedEngine().answer(requests[:1]))


def test_order_is_the_engines(own):
    assert [index for index, _ in own("Backwards").answer(REQUESTS)] == list(reversed(range(len(REQUESTS))))


def test_nothing_starts_before_it_is_asked(opened, spec):
    engine = opened(spec())
    assert list(engine.answer(())) == []
    assert engine.pid is None
    engine.start()
    started = engine.pid
    assert started is not None
    engine.start()
    assert dict(engine.answer(REQUESTS[:1])).keys() == {0}
    assert engine.pid == started


def test_description_is_the_engines(opened, own, spec):
    assert opened(spec()).describe() == {"engine": "scripted", "rules": 0}
    assert own("Backwards").describe() == {}


def test_description_says_what_was_answered_and_in_what_time(opened, spec):
    engine = opened(spec())
    assert engine.description is None
    responses = [response for _, response in engine.answer(REQUESTS)]
    again = [response for _, response in engine.answer(REQUESTS[:1])]
    found = engine.description["answered"]
    assert found["requests"] == len(REQUESTS) + 1
    written = [
        one for response in responses + again if isinstance(response, Completions) for one in response.completions
    ]
    assert found["written"] == sum(one.tokens for one in written)
    assert found["scored"] == sum(sum(one.tokens) for one in responses + again if isinstance(one, LogLikelihoods))
    assert 0 < found["seconds"] < 60
    assert {**engine.description, "answered": 0} == {"engine": "scripted", "rules": 0, "answered": 0}


def test_specification_survives_the_wire():
    card = Card("a", hub_id="b/c", parameters=3, wheel=Wheel("d==1", "e", 2, "f", "g"))
    whole = EngineSpec(
        Weights(card, "/h", "i.gguf", "j", {"gguf": "k"}), Settings("l", think_tokens=4), 5, {"o": "p"}, {"q": [1]}
    )
    assert decode_spec(wire.decode(wire.encode(encode_spec(whole)), COMMANDS)) == whole
    plain = replace(whole, weights=replace(whole.weights, card=Card("a")))
    assert decode_spec(wire.decode(wire.encode(encode_spec(plain)), COMMANDS)) == plain


def test_what_libraries_print_goes_to_the_log(own, tmp_path):
    answers = [response.completions[0].text for _, response in own("Noisy").answer(REQUESTS[:2])]
    assert answers == ["clean", "clean"]
    logged = (tmp_path / "log").read_text()
    assert all(noise in logged for noise in ("noise by print", "noise by number", "noise of a grandchild"))


def test_environment_of_the_child(own, monkeypatch):
    monkeypatch.setenv("OMP_NUM_THREADS", "7")
    monkeypatch.setenv("PYTEST_XDIST_WORKER", "gw0")
    monkeypatch.setenv("HF_HUB_OFFLINE", "0")
    ((_, response),) = own("Environment", OWN="1").answer(REQUESTS[:1])
    env = json.loads(response.completions[0].text)
    assert not [name for name in env if name.startswith("PYTEST_")]
    expected = {"HF_HUB_OFFLINE": "1", "TRANSFORMERS_OFFLINE": "1", "OMP_NUM_THREADS": "7", "OWN": "1"}
    assert {name: env[name] for name in expected} == expected
    assert env["TOKENIZERS_PARALLELISM"] == os.environ.get("TOKENIZERS_PARALLELISM", "false")


# Death


def test_kill_is_reported_and_the_next_question_starts_afresh(opened, tmp_path, spec):
    crash = {"crash": {"after": 3, "how": "kill", "once": str(tmp_path / "crashed")}}
    engine = opened(spec(crash, tmp_path), Launch(log=tmp_path / "log"))
    asked = engine.answer(REQUESTS)
    answers = dict(next(asked) for _ in range(3))
    first = engine.pid
    with pytest.raises(EngineError) as raised:
        next(asked)
    assert str(raised.value) == (
        f"engine scripted of toy: killed by SIGKILL (out of memory?); last line of {tmp_path / 'log'}: ''"
    )
    assert answers == dict(list(ScriptedEngine().answer(REQUESTS))[:3])
    assert dict(engine.answer(REQUESTS)) == dict(ScriptedEngine().answer(REQUESTS))
    assert engine.pid != first


@pytest.mark.parametrize("signalled", [signal.SIGSEGV, signal.SIGTERM, signal.SIGKILL])
def test_signal_from_outside_is_named(opened, tmp_path, signalled, spec):
    engine = opened(spec({"delay": 0.2}, tmp_path))
    answers = engine.answer(REQUESTS)
    assert next(answers)[0] == 0
    os.kill(engine.pid, signalled)
    with pytest.raises(EngineError, match=f"killed by {signalled.name}"):
        list(answers)


def test_exit_status_is_reported(opened, tmp_path, spec):
    engine = opened(spec({"crash": {"after": 0, "how": "exit", "status": 9}}, tmp_path))
    with pytest.raises(EngineError, match=r"^engine scripted of toy: ended with exit status 9; last line: ''$"):
        list(engine.answer(REQUESTS))


def test_last_line_of_the_log_is_in_the_sentence(own, tmp_path):
    shell = tmp_path / "python"
    shell.write_text("#!/bin/sh\nprintf 'some\\nthe reason\\n\\n' >&2\nexit 4\n")
    shell.chmod(0o755)
    engine = own("Noisy")
    engine.launch = Launch(python=str(shell), log=tmp_path / "log")
    expected = f"ended with exit status 4; last line of {tmp_path / 'log'}: 'the reason'"
    with pytest.raises(EngineError) as raised:
        list(engine.answer(REQUESTS))
    assert str(raised.value).endswith(expected)


def test_line_torn_by_death_is_no_answer(opened, tmp_path, spec):
    whole = wire.encode({"answers": [[0, {"kind": "Refusal", "reason": "r"}]]}).decode()
    shell = tmp_path / "python"
    shell.write_text(f"#!/bin/sh\nprintf '%s\\n%s' '{whole.strip()}' '{whole[:30]}'\n")
    shell.chmod(0o755)
    answers = opened(spec(), Launch(python=str(shell))).answer(REQUESTS)
    assert next(answers)[0] == 0
    with pytest.raises(EngineError, match="ended with exit status 0"):
        next(answers)


REFUSED = '{"kind":"Refusal","reason":"r"}'


@pytest.mark.parametrize(
    ("line", "found"),
    [
        ("noise", "b'noise'; expected an object of JSON"),
        ('{"done":true}', "fields 'done'; expected ready | answers | progress | done, seconds, ready | error"),
        ('{"answers":[[0]]}', "list; expected an index and a response"),
        (f'{{"answers":[[-1,{REFUSED}]]}}', "int; expected a count"),
        ('{"answers":[[0,{"kind":"Nope"}]]}', "kind: found 'Nope'; expected one of Message, "),
        ('{"answers":[[0,{"kind":{}}]]}', "unhashable type: 'dict'"),
        ('{"answers":[[0,{"kind":"Refusal"}]]}', "Refusal: "),
        ('{"answers":[[0,{"kind":"Rolling","text":"t"}]]}', "Rolling; expected Completions or LogLikelihoods or "),
        ('{"answers":[[0,{"kind":"LogLikelihoods","values":[NaN]}]]}', "NaN; expected a number of JSON"),
        ('{"error":{"kind":"ModelError"}}', "fields 'kind'; expected kind, message"),
    ],
)
def test_malformed_message_is_one_sentence(opened, tmp_path, line, found, spec):
    shell = tmp_path / "python"
    shell.write_text(f"#!/bin/sh\ncat <<'END'\n{line}\nEND\nexec cat >/dev/null\n")
    shell.chmod(0o755)
    engine = opened(spec(), Launch(python=str(shell)))
    with pytest.raises(EngineError) as raised:
        list(engine.answer(REQUESTS))
    assert str(raised.value).startswith(f"engine scripted of toy: wrote a malformed message: {found}")
    assert engine.pid is None


def test_answer_to_what_was_not_asked_is_one_sentence(own):
    with pytest.raises(EngineError, match=r"^engine .* of toy: answered request 2; expected one of 2$"):
        list(own("Generous").answer(REQUESTS[:2]))


def test_answer_without_finite_numbers_is_refused_alone(own):
    first, second = (response for _, response in own("Unbounded").answer(REQUESTS[:2]))
    assert first == Refusal("engine: Out of range float values are not JSON compliant; expected finite numbers")
    assert second == LogLikelihoods((-1.0,), (1,), (True,))


def test_engine_does_not_obey_what_is_malformed(tmp_path):
    child = Child("harness.engines.process.worker", ANSWERS, Launch(log=tmp_path / "log"))
    child.send({"nonsense": 1})
    assert child.hear(60) is None
    assert child.obituary().startswith("ended with exit status 1; last line of ")
    assert "Malformed: message: fields 'nonsense'; expected weights, " in child.obituary()
    child.end()


@pytest.mark.parametrize(
    ("name", "kind", "expected"),
    [
        ("Gated", ModelError, r"^model x: gated; accept its licence$"),
        ("Broken", EngineError, r"^engine x: broken; mend it$"),
        ("wrong", EngineError, r"^engine own_engines:wrong of toy: ValueError: two\nlines; its traceback is in .*log$"),
        ("absent", EngineError, r"AttributeError: module 'own_engines' has no attribute 'absent'"),
    ],
)
def test_errors_cross_as_what_they_are(own, tmp_path, name, kind, expected):
    with pytest.raises(kind, match=expected) as raised:
        list(own(name).answer(REQUESTS))
    assert type(raised.value) is kind
    assert "Traceback" in (tmp_path / "log").read_text()


def test_unknown_engine_names_those_there_are(opened):
    engine = opened(EngineSpec(Weights(Card("toy"), ""), Settings("nope")))
    with pytest.raises(EngineError, match=r"found 'nope'; expected openai, or module:callable"):
        list(engine.answer(REQUESTS))


def test_interpreter_that_is_not_there_is_one_sentence(opened, spec):
    with pytest.raises(EngineError, match=r"^/none/python: No such file or directory; expected a Python interpreter$"):
        list(opened(spec(), Launch(python="/none/python")).answer(REQUESTS))


def test_log_that_cannot_be_written_is_one_sentence(opened, tmp_path, spec):
    with pytest.raises(EngineError, match=r"expected a log file to write to$"):
        list(opened(spec(), Launch(log=tmp_path / "none" / "log")).answer(REQUESTS))
