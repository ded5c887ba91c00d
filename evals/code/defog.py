"""Defog in SQL: questions on five small databases; the query's rows must be those of any of the gold queries.

Defog.ai 2023, sql-eval: 210 questions in six categories, in their form for SQLite, on eleven databases that are dumps
for PostgreSQL. The 130 questions on the five dumps that load into SQLite are cases (docs/code.md lists the others).
Many questions have several right queries, as an author may be shown by name, by number or by both. The prompt is the
CREATE TABLE form of Rajkumar et al. 2022, arXiv:2204.00498, with the question's instructions. Rows are compared as
multisets. Order counts where the category is `order_by` or the question asks for one, and the gold query orders.
Upstream also takes answers with more columns, in other places, or with repeated rows. There is no original on the Hub:
questions and dumps come from a mirror.
"""

import re
from collections.abc import Iterator
from itertools import chain
from itertools import combinations

from harness.benchmark import Benchmark
from harness.core import Case
from harness.core import Generate
from harness.core import Trial
from harness.metrics.execution_accuracy import ExecutionAccuracy
from harness.metrics.pass_at_k import PassAtK
from harness.metrics.syntax_valid import SyntaxValid
from harness.sources import Row
from harness.sources import from_hub
from harness.sources import with_files
from harness.sources.dumps import loaded
from harness.sources.dumps import schema

LOADED = ("academic", "atis", "geography", "restaurants", "scholar")
OTHERS = ("advising", "broker", "car_dealership", "derm_treatment", "ewallet", "yelp")
CATEGORIES = ("date_functions", "group_by", "instruct", "order_by", "ratio", "table_join")
INSTRUCTION = "-- Using valid SQLite, answer the following questions for the tables provided above."
ASKS_ORDER = re.compile(r"\b(?:order|sort|arrang)", re.IGNORECASE)
BRACES = re.compile(r"\{([^}]+)\}")


def loads(row: Row) -> bool:
    """Whether the question is on a database that SQLite can load."""
    return row.one_of("db_name", LOADED + OTHERS) in LOADED


def expanded(query: str) -> Iterator[str]:
    """The queries that one with `{a, b}` stands for: each choice of these columns, in its GROUP BY too."""
    braces = BRACES.search(query)
    if braces is None:
        yield query
        return
    columns = [column.strip() for column in braces[1].split(",")]
    for chosen in chain.from_iterable(combinations(columns, size) for size in range(1, len(columns) + 1)):
        shown = ", ".join(chosen)
        yield query[: braces.start()] + shown + query[braces.end() :].replace("GROUP BY {}", f"GROUP BY {shown}")


def gold(row: Row) -> tuple[str, ...]:
    """All right queries of a question, in upstream's order."""
    parts = map(str.strip, row.text("query").split(";"))
    queries = tuple(query for part in parts if part for query in expanded(part))
    if not queries:
        raise row.error("query", f"{row['query']!r}; expected a query")
    return queries


def ordered(row: Row) -> bool:
    """Whether the order of rows counts."""
    by_category = row.one_of("query_category", CATEGORIES) == "order_by"
    return by_category or ASKS_ORDER.search(row.text("question")) is not None


def instructions(row: Row) -> str:
    """What the question's writer asks beside it, as a comment; nothing for most."""
    said = row["instructions"]
    if not isinstance(said, str):
        raise row.error("instructions", f"{said!r}; expected text")
    return "".join(f"-- {line}\n" for line in said.split("\n") if line.strip())


def to_case(row: Row, _shots: tuple[Row, ...]) -> Case:
    """A request for the rest of a query; the target is the first gold one."""
    name, queries = row.text("db_name"), gold(row)
    dump = dict(row.files)[f"{name}.sql"]
    try:
        database = loaded(dump)
    except ValueError as error:
        raise row.error("db_name", f"{name}.sql does not load: {error}; expected SQL that SQLite knows") from error
    # what stands in brackets orders nothing that counts
    tests = queries if ordered(row) else tuple(f"SELECT * FROM ({query})" for query in queries)  # noqa: S608 - a test
    trial = Trial(
        "sqlite",
        "sql",
        prompt="SELECT",
        tests=(";\n".join(tests),),
        style="query",
        reference=queries[0],
        files=((f"{name}.sqlite", database),),
    )
    asked = f"{instructions(row)}-- {row.text('question')}"
    return Case(
        row.id,
        (Generate(f"{schema(database)}\n\n{INSTRUCTION}\n\n{asked}\nSELECT", max_tokens=400, stop=(";", "\n--")),),
        queries[0],
        stratum=row.text("query_category"),
        tags=(f"database:{name}",),
        trial=trial,
    )


defog = Benchmark(
    name="defog",
    version=1,
    area="code",
    paper="none",
    protocol="zero-shot, greedy query of at most 400 tokens up to a semicolon; its rows must equal any gold query's",
    rows=with_files(from_hub("sql/defog", "questions_gen_sqlite", split="all"), *(f"{name}.sql" for name in LOADED)),
    only=loads,
    strata="category",
    to_case=to_case,
    metrics=(ExecutionAccuracy(), PassAtK(1), SyntaxValid()),
    verified="all 200 gold queries of a mirror's 130 questions give rows in SQLite 3, and pass",
    size=130,
)


@defog.cases
def test_defog(case, response, record):
    record(defog.score(case, response))
