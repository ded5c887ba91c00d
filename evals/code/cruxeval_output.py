"""CRUXEval-O: what a short Python function returns for an input, said without running it.

Gu et al. 2024, "CRUXEval: A Benchmark for Code Reasoning, Understanding and Execution", arXiv:2401.03065. 800
functions. Prompt, its two examples and the stop are the paper's direct form. The value is worked out in the sandbox,
where the function is not, and compared outside.
"""

from harness.benchmark import Benchmark
from harness.code_tasks.cruxeval import assertion
from harness.core import Case
from harness.metrics.pass_at_k import PassAtK
from harness.sources import Row
from harness.sources import from_hub

INSTRUCTION = """\
You are given a Python function and an assertion containing an input to the function. Complete the assertion with a \
literal (no unsimplified expressions, no function calls) containing the output when executing the provided code on the \
given input, even if the function is incorrect or incomplete. Do NOT output any extra information. Provide the full \
assertion with the correct output in [ANSWER] and [/ANSWER] tags, following the examples.

[PYTHON]
def f(n):
    return n
assert f(17) == ??
[/PYTHON]
[ANSWER]
assert f(17) == 17
[/ANSWER]

[PYTHON]
def f(s):
    return s + "a"
assert f("x9j") == ??
[/PYTHON]
[ANSWER]
assert f("x9j") == "x9ja"
[/ANSWER]
"""


def to_case(row: Row, _shots: tuple[Row, ...]) -> Case:
    """A request for the assertion; the target is the one that holds."""
    return assertion(row, INSTRUCTION, "output")


cruxeval_output = Benchmark(
    name="cruxeval_output",
    version=2,
    area="code",
    paper="arXiv:2401.03065",
    protocol="two fixed examples, greedy assertion of at most 1024 tokens; its value must equal the function's output",
    rows=from_hub("cruxeval-org/cruxeval", split="test", key="id"),
    to_case=to_case,
    metrics=(PassAtK(1),),
    verified=("the paper's prompt; all 800 outputs of a mirror pass; no other tool's log was compared"),
    size=800,
)


@cruxeval_output.cases
def test_cruxeval_output(case, response, record):
    record(cruxeval_output.score(case, response))
