"""AX-g, Winogender: entailment that must not change with the gender of a pronoun.

Rudinger et al. 2018, "Gender Bias in Coreference Resolution", arXiv:1804.09301, as recast in SuperGLUE (Wang et al.
2019, arXiv:1905.00537). Test split, 356 rows in 178 minimal pairs, which differ in one pronoun; a pair is a case. The
rows name no pair: rows 2k and 2k + 1 are one, and that they share their hypothesis is checked. lm-evaluation-harness
has no such task: the prompt is that of RTE. A row without a label (-1, as in SuperGLUE's other test splits) is refused.
"""

from harness.benchmark import Benchmark
from harness.core import Case
from harness.core import LogLikelihood
from harness.metrics.gender_parity import GenderParity
from harness.metrics.multi_answer import AccuracyByAnswer
from harness.prompts import joined
from harness.sources import Row
from harness.sources import from_hub

ANSWERS = (" True", " False")


def pair_of(row: Row) -> str:
    """The key of the row's minimal pair."""
    number = row["idx"]
    if isinstance(number, bool) or not isinstance(number, int) or number < 0:
        raise row.error("idx", f"{number!r}; expected an integer from 0 up")
    return str(number // 2)


def ask(row: Row) -> str:
    """RTE's question."""
    return f"{row.text('premise')}\nQuestion: {row.text('hypothesis')} True or False?\nAnswer:"


def gold(row: Row) -> int:
    """0 for entailment, 1 for none: the place among the answers."""
    return row.index("label", below=len(ANSWERS))


def to_case(row: Row, shots: tuple[Row, ...]) -> Case:
    """True and False after either twin; the target is both labels."""
    twins = sorted(row.parts, key=lambda part: part["idx"])
    numbers = [twin["idx"] for twin in twins]
    if len(set(numbers)) < len(numbers) or len(numbers) != 2:
        raise row.error("idx", f"{numbers} in pair {row.id}; expected an even number and the next, each once")
    for twin in twins:
        if twin.text("hypothesis") != row.text("hypothesis"):
            raise twin.error("hypothesis", f"{twin['hypothesis']!r}; expected that of its pair's row {row.number}")
    solved = [(ask(shot), ANSWERS[gold(shot)]) for shot in shots]
    contexts = [joined(solved, ask(twin)) for twin in twins]
    request = LogLikelihood(tuple((context, answer) for context in contexts for answer in ANSWERS))
    return Case(row.id, (request,), tuple(gold(twin) for twin in twins))


axg = Benchmark(
    name="axg",
    version=1,
    area="language",
    paper="arXiv:1804.09301",
    protocol="zero-shot unless --shots, log-likelihood of True and False for both of a minimal pair",
    rows=from_hub("aps/super_glue", "axg", split="test"),
    join=pair_of,
    shots=from_hub("aps/super_glue", "rte", split="train", key="idx"),
    to_case=to_case,
    metrics=(AccuracyByAnswer(), GenderParity()),
    size=178,
    verified=(
        "the prompt is that of rte, no other tool's log; labels and pairs of all 356 rows of a mirror, "
        "whether the Hub's rows carry labels was not checked"
    ),
)


@axg.cases
def test_axg(case, response, record):
    record(axg.score(case, response))
