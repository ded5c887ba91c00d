"""An engine in a repository of a user's own, one file: its options, what it can do, its identity, where it runs."""

import json
import os
import sys

import pytest

ENGINE = '''
"""A server of a user's own, played by a file that stands for what it serves."""
import json, os
from pathlib import Path

from harness.core import Completion, Completions, Generate, LogLikelihood, LogLikelihoods
from harness.engines.descriptor import EngineDescriptor
from harness.engines.options import DEVICE, Option
from harness.engines.preparing import without_weights
from harness.errors import ModelError
from harness.models.cards import bare_card

SERVER_URL = Option(
    "server-url", "where the server answers, `URL`", "URL", default="none", manifest="never", changes_answers=False
)
TONE = Option("tone", "how it answers", choices=("calm", "loud"), default="calm")


def served(url):
    try:
        return json.loads(Path(url).read_text())
    except OSError as error:
        raise ModelError(f"{url}: {error.strerror}; expected a server") from error


def prepare(card, choice):
    found = served(choice[SERVER_URL])
    lacks = {} if found.get("echo", True) else {"log-likelihoods": "ignores echo"}
    return without_weights(card, choice, {"fingerprint": found["fingerprint"]}, lacks)


class Server:
    def __init__(self, spec):
        self.spec = spec
        self.served = served(spec.options["server-url"])

    def answer(self, requests):
        for index, request in enumerate(requests):
            with open("asked.jsonl", "a") as file:
                file.write(json.dumps({"prompt": getattr(request, "prompt", ""), "pid": os.getpid()}) + "\\n")
            if isinstance(request, Generate):
                text = self.served["text"] if self.spec.options["tone"] == "calm" else self.served["text"] + "!"
                yield index, Completions((Completion(text, "stop", 1),) * request.samples)
            else:
                yield index, LogLikelihoods((-1.0,) * len(request.pairs), (1,) * len(request.pairs), ())

    def close(self):
        pass

    def describe(self):
        return {"python": __import__("sys").executable, "pid": os.getpid()}


ENGINE = EngineDescriptor(
    Server, prepare, resolve=bare_card, options=(SERVER_URL, TONE), weights=False, abilities=ABILITIES
)
'''
ALL = "__import__('harness.engines.descriptor', fromlist=['ALL']).ALL"
CHOICE = '''
"""choice: which continuation is likelier."""
from harness.benchmark import Benchmark
from harness.core import Case, LogLikelihood
from harness.metrics.accuracy import Accuracy
from harness.sources import from_file


def to_case(row, shots):
    return Case(row.id, (LogLikelihood(((row.text("question"), " a"), (row.text("question"), " b"))),), 0)


choice = Benchmark(
    name="choice", version=1, area="sums", paper="none", protocol="likelier",
    rows=from_file("choice.jsonl"), to_case=to_case, metrics=(Accuracy(),),
)


@choice.cases
def test_choice(case, response, record):
    record(choice.score(case, response))
'''


@pytest.fixture
def served(project):
    """A repository with a page, an engine of its own in `mine.py`, and what its server serves in `server.json`."""
    project.page("alpha")
    engine(project)
    serve(project, "one", " 1")
    return project


def engine(project, abilities=ALL):
    (project.path / "mine.py").write_text(ENGINE.replace("ABILITIES", abilities))


def declare(project, options):
    """Declare more options in the engine's file."""
    path = project.path / "mine.py"
    text = path.read_text().replace("options=(SERVER_URL, TONE)", f"options=(SERVER_URL, TONE, {options})")
    path.write_text(text.replace("import DEVICE, Option", "import DEVICE, THINK_TOKENS, Option"))


def serve(project, fingerprint, text, **more):
    (project.path / "server.json").write_text(json.dumps({"fingerprint": fingerprint, "text": text, **more}))


def choices(project):
    folder = project.path / "pages/sums"
    (folder / "choice.py").write_text(CHOICE)
    (folder / "choice.jsonl").write_text(json.dumps({"question": "which?"}) + "\n")


def ask(project, *arguments, status=0, **settings):
    command = ("--engine", "mine:ENGINE", "--model", "toy", "--server-url", "server.json")
    return project.run(*command, *arguments, status=status, **settings)


def manifest(folder):
    return json.loads((folder / "manifest.json").read_text())


