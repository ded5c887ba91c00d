"""A benchmark: rows, how a row becomes a case, and the metrics that judge its answer.

One page under `evals/` builds one Benchmark and one test function, and that is all there is to add.
"""

import re
from collections.abc import Callable
from collections.abc import Sequence
from dataclasses import dataclass
from dataclasses import replace
from pathlib import PurePath
from traceback import extract_tb
from typing import Literal
from typing import TypeAlias
from typing import TypeVar

from harness.code_tasks.naming import tell
from harness.code_tasks.naming import told
from harness.core import Case
from harness.core import Judged
from harness.core import Request
from harness.core import Response
from harness.core import Score
from harness.core import Trial
from harness.core import decode
from harness.encoding import canonical
from harness.encoding import encode
from harness.errors import CrosstaskError
from harness.errors import RowError
from harness.errors import UsageError
from harness.metrics import Metric
from harness.metrics import expanded
from harness.sources import Row
from harness.sources import Rows
from harness.sources import Table

Shots: TypeAlias = Callable[[Row], tuple[Row, ...]]
ToCase: TypeAlias = Callable[[Row, tuple[Row, ...]], Case]
FollowUp: TypeAlias = Callable[[Case, tuple[Response, ...]], Request | None]
TrialAfter: TypeAlias = Callable[[Case, tuple[Response, ...]], Trial | None]
MARK = re.compile(r"[A-Za-z][\w.-]*")
BUILT_IN_MARKS = frozenset({"skip", "skipif", "xfail", "parametrize", "usefixtures", "filterwarnings", "slow"})
Test = TypeVar("Test", bound=Callable[..., None])


