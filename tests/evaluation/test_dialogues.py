"""Dialogues: all next turns are wanted as soon as they can be, whichever case is tested."""

from contextlib import closing
from dataclasses import replace
from pathlib import Path

import pytest

from harness import evaluate
from harness.benchmark import Benchmark
from harness.core import Case
from harness.core import Completion
from harness.core import Completions
from harness.core import Generate
from harness.core import Refusal
from harness.core import fingerprint
from harness.evaluation import dialogues
from harness.evaluation.dialogues import Dialogues
from harness.extract import last_number
from harness.metrics.exact_match import ExactMatch
from harness.session.exchange import Exchange
from harness.session.exchange import ModelState
from harness.session.exchange import Window
from harness.session.exchange import publish
from harness.session.plan import PlannedCase
from harness.session.plan import wanted
from harness.session.waiting import Reader
from harness.sources import from_file
from harness.store.answers import Answers

DIGEST = "d" * 64


def follow_up(case, responses):
    """Three turns, each of which quotes the last answer."""
    return Generate(f"{case.id}: {responses[-1].completions[0].text}+") if len(responses) < 3 else None


TALK = Benchmark(
    name="talk",
    version=1,
    area="talk",
    paper="none",
    protocol="three turns",
    rows=from_file("talk.jsonl"),
    to_case=None,
    metrics=(ExactMatch(last_number),),
    follow_up=follow_up,
)


class Session:
    """A session's folder with planned cases, and an engine that answers when it is told to."""

    def __init__(self, folder, *planned_cases):
        self.publishing = publish(folder, {}, wanted(planned_cases))
        self.exchange = Exchange(folder)
        self.answers = Answers(folder / "answers.sqlite", DIGEST)
        self.exchange.set_model("m", ModelState(str(self.answers.path), DIGEST, None))
        self.reader = Reader(folder, 1)
        self.taken = 0

    def new(self):
        """The prompts that have been wanted since this was asked last."""
        window = self.exchange.wanted("m", self.taken, Window(10_000, 10_000, 0))
        self.taken += len(window)
        return [wanted.request.prompt for wanted in window]

    def answer(self, *prompts):
        for prompt in prompts:
            self.answers.put(fingerprint(Generate(prompt)), Completions((Completion(f"<{prompt}>", 3, "stop"),)))


def case(name, benchmark=TALK, model="m"):
    return PlannedCase(model, benchmark, Case(name, (Generate(f"{name}?"),), None))


def next_turn(planned, responses):
    return planned.benchmark.follow_up(planned.case, responses)


@pytest.fixture
def session(tmp_path):
    cases = [case("a"), case("b"), case("c")]
    opened = Session(tmp_path, *cases)
    opened.cases = cases
    with closing(opened.exchange), closing(opened.answers), closing(opened.reader):
        yield opened


def test_the_next_turn_of_every_answered_case_is_wanted_at_once(session):
    followed = Dialogues(session.cases, next_turn)
    assert session.new() == ["a?", "b?", "c?"]
    followed.advance(session.reader)
    assert session.new() == []
    session.answer("a?", "c?")
    followed.advance(session.reader)
    assert session.new() == ["a: <a?>+", "c: <c?>+"]
    session.answer("b?", "a: <a?>+")
    followed.advance(session.reader)
    assert session.new() == ["a: <a: <a?>+>+", "b: <b?>+"]
    session.answer("a: <a: <a?>+>+")
    followed.advance(session.reader)
    assert session.new() == []


def test_a_refused_turn_has_no_next_one_and_the_others_go_on(session):
    followed = Dialogues(session.cases, next_turn)
    session.exchange.refuse("m", fingerprint(Generate("a?")), Refusal("too long"))
    session.new()
    session.answer("b?")
    followed.advance(session.reader)
    assert session.new() == ["b: <b?>+"]


def test_a_case_that_is_tested_asks_for_itself(session):
    followed = Dialogues(session.cases, next_turn)
    followed.leave(session.cases[0])
    session.new()
    session.answer("a?", "b?")
    followed.advance(session.reader)
    assert session.new() == ["b: <b?>+"]


def test_a_page_that_raises_ends_its_own_case_alone(session):
    def raises_for_a(planned, responses):
        if planned.case.id == "a":
            raise ZeroDivisionError
        return next_turn(planned, responses)

    followed = Dialogues(session.cases, raises_for_a)
    session.new()
    session.answer("a?", "b?")
    followed.advance(session.reader)
    assert session.new() == ["b: <b?>+"]


def test_cases_of_one_turn_are_not_followed(tmp_path):
    once = case("a", replace(TALK, follow_up=None))
    opened = Session(tmp_path, once)
    with closing(opened.exchange), closing(opened.answers), closing(opened.reader):
        opened.new()
        opened.answer("a?")
        Dialogues([once], next_turn).advance(opened.reader)
        assert opened.new() == []


def test_more_than_a_window_are_followed_one_after_the_other(session, monkeypatch):
    monkeypatch.setattr(dialogues, "WINDOW", 1)
    session.new()
    seen = []
    followed = Dialogues(session.cases, lambda planned, _responses: seen.append(planned.case.id))
    session.answer("a?", "b?", "c?")
    for _ in session.cases:
        followed.advance(session.reader)
    assert seen == ["a", "b", "c"]


PAGE = '''
"""talk: three turns, each of which asks for one more."""
from harness.benchmark import Benchmark
from harness.core import Case, Generate
from harness.extract import last_number
from harness.metrics.exact_match import ExactMatch
from harness.sources import from_file


def follow_up(case, responses):
    if len(responses) == 3:
        return None
    return Generate(f"{case.id}: {responses[-1].completions[0].text}, and one more after {len(responses)}?")


talk = Benchmark(
    name="talk", version=1, area="talk", paper="none", protocol="three turns", rows=from_file("talk.jsonl"),
    to_case=lambda row, shots: Case(row.id, (Generate(f"{row.id}: hello"),), "7"), follow_up=follow_up,
    metrics=(ExactMatch(last_number),),
)


@talk.cases
def test_talk(case, response, record):
    record(talk.score(case, response))
'''


def test_a_run_asks_each_turn_of_each_case_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CROSSTASK_CACHE", str(tmp_path / "cache"))
    (tmp_path / "pages").mkdir()
    (tmp_path / "pages/talk.py").write_text(PAGE)
    (tmp_path / "pages/talk.jsonl").write_text("{}\n" * 40)
    (tmp_path / "pyproject.toml").write_text('[tool.crosstask]\nevals = ["pages"]\n')
    journal = tmp_path / "asked.jsonl"
    script = tmp_path / "script.json"
    script.write_text(f'{{"journal": "{journal}", "answers": [{{"match": ".", "text": " 7"}}]}}')
    run = evaluate(model="toy", root=tmp_path, engine="scripted", answers=str(script))
    assert {record["status"] for record in run.cases()} == {"measured"}
    asked = journal.read_text().splitlines()
    assert (len(asked), len(set(asked))) == (120, 120)
