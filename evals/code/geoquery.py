"""GeoQuery in SQL: questions on the geography of the United States; the query's rows must be the gold query's.

Zelle and Mooney 1996, "Learning to Parse Database Queries Using Inductive Logic Programming", with the SQL and the
splits of Finegan-Dollak et al. 2018, arXiv:1806.09029: 877 questions, those of one query are a cluster, and the split
by questions is a tag. The prompt is the CREATE TABLE form of Rajkumar et al. 2022, arXiv:2204.00498. Queries run on
SQLite; rows are compared as multisets, in order where the gold query orders. There is no original on the Hub: questions
and database come from a mirror.
"""

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
from harness.sources.dumps import schema

DATABASE = "geography.sqlite"
INSTRUCTION = "-- Using valid SQLite, answer the following questions for the tables provided above."


def to_case(row: Row, _shots: tuple[Row, ...]) -> Case:
    """A request for the rest of a query; the target is the gold one."""
    query, files = row.text("query"), row.files
    prompt = f"{schema(files[0][1])}\n\n{INSTRUCTION}\n\n-- {row.text('question')}\nSELECT"
    trial = Trial("sqlite", "sql", prompt="SELECT", tests=(query,), style="query", reference=query, files=files)
    return Case(
        row.id,
        (Generate(prompt, max_tokens=256, stop=(";", "\n--", "\nCREATE")),),
        query,
        cluster=str(row.index("query_id", below=10**6)),
        tags=(f"split:{row.one_of('question_split', ('train', 'dev', 'test'))}",),
        trial=trial,
    )


geoquery = Benchmark(
    name="geoquery",
    version=2,
    area="code",
    paper="arXiv:1806.09029",
    protocol="zero-shot, greedy query of at most 256 tokens up to a semicolon; its rows must equal the gold query's",
    rows=with_files(from_hub("sql/geoquery", split="all"), DATABASE),
    to_case=to_case,
    metrics=(ExecutionAccuracy(), PassAtK(1), SyntaxValid()),
    verified=("of a mirror's 877 gold queries SQLite 3 runs 872; the other five use forms of MySQL"),
    size=877,
)


@geoquery.cases
def test_geoquery(case, response, record):
    record(geoquery.score(case, response))
