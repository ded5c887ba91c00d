"""A smaller counterexample: an input for which a wrong program differs from the solution known to be right.

hypothesis (MacIver et al. 2019, doi:10.21105/joss.01891; extra `counterexample`) draws arguments of the kinds that the
tests' own calls have, and shrinks the first that tells the two apart. What runs the programs is passed in, so that
here nothing is executed.
"""

import ast
import math
import time
from collections.abc import Callable
from collections.abc import Iterator
from collections.abc import Mapping
from collections.abc import Sequence
from concurrent.futures import Future
from dataclasses import dataclass
from itertools import takewhile
from typing import TYPE_CHECKING
from typing import Any
from typing import TypeAlias

from harness.code_tasks.checks import CANDIDATE
from harness.code_tasks.rules import request
from harness.core import Execute
from harness.core import Execution
from harness.core import Refusal
from harness.core import Trial
from harness.extras import require
from harness.languages.building.syntax import parse

if TYPE_CHECKING:
    from hypothesis.strategies import SearchStrategy

Arguments: TypeAlias = tuple[Any, ...]
TOLERANCE = 1e-6
"""How far two floats may be apart, relatively or absolutely, and still be the same answer."""
_MARK = "gives "
TRIES = 200
PATIENCE_S = 10.0
"""After so long nothing new is tried: a program that loops on what is drawn would take its time limit each time."""
ROOM = 3
"""How many entries more than in the tests' longest list are tried."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a call gave: a value, or the error that ended it."""

    value: Any = None
    error: str | None = None


Submit: TypeAlias = Callable[[Execute], Future[Execution | Refusal]]
Run: TypeAlias = Callable[[Sequence[Arguments]], Sequence[Outcome]]


@dataclass(frozen=True, slots=True)
class Counterexample:
    """Arguments, what the program gives for them, and what the reference does."""

    arguments: Arguments
    found: Outcome
    expected: Outcome


def explain(trial: Trial, code: str, submit: Submit) -> Counterexample | None:
    """A smaller input that shows a wrong program of a trial to be wrong, by programs run through `submit`.

    None where none is found, and where the trial is none to search: not judged by calls of one function with literals,
    or without a reference. Where a test lets pass what here is a difference (it compares sets, say), a difference
    elsewhere shows nothing, and only the calls of tests that failed count.
    """
    if not searchable(trial):
        return None
    names = (*trial.names, CANDIDATE)
    program, reference = through(submit, trial, code), through(submit, trial, trial.reference)
    ran = submit(request(trial, code)).result()
    passed = ran.passed if isinstance(ran, Execution) else ()
    good = [test for test, right in zip(trial.tests, passed, strict=False) if right]
    end = time.monotonic() + PATIENCE_S
    if _first(calls(good, names), program, reference, end) is None:
        return search(calls(trial.tests, names), program, reference, end=end)
    return _first(calls([test for test in trial.tests if test not in good], names), program, reference, end)


def searchable(trial: Trial) -> bool:
    """Whether a trial is judged by calls of one function of Python, and has a reference."""
    return trial.language == "python" and trial.style == "calls" and len(trial.names) == 1 and bool(trial.reference)


def through(submit: Submit, trial: Trial, code: str) -> Run:
    """What a program's function gives for arguments, run as a trial's programs are: a test raises its value.

    A value that has no literal, and a refusal, count as errors.
    """

    def run(batch: Sequence[Arguments]) -> list[Outcome]:
        return [_outcome(submit(_calling(trial, code, arguments)).result()) for arguments in batch]

    return run


def calls(tests: Sequence[str], names: Sequence[str]) -> tuple[Arguments, ...]:
    """The arguments of the tests' calls of these names, in order, each once; those that are no literals are left out.

    Calls with arguments by name, or with a number of arguments other than the first's, are left out too.
    """
    distinct: dict[str, Arguments] = {}
    for arguments in (literal for test in tests for literal in _literal_calls(test, frozenset(names))):
        distinct.setdefault(repr(arguments), arguments)
    listed = tuple(distinct.values())
    return tuple(call for call in listed if len(call) == len(listed[0]))


