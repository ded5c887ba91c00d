"""Answers of a server: what is sent, what is read, and what becomes of everything that can go wrong."""

import math
import time
from collections import deque

import pytest
from toy_server import KEY
from toy_server import Fault
from toy_server import Toy
from toy_server import ToyServer
from toy_server import status

from harness.core import Completion
from harness.core import Completions
from harness.core import Generate
from harness.core import LogLikelihood
from harness.core import LogLikelihoods
from harness.core import Message
from harness.core import Refusal
from harness.core import Rolling
from harness.engines.descriptor import Choice
from harness.engines.descriptor import EngineSpec
from harness.engines.openai import ENGINE
from harness.engines.openai import open_engine
from harness.engines.openai import prepare
from harness.engines.openai import resolve
from harness.engines.openai.writing import timed
from harness.errors import EngineGivenUpError


class Session:
    """A toy server, and the engine that asks it."""

    def __init__(self, toy, template="auto", **options):
        self.toy = toy
        self.server = ToyServer(toy)
        given = {"base-url": self.server.url, "concurrency": 8, "tries": 3, "request-timeout": 20, "server-wait": 1}
        choice = Choice("openai", ENGINE, {**given, **options}, template)
        self.prepared = found = prepare(resolve("toy"), choice)
        self.engine = open_engine(EngineSpec(found.weights, found.settings, 0, choice.options, found.findings))
        toy.asked.clear()

    def answers(self, *requests):
        found = dict(self.engine.answer(requests))
        assert sorted(found) == list(range(len(requests)))
        return [found[number] for number in range(len(requests))]

    def close(self):
        self.engine.close()
        self.server.close()


@pytest.fixture
def session(monkeypatch):
    """Opens a session with a toy."""
    monkeypatch.delenv("OPENAI_API_KEY", raising=False)
    sessions = []

    def begin(toy=None, **options):
        sessions.append(Session(toy or Toy(), **options))
        return sessions[-1]

    yield begin
    for one in sessions:
        one.close()


def sums(count):
    return [Generate(f"sum {number}: {number} + 1?", 8) for number in range(count)]


def texts(answers):
    return [answer.completions[0].text for answer in answers]


def test_answers_are_what_the_model_writes(session):
    opened = session()
    answers = opened.answers(*sums(20))
    assert texts(answers) == [f" {number + 1}" for number in range(20)]
    first = answers[0]
    assert (first.completions[0].finish, first.completions[0].tokens, first.prompt_tokens) == ("stop", 1, 8)


@pytest.mark.parametrize("bos", ["", "<s>"])
def test_log_likelihoods_are_those_of_the_continuation(session, bos):
    opened = session(Toy(bos=bos))
    pairs = (("which?", " a"), ("which?", " b"), ("which? ", "b c"))
    (found,) = opened.answers(LogLikelihood(pairs))
    toy = opened.toy

    def wanted(context, tokens):
        return sum(toy.logprob(context + "".join(tokens[:at]), token) for at, token in enumerate(tokens))

    assert found.values == pytest.approx(
        [wanted("which?", [" a"]), wanted("which?", [" b"]), wanted("which?", [" b", " c"])]
    )
    assert found.tokens == (1, 1, 2)
    assert found.greedy == (True, False, False)
    assert found.apart == 0


def test_whole_texts_are_scored_behind_a_bos(session):
    opened = session(Toy(bos="<s>"))
    (found,) = opened.answers(Rolling("red green"))
    assert found.tokens == (2,)
    assert found.values[0] == pytest.approx(opened.toy.logprob("", "red") + opened.toy.logprob("red", " green"))


def test_an_empty_context_without_a_bos_is_refused(session):
    (found,) = session().answers(LogLikelihood((("", "red"),)))
    assert found == Refusal("the server gives no log-prob for a text's first token; expected a context before it")


def test_a_token_that_spans_context_and_continuation_is_refused(session):
    found = session(Toy(spans="ore")).answers(LogLikelihood((("an o", "re"),)), LogLikelihood((("an ore", " b"),)))
    assert found[0] == Refusal("a token spans context and continuation 're'; expected one to end there")
    assert isinstance(found[1], LogLikelihoods)


