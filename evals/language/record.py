"""ReCoRD: which entity of a news passage fills the gap in a statement about it.

Zhang et al. 2018, "ReCoRD: Bridging the Gap between Human and Machine Commonsense Reading Comprehension",
arXiv:1810.12885, as in SuperGLUE (Wang et al. 2019, arXiv:1905.00537). Validation split, 10,000 statements; those on
one passage are a cluster. Prompt and answer rule follow lm-evaluation-harness 0.4.13's `record`, of which no log was at
hand: each entity, once and in the order of the alphabet, is put in the gap.
"""

from collections.abc import Mapping

from harness.benchmark import Benchmark
from harness.core import Case
from harness.core import LogLikelihood
from harness.metrics.entities import EntityF1
from harness.metrics.entities import EntityMatch
from harness.prompts import joined
from harness.sources import Row
from harness.sources import from_hub

GAP = "@placeholder"
HIGHLIGHT = "\n@highlight\n"


def ask(row: Row) -> str:
    """The passage, its highlights as a list that the statement goes on with."""
    passage, *highlights = row.text("passage").strip().split(HIGHLIGHT)
    return f"{passage}\n\n" + "".join(f"  - {highlight}.\n" for highlight in highlights)


def statement(row: Row, entity: str) -> str:
    """The query as the list's next item, an entity in its gap."""
    query = row.text("query")
    if GAP not in query:
        raise row.error("query", f"{query!r}; expected a gap {GAP!r}")
    return f"   - {query}".replace(GAP, entity)


def texts(row: Row, field: str) -> tuple[str, ...]:
    """The field's texts, each once, in the order of the alphabet."""
    found = row[field]
    fits = isinstance(found, list | tuple) and all(isinstance(text, str) and text.strip() for text in found)
    if not fits or not found:
        raise row.error(field, f"{found!r}; expected a list of texts, at least one")
    return tuple(sorted(set(found)))


def place(row: Row, field: str) -> int:
    """The number of the row's passage or query."""
    idx = row["idx"]
    number = idx.get(field) if isinstance(idx, Mapping) else None
    if isinstance(number, bool) or not isinstance(number, int):
        raise row.error("idx", f"{idx!r}; expected the numbers of passage and query")
    return number


def to_case(row: Row, shots: tuple[Row, ...]) -> Case:
    """The statement with each entity; the target holds entities and gold answers."""
    solved = [(ask(shot), statement(shot, texts(shot, "answers")[0])) for shot in shots]
    context = joined(solved, ask(row))
    entities, answers = texts(row, "entities"), texts(row, "answers")
    request = LogLikelihood(tuple((context, statement(row, entity)) for entity in entities))
    passage, query = place(row, "passage"), place(row, "query")
    return Case(f"{passage}-{query}", (request,), {"entities": entities, "answers": answers}, str(passage))


record = Benchmark(
    name="record",
    version=1,
    area="language",
    paper="arXiv:1810.12885",
    protocol="zero-shot unless --shots, log-likelihood of the statement with each entity in its gap",
    rows=from_hub("aps/super_glue", "record", split="validation"),
    shots=from_hub("aps/super_glue", "record", split="train"),
    to_case=to_case,
    metrics=(EntityMatch(), EntityF1()),
    lm_eval_task="record",
    size=10_000,
    verified=(
        "the sample only: prompts of lm-evaluation-harness 0.4.13's task, zero- and three-shot; both metrics on "
        "100,784 pairs of texts of our own beside the functions it calls, squad_metrics of transformers 4.57.1"
    ),
)
judge = record.score  # the fixture hides the benchmark of its name


@record.cases
def test_record(case, response, record):
    record(judge(case, response))
