"""CRUXEval's assertions about a function (Gu et al. 2024, arXiv:2401.03065), with the input or the output left out.

The two pages share rows, prompt and target. They differ in what is left out, and in what is run with the answer.
"""

from typing import Literal

from harness.code_tasks.problems import text_or_nothing
from harness.core import Case
from harness.core import Generate
from harness.core import Trial
from harness.sources import Row


def assertion(row: Row, instruction: str, left_out: Literal["input", "output"]) -> Case:
    """A request for the whole assertion, behind the instruction and its examples; the target is one that holds.

    For an input the function is called with it. For an output the value is worked out without the function.
    """
    code, given, output = row.text("code"), text_or_nothing(row, "input"), row.text("output")
    test = f"assert answer() == {output}"
    if left_out == "input":
        shown = f"assert f(??) == {output}"
        reference = f"{code}\n\ndef answer():\n    return f({given})\n"
        trial = Trial("python", "arguments", prompt=code, tests=(test,), names=("answer",), reference=reference)
    else:
        shown = f"assert f({given}) == ??"
        reference = f"def answer():\n    return {output}\n"
        trial = Trial("python", "output", tests=(test,), names=("answer",), reference=reference)
    prompt = f"{instruction}\n[PYTHON]\n{code}\n{shown}\n[/PYTHON]\n[ANSWER]\n"
    request = Generate(prompt, max_tokens=1024, stop=("[/ANSWER]",))
    return Case(row.id, (request,), f"assert f({given}) == {output}", trial=trial)