def test_a_continuation_without_a_token_is_refused(session):
    (found,) = session().answers(LogLikelihood((("which?", ""),)))
    assert found == Refusal("continuation '': it has no token; expected one to score")


def test_turns_are_asked_as_turns(session):
    opened = session(template="on")
    prompt = (Message("user", " 1 + 1? "), Message("assistant", "2"), Message("user", "2 + 1?"))
    (found,) = opened.answers(Generate(prompt, 8, stop=("\ndef", "Q:")))
    assert texts([found]) == [" 3"]
    (body,) = opened.toy.asked
    assert [one["content"] for one in body["messages"]] == ["1 + 1?", "2", "2 + 1?"]
    assert body["stop"] == ["Q:"]


def test_without_a_template_turns_are_one_text(session):
    opened = session()
    opened.answers(Generate((Message("user", "1 + 1?"), Message("assistant", " 2"), Message("user", "2 + 1?")), 8))
    assert opened.toy.asked[0]["prompt"] == "1 + 1? 2\n\n2 + 1?"


@pytest.mark.parametrize("honoured", [True, False])
def test_stop_strings_end_an_answer_wherever_the_server_does(session, honoured):
    opened = session(Toy(stop=honoured))
    plain, stopped = opened.answers(Generate("hi", 9), Generate("hi", 9, stop=("never", "no", "nor", "not", " b")))
    whole = plain.completions[0].text
    assert " b" in whole
    assert texts([stopped]) == [whole[: whole.find(" b")]]
    assert ("stop" in opened.toy.asked[1] or "stop" in opened.toy.asked[0]) == honoured


def test_a_greedy_answer_is_asked_once(session):
    opened = session()
    (found,) = opened.answers(Generate("1 + 1?", 8, samples=3))
    assert texts([found]) == [" 2"]
    assert len(found.completions) == 3
    assert len(opened.toy.asked) == 1


def test_a_call_s_seconds_are_those_of_its_answer(session):
    """llama.cpp's server also says for how many milliseconds it wrote behind the prompt; others say nothing of it."""
    asked = (Generate("1 + 1?", 8), LogLikelihood((("which?", " a"), ("which?", " b"))))
    text, scored = session().answers(*asked)
    assert text.completions[0].first_token is None
    assert 0 < text.completions[0].latency < 20
    assert 0 < scored.latency < 20


@pytest.mark.parametrize(
    ("timings", "seconds", "first"),
    [
        ({"predicted_ms": 250.0}, 1.0, 0.75),
        ({"predicted_ms": 250}, 0.25, None),
        ({"predicted_ms": -1}, 1.0, None),
        ({}, 1.0, None),
        ("none", 1.0, None),
        (None, 1.0, None),
    ],
)
def test_the_first_token_of_llama_cpp_s_server_came_before_it_wrote_on(timings, seconds, first):
    (found,) = timed(Completions((Completion("8", "stop", 2),)), {"timings": timings}, seconds).completions
    assert (found.first_token, found.latency) == (first, seconds)


def test_one_call_with_several_samples_has_no_first_token():
    made = timed(Completions((Completion("8", "stop", 2),) * 2), {"timings": {"predicted_ms": 1.0}}, 1.0)
    assert [one.first_token for one in made.completions] == [None, None]


def test_each_sample_has_a_seed_of_its_own_that_no_other_changes(session):
    opened = session()
    few, many = (opened.answers(Generate("hi", 9, temperature=0.8, samples=count))[0] for count in (2, 4))
    assert many.completions[:2] == few.completions
    assert len({one.text for one in many.completions}) == 4
    assert {body["temperature"] for body in opened.toy.asked} == {0.8}
    assert opened.answers(Generate("hi", 9, temperature=0.8, samples=2, seed=1))[0] != few


def test_samples_without_seeds_are_one_call(session):
    opened = session(Toy(seed=False))
    (found,) = opened.answers(Generate("hi", 9, temperature=0.8, samples=3))
    assert len({one.text for one in found.completions}) == 3
    (body,) = opened.toy.asked
    assert (body["n"], "seed" in body) == (3, False)
    assert sum(one.tokens for one in found.completions) == 27


