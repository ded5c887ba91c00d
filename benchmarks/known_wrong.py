"""Known-wrong rows: makes the exclusion lists under `evals/exclusions` from the rows of `--data`.

    python benchmarks/known_wrong.py answer-twice --data DIR
    python benchmarks/known_wrong.py percent4 --data DIR
    python benchmarks/known_wrong.py redux-part --data DIR --annotations FOLDER
    python benchmarks/known_wrong.py redux --data hub
    python benchmarks/known_wrong.py platinum --data hub

The first is proven by the rows themselves, the others take somebody's word for which rows are wrong. `redux` and
`platinum` are whole data sets of corrections on the Hub; `redux-part` reads their authors' annotation files
(`mmlu_<subject>.csv` with question, choices, answer, error_type). A row is found by its content, never by its place
in somebody's file, and what is not found is an error.
"""

import argparse
import ast
import csv
import json
import re
from collections.abc import Callable
from collections.abc import Iterable
from collections.abc import Iterator
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from harness.cases.exclusions import FOLDER
from harness.cases.exclusions import Exclusions
from harness.cases.exclusions import Listed
from harness.cases.exclusions import digest
from harness.sources import Row
from harness.sources import from_hub
from harness.sources.open import Opener
from harness.sources.open import parse_data

EVALS = Path(__file__).parents[1] / "evals"
MMLU = from_hub("cais/mmlu", "all", split="test")
GSM8K = from_hub("openai/gsm8k", "main", split="test")
PLATINUM = from_hub("madrylab/gsm8k-platinum", "main", split="test")
REDUX = "edinburgh-dawg/mmlu-redux-2.0"
PERCENT4 = {
    454: "two people eat 4 apples a day each; the solution adds 4 + 1",
    952: "from 8 AM to 11 PM are 15 hours; the solution counts 3",
    1309: "the amounts add up to 2180; the solution adds 400 instead of 300",
}
Found = Iterable[tuple[Row, str]]


@dataclass(frozen=True, slots=True)
class Sources:
    """Where rows and annotations are."""

    opener: Opener
    annotations: Path | None


def answer_twice(sources: Sources) -> Found:
    """The rows of MMLU whose right answer stands under two letters, white space aside."""
    for row in sources.opener.open(MMLU).rows:
        choices = [" ".join(choice.split()) for choice in row["choices"]]
        if choices.count(choices[row["answer"]]) > 1:
            letters = [
                letter for letter, choice in zip("ABCD", choices, strict=True) if choice == choices[row["answer"]]
            ]
            yield row, f"{' and '.join(letters)} are the same answer"


def percent4(sources: Sources) -> Found:
    """The rows that the article names, but for the one whose answer holds as the question is worded."""
    rows = sources.opener.open(GSM8K).rows
    return ((rows[number], why) for number, why in PERCENT4.items())


def redux_part(sources: Sources) -> Found:
    """The rows that the authors' annotation files call wrong, whatever the kind of error."""
    if sources.annotations is None:
        raise SystemExit("redux-part: --annotations is missing; expected the folder of mmlu_<subject>.csv")
    return _annotated(sources, _from_csv(sources.annotations))


def redux(sources: Sources) -> Found:
    """The rows that MMLU-Redux 2.0 calls wrong, all subjects."""
    subjects = dict.fromkeys(row["subject"] for row in sources.opener.open(MMLU).rows)
    tables = ((subject, sources.opener.open(from_hub(REDUX, subject, split="test"))) for subject in subjects)
    return _annotated(sources, ((subject, row) for subject, table in tables for row in table.rows))


def platinum(sources: Sources) -> Found:
    """The rows of GSM8K that GSM8K-Platinum took out or gave another answer."""
    kept = {_plain(row["question"]): _number(row) for row in sources.opener.open(PLATINUM).rows}
    for row in sources.opener.open(GSM8K).rows:
        number = kept.get(_plain(row["question"]))
        if number is None:
            yield row, "taken out"
        elif number != _number(row):
            yield row, "given another answer"


def _from_csv(folder: Path) -> Iterator[tuple[str, Mapping[str, Any]]]:
    for path in sorted(folder.glob("mmlu_*.csv")):
        with path.open(encoding="utf-8", newline="") as lines:
            for row in csv.DictReader(lines):
                choices = ast.literal_eval(row["choices"])
                yield path.stem.removeprefix("mmlu_"), row | {"choices": choices, "answer": int(row["answer"])}


def _annotated(sources: Sources, annotations: Iterable[tuple[str, Mapping[str, Any]]]) -> Found:
    rows = {_key(row["subject"], row): row for row in sources.opener.open(MMLU).rows}
    for subject, annotation in annotations:
        kind = " ".join(str(annotation["error_type"]).replace("_", " ").lower().split())
        if kind in {"ok", "expert"}:  # expert: the answer was checked by one
            continue
        row = rows.get(_key(subject, annotation))
        if row is None:
            raise SystemExit(f"{subject}: no row of MMLU is {annotation['question']!r}; expected one")
        yield row, kind


