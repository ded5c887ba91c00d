"""Replicas on a real Ray cluster, each of whose machines has processes of its own: the answers of the bare engine."""

import json
import os
import shutil
import socket
import subprocess
import sys
import tempfile
import threading
import time
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import psutil
import pytest

import harness
from harness.core import Generate
from harness.core import LogLikelihood
from harness.core import Refusal
from harness.engines.descriptor import Choice
from harness.engines.descriptor import EngineSpec
from harness.engines.process import EngineProcess
from harness.engines.process import Launch
from harness.engines.ray import ENGINE
from harness.engines.ray import INNER
from harness.engines.ray.likeness import facts
from harness.engines.ray.likeness import require_alike
from harness.engines.scripted import ScriptedEngine
from harness.errors import EngineError
from harness.errors import ModelError
from harness.errors import UsageError
from harness.evaluation.evaluate import evaluate
from harness.extras import missing
from harness.models import Card
from harness.models import Weights
from harness.models.cards import bare_card
from harness.session.preparing import serve

on_ray = pytest.mark.skipif(bool(missing("ray")), reason="pip install 'crosstask[ray]' brings Ray")
ROOT = Path(harness.__file__).parents[1]
OWN = Path(__file__).parents[1] / "data" / "engines"
PATIENCE = 120.0
PROMPTS = tuple(Generate(f"prompt {number}") for number in range(12))


class Machines:
    """The cluster of `ray_cluster.py`; its folder is short, as it is part of sockets' names."""

    def __init__(self, folder):
        self.folder = folder
        path = os.pathsep.join((str(OWN), str(ROOT)))
        own = {"RAY_TMPDIR": str(folder / "r"), "CROSSTASK_CACHE": str(folder), "ONCE": str(folder / "once")}
        self.env = {**os.environ, **own, "PYTHONPATH": path}
        self._log = (folder / "log").open("w")
        self._cluster = subprocess.Popen(
            [sys.executable, str(Path(__file__).with_name("ray_cluster.py"))],
            env=self.env,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=self._log,
            text=True,
        )
        self.address = self._cluster.stdout.readline().strip()
        assert self.address, (folder / "log").read_text()

    def order(self, what):
        self._cluster.stdin.write(f"{what}\n")
        self._cluster.stdin.flush()
        assert self._cluster.stdout.readline().strip() == what

    def processes(self, of=""):
        """Its processes, or those alone whose command line has a word."""
        there = []
        for process in psutil.process_iter():
            try:
                mine = process.environ().get("RAY_TMPDIR") == self.env["RAY_TMPDIR"]
                there += [process] if mine and of in " ".join(process.cmdline()) else []
            except psutil.Error:
                continue
        return there

    def end(self):
        self._cluster.stdin.close()
        self._cluster.wait(PATIENCE)
        self._log.close()


@pytest.fixture(scope="module")
def machines():
    folder = Path(tempfile.mkdtemp(prefix="ct-", dir="/tmp"))
    cluster = Machines(folder)
    yield cluster
    cluster.end()
    until(lambda: not cluster.processes(), "a process of the cluster is left")
    shutil.rmtree(folder)


def until(condition, otherwise):
    end = time.monotonic() + PATIENCE
    while not condition():
        assert time.monotonic() < end, otherwise
        time.sleep(0.2)


def choice(**options):
    values = {option.name: option.default for option in ENGINE.options}
    return Choice("ray", ENGINE, values | {name.replace("_", "-"): value for name, value in options.items()})


def spec_of(card, **options):
    """What the engine `ray` is told to open, as a session would tell it."""
    chosen = choice(**options)
    prepared = ENGINE.prepare(card, chosen)
    options = {name: str(value) if isinstance(value, Path) else value for name, value in chosen.options.items()}
    return EngineSpec(prepared.weights, prepared.settings, 0, options, prepared.findings)


