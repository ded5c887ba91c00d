"""Weak tests: makes the exclusion lists of problems whose own tests let a program pass that returns one value.

    python benchmarks/weak_tests.py --data MIRROR [--draw N] [--write] [PAGE ...]

Each case's function is made to return a constant, or an empty value, whatever it is given; scripts set their variables
so, and queries select so. These programs run in the sandbox as any answer does. A case whose tests let one pass goes on
the list `weak-tests` of its page. The reference runs as well, with its assertions counted, and a case with a test that
executes none goes there too. What cannot be run here is counted as not tried, and so are wrong programs that do not
compile. `--draw` takes N cases of each compiled language, and `--write` is refused then.
"""

import argparse
import ast
import random
import re
import sys
from collections import Counter
from collections.abc import Iterable
from collections.abc import Iterator
from collections.abc import Mapping
from concurrent.futures import Future
from dataclasses import dataclass
from dataclasses import replace
from pathlib import Path

from harness.benchmark import Benchmark
from harness.cases.exclusions import FOLDER
from harness.cases.exclusions import Exclusions
from harness.cases.exclusions import Listed
from harness.cases.exclusions import digest
from harness.cases.pages import load_pages
from harness.code_tasks.extraction.definitions import longest_prefix
from harness.code_tasks.rules import request
from harness.core import Case
from harness.core import Execute
from harness.core import Execution
from harness.core import Refusal
from harness.core import Trial
from harness.languages.building.syntax import parse
from harness.languages.building.syntax import parse_expression
from harness.sandbox import open_sandbox
from harness.sandbox.pool import Sandbox
from harness.sources import Row
from harness.sources.open import Opener
from harness.sources.open import parse_data

sys.path.insert(0, str(Path(__file__).parent))
from known_wrong import toml
from wrong_bodies import bodies

ROOT = Path(__file__).resolve().parents[1]
LIST, VERSION = "weak-tests", "1"
VALUES = ("12345678901", "None", "[]", "''")
"""A constant, and what is empty, in Python."""
QUERIES = ("SELECT 12345678901", "SELECT NULL WHERE 0")
COMPILED = frozenset({"cpp", "java", "rust"})
WRITTEN = COMPILED | {"python", "javascript", "sqlite"}
"""Languages in which wrong programs are written; Go takes too long to compile."""
FIELDS = {
    "bigcodebench": ("complete_prompt", "test"),
    "cruxeval_input": ("code", "output"),
    "cruxeval_output": ("code", "input", "output"),
    "defog": ("query",),
    "geoquery": ("query",),
    "mbpp": ("text", "test_list", "test_setup_code"),
    "mbpp_plus": ("prompt", "test_list", "test"),
    "mbpp_sanitized": ("prompt", "test_list"),
    "multipl_e": ("prompt", "tests"),
    "multipl_mbpp": ("prompt", "tests"),
}
"""What a list's digests are over; of other pages the prompt and the test."""
COUNTED = "crosstask_asserted"
METHOD = re.compile(r"\bSolution\(\)\.(\w+)\(")
"""What tests of APPS and LiveCodeBench call of a class."""


@dataclass(frozen=True, slots=True)
class Found:
    """What came of a page: cases by id whose tests let a program pass, and why; those that were not tried, and why.

    `syntax` counts wrong programs that did not compile, of all that were `run`.
    """

    tried: int
    run: int
    syntax: int
    weak: Mapping[str, str]
    not_tried: Mapping[str, str]
    asserts: Mapping[str, str]


def wrong(case: Case) -> dict[str, str]:
    """Programs that are wrong by what they do, by what they return; none is the right answer of its case."""
    trial = case.trial
    assert trial is not None
    if trial.extract == "sql":
        return {query: query for query in QUERIES}
    if trial.style == "stdio":
        return {value: f"print({value})\n" for value in VALUES}
    if trial.language not in WRITTEN:
        return {}
    if trial.language != "python":
        return dict(bodies(case))
    if trial.extract in {"output", "arguments"}:
        # where `[]` is the output, saying so is right
        expected = ast.dump(parse_expression(trial.tests[0].partition(" == ")[2]))
        values = [value for value in VALUES if ast.dump(parse_expression(value)) != expected]
        return {value: f"def answer():\n    return {value}\n" for value in values}
    return {value: returning(trial, value) for value in VALUES}


