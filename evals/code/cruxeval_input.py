"""CRUXEval-I: an input for which a short Python function returns a given output.

Gu et al. 2024, "CRUXEval: A Benchmark for Code Reasoning, Understanding and Execution", arXiv:2401.03065. 800
functions. Prompt, its two examples and the stop are the paper's direct form. Any input will do that gives the output:
the function is called with it in the sandbox, and what it returns is compared outside. The input may hold literals,
operators and harmless built-ins, so that it cannot change the function.
"""

from harness.benchmark import Benchmark
from harness.code_tasks.cruxeval import assertion
from harness.core import Case
from harness.metrics.pass_at_k import PassAtK
from harness.sources import Row
from harness.sources import from_hub

INSTRUCTION = """\
You will be given a function f and an output in the form f(??) == output. Find any input such that executing f on the \
input leads to the given output. There may be multiple answers, but you should only output one. In [ANSWER] and \
[/ANSWER] tags, complete the assertion with one such input that will produce the output when executing the function.

[PYTHON]
def f(my_list):
    count = 0
    for i in my_list:
        if len(i) % 2 == 0:
            count += 1
    return count
assert f(??) == 3
[/PYTHON]
[ANSWER]
assert f(["mq", "px", "zy"]) == 3
[/ANSWER]

[PYTHON]
def f(s1, s2):
    return s1 + s2
assert f(??) == "banana"
[/PYTHON]
[ANSWER]
assert f("ba", "nana") == "banana"
[/ANSWER]
"""


def to_case(row: Row, _shots: tuple[Row, ...]) -> Case:
    """A request for the assertion; the target is one that holds."""
    return assertion(row, INSTRUCTION, "input")


cruxeval_input = Benchmark(
    name="cruxeval_input",
    version=2,
    area="code",
    paper="arXiv:2401.03065",
    protocol="two fixed examples, greedy assertion of at most 1024 tokens; the function must give the output for it",
    rows=from_hub("cruxeval-org/cruxeval", split="test", key="id"),
    to_case=to_case,
    metrics=(PassAtK(1),),
    verified=("the paper's prompt; all 800 inputs of a mirror pass; no other tool's log was compared"),
    size=800,
)


@cruxeval_input.cases
def test_cruxeval_input(case, response, record):
    record(cruxeval_input.score(case, response))
