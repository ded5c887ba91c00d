"""WinoGrande: which of two names or nouns fills the blank, when only common sense can tell.

Sakaguchi et al. 2019, "WinoGrande: An Adversarial Winograd Schema Challenge at Scale", arXiv:1907.10641. Validation
split of winogrande_xl, 1,267 sentences. Partial evaluation (Trinh and Le 2018, arXiv:1806.02847): the sentence up to
the blank is filled with either option, and the rest of it is scored.
"""

from harness.benchmark import Benchmark
from harness.core import Case
from harness.core import LogLikelihood
from harness.metrics.accuracy import Accuracy
from harness.sources import Row
from harness.sources import from_hub


def to_case(row: Row, _shots: tuple[Row, ...]) -> Case:
    """The rest of the sentence after either filled beginning; the target is the right option's index."""
    before, blank, after = row.text("sentence").partition("_")
    if not (blank and after.strip()):
        raise row.error("sentence", f"{row['sentence']!r}; expected a blank '_' with text behind it")
    pairs = tuple((before + row.text(option), f" {after.strip()}") for option in ("option1", "option2"))
    return Case(row.id, (LogLikelihood(pairs),), int(row.one_of("answer", ("1", "2"))) - 1)


winogrande = Benchmark(
    name="winogrande",
    version=1,
    area="language",
    paper="arXiv:1907.10641",
    protocol="zero-shot, log-likelihood of the text behind the filled blank",
    rows=from_hub("allenai/winogrande", "winogrande_xl", split="validation"),
    to_case=to_case,
    metrics=(Accuracy(),),
    lm_eval_task="winogrande",
)


@winogrande.cases
def test_winogrande(case, response, record):
    record(winogrande.score(case, response))
