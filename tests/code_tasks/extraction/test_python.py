"""Awkward answers, as models write them, and the program that each of them holds."""

# ruff: noqa: E501 - an answer and its program stand side by side
import warnings

import pytest

from harness.code_tasks.rules import execute
from harness.core import Trial

PROMPT = 'from typing import List\n\n\ndef total(xs: List[int]) -> int:\n    """Add up."""\n'
HEAD = 'from typing import List\n\n\ndef total(xs: List[int]) -> int:\n    """Add up."""\n'
CONTINUED = HEAD + "    return sum(xs)\n"
LOOP = HEAD + "    n = 0\n    for x in xs:\n        n += x\n    return n\n"
IMPORT = "from typing import List\n\n\n"
DEF = "def total(xs):\n    return sum(xs)\n"
WHOLE = IMPORT + DEF
TYPED = "def total(xs: List[int]) -> int:\n    return sum(xs)\n"
HELPED = (
    IMPORT
    + "def add(a, b):\n    return a + b\n\n\ndef total(xs):\n    n = 0\n    for x in xs:\n        n = add(n, x)\n    return n\n"
)
HELPER, USER = "def add(a, b):\n    return a + b\n", HELPED.partition("def total")[1] + HELPED.partition("def total")[2]
FENCE = "```"


def fenced(code: str, language: str = "python") -> str:
    return f"{FENCE}{language}\n{code}{FENCE}\n"


