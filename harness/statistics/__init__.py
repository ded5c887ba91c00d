"""Statistics: arrays in, frozen dataclasses out; nothing of the rest of the package is imported here."""

from harness.statistics.estimates import Estimate
from harness.statistics.estimates import estimate
from harness.statistics.intervals import bootstrap
from harness.statistics.intervals import wilson
from harness.statistics.reducers import REDUCERS
from harness.statistics.reducers import Reducer

__all__ = ["REDUCERS", "Estimate", "Reducer", "bootstrap", "estimate", "wilson"]