def returning(trial: Trial, value: str) -> str:
    """The reference, its tested functions and variables replaced by a value, its classes left as they are."""
    if trial.extract == "python_script" and not any(f"def {name}" in trial.reference for name in trial.names):
        return "\n".join([longest_prefix(trial.prompt), *(f"{name} = {value}" for name in trial.names)]) + "\n"
    if method := METHOD.search("\n".join(trial.tests)):
        return f"class Solution:\n    def {method[1]}(self, *_, **__):\n        return {value}\n"
    try:
        body = parse(trial.reference or "").body
    except SyntaxError:
        body = []
    classes = {node.name for node in body if isinstance(node, ast.ClassDef)}
    kept = [node for node in body if getattr(node, "name", "") not in set(trial.names) - classes]
    made = (f"def {name}(*_, **__):\n    return {value}" for name in trial.names if name not in classes)
    return "\n".join([*map(ast.unparse, kept), *made]) + "\n"


def counted(trial: Trial) -> Execute:
    """The reference with its tests in one process, each test made to fail unless it executes an assertion."""
    counting = f"{COUNTED} = []\n"
    # `from __future__` is in no context of a page, so a line may stand before it
    tests = [
        f"{COUNTED}.clear()\n{_counting(test)}\nif not {COUNTED}: raise KeyError({COUNTED!r})" for test in trial.tests
    ]
    return replace(
        request(trial, trial.reference),
        style="script",
        context=counting + _counting(trial.context),
        tests=tuple(tests),
    )


class _Counting(ast.NodeTransformer):
    """Counts each assertion that is reached, a statement or a call whose name begins so."""

    def visit_Assert(self, node: ast.Assert) -> list[ast.stmt]:
        """The statement behind one that counts it."""
        self.generic_visit(node)
        return [parse(f"{COUNTED}.append(1)").body[0], node]

    def visit_Call(self, node: ast.Call) -> ast.expr:
        """The call behind what counts it."""
        self.generic_visit(node)
        name = getattr(node.func, "attr", getattr(node.func, "id", ""))
        if not name.lower().startswith("assert"):
            return node
        counting = parse_expression(f"{COUNTED}.append(1)")
        return ast.Subscript(ast.Tuple([counting, node], ast.Load()), ast.Constant(1), ast.Load())


def _counting(source: str) -> str:
    try:
        tree = parse(source)
    except SyntaxError:
        return source
    return ast.unparse(ast.fix_missing_locations(_Counting().visit(tree)))


def measure(page: Benchmark, opener: Opener, sandbox: Sandbox, draw: int) -> tuple[Found, Mapping[str, Row]]:
    """Run all of a page."""
    tables = [opener.open(table) for table in page.tables]
    cases = drawn(page.collect(tables), draw)
    rows = {row.id: row for table in tables for row in page.joined(table)}
    running = [(case, what, sandbox.submit(request(trial_of(case), code))) for case, what, code in programs(cases)]
    weak: dict[str, list[str]] = {}
    not_tried: dict[str, str] = {}
    verdicts: Counter[str] = Counter()
    for case, what, future in running:
        answer = future.result()
        if isinstance(answer, Refusal):
            not_tried[case.id] = answer.reason
            continue
        verdicts[answer.verdict] += 1
        if answer.verdict == "passed":
            weak.setdefault(case.id, []).append(what)
    asserts = {case.id: said for case, future in asserting(cases, sandbox) if (said := unasserted(future.result()))}
    why = {case: f"passes: a program that returns {' or '.join(said)}" for case, said in weak.items()}
    why |= {case: "asserts nothing" for case, said in asserts.items() if said == "no assertion" and case not in why}
    others = ((case, trial_of(case).language) for case in cases if trial_of(case).language not in WRITTEN)
    not_tried |= {case.id: f"{language}: no wrong programs are written" for case, language in others}
    return Found(
        tried=len(cases) - len(not_tried),
        run=verdicts.total(),
        syntax=verdicts["syntax"],
        weak=why,
        not_tried=not_tried,
        asserts=asserts,
    ), rows


