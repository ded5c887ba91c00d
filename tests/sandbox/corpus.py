"""Runs misbehaving programs in a sandbox and says of each what was forged, what escaped, what broke a limit.

    python tests/sandbox/corpus.py FILE TIER [--ids A,B] [--slots N] [--cpu S] [--wall S]

prints one JSON object: what is wrong, by the program's id. The format of FILE is that of the shared corpus; `files`
stands where a program is given the cached file `data`.
"""

import argparse
import contextlib
import glob
import hashlib
import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
from dataclasses import replace
from pathlib import Path

import psutil

from harness.core import Execute
from harness.core import Refusal
from harness.sandbox import Sandbox
from harness.sandbox import selftest
from harness.sandbox.limits import Limits

SECRET = "sbx-canary-0f5c2a"
TESTS = tuple(
    f"assert add({a}, {b}) == {c}"
    for a, b, c in ((1, 2, 3), (0, 0, 0), (-5, 3, -2), (10**12, 1, 10**12 + 1), (40, 2, 42), (7, -7, 0))
)
WORDS = {"passed": "pass", "timeout": "timeout", "memory": "memory", "crash": "crash"}
"""The corpus's words for our outcomes; every other outcome is its "fail"."""
LIMITS = Limits(cpu=1.0, wall_times=1.0, wall_constant=5.0)
HANG_S = 240
HOME_OF_THE_DEAD = "sbx-victim"


def read(path):
    """The programs, their sources expanded."""
    for line in Path(path).read_text("utf-8").splitlines():
        program = json.loads(line)
        if "expand" in program:
            unit = program["expand"]["unit"] * program["expand"]["times"]
            program["completion"] = program["completion"].replace("@@EXPAND@@", unit)
        yield program


class Bait:
    """What programs go for: files, listeners, a sleeping process; and how to tell whether they got it."""

    def __enter__(self):
        self.folder = Path(tempfile.mkdtemp(prefix="sbx-canary-"))
        self.folder.chmod(0o777)
        for name, text in (
            ("secret.txt", SECRET), ("victim_delete.txt", "orig"), ("victim_write.txt", "orig"),
            ("tree/a/b.txt", "orig"), ("home/.netrc", SECRET), ("drop/.keep", ""),
        ):  # fmt: skip
            path = self.folder / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text, "ascii")
            path.chmod(0o666)
        for path in (*self.folder.rglob("*"),):
            if path.is_dir():
                path.chmod(0o777)
        self.cache = Path(tempfile.mkdtemp(prefix="crosstask-cache-"))
        self.digest = hashlib.sha256(b"data").hexdigest()
        (self.cache / "files").mkdir()
        (self.cache / "files" / self.digest).write_bytes(b"data")
        self.given = self.modes()
        changed = {
            "SBX_CANARY_SECRET": SECRET, "HOME": str(self.folder / "home"), "CROSSTASK_CACHE": str(self.cache),
        }  # fmt: skip
        self.before = {name: os.environ.get(name) for name in changed}
        os.environ.update(changed)
        self.tcp, self.udp = socket.socket(socket.AF_INET6), socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.tcp.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 0)
        self.tcp.bind(("::", 0))
        self.udp.bind(("127.0.0.1", 0))
        self.unix = [socket.socket(socket.AF_UNIX) for _ in range(2)]
        self.unix[0].bind(str(self.folder / "canary.sock"))
        (self.folder / "canary.sock").chmod(0o777)
        with contextlib.suppress(OSError):  # another run may hold the corpus's fixed name
            self.unix[1].bind("\0sbx-canary")
        for listener in (self.tcp, *self.unix):
            with contextlib.suppress(OSError):
                listener.listen(64)
        for opened in (self.tcp, self.udp, *self.unix):
            opened.setblocking(False)  # noqa: FBT003 - its only form
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            self.free_port = free.getsockname()[1]
        self.victim = subprocess.Popen(
            [sys.executable, "-I", "-S", "-c", "import time; time.sleep(3600)", HOME_OF_THE_DEAD]
        )
        (self.folder / "victim.pid").write_text(str(self.victim.pid), "ascii")
        return self

    def __exit__(self, *_error):
        self.victim.kill()
        self.victim.wait()
        for opened in (self.tcp, self.udp, *self.unix):
            opened.close()
        for name, value in self.before.items():
            os.environ.pop(name) if value is None else os.environ.update({name: value})
        for folder in (self.folder, self.cache):
            shutil.rmtree(folder, ignore_errors=True)

    def filled(self, text):
        """A text with the places named in it."""
        names = {
            "__CANARY_DIR__": self.folder, "__TCP_PORT__": self.tcp.getsockname()[1],
            "__UDP_PORT__": self.udp.getsockname()[1], "__BIND_PORT__": self.free_port,
        }  # fmt: skip
        for name, value in names.items():
            text = text.replace(name, str(value))
        return text

    def modes(self):
        """Mode and time of the files that no honest program touches."""
        names = (self.folder / "secret.txt", self.folder / "victim_write.txt", self.cache / "files" / self.digest)
        return [(name.stat().st_mode, name.stat().st_mtime_ns) for name in names]

    def reached(self, kind):
        """Whether anything came to a listener."""
        listeners = {"tcp_connection": [self.tcp], "udp_datagram": [self.udp], "unix_connection": self.unix}[kind]
        for listener in listeners:
            with contextlib.suppress(OSError):
                if kind == "udp_datagram":
                    listener.recv(1)
                else:
                    listener.accept()[0].close()
                return True
        return False


