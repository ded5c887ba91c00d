"""A repository of one's own in a temporary folder: two pages, a rows file each, scripted answers."""

import json
import shutil
import signal
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent))

import forked

PROGRAMS = Path(__file__).parents[1] / "data" / "programs"
BODIES = {"wrong": "    return x\n", "broken": "    return x +\n", "empty": ""}

PAGE = '''
"""{name}: {rows} little questions of ours."""
from harness.benchmark import Benchmark
from harness.core import Case, Completions, Generate, Score
from harness.metrics.exact_match import ExactMatch
from harness.extract import last_number, plain_number
from harness.sources import from_file


def to_case(row, shots):
    return Case(row.id, (Generate(row.text("question"), max_tokens=8),), str(row["answer"]))


{name} = Benchmark(
    name="{name}", version=1, area="{area}", paper="none", protocol="greedy",
    rows=from_file("{name}.jsonl"), to_case=to_case,
    metrics=(ExactMatch(last_number, plain_number, "exact"),),
)


@{name}.cases
def test_{name}(case, response, record):
    record({name}.score(case, response))
'''

TWO_TURNS = '''
"""dialogue: a question, and a second one that quotes the first answer."""
from harness.benchmark import Benchmark
from harness.core import Case, Generate
from harness.extract import last_number, plain_number
from harness.metrics.exact_match import ExactMatch
from harness.sources import from_file


def to_case(row, shots):
    return Case(row.id, (Generate(row.text("question"), max_tokens=8),), "7")


def follow_up(case, responses):
    if len(responses) == 2:
        return None
    return Generate(f"You said{{responses[0].completions[0].text}}. Add one.", max_tokens=8)


dialogue = Benchmark(
    name="dialogue", version=1, area="talk", paper="none", protocol="two turns",
    rows=from_file("dialogue.jsonl"), to_case=to_case, follow_up=follow_up,
    metrics=(ExactMatch(last_number, plain_number, "exact"),),
)


@dialogue.cases
def test_dialogue(case, response, record):
    record(dialogue.score(case, response))
'''.replace("{{", "{").replace("}}", "}")


