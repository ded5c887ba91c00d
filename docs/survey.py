"""Measures the benchmarks of the NL2Code survey and writes `docs/survey.md`: `python docs/survey.py --data MIRROR`.

For each of the survey's 17 benchmarks (arXiv:2212.09420, and its site's pages) it counts rows, tests a problem, and
the characters and lines of problems and solutions, over a mirror's rows, and sets them beside the survey's.
"""

import argparse
import ast
import gzip
import json
import tomllib
from collections.abc import Callable
from collections.abc import Iterable
from collections.abc import Iterator
from collections.abc import Mapping
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import fmean
from typing import Any

ROOT = Path(__file__).parent
FIGURES = ("tests", "problem_chars", "problem_lines", "solution_chars", "solution_lines")
HEADS = ("tests a problem", "problem, characters", "problem, lines", "solution, characters", "solution, lines")
Row = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Problem:
    """A problem as a model reads it; None for a solution that there is not, and for tests that cannot be counted."""

    text: str
    solution: str | None = None
    tests: int | None = None


@dataclass(frozen=True, slots=True)
class Source:
    """Where a benchmark's rows lie in a mirror, by shell patterns, and how a row is read."""

    patterns: tuple[str, ...]
    read: Callable[[Row], Iterable[Problem]]


def asserts(source: str) -> int:
    """The assertions of a source, none where it is no Python."""
    try:
        tree = ast.parse(source)
    except SyntaxError:
        return 0
    return sum(isinstance(node, ast.Assert) for node in ast.walk(tree))


def completion(row: Row) -> Iterator[Problem]:
    """HumanEval and its kin."""
    solution = row["canonical_solution"]
    yield Problem(row["prompt"], solution if isinstance(solution, str) else solution[0], asserts(row["test"]))


def mbpp(row: Row) -> Iterator[Problem]:
    """A sentence and three assertions."""
    yield Problem(row["text"], row["code"], len(row["test_list"]) + len(row["challenge_test_list"]))


def apps(row: Row) -> Iterator[Problem]:
    """A statement, its solutions and its inputs, the last two as JSON."""
    solutions = json.loads(row["solutions"])
    yield Problem(row["question"], solutions[0], len(json.loads(row["input_output"])["inputs"]))


def contest(row: Row) -> Iterator[Problem]:
    """A statement with public, private and generated tests."""
    tests = sum(len(row[f"{kind}_tests"]["input"]) for kind in ("public", "private", "generated"))
    yield Problem(row["description"], row["solutions"]["solution"][0], tests)


def ds1000(row: Row) -> Iterator[Problem]:
    """A question of Stack Overflow."""
    yield Problem(row["prompt"], row["reference_code"], int(row["metadata"]["test_case_cnt"]))


def turns(row: Row) -> Iterator[Problem]:
    """Each turn of a problem is a text of its own."""
    yield from (Problem(text, None, len(row["inputs"])) for text in row["prompts"])


def odex(row: Row) -> Iterator[Problem]:
    """A question and the tests of its function."""
    yield Problem(row["intent"], row["canonical_solution"], len(row["test"]))


def translated(row: Row) -> Iterator[Problem]:
    """A prompt in another language, with a solution where there is one."""
    declared = row.get("declaration", "") if row.get("task_id", "").startswith("Rust") else ""
    yield Problem(row["prompt"] + declared, row.get("canonical_solution") or None)


