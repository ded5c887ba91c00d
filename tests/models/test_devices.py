"""Devices and number types, as torch itself sees them on this machine."""

import json
import os
import subprocess
import sys

import pytest

from harness.errors import UsageError
from harness.models.devices import list_devices
from harness.models.devices import resolve_device
from harness.models.devices import resolve_devices
from harness.models.devices import resolve_dtype

TORCH = "import json, torch; print(json.dumps([torch.cuda.device_count(), torch.backends.mps.is_available()]))"


@pytest.mark.slow
def test_devices_are_those_torch_has():
    seen = subprocess.run([sys.executable, "-c", TORCH], capture_output=True, text=True, check=True).stdout
    gpus, metal = json.loads(seen)
    names = [device.name for device in list_devices()]
    assert names == [f"cuda:{index}" for index in range(gpus)] + (["mps"] if metal else []) + ["cpu"]
    assert resolve_device("auto") == ("cuda" if gpus else "mps" if metal else "cpu")


def test_hidden_gpus_are_no_devices():
    code = "from harness.models.devices import list_devices; print(*[device.name for device in list_devices()])"
    hidden = os.environ | {"CUDA_VISIBLE_DEVICES": ""}
    seen = subprocess.run([sys.executable, "-c", code], env=hidden, capture_output=True, text=True, check=True).stdout
    assert "cuda" not in seen
    assert seen.split()[-1] == "cpu"


def test_cpu_is_always_there():
    assert resolve_device("cpu") == "cpu"


@pytest.mark.parametrize("name", ["gpu", "cuda:", "cuda:x", "CPU", "", "cpu:0"])
def test_unknown_device_is_one_sentence(name):
    expected = f"--device {name}: no such device; expected auto, cpu, cuda, cuda:<index> or mps"
    with pytest.raises(UsageError) as raised:
        resolve_device(name)
    assert str(raised.value) == expected


def test_device_that_is_not_here_names_those_that_are():
    with pytest.raises(UsageError, match=r"--device cuda:99: .*; expected one of auto, .*cpu$"):
        resolve_device("cuda:99")


def test_several_devices_are_those_named():
    assert resolve_devices("cpu,cpu") == ("cpu", "cpu")
    assert resolve_devices("cpu") == ("cpu",)


def test_all_devices_are_the_gpus_or_the_best_there_is():
    gpus = tuple(device.name for device in list_devices() if device.name.startswith("cuda:"))
    assert resolve_devices("all") == (gpus or (resolve_device("auto"),))


@pytest.mark.parametrize("name", ["", "cpu,", "cpu,,cpu", "all,cpu", "cpu,99", "99", "-1", "cpu, cpu"])
def test_a_device_of_several_that_is_not_there_is_one_sentence(name):
    with pytest.raises(UsageError, match=r"^--device .*; expected "):
        resolve_devices(name)


def test_a_mix_of_devices_is_refused(monkeypatch):
    monkeypatch.setattr("harness.models.devices._cuda_names", lambda _: ("A", "B"))
    assert resolve_devices("0,cuda:1") == resolve_devices("all") == ("cuda:0", "cuda:1")
    with pytest.raises(UsageError) as raised:
        resolve_devices("cpu,0")
    assert str(raised.value) == "--device cpu,0: found cpu and cuda; expected devices of one kind"


@pytest.mark.parametrize(
    ("name", "device", "expected"),
    [
        ("auto", "cpu", "float32"),
        ("auto", "cuda:1", "bfloat16"),
        ("auto", "mps", "bfloat16"),
        ("float16", "cpu", "float16"),
    ],
)
def test_dtype(name, device, expected):
    assert resolve_dtype(name, device) == expected


def test_unknown_dtype_is_one_sentence():
    with pytest.raises(UsageError, match=r"--dtype int8: no such type; expected auto, float32, bfloat16, float16"):
        resolve_dtype("int8", "cpu")
