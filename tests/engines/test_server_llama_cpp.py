"""The engine of servers against that of llama.cpp on loopback; `pip install xllamacpp` brings it."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from harness.core import Generate
from harness.core import LogLikelihood
from harness.core import Refusal
from harness.engines.descriptor import Choice
from harness.engines.descriptor import EngineSpec
from harness.engines.descriptor import needs
from harness.engines.openai import ENGINE
from harness.engines.openai import open_engine
from harness.engines.openai import prepare
from harness.engines.openai import resolve
from harness.models.cards import DEFAULT
from harness.models.cards import load_cards
from harness.models.obtain import obtain

pytest.importorskip("xllamacpp")
pytestmark = pytest.mark.slow
SERVE = """
import sys, xllamacpp
params = xllamacpp.CommonParams()
params.model.path, params.n_ctx, params.n_parallel, params.port = sys.argv[1], 1024, 2, 0
params.cpuparams.n_threads = 1
server = xllamacpp.Server(params)
print(server.listening_address, file=sys.stderr, flush=True)
print(server.listening_address, flush=True)
sys.stdin.read()
"""


@pytest.fixture(scope="module")
def weights(tmp_path_factory):
    """The GGUF file of the default model; CROSSTASK_GGUF names one that is there already."""
    if named := os.environ.get("CROSSTASK_GGUF"):
        return Path(named)
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("CROSSTASK_CACHE", str(tmp_path_factory.mktemp("weights")))
        found = obtain(load_cards()[DEFAULT])
    return Path(found.directory) / found.gguf


@pytest.fixture(scope="module")
def url(weights):
    command = [sys.executable, "-c", SERVE, str(weights)]
    server = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    address = next(line.strip() for line in server.stdout if line.startswith("http"))
    yield f"{address}/v1"
    server.kill()
    server.wait()


def opened(url, weights, template):
    options = {"base-url": url, "concurrency": 2, "tries": 3, "request-timeout": 300, "server-wait": 60}
    found = prepare(resolve(f"smol={weights}"), choice := Choice("openai", ENGINE, options, template))
    return found, open_engine(EngineSpec(found.weights, found.settings, 0, choice.options, found.findings))


@pytest.mark.parametrize("template", ["off", "on"])
def test_it_writes_and_is_known_to_score_nothing(url, weights, template):
    prepared, engine = opened(url, weights, template)
    expected = f"{url} ignores echo; expected one that scores its prompt, as vLLM does"
    assert prepared.lacks == {"log-likelihoods": expected, "rolling": expected}
    assert needs(LogLikelihood((("a", " b"),))) <= prepared.lacks.keys()
    known = prepared.findings["findings"]
    assert [known[name] for name in ("max_tokens", "stop", "seed", "n", "token_ids", "neutral")] == [True] * 6
    assert known["endpoint"] == ("chat" if template == "on" else "completions")
    assert opened(url, weights, template)[0].identity.digest == prepared.identity.digest
    asked = [
        Generate("Count: one, two, three, four,", 8),
        Generate("Count: one, two, three, four,", 40, stop=(",",)),
        Generate("Say a word", 6, temperature=0.8, samples=2),
        Generate("Say a word", 6, temperature=0.8, samples=2),
        Generate("word " * 3000, 4),
    ]
    answers = dict(engine.answer(asked))
    engine.close()
    assert answers[0].completions[0].tokens <= 8
    assert "," not in answers[1].completions[0].text
    assert answers[2] == answers[3]
    assert len({one.text for one in answers[2].completions}) == 2
    assert isinstance(answers[4], Refusal)
    assert "the server's context is" in answers[4].reason