@dataclass
class Project:
    """A user's repository and what may be asked of it."""

    path: Path
    sessions: forked.Sessions

    def page(self, name: str, area: str = "sums", rows: int = 6) -> None:
        """A page that asks `rows` questions `<name> k: k + 1?`, in a folder named for its area."""
        folder = self.path / "pages" / area
        folder.mkdir(parents=True, exist_ok=True)
        (folder / f"{name}.py").write_text(PAGE.format(name=name, area=area, rows=rows))
        lines = [json.dumps({"question": f"{name} {k}: {k} + 1?", "answer": k + 1}) for k in range(rows)]
        (folder / f"{name}.jsonl").write_text("\n".join(lines) + "\n")

    def like(self, other: "Project") -> "Project":
        """Take all that the other repository holds: its pages, its runs, what was asked."""
        shutil.copytree(other.path, self.path, dirs_exist_ok=True)
        script = self.path / "script.json"
        script.write_text(script.read_text().replace(str(other.path), str(self.path)))
        return self

    def two_turns(self, rows: int = 3) -> None:
        folder = self.path / "pages" / "talk"
        folder.mkdir(parents=True, exist_ok=True)
        (folder / "dialogue.py").write_text(TWO_TURNS)
        lines = [json.dumps({"question": f"dialogue {k}: three plus three?"}) for k in range(rows)]
        (folder / "dialogue.jsonl").write_text("\n".join(lines) + "\n")

    def programs(self, rows: int) -> None:
        """A page of functions to write, and a sandbox to run them in; the example of an even case proves little."""
        folder = self.path / "pages" / "programs"
        folder.mkdir(parents=True)
        (folder / "plus.py").write_text((PROGRAMS / "plus.py").read_text())
        (self.path / "conftest.py").write_text((PROGRAMS / "standin.py").read_text())
        tests = [
            [f"assert f(0) {f'== {k}' if k % 2 else '>= 0'}", f"assert f(2) == {2 + k}"] for k in range(1, rows + 1)
        ]
        lines = [{"prompt": f"def f(x):  # plus {k}\n", "tests": found} for k, found in enumerate(tests, start=1)]
        (folder / "plus.jsonl").write_text("".join(json.dumps(line) + "\n" for line in lines))

    @staticmethod
    def written(otherwise: dict[int, str], rows: int = 6) -> list[dict]:
        """A script's answers to `programs`: right, but for those named."""
        return [
            {
                "prompt": f"def f(x):  # plus {k}\n",
                "text": BODIES[otherwise[k]] if k in otherwise else f"    return x + {k}\n",
            }
            for k in range(1, rows + 1)
        ]

    @property
    def ran(self) -> list[dict]:
        """Each program that was run, over all sessions."""
        path = self.path / "ran.jsonl"
        return [json.loads(line) for line in path.read_text().splitlines()] if path.exists() else []

    def script(self, **options) -> Path:
        """A script file; every request is noted in `asked.jsonl`."""
        path = self.path / "script.json"
        path.write_text(json.dumps({"journal": str(self.path / "asked.jsonl"), **options}))
        return path

    @staticmethod
    def answers(name: str, rows: int, wrong=()) -> list[dict]:
        """A script's answers to a page's questions: right, but for the `wrong` ones."""
        return [{"prompt": f"{name} {k}: {k} + 1?", "text": f" {'none' if k in wrong else k + 1}"} for k in range(rows)]

    @property
    def asked(self) -> list[str]:
        """The fingerprint of each request an engine was asked, over all sessions."""
        path = self.path / "asked.jsonl"
        return [json.loads(line)["prompt"] for line in path.read_text().splitlines()] if path.exists() else []

    def command(self, *arguments) -> list[str]:
        return [sys.executable, "-m", "pytest", *self.arguments(*arguments)]

    def arguments(self, *arguments) -> list[str]:
        # the outer run's plugins must not be found again by name
        script = self.path / "script.json"
        answers = [] if "--engine" in arguments or not script.exists() else ["--answers", str(script)]
        engine = [] if "--engine" in arguments else ["--engine", "scripted"]
        pages = [] if any(str(part).startswith("pages") for part in arguments) else ["pages"]
        # hypothesis' plugin imports all of hypothesis at the end of each of these little sessions
        without = ("-p", "no:cacheprovider", "-p", "no:hypothesispytest", "-p", "no:anyio")
        return [*pages, *without, *engine, *answers, *map(str, arguments)]

    def run(self, *arguments, status: int | None = 0, cwd=None, env=None) -> str:
        """Run pytest here; the output, after checking the exit status."""
        ended = self.sessions.run(self.arguments(*arguments), cwd or self.path, env)
        output = ended.stdout + ended.stderr
        assert status is None or ended.returncode == status, output
        assert "INTERNALERROR" not in output, output
        return output

    def start(self, *arguments) -> subprocess.Popen:
        """Start pytest here; Ctrl-C reaches it, also where a shell started the tests as a background job."""
        before = signal.signal(signal.SIGINT, signal.default_int_handler)
        try:
            return subprocess.Popen(
                self.command(*arguments), cwd=self.path, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
            )
        finally:
            signal.signal(signal.SIGINT, before)

    def kill_after(self, seconds: float, *arguments) -> None:
        """kill -9 the session, and only its own process, after so many seconds."""
        process = self.start(*arguments)
        time.sleep(seconds)
        process.send_signal(signal.SIGKILL)
        process.wait()

    def kill_at(self, reached, *arguments) -> None:
        """kill -9 the session as soon as `reached()` holds."""
        process = self.start(*arguments)
        while not reached() and process.poll() is None:
            time.sleep(0.005)
        process.send_signal(signal.SIGKILL)
        process.wait()

    @property
    def folder(self) -> Path:
        """The one run folder there is."""
        found = [path for path in (self.path / "reports").iterdir() if path.is_dir()]
        assert len(found) == 1, found
        return found[0]

    def summary(self, folder: Path | None = None) -> dict:
        return json.loads(((folder or self.folder) / "summary.json").read_text())

    def verdicts(self, folder: Path | None = None) -> dict[tuple, tuple]:
        """(model, benchmark, case) -> what was scored, the last line winning."""
        found = {}
        for line in ((folder or self.folder) / "records.jsonl").read_text().splitlines():
            record = json.loads(line)["record"]
            scores = tuple((score["metric"], score["verdict"], tuple(score["stats"])) for score in record["scores"])
            found[record["model"], record["benchmark"], record["case"]] = (record["status"], scores)
        return found


@pytest.fixture(scope="session")
def sessions():
    """What pytest sessions are forked from."""
    sessions = forked.Sessions()
    yield sessions
    sessions.close()


def empty(path: Path, sessions: forked.Sessions) -> Project:
    """A repository that asks for the plugin, and holds nothing else."""
    (path / "pyproject.toml").write_text('[tool.crosstask]\nevals = ["pages"]\n')
    return Project(path, sessions)


@pytest.fixture
def project(tmp_path, sessions) -> Project:
    return empty(tmp_path, sessions)


@pytest.fixture(scope="module")
def another_project(tmp_path_factory, sessions) -> Project:
    """What a module's tests start from, and none of them changes; its answers are in no test's cache."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("CROSSTASK_CACHE", str(tmp_path_factory.mktemp("cache")))
        yield empty(tmp_path_factory.mktemp("another"), sessions)


@pytest.fixture
def sums(project) -> Project:
    """A repository with two pages of six cases and answers that are right for `alpha` and wrong for `beta`."""
    project.page("alpha")
    project.page("beta", area="words")
    project.script(
        answers=[
            {"match": "alpha 0", "text": " 1"},
            {"match": "alpha 1", "text": " 2"},
            {"match": "beta", "text": " none"},
        ]
    )
    return project
