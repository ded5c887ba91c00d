"""LiveCodeBench's rows (Jain et al. 2024, arXiv:2403.07974): problems of contests, each with the date of its contest.

Prompt, imports before each program, rules of comparison and the limit of 6 s a test are those of the authors'
`lcb_runner` (github.com/LiveCodeBench/LiveCodeBench, commit 28fef95). A problem whose metadata name a function is
judged by calls of a method of the class `Solution`. The public tests are the examples.

Upstream's private tests are a pickle of a text. No pickle is loaded here: its instructions are read, and it is refused
unless they are those that put one text together.
"""

import base64
import binascii
import pickletools
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from harness.code_tasks.json_values import literal
from harness.code_tasks.json_values import read
from harness.code_tasks.problems import text_or_nothing
from harness.code_tasks.streams import streamed
from harness.core import Case
from harness.core import Generate
from harness.core import Message
from harness.core import TimeLimit
from harness.core import Trial
from harness.sources import Row

SYSTEM = (
    "You are an expert Python programmer. You will be given a question (problem specification) and will generate a "
    "correct Python program that matches the specification and passes all tests."
)
WITH_STARTER = (
    "You will use the following starter code to write the solution to the problem and enclose your code within "
    "delimiters."
)
WITHOUT_STARTER = (
    "Read the inputs from stdin solve the problem and write the answer to stdout (do not directly test on the sample "
    "inputs). Enclose your code within delimiters as follows. Ensure that when the python program runs, it reads the "
    "inputs, runs the algorithm and writes output to STDOUT."
)
_MODULES = (
    "string", "re", "datetime", "collections", "heapq", "bisect", "copy", "math", "random", "statistics", "itertools",
    "functools", "operator", "io", "sys", "json",
)  # fmt: skip
HEADER = "".join(
    [
        *(f"from {module} import *\n" for module in (*_MODULES, "builtins", "typing")),
        *(f"import {module}\n" for module in _MODULES),
        "sys.setrecursionlimit(50000)\n",
    ]
)
METHOD_HEADER = "".join(
    [
        *(f"import {module}\n" for module in _MODULES),
        "from bisect import bisect, bisect_left, bisect_right, insort\n",
        "from collections import ChainMap, Counter, OrderedDict, defaultdict, deque\n",
        "from functools import cache, cmp_to_key, lru_cache, reduce\n",
        "from heapq import heapify, heappop, heappush, heappushpop, heapreplace, nlargest, nsmallest\n",
        "from itertools import accumulate, chain, combinations, count, cycle, groupby, islice, pairwise\n",
        "from itertools import permutations, product, repeat, starmap, zip_longest\n",
        "from math import ceil, comb, factorial, floor, gcd, inf, isqrt, lcm, log, log2, prod, sqrt\n",
        "from operator import add, itemgetter, mul, or_, xor\n",
        "from string import ascii_lowercase, ascii_uppercase, digits\n",
        "from typing import Any, Deque, Dict, Iterable, List, Optional, Set, Tuple, Union\n",
        "sys.setrecursionlimit(50000)\n",
    ]
)
"""Upstream imports all names of the modules. What stands before a method is pruned to what it uses, by name."""
AGREES = """\
def agrees(output, expected):
    return (list(output) if isinstance(output, tuple) else output) == expected
"""
PLATFORMS = ("leetcode", "codeforces", "atcoder")
LEVELS = ("easy", "medium", "hard")
_SECONDS = 6.0
_PARTS = ("input", "output", "testtype")
_FORMS = ("stdin", "functional")
_MOST_BYTES = 512 << 20
_PUTS_TOGETHER = frozenset({"PROTO", "FRAME", "MEMOIZE", "BINPUT", "LONG_BINPUT", "STOP"})
_TEXTS = frozenset({"SHORT_BINUNICODE", "BINUNICODE", "BINUNICODE8"})


@dataclass(frozen=True, slots=True)
class _Test:
    given: str
    expected: str
    form: str


def problem(row: Row) -> Case:
    """A request for a program or a method. There are no solutions, so the target is None."""
    starter = text_or_nothing(row, "starter_code")
    shown = tuple(_tests(row, "public_test_cases", row.text("public_test_cases")))
    hidden = tuple(_tests(row, "private_test_cases", _private(row)))
    tests = (*shown, *hidden)
    if not tests:
        raise row.error("private_test_cases", "no test, and no public one; expected at least one")
    name = _function(row)
    if any((test.form == "functional") != (name is not None) for test in tests):
        raise row.error("metadata", f"{name!r} as `func_name`; expected a name where tests are functional, else none")
    trial = _run(tests, len(shown)) if name is None else _called(row, tests, len(shown), name)
    prompt = (Message("system", SYSTEM), Message("user", _asked(row.text("question_content"), starter)))
    platform = row.one_of("platform", PLATFORMS)
    day = _day(row)
    tags = (f"difficulty:{row.one_of('difficulty', LEVELS)}", f"month:{day[:7]}")
    return Case(row.id, (Generate(prompt, max_tokens=2048),), None, stratum=platform, tags=tags, trial=trial, date=day)


