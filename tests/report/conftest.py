"""A run's folder as a session leaves it: two benchmarks of our own, one model, one record a planned case."""

import json
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from harness.core import Case
from harness.core import Completion
from harness.core import Completions
from harness.core import Execution
from harness.core import Generate
from harness.core import LogLikelihood
from harness.core import LogLikelihoods
from harness.core import Message
from harness.core import Record
from harness.core import Score
from harness.core import Trial
from harness.core import fingerprint
from harness.encoding import encode

sys.path.insert(0, str(Path(__file__).parent))
TIN = Generate((Message("user", "Tin: 2 + 3 ="), Message("assistant", " 5"), Message("user", "Tin: 4 + 4 =")))
TRIAL = Trial("python", "continuation", "def f():\n", ("assert f()", "assert not f()"), names=("f",))
PASSED = Execution("passed", (True, True), "in-jail", cpu=0.0123, memory=12_345_678)
ENDLESS = Execution("timeout", (True, False), detail="CPU time \u202e spent", output="<b>loud</b>", cpu=2.0)
MOON = LogLikelihood((("Is the moon a lamp?", " no"), ("Is the moon a lamp?", " yes")))


class Folder:
    """Writes a run's files by hand, so that a test can break each of them."""

    def __init__(self, path):
        self.path = path
        self.requests = {fingerprint(request): request for request in (TIN, MOON)}
        self.records = [*(self.tin(f"tin-{row}") for row in range(12)), *(self.moon(f"moon-{row}") for row in range(3))]
        self.manifest = {
            "schema": "crosstask/manifest/1",
            "crosstask": "0.1.0",
            "plan": "0123456789ab",
            "created": "2026-01-02T03:04:05+00:00",
            "finished": "2026-01-02T03:05:06+00:00",
            "attempt": 1,
            "command": ["pytest", "evals/"],
            "recipe": {"name": "paper"},
            "notes": ["Answers are cut to 64 tokens."],
            "settings": {"seed": 0, "data": "hub"},
            "models": {"toy": {"card": {"name": "toy"}, "digest": "f" * 64, "settings": {"device": "cpu"}}},
            "benchmarks": {"tins": facts("exact", "math"), "moons": facts("acc", "trust")},
            "failures": {},
            "planned": {
                "toy": {"tins": [f"tin-{row}" for row in range(12)], "moons": [f"moon-{row}" for row in range(3)]}
            },
            "environment": {"python": "3.11.7", "platform": "Linux", "packages": {"torch": None}},
        }

    def tin(self, case, text=" 8", **changes):
        """A generated answer whose number should be 8."""
        right = text.strip() == "8"
        score = Score("exact", (float(right), 1.0), "correct" if right else "wrong", text.strip() or None)
        made = Completions((Completion(text, "stop", 2),), 20)
        digest = Case(case, (TIN,), "8").digest
        record = Record(
            "toy", "tins", 1, case, f"evals/math/tins.py::test_tins[toy-{case}]", 1, "measured", digest, "8"
        )
        record = replace(record, identity="f" * 64, prompts=(fingerprint(TIN),), responses=(made,), scores=(score,))
        return replace(record, **changes)

    def moon(self, case, **changes):
        """Two choices of which the first is right and likelier."""
        values = LogLikelihoods((-1.5, -2.25), (1, 1), (True, False))
        digest = Case(case, (MOON,), 0).digest
        record = Record(
            "toy", "moons", 1, case, f"evals/trust/moons.py::test_moons[toy-{case}]", 1, "measured", digest, 0
        )
        score = Score("acc", (1.0, 1.0), "correct", "0")
        record = replace(record, identity="f" * 64, prompts=(fingerprint(MOON),), responses=(values,), scores=(score,))
        return replace(record, **changes)

    def tried(self, temperatures=(0.8,), trial=TRIAL):
        """Each tin with two samples that were run: one passed and one ran too long; of tin-0 one holds no program."""
        self.requests[fingerprint(trial)] = trial
        codes, ran = ("def f():\n    return 1\n", "while 1:\n"), (PASSED, ENDLESS)
        self.manifest["benchmarks"]["tins"] |= {"samples": 2, "k": [1]}
        self.manifest["benchmarks"]["tins"]["metrics"][0] |= {"name": "pass@1", "reducer": "share"}
        for row in range(12):
            asked = Generate("Tin?", temperature=temperatures[row % len(temperatures)], samples=2)
            self.requests[fingerprint(asked)] = asked
            said = Completions((Completion("    return 1\n", "stop", 2), Completion("" if not row else "x", "stop", 2)))
            count = 2 if row else 1
            self.change(
                f"tin-{row}",
                prompts=(fingerprint(asked), *(f"{place}" * 64 for place in range(count))),
                responses=(said, *ran[:count]),
                programs=codes if row else (codes[0], None),
                trial=fingerprint(trial),
                tags=tuple(f"temperature:{one.temperature}" for one in (asked,) if len(temperatures) > 1),
                scores=(Score("pass@1", (0.5, 1.0, 0.25)),),
            )

    def add_model(self, name, texts):
        """A second model with the same records, but for the answers to some tins."""
        self.manifest["models"][name] = {"card": {"name": name}}
        self.manifest["planned"][name] = self.manifest["planned"]["toy"]
        again = [
            replace(self.tin(one.case, texts[one.case]) if one.case in texts else one, model=name, identity=None)
            for one in self.records
        ]
        self.records += again

    def change(self, case, **changes):
        """Replace fields of one case's record."""
        self.records = [replace(record, **changes) if record.case == case else record for record in self.records]

    def drop(self, case):
        """Leave one case without a record."""
        self.records = [record for record in self.records if record.case != case]

    def write(self):
        """Write all files and return the folder's path."""
        self.path.mkdir(exist_ok=True)
        (self.path / "manifest.json").write_text(json.dumps(self.manifest))
        prompts = [
            {"schema": "crosstask/prompt/1", "prompt": key, "request": encode(one)}
            for key, one in self.requests.items()
        ]
        records = [{"schema": "crosstask/record/1", "record": encode(record)} for record in self.records]
        for name, lines in (("prompts", prompts), ("records", records)):
            (self.path / f"{name}.jsonl").write_text("".join(json.dumps(line) + "\n" for line in lines))
        return self.path


def facts(metric, area):
    """What the manifest says of a benchmark with one metric."""
    return {
        "version": 1,
        "area": area,
        "paper": "our own",
        "protocol": "zero-shot",
        "lm_eval_task": None,
        "metrics": [{"name": metric, "reducer": "proportion", "signature": f"{metric}|v:1", "higher_is_better": True}],
        "data": [{"source": "hub", "name": "org/rows/default/test", "revision": "abc"}],
        "shots": [],
    }


@pytest.fixture
def folder(tmp_path):
    """A whole run of 12 + 3 cases, not yet written."""
    return Folder(tmp_path / "run")


@pytest.fixture(scope="session")
def make():
    """Make such a run in any folder."""
    return Folder
