"""What may be left out of a program: its function gives what it gives in the whole program, run plainly."""

# ruff: noqa: E501 - programs in one line each
import contextlib
import io
import sys
import types
from pathlib import Path

import pytest

from harness.code_tasks.rules import program
from harness.core import Trial

FENCE = "```"
FILLED = {
    "a function fills it": "T = set()\ndef fill(to, n):\n    for i in range(n): to.add(i)\nfill(T, 3)\n@def\n    return len(T)\n",
    "a module's function sorts it": "import heapq\nT = [3, 1, 2]\nheapq.heapify(T)\n@def\n    return T[0]\n",
    "an imported function": "from heapq import heapify as h\nT = [3, 1, 2]\nh(T)\n@def\n    return T[0]\n",
    "shuffled by a seed": "import random\nT = list(range(9))\nrandom.seed(1)\nrandom.shuffle(T)\n@def\n    return T[0]\n",
    "by global": "T = None\ndef init():\n    global T\n    T = 7\ninit()\n@def\n    return T\n",
    "by global through another": "T = 0\ndef a():\n    global T\n    T += 7\ndef b():\n    a()\nb()\n@def\n    return T\n",
    "by global without a value": "def init():\n    global T\n    T = 7\ninit()\n@def\n    return T\n",
    "a field of the function": "@def\n    return f.t\nsetattr(f, 't', 5)\n",
    "a field set plainly": "@def\n    return f.t\nf.t = 5\n",
    "a field set by a function": "def tag(g):\n    g.t = 5\n@def\n    return f.t\ntag(f)\n",
    "updated": "T = {}\nT.update(a=1)\n@def\n    return T['a']\n",
    "appended": "T = []\nT.append(4)\n@def\n    return T[0]\n",
    "in a loop": "T = []\nfor i in range(4):\n    T.append(i)\n@def\n    return sum(T)\n",
    "in a loop through a function": "T = []\ndef put(i):\n    T.append(i)\nfor i in range(4):\n    put(i)\n@def\n    return sum(T)\n",
    "in a while": "T = []\nwhile len(T) < 3:\n    T += [1]\n@def\n    return sum(T)\n",
    "with": "import io\nT = []\nwith io.StringIO('abc') as s:\n    T.extend(s.read())\n@def\n    return len(T)\n",
    "try": "try:\n    T = open('/nowhere/x').read()\nexcept OSError:\n    T = 'none'\n@def\n    return T\n",
    "try with a call": "T = []\ntry:\n    T.append(int('x'))\nexcept ValueError:\n    T.append(9)\n@def\n    return T[0]\n",
    "if": "T = []\nif 1 < 2:\n    T.append(3)\nelse:\n    T.append(4)\n@def\n    return T[0]\n",
    "an item deleted": "T = {1: 2, 3: 4}\ndel T[1]\n@def\n    return len(T)\n",
    "popped": "T = [1, 2]\nlast = T.pop()\n@def\n    return len(T)\n",
    "a value thrown away": "T = [1, 2]\n_ = T.reverse()\n@def\n    return T[0]\n",
    "an assertion that works": "T = []\ndef put():\n    T.append(1)\n    return True\nassert put()\n@def\n    return len(T)\n",
    "a print that works": "T = []\ndef put():\n    T.append(1)\n    return True\nprint(put())\n@def\n    return len(T)\n",
    "a comprehension": "T = []\n[T.append(i) for i in range(3)]\n@def\n    return len(T)\n",
    "a lambda": "T = []\nput = lambda x: T.append(x)\nput(1)\n@def\n    return len(T)\n",
    "a method": "T = []\nclass A:\n    def go(self):\n        T.append(1)\na = A()\na.go()\n@def\n    return len(T)\n",
    "a constructor": "T = []\nclass A:\n    def __init__(self):\n        T.append(1)\nA()\n@def\n    return len(T)\n",
    "a class's body": "T = []\nclass A:\n    T.append(1)\n@def\n    return len(T)\n",
    "a static table": "class A:\n    t = []\nA.t.append(2)\n@def\n    return A.t[0]\n",
    "a decorator": "T = {}\ndef reg(g):\n    T[g.__name__] = g\n    return g\n@reg\ndef one():\n    return 1\n@def\n    return T['one']()\n",
    "a decorator with a name": "T = {}\ndef reg(n):\n    def w(g):\n        T[n] = g\n        return g\n    return w\n@reg('a')\ndef one():\n    return 1\n@def\n    return T['a']()\n",
    "subclasses": "class A: pass\nclass B(A): pass\n@def\n    return len(A.__subclasses__())\n",
    "subclasses that enrol": "T = []\nclass A:\n    def __init_subclass__(cls):\n        T.append(cls)\nclass B(A): pass\n@def\n    return len(T)\n",
    "single dispatch": "from functools import singledispatch\n@singledispatch\ndef g(x):\n    raise NotImplementedError\n@g.register\ndef _(x: int):\n    return 1\n@g.register\ndef _(x: str):\n    return 2\n@def\n    return g(1) + g('a')\n",
    "an alias": "T = []\nU = T\nU.append(1)\n@def\n    return len(U)\n",
    "a function handed on": "T = []\ndef each(g, xs):\n    for x in xs: g(x)\neach(T.append, [1, 2])\n@def\n    return len(T)\n",
    "map": "T = []\nlist(map(T.append, [1, 2]))\n@def\n    return len(T)\n",
    "next": "T = iter([1, 2])\nnext(T)\n@def\n    return next(T)\n",
    "a generator sent on": "def gen():\n    yield from (1, 2)\nT = gen()\nT.send(None)\n@def\n    return next(T)\n",
    "operator": "import operator\nT = {}\noperator.setitem(T, 1, 2)\n@def\n    return T[1]\n",
    "a keyword": "import random\nT = [2, 1]\ndef sort(xs=None):\n    xs.sort()\nsort(xs=T)\n@def\n    return T[0]\n",
    "starred": "T, U = [], []\ndef put(*to):\n    for one in to: one.append(1)\nput(*[T, U])\n@def\n    return len(T) + len(U)\n",
    "nested": "T, U = [], []\ndef put(to):\n    for one in to: one.append(1)\nput([T, U])\n@def\n    return len(T) + len(U)\n",
    "a method of a harmless name": "class A:\n    n = 0\n    def union(self, x):\n        self.n += x\na = A()\na.union(3)\n@def\n    return a.n\n",
    "a function of a harmless name": "T = []\ndef filter(x):\n    x.append(1)\nfilter(T)\n@def\n    return len(T)\n",
    "another in its line": "T = []\nx = 1; T.append(x); y = 2\n@def\n    return len(T)\n",
    "behind a print in its line": "print(1); T = [1]\n@def\n    return len(T)\n",
    "another name of it": "T = []\nU = T\nU.append(1)\n@def\n    return len(T)\n",
    "another name of a part": "T = [[]]\nU = T[0]\nU.append(1)\n@def\n    return len(T[0])\n",
    "its parts in a loop": "T = [[], []]\nfor row in T:\n    row.append(1)\n@def\n    return len(T[0])\n",
    "its parts in a loop of pairs": "T = [[], []]\nfor n, row in enumerate(T):\n    row.append(n)\n@def\n    return len(T[1])\n",
    "its parts' fields": "class A: pass\nT = [A()]\nfor one in T:\n    one.n = 3\n@def\n    return T[0].n\n",
    "its parts in a comprehension": "T = [[], []]\n_ = [row.append(1) for row in T]\n@def\n    return len(T[0])\n",
    "through what gives it": "T = []\ndef get():\n    return T\nget().append(1)\n@def\n    return len(T)\n",
    "a walrus": "(T := []).append(1)\n@def\n    return len(T)\n",
    "by exec": "exec('T = 3')\n@def\n    return T\n",
    "by eval": "T = []\neval('T.append(1)')\n@def\n    return len(T)\n",
    "by globals": "globals()['T'] = 3\n@def\n    return T\n",
    "by globals, updated": "globals().update(T=3)\n@def\n    return T\n",
    "by globals in a function": "def init():\n    globals()['T'] = 3\ninit()\n@def\n    return T\n",
    "a field of a module": "import math\nsetattr(math, 'crosstask', 3)\n@def\n    return math.crosstask\n",
    "a file": "with open('crosstask.txt', 'w') as file:\n    file.write('abc')\n@def\n    return open('crosstask.txt').read()\n",
    "a thread": "import threading\nT = []\ndef fill():\n    T.append(1)\nt = threading.Thread(target=fill)\nt.start()\nt.join()\n@def\n    return len(T)\n",
    "a database": "import sqlite3\nT = sqlite3.connect(':memory:')\nc = T.cursor()\nc.execute('CREATE TABLE a (b)')\n@def\n    return T.execute('SELECT COUNT(*) FROM a').fetchone()\n",
    "an object that keeps it": "T = []\nclass A:\n    def __init__(self, t):\n        self.t = t\n    def go(self):\n        self.t.append(1)\na = A(T)\na.go()\n@def\n    return len(T)\n",
    "a long sum": "T = []\nT.append(" + "1+" * 900 + "1)\n@def\n    return T[0]\n",
    "a precision": "import decimal\ndecimal.getcontext().prec = 3\n@def\n    return str(decimal.Decimal(1) / 3)\n",
    "a limit": "import sys\nsys.setrecursionlimit(1234)\n@def\n    return sys.getrecursionlimit()\n",
    "an environment": "import os\nos.environ['CROSSTASK_T'] = '1'\n@def\n    return os.environ['CROSSTASK_T']\n",
    "an environment by a call": "import os\nos.environ.setdefault('CROSSTASK_U', '1')\n@def\n    return os.environ['CROSSTASK_U']\n",
    "a name for it": "if __name__ != '__main__':\n    T = 4\n@def\n    return T\n",
    "guarded both ways": "if __name__ == '__main__':\n    T = 3\nelse:\n    T = 4\n@def\n    return T\n",
    "several in a line": "T = []; T.append(1); print(T)\n@def\n    return len(T)\n",
    "a cache filled by a trial": "T = {}\n@def\n    T[len(T)] = 1\n    return len(T)\nprint(f())\n",
    "an assertion on it that fails": "T = {}\ndef g(n):\n    T[n] = n\n    return n\ng(1)\n@def\n    return len(T)\n",
}
BY_TEXT = {
    "eval": "def one():\n    return 1\n@def\n    return eval('one()')\n",
    "exec": "def one():\n    return 1\n@def\n    d = {}\n    exec('x = one()', globals(), d)\n    return d['x']\n",
    "globals": "def one():\n    return 1\n@def\n    return globals()['one']()\n",
    "globals, put together": "def op_a():\n    return 1\n@def\n    return globals()['op_' + 'a']()\n",
    "through a helper": "def one():\n    return 1\ndef get(n):\n    return globals()[n]\n@def\n    return get('one')()\n",
    "getattr of the module": "import sys\ndef one():\n    return 1\n@def\n    return getattr(sys.modules[__name__], 'one')()\n",
    "a function's own globals": "def one():\n    return 1\n@def\n    return f.__globals__['one']()\n",
    "vars": "T = 3\n@def\n    return vars(__import__('sys').modules[__name__])['T']\n",
    "a table by eval": "T = []\nT.append(3)\n@def\n    return eval('T[0]')\n",
    "a class by its name": "class A:\n    n = 2\n@def\n    return eval('A').n\n",
}
STUBS = (
    "raise NotImplementedError", "raise NotImplementedError('later')", "raise NotImplementedError()", "pass", "...",
    "return", "return None", "'''To do.'''", "'''To do.'''\n    pass", "# TODO\n    pass", "pass  # TODO",
    "return NotImplemented", "raise Exception('TODO')", "'''To do.'''\n    raise NotImplementedError",
)  # fmt: skip
WITHOUT = {
    "a print": "print(f())\n",
    "a trial": "f()\n",
    "a trial that raises": "f(1, 2, 3)\n",
    "a trial that is kept": "x = f(1, 2)\n",
    "a question": "n = int(input())\nprint(f())\n",
    "a question in a function": "def main():\n    return int(input())\nmain()\n",
    "all that is typed": "import sys\nfor line in sys.stdin:\n    print(line)\nprint(sys.stdin.readline()[5])\n",
    "an assertion that fails": "assert f() == 0\n",
    "assertions in a function": "def check(g):\n    assert g() == 0\ncheck(f)\n",
    "assertions in a function that counts": "def check(g):\n    n = {}\n    n['a'] = 1\n    assert g() == 0\ncheck(f)\n",
    "a loop of trials": "for x in [1, 2]:\n    print(f(x))\n",
    "a main guard": "if __name__ == '__main__':\n    f(input())\n",
    "an end": "import sys\nsys.exit(f())\n",
    "a main": "def main():\n    raise SystemExit\nmain()\n",
    "unittest": "import unittest\nclass Tried(unittest.TestCase):\n    def test(self):\n        self.assertEqual(f(), 0)\nunittest.main()\n",
}


