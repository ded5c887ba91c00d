"""MultiRC: a paragraph, a question, and answers of which any number are right.

Khashabi et al. 2018, "Looking Beyond the Surface" (NAACL, N18-1023), as in SuperGLUE (Wang et al. 2019,
arXiv:1905.00537). Validation split, 4,848 answers to 953 questions on 83 paragraphs. A case is a question, with a yes
and a no for each of its answers; those on one paragraph are a cluster.

`em` and `f1a` are SuperGLUE's: a likelier yes calls an answer right. `acc` equals lm-evaluation-harness's, and that one
is upside down: its choices stand as yes, no, but its target is the label, in which 1 means that the answer is right.
So it counts a yes to a wrong answer and a no to a right one, and lower is better; 1 - acc is the share of answers
judged well. Solved examples say yes to right answers, so with `--shots` the prompts are not the harness's.
"""

from collections.abc import Mapping

from harness.benchmark import Benchmark
from harness.core import Case
from harness.core import LogLikelihood
from harness.metrics.multi_answer import AccuracyByAnswer
from harness.metrics.multi_answer import AllAnswers
from harness.metrics.multi_answer import F1ByAnswer
from harness.prompts import joined
from harness.sources import Row
from harness.sources import from_hub

VERDICTS = ("yes", "no")
YES = VERDICTS.index("yes")
UPSIDE_DOWN = AccuracyByAnswer(
    higher_is_better=False, signature="acc|by:answer|choice:argmax|upside down as in lm-evaluation-harness 0.4.13"
)


def place(row: Row, field: str) -> int:
    """The number of the row's paragraph, question or answer."""
    idx = row["idx"]
    number = idx.get(field) if isinstance(idx, Mapping) else None
    if isinstance(number, bool) or not isinstance(number, int):
        raise row.error("idx", f"{idx!r}; expected the numbers of paragraph, question and answer")
    return number


def question_of(row: Row) -> str:
    """The key that the answers to one question share."""
    return f"{place(row, 'paragraph')}-{place(row, 'question')}"


def ask(row: Row) -> str:
    """Paragraph and question."""
    return f"{row.text('paragraph')}\nQuestion: {row.text('question')}\nAnswer:"


def judgements(row: Row) -> tuple[str, ...]:
    """The answer called right, and the answer called wrong."""
    return tuple(f" {row.text('answer')}\nIs the answer correct? {verdict}" for verdict in VERDICTS)


def gold(row: Row) -> int:
    """1 where the answer is right."""
    return row.index("label", below=2)


def solved(shot: Row) -> tuple[str, str]:
    """A question and one of its answers, called what it is."""
    return ask(shot), judgements(shot)[YES if gold(shot) else 1 - YES]


def to_case(row: Row, shots: tuple[Row, ...]) -> Case:
    """Yes and no for each answer to the question; the target is the answers' labels."""
    for part in row.parts:
        if ask(part) != ask(row):
            raise part.error("idx", f"{part['idx']!r} with another text; expected that of row {row.number}")
    numbers = [place(part, "answer") for part in row.parts]
    for part, number in zip(row.parts, numbers, strict=True):
        if numbers.count(number) > 1:
            raise part.error("idx", f"{part['idx']!r} occurs twice; expected each answer once")
    context = joined([solved(shot) for shot in shots], ask(row))
    pairs = tuple((context, judgement) for part in row.parts for judgement in judgements(part))
    target = tuple(gold(part) for part in row.parts)
    return Case(row.id, (LogLikelihood(pairs),), target, str(place(row, "paragraph")))


multirc = Benchmark(
    name="multirc",
    version=1,
    area="language",
    paper="arXiv:1905.00537",
    protocol="zero-shot unless --shots, log-likelihood of each answer called right and called wrong",
    rows=from_hub("aps/super_glue", "multirc", split="validation"),
    join=question_of,
    shots=from_hub("aps/super_glue", "multirc", split="train"),
    to_case=to_case,
    metrics=(AllAnswers(yes=YES), F1ByAnswer(yes=YES), UPSIDE_DOWN),
    lm_eval_task="multirc",
    size=953,
    verified=(
        "prompts, log-likelihoods and acc of lm-evaluation-harness 0.4.13 on 16 validation answers; "
        "prompts of its task on all 4,848, zero-shot; with --shots they differ from its task's, see the page"
    ),
)


@multirc.cases
def test_multirc(case, response, record):
    record(multirc.score(case, response))