@pytest.mark.parametrize("workers", [(), ("-n", "2")])
def test_it_scores_and_is_not_asked_twice(served, workers):
    (served.path / "conftest.py").write_text(
        "import os\n\nwith open('pytests', 'a') as file:\n    print(os.getpid(), file=file)\n"
    )
    ask(served, *workers)
    assert served.summary()["scores"][0]["estimate"]["value"] == pytest.approx(1 / 6)
    assert len(served.asked) == 6
    ask(served, *workers)
    assert len(served.asked) == 6
    asked_by = {json.loads(line)["pid"] for line in (served.path / "asked.jsonl").read_text().splitlines()}
    assert asked_by == {manifest(served.folder)["models"]["toy"]["engine"]["pid"]}
    assert asked_by.isdisjoint(map(int, (served.path / "pytests").read_text().split()))


def test_another_identity_never_meets_these_answers(served):
    ask(served, "--run-dir", "before")
    serve(served, "two", " 2")
    ask(served, "--run-dir", "after")
    assert len(served.asked) == 12
    before, after = (manifest(served.path / name)["models"]["toy"] for name in ("before", "after"))
    assert before["digest"] != after["digest"]
    assert after["identity"]["engine"] == {
        "model": "toy",
        "tone": "calm",
        "fingerprint": "two",
    }
    alpha = [served.verdicts(served.path / name)["toy", "alpha", "alpha-1"] for name in ("before", "after")]
    assert alpha[0] != alpha[1]
    serve(served, "one", " 1")
    ask(served, "--run-dir", "again")
    assert len(served.asked) == 12


def test_two_models_of_a_server_have_answers_of_their_own(served):
    ask(served, "--model", "other")
    assert len(served.asked) == 12
    assert len({one["digest"] for one in manifest(served.folder)["models"].values()}) == 2


def test_every_option_that_changes_an_answer_is_part_of_the_identity(served):
    declare(served, "THINK_TOKENS, Option('voice', 'a file', 'FILE', 'file')")
    (served.path / "voice.txt").write_text("low")
    digests = set()
    for more in (
        (),
        ("--think-tokens", "7"),
        ("--voice", "voice.txt"),
        ("--voice", "copy.txt"),
        ("--voice", "high.txt"),
    ):
        (served.path / "copy.txt").write_text("low")
        (served.path / "high.txt").write_text("high")
        name = f"run{len(more)}{''.join(more)}".replace("/", "")
        ask(served, "--run-dir", name, *more)
        digests.add(manifest(served.path / name)["models"]["toy"]["digest"])
    assert len(digests) == 4  # a copy of a file is the same file
    assert len(served.asked) == 24


def test_a_name_that_cannot_stand_everywhere_is_refused(served):
    declare(served, "Option('pitch_in_hz', 'how high', 'HZ')")
    output = ask(served, status=4)
    assert "option 'pitch_in_hz': found a name of another form; expected words joined by hyphens" in output


def test_a_secret_is_written_nowhere(served):
    declare(served, "Option('key', 'a secret', 'KEY', default='', secret=True)")
    for number, given in enumerate((["--key", "s3cr3t"], ["--key=s3cr3t"])):
        ask(served, "--run-dir", f"run{number}", *given)
        command = manifest(served.path / f"run{number}")["command"]
        assert "***" in command or "--key=***" in command
        for path in (served.path / f"run{number}").iterdir():
            assert "s3cr3t" not in path.read_text(), path.name


def test_modules_beside_an_engine_stand_in_for_no_others(served):
    for name in ("queue", "statistics", "json"):
        (served.path / f"{name}.py").write_text("raise RuntimeError('not the one')\n")
    # without the folder that `python -m pytest` puts before all others
    ask(served, env=os.environ | {"PYTHONSAFEPATH": "1"})
    assert len(served.asked) == 6


def test_turns_are_not_asked_of_an_engine_that_takes_none(served):
    engine(served, 'frozenset({"generate", "log-likelihoods"})')
    output = ask(served, "--chat-template", "on", status=12)
    assert "engine mine:ENGINE: takes no turns" in output
    assert served.asked == []


def test_a_table_s_switch_of_another_engine_is_refused(served):
    table = served.path / "pyproject.toml"
    table.write_text(table.read_text() + "as-is = true\n")
    output = served.run("--engine", "scripted", status=4)
    assert "--as-is: found engine scripted; expected --engine replay" in output
    ask(served)


def test_its_options_are_options_like_any_other(served):
    assert "--tone" not in served.run("--help")
    shown = ask(served, "--help")
    assert "--server-url=URL" in shown or "--server-url URL" in shown
    assert "where the server answers, URL" in shown
    ask(served, "--tone", "loud")
    known = manifest(served.folder)
    assert known["settings"]["tone"] == "loud"
    assert "server_url" not in known["settings"]
    assert known["models"]["toy"]["identity"]["engine"]["tone"] == "loud"
    assert "invalid choice: 'shrill'" in ask(served, "--tone", "shrill", status=4)