@contextmanager
def opened(machines, spec, tmp_path):
    """The engine in a process of its own, which ends with the block."""
    env = {"PYTHONPATH": machines.env["PYTHONPATH"], "RAY_TMPDIR": machines.env["RAY_TMPDIR"]}
    process = EngineProcess(spec, Launch(log=tmp_path / "log", env=env))
    try:
        yield process
    finally:
        process.close()
    until(lambda: not machines.processes("ray::Replica"), "a replica outlived its driver")


def scripted(machines, tmp_path, script=None, **options):
    path = tmp_path / "script.json"
    path.write_text(json.dumps(script or {}))
    return spec_of(bare_card("toy"), ray_engine="scripted", answers=path, ray_address=machines.address, **options)


@on_ray
def test_a_model_on_the_cluster_answers_as_it_does_here(machines, folder, tmp_path):
    card = Card("tiny", path=str(folder("llama")))
    requests = [LogLikelihood(((f" w{n} w{n + 1}", f" w{n + 2}"), (" w3", f" w{n} w1"))) for n in range(6)]
    requests += [Generate(f" w{n} w{n + 1}", max_tokens=6) for n in range(6)]
    bare_choice = Choice("transformers", INNER["transformers"], {**choice().options, "device": "cpu"})
    bare = INNER["transformers"].prepare(card, bare_choice)
    spec = spec_of(card, ray_address=machines.address, ray_replicas=2, device="cpu")
    with opened(machines, spec, tmp_path) as there:
        answers = dict(there.answer(requests))
        assert there.description["ray"]["replicas"] == 2
        assert there.description["libraries"]["torch"] == bare.identity.facts["libraries"]["torch"]
        assert machines.processes("ray::Replica")
    here = INNER["transformers"].open(EngineSpec(bare.weights, bare.settings, 0, bare_choice.options))
    expected = dict(here.answer(requests))
    here.close()
    for index, answer in expected.items():
        if isinstance(requests[index], Generate):
            assert answers[index] == answer
        else:
            assert answers[index].values == pytest.approx(answer.values, abs=1e-5)
    assert ENGINE.prepare(card, choice(device="cpu")).identity.digest == bare.identity.digest


@on_ray
def test_a_request_that_kills_three_replicas_is_refused(machines, tmp_path):
    spec = scripted(machines, tmp_path)
    spec = replace(spec, options={**spec.options, "ray-engine": "own_engines:Deadly"})
    prompts = (*PROMPTS[:5], Generate("deadly"), *PROMPTS[5:])
    with opened(machines, spec, tmp_path) as engine:
        answers = dict(engine.answer(prompts))
    assert len(answers) == len(prompts)
    refusal = answers.pop(5)
    assert isinstance(refusal, Refusal)
    assert "died 3 times at this request" in refusal.reason
    assert "killed by SIGKILL" in refusal.reason
    assert all(answer.completions[0].text.startswith("prompt") for answer in answers.values())


@on_ray
def test_a_replica_that_is_lost_while_it_is_idle_is_opened_again(machines, tmp_path):
    with opened(machines, scripted(machines, tmp_path), tmp_path) as engine:
        first = dict(engine.answer(PROMPTS))
        (replica,) = machines.processes("ray::Replica")
        replica.kill()
        replica.wait(PATIENCE)
        assert dict(engine.answer(PROMPTS)) == first
        assert "deaths" not in engine.description
    assert first == dict(ScriptedEngine().answer(PROMPTS))


@on_ray
def test_a_replica_that_stands_still_is_ended_and_its_lease_asked_again(machines, tmp_path):
    spec = scripted(machines, tmp_path, stall_limit=8)
    spec = replace(spec, options={**spec.options, "ray-engine": "own_engines:Deadly"})
    with opened(machines, spec, tmp_path) as engine:
        answers = dict(engine.answer((*PROMPTS, Generate("once"))))
        assert len(answers) == len(PROMPTS) + 1
        assert answers[len(PROMPTS)].completions[0].text == "once!"
        assert "no sign of progress for 4 s with 1 request open, the first 'once'" in engine.description["deaths"][0]


