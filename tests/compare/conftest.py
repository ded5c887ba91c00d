"""Runs to compare: folders written as a session writes them, with whatever scores a test wants."""

import hashlib
import json
import os
import subprocess
import sys
from dataclasses import replace

import pytest

from harness.compare.system import systems_of
from harness.core import Record
from harness.core import Score
from harness.encoding import encode
from harness.results.folder import read_run

UNSCORED = ("refused", "not_run", "error")


class Maker:
    """A run of models on benchmarks; `scores[model][benchmark][case]` is a verdict, statistics, or a status.

    Several metrics of a benchmark make it a tuple of these. What a test changes in `manifest`, or says of single cases
    in `digests`, `clusters` and `strata` (by benchmark and case), is written with it.
    """

    def __init__(self, path, scores, metrics=None):
        self.path = path
        self.scores = scores
        names = dict.fromkeys(name for parts in scores.values() for name in parts)
        self.metrics = {name: (metrics or {}).get(name, {"acc": "proportion"}) for name in names}
        self.digests, self.clusters, self.strata = {}, {}, {}
        self.manifest = {
            "schema": "crosstask/manifest/1",
            "crosstask": "0.1.0",
            "plan": "0123456789ab",
            "created": "2026-01-02T03:04:05+00:00",
            "recipe": {"name": "all", "metrics": {}},
            "settings": {"engine": "transformers", "seed": 0, "limit": None, "limits": {}, "short_answers": None},
            "models": {model: self.model(model) for model in scores},
            "benchmarks": {name: self.facts(name) for name in names},
            "failures": {},
            "planned": {model: {name: list(cases) for name, cases in parts.items()} for model, parts in scores.items()},
            "environment": {"python": "3.11.7", "platform": "Linux", "packages": {"sacrebleu": "2.6.0", "pytest": "9"}},
            "generalise_over": "cases",
        }

    def model(self, name):
        settings = {
            "engine": "transformers",
            "device": "cpu",
            "dtype": "float32",
            "template": False,
            "truncate": "refuse",
        }
        identity = {"rules": {"bos": 1}, "libraries": {"torch": "2.8.0"}}
        card = {"name": name, "path": f"/home/someone/{name}"}
        return {"card": card, "settings": settings, "identity": identity, "digest": hashed(name)}

    def facts(self, name):
        metrics = [
            {
                "name": metric,
                "reducer": reducer,
                "signature": f"{metric}|v:1",
                "higher_is_better": reducer != "perplexity",
            }
            for metric, reducer in self.metrics[name].items()
        ]
        data = [{"source": "hub", "name": f"org/{name}", "revision": "abc", "sha256": hashed(name)}]
        return {"version": 1, "area": "language", "strata": None, "metrics": metrics, "data": data, "shots": []}

    def record(self, model, benchmark, case, found):
        status = found if found in UNSCORED else "measured"
        values = found if isinstance(found, tuple) and len(self.metrics[benchmark]) > 1 else (found,)
        scores = () if status != "measured" else map(score, self.metrics[benchmark], values)
        digest = self.digests.get((benchmark, case), hashed(f"{benchmark} {case}"))
        own = {"cluster": self.clusters.get((benchmark, case)), "stratum": self.strata.get((benchmark, case))}
        place = f"evals/{benchmark}.py::test_{benchmark}[{model}-{case}]"
        record = Record(
            model, benchmark, 1, case, place, 1, status, digest, "SECRET TARGET", **own, scores=tuple(scores)
        )
        return {
            "schema": "crosstask/record/1",
            "record": encode(record) | {"identity": self.manifest["models"][model].get("digest")},
        }

    def write(self):
        self.path.mkdir(parents=True, exist_ok=True)
        (self.path / "manifest.json").write_text(json.dumps(self.manifest))
        lines = [
            self.record(model, benchmark, case, found)
            for model, parts in self.scores.items()
            for benchmark, cases in parts.items()
            for case, found in cases.items()
            if found != "not_run"
        ]
        for line in lines:
            line["record"]["version"] = self.manifest["benchmarks"][line["record"]["benchmark"]]["version"]
        (self.path / "records.jsonl").write_text("".join(json.dumps(line) + "\n" for line in lines))
        return self.path

    def systems(self):
        return systems_of(read_run(self.write()))

    def system(self, name):
        """The only system of the run, under the name it has in a comparison."""
        (system,) = self.systems()
        return replace(system, name=name)


