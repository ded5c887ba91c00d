"""WSC, the Winograd Schema Challenge: whether a pronoun refers to a noun phrase of its passage.

Levesque, Davis and Morgenstern 2012 (KR), as in SuperGLUE (Wang et al. 2019, arXiv:1905.00537). Validation split, 104
questions; those on one passage are a cluster. Rows of the Hub's `wsc`, spans as published; lm-evaluation-harness asks
for `wsc.fixed`, in which the noun phrase of a few questions has another first letter.
"""

import hashlib
import re

from harness.benchmark import Benchmark
from harness.core import Case
from harness.core import LogLikelihood
from harness.metrics.accuracy import Accuracy
from harness.prompts import joined
from harness.sources import Row
from harness.sources import from_hub

ANSWERS = (" no", " yes")
APART = ((" n't", "n't"), (" )", ")"), ("( ", "("), ('" ', '"'), (' "', '"'))


def ask(row: Row) -> str:
    """The passage with its pronoun between asterisks, and the question."""
    noun, pronoun = row.text("span1_text"), row.text("span2_text")
    before, after = around(row)
    passage = detokenised(f"{before} *{pronoun}*{after}")
    question = f'In the passage above, does the pronoun "*{pronoun}*" refer to "*{noun}*"?'
    return f"Passage: {passage}\nQuestion: {question}\nAnswer:"


def around(row: Row) -> tuple[str, str]:
    """The text before and after the pronoun, cut as lm-evaluation-harness cuts it: `span2_index` counts words.

    Raises RowError where the pronoun stands neither there nor one word on; one published row counts one word short
    (validation row 42), and its prompt is the harness's.
    """
    text, pronoun = row.text("text"), row.text("span2_text")
    words = text.split()
    start = row.index("span2_index", below=len(words))
    if not any(" ".join(words[place:]).startswith(pronoun) for place in (start, start + 1)):
        raise row.error("span2_index", f"{start}, where the text has {words[start]!r}; expected {pronoun!r} there")
    before = " ".join(words[:start])
    return before, text[len(before) + len(pronoun) + 1 :]


def detokenised(text: str) -> str:
    """The text without the spaces a tokeniser set before punctuation."""
    for spaced, tight in APART:
        text = text.replace(spaced, tight)
    return re.sub(r" (['.,])", r"\1", text)


def gold(row: Row) -> int:
    """1 where the pronoun refers to the noun phrase: the place among the answers."""
    return row.index("label", below=len(ANSWERS))


def to_case(row: Row, shots: tuple[Row, ...]) -> Case:
    """No and yes after the question; the target is 1 where the pronoun refers to the noun phrase."""
    context = joined([(ask(shot), ANSWERS[gold(shot)]) for shot in shots], ask(row))
    request = LogLikelihood(tuple((context, answer) for answer in ANSWERS))
    cluster = hashlib.sha256(row.text("text").encode()).hexdigest()[:12]
    return Case(row.id, (request,), gold(row), cluster)


wsc = Benchmark(
    name="wsc",
    version=1,
    area="language",
    paper="arXiv:1905.00537",
    protocol="zero-shot unless --shots, log-likelihood of no and yes",
    rows=from_hub("aps/super_glue", "wsc", split="validation", key="idx"),
    shots=from_hub("aps/super_glue", "wsc", split="train", key="idx"),
    to_case=to_case,
    metrics=(Accuracy(),),
    lm_eval_task="wsc",
    size=104,
    verified=(
        "prompts, log-likelihoods and verdicts of lm-evaluation-harness 0.4.13 on 24 validation cases; "
        "prompts of its task on all 104, zero-shot, and three-shot with examples that stood in for the train split; "
        "all on the rows of wsc, where it asks for wsc.fixed"
    ),
)


@wsc.cases
def test_wsc(case, response, record):
    record(wsc.score(case, response))
