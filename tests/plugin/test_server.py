"""The engine of servers through pytest: scores, resuming, what is not run, and no key in any file."""

import json
import os
import sys
from collections import deque
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parents[1] / "engines"))
from toy_server import KEY
from toy_server import Fault
from toy_server import Toy
from toy_server import ToyServer
from toy_server import status

CHOICE = '''
"""choice: which continuation is likelier."""
from harness.benchmark import Benchmark
from harness.core import Case, LogLikelihood
from harness.metrics.accuracy import Accuracy
from harness.sources import from_file


def to_case(row, shots):
    question = row.text("question")
    return Case(row.id, (LogLikelihood(((question, " a"), (question, " b"))),), row.index("label", below=2))


choice = Benchmark(
    name="choice", version=1, area="sums", paper="none", protocol="likelier",
    rows=from_file("choice.jsonl"), to_case=to_case, metrics=(Accuracy(),),
)


@choice.cases
def test_choice(case, response, record):
    record(choice.score(case, response))
'''


class Served:
    """A repository with two pages, and a toy server to ask."""

    def __init__(self, project):
        self.project = project
        self.toy = Toy()
        self.server = ToyServer(self.toy)
        project.page("alpha")
        folder = project.path / "pages/sums"
        (folder / "choice.py").write_text(CHOICE)
        rows = [{"question": f"{word} which?", "label": number % 2} for number, word in enumerate(("x", "y", "z"))]
        (folder / "choice.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))

    def ask(self, *arguments, status=0, model="toy", env=None):
        options = ("--base-url", self.server.url, "--tries", "2", "--server-wait", "1")
        known = {name: value for name, value in os.environ.items() if name != "OPENAI_API_KEY"}
        command = ("--engine", "openai", "--model", model, *options, *arguments)
        return self.project.run(*command, status=status, env=known | (env or {}))

    @property
    def cases(self):
        """What was asked of the cases; the probe's prompts are left out."""
        texts = [str(body.get("prompt", body.get("messages"))) for body in self.toy.asked]
        return [text for text in texts if "alpha" in text or "which?" in text]

    def manifest(self, folder=None):
        return json.loads(((folder or self.project.folder) / "manifest.json").read_text())

    def values(self, folder=None):
        return {
            (one["benchmark"], one["metric"]): one["estimate"]["value"]
            for one in self.project.summary(folder)["scores"]
        }


@pytest.fixture
def served(project):
    found = Served(project)
    yield found
    found.server.close()


def test_it_scores_and_says_what_the_server_is(served):
    served.ask()
    values = served.values()
    assert values["alpha", "exact"] == 1
    assert values["choice", "acc"] == pytest.approx(2 / 3)
    assert len(served.cases) == 6 + 2 * 3
    known = served.manifest()["models"]["toy"]
    assert known["identity"]["engine"]["served"] == "toy"
    assert known["identity"]["engine"]["heard"]["fingerprint"] == ["fp-1"]
    assert known["engine"]["server"] == served.server.url
    assert known["engine"]["findings"]["echo"] == ""
    assert known["settings"]["device"] == "server"
    assert list(known["lacks"]) == ["rolling"]


@pytest.mark.parametrize("workers", [(), ("-n", "2")])
def test_the_same_command_asks_no_case_again(served, workers):
    served.ask(*workers)
    first, asked = served.values(), len(served.cases)
    assert "0 requests asked" in served.ask(*workers)
    assert (served.values(), len(served.cases)) == (first, asked)


def test_answers_stay_with_their_run_unless_they_are_wished_for_all(served):
    served.ask("--run-dir", "one")
    served.ask("--run-dir", "two")
    assert len(served.cases) == 24
    assert len(list((served.project.path / "one").glob("answers-*.sqlite"))) == 1
    served.ask("--run-dir", "three", "--cache-server")
    served.ask("--run-dir", "four", "--cache-server")
    assert len(served.cases) == 36
    assert not list((served.project.path / "four").glob("answers-*"))


def test_a_run_that_was_broken_off_goes_on_where_it_was(served):
    for number in (3, 4, 5):
        served.toy.poison[f"alpha {number}:"] = status(401)
    output = served.ask("--concurrency", "1", status=12)
    assert "401: found a key that it does not take" in output
    before = len(served.cases)
    assert not served.project.summary()["complete"]
    served.toy.poison.clear()
    served.ask("--concurrency", "1")
    assert served.values()["alpha", "exact"] == 1
    texts = served.cases
    assert len(texts) > before
    assert sum("alpha 0" in text for text in texts) == 1


@pytest.mark.parametrize(
    "fault", [status(401), status(402), status(404), Fault("drop"), status(503, headers={"Retry_After": "0"})]
)
def test_a_server_that_ends_in_the_middle_refuses_no_case(served, fault):
    for number in range(1, 6):
        served.toy.poison[f"alpha {number}:"] = fault
    output = served.ask("--concurrency", "1", status=12)
    assert "expected " in output
    assert "refused" not in output
    assert "died" not in output
    assert len(served.cases) <= 1 + 3 * 2 + 2  # one is answered, the next is tried twice and ends the run


def test_what_goes_wrong_and_passes_leaves_no_trace_in_the_scores(served):
    served.ask("--run-dir", "calm")
    kinds = ("half", "garbage", "empty", "drop")
    served.toy.faults = deque()
    for number, fault in enumerate([*map(Fault, kinds), status(429, headers={"Retry_After": "0"}), status(500)]):
        served.toy.poison[f"alpha {number}:"] = deque([fault])
    served.ask("--run-dir", "rough")
    runs = [served.project.path / name for name in ("calm", "rough")]
    assert served.values(runs[0]) == served.values(runs[1])
    assert served.project.verdicts(runs[0]) == served.project.verdicts(runs[1])
    assert served.manifest(runs[1])["models"]["toy"]["engine"]["retried"] == 6


def test_a_refused_request_is_counted_and_no_wrong_answer(served):
    served.toy.poison["alpha 2:"] = Fault("filter")
    served.ask(status=1)
    assert served.project.verdicts()["toy", "alpha", "alpha-2"] == ("refused", ())
    assert served.values()["alpha", "exact"] == 1
    assert "content filter" in (served.project.folder / "records.jsonl").read_text()


def test_pages_of_log_probs_are_not_run_where_echo_is_ignored(served):
    served.toy.echo = False
    output = served.ask(status=12)
    assert f"engine openai: {served.server.url} ignores echo; expected one that scores its prompt" in output
    assert served.project.verdicts()["toy", "choice", "choice-0"] == ("not_run", ())
    assert ("choice", "acc") not in {key for key, value in served.values().items() if value is not None}
    assert served.values()["alpha", "exact"] == 1
    assert not [text for text in served.cases if "which?" in text]


def test_a_server_that_has_changed_is_another_one(served):
    served.ask()
    served.toy.fingerprint = "fp-2"
    served.ask()
    assert len(served.cases) == 24
    assert served.manifest()["models"]["toy"]["identity"]["engine"]["heard"]["fingerprint"] == ["fp-2"]


def test_a_server_that_changes_meanwhile_is_noted(served):
    served.toy.poison["alpha 5:"] = deque([Fault("renamed")])
    output = served.ask()
    assert "toy: the server's fingerprint changed from fp-1 to fp-2 while it was asked" in output


def test_what_the_server_ignores_is_a_note(served):
    served.toy.stop = False
    assert "toy: the server ignores stop strings, its answers are cut at them here." in served.ask()


def test_a_wrong_name_lists_what_is_served(served):
    output = served.ask(model="nope", status=4)
    assert f"--model: found 'nope', which {served.server.url} does not serve; expected toy, other/model" in output
    assert "Traceback" not in output


def test_a_server_that_is_not_there_is_one_sentence(served):
    served.server.close()
    output = served.ask("--server-wait", "0", status=4)
    assert f"{served.server.url}: no answer: " in output
    assert "Traceback" not in output


def test_no_address_is_one_sentence(served):
    output = served.project.run("--engine", "openai", "--model", "toy", status=4)
    assert "--base-url: found none; expected http(s)://HOST/v1" in output


def test_turns_are_asked_where_the_run_has_templates(served):
    served.ask("--chat-template", "on", "-k", "alpha")
    assert served.manifest()["models"]["toy"]["settings"]["template"]
    assert all("messages" in body for body in served.toy.asked if "alpha" in str(body))


def test_no_key_is_in_any_file_or_line(served):
    served.toy.key = KEY
    served.toy.poison["alpha 1:"] = status(400, f"I was sent {KEY}")
    served.toy.poison["alpha 2:"] = status(401, f"no longer: {KEY}")
    # the client tells all that it does, if it is asked to
    env = {"OPENAI_API_KEY": KEY, "OPENAI_LOG": "debug"}
    output = served.ask("--concurrency", "1", status=12, env=env)
    assert "I was sent ***" in (served.project.folder / "records.jsonl").read_text()
    assert KEY not in output
    files = [path for path in served.project.path.rglob("*") if path.is_file()]
    assert len(files) > 8
    for path in files:
        assert KEY.encode() not in path.read_bytes(), path
    assert "401" in served.ask(status=4, env={"OPENAI_API_KEY": "sk-wrong"})
