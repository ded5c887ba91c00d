"""The engine of vLLM without it: what is chosen, told, asked and read, and what is said when something is wrong.

An engine's process finds a stand-in on its path, `tests/data/vllm_stand_in`, around a model that counts.
"""

import json
import math
import os
import struct
import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace

import pytest
from tiny import tokenizer
from tiny import words

import harness
from harness.core import Completion
from harness.core import Execute
from harness.core import Generate
from harness.core import LogLikelihood
from harness.core import LogLikelihoods
from harness.core import Refusal
from harness.core import Rolling
from harness.engines.descriptor import Choice
from harness.engines.descriptor import EngineSpec
from harness.engines.process import Launch
from harness.engines.registry import find
from harness.engines.registry import names
from harness.engines.texts.tokens import Scored
from harness.engines.vllm import ENGINE
from harness.engines.vllm import _lacks_with_adapter
from harness.engines.vllm.arguments import arguments
from harness.engines.vllm.arguments import environment
from harness.engines.vllm.engine import _broken
from harness.engines.vllm.loading import _failure
from harness.engines.vllm.loading import reason
from harness.engines.vllm.scoring import NOT_FINITE
from harness.engines.vllm.scoring import LogP
from harness.engines.vllm.scoring import read
from harness.engines.vllm.writing import seed
from harness.errors import EngineError
from harness.errors import ModelError
from harness.errors import UsageError
from harness.models import Card
from harness.models import Settings
from harness.models import Weights

STAND_IN = Path(__file__).parents[1] / "data" / "vllm_stand_in"
ROOT = Path(harness.__file__).parents[1]


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """A model whose weights nobody reads, with a tokenizer of whole words."""
    path = tmp_path_factory.mktemp("counting")
    tokenizer().save_pretrained(path)
    (path / "config.json").write_text(json.dumps({"model_type": "llama", "eos_token_id": 1, "bos_token_id": 0}))
    asked = {"eos_token_id": [1, 40], "repetition_penalty": 1.3, "temperature": 0.6}
    (path / "generation_config.json").write_text(json.dumps(asked))
    (path / "model.safetensors").write_bytes(struct.pack("<Q", 2) + b"{}")
    return path


@pytest.fixture
def python(tmp_path):
    """An interpreter that says it has vLLM."""
    place = tmp_path / "packages" / "vllm-0.32.0.dist-info"
    place.mkdir(parents=True)
    (place / "METADATA").write_text("Metadata-Version: 2.1\nName: vllm\nVersion: 0.32.0\n")
    script = tmp_path / "python"
    script.write_text(f'#!/bin/sh\nexport PYTHONPATH={place.parent}\nexec {sys.executable} "$@"\n')
    script.chmod(0o755)
    return str(script)


@pytest.fixture
def adapter(tmp_path):
    """A PEFT adapter of rank 24 in one of its layers, whose tensors nobody reads."""
    place = tmp_path / "adapter"
    place.mkdir()
    (place / "adapter_config.json").write_text(json.dumps({"peft_type": "LORA", "r": 4, "rank_pattern": {"k": 24}}))
    (place / "adapter_model.safetensors").write_bytes(b"no tensors")
    return place


@pytest.fixture
def prepared(folder, python, monkeypatch, tmp_path):
    monkeypatch.setenv("CROSSTASK_CACHE", str(tmp_path / "cache"))
    values = {option.name: option.default for option in ENGINE.options} | {"device": "cpu"}

    def prepare(template="auto", **options):
        given = {name.replace("_", "-"): value for name, value in options.items()}
        choice = Choice("vllm", ENGINE, values | given, template, python)
        return ENGINE.prepare(ENGINE.resolve(str(folder)), choice)

    return prepare


def specification(folder, batch_tokens=0, settings=None, adapter=None, **options):
    values = {option.name: option.default for option in ENGINE.options}
    given = {name.replace("_", "-"): value for name, value in options.items()}
    weights = Weights(Card("counting"), str(folder), adapter=adapter and str(adapter))
    return EngineSpec(weights, settings or Settings("vllm"), batch_tokens, values | given)