def search(
    examples: Sequence[Arguments], program: Run, reference: Run, tries: int = TRIES, end: float | None = None
) -> Counterexample | None:
    """The simplest arguments found on which the program errs; None where none of the examples and tries shows one.

    Only arguments for which the reference gives a value count: an error of its own says that they are none it is
    meant for. The search is the same every time, unless time ends it: at `end` of the monotonic clock, by default after
    `PATIENCE_S`. Raises UsageError where hypothesis is not
    installed.
    """
    if not examples:
        return None
    end = time.monotonic() + PATIENCE_S if end is None else end
    simplest = _shrunk(examples, program, reference, tries, end)
    given = _first(examples, program, reference, end)
    if simplest is None or (given is not None and _size(given.arguments) < _size(simplest.arguments)):
        return given
    return simplest


def arguments_like(examples: Sequence[Arguments]) -> "SearchStrategy[Arguments]":
    """Arguments of the kinds that the examples have at each place."""
    from hypothesis import strategies as st

    return st.tuples(*(like(column) for column in zip(*examples, strict=True)))


def like(values: Sequence[Any]) -> "SearchStrategy[Any]":
    """Values of the kinds that are seen: of each type one strategy, within the signs, letters and lengths seen."""
    from hypothesis import strategies as st

    kinds: dict[type, list[Any]] = {}
    for value in values:
        kinds.setdefault(type(value), []).append(value)
    return st.one_of(*(_of_kind(kind, seen) for kind, seen in kinds.items()))


def same(answer: Any, expected: Any) -> bool:
    """Whether two values are one answer: equal, and floats within TOLERANCE or both not a number."""
    if isinstance(answer, float) or isinstance(expected, float):
        return _close(answer, expected)
    if isinstance(answer, list | tuple) and isinstance(expected, list | tuple):
        return type(answer) is type(expected) and len(answer) == len(expected) and all(map(same, answer, expected))
    if isinstance(answer, dict) and isinstance(expected, dict):
        return answer.keys() == expected.keys() and all(same(answer[key], expected[key]) for key in expected)
    return bool(answer == expected)


def _calling(trial: Trial, code: str, arguments: Arguments) -> Execute:
    test = f"raise AssertionError({_MARK!r} + repr({trial.names[0]}(*{arguments!r})))"
    return Execute(
        language=trial.language,
        code=code,
        tests=(test,),
        names=trial.names,
        context=trial.context,
        reference=trial.reference,
        files=trial.files,
        libraries=trial.libraries,
    )


def _outcome(ran: Execution | Refusal) -> Outcome:
    if isinstance(ran, Refusal):
        return Outcome(error=ran.reason)
    said = (ran.detail or "").partition(_MARK)[2]
    try:
        return Outcome(ast.literal_eval(said))
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return Outcome(error=ran.detail or ran.verdict)


def _literal_calls(test: str, names: frozenset[str]) -> Iterator[Arguments]:
    try:
        tree = parse(test)
    except SyntaxError:
        return
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in names:
            try:
                arguments = tuple(ast.literal_eval(argument) for argument in node.args)
            except (ValueError, TypeError):
                continue
            if not node.keywords:
                yield arguments


def _first(examples: Sequence[Arguments], program: Run, reference: Run, end: float) -> Counterexample | None:
    """The shortest of the examples that tells the two apart, of those tried before `end`."""
    tried = takewhile(lambda _: time.monotonic() < end, sorted(examples, key=_size))
    return next(
        (counterexample for example in tried if (counterexample := _differs(example, program, reference))), None
    )