def score(metric, found):
    if isinstance(found, bool):
        return Score(metric, (float(found), 1.0), "correct" if found else "wrong")
    return Score(metric, tuple(map(float, found)))


def hashed(text):
    return hashlib.sha256(text.encode()).hexdigest()


@pytest.fixture(scope="session")
def verdicts():
    """Cases `0`, `1`, … from a string of + and -."""
    return lambda text: {str(number): letter == "+" for number, letter in enumerate(text)}


@pytest.fixture
def make(tmp_path):
    """Make a run in a folder of that name, with one model `toy` unless `scores` names its models."""

    def made(name, scores=None, metrics=None, **benchmarks):
        return Maker(tmp_path / name, scores or {"toy": benchmarks}, metrics)

    return made


PAGE = '''
"""{name}: little questions of ours."""
from harness.benchmark import Benchmark
from harness.core import Case, Generate
from harness.extract import last_number, plain_number
from harness.metrics.bleu import Bleu
from harness.metrics.exact_match import ExactMatch
from harness.sources import from_file


def to_case(row, shots):
    return Case(row.id, (Generate(row.text("question"), max_tokens=8),), str(row["answer"]))


{name} = Benchmark(
    name="{name}", version=1, area="sums", paper="none", protocol="greedy", rows=from_file("{name}.jsonl"),
    to_case=to_case, metrics=(ExactMatch(last_number, plain_number, "exact"), Bleu()),
)


@{name}.cases
def test_{name}(case, response, record):
    record({name}.score(case, response))
'''


class Sessions:
    """A repository with a page `boolq` of twelve sums, scored by pytest with scripted answers."""

    def __init__(self, path):
        self.path = path
        folder = path / "pages"
        folder.mkdir(parents=True)
        (path / "pyproject.toml").write_text('[tool.crosstask]\nevals = ["pages"]\n')
        (folder / "boolq.py").write_text(PAGE.format(name="boolq"))
        rows = [{"question": f"Sum {row}: {row} + 1?", "answer": row + 1} for row in range(12)]
        (folder / "boolq.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))

    def run(self, name, right, *arguments):
        """A session whose answers are right for the first so many cases; the run lies in reports/NAME."""
        rules = [{"match": f"^Sum {row}:", "text": f" {row + 1 if row < right else 0}"} for row in range(12)]
        script = self.path / f"{name}.json"
        script.write_text(json.dumps({"answers": rules}))
        command = [sys.executable, "-m", "pytest", "-q", "-p", "no:randomly", "pages", "--engine", "scripted"]
        command += ["--answers", str(script), "--run-dir", f"reports/{name}", *arguments]
        env = {key: value for key, value in os.environ.items() if not key.startswith("PYTEST_")}
        found = subprocess.run(command, cwd=self.path, env=env, capture_output=True, text=True, check=False)
        assert found.returncode == 0, found.stdout + found.stderr
        return found.stdout


@pytest.fixture(scope="session")
def sessions(tmp_path_factory):
    """Runs OLD, NEW (better) and TWO (two models) of such a repository, each with what pytest printed."""
    made = Sessions(tmp_path_factory.mktemp("sessions"))
    made.printed = {
        "OLD": made.run("OLD", 3),
        "NEW": made.run("NEW", 11),
        "TWO": made.run("TWO", 5, "--model", "one", "--model", "two"),
    }
    return made
