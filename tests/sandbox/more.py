"""Reads a folder of programs whose first lines say what is expected, language, style and tests.

Those whose tests are cases of a page are read by `cases`, the others by `programs`, in the corpus's form.
"""

import re
from pathlib import Path

from corpus import TESTS
from own import ANY
from own import CALM
from own import FAIL

ANY_TESTS = ("0;",)
"""Where it says `any`: a line of JavaScript that asserts nothing."""
UNBOUND = "while libc.mkdir(n, 0o755) == 0 and libc.chdir(n) == 0: pass"
BOUND = "for _ in range(1500): libc.mkdir(n, 0o755); libc.chdir(n)"
WALL_S = 12
"""Twice the corpus's wall limit."""


def _heads(path):
    for file in sorted(Path(path).iterdir()):
        found = re.match(
            r"(?:#|//) expected: (?P<expected>.*)\n(?:#|//) language: (?P<language>\w+); style: (?P<style>\w+); "
            r"tests: (?P<tests>.*)\n",
            text := file.read_text("utf-8"),
        )
        if found:
            yield file.name, found, text


def programs(path):
    """The programs with tests of their own; those that find what another left come a second time, after it."""
    read = [_program(name, found, text) for name, found, text in _heads(path) if "page " not in found["tests"]]
    again = [{**one, "id": f"{one['id']} again"} for one in read if "whatever ran before" in one["expected"]]
    return read + again


def cases(path):
    """(name, page, case ids, accepted, source) of each program that answers cases of a page."""
    for name, found, text in _heads(path):
        for page, ids in _pages(found["tests"]):
            yield name, page, ids, _accepted(found["expected"]), text


def _pages(tests):
    """The pages with their cases: `page mbpp_sanitized and mbpp_plus, case 82 (also 85; mbpp_plus 139)`."""
    head = re.match(r"page (\w+)(?: and (\w+))?, case ([\w/]+)(?: \(also (.*)\))?", tests)
    if head is None:
        return
    first, second, case, more = head.groups()
    prefix = case[: len(case) - len(case.rpartition("/")[2])]
    found = {page: [case] for page in (first, second) if page}
    page = first
    for word in re.findall(r"\w+", more or ""):
        if word.isdigit():
            found.setdefault(page, []).append(prefix + word)
        else:
            page = word
    yield from found.items()


def _accepted(expected):
    if expected.startswith(("pass or fail", "one wall", "gone")):
        return ANY
    words = expected.split()[0].rstrip(";,")
    accepted = {"pass": ["pass"], "fail": FAIL}.get(words, [words])
    more = ["unjudgeable"] if "unjudgeable" in expected else ["pass"] if "documented as open" in expected else []
    return [*accepted, *more]


def _program(name, found, text):
    tests = found["tests"]
    if "the corpus's other five" in tests:
        sources = TESTS
    elif tests == "any":
        sources = ANY_TESTS
    else:
        compound = re.sub(r"; (?=(for|while|with|if|try)\b)", r"\\n", tests)
        sources = (compound.replace("\\n", "\n"),)
    wall = [{"kind": "wall_above_s", "s": WALL_S}] if found["expected"].startswith("one wall") else []
    defined = re.findall(r"^(?:async )?(?:def|class) (\w+)|^(\w+) = ", text, re.MULTILINE)
    names = {one or other for one, other in defined} | ({"add"} if "add(" in tests else set())
    asked = "\n".join(sources)
    return {
        "id": name, "expected": found["expected"], "language": found["language"], "style": found["style"],
        "completion": text.replace(UNBOUND, BOUND), "tests": sources, "accept": _accepted(found["expected"]),
        "names": tuple(sorted(one for one in names if re.search(rf"\b{one}\b", asked))),
        "context": "from collections import deque" if "deque(" in asked else "",
        "must_not": [*CALM, {"kind": "leftover_processes"}, *wall],
    }  # fmt: skip
