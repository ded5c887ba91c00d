"""Answers generated elsewhere, read from a file and joined to cases: no model, no torch.

A line of a `.jsonl` or `.jsonl.gz` file is one answer of one model:

    {"benchmark": "gsm8k", "case": "main-0", "model": "m", "texts": ["… #### 18"]}
    {"benchmark": "boolq", "key": {"question": "is …"}, "model": "m", "loglikelihoods": [-1.2, -0.4]}

`case` is the case's id, `key` names fields that are equal in the benchmark's row. `finish` ("stop"
unless given) and `tokens` (0 where unknown) say more of each text, `tokens` and `greedy` (false where
unknown) of each log-likelihood. One value may stand bare where a list holds one. Other tools' files
are read through a field map. Texts are cut at the page's stop strings and parted from their thoughts as an engine's
are, unless they are wanted as they stand.
"""

from collections.abc import Callable
from collections.abc import Mapping
from collections.abc import Sequence
from dataclasses import dataclass
from dataclasses import replace
from pathlib import Path
from typing import Any
from typing import TypeAlias

from harness.core import Case
from harness.core import Completion
from harness.core import Completions
from harness.core import Generate
from harness.core import LogLikelihood
from harness.core import LogLikelihoods
from harness.core import Request
from harness.core import Response
from harness.encoding import canonical
from harness.engines import Engine
from harness.engines.descriptor import Choice
from harness.engines.descriptor import EngineDescriptor
from harness.engines.descriptor import EngineSpec
from harness.engines.descriptor import Prepared
from harness.engines.options import ANSWERS
from harness.engines.options import STANDARD
from harness.engines.options import Option
from harness.engines.replay.fieldmap import LINE_FIELDS
from harness.engines.replay.fieldmap import FieldMap
from harness.errors import EngineError
from harness.errors import SourceError
from harness.errors import UsageError
from harness.models import Card
from harness.prompts import stops
from harness.sources import Row
from harness.sources.jsonl import parse_lines
from harness.sources.jsonl import read_bytes
from harness.sources.jsonl import stem
from harness.sources.jsonl import unpack
from harness.text_answers.ending import replayed

Answered: TypeAlias = Completions | LogLikelihoods
Fields: TypeAlias = Mapping[str, Any]
ANSWERS_MAP = Option(
    "answers-map",
    "a TOML field map that reads another tool's answers",
    "FILE",
    "file",
    manifest="never",
    hashed_under="answers",
)
AS_IS = Option(
    "as-is",
    "score replayed answers as they stand: not cut at the page's stop strings, thoughts left in",
    kind="switch",
    default=False,
)
ROUNDING = 1e-3
"""A log-likelihood may exceed 0 by this much, in nats: what float16 makes of certainty."""


@dataclass(frozen=True, slots=True)
class Answer:
    """One answer of one model, where it stands, and what its case is known by: an id, or fields of its row."""

    where: str
    benchmark: str
    model: str
    case: str | None
    key: Fields
    response: Answered


@dataclass(frozen=True, slots=True)
class Replay:
    """The answers of a file, in its order; `as_is` says that texts are scored as they stand."""

    answers: tuple[Answer, ...]
    where: str = "answers"
    as_is: bool = False

    @classmethod
    def read(cls, path: Path, field_map: Path | None = None, *, as_is: bool = False) -> "Replay":
        """All answers of a file, checked; raises SourceError naming file and line, UsageError for a bad field map."""
        stem(path)
        lines = FieldMap.read(field_map).lines if field_map else _as_is
        rows = parse_lines(unpack(read_bytes(path), path), path)
        places = ((f"{path}:{number}", row) for number, row in rows)
        answers = tuple(_answer(line, where) for where, row in places for line in lines(row, where))
        return cls(answers, str(path), as_is)

    @property
    def models(self) -> tuple[str, ...]:
        """The models that answered, in order of their first answer."""
        return tuple(dict.fromkeys(answer.model for answer in self.answers))

    @property
    def benchmarks(self) -> tuple[str, ...]:
        """The benchmarks answered, in order of their first answer."""
        return tuple(dict.fromkeys(answer.benchmark for answer in self.answers))

    def samples(self, benchmark: str) -> int | None:
        """How many texts the first answer to a benchmark holds; None where none of its answers is text."""
        responses = (answer.response for answer in self.answers if answer.benchmark == benchmark)
        return next((len(response.completions) for response in responses if isinstance(response, Completions)), None)

    def join(
        self,
        benchmark: str,
        cases: Sequence[Case],
        rows: Sequence[Row],
        *,
        template: bool = True,
    ) -> Mapping[tuple[str, str], Response]:
        """The response of each (model, case id) that has one; `rows` are the cases' own, in parallel.

        Unless they are scored as they stand, texts become what an engine leaves of them; without a `template` the stop
        strings that are
        source text apply too, as `prompts.stops` says.

        Give all cases of the benchmark and select afterwards: an answer that matches none of them,
        or two, and a second answer of one model to one case raise SourceError, as does an answer that does not fit
        what the case asks.
        """
        places = _Places(benchmark, cases, rows)
        joined: dict[tuple[str, str], Answer] = {}
        for answer in self.answers:
            if answer.benchmark != benchmark:
                continue
            case = places.case(answer)
            if earlier := joined.get((answer.model, case.id)):
                raise SourceError(
                    f"{answer.where}: a second answer of {answer.model} to {benchmark} {case.id}; "
                    f"expected one, which {earlier.where} holds"
                )
            _fits(answer, case)
            ended = answer if self.as_is else _ended(answer, case.requests[0], template=template)
            joined[answer.model, case.id] = ended
        return {place: answer.response for place, answer in joined.items()}


