"""Tests of programs that read standard input and print, in the form that a trial holds them.

A test of style "stdio" is a JSON object in ASCII with three texts: `input`, what the program reads; `output`, what is
expected; `compare`, the rule of `harness.sandbox.inside.comparing` by which that is compared with what it prints.
"""

import json


def streamed(given: str, expected: str, compare: str) -> str:
    """The test that gives a program this input and expects this output."""
    return json.dumps({"compare": compare, "input": given, "output": expected}, separators=(",", ":"))
