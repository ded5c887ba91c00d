"""Hate speech, offensive language, or neither: what tweets with words of a hate-speech lexicon are.

Davidson et al. 2017, "Automated Hate Speech Detection and the Problem of Offensive Language", arXiv:1703.04009. Its one
split, train, 24,783 tweets: 1,430 hate speech, 19,190 offensive, 4,163 neither by the majority of three or more
annotators. Classes of uneven size, hence macro F1 beside accuracy, which is 0.77 for always saying offensive; the
authors' trouble is to tell hate from offence, hence F1 and AUROC of hate against the rest. The prompt is ours.
"""

from harness.benchmark import Benchmark
from harness.core import Case
from harness.core import LogLikelihood
from harness.metrics.accuracy import Accuracy
from harness.metrics.auroc import Auroc
from harness.metrics.f1 import F1
from harness.metrics.macro_f1 import MacroF1
from harness.sources import Row
from harness.sources import from_hub
from harness.sources.questions import Question

CLASSES = ("hate speech", "offensive language", "neither")
HATE, OFFENSIVE = 0, 1
QUESTION = Question(
    ask="What is this tweet?",
    fields=(("tweet", "Tweet"),),
    answers=("A", "B", "C"),
    options=(
        "Hate speech: it expresses hatred of a group, or is meant to humiliate or insult its members.",
        "Offensive language, but no hate speech.",
        "Neither.",
    ),
    tags=(),
)


def to_case(row: Row, _shots: tuple[Row, ...]) -> Case:
    """The letters of the three classes after the tweet; the target is the class."""
    context, label = QUESTION.prompt(row), row.index("class", below=len(CLASSES))
    request = LogLikelihood(tuple((context, f" {answer}") for answer in QUESTION.answers))
    return Case(row.id, (request,), label, tags=(f"class:{CLASSES[label]}",))


hate_speech_offensive = Benchmark(
    name="hate_speech_offensive",
    version=1,
    area="trust",
    paper="arXiv:1703.04009",
    protocol="zero-shot, log-likelihood of the letters A to C after a prompt of ours",
    rows=from_hub("tdavidson/hate_speech_offensive", split="train"),
    to_case=to_case,
    metrics=(
        Accuracy(),
        MacroF1(classes=len(CLASSES)),
        F1(positive=HATE, name="f1_hate"),
        Auroc(positive=(HATE,), name="auroc_hate"),
        Auroc(positive=(HATE, OFFENSIVE), name="auroc_harmful"),
    ),
    size=24_783,
    verified=(
        "all rows of a mirror read, whose classes are the majority of their annotators' counts; all five "
        "metrics of drawn answers to them equal scikit-learn's; the prompt is ours, so no log was compared"
    ),
)


@hate_speech_offensive.cases
def test_hate_speech_offensive(case, response, record):
    record(hate_speech_offensive.score(case, response))
