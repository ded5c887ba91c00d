"""Control groups that count what a fork server's programs use, exactly: where this machine lets us make some.

Version 1 where we are root (cpuacct and memory, as sandboxes of programming contests use them), version 2 below our
own group or, for an ordinary user, beside it, where that is delegated (the kernel's cgroup-v2.rst, "Delegation").
A fork server moves into its group once, with all it will start: to move every program would take longer than most run.
"""

import functools
import itertools
import os
import time
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

_PATIENCE_S = 2.0
_PREFIX = "crosstask"
_numbers = itertools.count()


@dataclass(frozen=True, slots=True)
class Group:
    """Folders of one group, a hierarchy each; the files that tell CPU time and memory, None where none does."""

    folders: tuple[str, ...]
    cpu: str | None = None
    memory: tuple[str, ...] = ()

    def message(self) -> dict[str, Any]:
        """What its fork server is told."""
        return {"folders": self.folders, "cpu": self.cpu, "memory": self.memory}

    def remove(self) -> None:
        """Remove it; what runs in it still has a moment to end."""
        deadline = time.monotonic() + _PATIENCE_S
        for folder in self.folders:
            while not _removed(folder) and time.monotonic() < deadline:
                time.sleep(0.01)

    def kill(self) -> None:
        """Kill all that runs in it, where the kernel can do that (version 2, from Linux 5.14 on)."""
        for folder in self.folders:
            with suppress(OSError):
                Path(folder, "cgroup.kill").write_text("1", "ascii")


def new_group() -> Group | None:
    """A group of its own for one fork server; None where none can be made."""
    name = f"{_PREFIX}-{os.getpid()}-{next(_numbers)}"
    hierarchies = _hierarchies()
    folders = [
        made
        for controller in ("cpuacct", "memory")
        if (base := hierarchies.get(controller)) and (made := _made(base, name))
    ]
    cpu = next((path for folder in folders if Path(path := f"{folder}/cpuacct.usage").exists()), None)
    memory = next((_of_memory(folder) for folder in folders if Path(folder, "memory.stat").exists()), ())
    if (cpu is None or not memory) and (base := hierarchies.get("")):
        second = _second(base, name)
        if second:
            folders.append(second)
            cpu = cpu or f"{second}/cpu.stat"
            memory = memory or ((f"{second}/memory.stat",) if Path(second, "memory.stat").exists() else ())
    return Group(tuple(dict.fromkeys(folders)), cpu, memory) if folders else None


def meter() -> dict[str, str]:
    """What counts CPU time and memory here, in words."""
    group = new_group()
    looks = "looks at the tree of processes"
    if group is None:
        return {"cpu": looks, "memory": looks}
    group.remove()
    return {
        "cpu": f"control group ({Path(group.cpu).name})" if group.cpu else looks,
        "memory": f"control group ({', '.join(Path(path).name for path in group.memory)})" if group.memory else looks,
    }


def _of_memory(folder: str) -> tuple[str, ...]:
    return (f"{folder}/memory.stat", f"{folder}/memory.kmem.usage_in_bytes")


def _hierarchies() -> dict[str, str]:
    """Our own group's folder in the hierarchy of each controller; of version 2 under the empty name."""
    places: dict[str, str] = {}
    folders: dict[str, str] = {}
    with suppress(OSError, ValueError, IndexError):
        for line in Path("/proc/self/mountinfo").read_text("utf-8").splitlines():
            words, _, rest = line.partition(" - ")
            kind, _, options = rest.split(" ", 2)
            if words.split()[3] == "/" and kind == "cgroup2":
                places[""] = words.split()[4]
            elif words.split()[3] == "/" and kind == "cgroup":
                places |= dict.fromkeys(options.split(" ")[-1].split(","), words.split()[4])
        for line in Path("/proc/self/cgroup").read_text("utf-8").splitlines():
            _, controllers, path = line.split(":", 2)
            for controller in controllers.split(","):
                if controller in places and ".." not in path:
                    folders[controller] = places[controller] + path.rstrip("/")
    return folders


def _made(base: str, name: str) -> str | None:
    """A group below `base` that processes can be moved to."""
    folder = f"{base}/{name}"
    _sweep(base)
    try:
        Path(folder).mkdir()
    except OSError:
        return None
    if os.access(f"{folder}/cgroup.procs", os.W_OK):
        return folder
    _removed(folder)
    return None


def _second(base: str, name: str) -> str | None:
    """A group of version 2, with its memory counted if that can be had."""
    parent, own = Path(base).parent, os.geteuid()
    beside = [str(parent)] if own and parent.is_dir() and parent.stat().st_uid == own else []
    spare = None
    for place in (base, *beside):
        folder = _made(place, name)
        if folder is None:
            continue
        if not Path(folder, "memory.stat").exists():
            with suppress(OSError):  # refused while processes are in the group above
                Path(place, "cgroup.subtree_control").write_text("+memory", "ascii")
        if Path(folder, "memory.stat").exists():
            if spare:
                _removed(spare)
            return folder
        if spare is None:
            spare = folder
        else:
            _removed(folder)
    return spare


@functools.cache
def _sweep(base: str) -> None:
    """Remove, once, what runs left here that were killed."""
    with suppress(OSError):
        for folder in Path(base).glob(f"{_PREFIX}-*-*"):
            if not Path("/proc", folder.name.split("-")[1]).exists():
                _removed(str(folder))


def _removed(folder: str) -> bool:
    try:
        Path(folder).rmdir()
    except FileNotFoundError:
        return True
    except OSError:
        return False
    return True
