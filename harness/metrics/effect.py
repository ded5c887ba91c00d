"""The effect of how a problem is asked: how much more often it is solved in one form than in another."""

from dataclasses import dataclass

from harness.core import Case
from harness.core import Response
from harness.core import Score
from harness.metrics.judged import solved
from harness.metrics.judged import verdicts
from harness.statistics.reducers import CONTRAST


@dataclass(frozen=True, slots=True)
class Effect:
    """pass@1 of the cases in `stratum` less that of the cases in `base`, in -1..1; no value where either has none.

    Where the forms of one problem are a cluster they are drawn together, so the interval is that of paired differences.
    Cases of other strata add nothing, though they are among the score's n.
    """

    stratum: str
    base: str
    reducer: str = CONTRAST
    higher_is_better: bool = True

    @property
    def name(self) -> str:
        """`effect:<stratum>`."""
        return f"effect:{self.stratum}"

    @property
    def signature(self) -> str:
        """What is compared with what."""
        return f"{self.name}|less:{self.base}|of:pass@1|paired:cluster"

    def observe(self, case: Case, response: Response) -> Score:
        """Statistics (share of samples that pass, 1) in the stratum, then the same in the base."""
        executions = verdicts(self.name, response)
        share = sum(solved(executions)) / len(executions)
        inside, beside = float(case.stratum == self.stratum), float(case.stratum == self.base)
        return Score(self.name, (inside * share, inside, beside * share, beside))


OF_DOCUMENTATION = (Effect("retrieved", base="none"), Effect("chosen", base="none"))
"""What documentation does for problems of a private library: retrieved, and chosen by people, each against none."""
