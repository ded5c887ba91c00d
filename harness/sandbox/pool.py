"""The sandbox as the rest of the house sees it: slots that keep all cores busy, and answers as futures.

A program starts when it is submitted and a slot is free. One that the wall clock ended is run again alone, with all
other slots idle, before that counts: on a busy machine an honest program can be late.
"""

import functools
import hashlib
import importlib.machinery
import importlib.metadata
import importlib.util
import os
import queue
import threading
from collections.abc import Iterator
from concurrent.futures import Future
from contextlib import ExitStack
from contextlib import contextmanager
from dataclasses import asdict
from dataclasses import dataclass
from dataclasses import replace
from pathlib import Path
from typing import Any
from typing import TypeAlias

from harness.core import Execute
from harness.core import Execution
from harness.core import Refusal
from harness.core import Style
from harness.encoding import canonical
from harness.encoding import encode
from harness.languages import language
from harness.languages import languages
from harness.languages.building.tools import find
from harness.models.hashes import cache_directory
from harness.sandbox.groups import meter
from harness.sandbox.limits import Limits
from harness.sandbox.parting import is_apart
from harness.sandbox.run import Ran
from harness.sandbox.run import run
from harness.sandbox.selftest import Tier
from harness.sandbox.selftest import best_tier
from harness.sandbox.selftest import slot_uid
from harness.sandbox.selftest import unsandboxed as no_tier
from harness.sandbox.slot import Broken
from harness.sandbox.slot import Lost
from harness.sandbox.slot import Slot
from harness.sandbox.toolchains import versions

VERSION = 6
"""Grows with every change of ours that can change a verdict."""

Answer: TypeAlias = Execution | Refusal
_Job: TypeAlias = tuple[Execute, "Future[Answer]"]


def open_sandbox(slots: int | None = None, *, unsandboxed: bool = False, limits: Limits | None = None) -> "Sandbox":
    """A sandbox of so many slots (as many as this process may use cores) in the best tier this machine can give.

    Raises SandboxError where it can give none; `unsandboxed` then runs programs without a jail, as every verdict says.
    """
    tier = no_tier() if unsandboxed else best_tier()
    return Sandbox(tier, slots or _cores(), limits or Limits())


