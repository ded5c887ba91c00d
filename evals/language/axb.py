"""AX-b: entailment that hinges on one known phenomenon of language, GLUE's broad-coverage diagnostic in two classes.

Wang et al. 2018, "GLUE", arXiv:1804.07461, as in SuperGLUE (Wang et al. 2019, arXiv:1905.00537). Test split, 1,104
pairs; two sentences in both orders are a cluster. lm-evaluation-harness has no such task: the prompt is that of RTE,
whose models and examples SuperGLUE uses. A row without a label (-1, as in SuperGLUE's other test splits) is refused.
"""

import hashlib

from harness.benchmark import Benchmark
from harness.core import Case
from harness.core import LogLikelihood
from harness.metrics.accuracy import Accuracy
from harness.metrics.matthews import Matthews
from harness.prompts import joined
from harness.sources import Row
from harness.sources import from_hub

ANSWERS = (" True", " False")


def ask(premise: str, hypothesis: str) -> str:
    """RTE's question."""
    return f"{premise}\nQuestion: {hypothesis} True or False?\nAnswer:"


def gold(row: Row) -> int:
    """0 for entailment, 1 for none: the place among the answers."""
    return row.index("label", below=len(ANSWERS))


def to_case(row: Row, shots: tuple[Row, ...]) -> Case:
    """True and False after both sentences; the target is 0 for entailment."""
    solved = [(ask(shot.text("premise"), shot.text("hypothesis")), ANSWERS[gold(shot)]) for shot in shots]
    sentences = row.text("sentence1"), row.text("sentence2")
    context = joined(solved, ask(*sentences))
    request = LogLikelihood(tuple((context, answer) for answer in ANSWERS))
    cluster = hashlib.sha256("\n".join(sorted(sentences)).encode()).hexdigest()[:12]
    return Case(row.id, (request,), gold(row), cluster)


axb = Benchmark(
    name="axb",
    version=1,
    area="language",
    paper="arXiv:1905.00537",
    protocol="zero-shot unless --shots, log-likelihood of True and False",
    rows=from_hub("aps/super_glue", "axb", split="test", key="idx"),
    shots=from_hub("aps/super_glue", "rte", split="train", key="idx"),
    to_case=to_case,
    metrics=(Matthews(), Accuracy()),
    size=1104,
    verified=(
        "the prompt is that of rte, no other tool's log; labels and pairs of all 1,104 rows of a mirror, "
        "whether the Hub's rows carry labels was not checked"
    ),
)


@axb.cases
def test_axb(case, response, record):
    record(axb.score(case, response))