@pytest.fixture(autouse=True)
def _folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


def asked() -> Trial:
    return Trial("python", "python", prompt="", names=("f",), tests=("f()",))


def given(source: str) -> object:
    module = types.ModuleType("program")
    sys.modules["program"] = module
    with contextlib.redirect_stdout(io.StringIO()):
        exec(source, module.__dict__)
        return module.f()


@pytest.mark.parametrize("name", FILLED | BY_TEXT)
@pytest.mark.parametrize("behind", ["", "print('done')\n", "\nassert len('ab') == 3\n"])
def test_a_function_gives_what_it_gives_in_the_whole_program(name: str, behind: str) -> None:
    source = (FILLED | BY_TEXT)[name].replace("@def", "def f():")
    wanted = given(source)
    for text in (source + behind, f"Here:\n{FENCE}python\n{source}{behind}{FENCE}\nSo it's done."):
        code = program(asked(), text)
        assert code is not None
        assert given(code) == wanted, code


@pytest.mark.parametrize("stub", STUBS)
@pytest.mark.parametrize("behind", [False, True])
@pytest.mark.parametrize("apart", [False, True])
def test_a_stub_never_stands_for_the_function(stub: str, behind: bool, apart: bool) -> None:
    blocks = [f"def f():\n    {stub}\n", "def g():\n    return 3\n\n\ndef f():\n    return g()\n"]
    blocks = blocks[::-1] if behind else blocks
    between = f"{FENCE}\nor\n{FENCE}python\n" if apart else "\n\n"
    code = program(asked(), f"{FENCE}python\n{between.join(blocks)}{FENCE}")
    assert code is not None
    assert given(code) == 3
    assert code.count("def f") == 1


@pytest.mark.parametrize("name", WITHOUT)
def test_what_changes_nothing_cannot_fail_a_right_function(name: str) -> None:
    for memo in ("", "T = {}\n"):
        body = "    T[1] = 2\n    return 3\n" if memo else "    return 3\n"
        code = program(asked(), f"{FENCE}python\n{memo}def f():\n{body}\n{WITHOUT[name]}{FENCE}")
        assert code is not None
        assert given(code) == 3
        assert memo or code.count("\n") == 2 + code.count("import")
