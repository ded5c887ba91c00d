"""HumanEval-X, read backwards: say what a function does, in six programming languages.

Zheng et al. 2023, "CodeGeeX: A Pre-Trained Model for Code Generation with Multilingual Benchmarking on HumanEval-X",
arXiv:2303.17568: the 164 problems of HumanEval solved by hand in Python, JavaScript, Java, C++, Go and Rust. The model
is shown declaration and solution, as one text; the reference is what the problem's own docstring says of it.

That reference is the last comment of the prompt without its marks, as one line, up to its first example: a line that
begins with `>>>`, with "Example" or "For example", or with "Input:", or that calls the function with arguments. What
stands behind the examples is lost with them. The median is 31 words, nine in ten have at most 80, the longest has 217.

CoNaLa's instruction with the language's name, its layout and its stop; 192 tokens, as the references are longer. The
problem is the cluster, as it is the same in every language, and the languages are the strata.
"""

import re

from harness.benchmark import Benchmark
from harness.core import Case
from harness.core import Generate
from harness.metrics.bleu import Bleu
from harness.metrics.chrf import Chrf
from harness.metrics.meteor import Meteor
from harness.metrics.rouge import Rouge
from harness.sources import Row
from harness.sources import from_hub

LANGUAGES = {"python": "Python", "js": "JavaScript", "java": "Java", "cpp": "C++", "go": "Go", "rust": "Rust"}
_DOCSTRING = re.compile(r'"""(.*?)"""|' + r"'''(.*?)'''", re.DOTALL)
_COMMENT = re.compile(r"/\*(.*?)\*/|((?:^[ \t]*//[^\n]*\n?)+)", re.DOTALL | re.MULTILINE)
_MARK = re.compile(r"^[\s/*]+")
_EXAMPLE = re.compile(r"\W*(?:>>>|(?:for\s+)?examples?\b|input\s*:)", re.IGNORECASE)
_FUNCTION = re.compile(r"(?:def|const|func|fn)\s+(\w+)|(\w+)\(")
_TASK = re.compile(r"[^/]+/(\d+)")


def explanation(row: Row) -> str:
    """What the docstring says before its first example, as one line."""
    found = (_DOCSTRING if row.config == "python" else _COMMENT).findall(row.text("prompt"))
    if not found:
        raise row.error("prompt", "no comment in it; expected one that says what the function does")
    call = _call(row)
    lines = []
    for line in "".join(found[-1]).splitlines():
        bare = _MARK.sub("", line)
        if _EXAMPLE.match(bare) or call.search(bare):
            break
        lines.append(bare)
    said = " ".join(" ".join(lines).split())
    if not said:
        raise row.error("prompt", "an example is all its comment has; expected what the function does")
    return said


def _call(row: Row) -> re.Pattern[str]:
    """A call of the declared function with an argument, which is an example."""
    names = [name for pair in _FUNCTION.findall(row.text("declaration")) for name in pair if name]
    if not names:
        raise row.error("declaration", f"{row['declaration']!r}; expected a function's")
    return re.compile(rf"\b{re.escape(names[-1])}\s*\([^)]")


def problem(row: Row) -> str:
    """The problem's number, the same in every language."""
    found = _TASK.fullmatch(row.text("task_id"))
    if found is None:
        raise row.error("task_id", f"{row['task_id']!r}; expected a language and a number, as Python/0")
    return found[1]


def to_case(row: Row, _shots: tuple[Row, ...]) -> Case:
    """A request for the explanation of one solution."""
    code = row.text("declaration") + row.text("canonical_solution")
    instruction = f"Explain what the following {LANGUAGES[row.config]} code snippet does."
    request = Generate(f"{instruction}\n\n{code.strip()}\n\nExplanation:", max_tokens=192, stop=(".\n",))
    return Case(row.id, (request,), explanation(row), cluster=problem(row), stratum=row.config)


humaneval_x_explain = Benchmark(
    name="humaneval_x_explain",
    version=2,
    area="code_explanation",
    paper="arXiv:2303.17568",
    protocol="zero-shot, greedy first paragraph of at most 192 tokens against the docstring before its examples",
    rows=tuple(from_hub("THUDM/humaneval-x", language, split="test", key="task_id") for language in LANGUAGES),
    strata="language",
    to_case=to_case,
    metrics=(Bleu(), Rouge("rouge1"), Rouge("rouge2"), Rouge("rougeL"), Chrf(), Meteor()),
    size=984,
    verified=(
        "metrics against sacrebleu 2.6.0, rouge-score 0.1.2 and nltk 3.10.4, on texts of our own and drawn ones; all "
        "rows of a mirror read, each with a reference; the use of the dataset is ours, so no log was compared"
    ),
)


@humaneval_x_explain.cases
def test_humaneval_x_explain(case, response, record):
    record(humaneval_x_explain.score(case, response))
