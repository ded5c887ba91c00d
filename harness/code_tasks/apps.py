"""APPS' rows (Hendrycks et al. 2021, arXiv:2105.09938): whole programs, and functions or methods that are called.

Prompt, imports before each program, rules of comparison and limits of time are those of the authors' `eval` folder
(github.com/hendrycks/apps, commit 362aedc). A problem whose `input_output` has an `fn_name` is judged by calls. There a
method is called where the starter code has a class `Solution`; the authors ask that of the answer. They give a call or
a run 4 s by the clock and all of a program 10 s; here that is CPU time, and what passed before it was used up counts.
Of a problem without tests no answer is run.
"""

from collections.abc import Mapping
from collections.abc import Sequence
from typing import Any

from harness.code_tasks.json_values import literal
from harness.code_tasks.json_values import read
from harness.code_tasks.problems import text_or_nothing
from harness.code_tasks.streams import streamed
from harness.core import Case
from harness.core import Generate
from harness.core import TimeLimit
from harness.core import Trial
from harness.sources import Row

HEADER = """\
import sys
import time
import itertools
from itertools import accumulate, product, permutations, combinations
import collections
from collections import Counter, OrderedDict, deque, defaultdict, ChainMap
from functools import lru_cache
import math
from math import sqrt, sin, cos, tan, ceil, fabs, floor, gcd, exp, log, log2
import fractions
from typing import List, Tuple
import numpy as np
import random
import heapq
from heapq import *
"""
STREAMS = "stdin = sys.stdin\nstdout = sys.stdout\n"
AGREES = """\
def agrees(output, expected):
    if isinstance(output, tuple):
        output = list(output)
    if output == expected or (isinstance(expected, list) and expected and output == expected[0]):
        return True
    try:
        return isinstance(output[0], tuple) and [list(item) for item in output] == expected[0]
    except Exception:
        return False
"""
LEVELS = ("introductory", "interview", "competition")
TIME = TimeLimit(call=4.0, times=0.0, whole=10.0)


def problem(row: Row) -> Case:
    """A request for a program or a function; the target is the first solution, None where the row has none."""
    starter = text_or_nothing(row, "starter_code")
    tests = _tests(row)
    name = tests.get("fn_name")
    form = "Call-Based" if name else "Standard Input"
    prompt = f"\nQUESTION:\n{row.text('question')}\n{starter}\nUse {form} format\nANSWER:\n"
    solution = _solution(row)
    trial = _called(tests, starter, solution or "") if name else _run(row, tests, solution or "")
    request = Generate(prompt, max_tokens=1024, stop=("\nQUESTION:",))
    return Case(row.id, (request,), solution, stratum=row.one_of("difficulty", LEVELS), trial=trial)


def _tests(row: Row) -> Mapping[str, Any]:
    """The object of `input_output`: `inputs`, as many `outputs`, and `fn_name` where functions are called.

    Both lists are empty where the row has no tests: a blank text, or an empty object.
    """
    tests = _json(row, "input_output") if text_or_nothing(row, "input_output").strip() else {}
    if tests == {}:
        return {"inputs": [], "outputs": []}
    pair: list[Any] = [tests.get(name) for name in ("inputs", "outputs")] if isinstance(tests, dict) else [None] * 2
    if not all(isinstance(values, list) and values for values in pair) or len(pair[0]) != len(pair[1]):
        raise row.error("input_output", "expected a JSON object with `inputs` and as many `outputs`, at least one")
    name = tests.get("fn_name")
    if name is not None and not (isinstance(name, str) and name.isidentifier()):
        raise row.error("input_output", f"{name!r} as `fn_name`; expected a name of Python")
    if name and not all(isinstance(values, list) for values in tests["inputs"]):
        raise row.error("input_output", f"arguments of {name} that are no lists; expected one list of them a call")
    result: Mapping[str, Any] = tests
    return result


def _solution(row: Row) -> str | None:
    if not text_or_nothing(row, "solutions").strip():
        return None
    solutions = _json(row, "solutions")
    if not isinstance(solutions, list) or not all(isinstance(text, str) and text.strip() for text in solutions):
        raise row.error("solutions", "expected a JSON list of programs, or nothing")
    return solutions[0] if solutions else None


def _json(row: Row, field: str) -> Any:
    try:
        return read(row.text(field))
    except (ValueError, RecursionError) as error:
        raise row.error(field, f"no JSON ({error}); expected JSON as text") from error


def _run(row: Row, tests: Mapping[str, Any], solution: str) -> Trial:
    """Programs that read and print; lines may come as a list."""
    pairs = zip(*([_joined(row, text) for text in tests[name]] for name in ("inputs", "outputs")), strict=True)
    return Trial(
        "python",
        "program",
        tests=tuple(streamed(given, expected, "apps") for given, expected in pairs),
        style="stdio",
        context=HEADER + STREAMS,
        reference=solution,
        time=TIME,
    )


def _joined(row: Row, text: Any) -> str:
    if isinstance(text, list) and all(isinstance(line, str) for line in text):
        return "\n".join(text)
    if not isinstance(text, str):
        raise row.error("input_output", f"{literal(text):.80} to read or to print; expected text, or a list of lines")
    return text


def _called(tests: Mapping[str, Any], starter: str, solution: str) -> Trial:
    """Functions, or methods of a class `Solution`, that are called."""
    in_class = "class Solution" in starter
    call = f"Solution().{tests['fn_name']}" if in_class else tests["fn_name"]
    pairs = zip(map(_given, tests["inputs"]), map(_wanted, tests["outputs"]), strict=True)
    return Trial(
        "python",
        "python",
        prompt=HEADER,
        tests=tuple(
            f"assert agrees({call}({', '.join(map(literal, given))}), {literal(expected)})" for given, expected in pairs
        ),
        names=("Solution",) if in_class else (tests["fn_name"],),
        context=AGREES,
        reference=HEADER + solution if solution else "",
        time=TIME,
    )


def _given(arguments: Sequence[Any]) -> Sequence[Any]:
    """The arguments; of a first one with numbers as keys, which JSON has as texts, upstream passes that alone."""
    whole = _numbered(arguments[0]) if arguments else None
    return arguments if whole is None else [whole]


def _wanted(output: Any) -> Any:
    """What a call should give, keys likewise."""
    whole = _numbered(output if isinstance(output, dict) or not isinstance(output, list) or not output else output[0])
    return output if whole is None else [whole]


def _numbered(value: Any) -> dict[int, Any] | None:
    try:
        return {int(key): item for key, item in value.items()} if isinstance(value, dict) else None
    except ValueError:
        return None
