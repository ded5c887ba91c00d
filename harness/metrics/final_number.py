"""Equality of final numbers by value, in every script and with every sign that writes one."""

from dataclasses import dataclass
from decimal import Decimal

from harness.core import Case
from harness.core import Response
from harness.core import Score
from harness.errors import UsageError
from harness.metrics.answers import reference
from harness.metrics.answers import text
from harness.text_answers.numerals import final_number
from harness.text_answers.numerals import value


@dataclass(frozen=True, slots=True)
class FinalNumber:
    """Share of cases whose first completion ends with the target's number: `18.00`, `$18` and `๑๘` are 18. In 0..1.

    `decimal_comma` names the strata, languages, that write 1.800,5 for 1,800.5. The verdict is `invalid`, which counts
    as not right, where the answer has no number. Raises UsageError where the target is none.
    """

    decimal_comma: frozenset[str] = frozenset()
    name: str = "number"
    reducer: str = "proportion"
    higher_is_better: bool = True

    @property
    def signature(self) -> str:
        """The rule of extraction, and the languages with a decimal comma."""
        commas = f"|decimal_comma:{','.join(sorted(self.decimal_comma))}" if self.decimal_comma else ""
        return f"number|extract:{final_number.__name__}|equal:value{commas}"

    def observe(self, case: Case, response: Response) -> Score:
        """Statistics (right, 1)."""
        wanted = self._wanted(case)
        read = final_number(text(self.name, response), decimal_comma=case.stratum in self.decimal_comma)
        if read is None:
            return Score(self.name, (0.0, 1.0), "invalid", cause="no number found")
        said, number = read
        right = number == wanted
        return Score(self.name, (float(right), 1.0), "correct" if right else "wrong", said)

    def _wanted(self, case: Case) -> Decimal:
        target = reference(self.name, case)
        wanted = value(target)
        if wanted is None:
            raise UsageError(f"{self.name}: target {target!r} of case {case.id!r}; expected a number")
        return wanted