class _Places:
    """The cases of a benchmark by id and, one table for each set of key fields asked for, by their rows' fields."""

    def __init__(self, benchmark: str, cases: Sequence[Case], rows: Sequence[Row]) -> None:
        self._benchmark = benchmark
        self._by_id = {case.id: [case] for case in cases}
        self._cases = cases
        self._rows = rows
        self._by_fields: dict[tuple[str, ...], dict[bytes, list[Case]]] = {}

    def case(self, answer: Answer) -> Case:
        """The one case an answer is of."""
        if answer.case is not None:
            hits, asked = self._by_id.get(answer.case, []), f"case {answer.case!r}"
        else:
            names = tuple(sorted(answer.key))
            hits = self._table(names, answer.where).get(canonical([answer.key[name] for name in names]), [])
            asked = f"the key of {', '.join(map(repr, names))}"
        if len(hits) == 1:
            return hits[0]
        if hits:
            both = " and ".join(case.id for case in hits[:2])
            raise SourceError(
                f"{answer.where}: {asked} hits {both} of {self._benchmark}; expected a key of one row only"
            )
        raise SourceError(
            f"{answer.where}: {asked} is in no row of {self._benchmark}; expected the rows of the same --data and split"
        )

    def _table(self, names: tuple[str, ...], where: str) -> dict[bytes, list[Case]]:
        if names not in self._by_fields:
            table: dict[bytes, list[Case]] = {}
            for case, row in zip(self._cases, self._rows, strict=True):
                if lacking := [name for name in names if name not in tuple(row)]:
                    raise SourceError(
                        f"{where}: key field {lacking[0]!r} is not in the rows of {self._benchmark}; "
                        f"expected one of {', '.join(map(repr, row))}"
                    )
                table.setdefault(canonical([row[name] for name in names]), []).append(case)
            self._by_fields[names] = table
        return self._by_fields[names]


def _fits(answer: Answer, case: Case) -> None:
    """Raise SourceError unless the answer is of the kind and number the case asks for."""
    given, wanted = _shape(answer.response), _wanted(case.requests)
    if given != wanted:
        raise SourceError(f"{answer.where}: {given} for {answer.benchmark} {case.id}; expected {wanted}")


def _ended(answer: Answer, request: Request, *, template: bool) -> Answer:
    """The answer as an engine would have ended it."""
    response = answer.response
    if not isinstance(response, Completions) or not isinstance(request, Generate):
        return answer
    strings = stops(request, template=template)
    ended = tuple(replayed(completion, strings) for completion in response.completions)
    return replace(answer, response=replace(response, completions=ended))


def _shape(response: Answered) -> str:
    if isinstance(response, Completions):
        return _count(len(response.completions), "text")
    return _count(len(response.values), "log-likelihood")


def _wanted(requests: Sequence[Request]) -> str:
    if len(requests) != 1:
        return f"a case of one request, since {len(requests)} cannot be replayed"
    if isinstance(requests[0], Generate):
        return _count(requests[0].samples, "text")
    return _count(len(requests[0].pairs) if isinstance(requests[0], LogLikelihood) else 1, "log-likelihood")


def _count(number: int, noun: str) -> str:
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"


def _as_is(row: dict[str, Any], where: str) -> tuple[dict[str, Any], ...]:
    if unknown := sorted(set(row) - {*LINE_FIELDS, "key"}):
        raise SourceError(f"{where}: unknown field {unknown[0]!r}; expected {', '.join(LINE_FIELDS)} or key")
    return (row,)


