# ruff: noqa: E501 - programs in one line each
"""Programs that read standard input and print: what they find, how they are judged, what they cannot do."""

import json
import os
import subprocess
import sys
from pathlib import Path

import corpus
import own
import pytest

from harness.code_tasks.streams import streamed
from harness.core import Refusal
from harness.core import TimeLimit
from harness.languages import language
from harness.sandbox import selftest
from harness.sandbox.outcomes import of_output
from harness.sandbox.slot import Broken

SHARED = Path(os.environ.get("CROSSTASK_SHARED", "/nowhere")) / "hostile" / "hostile.jsonl"
SUM = "a, b = map(int, input().split())\nprint(a + b)\n"
TESTS = tuple(streamed(given, expected, "tokens") for given, expected in (("1 2\n", "3\n"), ("40 2\n", "42\n")))
STRICT = tuple(test.replace("tokens", "lines") for test in TESTS)
READS = {
    "input": SUM,
    "stdin": "import sys\na, b = map(int, sys.stdin.readline().split())\nsys.stdout.write(f'{a + b}')",
    "buffer": "import sys\nprint(sum(map(int, sys.stdin.buffer.read().split())))",
    "open 0": "print(sum(map(int, open(0).read().split())))",
    "lines of stdin": "import sys\nfor line in sys.stdin: print(sum(map(int, line.split())))",
    "up to the end": "total = 0\nwhile True:\n    try: total += sum(map(int, input().split()))\n    except EOFError: break\nprint(total)",
    "the size of the file": "import io, os\ninput = io.BytesIO(os.read(0, os.fstat(0).st_size)).readline\nprint(sum(map(int, input().split())))",
    "file input": "import fileinput\nfor line in fileinput.input(): print(sum(map(int, line.split())))",
    "its name": "print(sum(map(int, open('/dev/stdin').read().split())), file=open('/dev/stdout', 'w'))",
    "seek": "import sys\nsys.stdin.read()\nsys.stdin.seek(0)\nprint(sum(map(int, sys.stdin.read().split())))",
}
ENDS = {
    "exit": f"{SUM}exit()\nprint(7)",
    "quit": f"{SUM}quit()\nprint(7)",
    "sys.exit in a function": f"import sys\ndef f():\n    sys.exit()\n{SUM}f()\nprint(7)",
    "main guard": f"def main():\n    {SUM.rstrip().replace(chr(10), chr(10) + '    ')}\nif __name__ == '__main__':\n    main()",
    "thread": f"import sys, threading\nsys.setrecursionlimit(1 << 20)\nthreading.stack_size(1 << 27)\ndef depth(n): return n and 1 + depth(n - 1)\ndef main():\n    depth(50000)\n    {SUM.rstrip().replace(chr(10), chr(10) + '    ')}\nthreading.Thread(target=main).start()",
    "exit hook": "import atexit, sys\nout = []\natexit.register(lambda: sys.stdout.write(''.join(out)))\na, b = map(int, input().split())\nout.append(str(a + b))",
    "buffer not closed": "out = open(1, 'w')\na, b = map(int, input().split())\nout.write(str(a + b))",
    "output of its own": "import io, os\nfrom os import write\nclass Out(io.IOBase):\n    text = ''\n    def flush(self):\n        write(1, self.text.encode())\n        self.text = ''\nout = Out()\ndef say(text): out.text += text\na, b = map(int, input().split())\nsay(str(a + b))",
    "process of its own": "import os\na, b = map(int, input().split())\npid = os.fork()\nif pid == 0:\n    print(a + b, flush=True)\n    os._exit(0)\nos.waitpid(pid, 0)",
    "a class of its module": "import pickle\nclass A: pass\nassert type(pickle.loads(pickle.dumps(A()))) is A\n" + SUM,
}
LONG = TimeLimit(call=0.5, times=0.0, whole=4.0)


def names(cases):
    return pytest.mark.parametrize("name", cases)


@names(READS)
def test_each_way_to_read(execute, name):
    found = execute(READS[name], *TESTS, style="stdio")
    assert (found.verdict, found.passed, found.judged) == ("passed", (True, True), "outside"), found


@names(ENDS)
def test_each_way_to_end(execute, name):
    found = execute(ENDS[name], *STRICT, style="stdio")
    assert (found.verdict, found.passed) == ("passed", (True, True)), found