COMPLETIONS = {
    "the body alone": ("    return sum(xs)\n", CONTINUED),
    "a body of several lines": ("    n = 0\n    for x in xs:\n        n += x\n    return n\n", LOOP),
    "without a line break at its end": ("    return sum(xs)", CONTINUED),
    "blank lines first": ("\n\n    return sum(xs)\n", HEAD + "\n\n    return sum(xs)\n"),
    "the first line lost its indentation": ("n = 0\n    for x in xs:\n        n += x\n    return n\n", LOOP),
    "all lines lost it": ("n = 0\nfor x in xs:\n    n += x\nreturn n\n", LOOP),
    "one line lost it": ("return sum(xs)", CONTINUED),
    "two spaces": ("  n = 0\n  for x in xs:\n      n += x\n  return n\n", LOOP),
    "eight spaces": ("        return sum(xs)\n", CONTINUED),
    "tabs": ("\tn = 0\n\tfor x in xs:\n\t\tn += x\n\treturn n\n", LOOP.replace("        n", "    \tn")),
    "line breaks of Windows": ("    n = 0\r\n    for x in xs:\r\n        n += x\r\n    return n\r\n", LOOP),
    "line breaks of old": ("    n = 0\r    for x in xs:\r        n += x\r    return n\r", LOOP),
    "prose behind it": ("    return sum(xs)\n\nThis adds up all numbers, doesn't it?\n", CONTINUED),
    "a call behind it": ("    return sum(xs)\n\nprint(total([1, 2]))\n", CONTINUED),
    "tests behind it": ("    return sum(xs)\n\nassert total([1]) == 2\nassert total([]) == 0\n", CONTINUED),
    "a main guard behind it": (
        '    return sum(xs)\n\nif __name__ == "__main__":\n    print(total([int(input())]))\n',
        CONTINUED,
    ),
    "another function behind it": ("    return sum(xs)\n\ndef other(y):\n    return y\n", CONTINUED),
    "another function that is cut off": ("    return sum(xs)\n\ndef other(y):\n    return (y\n", CONTINUED),
    "cut off in its last line": ("    n = 0\n    for x in xs:\n        n += x\n    return n\n    print('", LOOP),
    "a closing fence and prose": (f"    return sum(xs)\n{FENCE}\n\nIt adds up.\n", CONTINUED),
    "a closing fence and a usage": (
        f"    return sum(xs)\n{FENCE}\n\nUse:\n\n{fenced('total([1])' + chr(10))}",
        CONTINUED,
    ),
    "the end of a turn": ("    return sum(xs)\n<|im_end|>\n<|im_start|>user\nThanks", CONTINUED),
    "the end of the text": ("    return sum(xs)\n<|endoftext|>def total(xs):\n    return 0\n", CONTINUED),
    "a helper behind it": (
        "    n = 0\n    for x in xs:\n        n = add(n, x)\n    return n\n\ndef add(a, b):\n    return a + b\n",
        HEAD
        + "    n = 0\n    for x in xs:\n        n = add(n, x)\n    return n\n\n\ndef add(a, b):\n    return a + b\n",
    ),
    "a doctest session behind it": ("    return sum(xs)\n\n>>> total([1, 2])\n3\n", CONTINUED),
    "invisible characters": ("\ufeff    return sum(xs)\u200b\n", CONTINUED),
    "spaces that do not break": ("\u00a0\u00a0\u00a0\u00a0return sum(xs)\n", CONTINUED),
    "typographic quotes": (
        "    return sum(xs) if xs != \u201cno\u201d else 0\n",
        HEAD + '    return sum(xs) if xs != "no" else 0\n',
    ),
    "quotes that are meant": ("    return len('\u201c') * sum(xs)\n", HEAD + "    return len('\u201c') * sum(xs)\n"),
    "the prompt again": (PROMPT + "    return sum(xs)\n", CONTINUED),
    "the function again": (DEF, WHOLE),
    "prose, then the function": (f"Here is the function:\n\n{DEF}", WHOLE),
    "prose around the function": (f"Sure! Here you are.\n\n{DEF}\nThis works for empty lists, too.\n", WHOLE),
    "prose that begins like code": (f"From your text I take it:\nfor lists, we use sum.\n\n{DEF}", WHOLE),
    "helper and function with prose between": (f"First:\n\n{HELPER}\nThen we use it:\n\n{USER}", HELPED),
}
CHATS = {
    "a fence": (f"Sure!\n\n{fenced(DEF)}\nIt adds up.", WHOLE),
    "a fence without a language": (fenced(DEF, ""), WHOLE),
    "a fence that says py": (fenced(DEF, "py"), WHOLE),
    "a fence in capitals": (fenced(DEF, "Python"), WHOLE),
    "a fence with a word behind the language": (f"{FENCE}python title=a.py\n{DEF}{FENCE}", WHOLE),
    "a fence in braces": (f"{FENCE}{{.python}}\n{DEF}{FENCE}", WHOLE),
    "tildes": (f"~~~python\n{DEF}~~~", WHOLE),
    "four ticks": (f"````python\n{DEF}````", WHOLE),
    "a fence never closed": (f"Sure!\n{FENCE}python\n{DEF}", WHOLE),
    "a fence never closed, prose behind": (f"{FENCE}python\n{DEF}\nThat is all there is.", WHOLE),
    "a fence cut off in a second function": (f"{FENCE}python\n{DEF}\ndef main():\n    print(total([1", WHOLE),
    "code on the fence's line": (f"{FENCE}python total = sum{FENCE}", IMPORT.rstrip() + "\ntotal = sum\n"),
    "a fence closed behind code": (f"{FENCE}python\n{DEF.rstrip()}{FENCE}", WHOLE),
    "a fence opened behind prose": (f"The code: {FENCE}python\n{DEF}{FENCE}", WHOLE),
    "a fence in a list": (
        f"1. Add up:\n\n   {FENCE}python\n   def total(xs):\n       return sum(xs)\n   {FENCE}\n2. Done.",
        WHOLE,
    ),
    "a fence in a list, its code is not": (f"- Add up:\n  {FENCE}python\n{DEF}  {FENCE}\n", WHOLE),
    "a quotation": (f"> {FENCE}python\n> def total(xs):\n>     return sum(xs)\n> {FENCE}\n", WHOLE),
    "code indented as Markdown has it": ("Here:\n\n    def total(xs):\n        return sum(xs)\n\nDone.", WHOLE),
    "the body alone in a fence": (fenced("    return sum(xs)\n"), CONTINUED),
    "the body in a fence without indentation": (fenced("return sum(xs)\n"), CONTINUED),
    "the prompt in a fence": (fenced(CONTINUED), CONTINUED),
    "imports of the prompt are missing": (fenced(TYPED), IMPORT + TYPED),
    "a usage in a second fence": (f"{fenced(DEF)}Use it:\n{fenced('print(total([1, 2]))' + chr(10))}", WHOLE),
    "a usage in the first fence": (f"You call it so:\n{fenced('total([1, 2])' + chr(10))}Code:\n{fenced(DEF)}", WHOLE),
    "a shell first": (f"{fenced('pip install numpy' + chr(10), 'bash')}\n{fenced(DEF)}", WHOLE),
    "its output behind it": (f"{fenced(DEF)}\n{fenced('6' + chr(10), 'text')}", WHOLE),
    "a second version": (
        f"{fenced(DEF)}Or slower:\n{fenced('def total(xs):' + chr(10) + '    return 0' + chr(10))}",
        WHOLE,
    ),
    "helper and function in two fences": (f"{fenced(HELPER)}and\n{fenced(USER)}", HELPED),
    "function and helper in two fences": (f"{fenced(USER)}with\n{fenced(HELPER)}", HELPED),
    "tests in the same fence": (fenced(DEF + "\nassert total([1]) == 1\nprint(total([]))\n"), WHOLE),
    "a main guard in the same fence": (fenced(DEF + "\nif __name__ == '__main__':\n    total(input())\n"), WHOLE),
    "a unittest in the same fence": (
        fenced(
            f"import unittest\n\n{DEF}\nclass T(unittest.TestCase):\n    def test(self):\n        total([])\n\nunittest.main()\n"
        ),
        "from typing import List\nimport unittest\n\n\n" + DEF,
    ),
    "a thought": (f"<think>I could write\n{fenced('def total(xs): return 1' + chr(10))}</think>\n{fenced(DEF)}", WHOLE),
    "the end of a thought": (f"so sum it is.</think>\n{fenced(DEF)}", WHOLE),
    "a doctest session": (fenced(">>> def total(xs):\n...     return sum(xs)\n...\n>>> total([1])\n1\n"), WHOLE),
    "marks of an instruction-tuned model": (
        f"[PYTHON]\n{DEF}[/PYTHON]\n[TESTS]\nassert total([1]) == 1\n[/TESTS]",
        WHOLE,
    ),
    "a table that is filled": (
        fenced(
            "memo = {}\nmemo[0] = 0\nseen = []\n\ndef total(xs):\n    return memo.get(len(xs), sum(xs))\n\nresult = total([1])\n"
        ),
        IMPORT.rstrip() + "\nmemo = {}\nmemo[0] = 0\n\n\ndef total(xs):\n    return memo.get(len(xs), sum(xs))\n",
    ),
    "a limit that is set": (
        fenced(f"import sys\nsys.setrecursionlimit(9999)\n\n{DEF}"),
        "from typing import List\nimport sys\nsys.setrecursionlimit(9999)\n\n\n" + DEF,
    ),
    "a decorator": (
        fenced(
            "from functools import wraps\n\ndef plain(f):\n    return f\n\n@plain\ndef total(xs):\n    return sum(xs)\n"
        ),
        "from typing import List\nfrom functools import wraps\n\n\ndef plain(f):\n    return f\n\n\n@plain\n" + DEF,
    ),
    "a future import": (
        fenced("from __future__ import annotations\n" + TYPED),
        "from __future__ import annotations\n" + IMPORT + TYPED,
    ),
    "a lambda": (fenced("total = lambda xs: sum(xs)\n"), IMPORT.rstrip() + "\ntotal = lambda xs: sum(xs)\n"),
    "a class beside it that is not used": (fenced(f"class Unused:\n    pass\n\n{DEF}"), WHOLE),
    "a class beside it that is": (
        fenced("class Sum:\n    n = 0\n\ndef total(xs):\n    return Sum.n + sum(xs)\n"),
        IMPORT + "class Sum:\n    n = 0\n\n\ndef total(xs):\n    return Sum.n + sum(xs)\n",
    ),
    "a local name like a global of the usage": (
        fenced("def total(xs):\n    result = sum(xs)\n    return result\n\nresult = total(input())\n"),
        IMPORT + "def total(xs):\n    result = sum(xs)\n    return result\n",
    ),
}
BROKEN = {
    "a wrong name is passed on": (
        fenced("def summed(xs):\n    return sum(xs)\n"),
        "def summed(xs):\n    return sum(xs)\n",
    ),
    "what does not compile is passed on": ("    return (sum(xs)\n", HEAD + "    return (sum(xs)\n"),
    "so it is in a fence": (fenced("def total(xs)\n    return 1\n"), "def total(xs)\n    return 1\n"),
    "a stub": (fenced("def total(xs):\n    pass\n"), "def total(xs):\n    pass\n"),
    "nothing": ("", None),
    "blanks": (" \n\t\n", None),
    "a refusal": ("I'm sorry, but I can't help with that.", None),
    "a thought never ended": ("<think>def total(xs):\n    return sum(xs)\n", None),
    "prose alone": ("The function should return the sum of all numbers in the list.", None),
}