def test_samples_without_seeds_and_without_n_are_calls_of_their_own(session):
    opened = session(Toy(seed=False, several=False))
    (found,) = opened.answers(Generate("hi", 9, temperature=0.8, samples=3))
    assert (len(found.completions), len(opened.toy.asked)) == (3, 3)


def test_a_thought_stands_apart(session):
    opened = session(Toy(thinks=" hm "), template="on", **{"think-tokens": 5})
    (found,) = opened.answers(Generate("1 + 1?", 3, stop=("Q",)))
    assert (found.completions[0].text, found.completions[0].thought) == (" 2", "hm")
    (body,) = opened.toy.asked
    assert (body["max_tokens"], "stop" in body) == (8, False)


@pytest.mark.parametrize(
    "fault",
    [
        status(429, headers={"Retry_After": "0"}),
        status(500),
        status(502),
        status(503),
        status(408),
        Fault("status", 500, "no JSON at all"),
        Fault("half"),
        Fault("garbage"),
        Fault("empty"),
        Fault("drop"),
        Fault("shape"),
    ],
    ids=lambda fault: f"{fault.kind}{fault.status or ''}",
)
def test_what_goes_wrong_once_is_asked_again(session, fault):
    opened = session()
    opened.toy.faults.append(fault)
    assert texts(opened.answers(*sums(3))) == [" 1", " 2", " 3"]
    assert len(opened.toy.asked) == 4
    assert opened.engine.describe()["retried"] == 1


@pytest.mark.parametrize(
    ("fault", "reason"),
    [
        (status(500, "boom"), "500: boom, tried 3 times; expected an answer"),
        (status(400, "what is top_p"), "400: what is top_p; expected an answer"),
        (status(403, "flagged"), "403: flagged; expected a key that may ask this"),
        (Fault("garbage"), "an answer that is no JSON: '<html>oops</html>', tried 3 times; expected an answer"),
        (Fault("empty"), "an answer with 0 choices, tried 3 times; expected 1"),
        (Fault("filter"), "the server's content filter ended the answer; expected a whole one"),
        (Fault("shape"), "an answer with finish_reason 'None', tried 3 times; expected stop or length"),
    ],
    ids=lambda part: getattr(part, "kind", ""),
)
def test_what_goes_wrong_with_one_request_refuses_it_alone(session, fault, reason):
    opened = session()
    opened.toy.poison["sum 1:"] = fault
    found = opened.answers(*sums(4))
    assert found[1] == Refusal(reason)
    assert texts([found[0], *found[2:]]) == [" 1", " 3", " 4"]


def test_a_prompt_that_does_not_fit_is_refused_with_the_limit(session):
    opened = session(Toy(context=40))
    found = opened.answers(Generate("long " * 50, 4), *sums(1))
    assert found[0] == Refusal("the prompt and its answer do not fit; the server's context is 40 tokens")
    assert texts(found[1:]) == [" 1"]
    opened.toy.poison["other"] = Fault(
        "status", 400, {"error": {"type": "exceed_context_size_error", "n_prompt_tokens": 9, "n_ctx": 7}}
    )
    assert opened.answers(Generate("other", 4)) == [
        Refusal("the prompt has 9 tokens; the server's context is 7 tokens")
    ]


def test_silence_ends_after_the_time_that_is_given(session):
    opened = session(tries=1, **{"request-timeout": 2})
    opened.toy.poison["sum 1:"] = Fault("silence")
    found = opened.answers(*sums(3))
    assert found[1] == Refusal("no answer in 2 s; expected an answer")
    assert texts([found[0], found[2]]) == [" 1", " 3"]


def test_a_lone_surrogate_is_refused(session):
    (found,) = session().answers(Generate("\ud800", 4))
    assert found == Refusal("the text holds a lone surrogate; no server takes it")


def test_retry_after_is_waited_for(session):
    opened = session()
    opened.toy.faults.append(status(429, headers={"Retry_After": "1"}))
    start = time.monotonic()
    opened.answers(*sums(1))
    assert opened.toy.begun[-1] - opened.toy.begun[-2] >= 1
    assert time.monotonic() - start < 30