@pytest.fixture
def process(opened, tmp_path, folder):
    """Opens the engine in a process that finds the stand-in, and says what the stand-in was told."""

    def start(spec=None, **options):
        env = {"PYTHONPATH": os.pathsep.join((str(STAND_IN), str(ROOT))), "VLLM_TOLD": str(tmp_path / "told")}
        return opened(spec or specification(folder, **options), Launch(log=tmp_path / "log", env=env))

    return start


def test_it_is_an_engine_whose_library_an_extra_brings():
    assert "vllm" in names()
    assert find("vllm") is ENGINE
    assert ENGINE.extra == "vllm"


def test_the_identity_has_all_that_changes_an_answer(prepared, adapter):
    known = prepared()
    assert known.identity.facts["libraries"]["vllm"] == "0.32.0"
    assert known.own_process
    others = [
        {"context_size": 64},
        {"tensor_parallel_size": 2},
        {"pipeline_parallel_size": 2},
        {"quantization": "fp8"},
        {"no_prefix_caching": True},
        {"enforce_eager": True},
        {"dtype": "bfloat16"},
        {"adapter": adapter},
    ]
    digests = {prepared(**options).identity.digest for options in others}
    assert len({known.identity.digest, *digests}) == 1 + len(others)
    same = [{"gpu_memory_utilization": 0.5}, {"kv_cache_gib": 2}, {"batch_tokens": 512}]
    assert {prepared(**options).identity.digest for options in same} == {known.identity.digest}


def test_an_adapter_is_known_by_its_files(prepared, adapter):
    known = prepared(adapter=adapter)
    why = "gives no log-probs of prompts with an adapter on a CPU (vllm-project/vllm#29955)"
    assert known.lacks == {"log-likelihoods": why, "rolling": why}
    assert {"adapter/adapter_config.json", "adapter/adapter_model.safetensors"} <= known.weights.hashes.keys()
    moved = adapter.rename(adapter.with_name("elsewhere"))
    assert prepared(adapter=moved).identity == known.identity
    (moved / "adapter_model.safetensors").unlink()
    with pytest.raises(ModelError, match=r"elsewhere: no weights; expected adapter_model\.safetensors$"):
        prepared(adapter=moved)


@pytest.mark.parametrize(("name", "lacks"), [("lm_head", True), ("layers.0.self_attn.q_proj", False)])
def test_what_an_adapter_changes_of_the_vocabulary_s_projection_is_left_out_on_a_gpu(tmp_path, name, lacks):
    header = json.dumps({f"base_model.model.{name}.lora_A.weight": {"shape": [4, 8]}}).encode()
    (tmp_path / "file").write_bytes(struct.pack("<Q", len(header)) + header)
    why = "leaves an adapter's lm_head out of the log-probs of prompts (vllm-project/vllm#51594)"
    expected = {"log-likelihoods": why, "rolling": why} if lacks else {}
    assert _lacks_with_adapter(tmp_path / "file", on_cpu=False) == expected


@pytest.mark.parametrize(
    ("options", "error"),
    [
        ({"context_size": 0}, "--context-size: found 0; expected 1 or more"),
        ({"tensor_parallel_size": 0}, "--tensor-parallel-size: found 0; expected 1 or more"),
        ({"gpu_memory_utilization": 1.5}, r"--gpu-memory-utilization: found 1\.5; expected a share above 0, at most 1"),
        ({"gpu_memory_utilization": "half"}, "--gpu-memory-utilization: found half; expected a share above 0"),
    ],
)
def test_what_cannot_be_chosen_is_one_sentence(prepared, options, error):
    with pytest.raises(UsageError, match=error):
        prepared(**options)


def test_a_gguf_file_is_another_engine_s(tmp_path, python):
    from test_llama_cpp import gguf_file

    card = ENGINE.resolve(str(gguf_file(tmp_path / "Tiny.gguf")))
    with pytest.raises(ModelError, match=r"Tiny: a GGUF file; expected the Hub's format for --engine vllm$"):
        ENGINE.prepare(card, Choice("vllm", ENGINE, {"device": "cpu"}, python=python))


