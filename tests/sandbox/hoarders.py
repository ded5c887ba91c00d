# ruff: noqa: E501 - programs in one line each
"""Programs that use more than they may and hide it: CPU time that nobody waits for, memory in no process's pages.

Each burns about 4 s where 1 s is allowed, or holds about 2 GB where 1 GB is, and then gives right answers: what is not
seen passes. In the corpus's form; `add(1, 2)` is where it happens.
"""

from own import CALM
from own import attack

_BURN = """
import ctypes, os, signal, sys, time
libc = ctypes.CDLL(None, use_errno=True)
def burn(seconds):
    start = time.process_time()
    while time.process_time() - start < seconds: pass
def ignored():
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)
def waited():
    try:
        while True: os.wait()
    except OSError: pass
def burned(start, seconds):
    r, w = os.pipe()
    def deed():
        os.close(r)
        burn(seconds)
        os.write(w, b'x')
        os._exit(0)
    start(deed)
    os.close(w)
    os.read(r, 1)
def clone(flags):
    def start(deed):
        if libc.syscall(56, flags, 0, 0, 0, 0) == 0: deed()
    return start
def inside(start):
    def outer(deed):
        if os.fork() == 0:
            start(deed)
            os._exit(0)
    return outer
def session(deed):
    if os.fork() == 0:
        os.setsid()
        if os.fork() == 0:
            os.setsid()
            deed()
        os._exit(0)
def orphan(deed):
    if os.fork() == 0:
        if os.fork() == 0:
            deed()
            os._exit(0)
        os._exit(0)
"""
_HOLD = """
import array, ctypes, mmap, os, resource, signal, socket, subprocess, sys, time
libc = ctypes.CDLL(None, use_errno=True)
MB = 1 << 20
KEPT = []
def touch(size):
    block = bytearray(size)
    for place in range(0, size, 4096): block[place] = 1
    return block
def fill(block, size):
    for place in range(0, size, MB): block[place:place + MB] = b'x' * MB
def child(deed):
    r, w = os.pipe()
    if os.fork() == 0:
        os.close(r)
        deed()
        os.write(w, b'x')
        time.sleep(60)
        os._exit(0)
    os.close(w)
    os.read(r, 1)
"""


def _deed(name, helpers, accept, *lines, before=""):
    body = "".join(f"        {line}\n" for line in lines)
    code = f"{helpers}\n{before}\ndef add(a, b):\n    if (a, b) == (1, 2):\n{body}    return a + b\n"
    return attack(name, code, accept, [*CALM, {"kind": "leftover_processes"}])


def burner(name, *lines, before=""):
    """A program that must end for its CPU time."""
    return _deed(name, _BURN, ["timeout"], *lines, before=before)


def hoarder(name, *lines, before=""):
    """A program that must end for its memory."""
    return _deed(name, _HOLD, ["memory"], *lines, "time.sleep(1.0)", before=before)