def _answer(line: Fields, where: str) -> Answer:
    if ("case" in line) == ("key" in line):
        raise SourceError(f"{where}: {'both' if 'case' in line else 'neither'} case and key; expected one of the two")
    if ("texts" in line) == ("loglikelihoods" in line):
        both = "both" if "texts" in line else "neither"
        raise SourceError(f"{where}: {both} texts and loglikelihoods; expected one of the two")
    case, key = line.get("case"), line.get("key", {})
    if "case" in line and (isinstance(case, bool) or not isinstance(case, str | int)):
        raise SourceError(f"{where}, field 'case': {case!r}; expected a case id")
    if "key" in line and (not isinstance(key, dict) or not key):
        raise SourceError(f"{where}, field 'key': {key!r}; expected an object of row fields")
    response = _completions(line, where) if "texts" in line else _loglikelihoods(line, where)
    benchmark, model = (_name(line, name, where) for name in ("benchmark", "model"))
    return Answer(where, benchmark, model, None if case is None else str(case), key, response)


def _name(line: Fields, name: str, where: str) -> str:
    value = line.get(name)
    if not isinstance(value, str) or not value.strip():
        raise SourceError(f"{where}, field {name!r}: {value!r}; expected a name")
    return value


def _completions(line: Fields, where: str) -> Completions:
    texts = _values(line, "texts", where)
    finish = _parallel(line, "finish", where, len(texts), "stop")
    tokens = _parallel(line, "tokens", where, len(texts), 0)
    return Completions(tuple(map(Completion, texts, finish, tokens)))


def _loglikelihoods(line: Fields, where: str) -> LogLikelihoods:
    values = _values(line, "loglikelihoods", where)
    tokens = _parallel(line, "tokens", where, len(values), 0)
    greedy = _parallel(line, "greedy", where, len(values), default=False)
    return LogLikelihoods(tuple(map(float, values)), tuple(tokens), tuple(greedy))


def _parallel(line: Fields, name: str, where: str, count: int, default: Any) -> list[Any]:
    """The values of a field that says more of each text or log-likelihood, or the default for each."""
    values = _values(line, name, where) if name in line else [default] * count
    if len(values) != count:
        raise SourceError(f"{where}, field {name!r}: {len(values)} of them; expected {count}")
    return values


def _values(line: Fields, name: str, where: str) -> list[Any]:
    values = line[name] if isinstance(line[name], list) else [line[name]]
    right, expected = _VALUES[name]
    wrong = [value for value in values if not right(value)]
    if wrong or not values:
        raise SourceError(f"{where}, field {name!r}: {wrong[0] if wrong else []!r}; expected {expected}")
    return values


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


_VALUES: Mapping[str, tuple[Callable[[Any], bool], str]] = {
    "texts": (lambda value: isinstance(value, str), "text"),
    "loglikelihoods": (lambda value: _is_number(value) and value <= ROUNDING, "log P in nats, a number not above 0"),
    "finish": (lambda value: value in ("stop", "length"), "stop or length"),
    "tokens": (lambda value: _is_number(value) and isinstance(value, int) and value >= 0, "a count of tokens"),
    "greedy": (lambda value: isinstance(value, bool), "true or false"),
}


def read(choice: Choice) -> Replay:
    """The answers that the user named; raises UsageError where no file is named."""
    if choice[ANSWERS] is None:
        raise UsageError(
            f"--engine {choice.engine}: found no --answers; expected a file of answers generated elsewhere"
        )
    return Replay.read(choice[ANSWERS], choice[ANSWERS_MAP], as_is=choice[AS_IS])


def open_engine(spec: EngineSpec) -> Engine:
    """No engine; raises EngineError."""
    raise EngineError(f"engine {spec.settings.engine}: opened; expected its answers to be read from their file")


def prepare(card: Card, choice: Choice) -> Prepared:
    """No model; raises EngineError."""
    raise EngineError(f"engine {choice.engine}: asked for {card.name}; expected its answers to be read from their file")


def _notes(choice: Choice) -> Sequence[str]:
    said = "Answers are scored as they stand in the file: stops and thoughts are left in (--as-is)."
    return (said,) if choice[AS_IS] else ()


ENGINE = EngineDescriptor(
    open_engine,
    prepare,
    options=(ANSWERS, ANSWERS_MAP, AS_IS, *STANDARD),  # a configuration for real models serves as it stands
    weights=False,
    notes=_notes,
    recorded=read,
)