def test_an_interpreter_without_it_is_one_sentence(folder, monkeypatch, tmp_path):
    expected = r"--engine vllm: vllm is not installed; expected pip install 'crosstask\[vllm\]'$"
    monkeypatch.setitem(sys.modules, "vllm", None)
    with pytest.raises(UsageError, match=expected):
        ENGINE.prepare(ENGINE.resolve(str(folder)), Choice("vllm", ENGINE))
    script = tmp_path / "bare"
    script.write_text(f'#!/bin/sh\nexec {sys.executable} -I -S "$@"\n')
    script.chmod(0o755)
    expected = rf"--engine vllm in {script}: vllm is not installed; expected pip install 'crosstask\[vllm\]' there$"
    with pytest.raises(UsageError, match=expected):
        ENGINE.prepare(ENGINE.resolve(str(folder)), Choice("vllm", ENGINE, python=str(script)))


def test_what_is_chosen_is_told(folder, adapter):
    plain = arguments(specification(folder))
    assert (plain["dtype"], plain["enforce_eager"], plain["load_format"]) == ("float32", True, "safetensors")
    assert (plain["max_num_batched_tokens"], plain["max_num_seqs"], plain["max_model_len"]) == (2048, 256, None)
    assert plain["generation_config"] == "vllm"
    assert not {"gpu_memory_utilization", "kv_cache_memory_bytes", "enable_lora"} & plain.keys()
    chosen = arguments(
        specification(
            folder,
            100,
            Settings("vllm", device="cuda:1", dtype="bfloat16", trust_remote_code=True, allow_pickle=True),
            tensor_parallel_size=4,
            pipeline_parallel_size=2,
            quantization="fp8",
            gpu_memory_utilization=0.6,
            kv_cache_gib=3,
            context_size=512,
            no_prefix_caching=True,
            adapter=adapter,
        )
    )
    expected = {
        "dtype": "bfloat16",
        "trust_remote_code": True,
        "load_format": "auto",
        "tensor_parallel_size": 4,
        "pipeline_parallel_size": 2,
        "quantization": "fp8",
        "gpu_memory_utilization": 0.6,
        "kv_cache_memory_bytes": 3 * 2**30,
        "max_model_len": 512,
        "max_num_batched_tokens": 100,
        "max_num_seqs": 100,
        "enable_prefix_caching": False,
        "enforce_eager": False,
        "enable_lora": True,
        "max_lora_rank": 32,
    }
    assert {name: chosen[name] for name in expected} == expected


def test_a_rank_that_is_too_high_is_one_sentence(folder, adapter):
    (adapter / "adapter_config.json").write_text(json.dumps({"r": 1024}))
    with pytest.raises(ModelError, match=r"^--adapter .*: found rank 1024; expected at most 512$"):
        arguments(specification(folder, adapter=adapter))


def test_what_the_user_has_set_stays(folder):
    plain = environment(specification(folder), {"VLLM_ENABLE_V1_MULTIPROCESSING": "1", "HOME": "/"})
    assert plain["VLLM_ENABLE_V1_MULTIPROCESSING"] == "1"
    assert (plain["VLLM_TARGET_DEVICE"], plain["VLLM_CPU_KVCACHE_SPACE"], plain["VLLM_NO_USAGE_STATS"]) == (
        "cpu",
        "4",
        "1",
    )
    assert "HOME" not in plain
    assert (
        environment(specification(folder, kv_cache_gib=2), {"VLLM_CPU_KVCACHE_SPACE": "9"})["VLLM_CPU_KVCACHE_SPACE"]
        == "2"
    )
    second = specification(folder, settings=Settings("vllm", device="cuda:1"))
    assert environment(second, {})["CUDA_VISIBLE_DEVICES"] == "1"
    assert environment(second, {"CUDA_VISIBLE_DEVICES": "4,6"})["CUDA_VISIBLE_DEVICES"] == "6"
    assert "VLLM_TARGET_DEVICE" not in environment(second, {})