def _day(row: Row) -> str:
    """The day of the row's contest, as ISO 8601 has it."""
    try:
        return datetime.fromisoformat(row.text("contest_date")).date().isoformat()
    except ValueError as error:
        raise row.error("contest_date", f"{error}; expected a date of ISO 8601") from error


def _asked(question: str, starter: str) -> str:
    form, code = (WITH_STARTER, starter) if starter else (WITHOUT_STARTER, "# YOUR CODE HERE")
    told = f"### Format: {form}\n```python\n{code}\n```"
    return f"### Question:\n{question}\n\n{told}\n\n### Answer: (use the provided format with backticks)\n\n"


def _function(row: Row) -> str | None:
    """The name of the method that is called; None where a program is run."""
    metadata = _json(row, "metadata", row.text("metadata"))
    name = metadata.get("func_name") if isinstance(metadata, dict) else 0
    if name is not None and not (isinstance(name, str) and name.isidentifier()):
        raise row.error("metadata", f"{metadata!r:.80}; expected an object, with a name of Python if a `func_name`")
    return name


def _tests(row: Row, field: str, text: str) -> Iterator[_Test]:
    listed = _json(row, field, text)
    if not isinstance(listed, list):
        raise row.error(field, f"a JSON {type(listed).__name__}; expected a list of tests")
    for test in listed:
        parts: list[Any] = [test.get(name) for name in _PARTS] if isinstance(test, dict) else []
        if not parts or not all(isinstance(part, str) for part in parts) or parts[2] not in _FORMS:
            raise row.error(field, f"{test!r:.80}; expected the texts `input`, `output` and `testtype`")
        yield _Test(*parts)


def _json(row: Row, field: str, text: str) -> Any:
    try:
        return read(text)
    except (ValueError, RecursionError) as error:
        raise row.error(field, f"no JSON ({error}); expected JSON as text") from error


def _private(row: Row) -> str:
    """The private tests as JSON: as they stand, or out of base64, zlib and a pickle of one text."""
    text = row.text("private_test_cases")
    if text.lstrip().startswith("["):
        return text
    try:
        unpacking = zlib.decompressobj()
        pickled = unpacking.decompress(base64.b64decode(text, validate=True), _MOST_BYTES)
    except (binascii.Error, ValueError, zlib.error) as error:
        raise row.error("private_test_cases", f"{error}; expected JSON, or base64 of what zlib packed") from error
    unpickled = text_of(pickled) if unpacking.eof else None
    if unpickled is None:
        raise row.error("private_test_cases", "a pickle that is not one text, which is never loaded; expected JSON")
    return unpickled


def text_of(pickled: bytes) -> str | None:
    """The text that a pickle holds, by its instructions, none of which is carried out; None where it holds another."""
    texts = []
    try:
        for instruction, argument, _ in pickletools.genops(pickled):
            if instruction.name in _TEXTS:
                texts.append(argument)
            elif instruction.name not in _PUTS_TOGETHER:
                return None
    except ValueError:  # instructions that are cut off, or none
        return None
    return str(texts[0]) if len(texts) == 1 else None


def _limit(tests: int) -> TimeLimit:
    return TimeLimit(call=_SECONDS, times=0.0, whole=_SECONDS * tests)


def _run(tests: tuple[_Test, ...], examples: int) -> Trial:
    return Trial(
        "python",
        "program",
        tests=tuple(streamed(test.given, test.expected, "lines") for test in tests),
        style="stdio",
        context=HEADER,
        examples=examples,
        time=_limit(len(tests)),
    )


def _called(row: Row, tests: tuple[_Test, ...], examples: int, name: str) -> Trial:
    """Each line of an input is an argument, as JSON."""
    sources = []
    for place, test in enumerate(tests):
        field = "public_test_cases" if place < examples else "private_test_cases"
        given = [_json(row, field, line) for line in test.given.split("\n")]
        expected = _json(row, field, test.expected)
        sources.append(f"assert agrees(Solution().{name}({', '.join(map(literal, given))}), {literal(expected)})")
    return Trial(
        "python",
        "python",
        prompt=METHOD_HEADER,
        tests=tuple(sources),
        names=("Solution",),
        context=AGREES,
        examples=examples,
        time=_limit(len(tests)),
    )