def _shrunk(
    examples: Sequence[Arguments], program: Run, reference: Run, tries: int, end: float
) -> Counterexample | None:
    require("--counterexample", "counterexample")
    from hypothesis import HealthCheck
    from hypothesis import Phase
    from hypothesis import find
    from hypothesis import settings
    from hypothesis.errors import NoSuchExample

    how = settings(
        max_examples=tries,
        database=None,
        derandomize=True,
        deadline=None,
        phases=(Phase.generate, Phase.shrink),
        suppress_health_check=list(HealthCheck),
    )
    seen: dict[str, Counterexample | None] = {}

    def differs(arguments: Arguments) -> bool:
        key = repr(arguments)
        if key not in seen:
            if time.monotonic() > end:
                return False
            seen[key] = _differs(arguments, program, reference)
        return seen[key] is not None

    try:
        return seen[repr(find(arguments_like(examples), differs, settings=how))]
    except NoSuchExample:
        return None


def _differs(arguments: Arguments, program: Run, reference: Run) -> Counterexample | None:
    expected = reference([arguments])[0]
    if expected.error is not None:
        return None
    outcome = program([arguments])[0]
    if outcome.error is None and same(outcome.value, expected.value):
        return None
    return Counterexample(arguments, outcome, expected)


def _size(arguments: Arguments) -> int:
    return len(repr(arguments))


def _close(value: Any, expected: Any) -> bool:
    if not all(isinstance(number, int | float) for number in (value, expected)):
        return False
    if math.isnan(value) or math.isnan(expected):
        return math.isnan(value) and math.isnan(expected)
    return math.isclose(value, expected, rel_tol=TOLERANCE, abs_tol=TOLERANCE)


def _of_kind(kind: type, seen: Sequence[Any]) -> "SearchStrategy[Any]":
    from hypothesis import strategies as st

    if kind in _CONTAINERS:
        return _container(kind, seen)
    if kind is bool:
        return st.booleans()
    if kind is int:
        return st.integers(0 if min(seen) >= 0 else -_reach(seen), _reach(seen))
    if kind is float:
        low = 0.0 if min(seen) >= 0 else -float(_reach(seen))
        return st.floats(low, float(_reach(seen)), allow_nan=False)
    if kind is str:
        sizes = [len(value) for value in seen]
        return st.text(_alphabet(seen), min_size=min(1, *sizes, 1), max_size=max(sizes) + ROOM)
    return st.sampled_from(list(seen))


def _container(kind: type, seen: Sequence[Any]) -> "SearchStrategy[Any]":
    from hypothesis import strategies as st

    sizes = [len(value) for value in seen]
    least, most = min(1, *sizes, 1), max(sizes) + ROOM
    if kind is dict:
        return _mapping(seen, least, most)
    if kind is tuple and len(set(sizes)) == 1:
        return st.tuples(*(like(column) for column in zip(*seen, strict=True)))
    entries = [entry for value in seen for entry in value]
    if not entries:
        return st.just(kind())
    made = st.lists(like(entries), min_size=least, max_size=most)
    return made if kind is list else made.map(kind)


def _mapping(seen: Sequence[Mapping[Any, Any]], least: int, most: int) -> "SearchStrategy[Any]":
    from hypothesis import strategies as st

    keys, values = (
        [key for mapping in seen for key in mapping],
        [value for mapping in seen for value in mapping.values()],
    )
    if not keys:
        return st.just({})
    return st.dictionaries(like(keys), like(values), min_size=least, max_size=most)


def _reach(seen: Sequence[float]) -> int:
    """The largest number to try: twice the largest that is finite, 10 at least."""
    return max(10, 2 * math.ceil(max((abs(number) for number in seen if math.isfinite(number)), default=0)))


def _alphabet(seen: Sequence[str]) -> "SearchStrategy[str]":
    from hypothesis import strategies as st

    letters = sorted(set("".join(seen))) or ["a", "b"]
    return st.sampled_from(letters)


_CONTAINERS = frozenset({list, tuple, set, frozenset, dict})