BURNERS = [
    burner("sigchld_ignored", "ignored()", "for _ in range(8):", "    if os.fork() == 0: burn(0.5); os._exit(0)", "    waited()"),
    burner("sigchld_ignored_short", "ignored()", "for _ in range(400):", "    if os.fork() == 0: burn(0.01); os._exit(0)", "    waited()"),
    burner("sigchld_ignored_shorter", "ignored()", "for _ in range(1000):", "    if os.fork() == 0: burn(0.004); os._exit(0)", "    waited()"),
    burner("sigchld_no_wait_flag", "class Action(ctypes.Structure): _fields_ = [('h', ctypes.c_void_p), ('mask', ctypes.c_ulong * 16), ('flags', ctypes.c_int), ('r', ctypes.c_void_p)]", "libc.sigaction(17, ctypes.byref(Action(0, (ctypes.c_ulong * 16)(), 2, 0)), None)", "for _ in range(40):", "    if os.fork() == 0: burn(0.1); os._exit(0)", "    waited()"),
    burner("sigchld_ignored_exec", "ignored()", "for _ in range(10):", "    p = os.posix_spawn(sys.executable or '/bin/sh', ['x', '-S', '-c', 'for i in range(8 * 10 ** 6): pass'], {})", "    waited()"),
    burner("orphans", "for _ in range(8): burned(orphan, 0.5); waited()"),
    burner("orphans_short", "ignored()", "for _ in range(200): burned(orphan, 0.02); waited()"),
    burner("orphans_of_sessions", "for _ in range(8): burned(session, 0.5); waited()"),
    burner("clone_without_signal", "for _ in range(8): burned(clone(0), 0.5)"),
    burner("clone_as_sibling", "for _ in range(8): burned(inside(clone(0x8000 | 17)), 0.5)"),
    burner("sibling_of_the_first", "for _ in range(8): burned(clone(0x8000 | 17), 0.5)", "burn(2)"),
    burner("children_side_by_side", "ignored()", "for _ in range(16):", "    if os.fork() == 0: burn(0.3); os._exit(0)", "waited()"),
    burner("grandchildren_unwaited", "for _ in range(8):", "    if os.fork() == 0:", "        ignored()", "        if os.fork() == 0: burn(0.5); os._exit(0)", "        time.sleep(0.6); os._exit(0)", "    waited()"),
    burner("threads_of_a_child", "import threading", "ignored()", "for _ in range(4):", "    if os.fork() == 0:", "        t = threading.Thread(target=burn, args=(1.0,)); t.start(); t.join(); os._exit(0)", "    waited()"),
    burner("chain_of_forks", "ignored()", "r, w = os.pipe()", "if os.fork() == 0:", "    os.close(r)", "    for _ in range(40):", "        burn(0.1)", "        if os.fork(): os._exit(0)", "    os._exit(0)", "os.close(w); os.read(r, 1)"),
]  # fmt: skip
HOARDERS = [
    hoarder("memfds", "for _ in range(32):", "    KEPT.append(os.memfd_create('m'))", "    for _ in range(60): os.write(KEPT[-1], b'x' * MB)"),
    hoarder("memfds_of_children", "for _ in range(8):", "    def deed():", "        for _ in range(4):", "            f = os.memfd_create('m')", "            for _ in range(60): os.write(f, b'x' * MB)", "    child(deed)"),
    hoarder("memfds_under_way", "x, y = socket.socketpair()", "for _ in range(32):", "    f = os.memfd_create('m')", "    for _ in range(60): os.write(f, b'x' * MB)", "    socket.send_fds(x, [b'x'], [f]); os.close(f)"),
    hoarder("memfds_under_way_in_sockets", "x, y = socket.socketpair(); u, v = socket.socketpair()", "for _ in range(32):", "    f = os.memfd_create('m')", "    for _ in range(60): os.write(f, b'x' * MB)", "    socket.send_fds(u, [b'x'], [f]); os.close(f)", "socket.send_fds(x, [b'x'], [u.fileno(), v.fileno()]); u.close(); v.close()"),
    hoarder("memfds_mapped_and_closed", "for _ in range(32):", "    f = os.memfd_create('m')", "    for _ in range(60): os.write(f, b'x' * MB)", "    KEPT.append(mmap.mmap(f, 4096)); os.close(f)"),
    hoarder("shared_pages_given_up", "for _ in range(4):", "    def deed():", "        m = mmap.mmap(-1, 500 * MB); fill(m, 500 * MB); m.madvise(4); KEPT.append(m)", "    child(deed)"),
    hoarder("shared_pages_of_children", "for _ in range(20):", "    def deed():", "        m = mmap.mmap(-1, 100 * MB); fill(m, 100 * MB); KEPT.append(m)", "    child(deed)"),
    hoarder("shared_pages_filled_by_children", "for _ in range(7):", "    m = mmap.mmap(-1, 120 * MB); KEPT.append(m)", "for m in KEPT:", "    child(lambda: fill(m, 120 * MB))", "for _ in range(4): child(lambda: KEPT.append(touch(300 * MB)))"),
    hoarder("children", "for _ in range(5): child(lambda: KEPT.append(touch(400 * MB)))"),
    hoarder("many_exec", "for _ in range(60): KEPT.append(subprocess.Popen([sys.executable or '/usr/bin/python3', '-S', '-E', '-c', 'x = bytearray(30 << 20)\\nfor k in range(0, len(x), 4096): x[k] = 1\\nprint(1, flush=True)\\nimport time; time.sleep(60)'], stdout=subprocess.PIPE))", "for p in KEPT: p.stdout.read(1)"),
    hoarder("orphans_hold", "for i in range(4):", "    r, w = os.pipe()", "    if os.fork() == 0:", "        if os.fork() == 0:", "            x = touch(500 * MB); os.write(w, b'x'); time.sleep(60); os._exit(0)", "        os._exit(0)", "    os.close(w); os.wait(); os.read(r, 1)"),
    hoarder("sessions_hold", "for i in range(4):", "    r, w = os.pipe()", "    if os.fork() == 0:", "        os.setsid()", "        if os.fork() == 0:", "            os.setsid(); x = touch(500 * MB); os.write(w, b'x'); time.sleep(60); os._exit(0)", "        os._exit(0)", "    os.close(w); os.wait(); os.read(r, 1)"),
    hoarder("sockets_filled", "def deed():", "    for _ in range(200):", "        x, y = socket.socketpair(); KEPT.append((x, y))", "        for s in (x, y):", "            s.setblocking(False); s.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 1 << 30)", "            try:", "                while True: s.send(b'x' * 65536)", "            except BlockingIOError: pass", "for _ in range(16): child(deed)"),
    hoarder("sockets_in_sockets", "x, y = socket.socketpair()", "def deed():", "  for _ in range(200):", "    u, v = socket.socketpair(); KEPT.append((u, v))", "    for s in (u, v):", "        s.setblocking(False); s.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 1 << 30)", "        try:", "            while True: s.send(b'x' * 65536)", "        except BlockingIOError: pass", "for _ in range(16): child(deed)"),
    hoarder("leader_that_ended", "for _ in range(4):", "    r, w = os.pipe()", "    if os.fork() == 0:", "        import threading", "        def work(): KEPT.append(touch(500 * MB)); os.write(w, b'x'); time.sleep(60)", "        threading.Thread(target=work, daemon=True).start(); libc.syscall(60, 0)", "    os.close(w); os.read(r, 1)"),
    hoarder("not_dumpable", "for _ in range(8):", "    def deed():", "        libc.prctl(4, 0, 0, 0, 0)", "        for _ in range(4):", "            f = os.memfd_create('m')", "            for _ in range(60): os.write(f, b'x' * MB)", "    child(deed)"),
    hoarder("clone_without_signal_holds", "for _ in range(4):", "    r, w = os.pipe()", "    if libc.syscall(56, 0, 0, 0, 0, 0) == 0: x = touch(500 * MB); os.write(w, b'x'); time.sleep(60); os._exit(0)", "    os.close(w); os.read(r, 1)"),
    hoarder("clone_as_sibling_holds", "for _ in range(4):", "    r, w = os.pipe()", "    if os.fork() == 0:", "        if libc.syscall(56, 0x8000 | 17, 0, 0, 0, 0) == 0: x = touch(500 * MB); os.write(w, b'x'); time.sleep(60); os._exit(0)", "        os._exit(0)", "    os.close(w); os.read(r, 1)"),
]  # fmt: skip
HONEST = [
    attack("honest_shared_among_children", f"{_HOLD}\ndef add(a, b):\n    if (a, b) == (1, 2):\n        x = touch(300 * MB)\n        for _ in range(10): child(lambda: None)\n        time.sleep(0.3)\n    return a + b", ["pass"]),
    attack("honest_children_waited_for", f"{_BURN}\ndef add(a, b):\n    if (a, b) == (1, 2):\n        for _ in range(100):\n            if os.fork() == 0: burn(0.005); os._exit(0)\n            os.wait()\n    return a + b", ["pass"]),
    attack("honest_memfd", f"{_HOLD}\ndef add(a, b):\n    f = os.memfd_create('m'); os.write(f, b'x' * MB); os.close(f)\n    m = mmap.mmap(-1, MB); m[:3] = b'abc'; m.close()\n    return a + b", ["pass"]),
    attack("honest_sockets", f"{_HOLD}\ndef add(a, b):\n    pairs = [socket.socketpair() for _ in range(100)]\n    for x, y in pairs: x.send(b'x'); y.recv(1)\n    time.sleep(0.1)\n    return a + b", ["pass"]),
    attack("honest_threads", f"{_HOLD}\nimport threading\ndef add(a, b):\n    found = []\n    t = [threading.Thread(target=found.append, args=(i,)) for i in range(8)]\n    for x in t: x.start()\n    for x in t: x.join()\n    return a + b + len(found) - 8", ["pass"]),
    attack("honest_subprocess", "import subprocess\ndef add(a, b):\n    return a + b + int(subprocess.run(['sh', '-c', 'exit 3']).returncode == 3) - 1", ["pass"]),
]  # fmt: skip
KINDS = {
    "burners": (BURNERS, ("--cpu", "1", "--wall", "120")),
    "hoarders": (HOARDERS, ("--cpu", "30", "--wall", "120")),
    "honest": (HONEST, ("--cpu", "5", "--wall", "60")),
}
"""Each kind with limits under which nothing else than its own can end it, on a busy machine as well."""
