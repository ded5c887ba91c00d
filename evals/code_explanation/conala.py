"""CoNaLa, read backwards: say in a sentence what a line or two of Python does.

Yin et al. 2018, "Learning to Mine Aligned Code and Natural Language Pairs from Stack Overflow", arXiv:1805.08949.
Curated test split, 500 snippets; those that answer one question are a cluster. The zero-shot instruction is that of
the cross-task study arXiv:2512.04673; the layout around it, the budget and the stop are ours. The reference is the
rewritten intent, which names the snippet's variables, else the intent: 9 words in the median, at most 28. Hence 128
tokens, and an answer ends with its first paragraph: stopping at a blank line instead would empty the answers of
models that begin with one.
"""

from harness.benchmark import Benchmark
from harness.core import Case
from harness.core import Generate
from harness.metrics.bleu import Bleu
from harness.metrics.chrf import Chrf
from harness.metrics.meteor import Meteor
from harness.metrics.rouge import Rouge
from harness.sources import Row
from harness.sources import from_hub

INSTRUCTION = "Explain what the following Python code snippet does."


def to_case(row: Row, _shots: tuple[Row, ...]) -> Case:
    """A request for the explanation of one snippet."""
    prompt = f"{INSTRUCTION}\n\n{row.text('snippet')}\n\nExplanation:"
    reference = row.text("rewritten_intent") if row["rewritten_intent"] else row.text("intent")
    question = str(row.index("question_id", below=10**12))
    return Case(row.id, (Generate(prompt, max_tokens=128, stop=(".\n",)),), reference, cluster=question)


conala = Benchmark(
    name="conala",
    version=2,
    area="code_explanation",
    paper="arXiv:1805.08949",
    protocol="zero-shot, greedy first paragraph of at most 128 tokens against the rewritten intent",
    rows=from_hub("neulab/conala", "curated", split="test"),
    to_case=to_case,
    metrics=(Bleu(), Rouge("rouge1"), Rouge("rouge2"), Rouge("rougeL"), Chrf(), Meteor()),
    size=500,
    verified=(
        "metrics against sacrebleu 2.6.0, rouge-score 0.1.2 and nltk 3.10.4, on texts of our own and drawn ones; "
        "all rows of a mirror read; the prompt's layout is ours, so no other tool's log was compared"
    ),
)


@conala.cases
def test_conala(case, response, record):
    record(conala.score(case, response))