class Meter(threading.Thread):
    """The most a fork server ever had under it beyond what it began with: bytes of memory, processes, bytes on disk.

    What this process had started `before` is no fork server.
    """

    def __init__(self, before):
        super().__init__(daemon=True)
        self.before = before
        self.memory = self.processes = self.disk = 0
        self.ended = threading.Event()

    def run(self):
        """Look again and again."""
        own = psutil.Process()
        while not self.ended.wait(0.03):
            self.disk = max(self.disk, _size_of_folders())
            for server in set(own.children()) - self.before:
                with contextlib.suppress(psutil.Error):
                    family = server.children(recursive=True)
                    shared = server.memory_info().rss
                    used = 0
                    for process in family:
                        with contextlib.suppress(psutil.Error):
                            used += max(0, process.memory_info().rss - shared)
                    self.memory, self.processes = max(self.memory, used), max(self.processes, len(family))


def _size_of_folders():
    """Bytes in the folders that programs of tier C write to."""
    size = 0
    for top in Path(tempfile.gettempdir()).glob("crosstask-*"):
        for folder, _, files in os.walk(top):
            for name in files:
                with contextlib.suppress(OSError):
                    size += os.lstat(f"{folder}/{name}").st_blocks * 512
    return size


def run(programs, tier, slots=None, limits=LIMITS):
    """What is wrong with each program's treatment, by its id: a list of words, empty where all is well."""
    wrong = {}
    before = set(psutil.Process().children())
    with Bait() as bait:
        found = selftest.unsandboxed() if tier == "none" else selftest.try_tier(tier)
        if isinstance(found, str):
            raise SystemExit(f"tier {tier}: {found}")
        sandbox = Sandbox(found, slots or os.cpu_count(), limits)
        meter = Meter(before)
        meter.start()
        try:
            futures = {}
            for program in programs:
                futures[program["id"]] = sandbox.submit(_request(program, bait))
            answers = {}
            for program in programs:
                answers[program["id"]], wrong[program["id"]] = _answer(program, futures[program["id"]])
            time.sleep(0.3)
            if not meter.is_alive():
                wrong["*"] = ["the meter is gone"]
            meter.ended.set()
            seen = {
                "left": _left_under_servers(before), "alive": _still_answers(sandbox), "meter": meter,
            }  # fmt: skip
            for program in programs:
                for item in program["must_not"]:
                    if _happened(item, bait, answers[program["id"]], seen):
                        wrong[program["id"]].append(json.dumps(item))
        finally:
            sandbox.close()
    if set(psutil.Process().children()) - before:
        wrong["*"] = ["processes are left after close"]
    return {key: value for key, value in wrong.items() if value}


def _request(program, bait):
    return Execute(
        program["language"], bait.filled(program["completion"]), program.get("tests", TESTS),
        style=program.get("style", "calls"), names=program.get("names", ("add",)), context=program.get("context", ""),
        files=(("data", bait.digest),) if "files" in program else (),
    )  # fmt: skip