@dataclass(frozen=True, kw_only=True)
class Benchmark:
    """What is asked and how it is judged.

    Attributes:
        name: By convention its file's stem; a mark of its tests.
        version: Grows whenever a prompt, a target or an extraction changes.
        area: By convention its folder's name; a mark of its tests.
        paper: Where it was published: `arXiv:...`, `ACL:...`, or none.
        protocol: How it is asked and judged, in a sentence.
        rows: The tables the cases come from.
        to_case: Turns a row, and the rows shown as solved examples, into a Case whose id is `row.id`.
        metrics: What judges an answer; the first is the headline, unless a recipe names another.
        only: Says which rows are cases of this page; without it all are.
        spread: Makes several rows of one (`Row.variant`), each of which is a case.
        join: Gives the key of a row. Rows with one key are one case with that id, and stand in `row.parts`.
        shots: The tables that solved examples are drawn from; without them there are none.
        sampler: How examples are drawn: "seeded" without replacement, "first_n" takes the first.
        shots_by: Gives the key of a row (a subject, a language); a case is shown examples with its own key.
        shots_where: Says which rows may be drawn; without it all may.
        strata: The word for the cases' strata, where they have them.
        follow_up: Gives the next turn's request, None after the last; the last response is scored.
        trial_after: Gives the trial of the last answer, where it depends on the answers before it.
        lm_eval_task: The task of lm-evaluation-harness 0.4.13 whose prompt and answer rule are the page's.
        verified: What was compared with whom, and on which rows.
        size: The number of cases of the whole tables, where it is known.
    """

    name: str
    version: int
    area: str
    paper: str
    protocol: str
    rows: Rows | tuple[Rows, ...]
    to_case: ToCase
    metrics: tuple[Metric, ...]
    only: Callable[[Row], bool] | None = None
    spread: Callable[[Row], tuple[Row, ...]] | None = None
    join: Callable[[Row], str] | None = None
    shots: Rows | tuple[Rows, ...] | None = None
    sampler: Literal["seeded", "first_n"] = "seeded"
    shots_by: Callable[[Row], str] | None = None
    shots_where: Callable[[Row], bool] | None = None
    strata: str | None = None
    follow_up: FollowUp | None = None
    trial_after: TrialAfter | None = None
    lm_eval_task: str | None = None
    verified: str = "the sample only"
    size: int | None = None

    def __post_init__(self) -> None:
        """Raises UsageError where a name cannot be a mark, metrics cannot be told apart, or shots are the cases."""
        for kind, word in (("name", self.name), ("area", self.area)):
            if not MARK.fullmatch(word) or word in BUILT_IN_MARKS:
                raise UsageError(f"benchmark {self.name!r}: found {kind} {word!r}; expected a word that can be a mark")
        names = [metric.name for metric in self.metrics]
        if not names or len(set(names)) < len(names):
            raise UsageError(f"benchmark {self.name!r}: found metrics {names}; expected at least one, no name twice")
        if own := {rows.name for rows in self.tables} & {rows.name for rows in self.shot_tables}:
            raise UsageError(
                f"benchmark {self.name!r}: found shots from {min(own)}, its own cases; expected other rows"
            )

    @property
    def tables(self) -> tuple[Rows, ...]:
        """The tables the cases come from, in order."""
        return self.rows if isinstance(self.rows, tuple) else (self.rows,)

    @property
    def shot_tables(self) -> tuple[Rows, ...]:
        """The tables solved examples come from, in order; none where the page has no few-shot form."""
        if self.shots is None:
            return ()
        return self.shots if isinstance(self.shots, tuple) else (self.shots,)

    def cases(self, test: Test) -> Test:
        """Mark a test function as this benchmark's: the plugin runs it once per case and model."""
        test.benchmark = self  # type: ignore[attr-defined]  # functions take attributes, mypy has no type for it
        return test

    def collect(self, tables: Sequence[Table], shots: Shots = lambda _: ()) -> tuple[Case, ...]:
        """The cases of all rows, in order.

        Raises RowError where two cases share an id, none is there, or `to_case` raises anything.
        """
        cases: dict[str, Case] = {}
        for table in tables:
            for row in self.joined(table):
                case = self._case(row, shots(row))
                if case.id in cases:
                    raise row.error("id", f"case id {case.id!r} occurs twice; ids must be unique")
                _check_target(case, row)
                cases[case.id] = case
        if not cases:
            raise RowError(
                f"{self.name}: no rows in {', '.join(table.name for table in tables)}; expected at least one"
            )
        return tuple(cases.values())

    def _case(self, row: Row, shots: tuple[Row, ...]) -> Case:
        try:
            return told(self.to_case(row, shots))
        except CrosstaskError:
            raise
        except Exception as error:
            place = extract_tb(error.__traceback__)[-1]
            where = f"{PurePath(place.filename).name}, line {place.lineno}"
            said = f"to_case raised {type(error).__name__}: {error} ({where}); expected a case of it"
            raise row.error(row.last, said) from error

    def joined(self, table: Table) -> Sequence[Row]:
        """The table's rows that are cases, those of one case joined; a case stands where its first row does."""
        kept = table.rows if self.only is None else tuple(filter(self.only, table.rows))
        if self.spread is not None:
            kept = tuple(part for row in kept for part in self.spread(row))
        if self.join is None:
            return kept
        parts: dict[str, list[Row]] = {}
        for row in kept:
            parts.setdefault(self.join(row), []).append(row)
        return [rows[0].joined(key, rows) for key, rows in parts.items()]

    def score(self, case: Case, response: Response) -> tuple[Score, ...]:
        """What each metric observed on the case's last response, in the order of `metrics`.

        Of a case with a trial the response is Judged, and the metrics are those for its samples and k.
        """
        metrics = self.metrics
        if isinstance(response, Judged):
            metrics = expanded(metrics, len(response.programs), response.ks)
        return tuple(metric.observe(case, response) for metric in metrics)

    def next_turn(self, case: Case, responses: tuple[Response, ...]) -> Request | None:
        """The request of a case's next turn, None after the last."""
        turn = None if self.follow_up is None else self.follow_up(case, responses)
        return turn if turn is None or case.trial is None else tell(turn, case.trial)

    def trial_of(self, case: Case, responses: tuple[Response, ...]) -> Trial | None:
        """The trial of a case's last answer, None where it has none; how programs are judged never depends on it."""
        return case.trial if self.trial_after is None else self.trial_after(case, responses)

    def for_samples(self, samples: int, ks: tuple[int, ...]) -> "Benchmark":
        """The benchmark with the metrics that cases of so many samples have, for these k."""
        return replace(self, metrics=expanded(self.metrics, samples, ks))


def _check_target(case: Case, row: Row) -> None:
    """Raise RowError where a target would not come back from its JSON form."""
    if case.target is None or isinstance(case.target, str | int | float | bool):
        return
    try:
        same = decode(encode(case.target)) == case.target
        canonical(encode(case.target))
    except (TypeError, ValueError):
        same = False
    if not same:
        raise row.error(
            "target", f"{case.target!r} made by to_case; expected JSON with tuples for arrays, no key 'kind'"
        )
