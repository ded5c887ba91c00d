"""Which tier this machine can give: each is tried by doing inside what it must deny, and the same outside.

A deed that succeeds nowhere proves nothing of the jail, so the outer one is the control. The best tier in which all
holds is taken.
"""

import json
import os
import secrets
import socket
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from contextlib import suppress
from dataclasses import dataclass
from dataclasses import replace
from pathlib import Path
from typing import Any

from harness.errors import SandboxError
from harness.sandbox.descriptors import Descriptors
from harness.sandbox.fork_servers import Job
from harness.sandbox.fork_servers import Role
from harness.sandbox.inside import probe
from harness.sandbox.limits import Limits
from harness.sandbox.slot import Broken
from harness.sandbox.slot import Slot
from harness.store.temporary import own_prefix

_PROBE = Role(("probe",))
_FIRST_UID, _UIDS = 61184, 4096
"""A range that no user of the machine has: systemd's for services made on the fly (61184 to 65519)."""
_PATIENCE_S = 20


@dataclass(frozen=True, slots=True)
class Property:
    """One property of the jail: whether the deed failed inside, and whether it can succeed outside at all."""

    holds: bool
    control: bool


@dataclass(frozen=True, slots=True)
class Tier:
    """A tier by its letter, "none" for no jail, with what the self-test found."""

    name: str
    properties: dict[str, Property]


def unsandboxed() -> Tier:
    """No jail: nothing holds, which is not tried."""
    return Tier("none", {name: Property(holds=False, control=False) for name in probe.ATTEMPTS})


def best_tier() -> Tier:
    """The first of A, B and C whose self-test holds. Raises SandboxError where none does."""
    if sys.platform != "linux":
        raise SandboxError(
            f"sandbox: found {sys.platform}; expected Linux, or --unsandboxed to run programs without a jail"
        )
    failures = []
    with _bait() as bait:
        outside = _outside(bait)
        for letter in "ABC" if os.geteuid() == 0 else "AC":
            tier = _try(letter, bait, outside)
            if isinstance(tier, Tier):
                return tier
            failures.append(f"{letter}: {tier}")
    raise SandboxError(
        f"sandbox: this kernel gives no jail ({'; '.join(failures)}); expected namespaces or Landlock, or --unsandboxed"
    )


def try_tier(name: str) -> Tier | str:
    """One tier by its letter, or why it cannot be had."""
    with _bait() as bait:
        return _try(name, bait, _outside(bait))


def slot_uid(index: int, tier: str) -> int | None:
    """The user a slot's programs run as where we are root; None where they run as ourselves."""
    if os.geteuid() != 0 or tier == "none":
        return None
    return _FIRST_UID + (os.getpid() * 7 + index) % _UIDS


def _try(name: str, bait: dict[str, Any], outside: dict[str, bool]) -> Tier | str:
    slot = Slot(name, slot_uid(0, name))
    try:
        inside = _inside(slot, bait)
    except Broken as broken:
        return str(broken).partition(": ")[2]
    finally:
        slot.close()
    properties = {key: Property(not inside[key], outside[key]) for key in outside}
    leaks = [key for key, value in properties.items() if not value.holds]
    return f"leaks ({', '.join(leaks)})" if leaks else Tier(name, properties)


def _inside(slot: Slot, bait: dict[str, Any]) -> dict[str, bool]:
    limits = replace(Limits(), cpu=5.0).message(address_space=True)
    with Descriptors() as own:
        (reads, saying), (hearing, answering) = own.pipe(), own.pipe()
        with slot.started(_PROBE, Job("probe", limits, [reads, answering], {})) as server:
            own.close(reads, answering)
            os.write(saying, json.dumps(bait).encode())
            answer = os.read(hearing, 1 << 16)
            server.stop()
            (status,) = server.statuses()
    if not answer:
        raise Broken(f"sandbox: {status.get('broken') or status['end']}")
    findings: dict[str, bool] = json.loads(answer)
    return findings


def _outside(bait: dict[str, Any]) -> dict[str, bool]:
    command = [sys.executable, "-I", "-S", str(Path(probe.__file__)), json.dumps(bait)]
    asked = subprocess.run(command, capture_output=True, check=False, timeout=_PATIENCE_S, env={"BAIT": bait["marker"]})  # noqa: S603 - our own
    try:
        findings: dict[str, bool] = json.loads(asked.stdout)
    except ValueError as error:
        raise SandboxError(
            f"sandbox: the self-test's control ended with {asked.returncode}; expected its findings"
        ) from error
    return findings


@contextmanager
def _bait() -> Iterator[dict[str, Any]]:
    """What the probe goes for: a file to read and one to write, two listeners, a process of ours."""
    marker = f"bait-{secrets.token_hex(8)}"
    abstract = f"\0{marker}"
    folder_of_ours = tempfile.TemporaryDirectory(prefix=own_prefix())
    with folder_of_ours as folder, socket.socket() as listener, socket.socket(socket.AF_UNIX) as unix:
        for name, text in (("secret", "secret"), ("victim", "victim")):
            (Path(folder) / name).write_text(text, "ascii")
            (Path(folder) / name).chmod(0o666)
        Path(folder).chmod(0o777)
        listener.bind(("127.0.0.1", 0))
        listener.listen()
        unix.bind(abstract)
        unix.listen()
        command = [sys.executable, "-I", "-S", "-c", "input()", marker]
        victim = subprocess.Popen(command, stdin=subprocess.PIPE, stderr=subprocess.DEVNULL, env={"BAIT": marker})  # noqa: S603 - our own
        try:
            port = listener.getsockname()[1]
            yield {"folder": folder, "port": port, "abstract": abstract, "pid": victim.pid, "marker": marker}
        finally:
            with suppress(OSError):
                victim.kill()
            victim.wait()
            if victim.stdin:
                victim.stdin.close()