def program(text: str, prompt: str = PROMPT, names: tuple[str, ...] = ("total",), rule: str = "python") -> str | None:
    found = execute(Trial("python", rule, prompt=prompt, names=names), text)
    return None if found is None else found.code


@pytest.mark.parametrize("name", COMPLETIONS)
def test_a_completion(name: str) -> None:
    text, expected = COMPLETIONS[name]
    assert program(text) == expected


@pytest.mark.parametrize("name", CHATS)
def test_a_chat_s_answer(name: str) -> None:
    text, expected = CHATS[name]
    assert program(text) == expected


@pytest.mark.parametrize("name", BROKEN)
def test_an_answer_without_a_program(name: str) -> None:
    text, expected = BROKEN[name]
    assert program(text) == (None if expected is None else expected)


def test_a_docstring_may_hold_fences() -> None:
    """As in BigCodeBench/487, whose prompt a chat's answer repeats."""
    code = f'def total(xs):\n    """Add up.\n\n    {FENCE}\n    total([1])\n    {FENCE}\n    """\n    return sum(xs)\n'
    assert program(f"Here it is.\n\n{fenced(code)}\nThat is all.") == IMPORT + code


def test_what_the_tests_read_of_a_program_stays() -> None:
    """A constant and a class that only the tests use, from the answer or from the prompt; not what they bind."""
    code = "import os\n\n\nLIMIT = 3\ndf = [1]\n\n\nclass Box:\n    pass\n\n\ndef f(x):\n    return x\n"
    test = "df = Box()\nassert f(LIMIT) == 3 and os.sep\ndef check():\n    left = 1\n"
    trial = Trial("python", "python", prompt=code.partition("def f")[0], tests=(test,), names=("f",))
    without = code.replace("df = [1]\n", "")
    for answer in (fenced(code + "left = 2\n"), fenced("def f(x):\n    return x\n")):
        assert execute(trial, answer).code.replace("\n", "") == without.replace("\n", "")


def test_what_python_warns_of_is_no_error_of_the_program() -> None:
    """A user's pytest may make warnings errors: `\\d` in a string, `is` with a number."""
    body = "    return sum(xs) if '\\d' is not 3 else 0\n"
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert program(body) == HEAD + body


def test_what_stands_elsewhere_is_lent_by_name_alone() -> None:
    """A body read apart from its function, and a usage in a block of its own, are no part of the program."""
    body = "    import heapq\n    heapq.heapify(xs)\n    return eval('sum(xs)')\n"
    assert program(body) == HEAD + body
    usage = "import os\nos.chdir('/nowhere')\ndata = open('/nowhere/x').read()\nexec('total(data)')\n"
    assert program(f"{fenced(DEF)}So:\n{fenced(usage)}") == WHOLE