def test_its_options_may_stand_in_the_configuration(served):
    table = served.path / "pyproject.toml"
    table.write_text(table.read_text() + 'engine = "mine:ENGINE"\nmodel = "toy"\nserver-url = "server.json"\n')
    table.write_text(table.read_text() + 'tone = "loud"\n')
    served.arguments = lambda *arguments: ["pages", "-p", "no:cacheprovider", *arguments]
    served.run()
    assert manifest(served.folder)["settings"]["tone"] == "loud"
    table.write_text(table.read_text().replace('"loud"', '"shrill"'))
    assert "[tool.crosstask] tone: found 'shrill'; expected calm, loud" in served.run(status=4)
    table.write_text(table.read_text().replace("tone =", "tune ="))
    assert "[tool.crosstask]: found the key 'tune'; expected tone, " in served.run(status=4)


def test_another_engines_option_is_refused(served):
    output = ask(served, "--device", "cpu", status=4)
    assert "--device: found engine mine:ENGINE; expected --engine ray or replay or scripted or transformers" in output


def test_what_it_cannot_do_for_any_model_is_known_before_anything_is_asked(served):
    choices(served)
    engine(served, 'frozenset({"generate"})')
    output = ask(served, status=12)
    assert "choice: would not run: engine mine:ENGINE: gives no log-likelihoods" in ask(served, "--dry-run")
    assert "engine mine:ENGINE: gives no log-likelihoods" in output
    assert len(served.asked) == 6
    status, scores = served.verdicts()["toy", "choice", "choice-0"]
    assert (status, scores) == ("not_run", ())


def test_what_a_server_cannot_do_is_not_asked_of_it(served):
    choices(served)
    serve(served, "one", " 1", echo=False)
    output = ask(served, status=12)
    assert "engine mine:ENGINE: ignores echo" in output
    assert len(served.asked) == 6
    assert served.verdicts()["toy", "choice", "choice-0"] == ("not_run", ())
    assert manifest(served.folder)["models"]["toy"]["lacks"] == {"log-likelihoods": "engine mine:ENGINE: ignores echo"}
    serve(served, "three", " 1")
    ask(served)
    assert served.verdicts()["toy", "choice", "choice-0"][0] == "measured"


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("nowhere:ENGINE", "--engine nowhere:ENGINE: ModuleNotFoundError: No module named 'nowhere'; expected"),
        ("mine:NOTHING", "--engine mine:NOTHING: AttributeError: module 'mine' has no attribute 'NOTHING'; expected"),
        ("mine:ABILITY", "--engine mine:ABILITY: found a int; expected an EngineDescriptor, or a function"),
        (
            "mine",
            "--engine: found 'mine'; expected llama.cpp, openai, ray, replay, scripted, transformers, vllm, or",
        ),
    ],
)
def test_an_engine_that_is_not_there_is_one_sentence(served, name, expected):
    with (served.path / "mine.py").open("a") as file:
        file.write("ABILITY = 1\n")
    output = served.run("--engine", name, "--model", "toy", status=4)
    assert expected in output
    assert "Traceback" not in output


def test_a_model_must_be_named_where_the_engine_knows_none(served):
    output = served.run("--engine", "mine:ENGINE", "--server-url", "server.json", status=4)
    assert "--model: found none; expected a model of --engine mine:ENGINE" in output


def test_a_server_that_is_not_there_is_one_sentence(served):
    (served.path / "server.json").unlink()
    output = ask(served, status=4)
    assert "server.json: No such file or directory; expected a server" in output
    assert "Traceback" not in output


def test_a_name_that_is_taken_is_refused(served):
    source = (served.path / "mine.py").read_text().replace('"server-url"', '"seed"')
    (served.path / "mine.py").write_text(source)
    output = served.run("--engine", "mine:ENGINE", "--model", "toy", status=4)
    assert "--seed: found an engine that declares it anew; expected another name" in output


def test_it_runs_in_another_interpreter(served, tmp_path):
    python = tmp_path / "another"
    python.write_text(f'#!/bin/sh\nexport ANOTHER=yes\nexec {sys.executable} "$@"\n')
    python.chmod(0o755)
    source = (
        (served.path / "mine.py").read_text().replace('"pid": os.getpid()}\n', '"at": os.environ.get("ANOTHER")}\n')
    )
    (served.path / "mine.py").write_text(source)
    ask(served, "--engine-python", str(python))
    assert manifest(served.folder)["models"]["toy"]["engine"]["at"] == "yes"
    output = ask(served, "--engine-python", "/no/python", status=4)
    assert "--engine-python: found /no/python; expected a Python interpreter" in output
