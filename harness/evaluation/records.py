"""What became of a case, as the run's folder keeps it."""

from harness.core import Record
from harness.core import Status
from harness.evaluation.responses import Outcome
from harness.session.plan import Cell


def record_of(node: str, cell: Cell, outcome: Outcome, seconds: float, error: BaseException | None = None) -> Record:
    """The record of a case that was tested, as test `node`, in so many seconds; `error` ended its test, if any did."""
    status, reason = _status(outcome, error)
    return Record(
        model=cell.model,
        benchmark=cell.benchmark.name,
        version=cell.benchmark.version,
        case=cell.case.id,
        node=node,
        attempt=1,
        status=status,
        reason=reason,
        digest=cell.digest,
        target=cell.case.target,
        cluster=cell.case.cluster,
        stratum=cell.case.stratum,
        tags=cell.case.tags,
        prompts=tuple(outcome.prompts),
        responses=tuple(outcome.responses),
        scores=outcome.scores,
        seconds=round(seconds, 6),
        trial=cell.trial or None,
        programs=outcome.programs,
        readings=outcome.readings,
    )


def _status(outcome: Outcome, error: BaseException | None) -> tuple[Status, str | None]:
    if outcome.status is not None:
        return outcome.status, outcome.reason
    if outcome.scores:
        return "measured", None
    return "error", f"{type(error).__name__}: {error}" if error else "the test recorded no scores"
