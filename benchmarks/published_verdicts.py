"""Verdicts of today's code beside those that others published for the same completions.

    python benchmarks/published_verdicts.py --data MIRROR --completions FOLDER [--every N]

The completions are code-davinci-002's at temperature 0.8, which MultiPL-E's authors ran (Cassano et al. 2022,
arXiv:2208.08227) and CodeBERTScore's published: 3,220 in JavaScript with the tests of MultiPL-E, and 32,200 in Python,
here with HumanEval's own tests. A verdict is "OK" or another word there, "passed" or another one here.
"""

import argparse
import gzip
import json
import sys
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from harness.benchmark import Benchmark
from harness.cases.pages import load_pages
from harness.code_tasks.rules import execute
from harness.core import Case
from harness.core import Execution
from harness.core import Refusal
from harness.sandbox import open_sandbox
from harness.sandbox.pool import Sandbox
from harness.sources import Row
from harness.sources.open import Opener
from harness.sources.open import parse_data

ROOT = Path(__file__).resolve().parents[1]
AT_ONCE = 200


def main() -> int:
    """Print a row a language, then each completion on which they differ."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--data", required=True)
    parser.add_argument("--completions", type=Path, required=True, metavar="FOLDER")
    parser.add_argument("--every", type=int, default=1, metavar="N", help="one completion in N")
    options = parser.parse_args()
    pages, opener = load_pages([ROOT / "evals"]), Opener(parse_data(options.data))
    original = pages["humaneval"].collect([opener.open(table) for table in pages["humaneval"].tables])
    by_number = {case.id.rpartition("/")[2]: case for case in original}
    sandbox, differ = open_sandbox(), []
    print("| language | completions | OK there | passed here | differ |", "|---|---|---|---|---|", sep="\n")
    for language in ("js", "python"):
        rows = published(options.completions / f"{language}-davinci-0.8-keep.jsonl.gz")
        pairs = list(completions(rows, pages["multipl_e"], by_number))[:: options.every]
        counts: Counter[str] = Counter()
        for case, completion, status, verdict in judged(pairs, sandbox):
            counts["there"] += status == "OK"
            counts["here"] += verdict == "passed"
            if (status == "OK") != (verdict == "passed"):
                differ.append(f"{language} {case}: {status} there, {verdict} here: {completion[:60]!r}")
                counts["differ"] += 1
        print(f"| {language} | {len(pairs)} | {counts['there']} | {counts['here']} | {counts['differ']} |", flush=True)
    sandbox.close()
    print("", *differ, sep="\n")
    return 0


def published(path: Path) -> list[dict[str, Any]]:
    """The rows of one language: a task, its completions, and a status each."""
    with gzip.open(path, "rt", encoding="utf-8") as lines:
        return [json.loads(line) for line in lines]


def completions(
    rows: list[dict[str, Any]], page: Benchmark, original: dict[str, Case]
) -> Iterator[tuple[Case, str, str]]:
    """(case, completion, status there): in Python HumanEval's case, in JavaScript MultiPL-E's of the row itself."""
    for row in rows:
        if row["language"] == "py":
            case = original[row["task"].split("_")[1]]
        else:
            case = page.to_case(Row({**row, "name": row["task"]}, row["task"], 0, row["task"], "humaneval-js"), ())
        yield from ((case, *each) for each in zip(row["completions"], row["status"], strict=True))


def judged(pairs: list[tuple[Case, str, str]], sandbox: Sandbox) -> Iterator[tuple[str, str, str, str]]:
    """(case's id, completion, status there, verdict here)."""
    for start in range(0, len(pairs), AT_ONCE):
        running = []
        for case, completion, status in pairs[start : start + AT_ONCE]:
            assert case.trial is not None
            asked = execute(case.trial, completion)
            running.append((case.id, completion, status, None if asked is None else sandbox.submit(asked)))
        for case_id, completion, status, future in running:
            yield case_id, completion, status, "no program" if future is None else said(future.result())


def said(answer: Execution | Refusal) -> str:
    """A verdict in a word."""
    return "refused" if isinstance(answer, Refusal) else answer.verdict


if __name__ == "__main__":
    sys.exit(main())