class Sandbox:
    """Answers Execute with Execution or Refusal, in slots of its own; thread-safe."""

    def __init__(self, tier: Tier, slots: int, limits: Limits) -> None:
        self._tier, self._slots, self._limits = tier, slots, limits
        self._jobs: queue.SimpleQueue[_Job | None] = queue.SimpleQueue()
        self._threads: list[threading.Thread] = []
        self._opened: list[Slot] = []
        self._lock = threading.Lock()
        self._turns = _Turns()
        self._references: dict[bytes, Future[_Measured | None]] = {}
        self._closed = False

    def submit(self, request: Execute) -> "Future[Answer]":
        """Run a program as soon as a slot is free. Raises RuntimeError after `close`."""
        future: Future[Answer] = Future()
        with self._lock:
            if self._closed:
                raise RuntimeError("sandbox: closed; expected no further program")
            if len(self._threads) < self._slots:
                self._add_slot()
        self._jobs.put((request, future))
        return future

    @functools.cached_property
    def facts(self) -> dict[str, Any]:
        """What the manifest says of it: tier, what its self-test found, versions, limits."""
        return {
            "version": VERSION,
            "tier": self._tier.name,
            "properties": {name: asdict(finding) for name, finding in self._tier.properties.items()},
            "toolchains": versions(),
            "packages": _packages(),
            "meter": meter(),
            "limits": {**asdict(self._limits), "wall": self._limits.wall},
            "slots": self._slots,
        }

    @functools.cached_property
    def digest(self) -> str:
        """sha256 (hex) of all that can change a verdict: not of the number of slots."""
        holds = {name: value["holds"] for name, value in self.facts["properties"].items()}
        return hashlib.sha256(canonical({**self.facts, "properties": holds, "slots": None})).hexdigest()

    def close(self) -> None:
        """Kill everything that runs; programs without an answer are refused. Calling it again is harmless."""
        with self._lock:
            if self._closed:
                return
            self._closed = True
        for slot in self._opened:
            slot.close()
        for _ in self._threads:
            self._jobs.put(None)
        for thread in self._threads:
            thread.join()
        for slot in self._opened:
            slot.close()
        _refuse_rest(self._jobs)

    def _add_slot(self) -> None:
        slot = Slot(self._tier.name, slot_uid(len(self._threads), self._tier.name))
        self._opened.append(slot)
        thread = threading.Thread(target=self._serve, args=(slot,), name=f"sandbox-{len(self._threads)}", daemon=True)
        self._threads.append(thread)
        thread.start()

    def _serve(self, slot: Slot) -> None:
        while (job := self._jobs.get()) is not None:
            request, future = job
            if not future.set_running_or_notify_cancel():
                continue
            try:
                future.set_result(self._refused() or self._answer(slot, request))
            except Broken as broken:
                future.set_result(self._refused() or Refusal(str(broken)))
            except BaseException as error:  # noqa: BLE001 - a bug of ours, told to whoever waits for the answer
                future.set_exception(error)

    def _refused(self) -> Refusal | None:
        return (
            Refusal("sandbox: closed before the program was run; expected to be asked again") if self._closed else None
        )

    def _answer(self, slot: Slot, request: Execute) -> Answer:
        refusal = not_run(request)
        if refusal is not None:
            return refusal
        with ExitStack() as stack:
            files = []
            for name, digest in request.files:
                path = cache_directory() / "files" / digest
                try:
                    files.append(os.open(path, os.O_RDONLY | os.O_CLOEXEC))
                except OSError as error:
                    return Refusal(f"{name}: {error.strerror} in the cache; expected the file of sha256 {digest[:12]}")
                stack.callback(os.close, files[-1])
            return self._run(slot, *self._terms(slot, request, files), files).execution

    def _run(self, slot: Slot, request: Execute, limits: Limits, files: list[int]) -> Ran:
        """Run in turn with the others; what slept through its wall time is run again alone."""
        with self._turns.shared():
            ran = _run_twice(slot, request, limits, files)
            if ran.hurried:
                ran = _run_twice(slot, request, replace(limits, ahead=False), files)
        if ran.slept:
            with self._turns.alone():
                ran = _run_twice(slot, request, limits, files)
        return ran

    def _terms(self, slot: Slot, request: Execute, files: list[int]) -> tuple[Execute, Limits]:
        """How a program is judged and what it may use: told by its tests and their reference before it runs."""
        if request.style == "calls" and not is_apart(request):
            request = replace(request, style="script")
        # what is judged by its output alone, within a limit of its benchmark's, asks nothing of a reference
        told = request.style == "stdio" and request.time is not None
        reference = self._reference(slot, request, files) if request.reference and not told else None
        limits = self._limits
        if reference is not None:
            request = replace(request, style=reference.style)
            limits = limits.scaled(reference.cpu, reference.memory)
        if request.time is not None:
            limits = limits.of(request.time, reference.slowest if reference else 0.0)
        elif (lang := language(request.language)) is not None and lang.loads_packages(request.code):
            limits = limits.with_imports()
        return request, limits

    def _reference(self, slot: Slot, request: Execute, files: list[int]) -> "_Measured | None":
        """What the reference used; None where it does not pass. Measured once a set of tests."""
        key = hashlib.sha256(canonical(encode(replace(request, code="", examples=0)))).digest()
        with self._lock:
            known = self._references.get(key)
            if known is None:
                mine: Future[_Measured | None] = Future()
                self._references[key] = mine
        if known is None:
            try:
                mine.set_result(self._measured(slot, replace(request, code=request.reference), files))
            except BaseException as error:
                with self._lock:
                    self._references.pop(key, None)
                mine.set_exception(error)
                raise
            known = mine
        try:
            return known.result()
        except Exception as error:
            raise Broken(f"reference: {error}; expected its time") from error

    def _measured(self, slot: Slot, reference: Execute, files: list[int]) -> "_Measured | None":
        """Run a reference; in the jail with its tests where outside of it no verdict can be had."""
        limits = replace(self._limits.for_reference(), ahead=reference.time is None)
        ran = self._run(slot, reference, limits, files)
        if ran.execution.verdict == "unjudgeable" and reference.style == "calls" and _is_warm(reference):
            reference = replace(reference, style="script")
            ran = self._run(slot, reference, limits, files)
        if ran.execution.verdict != "passed":
            return None
        return _Measured(reference.style, ran.execution.cpu, ran.execution.memory, ran.slowest)


