"""DSP, Data Science Problems: a cell of a teacher's notebook, which the assertions of the next cell test.

Chandel et al. 2022, "Training and Evaluating a Jupyter Notebook Data Science Assistant", arXiv:2201.12901. 1,119
problems of 305 notebooks. The prompt are the three cells before, text and code as they stand, and the comments that the
solution begins with. Upstream the whole notebook is run in its own folder. Rows are what upstream's `read_problems`
gives (`task_id`, `notebook_path`, `prompt`, `solution`, `test`) and `context`, the code of all cells before without its
magics. Problems that read a file of their folder fail here. Problems of one notebook are a cluster.
"""

from harness.benchmark import Benchmark
from harness.code_tasks.checks import made
from harness.code_tasks.extraction.definitions import bindings
from harness.code_tasks.problems import imported
from harness.code_tasks.problems import text_or_nothing
from harness.code_tasks.problems import third_party
from harness.core import Case
from harness.core import Generate
from harness.core import Trial
from harness.metrics.pass_at_k import PassAtK
from harness.metrics.syntax_valid import SyntaxValid
from harness.sources import Row
from harness.sources import from_hub

STOP = ("\n## ", "\n# In[", "\nassert ")
"""What begins another cell, in text or in code, and the tests."""


def to_case(row: Row, _shots: tuple[Row, ...]) -> Case:
    """A request for the code of a cell."""
    prompt, solution, test = row.text("prompt"), row.text("solution"), row.text("test")
    context = text_or_nothing(row, "context")
    try:
        defines = made(solution).defines
    except SyntaxError as error:
        raise row.error("solution", f"{error}; expected a cell in Python") from error
    try:
        read = bindings(test)[1]
    except SyntaxError as error:
        raise row.error("test", f"{error}; expected assertions in Python") from error
    names = tuple(name for name in defines if name in read)
    if not names:
        raise row.error("test", f"{test!r}; expected a use of what the solution defines")
    trial = Trial(
        "python",
        "python_script",
        prompt=f"{context}\n",
        tests=(test,),
        style="script",
        names=names,
        reference=f"{context}\n{solution}",
        libraries=third_party(imported(f"{context}\n{solution}\n{test}")),
    )
    request = Generate(f"{prompt}\n", max_tokens=512, stop=STOP)
    return Case(row.id, (request,), solution, cluster=row.text("notebook_path"), trial=trial)


dsp = Benchmark(
    name="dsp",
    version=1,
    area="code",
    paper="arXiv:2201.12901",
    protocol="zero-shot, greedy continuation of at most 512 tokens up to another cell; the next cell's assertions hold",
    rows=from_hub("microsoft/DataScienceProblems", split="test", key="task_id"),
    to_case=to_case,
    metrics=(PassAtK(1), SyntaxValid()),
    verified="on the sample only: upstream's rows are notebooks of a repository, and no mirror has them",
    size=1119,
)


@dsp.cases
def test_dsp(case, response, record):
    record(dsp.score(case, response))