def test_a_server_that_wants_to_be_left_alone_for_an_hour_is_not_asked_again(session):
    opened = session()
    opened.toy.faults.append(status(429, "tomorrow", headers={"Retry_After": "3600"}))
    with pytest.raises(EngineGivenUpError, match="429: tomorrow; expected an answer"):
        opened.answers(*sums(1))
    assert len(opened.toy.asked) == 1


@pytest.mark.parametrize(
    ("fault", "found"),
    [
        (status(401, f"wrong key {KEY}"), "401: found a key that it does not take"),
        (status(404, "the model is gone"), "404: the model is gone; expected a model and an endpoint that it serves"),
        (status(429, "pay", type="insufficient_quota"), "429: pay; expected an account that may still ask"),
        (status(503), "503: as the test wants it, tried 2 times; expected an answer"),
        (Fault("drop"), "no answer: .*, tried 2 times; expected an answer"),
    ],
)
def test_a_server_that_answers_nothing_more_ends_the_asking_and_keeps_what_it_answered(session, fault, found):
    opened = session(concurrency=1, tries=2)
    for number in range(3, 40):
        opened.toy.poison[f"sum {number}:"] = fault
    answered = []
    with pytest.raises(EngineGivenUpError, match=found) as caught:
        answered.extend(opened.engine.answer(sums(40)))
    assert texts([response for _, response in answered]) == [" 1", " 2", " 3"]
    assert len(opened.toy.asked) <= 3 + 2
    assert KEY not in str(caught.value)


def test_failures_without_end_are_the_servers(session):
    opened = session(concurrency=1, tries=1)
    opened.toy.poison[""] = status(500)
    with pytest.raises(EngineGivenUpError, match="500"):
        opened.answers(*sums(40))
    assert len(opened.toy.asked) == 5


def test_overload_halves_what_is_asked_at_once_and_success_raises_it(session):
    opened = session(concurrency=16)
    assert opened.engine.describe()["concurrency"] == {"most": 16, "now": 8, "cuts": 0}
    opened.toy.faults.extend([status(429)] * 8)
    assert texts(opened.answers(*sums(8))) == [f" {number + 1}" for number in range(8)]
    assert opened.engine.describe()["concurrency"]["cuts"] >= 1
    assert opened.engine.describe()["concurrency"]["now"] < 8
    opened.answers(*sums(200))
    assert opened.engine.describe()["concurrency"]["now"] == 16


def test_no_more_is_asked_at_once_than_is_allowed(session):
    opened = session(Toy(delay=0.01), concurrency=3)
    opened.answers(*sums(30))
    assert 1 < opened.toy.widest <= 3


def test_answers_come_as_they_are_ready(session):
    opened = session(concurrency=2)
    opened.toy.poison["sum 0:"] = deque([Fault("silence")])
    order = []
    for index, _ in opened.engine.answer(sums(6)):
        order.append(index)
        if len(order) == 5:
            opened.server._server.hung.set()
    assert order[-1] == 0
    assert sorted(order) == list(range(6))


def test_giving_up_ends_the_asking(session):
    opened = session(Toy(delay=0.01), concurrency=1)
    asking = opened.engine.answer(sums(100))
    next(asking)
    asking.close()
    asked = len(opened.toy.asked)
    assert asked < 100
    assert texts(opened.answers(*sums(1))) == [" 1"]
    assert len(opened.toy.asked) < 100


def test_a_fingerprint_that_changes_is_noted(session):
    opened = session()
    opened.answers(*sums(1))
    assert opened.engine.describe()["notes"] == []
    opened.toy.fingerprint = "fp-2"
    opened.answers(*sums(1))
    assert opened.engine.describe()["notes"] == [
        "the server's fingerprint changed from fp-1 to fp-2 while it was asked"
    ]


def test_values_are_finite_and_refusals_are_not_answers(session):
    opened = session()
    answers = opened.answers(*(LogLikelihood((("which?", f" {word}"),)) for word in ("a", "b", "zebra")))
    assert all(isinstance(one, LogLikelihoods) and math.isfinite(one.values[0]) for one in answers)
    assert isinstance(opened.answers(*sums(1))[0], Completions)