def test_answers_of_each_kind(process, tmp_path):
    engine = process(context_size=32)
    shared = words(1, 2, 3, 4, 5, 6)
    asked = [
        LogLikelihood(((words(1, 2), words(3)), (words(1, 2), words(4, 5)))),
        LogLikelihood(((shared, words(7)), (shared, words(9)))),
        LogLikelihood(((words(1, 2), words(3, 4, 5, 6, 7, 8, 9)),)),
        LogLikelihood(((words(1, 2), ""),)),
        LogLikelihood(((words(*range(31)), words(1)),)),
        Rolling(words(1, 2, 3)),
        Rolling(""),
        Rolling(words(*range(35))),
        Generate(words(1), 3, samples=2),
        Generate(words(1), 9, stop=(" w5",)),
        Generate(words(33), 9),
        Generate(words(37), 9),
        Generate(words(1), 3, temperature=0.8, samples=3, seed=1),
        Generate(words(1), 3, temperature=0.001),
        Generate(words(1), 3, temperature=3.0),
        Generate(words(*range(30)), 3),
        Execute("python", "pass", ("assert True",)),
    ]
    answers = dict(engine.answer(asked))
    assert answers[0] == LogLikelihoods((-1.0, -3.0), (1, 2), (True, False))
    assert answers[1] == LogLikelihoods((-1.0, -2.0), (1, 1), (True, False))
    assert answers[2] == LogLikelihoods((-7.0,), (7,), (True,))
    assert answers[3] == Refusal("continuation '': it has no token; expected one to score")
    assert answers[4] == Refusal("the prompt has 31 tokens and may get 2 more; the context is 32 tokens")
    assert answers[5] == LogLikelihoods((-4.0,), (3,), (False,))
    assert answers[6] == LogLikelihoods((0.0,), (0,), (True,))
    assert answers[7] == LogLikelihoods((-36.0,), (35,), (False,))
    assert answers[8].completions == (Completion(" w2 w3 w4", "length", 3),) * 2
    assert answers[9].completions == (Completion(" w2 w3 w4", "stop", 4),)
    (written,) = answers[9].completions
    assert 0 < written.first_token <= written.latency
    assert answers[0].latency > 0
    assert answers[10].completions == (Completion(" w34 w35 w36", "stop", 3),)  # by token 40 of the generation config
    assert answers[11] == Refusal("the model gave logits that are no finite numbers")
    assert len(set(answers[12].completions)) > 1
    least = "vllm draws at 0.01 where less is asked for; expected 0, or 0.01 or more"
    assert answers[13] == Refusal(f"temperature 0.001: {least}")
    assert answers[14] == Refusal("vllm refuses it: temperature must be in [0, 2], got 3.0")
    assert answers[15] == Refusal("the prompt has 30 tokens and may get 3 more; the context is 32 tokens")
    assert answers[16] == Refusal("a model runs no program")
    again = dict(engine.answer(asked[:3] + asked[12:13]))
    assert [again[at] for at in range(4)] == [answers[0], answers[1], answers[2], answers[12]]
    told = json.loads((tmp_path / "told").read_text())
    assert told["told"]["skip_tokenizer_init"] is True
    assert told["environment"]["VLLM_TARGET_DEVICE"] == "cpu"
    said = engine.describe()
    assert (said["context_length"], said["eos"], said["prefix"]) == (32, [1, 40], 0)
    assert (
        "its generation config asks for repetition_penalty 1.3: left out, as this engine applies none" in said["notes"]
    )


def test_an_engine_that_dies_is_one_sentence_and_what_it_answered_stays(process):
    engine, answers = process(), {}
    asked = [Generate(words(1), 2), LogLikelihood(((words(1), words(2)),)), Generate(words(39), 9)]
    expected = "^vllm: a process of it died; its last words are in the engine's log; run again to go on$"
    with pytest.raises(EngineError, match=expected):
        answers.update(engine.answer(asked))
    assert answers == {1: LogLikelihoods((-1.0,), (1,), (True,))}


def test_an_adapter_that_it_does_not_take_is_one_sentence(process, adapter):
    other = adapter.rename(adapter.with_name("other"))
    expected = r"other: expected target modules in \{'q_proj'\} but received \['x'\]; expected an adapter"
    with pytest.raises(ModelError, match=expected):
        process(adapter=other).describe()


