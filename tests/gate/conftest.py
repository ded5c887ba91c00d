"""Systems to gate, made of verdicts alone."""

import pytest

from harness.compare.system import CaseScores
from harness.compare.system import System

KINDS = {
    "acc": ("proportion", True),
    "perplexity": ("perplexity", False),
    "bleu": ("bleu", True),
    "loss": ("mean", False),
}


def scored(found, metric):
    """A case by its verdict (True, False), a pair of statistics, or a status."""
    if isinstance(found, str):
        return CaseScores(found, "d")
    stats = (float(found), 1.0) if isinstance(found, bool) else found
    return CaseScores("measured", "d", stats={metric: stats})


def made(model, benchmarks, metric="acc", **manifest):
    """A system that has `benchmarks[name]`, a list of what became of each case, or a mapping from case to that."""
    cases = {
        name: {
            case: one if isinstance(one, CaseScores) else scored(one, metric)
            for case, one in (
                found.items() if isinstance(found, dict) else zip(map(str, range(10**6)), found, strict=False)
            )
        }
        for name, found in benchmarks.items()
    }
    reducer, higher = KINDS[metric]
    facts = {
        "version": 1,
        "metrics": [{"name": metric, "reducer": reducer, "signature": metric, "higher_is_better": higher}],
    }
    return System(model, model, model, {"models": {}, "benchmarks": dict.fromkeys(cases, facts), **manifest}, cases)


@pytest.fixture(scope="session")
def make():
    return made