def _key(subject: str, row: Mapping[str, Any]) -> tuple[Any, ...]:
    return subject, _plain(row["question"]), tuple(map(_plain, row["choices"])), row["answer"]


def _plain(text: str) -> str:
    """Letters, digits and signs of ASCII alone: files lose quotes, dashes and spaces on their ways."""
    return re.sub(r"[^!-~]|['\"`]", "", text).casefold()


def _number(row: Row) -> str:
    return str(row["answer"].rpartition("#### ")[2]).replace(",", "").strip()


@dataclass(frozen=True, slots=True)
class Recipe:
    """How a list is made, and what it says of itself."""

    find: Callable[[Sources], Found]
    benchmark: str
    version: str
    source: str
    why: str


FIELDS = {"mmlu": ("question", "subject", "choices", "answer"), "gsm8k": ("question", "answer")}
RECIPES = {
    "answer-twice": Recipe(
        answer_twice,
        "mmlu",
        "1",
        "the rows themselves, by benchmarks/known_wrong.py answer-twice",
        "the right answer stands under two letters, of which one counts as wrong",
    ),
    "percent4": Recipe(
        percent4,
        "gsm8k",
        "1",
        "percent4.github.io, article 106 on GSM8K, which names lines 455, 953, 1017 and 1310 of test.jsonl; each was "
        "worked out again, and 1017 left out: '5% of the original price every year' gives the 138 it has",
        "the solution does not solve the problem as it is worded",
    ),
    "redux-part": Recipe(
        redux_part,
        "mmlu",
        "1",
        "MMLU-Redux, arXiv:2406.04127, from the authors' repository aryopg/mmlu-redux: "
        "mmlu_redux/mmlu_global_facts.csv at 7fe9140, mmlu_logical_fallacies.csv at 0461dfd, "
        "mmlu_college_chemistry.csv at 1ce2437, and mini_mmlu/mmlu_virology.csv at 6951e17; "
        "100 questions each were annotated, the other 53 subjects are not here",
        "annotated as an unclear question or unclear options, none or several right answers, or a wrong gold answer",
    ),
    "redux": Recipe(
        redux,
        "mmlu",
        "2.0",
        f"MMLU-Redux 2.0, arXiv:2406.04127, {REDUX} on the Hub: 100 questions of each subject were annotated",
        "annotated as an unclear question or unclear options, none or several right answers, or a wrong gold answer",
    ),
    "platinum": Recipe(
        platinum,
        "gsm8k",
        "1",
        "GSM8K-Platinum, arXiv:2502.03461, madrylab/gsm8k-platinum on the Hub",
        "taken out as badly worded, or given another answer",
    ),
}


def made(name: str, sources: Sources) -> Exclusions:
    """The list of this name."""
    recipe = RECIPES[name]
    fields = FIELDS[recipe.benchmark]
    rows = tuple(Listed(row.id, digest(row, fields), why) for row, why in recipe.find(sources))
    return Exclusions(recipe.benchmark, name, recipe.version, recipe.source, recipe.why, fields, rows)


def toml(one: Exclusions) -> str:
    """The file of a list; a JSON text is one of TOML, too."""
    texts = {key: getattr(one, key) for key in ("benchmark", "name", "version", "source", "why")}
    head = [f"{key} = {json.dumps(text, ensure_ascii=False)}" for key, text in texts.items()]
    rows = [
        f'    {{case = "{row.case}", digest = "{row.digest}", why = {json.dumps(row.why)}}},'
        for row in sorted(
            one.rows, key=lambda row: [int(part) if part.isdigit() else 0 for part in row.case.split("-")]
        )
    ]
    return "\n".join([*head, f"fields = {json.dumps(list(one.fields))}", "rows = [", *rows, "]"]) + "\n"


def main() -> None:
    """Write one list and say how long it is."""
    parser = argparse.ArgumentParser(description=str(__doc__).partition("\n")[0])
    parser.add_argument("list", choices=RECIPES)
    parser.add_argument("--data", required=True, help="hub, or the folder of a mirror")
    parser.add_argument("--annotations", type=Path, help="the folder of mmlu_<subject>.csv, for redux-part")
    asked = parser.parse_args()
    one = made(asked.list, Sources(Opener(parse_data(asked.data)), asked.annotations))
    path = EVALS / FOLDER / one.benchmark / f"{one.name}-{one.version}.toml"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(toml(one), encoding="utf-8")
    print(f"{path.relative_to(EVALS.parent)}: {len(one.rows)} rows")


if __name__ == "__main__":
    main()
