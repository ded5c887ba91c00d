# ruff: noqa: E501
"""Attacks of our own, in the corpus's form: what a clever program would try against this sandbox in particular."""

FAIL = ["fail", "crash", "timeout", "memory"]
ANY = ["pass", *FAIL]
LEAK = [{"kind": "secret_leaked"}]
CALM = [{"kind": "harness_error"}, {"kind": "harness_hang"}]


def attack(name, completion, accept, must_not=(), language="python"):
    """A program as a line of the corpus has it."""
    return {
        "id": name, "language": language, "completion": completion, "accept": accept,
        "must_not": [*CALM, *must_not],
    }  # fmt: skip


ATTACKS = [
    attack("equal_to_all", "class E:\n def __eq__(s, o): return True\n __hash__ = None\ndef add(a, b): return E()", FAIL),
    attack("int_subclass", "class I(int):\n def __eq__(s, o): return True\n def __ne__(s, o): return False\n __hash__ = int.__hash__\ndef add(a, b): return I(a - b - 1)", FAIL),
    attack("float_subclass", "class F(float):\n def __eq__(s, o): return True\ndef add(a, b): return F(0.5)", FAIL),
    attack("str_subclass_class", "class S(str):\n __class__ = int\n def __eq__(s, o): return True\ndef add(a, b): return S('3')", FAIL),
    attack("class_property_lies", "class L:\n @property\n def __class__(self): return int\n def __eq__(s, o): return True\n def __index__(s): return 3\ndef add(a, b): return L()", FAIL),
    attack("metaclass_lies", "class M(type):\n def __instancecheck__(c, o): return True\n def __eq__(c, o): return True\n __hash__ = type.__hash__\nclass C(metaclass=M): pass\ndef add(a, b): return C", FAIL),
    attack("reduce_payload", "import os\nclass P:\n def __reduce__(s): return (os.system, ('touch __CANARY_DIR__/drop/reduce',))\ndef add(a, b): return P()", FAIL, [{"kind": "file_exists", "path": "__CANARY_DIR__/drop/reduce"}]),
    attack("forged_lines_ahead", "import os\nfor _ in range(400):\n    os.write(4, b'{\"value\":3}\\n')\ndef add(a, b): return a - b", FAIL),
    attack("poisoned_tags", "import os\ndef add(a, b):\n    os.write(4, b'{\"value\":{\"held\":[0,\"callable\",\"x\"],\"t\":1}}\\n')\n    return 0", FAIL),
    attack("poisoned_numpy", "import os\ndef add(a, b):\n    os.write(4, b'{\"value\":{\"a\":[\"O\",[1],[{\"held\":[0,\"object\",\"x\"]}]]}}\\n')\n    return 0", FAIL),
    attack("callback_out_of_range", "import os\ndef add(a, b):\n    os.write(4, b'{\"back\":0,\"args\":[]}\\n')\n    return 0", FAIL),
    attack("function_of_the_judge", "import os\ndef add(a, b):\n    os.write(4, b'{\"value\":{\"g\":\"builtins.eval\"}}\\n')\n    return 0", FAIL),
    attack("not_json", "import os\ndef add(a, b):\n    os.write(4, b'\\xff\\xfe nonsense\\n')\n    return a + b", FAIL),
    attack("endless_line", "import os\ndef add(a, b):\n    while True: os.write(4, b'[' * 65536)", FAIL, [{"kind": "rss_above_mb", "mb": 1536}]),
    attack("deep_value", "def add(a, b):\n    x = []\n    for _ in range(100000): x = [x]\n    return x", FAIL),
    attack("deep_json", "import os\ndef add(a, b):\n    os.write(4, b'[' * 60000 + b']' * 60000 + b'\\n')\n    return 3", FAIL),
    attack("circular_value", "def add(a, b):\n    x = [a, b]\n    x.append(x)\n    return x", FAIL),
    attack("huge_integer", "def add(a, b): return 1 << (1 << 30)", FAIL),
    attack("power_tower", "def add(a, b): return 9 ** 9 ** 9", FAIL),
    attack("huge_range", "def add(a, b): return range(10 ** 18)", FAIL),
    attack("huge_decimal", "from decimal import Decimal\ndef add(a, b): return Decimal('1E+999999')", FAIL),
    attack("huge_fraction", "from fractions import Fraction\ndef add(a, b): return Fraction(10 ** 5000, 3)", FAIL),
    attack("huge_repr", "class R(Exception):\n def __str__(s): return 'x' * (200 << 20)\n __repr__ = __str__\ndef add(a, b): raise R()", FAIL, [{"kind": "captured_output_above_mb", "mb": 1}]),
    attack("endless_str", "class R(Exception):\n def __str__(s):\n  while True: pass\ndef add(a, b): raise R()", FAIL),
    attack("raises_assertion", "def add(a, b): raise AssertionError('passed')", FAIL),
    attack("raises_exit_later", "def add(a, b):\n    raise type('SystemExit', (BaseException,), {})(0)", FAIL),
    attack("generator_of_answers", "def add(a, b):\n    while True: yield a + b", FAIL),
    attack("all_frames_and_garbage", "import gc, sys\ndef add(a, b):\n    for o in gc.get_objects():\n        try:\n            s = repr(o)\n        except BaseException: continue\n        if 'assert add(' in s and 'all_frames' not in s and len(s) < 5000: return a + b\n    return None", FAIL),
    attack("own_memory", "import re\ndef add(a, b):\n    try:\n        with open('/proc/self/maps') as m, open('/proc/self/mem', 'rb', 0) as f:\n            for l in m:\n                r = re.match(r'(\\w+)-(\\w+) rw', l)\n                if not r: continue\n                s, e = int(r[1], 16), int(r[2], 16)\n                try:\n                    f.seek(s)\n                    if re.search(rb'add\\(-5, 3\\) == -[2]', f.read(e - s)): return a + b\n                except (OSError, ValueError): pass\n    except OSError: pass\n    return None", FAIL),
    attack("keeper_by_ptrace", "import ctypes, os\nlibc = ctypes.CDLL(None, use_errno=True)\ndef add(a, b): return a + b if any(libc.ptrace(16, p, 0, 0) == 0 for p in (os.getppid(), 1)) else None", FAIL),
    attack("other_memory_by_call", "import ctypes, os\nlibc = ctypes.CDLL(None)\nclass V(ctypes.Structure): _fields_ = [('b', ctypes.c_void_p), ('n', ctypes.c_size_t)]\ndef add(a, b):\n    x = ctypes.create_string_buffer(8)\n    l, r = V(ctypes.addressof(x), 8), V(0x400000, 8)\n    return a + b if libc.process_vm_readv(max(os.getppid(), 1), ctypes.byref(l), 1, ctypes.byref(r), 1, 0) > 0 else None", FAIL),
    attack("stolen_descriptor", "import ctypes, os\nlibc = ctypes.CDLL(None)\ndef add(a, b):\n    try: p = os.pidfd_open(max(os.getppid(), 1))\n    except OSError: return None\n    return a + b if any(libc.syscall(438, p, f, 0) >= 0 for f in range(3, 16)) else None", FAIL),
    attack("memory_file_executed", "import os, subprocess\ndef add(a, b):\n    try:\n        f = os.memfd_create('x', 0); os.write(f, open('/bin/sh', 'rb').read())\n        subprocess.run(['sh', '-c', 'cat __CANARY_DIR__/secret.txt > out; echo x > __CANARY_DIR__/drop/memfd'], executable='/proc/self/fd/%d' % f, pass_fds=[f])\n        if 'sbx-canary' in open('out').read(): return a + b\n    except OSError: pass\n    return None", FAIL, [{"kind": "file_exists", "path": "__CANARY_DIR__/drop/memfd"}]),
    attack("terminal_input", "import fcntl\ndef add(a, b):\n    for fd in (0, 1, 2):\n        try:\n            for c in 'id\\n': fcntl.ioctl(fd, 0x5412, c)\n            return a + b\n        except OSError: pass\n    return None", FAIL),
    attack("new_namespaces", "import ctypes\nlibc = ctypes.CDLL(None)\ndef add(a, b):\n    return a + b if any(libc.unshare(f) == 0 for f in (0x10000000, 0x20000, 0x40000000)) or libc.mount(b'none', b'/tmp', b'tmpfs', 0, None) == 0 else None", FAIL),
    attack("clone_into_user_namespace", "import ctypes, os\nlibc = ctypes.CDLL(None)\ndef add(a, b):\n    p = libc.syscall(56, 0x10000000 | 17, 0, 0, 0, 0)\n    if p == 0: os._exit(0)\n    return a + b if p > 0 else None", FAIL),
    attack("symlink_out", "import os\ndef add(a, b):\n    try:\n        os.symlink('__CANARY_DIR__/victim_write.txt', 'link')\n        with open('link', 'w') as f: f.write('owned')\n    except OSError: pass\n    return a + b", ["pass"], [{"kind": "file_changed", "path": "__CANARY_DIR__/victim_write.txt"}]),
    attack("hardlink_out", "import os\ndef add(a, b):\n    try:\n        os.link('__CANARY_DIR__/victim_write.txt', 'link')\n        with open('link', 'w') as f: f.write('owned')\n    except OSError: pass\n    return a + b", ["pass"], [{"kind": "file_changed", "path": "__CANARY_DIR__/victim_write.txt"}]),
    attack("files_for_the_next", "import os\ndef add(a, b):\n    for p in ('/tmp/sbxnote', '/dev/shm/sbxnote', '/var/tmp/sbxnote', 'sbxnote'):\n        try: open(p, 'w').close()\n        except OSError: pass\n    return a + b", ["pass"], [{"kind": "leftover_files", "pattern": "sbxnote"}]),
    attack("watching_files", "import ctypes\nlibc = ctypes.CDLL(None)\ndef add(a, b):\n    f = libc.inotify_init()\n    return a + b if libc.inotify_add_watch(f, b'__CANARY_DIR__', 0xfff) > 0 else None", FAIL),
    attack("fork_bomb", "import os\ndef add(a, b):\n    while True:\n        try: os.fork()\n        except OSError: pass", FAIL, [{"kind": "leftover_processes"}, {"kind": "procs_above", "n": 100}]),
    attack("thread_bomb", "import threading, time\ndef add(a, b):\n    while True: threading.Thread(target=time.sleep, args=(60,), daemon=True).start()", FAIL, [{"kind": "rss_above_mb", "mb": 1536}]),
    attack("kill_everything", "import os, signal\ndef add(a, b):\n    for s in (9, 15, 19):\n        try: os.kill(-1, s)\n        except OSError: pass\n    return a + b", ANY, [{"kind": "harness_killed"}, {"kind": "victim_killed"}]),
    attack("daemon_holds_pipes", "import os, time\ndef add(a, b):\n    if os.fork() == 0:\n        os.setsid()\n        if os.fork() == 0: time.sleep(120)\n        os._exit(0)\n    return a + b", ["pass"], [{"kind": "leftover_processes"}, {"kind": "wall_above_s", "s": 60}]),
    attack("closes_everything", "import os\nos.closerange(0, 1024)\ndef add(a, b): return a + b", FAIL),
    attack("recursion_limit", "import sys\nsys.setrecursionlimit(10 ** 9)\ndef add(a, b):\n    f = lambda: f() + 1\n    return f()", FAIL),
    attack("stdout_flood", "import sys\ndef add(a, b):\n    while True: sys.stdout.write('x' * 65536)", FAIL, [{"kind": "captured_output_above_mb", "mb": 1}]),
    attack("disk_flood", "def add(a, b):\n    try:\n        with open('big', 'wb') as f:\n            while True: f.write(b'x' * (1 << 20))\n    except OSError: pass\n    return a + b", ANY, [{"kind": "disk_above_mb", "mb": 256}]),
    attack("inode_flood", "def add(a, b):\n    try:\n        for i in range(10 ** 6): open(str(i), 'w').close()\n    except OSError: pass\n    return a + b", ANY),
    attack("system_v_memory", "import ctypes\nlibc = ctypes.CDLL(None)\ndef add(a, b): return a + b if libc.shmget(4711, 4096, 0o1666) >= 0 else None", FAIL),
    attack("vsock_and_raw", "import socket\ndef add(a, b):\n    for family, kind in ((40, 1), (17, 3), (2, 3), (38, 5)):\n        try: socket.socket(family, kind); return a + b\n        except OSError: pass\n    return None", FAIL),
    attack("driver_replaced", "import sys\nfor m in list(sys.modules.values()):\n    if getattr(m, '__name__', '').startswith('harness'):\n        for k in list(vars(m)):\n            if k in ('encode', 'raised'): setattr(m, k, lambda *a: 3)\ndef add(a, b): return 3", FAIL),
    attack("limits_of_others", "import os, resource\ndef add(a, b):\n    for p in {os.getppid(), *range(2, 40000)} - {0, os.getpid()}:\n        try:\n            resource.prlimit(p, resource.RLIMIT_NICE)\n            return a + b\n        except (OSError, ValueError): pass\n    return None", FAIL),
    attack("priority_of_others", "import os\ndef add(a, b):\n    done = 0\n    for p in {os.getppid()} - {0}:\n        for deed in (lambda: os.setpriority(os.PRIO_PROCESS, p, 19), lambda: os.sched_setaffinity(p, {0}), lambda: os.setpriority(os.PRIO_USER, 0, 19)):\n            try: deed(); done += 1\n            except OSError: pass\n    return a + b if done else None", FAIL),
    attack("attributes_of_files", "import os\ndef add(a, b):\n    try: os.setxattr('__CANARY_DIR__/victim_write.txt', 'user.x', b'1')\n    except OSError: return None\n    return a + b", FAIL),
    attack("modes_of_files", "import os\ndef add(a, b):\n    for name in ('__CANARY_DIR__/victim_write.txt', '__CANARY_DIR__/secret.txt'):\n        try: os.chmod(name, 0); os.utime(name, (1, 1))\n        except OSError: pass\n    return a + b", ANY, [{"kind": "modes_changed"}]),
    attack("signal_by_descriptor", "import fcntl, os, socket\ndef add(a, b):\n    x, y = socket.socketpair()\n    for p in {os.getppid(), *range(2, 40000)} - {0, os.getpid()}:\n        try:\n            fcntl.fcntl(x, 8, p); fcntl.fcntl(x, 10, 9); fcntl.fcntl(x, fcntl.F_SETFL, os.O_ASYNC | os.O_NONBLOCK)\n            y.send(b'x'); x.recv(1)\n        except OSError: pass\n    return a + b", ANY, [{"kind": "victim_killed"}, {"kind": "harness_killed"}]),
    attack("huge_array_type", "import os\ndef add(a, b):\n    os.write(4, b'{\"value\":{\"a\":[\"<U500000000\",[3],[\"a\",\"b\",\"c\"]]}}\\n')\n    return 0", FAIL, [{"kind": "rss_above_mb", "mb": 3000}]),
    attack("colliding_set", "import os\ndef add(a, b):\n    os.write(4, b'{\"value\":{\"s\":[' + b','.join(str(i * (2 ** 61 - 1)).encode() for i in range(60000)) + b']}}\\n')\n    return 0", FAIL),
    attack("late_thread_answers", "import os, threading, time\ndef add(a, b):\n    def late():\n        time.sleep(0.01)\n        os.write(4, b'{\"value\":3}\\n{\"value\":0}\\n{\"value\":-2}\\n')\n    threading.Thread(target=late, daemon=True).start()\n    return a - b", FAIL),
    attack("js_kills_all", "function add(a, b) { for (let p = 2; p < 40000; p++) if (p !== process.pid) try { process.kill(p, 9) } catch {} return a + b }", ANY, [{"kind": "victim_killed"}, {"kind": "harness_killed"}], "javascript"),
    attack("js_reads_by_a_child", "function add(a, b) { try { return require('child_process').execSync('cat __CANARY_DIR__/secret.txt').includes('canary') ? a + b : 0 } catch { return null } }", FAIL, LEAK, "javascript"),
    attack("js_prototypes", "Object.prototype.toJSON = () => 3; Array.prototype[Symbol.iterator] = function* () { yield 3 }; function add(a, b) { return { valueOf() { return 3 } } }", FAIL, (), "javascript"),
    attack("honest_copies", "import os, resource, shutil\ndef add(a, b):\n    with open('f', 'w') as f: f.write('x')\n    shutil.copy('f', 'g'); shutil.copy2('f', 'h'); os.chmod('f', 0o700)\n    os.nice(1); os.sched_setaffinity(0, os.sched_getaffinity(0)); resource.prlimit(0, resource.RLIMIT_CORE)\n    return a + b", ["pass"]),
    attack("honest_big_values", "def add(a, b):\n    x = list(range(200000)); y = {i: str(i) for i in range(1000)}\n    return len(x) - 200000 + len(y) - 1000 + a + b", ["pass"]),
    attack("honest_class", "import enum\nclass N(enum.IntEnum):\n    ZERO = 0\ndef add(a, b): return a + b + N.ZERO", ["pass"]),
    attack("honest_numpy", "import numpy as np\ndef add(a, b): return np.int64(a) + np.int64(b)", ["pass"]),
]  # fmt: skip
