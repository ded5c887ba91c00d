"""A repository of a user's own with one page of sums, and scripts that answer it as two engines would."""

import json
import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parents[1] / "engines"))
PAGE = '''
"""{name}: sums of ours."""
from harness.benchmark import Benchmark
from harness.core import Case, Generate, LogLikelihood
from harness.extract import last_number, plain_number
from harness.metrics.accuracy import Accuracy
from harness.metrics.exact_match import ExactMatch
from harness.sources import from_file


def to_case(row, shots):
    return Case(row.id, (REQUEST,), TARGET)


{name} = Benchmark(
    name="{name}", version=1, area="sums", paper="none", protocol="greedy",
    rows=from_file("rows.jsonl"), to_case=to_case, metrics=(METRIC,),
)


@{name}.cases
def test_{name}(case, response, record):
    record({name}.score(case, response))
'''
WRITES = {
    "REQUEST": 'Generate(row.text("question"), max_tokens=8)',
    "TARGET": 'str(row["answer"])',
    "METRIC": 'ExactMatch(last_number, plain_number, "exact")',
}
CHOOSES = {
    "REQUEST": 'LogLikelihood(((row.text("question"), " yes"), (row.text("question"), " no indeed")))',
    "TARGET": "0",
    "METRIC": "Accuracy()",
}


@pytest.fixture
def root(tmp_path, monkeypatch):
    """The repository, 120 rows, and the current folder."""
    monkeypatch.setenv("CROSSTASK_CACHE", str(tmp_path / "cache"))
    place = tmp_path / "own"
    (place / "pages/sums").mkdir(parents=True)
    (place / "pyproject.toml").write_text('[tool.crosstask]\nevals = ["pages"]\nengine = "scripted"\n')
    rows = [{"question": f"{k} + 1?", "answer": k + 1} for k in range(120)]
    (place / "pages/sums/rows.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    monkeypatch.chdir(place)
    return place


@pytest.fixture
def page(root):
    """Writes a page whose cases are asked to write, or to choose."""

    def write(name="alpha", *, chooses=False):
        text = PAGE
        for key, value in (CHOOSES if chooses else WRITES).items():
            text = text.replace(key, value)
        (root / f"pages/sums/{name}.py").write_text(text.format(name=name))

    return write


@pytest.fixture
def script(root):
    """Writes a script: right but for `wrong`, refused for `refused`, `nats` apart in log P; the subject that it is."""

    def write(name, wrong=(), refused=(), nats=0.0, **options):
        answers = []
        for k in range(120):
            rule = {"prompt": f"{k} + 1?", "text": f" It is {-1 if k in wrong else k + 1}"}
            if k in refused:
                rule = {"prompt": f"{k} + 1?", "refuse": "too long"}
            yes = -9.0 if k in wrong else -1.0 + nats
            answers.append(rule | {"loglikelihoods": {" yes": yes, " no indeed": -2.0}})
        (root / f"{name}.json").write_text(json.dumps({"answers": answers, **options}))
        return f"scripted:{name}?answers={name}.json"

    return write
