"""Programs: how a completion becomes an Execute, by the rule that its case's Trial names."""

from collections.abc import Callable

from harness.core import Execute
from harness.core import Trial
from harness.errors import UsageError
from harness.extraction import expression
from harness.extraction import python
from harness.extraction import sql

Rule = Callable[[str, Trial], str | None]
RULES: dict[str, Rule] = {
    "python": python.function,
    "python_script": python.script,
    "output": expression.output,
    "arguments": expression.arguments,
    "sql": sql.query,
}
"""The rules by the name in `Trial.extract`: from the text of an answer to a program, None where it holds none."""


def execute(trial: Trial, text: str) -> Execute | None:
    """The request to run what an answer holds, or None; raises UsageError where there is no rule of the trial's name."""
    rule = RULES.get(trial.extract)
    if rule is None:
        raise UsageError(f"extract: found {trial.extract!r}; expected one of {', '.join(RULES)}")
    code = rule(text, trial)
    if code is None:
        return None
    return Execute(
        language=trial.language,
        code=code,
        tests=trial.tests,
        style=trial.style,
        names=trial.names,
        context=trial.context,
        reference=trial.reference,
        examples=trial.examples,
        files=trial.files,
        libraries=trial.libraries,
    )