SOURCES: dict[str, Source | str] = {
    "APPS": Source(("codeparrot/apps/all/*",), apps),
    "HumanEval": Source(("openai/openai_humaneval/*/*",), completion),
    "MBPP": Source(("google-research-datasets/mbpp/full/*",), mbpp),
    "DSP": "its rows are notebooks of a repository; the mirror has none",
    "CodeContests": Source(("deepmind/code_contests/*/*",), contest),
    "MTPB": Source(("salesforce/mtpb/*/*",), turns),
    "BIG-Bench": "the mirror has none of its programming task",
    "NumpyEval": Source(("microsoft/numpyeval/*/*",), completion),
    "PandasEval": Source(("microsoft/pandaseval/*/*",), completion),
    "MultiPL-HumanEval": Source(("nuprl/MultiPL-E/humaneval-*/*",), translated),
    "MultiPL-MBPP": Source(("nuprl/MultiPL-E/mbpp-*/*",), translated),
    "HumanEval-X": Source(
        tuple(f"THUDM/humaneval-x/{name}/*" for name in ("cpp", "go", "java", "js", "python")), translated
    ),
    "MBXP-HumanEval": Source(("mxeval/multi-humaneval/*/*",), translated),
    "MBXP": Source(("mxeval/mbxp/*/*",), translated),
    "TorchDataEval": Source(("microsoft/torchdataeval/default/*",), completion),
    "DS-1000": Source(("xlangai/DS-1000/*/*",), ds1000),
    "ODEX": Source(("neulab/odex/*/*",), odex),
}


def rows(mirror: Path, patterns: Sequence[str]) -> Iterator[tuple[str, Row]]:
    """(configuration, row) of each row of the mirror's files."""
    for pattern in patterns:
        for path in sorted(mirror.glob(f"{pattern}.jsonl.gz")):
            with gzip.open(path, "rt", encoding="utf-8") as file:
                yield from ((path.parent.name, json.loads(line)) for line in file)


def measured(mirror: Path, source: Source) -> dict[str, float | None]:
    """What is counted of one benchmark: its configurations and rows, and means over its problems."""
    found = list(rows(mirror, source.patterns))
    problems = [problem for _, row in found for problem in source.read(row)]
    solutions = [problem.solution for problem in problems if problem.solution is not None]
    tests = [problem.tests for problem in problems if problem.tests is not None]
    return {
        "configurations": len({configuration for configuration, _ in found}),
        "rows": len(found),
        "tests": fmean(tests) if tests else None,
        "problem_chars": fmean(len(problem.text) for problem in problems),
        "problem_lines": fmean(lines(problem.text) for problem in problems),
        "solution_chars": fmean(map(len, solutions)) if solutions else None,
        "solution_lines": fmean(map(lines, solutions)) if solutions else None,
    }


def lines(text: str) -> int:
    """The lines of a text, the empty one behind a last line break among them."""
    return text.count("\n") + 1


def table(mirror: Path, survey: Mapping[str, Mapping[str, Any]]) -> Iterator[str]:
    """The rows of the table, those of the survey first in each cell."""
    yield f"| benchmark | page | rows | {' | '.join(HEADS)} |"
    yield "|---" * (3 + len(HEADS)) + "|"
    for name, source in SOURCES.items():
        known = survey[name]
        if isinstance(source, str):
            cells = [f"{known['rows']:,} / -", *(f"{number(known.get(figure))} / -" for figure in FIGURES)]
        else:
            ours = measured(mirror, source)
            cells = [f"{known['rows']:,} / {ours['rows']:,.0f}"]
            cells += [f"{number(known.get(figure))} / {number(ours[figure])}" for figure in FIGURES]
        yield f"| {name} | `{known['page']}` | {' | '.join(cells)} |"


def number(value: float | None) -> str:
    """A mean to one decimal; a dash where there is none."""
    return "-" if value is None else f"{value:,.1f}"


def main() -> None:
    """Write the document."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--data", type=Path, required=True, help="a mirror of the Hub's tables")
    options = parser.parse_args()
    survey = tomllib.loads((ROOT / "survey_figures.toml").read_text("utf-8"))
    document = ROOT / "survey.md"
    begin, end = "<!-- table: written by docs/survey.py -->\n", "<!-- end of table -->\n"
    head, _, rest = document.read_text("utf-8").partition(begin)
    _, _, tail = rest.partition(end)
    made = "\n".join(table(options.data, survey))
    document.write_text(f"{head}{begin}\n{made}\n\n{end}{tail}", "utf-8")


if __name__ == "__main__":
    main()