def trial_of(case: Case) -> Trial:
    """The trial that each case of a code page has."""
    assert case.trial is not None
    return case.trial


def programs(cases: Iterable[Case]) -> Iterator[tuple[Case, str, str]]:
    """(case, what it returns, program) of all wrong programs."""
    return ((case, what, code) for case in cases for what, code in wrong(case).items())


def asserting(cases: Iterable[Case], sandbox: Sandbox) -> list[tuple[Case, Future[Execution | Refusal]]]:
    """The references of Python whose tests are assertions, submitted with these counted."""
    python = (case for case in cases if trial_of(case).language == "python" and trial_of(case).style != "stdio")
    return [(case, sandbox.submit(counted(trial_of(case)))) for case in python]


def unasserted(answer: Execution | Refusal) -> str:
    """Why it is not known that each test executed an assertion; "" where each did."""
    if isinstance(answer, Refusal):
        return f"not tried: {answer.reason}"
    if answer.verdict == "passed":
        return ""
    if COUNTED in (answer.detail or ""):
        return "no assertion"
    return f"the reference: {answer.verdict} {(answer.detail or '').splitlines()[:1]}"


def drawn(cases: tuple[Case, ...], draw: int) -> tuple[Case, ...]:
    """All cases; of each compiled language so many, drawn by seed 0, where `draw` is not 0."""
    if not draw:
        return cases
    kept = [case for case in cases if trial_of(case).language not in COMPILED]
    for language in sorted(COMPILED):
        own = [case for case in cases if trial_of(case).language == language]
        kept += random.Random(0).sample(own, min(draw, len(own)))
    return tuple(kept)


def listed(name: str, found: Found, rows: Mapping[str, Row]) -> Exclusions:
    """The list of a page."""
    fields = FIELDS.get(name, ("prompt", "test"))
    return Exclusions(
        benchmark=name,
        name=LIST,
        version=VERSION,
        source="the tests, run on programs that return one value, by benchmarks/weak_tests.py",
        why="the tests let a program pass that returns one value whatever it is given, or one of them asserts nothing",
        fields=fields,
        rows=tuple(Listed(case, digest(rows[case], fields), why) for case, why in found.weak.items()),
    )


def main() -> None:
    """Print a row a page, then what is behind it; write the lists where that is asked."""
    parser = argparse.ArgumentParser(description=str(__doc__).partition("\n")[0])
    parser.add_argument("pages", nargs="*", metavar="PAGE")
    parser.add_argument("--data", required=True)
    parser.add_argument("--draw", type=int, default=0, metavar="N")
    parser.add_argument("--write", action="store_true")
    options = parser.parse_args()
    if options.write and options.draw:
        parser.error("--write: found --draw; expected all cases of a page")
    pages = load_pages([ROOT / "evals"])
    opener = Opener(parse_data(options.data))
    sandbox = open_sandbox(2)
    print("| page | tried | weak | not tried | programs | no syntax | no assertion | not known |", flush=True)
    print("|---|---|---|---|---|---|---|---|")
    for name in options.pages or [name for name, page in pages.items() if page.area == "code"]:
        found, rows = measure(pages[name], opener, sandbox, options.draw)
        said = Counter(said == "no assertion" for said in found.asserts.values())
        print(
            f"| {name} | {found.tried} | {len(found.weak)} | {len(found.not_tried)} | {found.run} | {found.syntax} "
            f"| {said[True]} | {said[False]} |"
        )
        print(*(f"  {case}: {why}" for part in (found.weak, found.asserts) for case, why in part.items()), sep="\n")
        reasons = Counter(re.sub(r":.*", "", why) for why in found.not_tried.values())
        print(*(f"  not tried, {count}: {why}" for why, count in reasons.items()), sep="\n", flush=True)
        if options.write and found.weak:
            path = ROOT / "evals" / FOLDER / name / f"{LIST}-{VERSION}.toml"
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(toml(listed(name, found, rows)), encoding="utf-8")
    sandbox.close()


if __name__ == "__main__":
    main()
