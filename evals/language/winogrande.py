"""WinoGrande: which of two names or nouns fills the blank, when only common sense can tell.

Sakaguchi et al. 2019, "WinoGrande: An Adversarial Winograd Schema Challenge at Scale", arXiv:1907.10641. Validation
split of winogrande_xl, 1,267 sentences; solved examples come from its train split. Partial evaluation (Trinh and Le
2018, arXiv:1806.02847): the sentence up to the blank is filled with either option, and the rest of it is scored.
"""

from harness.benchmark import Benchmark
from harness.core import Case
from harness.core import LogLikelihood
from harness.metrics.accuracy import Accuracy
from harness.prompts import joined
from harness.sources import Row
from harness.sources import from_hub

OPTIONS = ("option1", "option2")


def beginnings(row: Row) -> tuple[str, ...]:
    """The sentence up to the blank, filled with either option."""
    before, _, _ = row.text("sentence").partition("_")
    return tuple(before + row.text(option) for option in OPTIONS)


def rest(row: Row) -> str:
    """The sentence behind the blank, with the space before it."""
    _, blank, after = row.text("sentence").partition("_")
    if not (blank and after.strip()):
        raise row.error("sentence", f"{row['sentence']!r}; expected a blank '_' with text behind it")
    return f" {after.strip()}"


def answer(row: Row) -> int:
    """The right option's index."""
    return int(row.one_of("answer", ("1", "2"))) - 1


def to_case(row: Row, shots: tuple[Row, ...]) -> Case:
    """The rest of the sentence after either filled beginning; the target is the right option's index.

    Solved examples are sentences filled with their right options, the same before both beginnings.
    """
    solved = [(beginnings(shot)[answer(shot)], rest(shot)) for shot in shots]
    pairs = tuple((joined(solved, beginning), rest(row)) for beginning in beginnings(row))
    return Case(row.id, (LogLikelihood(pairs),), answer(row))


winogrande = Benchmark(
    name="winogrande",
    version=1,
    area="language",
    paper="arXiv:1907.10641",
    protocol="log-likelihood of the text behind the filled blank, zero-shot unless --shots",
    rows=from_hub("allenai/winogrande", "winogrande_xl", split="validation"),
    shots=from_hub("allenai/winogrande", "winogrande_xl", split="train"),
    to_case=to_case,
    metrics=(Accuracy(),),
    lm_eval_task="winogrande",
    size=1_267,
    verified=(
        "prompts of lm-evaluation-harness 0.4.13's task on all rows of a mirror, zero-shot, and three-shot with "
        "examples that stood in for the train split; "
        "log-likelihoods (to 1e-4) and verdicts of its logs on 24; the mirror's rows differ from the Hub's: "
        "sentences were put together again, and a few lost white space"
    ),
)


@winogrande.cases
def test_winogrande(case, response, record):
    record(winogrande.score(case, response))
