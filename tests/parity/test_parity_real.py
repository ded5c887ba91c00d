"""Parity of one small model by three engines, and of a wrong one behind the same name."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from harness.models.cards import DEFAULT
from harness.models.cards import load_cards
from harness.models.obtain import obtain_gguf
from harness.parity.run import Wish
from harness.parity.run import parity
from harness.parity.state import Rule

pytest.importorskip("xllamacpp", reason="pip install xllamacpp brings llama.cpp")
pytestmark = pytest.mark.slow

PER_TOKEN = 1e-3
"""Nats a token between llama.cpp and transformers in float32, as tests/engines/test_llama_cpp_real.py has it."""
COUNTS = """
from harness.benchmark import Benchmark
from harness.core import Case, Generate, LogLikelihood
from harness.extract import last_number, plain_number
from harness.metrics.accuracy import Accuracy
from harness.metrics.exact_match import ExactMatch
from harness.sources import from_file


def to_case(row, shots):
    return Case(row.id, (REQUEST,), TARGET)


NAME = Benchmark(
    name="NAME", version=1, area="sums", paper="none", protocol="greedy",
    rows=from_file("rows.jsonl"), to_case=to_case, metrics=(METRIC,),
)


@NAME.cases
def test_NAME(case, response, record):
    record(NAME.score(case, response))
"""
CHOOSES = {
    "REQUEST": 'LogLikelihood(tuple((row.text("context"), f" {row[k]}") for k in ("next", "other")))',
    "TARGET": "0",
    "METRIC": "Accuracy()",
}
WRITES = {
    "REQUEST": 'Generate(row.text("context"), max_tokens=3, stop=(",",))',
    "TARGET": 'str(row["next"])',
    "METRIC": 'ExactMatch(last_number, plain_number, "exact")',
}
SERVE = """
import sys, xllamacpp
params = xllamacpp.CommonParams()
params.model.path, params.n_ctx, params.n_parallel, params.port = sys.argv[1], 512, 2, 0
params.cpuparams.n_threads = 1
server = xllamacpp.Server(params)
print(server.listening_address, flush=True)
sys.stdin.read()
"""


@pytest.fixture(scope="module")
def file(tmp_path_factory):
    """The GGUF file of the default model; CROSSTASK_GGUF names one that is there already."""
    if named := os.environ.get("CROSSTASK_GGUF"):
        return Path(named)
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("CROSSTASK_CACHE", str(tmp_path_factory.mktemp("weights")))
        found = obtain_gguf(load_cards()[DEFAULT])
    return Path(found.directory) / found.gguf


@pytest.fixture(scope="module")
def plain(file, tmp_path_factory):
    """The same weights in float32."""
    from gguf_float import in_float32

    return in_float32(file, tmp_path_factory.mktemp("float32") / "plain.gguf")


@pytest.fixture(scope="module")
def wrong(file, tmp_path_factory):
    """The same name and shapes, the rows of one layer in six turned round: what a bad conversion makes."""
    import gguf
    from gguf_float import in_float32

    path = in_float32(file, tmp_path_factory.mktemp("wrong") / "plain.gguf")
    reader = gguf.GGUFReader(path, "r+")
    for tensor in reader.tensors:
        if tensor.name.endswith("ffn_down.weight") and int(tensor.name.split(".")[1]) % 6 == 0:
            tensor.data[:] = tensor.data[::-1].copy()
    reader.data.flush()
    return path


@pytest.fixture
def pages(root):
    """Two pages of counting on: choosing what comes next, and writing it."""
    with (root / "pyproject.toml").open("a") as table:
        table.write('chat-template = "off"\n')
    lines = [
        f'{{"context": "{k}, {k + 1}, {k + 2}, {k + 3}, {k + 4},", "next": {k + 5}, "other": {k + 15}}}\n'
        for k in range(10, 58)
    ]
    (root / "pages/sums/rows.jsonl").write_text("".join(lines))
    for name, parts in (("chooses", CHOOSES), ("writes", WRITES)):
        text = COUNTS.replace("NAME", name)
        for key, value in parts.items():
            text = text.replace(key, value)
        (root / f"pages/sums/{name}.py").write_text(f'"""Counting on: {name}."""\n{text}')
    return root


def of_llama_cpp(path):
    return f"llama.cpp:smol={path}?kv-type=f32&threads=1&context-size=256"


def test_transformers_and_llama_cpp_are_the_same_on_float32_weights(pages, file, plain):
    document = parity((f"transformers:smol={file}", of_llama_cpp(plain)), Wish(), Rule(20.0), pages)
    assert [verdict["decision"] for verdict in document["verdicts"]] == ["same", "same"], document
    logs, texts = (apart[kind] for apart, kind in zip(document["divergences"], ("logs", "texts"), strict=True))
    assert logs["largest"] < PER_TOKEN
    assert all(parting["near_tie"] for parting in texts["partings"])
    assert texts["texts"] == 32


def test_wrong_weights_behind_the_same_name_are_caught(pages, plain, wrong):
    document = parity((of_llama_cpp(plain), of_llama_cpp(wrong)), Wish(), Rule(20.0), pages)
    assert document["decision"] == "differs", document
    assert document["asked"] <= 64
    logs = next(apart["logs"] for apart in document["divergences"] if apart["logs"])
    assert logs["mean"] > 100 * PER_TOKEN


def test_a_server_of_the_same_file_is_the_same_where_it_can_be_asked(pages, file):
    """llama.cpp's server gives no log-probs of a prompt, so what is chosen by them is not compared, and it says so."""
    pytest.importorskip("openai", reason="pip install openai brings the client")
    server = subprocess.Popen(
        [sys.executable, "-c", SERVE, str(file)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    try:
        url = next(line.strip() for line in server.stdout if line.startswith("http"))
        served = f"openai:smol={file}?base-url={url}/v1&concurrency=2"
        here = f"llama.cpp:smol={file}?threads=1&context-size=256"
        document = parity((here, served), Wish(), Rule(20.0), pages)
    finally:
        server.kill()
        server.wait()
    (verdict,) = document["verdicts"]
    (left,) = document["not_compared"]
    assert (verdict["benchmark"], verdict["decision"]) == ("writes", "same"), document
    assert left["benchmark"] == "chooses"
    assert "echo" in left["why"]
