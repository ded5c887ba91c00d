"""Devices and number types, found without torch so that pytest's own process never imports it.

CUDA is asked through its driver (cuInit, cuDeviceGetCount: https://docs.nvidia.com/cuda/cuda-driver-api), which heeds
CUDA_VISIBLE_DEVICES; a torch built for the CPU alone (local version `+cpu`) has no CUDA whatever the driver says.
"""

import ctypes
import platform
import re
from dataclasses import dataclass

from harness.errors import UsageError
from harness.models.identity import versions

DTYPES = ("float32", "bfloat16", "float16")

_NAME_LENGTH = 256


@dataclass(frozen=True, slots=True)
class Device:
    """A device a model can run on: "cpu", "mps", or "cuda:<index>", and what it is called."""

    name: str
    description: str


def list_devices(python: str | None = None) -> tuple[Device, ...]:
    """The devices of this machine that the torch of an interpreter can use, the best first and the CPU last.

    `python` is the interpreter, None for this one.
    """
    gpus = tuple(Device(f"cuda:{index}", name) for index, name in enumerate(_cuda_names(python)))
    metal = (Device("mps", "Apple GPU (Metal)"),) if _has_metal() else ()
    return (*gpus, *metal, Device("cpu", platform.machine() or "CPU"))


def resolve_device(name: str, python: str | None = None) -> str:
    """The device a value of `--device` means: cpu, mps, cuda or cuda:<index>; auto is the best there is.

    Raises UsageError where this machine, or the torch of the interpreter `python` (None: this one), has no such device.
    """
    names = [device.name for device in list_devices(python)]
    if name == "auto":
        return names[0].partition(":")[0]
    if name in names or (name == "cuda" and "cuda:0" in names):
        return name
    if re.fullmatch(r"cpu|mps|cuda(:\d+)?", name) is None:
        raise UsageError(f"--device {name}: no such device; expected auto, cpu, cuda, cuda:<index> or mps")
    reason = (
        "the installed torch is built for the CPU alone"
        if name.startswith("cuda") and _cpu_torch(python)
        else "not here"
    )
    raise UsageError(f"--device {name}: {reason}; expected one of auto, {', '.join(names)}")


def resolve_devices(name: str, python: str | None = None) -> tuple[str, ...]:
    """The devices a value of `--device` means, one or several of one kind: `all` is every CUDA device, or the best.

    A number is that CUDA device. One named twice is there twice. Raises UsageError as `resolve_device`, and for a mix.
    """
    if name == "all":
        every = tuple(device.name for device in list_devices(python) if device.name.startswith("cuda:"))
        return every or (resolve_device("auto", python),)
    names = [f"cuda:{part}" if part.isdecimal() else part for part in name.split(",")]
    devices = tuple(resolve_device(part, python) for part in names)
    kinds = sorted({device.partition(":")[0] for device in devices})
    if len(kinds) > 1:
        raise UsageError(f"--device {name}: found {' and '.join(kinds)}; expected devices of one kind")
    return devices


def resolve_dtype(name: str, device: str) -> str:
    """The number type for a value of `--dtype`: "auto" is float32 on the CPU and bfloat16 elsewhere."""
    if name == "auto":
        return "float32" if device == "cpu" else "bfloat16"
    if name not in DTYPES:
        raise UsageError(f"--dtype {name}: no such type; expected auto, {', '.join(DTYPES)}")
    return name


def _cpu_torch(python: str | None) -> bool:
    return (versions(("torch",), python)["torch"] or "").endswith("+cpu")


def _has_metal() -> bool:
    return platform.system() == "Darwin" and platform.machine() == "arm64"


def _cuda_names(python: str | None) -> tuple[str, ...]:
    """The names of the CUDA devices torch could use, in the driver's order."""
    if _cpu_torch(python):
        return ()
    try:
        driver = ctypes.CDLL("nvcuda.dll" if platform.system() == "Windows" else "libcuda.so.1")
    except OSError:
        return ()
    count = ctypes.c_int(0)
    if driver.cuInit(0) != 0 or driver.cuDeviceGetCount(ctypes.byref(count)) != 0:
        return ()
    return tuple(_cuda_name(driver, index) for index in range(count.value))


def _cuda_name(driver: ctypes.CDLL, index: int) -> str:
    device, name = ctypes.c_int(0), ctypes.create_string_buffer(_NAME_LENGTH)
    driver.cuDeviceGet(ctypes.byref(device), index)
    driver.cuDeviceGetName(name, _NAME_LENGTH, device)
    return name.value.decode("utf-8", "replace") or f"CUDA device {index}"