@on_ray
def test_a_replica_that_cannot_load_says_why(machines, tmp_path):
    spec = scripted(machines, tmp_path)
    (tmp_path / "script.json").write_text('{"delay": 0}')  # another file than the one that was hashed
    with opened(machines, spec, tmp_path) as engine, pytest.raises(ModelError) as caught:
        dict(engine.answer(PROMPTS))
    assert f"{tmp_path / 'script.json'}: found another file on " in str(caught.value)


@on_ray
def test_a_cluster_without_room_says_how_much_there_is(machines, tmp_path):
    spec = scripted(machines, tmp_path, ray_cpus=3, ray_wait=1)
    with opened(machines, spec, tmp_path) as engine, pytest.raises(EngineError) as caught:
        dict(engine.answer(PROMPTS))
    assert str(caught.value) == (
        "--engine ray: no room for a replica (3 CPUs, 0 GPUs) within 1 s, on 3 machines with 1 CPU, 0 GPUs at most; "
        "expected room, fewer --ray-cpus or a longer --ray-wait"
    )


@on_ray
def test_an_address_where_no_cluster_is_says_so(tmp_path, machines):
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
    spec = replace(scripted(machines, tmp_path), options={**choice().options, "ray-address": f"127.0.0.1:{port}"})
    with opened(machines, spec, tmp_path) as engine, pytest.raises(EngineError) as caught:
        dict(engine.answer(PROMPTS))
    assert f"--ray-address 127.0.0.1:{port}: Connection refused; expected a cluster of Ray " in str(caught.value)


@on_ray
def test_a_machine_that_is_lost_in_mid_run_changes_no_score(machines, tmp_path):
    journal, until_there = tmp_path / "asked", tmp_path / "go on"
    hold = {"journal": str(journal), "hold": {"after": 2, "until": str(until_there)}}
    (tmp_path / "script.json").write_text(json.dumps(hold))
    asked = {"root": tmp_path, "limit": "all", "answers": tmp_path / "script.json"}

    def lose():
        # two leases of 8 requests, of which a replica answers two and begins a third
        until(lambda: journal.exists() and len(journal.read_text().splitlines()) == 6, "no replica was asked")
        machines.order("kill")
        until(lambda: len(machines.processes("ray::Replica")) == 1, "no replica was lost")
        until_there.touch()

    killer = threading.Thread(target=lose)
    killer.start()
    options = {"ray_engine": "scripted", "ray_address": machines.address, "ray_replicas": 2}
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("RAY_TMPDIR", machines.env["RAY_TMPDIR"])
        run = evaluate(None, "boolq", engine="ray", run_dir=tmp_path / "ray", **asked, **options)
    killer.join()
    bare = evaluate(None, "boolq", engine="scripted", run_dir=tmp_path / "bare", refresh=True, **asked)
    assert run.scores() == bare.scores()
    assert [{**row, "seconds": 0} for row in run.cases()] == [{**row, "seconds": 0} for row in bare.cases()]
    manifest = json.loads((tmp_path / "ray/manifest.json").read_text())
    (facts_of_model,) = manifest["models"].values()
    assert facts_of_model["engine"]["asked_again"] > 0
    assert len(facts_of_model["engine"]["deaths"]) == 1


@on_ray
def test_a_cluster_that_does_not_answer_is_not_waited_for():
    """A head that takes a connection and says nothing; JOIN_S is a minute."""
    code = (
        "from harness.engines.ray import cluster\nfrom harness.errors import EngineError\ncluster.JOIN_S = 1.0\n"
        "import os, sys\ntry:\n    cluster.connect(sys.argv[1])\n"
        "except EngineError as error:\n    print(error, flush=True)\n    os._exit(0)\n"
    )
    with socket.create_server(("127.0.0.1", 0)) as server:
        place = f"127.0.0.1:{server.getsockname()[1]}"
        done = subprocess.run(
            [sys.executable, "-c", code, place], capture_output=True, text=True, timeout=PATIENCE, check=True
        )
    assert done.stdout.startswith(f"--ray-address {place}: no answer in 1 s; expected a cluster of Ray ")


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"ray_replicas": 0}, "--ray-replicas: found 0; expected 1 or more"),
        ({"ray_cpus": 0}, "--ray-cpus: found 0; expected 1 or more"),
        (
            {"ray_address": "ray://head:10001"},
            (
                "--ray-address ray://head:10001: found a server for clients of Ray; "
                "expected HOST:PORT of a head, on a machine of its cluster"
            ),
        ),
        ({"device": "0,1"}, "--device 0,1: Ray gives each replica its devices; expected auto, cpu or cuda"),
        ({"load_in": "4bit"}, "--load-in: found --ray-engine scripted; expected transformers"),
        ({"adapter": "x"}, "--adapter: found --ray-engine scripted; expected transformers or vllm"),
    ],
)
def test_what_cannot_be_is_one_sentence(options, message):
    with pytest.raises(UsageError) as caught:
        ENGINE.prepare(bare_card("toy"), choice(ray_engine="scripted", **options))
    assert str(caught.value) == message


