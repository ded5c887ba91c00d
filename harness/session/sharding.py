"""A shard's part of the planned cases, and what its plan keeps of the whole for those who merge shards."""

from collections.abc import Mapping
from collections.abc import Sequence
from typing import Any

from harness.cases.shards import Divisible
from harness.cases.shards import Shard
from harness.cases.shards import divide
from harness.session.estimate import cost
from harness.session.plan import PlannedCase

_WHOLE = ("models", "benchmarks", "failures", "planned")


def in_shard(planned_cases: Sequence[PlannedCase], shard: Shard | None) -> list[bool]:
    """Of each planned case whether it is in the shard; without a shard all are.

    The work of a case is the tokens that it reads and those that it may write, as `--dry-run` estimates them.
    """
    if shard is None:
        return [True] * len(planned_cases)
    cases = [
        Divisible(
            planned.benchmark.name,
            planned.case.id,
            planned.case.cluster,
            planned.case.stratum,
            (spent := cost(planned.case.requests)).read + spent.written,
        )
        for planned in planned_cases
    ]
    return [number == shard.number for number in divide(cases, shard.of)]


def sharded(plan: Mapping[str, Any], whole: Mapping[str, Any], shard: Shard) -> dict[str, Any]:
    """The plan of a shard, with what the plan of the whole says; the order of the cases is the whole's."""
    kept = {"plan": whole["hash"], **{name: whole[name] for name in _WHOLE}}
    return {**plan, "shard": {"number": shard.number, "of": shard.of, "whole": kept}}


def empty(shard: Shard, cases: int) -> str:
    """The sentence for a shard that has no case, of so many cases of all models."""
    return (
        f"shard {shard}: no case; all {cases} selected are in other shards, and crosstask merge needs no folder of it"
    )
