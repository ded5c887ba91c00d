"""What became of a case, as the run's folder keeps it."""

from harness.core import Record
from harness.core import Status
from harness.evaluation.responses import Outcome
from harness.session.plan import PlannedCase


def record_of(
    node: str, planned: PlannedCase, outcome: Outcome, seconds: float, error: BaseException | None = None
) -> Record:
    """The record of a case that was tested, as test `node`, in so many seconds; `error` ended its test, if any did."""
    status, reason = _status(outcome, error)
    return Record(
        model=planned.model,
        benchmark=planned.benchmark.name,
        version=planned.benchmark.version,
        case=planned.case.id,
        node=node,
        attempt=1,
        status=status,
        reason=reason,
        digest=planned.digest,
        target=planned.case.target,
        cluster=planned.case.cluster,
        stratum=planned.case.stratum,
        tags=planned.case.tags,
        prompts=tuple(outcome.fingerprints),
        responses=tuple(outcome.responses),
        scores=outcome.scores,
        seconds=round(seconds, 6),
        trial=planned.trial or None,
        programs=outcome.programs,
        readings=outcome.readings,
    )


def _status(outcome: Outcome, error: BaseException | None) -> tuple[Status, str | None]:
    if outcome.status is not None:
        return outcome.status, outcome.reason
    if outcome.scores:
        return "measured", None
    return "error", f"{type(error).__name__}: {error}" if error else "the test recorded no scores"
