"""BIG-bench's Python programming challenge: the body of a function whose comment and head are the prompt.

Srivastava et al. 2022, "Beyond the Imitation Game", arXiv:2206.04615, task `python_programming_challenge`: 32
challenges in four degrees of difficulty, at most 500 tokens each. The task's own score is the mean share of its tests
that a function passes. Upstream a program of the task makes the tests, and runs functions in RestrictedPython, which
knows no `import` and no `+=`. Here they are judged as plain Python. The Hub has no rows. Their form is what upstream's
program makes: `name`, `difficulty`, `prompt` (comment and head), `entry_point`, `solution` (the body, may be empty) and
`tests`, a list of {"inputs": arguments, "output": what comes back}.
"""

from harness.benchmark import Benchmark
from harness.code_tasks.problems import HUMANEVAL_STOP
from harness.code_tasks.problems import text_or_nothing
from harness.core import Case
from harness.core import Generate
from harness.core import Trial
from harness.metrics.pass_at_k import PassAtK
from harness.metrics.syntax_valid import SyntaxValid
from harness.metrics.test_case_average import TestCaseAverage
from harness.sources import Row
from harness.sources import from_hub

DIFFICULTIES = ("very easy", "easy", "medium", "hard")


def to_case(row: Row, _shots: tuple[Row, ...]) -> Case:
    """A request for the body of a function."""
    prompt, entry, solution = row.text("prompt"), row.text("entry_point"), text_or_nothing(row, "solution")
    if f"def {entry}(" not in prompt:
        raise row.error("prompt", f"{prompt!r}; expected the head of {entry}")
    difficulty = row.text("difficulty")
    if difficulty not in DIFFICULTIES:
        raise row.error("difficulty", f"{difficulty!r}; expected one of {', '.join(DIFFICULTIES)}")
    trial = Trial(
        "python",
        "python",
        prompt=prompt,
        tests=_tests(row, entry),
        names=(entry,),
        reference=prompt + solution if solution else "",
    )
    request = Generate(prompt, max_tokens=500, stop=HUMANEVAL_STOP)
    return Case(row.id, (request,), solution or None, stratum=difficulty, trial=trial)


def _tests(row: Row, entry: str) -> tuple[str, ...]:
    tests = row["tests"]
    if not isinstance(tests, list) or not tests:
        raise row.error("tests", f"{tests!r}; expected a list of inputs and outputs")
    made = []
    for test in tests:
        inputs = test.get("inputs") if isinstance(test, dict) else None
        if not isinstance(inputs, list) or not inputs or "output" not in test:
            raise row.error("tests", f"{test!r}; expected inputs, a list that is not empty, and output")
        arguments = ", ".join(map(repr, inputs))
        made.append(f"assert {entry}({arguments}) == {test['output']!r}")
    return tuple(made)


bigbench_python = Benchmark(
    name="bigbench_python",
    version=1,
    area="code",
    paper="arXiv:2206.04615",
    protocol="zero-shot, greedy continuation of at most 500 tokens; the share of a function's tests that pass",
    rows=from_hub("google/bigbench_python_programming_challenge", split="test", key="name"),
    strata="difficulty",
    to_case=to_case,
    metrics=(TestCaseAverage(), PassAtK(1), SyntaxValid()),
    verified="on the sample only: upstream's rows are made by a program, and no mirror has them",
    size=32,
)


@bigbench_python.cases
def test_bigbench_python(case, response, record):
    record(bigbench_python.score(case, response))