@pytest.mark.parametrize(
    ("code", "verdict", "passed", "detail"),
    [
        ("print(3)", "failed", (True, False), "line 1: '3'; expected '42'"),
        ("", "failed", (False, False), "line 1: ''; expected '3'"),
        ("print('3 42')", "failed", (False, False), "line 1: '3 42'; expected '3'"),
        ("print(", "syntax", (False, False), "SyntaxError: '(' was never closed (solution.py, line 1)"),
        ("import no_such", "import", (False, False), "ModuleNotFoundError: No module named 'no_such'"),
        ("print(x)", "name", (False, False), "NameError: name 'x' is not defined"),
        ("assert False", "exception", (False, False), "AssertionError"),
        ("while True: pass", "timeout", (False, False), "CPU time is used up"),
        ("x = b'x' * (3 << 30)", "memory", (False, False), "MemoryError"),
        ("import os\nos.kill(os.getpid(), 9) or os.abort()", "crash", (False, False), None),
        ("import sys\nsys.exit(3)", "failed", (False, False), "line 1: ''; expected '3'"),
        ("import os\nos.close(1)", "failed", (False, False), "line 1: ''; expected '3'"),
    ],
)
def test_each_outcome(execute, code, verdict, passed, detail):
    found = execute(code, *TESTS, style="stdio", time=LONG)
    assert (found.verdict, found.passed, found.judged) == (verdict, passed, "outside"), found
    assert detail is None or found.detail == detail


@pytest.mark.parametrize(
    ("ending", "forgiving", "strict"),
    [
        ("import sys; sys.exit(1)", "passed", "passed"),
        ("1 / 0", "passed", "exception"),
        ("import os; sys.stdout.flush(); os.abort()", "passed", "crash"),
        ("import os; sys.stdout.flush(); os.close(1); exec('while True: pass')", "timeout", "timeout"),
    ],
)
def test_a_bad_end_after_the_right_output(execute, ending, forgiving, strict):
    """AlphaCode's tester compares what was printed, whatever the end; the others fail what an exception ends."""
    code = f"import sys\n{SUM}{ending}"
    assert execute(code, *TESTS, style="stdio", time=LONG).verdict == forgiving
    assert execute(code, *STRICT, style="stdio", time=LONG).verdict == strict


@pytest.mark.parametrize(
    "code", ["while True: print('x' * 1000000)", "import os\nwhile True: os.write(1, b'3 ' * 50000)"]
)
def test_endless_output_is_no_comparison(execute, code):
    found = execute(code, TESTS[0], style="stdio")
    assert (found.verdict, found.detail) == ("output", "printed more than is allowed")
    assert len(found.output) <= 1 << 16


ENDED = {"end": "ended", "code": 0, "cpu": 0.0, "exceeded": False, "output": ""}


def outcome_where(judge):
    """Of a program that ended well, while the judge of its output said nothing."""
    return of_output(ENDED | judge, {}, ENDED, 1.0, language("python").diagnosis, forgiving=False)


@pytest.mark.parametrize("judge", [{"end": "cpu"}, {"end": "memory"}, {"exceeded": True}, {"code": -9}])
def test_what_uses_up_the_judge_of_outputs_is_no_right_answer(judge):
    assert outcome_where(judge) == ("output", "printed more than can be compared")


def test_a_fault_of_the_judge_of_outputs_is_no_wrong_answer():
    with pytest.raises(
        Broken, match=r"^comparison: ended with exit status 1; expected it to say whether outputs agree"
    ):
        outcome_where({"code": 1})


def test_output_up_to_the_limit_is_compared_whole(execute):
    code = "for _ in range(int(input())): print('7' * (1 << 20))"
    line = "7" * (1 << 20)
    tests = [streamed("14", f"{line}\n" * 14, "lines"), streamed("14", f"{line}\n" * 13 + line[1:], "lines")]
    found = execute(code, *tests, style="stdio", time=TimeLimit(10.0, 0.0, 20.0))
    assert found.passed == (True, False)


def test_input_of_megabytes_is_read_whole(execute):
    test = streamed("1 " * (1 << 20), str(1 << 20), "tokens")
    assert execute("print(len(input().split()))", test, style="stdio").verdict == "passed"


def test_who_holds_the_output_open_keeps_nobody_waiting(execute):
    """What is printed before the program's own end counts; a child ends with it."""
    code = f"import os, time\n{SUM}\nimport sys\nsys.stdout.flush()\nif os.fork() == 0:\n    time.sleep(600)"
    found = execute(code, *TESTS, style="stdio")
    assert (found.verdict, found.wall < 10) == ("passed", True)


def test_who_kills_what_started_it_harms_nobody_else(execute):
    code = "import os\ntry: os.kill(os.getppid(), 9)\nexcept OSError: pass\nprint(0)"
    assert execute(code, *TESTS, style="stdio").verdict in {"failed", "crash"}
    assert execute(SUM, *TESTS, style="stdio").verdict == "passed"


def test_a_test_s_own_time_ends_the_run_and_the_whole_time_is_a_bound(execute):
    slow = f"{SUM}x = 0\nif a == 40:\n    while True: pass"
    found = execute(slow, *TESTS, TESTS[0], style="stdio", time=LONG)
    assert (found.verdict, found.passed) == ("timeout", (True, False, False))
    assert found.cpu < 2