def _answer(program, future):
    try:
        answer = future.result(HANG_S)
    except TimeoutError:
        return None, ["harness_hang"]
    if isinstance(answer, Refusal):
        missing = "is not installed" in answer.reason
        return answer, [] if missing else [f"refused: {answer.reason}"]
    word = WORDS.get(answer.verdict, "fail")
    if {word, answer.verdict} & set(program["accept"]):
        return answer, []
    return answer, [f"verdict {answer.verdict} ({answer.detail}); expected {program['accept']}"]


def _left_under_servers(before):
    """What runs below the fork servers; other tests of this process may have a browser."""
    servers = set(psutil.Process().children()) - before
    return [child.pid for server in servers for child in server.children(recursive=True)]


def _still_answers(sandbox):
    answer = sandbox.submit(Execute("python", "def add(a, b): return a + b", TESTS, names=("add",))).result(HANG_S)
    return answer.verdict == "passed"


def _happened(item, bait, answer, seen):
    kind, path = item["kind"], Path(bait.filled(item.get("path", "/nowhere")))
    ran = answer is not None and not isinstance(answer, Refusal)
    checks = {
        "file_exists": path.exists,
        "file_missing": lambda: not path.exists(),
        "file_changed": lambda: path.read_text("ascii") != "orig",
        "secret_leaked": lambda: ran and (answer.verdict == "passed" or SECRET in answer.output + str(answer.detail)),
        "port_open": lambda: _open(item.get("port", bait.free_port)),
        "modes_changed": lambda: bait.modes() != bait.given,
        "victim_killed": lambda: bait.victim.poll() is not None,
        "harness_killed": lambda: not seen["alive"],
        "harness_hang": lambda: answer is None,
        "harness_error": lambda: not ran and "is not installed" not in str(answer),
        "process_outlives": lambda: _outlives(item["marker"]),
        "leftover_processes": lambda: bool(seen["left"]),
        "leftover_files": lambda: _leftover(item.get("pattern", "sbx*")),
        "rss_above_mb": lambda: seen["meter"].memory > item["mb"] << 20,
        "procs_above": lambda: seen["meter"].processes > item.get("n", item.get("count", item.get("procs", 64))),
        "disk_above_mb": lambda: seen["meter"].disk > item["mb"] << 20,
        "captured_output_above_mb": lambda: ran and len(answer.output.encode()) > item["mb"] << 20,
        "wall_above_s": lambda: ran and answer.wall > item["s"],
    }
    if kind in {"tcp_connection", "udp_datagram", "unix_connection"}:
        return bait.reached(kind)
    return checks[kind]()


def _open(port):
    with socket.socket() as opened:
        opened.settimeout(0.5)
        return not opened.connect_ex(("127.0.0.1", int(port)))


def _outlives(marker):
    for process in psutil.process_iter():
        with contextlib.suppress(psutil.Error):
            if marker in " ".join(process.cmdline()) and process.pid != os.getpid():
                return True
    return False


def _leftover(pattern):
    places = [pattern] if pattern.startswith("/") else [
        f"{folder}/{pattern}"
        for folder in (tempfile.gettempdir(), "/dev/shm", "/var/tmp", str(Path.cwd()), "/", str(Path.home()))
    ]  # fmt: skip
    return any(glob.glob(place) for place in places)  # noqa: PTH207 - patterns are absolute


def main():
    """Run a file of programs."""
    parser = argparse.ArgumentParser()
    parser.add_argument("file")
    parser.add_argument("tier")
    parser.add_argument("--ids", default="")
    parser.add_argument("--slots", type=int)
    parser.add_argument("--cpu", type=float, default=LIMITS.cpu)
    parser.add_argument("--wall", type=float, default=LIMITS.wall_constant)
    options = parser.parse_args()
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
    wanted = set(filter(None, options.ids.split(",")))
    programs = [program for program in read(options.file) if not wanted or program["id"] in wanted]
    limits = replace(LIMITS, cpu=options.cpu, wall_constant=options.wall)
    wrong = run(programs, options.tier, options.slots, limits)
    print(json.dumps({"programs": len(programs), "uid": os.getuid(), "wrong": wrong}))  # noqa: T201 - read by the caller


if __name__ == "__main__":
    main()