@dataclass(frozen=True, slots=True)
class _Measured:
    """A reference that passes: in which style, its CPU time and its slowest call's in seconds, its memory in bytes."""

    style: Style
    cpu: float
    memory: int
    slowest: float


def _run_twice(slot: Slot, request: Execute, limits: Limits, files: list[int]) -> Ran:
    """Run it; once more where a fork server or a judge was lost meanwhile, which is not the program's doing."""
    try:
        return run(slot, request, limits, files)
    except Lost:
        return run(slot, request, limits, files)


class _Turns:
    """Many at once, or one alone; who waits to be alone goes first, or he would wait for ever."""

    def __init__(self) -> None:
        self._changed = threading.Condition()
        self._running = self._waiting = 0
        self._is_alone = False

    @contextmanager
    def shared(self) -> Iterator[None]:
        """Run beside others."""
        with self._changed:
            self._changed.wait_for(lambda: not self._is_alone and not self._waiting)
            self._running += 1
        try:
            yield
        finally:
            with self._changed:
                self._running -= 1
                self._changed.notify_all()

    @contextmanager
    def alone(self) -> Iterator[None]:
        """Run while no other does."""
        with self._changed:
            self._waiting += 1
            self._changed.wait_for(lambda: not self._is_alone and not self._running)
            self._waiting -= 1
            self._is_alone = True
        try:
            yield
        finally:
            with self._changed:
                self._is_alone = False
                self._changed.notify_all()


def _is_warm(request: Execute) -> bool:
    lang = language(request.language)
    return lang is not None and lang.warm


def not_run(request: Execute) -> Refusal | None:
    """Why a request cannot be run on this machine: a language, a tool or a package that is missing; None if it can."""
    lang = language(request.language)
    if lang is None or not lang.runs:
        names = ", ".join(other.name for other in languages() if other.runs)
        return Refusal(f"{request.language}: no language of the sandbox; expected one of {names}")
    if not request.tests:
        return Refusal(f"{request.language}: found no tests; expected at least one")
    for tool in lang.tools:
        if find(tool) is None:
            return Refusal(
                f"{request.language}: {tool.name} is not installed; expected it on PATH ({tool.package} brings it)"
            )
    lacking = _lacking(request) if lang.lacks is None else lang.lacks(request)
    if lacking is not None:
        return Refusal(f"{request.language}: {lacking} is not installed; expected a package the program can import")
    return None


def _lacking(request: Execute) -> str | None:
    return next((name for name in request.libraries if _package(name) is None), None)


@functools.cache
def _package(name: str) -> bool | None:
    """Whether a package is there, with the part of it that a dotted name names; nothing is imported."""
    top, *inner = name.split(".")
    try:
        spec = importlib.util.find_spec(top)
    except (ValueError, ImportError):
        return None
    if spec is None or not inner:
        return spec is not None or None
    folders = [Path(folder).joinpath(*inner) for folder in spec.submodule_search_locations or ()]
    endings = (".py", *importlib.machinery.EXTENSION_SUFFIXES)
    return any(path.is_dir() or any(Path(f"{path}{end}").is_file() for end in endings) for path in folders) or None


def _packages() -> str:
    """sha256 (hex) of names and versions of all installed packages: any of them can be imported by a program."""
    packages = {f"{package.metadata['Name']}=={package.version}" for package in importlib.metadata.distributions()}
    return hashlib.sha256("\n".join(sorted(packages)).encode()).hexdigest()


def _refuse_rest(jobs: "queue.SimpleQueue[_Job | None]") -> None:
    while True:
        try:
            job = jobs.get_nowait()
        except queue.Empty:
            return
        if job is not None and job[1].set_running_or_notify_cancel():
            job[1].set_result(Refusal("sandbox: closed before the program was run; expected to be asked again"))


def _cores() -> int:
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