def test_what_a_context_defines_is_there(execute):
    found = execute(
        "print(gcd(*map(int, input().split())))",
        streamed("4 6", "2", "apps"),
        style="stdio",
        context="from math import gcd",
    )
    assert found.verdict == "passed"


def test_surrogates_and_bytes_that_are_no_text(execute):
    assert execute("print(input())", streamed("\ud800", "\ud800", "lines"), style="stdio").verdict == "passed"
    found = execute("import os\nos.write(1, b'\\xff')", streamed("", "\ufffd", "lines"), style="stdio")
    assert found.verdict == "failed"


@pytest.mark.parametrize(
    ("test", "reason"),
    [
        ("1 2", "tests: message: int; expected an object of JSON"),
        ('{"input": "", "output": ""}', "tests: message: fields 'input, output'; expected input, output, compare"),
        (streamed("", "", "magic"), "tests: message: str; expected a rule of comparison"),
    ],
)
def test_what_is_no_test_is_refused(execute, test, reason):
    found = execute(SUM, test, style="stdio")
    assert isinstance(found, Refusal)
    assert found.reason.startswith(reason) or test == "1 2", found.reason


def test_a_language_without_the_style_is_refused(execute):
    found = execute("SELECT 1", TESTS[0], language="sqlite", style="stdio")
    assert found == Refusal("sqlite: no style 'stdio'; expected one it has")


def test_a_program_recurses_as_deep_as_in_an_interpreter(execute):
    """`f` stands above the module: with a limit of 1000 frames it can be called 998 times inside itself."""
    code = "import sys\ndef f(n): return n and 1 + f(n - 1)\ntry:\n    print(f(int(input())))\nexcept RecursionError:\n    print('deep')"
    tests = [streamed("998", "998", "lines"), streamed("999", "deep", "lines")]
    assert execute(code, *tests, style="stdio").passed == (True, True)


DRIVER = "\nimport sys as _sys\nfor _line in _sys.stdin:\n    print(add(*map(int, _line.split())))\n"
PAIRS = ((1, 2, 3), (0, 0, 0), (-5, 3, -2), (10**12, 1, 10**12 + 1), (40, 2, 42), (7, -7, 0))
STREAMS = tuple(streamed(f"{a} {b}\n", f"{total}\n", "lines") for a, b, total in PAIRS)


def as_stream(program):
    """A program of the corpus that defines `add`, as one that reads two numbers and prints their sum."""
    return {**program, "completion": program["completion"] + DRIVER, "style": "stdio", "tests": STREAMS}


def streams_of(programs):
    """Those that are Python, judged by the corpus's own tests, and given no file."""
    own_way = {"style", "tests", "files"}
    return [as_stream(one) for one in programs if one["language"] == "python" and not own_way & one.keys()]


OTHERWISE = {
    "no_string": "a number that is printed as a text is the same",
    "ok_main_guard_exit": "its main guard prints and exits",
    "ok_prints_a_lot": "what else it prints is part of its output",
}
"""Programs that as streams are rightly judged otherwise than as functions."""


def hostile(*ids):
    found = streams_of([*own.ATTACKS, *(corpus.read(SHARED) if SHARED.is_file() else ())])
    return [one for one in found if not ids or one["id"] in ids]


def test_the_conversion_can_fail():
    right, wrong = (as_stream({"completion": f"def add(a, b): return a {sign} b"}) for sign in "+-")
    tests = [json.loads(test) for test in right["tests"]]
    for one, same in ((right, 6), (wrong, 1)):
        made = subprocess.run(
            [sys.executable, "-c", one["completion"]],
            input="".join(test["input"] for test in tests),
            capture_output=True,
            text=True,
            check=True,
        ).stdout.split()
        assert sum(said == test["output"].strip() for said, test in zip(made, tests, strict=True)) == same


@pytest.mark.shared
def test_a_sample_of_hostile_programs_as_streams():
    programs = hostile(
        "vf_sys_exit0",
        "vf_fork_parent_exits",
        "vf_exec_true",
        "pr_kill_victim",
        "pr_setsid_daemon",
        "fs_inherited_fds",
        "kill_everything",
    )
    assert len(programs) == 7
    assert corpus.run(programs, selftest.best_tier().name) == {}


@pytest.mark.slow
@pytest.mark.shared
def test_all_hostile_programs_as_streams():
    programs = [one for one in hostile() if one["id"] not in OTHERWISE]
    assert len(programs) > 80
    assert corpus.run(programs, selftest.best_tier().name) == {}


@pytest.mark.parametrize(("time", "verdict"), [(None, "passed"), (LONG, "timeout")])
def test_a_reference_scales_the_limit_where_a_benchmark_has_none(execute, time, verdict):
    code = "import time\nend = time.process_time() + 1.2\nwhile time.process_time() < end: pass\nprint(3)"
    reference = code.replace("1.2", "0.3")
    assert execute(code, TESTS[0], style="stdio", reference=reference, time=time).verdict == verdict