@pytest.mark.parametrize(
    ("raised", "kind", "error"),
    [
        (
            ValueError("1 validation error for ModelConfig\n  Value error, Unknown quantization. [type=value_error, i"),
            ModelError,
            r"^counting: vllm cannot load it \(Unknown quantization\); expected a model and options that vllm knows$",
        ),
        (
            RuntimeError("No available memory for the cache blocks. Try increasing `gpu_memory_utilization`."),
            EngineError,
            r"^counting: too little memory for vllm \(No available memory for the cache.*\); expected a sm",
        ),
        (AssertionError(), ModelError, r"^counting: vllm cannot load it \(AssertionError\)"),
    ],
)
def test_why_a_model_is_not_loaded_is_one_sentence(raised, kind, error):
    with pytest.raises(kind, match=error):
        raise _failure("counting", raised)


def test_another_device_than_the_one_it_is_built_for_is_one_sentence(process, folder):
    spec = specification(folder, settings=Settings("vllm", device="cuda", dtype="bfloat16"))
    with pytest.raises(
        EngineError, match=r"^--device cuda: found a vllm in .* that is one for cpu; expected one for cuda$"
    ):
        process(spec).describe()


def output(*known, cached=0):
    positions = [None, *({token: SimpleNamespace(logprob=value, rank=rank)} for token, value, rank in known)]
    return SimpleNamespace(num_cached_tokens=cached, prompt_logprobs=positions)


def test_log_probs_are_read_from_the_end():
    sequence = Scored((5, 6, 7, 8), 2)
    whole = output((6, -9.0, 3), (7, -1.0, 1), (8, -2.0, 1))
    assert read(whole, sequence) == LogP(-3.0, greedy=True)
    assert read(output((7, -1.0, 1), (8, -2.0, 2), cached=1), sequence) == LogP(-3.0, greedy=False)
    assert read(output((8, -2.0, 1), cached=2), sequence) is None
    assert read(output((6, -9.0, 3), (7, math.nan, 1), (8, -2.0, 1)), sequence) is NOT_FINITE
    with pytest.raises(EngineError, match=r"^vllm: log-probs of 0 tokens; expected those of 2$"):
        read(output((7, -1.0, 1), (9, -2.0, 1), (8, -2.0, 1)), sequence)
    with pytest.raises(EngineError, match=r"^vllm: log-probs of 0 tokens; expected those of 2$"):
        read(SimpleNamespace(num_cached_tokens=None, prompt_logprobs=None), sequence)


def test_each_sample_of_each_prompt_has_its_own_seed():
    seeds = {seed(number, sample, prompt) for number in (0, 1) for sample in (0, 1) for prompt in ([1, 2], [1, 3])}
    assert len(seeds) == 8
    assert all(0 <= value < 2**31 for value in seeds)
    assert seed(3, 0, [7]) == seed(3, 0, (7,))


def test_what_breaks_a_pass_is_one_sentence():
    assert str(_broken(RuntimeError("CUDA out of memory. Tried to allocate 7 GiB.\nmore"))).startswith(
        "vllm: out of memory in a pass (CUDA out of memory. Tried to allocate 7 GiB); expected a smaller --batch-tokens"
    )
    assert str(_broken(KeyError("x"))) == "vllm: KeyError: 'x'; the model stopped in a pass"
    assert reason(ValueError()) == "ValueError"


def test_a_process_of_it_that_is_killed_ends_the_engine_s():
    code = (
        "import multiprocessing, time\n"
        "from harness.engines.vllm import watching\n"
        "watching._GRACE_S = 0\n"
        "if __name__ == '__main__':\n"
        "    watching.watch()\n"
        "    child = multiprocessing.get_context('fork').Process(target=time.sleep, args=(60,), name='VllmWorker-0')\n"
        "    child.start()\n"
        "    watching.watch()\n"
        "    child.kill()\n"
        "    time.sleep(60)\n"
    )
    ended = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=50, check=False)
    assert (ended.returncode, ended.stderr) == (1, "vllm: its process VllmWorker-0 ended; run again to go on\n")
