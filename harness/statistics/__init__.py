"""Statistics: arrays in, frozen dataclasses out; nothing of the rest of the package is imported here."""

from harness.statistics.estimates import Estimate
from harness.statistics.estimates import estimate
from harness.statistics.gate import Trial
from harness.statistics.gate import Verdict
from harness.statistics.gate import gate
from harness.statistics.gate import trial
from harness.statistics.intervals import wilson
from harness.statistics.outcomes import outcomes
from harness.statistics.paired import Draws
from harness.statistics.paired import PairedResult
from harness.statistics.paired import pair
from harness.statistics.paired import paired
from harness.statistics.passk import PassAtK
from harness.statistics.passk import estimate_pass_at_k
from harness.statistics.passk import pass_at_k
from harness.statistics.passk import sampling_variance
from harness.statistics.ranking import Ranking
from harness.statistics.ranking import ranking
from harness.statistics.reducers import RANGES
from harness.statistics.reducers import REDUCERS
from harness.statistics.reducers import Reducer
from harness.statistics.resampling import Design
from harness.statistics.significance import benjamini_hochberg
from harness.statistics.significance import holm
from harness.statistics.weighted import WEIGHTED
from harness.statistics.weighted import value_of

__all__ = [
    "RANGES",
    "REDUCERS",
    "WEIGHTED",
    "Design",
    "Draws",
    "Estimate",
    "PairedResult",
    "PassAtK",
    "Ranking",
    "Reducer",
    "Trial",
    "Verdict",
    "benjamini_hochberg",
    "estimate",
    "estimate_pass_at_k",
    "gate",
    "holm",
    "outcomes",
    "pair",
    "paired",
    "pass_at_k",
    "ranking",
    "sampling_variance",
    "trial",
    "value_of",
    "wilson",
]
