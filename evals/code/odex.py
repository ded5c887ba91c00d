"""ODEX: a line or a few of Python for a sentence in English, Spanish, Japanese or Russian; its tests must pass.

Wang et al. 2022, "Execution-Based Evaluation for Open-Domain Code Generation", arXiv:2212.10481. 945 problems, made of
439, 90, 164 and 252 in these languages, which are the strata; problems of one question are a cluster. The prompt is
the authors' form without tests: function head, the sentence as docstring, and the beginning of the body. What the
problem puts behind a solution, a `return` of what it makes, is put there again. Tests may patch the libraries that the
function uses, so they run with it; a problem is not run where a library it names is not installed. Solutions use parts
of `urllib` that they do not import, as if something had loaded them before: the context does. Stops are those of
HumanEval, as the paper names none.
"""

from harness.benchmark import Benchmark
from harness.code_tasks.checks import Checks
from harness.code_tasks.checks import parted
from harness.code_tasks.extraction.candidates import HOLE
from harness.code_tasks.problems import HUMANEVAL_STOP
from harness.code_tasks.problems import imported
from harness.code_tasks.problems import text_or_nothing
from harness.code_tasks.problems import texts
from harness.code_tasks.problems import third_party
from harness.core import Case
from harness.core import Generate
from harness.core import Trial
from harness.metrics.pass_at_k import PassAtK
from harness.metrics.syntax_valid import SyntaxValid
from harness.metrics.test_case_average import TestCaseAverage
from harness.sources import Row
from harness.sources import from_hub

LANGUAGES = ("en", "es", "ja", "ru")
_PARTS = {"urllib": "import urllib.parse\nimport urllib.request"}


def checks(row: Row, entry: str) -> Checks:
    """Each of the row's tests as one, and what they import."""
    start = row.text("test_start")
    found = []
    for test in texts(row, "test", least=1):
        try:
            found.append(parted(f"{start}\n{test}", entry, whole=True))
        except ValueError as error:
            raise row.error("test", f"{error}; expected the body of a check in Python") from error
    return Checks(found[0].context, tuple(one.tests[0] for one in found))


def to_case(row: Row, _shots: tuple[Row, ...]) -> Case:
    """A request for the rest of a function."""
    head, _, begun = row.text("prompt").replace("\t", "    ").partition("\n")
    suffix, solution = text_or_nothing(row, "suffix"), row.text("canonical_solution")
    entry, asked = row.text("entry_point"), f'{head}\n    """{row.text("intent")}\n    """\n{begun}'
    tested = checks(row, entry)
    libraries = texts(row, "library")
    loaded = [parts for name, parts in _PARTS.items() if name in libraries]
    trial = Trial(
        "python",
        "python",
        prompt=f"{head}\n{begun}{HOLE}{suffix}".replace("\t", "    "),
        tests=tested.tests,
        style="script",
        names=(entry,),
        context="\n".join([*loaded, tested.context]),
        reference=row["prompt"] + solution + suffix,
        libraries=third_party((*libraries, *imported(tested.context))),
    )
    request = Generate(asked, max_tokens=512, stop=HUMANEVAL_STOP)
    question = f"{row.config}-{row.index('task_id', below=10**12)}"
    return Case(row.id, (request,), solution, cluster=question, stratum=row.config, trial=trial)


odex = Benchmark(
    name="odex",
    version=3,
    area="code",
    paper="arXiv:2212.10481",
    protocol="zero-shot, greedy continuation of at most 512 tokens up to HumanEval's stops; all its tests must pass",
    rows=tuple(from_hub("neulab/odex", language, split="test") for language in LANGUAGES),
    strata="language",
    to_case=to_case,
    metrics=(PassAtK(1), TestCaseAverage(), SyntaxValid()),
    verified=(
        "the authors' prompt by their code; of a mirror's rows, 26 name a library that was not installed, 20 need the "
        "Internet, 26 fail with today's Python or libraries, and the solutions of all other 873 pass in the sandbox"
    ),
    size=945,
)


@odex.cases
def test_odex(case, response, record):
    record(odex.score(case, response))