def test_a_machine_without_ray_names_the_extra(monkeypatch, tmp_path):
    monkeypatch.setitem(sys.modules, "ray", None)
    with pytest.raises(UsageError) as caught:
        evaluate(None, "boolq", root=tmp_path, engine="ray")
    assert "--engine ray: ray is not installed; expected pip install 'crosstask[ray]'" in str(caught.value)


def test_a_gpu_is_chosen_without_one_here(folder):
    prepared = ENGINE.prepare(Card("tiny", path=str(folder("llama"))), choice(device="cuda"))
    assert (prepared.settings.device, prepared.settings.dtype) == ("cuda", "bfloat16")
    assert prepared.findings["gpus"] == 1
    assert prepared.identity.facts["settings"]["device"] == "cuda"


def test_what_differs_on_another_machine_is_named(tmp_path):
    (tmp_path / "config.json").write_text("{}")
    empty = "44136fa355b3678a1146ad16f7e8649e94fb4fc21fe77e8310c060f61caaff8a"  # printf '{}' | sha256sum
    weights = Weights(Card("toy"), str(tmp_path), hashes={"config.json": empty})
    here = facts({"numpy": "0.1", "no-such-library": None})
    right = {name: version for name, version in here.items() if name != "numpy"}
    require_alike(right, weights, "10.0.0.3")
    with pytest.raises(UsageError, match=r"^--engine ray: found numpy \S+ on 10.0.0.3; expected 0.1, as here$"):
        require_alike(here, weights, "10.0.0.3")
    with pytest.raises(UsageError, match=r"found crosstask \S+ \(source \w+\) on 10.0.0.3; expected 0 \(source 0\)"):
        require_alike({**right, "crosstask": "0 (source 0)"}, weights, "10.0.0.3")
    with pytest.raises(ModelError, match=r"config.json: found another file on 10.0.0.3; expected that of sha256 00$"):
        require_alike(right, replace(weights, hashes={"config.json": "00"}), "10.0.0.3")
    with pytest.raises(ModelError, match=r"tokenizer.json: No such file or directory on 10.0.0.3; expected the model"):
        require_alike(right, replace(weights, hashes={"tokenizer.json": "00"}), "10.0.0.3")


def test_answers_are_kept_apart_where_leases_can_change_them(monkeypatch):
    monkeypatch.setitem(INNER, "scripted", replace(INNER["scripted"], several=False))
    apart = ENGINE.prepare(bare_card("toy"), choice(ray_engine="scripted")).identity
    monkeypatch.undo()
    alike = ENGINE.prepare(bare_card("toy"), choice(ray_engine="scripted")).identity
    assert apart.facts == {**alike.facts, "replicas": "ray"}


@on_ray
def test_one_process_leases_a_window_that_is_as_large_as_its_replicas_want(tmp_path):
    served = serve(bare_card("toy"), choice(ray_engine="scripted", ray_replicas=3), tmp_path / "log")
    bare = serve(bare_card("toy"), Choice("scripted", INNER["scripted"], choice().options), tmp_path / "log")
    assert (served.source.processes, len(served.source.engine.processes)) == (3, 1)
    assert (served.source.digest, served.source.answers) == (bare.source.digest, bare.source.answers)
