"""Whether the solutions known to be right pass, and answers that say nothing do not, over all rows of the code pages.

    python benchmarks/references.py --data MIRROR [PAGE ...]

Each case's reference is written as a model would answer, goes through the page's own extraction, and runs in the
sandbox, as do answers without a program, and one whose program does nothing, which tests that assert nothing let pass.
A case that an exclusion list names is counted apart. Status 1 where an unlisted reference does not pass, or an answer
without a program does.
"""

import argparse
import sys
from collections import Counter
from collections.abc import Iterable
from pathlib import Path

from harness.benchmark import Benchmark
from harness.cases.exclusions import mark
from harness.cases.exclusions import read_lists
from harness.cases.pages import load_pages
from harness.code_tasks.rules import execute
from harness.core import Case
from harness.core import Execution
from harness.core import Refusal
from harness.errors import SourceError
from harness.sandbox import open_sandbox
from harness.sandbox.pool import Sandbox
from harness.sources.open import Opener
from harness.sources.open import parse_data

ROOT = Path(__file__).resolve().parents[1]
EMPTY = ("", "I do not know.")
NOTHING = ("```python\npass\n```",)


def main() -> int:
    """Print a row a page, then each reference that does not pass."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("pages", nargs="*", metavar="PAGE")
    parser.add_argument("--data", required=True)
    options = parser.parse_args()
    pages = load_pages([ROOT / "evals"])
    names = options.pages or [name for name, page in pages.items() if page.area == "code"]
    opener = Opener(parse_data(options.data))
    sandbox = open_sandbox()
    print("| page | cases | reference passes | listed | does not pass | refused | empty passes | `pass` passes |")
    print("|---|---|---|---|---|---|---|---|")
    failing: list[str] = []
    for name in names:
        try:
            failing += measure(pages[name], opener, sandbox)
        except SourceError as error:
            print(f"| {name} | not run: {error} |", flush=True)
    sandbox.close()
    print("", *failing, sep="\n")
    return bool(failing)


def measure(page: Benchmark, opener: Opener, sandbox: Sandbox) -> list[str]:
    """Print the row of a page; returns what should not be."""
    tables = [opener.open(table) for table in page.tables]
    cases = page.collect(tables)
    rows = {row.id: row for table in tables for row in page.joined(table)}
    lists = read_lists([ROOT / "evals"], page.name)
    marked, _ = mark(cases, rows, lists)
    listed = {case.id for case in marked if {one.tag for one in lists} & set(case.tags)}
    found = verdicts(((case, text) for case in cases if (text := right(case))), sandbox)
    empty = verdicts(((case, text) for case in cases for text in EMPTY), sandbox)
    nothing = verdicts(((case, text) for case in cases for text in NOTHING), sandbox)
    counts = Counter(verdict.partition(" ")[0] for _, verdict in found)
    refused = counts["refused"]
    wrong = [(case, verdict) for case, verdict in found if verdict.partition(" ")[0] not in {"passed", "refused"}]
    unlisted = [f"{page.name} {case}: {verdict}" for case, verdict in wrong if case not in listed]
    lucky = [f"{page.name} {case}: an empty answer passes" for case, verdict in empty if verdict == "passed"]
    print(
        f"| {page.name} | {len(cases)} | {counts['passed']} | {len(wrong) - len(unlisted)} | {len(unlisted)} "
        f"| {refused} | {len(lucky)} of {len(empty)} | {sum(verdict == 'passed' for _, verdict in nothing)} |",
        flush=True,
    )
    return unlisted + lucky


def right(case: Case) -> str:
    """What a model that knows the solution answers; nothing where the rows have none, as those of MultiPL-E."""
    assert case.trial is not None
    if case.trial.extract.startswith("foreign"):
        return str(case.target or "")
    if case.trial.extract in {"output", "arguments"}:
        return str(case.target)
    if case.trial.style == "stdio":
        return f"```python\n{case.target}\n```" if case.target else ""
    return case.trial.reference if case.trial.extract == "sql" else f"```python\n{case.trial.reference}\n```"


def verdicts(answers: Iterable[tuple[Case, str]], sandbox: Sandbox) -> list[tuple[str, str]]:
    """(case, verdict) of each answer, with its last line where there is one; "not_extracted" without a program."""
    running = []
    for case, text in answers:
        assert case.trial is not None
        asked = execute(case.trial, text)
        running.append((case.id, None if asked is None else sandbox.submit(asked)))
    return [(case, "not_extracted" if future is None else said(future.result())) for case, future in running]


def said(answer: Execution | Refusal) -> str:
    """A verdict in words."""
    if isinstance(answer, Refusal):
        return f"refused ({answer.reason})"
    return answer.verdict if answer.verdict == "passed" else f"{answer.verdict} ({answer.detail})"


if __name__ == "__main__":
    sys.exit(main())
