"""DS-1000: what StackOverflow asks of seven libraries of data science; hidden tests run the code in its place.

Lai et al. 2022, "DS-1000: A Natural and Reliable Benchmark for Data Science Code Generation", arXiv:2211.11501. 1,000
problems: pandas 291, NumPy 220, Matplotlib 155, scikit-learn 115, SciPy 106, PyTorch 68, TensorFlow 45. The libraries
are the strata. Problems made of one by another wording or task are a cluster, and the kind of that change is a group.
Each row holds its own judge: `test_execution` puts the code into a context and compares what it makes of one input or
several, `test_string`, which 159 rows have, looks for words that the code must or must not use. Both run with the code.
A problem is not run where a library is not installed: the extra `ds1000` has all but TensorFlow, which is large.

The prompt is the row's, continued up to the authors' stops, and an answer is cut as by their `postprocess`. Where the
rest does not compile in its place, a block of the answer that does is taken instead, which the authors would not.
"""

import ast
import textwrap
from collections.abc import Mapping

from harness.benchmark import Benchmark
from harness.code_tasks.extraction.candidates import HOLE
from harness.code_tasks.extraction.definitions import longest_prefix
from harness.code_tasks.problems import imported
from harness.code_tasks.problems import third_party
from harness.core import Case
from harness.core import Generate
from harness.core import TimeLimit
from harness.core import Trial
from harness.languages.building.syntax import parse
from harness.metrics.pass_at_k import PassAtK
from harness.metrics.syntax_valid import SyntaxValid
from harness.sources import Row
from harness.sources import from_hub

LIBRARIES = {
    "Pandas": "pandas",
    "Numpy": "numpy",
    "Matplotlib": "matplotlib",
    "Sklearn": "sklearn",
    "Scipy": "scipy",
    "Pytorch": "torch",
    "Tensorflow": "tensorflow",
}
CHANGES = ("Origin", "Surface", "Semantic", "Difficult-Rewrite")
PLACE = "[insert]"
STOP = ("</code>", "# SOLUTION END", "\nEND SOLUTION")
TIME = TimeLimit(call=120.0, times=1.0, whole=120.0)
"""The authors' `test_ds1000.py` waits 120 s for a problem."""
_NUMBERS = ("problem_id", "library_problem_id", "test_case_cnt", "perturbation_origin_id")


def context(row: Row) -> str:
    """The program around the code, with a hole where it belongs."""
    try:
        tree = parse(row.text("code_context"))
    except SyntaxError as error:
        raise row.error("code_context", f"{error}; expected a judge in Python") from error
    values = {
        target.id: node.value.value
        for node in tree.body
        if isinstance(node, ast.Assign) and isinstance(node.value, ast.Constant)
        for target in node.targets
        if isinstance(target, ast.Name)
    }
    around = str(values.get("exec_context"))
    if around.count(PLACE) != 1 or "test_execution" not in _functions(tree):
        raise row.error("code_context", f"no test_execution, or not one {PLACE} in exec_context; expected both")
    return around.replace(PLACE, HOLE)


def calls(row: Row) -> tuple[str, ...]:
    """The calls that judge the text of an answer."""
    functions = _functions(parse(row.text("code_context")))
    return tuple(f"{name}(solution)" for name in ("test_execution", "test_string") if name in functions)


def metadata(row: Row) -> Mapping[str, str]:
    """The problem's library, the kind of its change and what it is a change of, as text."""
    told = row["metadata"]
    numbers = [told.get(name) for name in _NUMBERS] if isinstance(told, dict) else [None]
    known = all(isinstance(number, int) and not isinstance(number, bool) and 0 <= number < 1000 for number in numbers)
    if not known or told.get("library") not in LIBRARIES or told.get("perturbation_type") not in CHANGES:
        raise row.error("metadata", f"{told!r}; expected a library, a perturbation_type and {', '.join(_NUMBERS)}")
    return {name: str(value) for name, value in told.items()}


def to_case(row: Row, _shots: tuple[Row, ...]) -> Case:
    """A request for the code of one problem."""
    prompt, solution, facts, around = row.text("prompt"), row.text("reference_code"), metadata(row), context(row)
    judge = row.text("code_context")
    sources = (judge, longest_prefix(around.partition(HOLE)[0]), textwrap.dedent(solution))
    needed = (LIBRARIES[facts["library"]], *(name for source in sources for name in imported(source)))
    trial = Trial(
        "python",
        "inserted",
        prompt=around,
        tests=calls(row),
        style="script",
        names=("solution",),
        context=judge,
        libraries=third_party(needed),
        time=TIME,
    )
    return Case(
        row.id,
        (Generate(prompt, max_tokens=1024, stop=STOP),),
        solution,
        cluster=f"{facts['library']}-{facts['perturbation_origin_id']}",
        stratum=facts["library"],
        tags=(f"perturbation:{facts['perturbation_type']}",),
        trial=trial,
    )


def _functions(tree: ast.Module) -> frozenset[str]:
    return frozenset(node.name for node in tree.body if isinstance(node, ast.FunctionDef))


ds1000 = Benchmark(
    name="ds1000",
    version=1,
    area="code",
    paper="arXiv:2211.11501",
    protocol="zero-shot, greedy continuation of at most 1024 tokens up to the authors' stops; its own tests must pass",
    rows=from_hub("xlangai/DS-1000", split="test"),
    strata="library",
    to_case=to_case,
    metrics=(PassAtK(1), SyntaxValid()),
    verified=(
        "of a mirror's 1,000 solutions 918 pass in the sandbox with today's libraries, 15 need the Internet, and the "
        "other 67 pass with the libraries of the authors' time; docs/libraries.md lists them; no log was compared"
    ),
    size=1000,
)


@ds1000.cases
def test_ds1000(case, response, record):
    record(ds1000.score(case, response))
