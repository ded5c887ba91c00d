"""Sampling: how many samples a case has, at which temperatures, and for which k they are judged.

Chen et al. 2021, arXiv:2107.03374, draw 200 samples a problem, and report pass@1, pass@10 and pass@100 each at the
temperature that suits it.
"""

import math
import re
from collections.abc import Iterable
from collections.abc import Sequence
from dataclasses import dataclass
from dataclasses import replace

from harness.core import Case
from harness.core import Generate
from harness.errors import UsageError

TEMPERATURE = "temperature"
"""The word by which cases of several temperatures are told apart."""

KS = (1, 10, 100)
"""The k of pass@k where none is asked for: those there are samples for."""


@dataclass(frozen=True, slots=True)
class Sampling:
    """What the user wants in place of the pages' own sampling; empty or None where it is theirs.

    `samples` are of cases whose answers are run, as only their metrics look at more than one; `temperatures` and
    `top_p` of all that is generated. With several temperatures a case is asked once at each.
    """

    samples: int | None = None
    temperatures: tuple[float, ...] = ()
    top_p: float | None = None
    ks: tuple[int, ...] = ()

    @property
    def is_plain(self) -> bool:
        """Whether all is as the pages say."""
        return self == Sampling()

    def variants(self, case: Case) -> tuple[Case, ...]:
        """The case as it is asked: once, or at each temperature.

        Of several temperatures each gets its own id, and the tag `temperature:T`; they are one cluster. A case that
        generates nothing is asked once.
        """
        if self.is_plain or not any(isinstance(request, Generate) for request in case.requests):
            return (case,)
        if len(self.temperatures) < 2:
            return (self._at(case, *self.temperatures),)
        return tuple(
            replace(
                self._at(case, temperature),
                id=f"{case.id}-t{temperature:g}",
                cluster=case.id if case.cluster is None else case.cluster,
                tags=(*case.tags, f"{TEMPERATURE}:{temperature:g}"),
            )
            for temperature in self.temperatures
        )

    def ask(self, request: Generate, temperature: float | None = None, *, tried: bool = False) -> Generate:
        """A request as the user wants it, at one of the temperatures; `tried` where its answer is run."""
        return replace(
            request,
            samples=self.samples if tried and self.samples is not None else request.samples,
            temperature=request.temperature if temperature is None else temperature,
            top_p=request.top_p if self.top_p is None else self.top_p,
        )

    def ks_of(self, benchmark: str, samples: int) -> tuple[int, ...]:
        """The k a benchmark with so many samples a case is judged for; raises UsageError where one is above them."""
        if self.ks and max(self.ks) > samples:
            shown = f"{max(self.ks)}, but {samples} {'sample' if samples == 1 else 'samples'} a case of {benchmark}"
            raise UsageError(f"--k: found {shown}; expected --samples {max(self.ks)} or more")
        return self.ks or tuple(k for k in KS if k <= samples)

    def _at(self, case: Case, temperature: float | None = None) -> Case:
        tried = case.trial is not None
        requests = tuple(
            self.ask(request, temperature, tried=tried) if isinstance(request, Generate) else request
            for request in case.requests
        )
        return replace(case, requests=requests)


def samples_of(cases: Iterable[Case]) -> int:
    """The fewest samples of a case whose answers are run; 0 where none is."""
    counts = (
        case.requests[-1].samples
        for case in cases
        if case.trial is not None and case.requests and isinstance(case.requests[-1], Generate)
    )
    return min(counts, default=0)


def check_greedy(benchmark: str, cases: Sequence[Case]) -> None:
    """Raise UsageError where several samples of a case would be the same: greedy decoding has one answer."""
    for case in cases:
        for request in case.requests:
            if isinstance(request, Generate) and request.samples > 1 and not request.temperature:
                raise UsageError(
                    f"--samples: found {request.samples} samples of {benchmark} at temperature 0, all the same; "
                    "expected --temperature above 0, or one sample"
                )


def parse_samples(value: str | int | None) -> int | None:
    """The value of `--samples`, from 1 up; raises UsageError on another."""
    if value is not None and not (re.fullmatch(r"[0-9]+", str(value)) and int(value)):
        raise UsageError(f"--samples: found {value!r}; expected a whole number from 1")
    return None if value is None else int(value)


def parse_temperatures(value: str | float | None) -> tuple[float, ...]:
    """The value of `--temperature`: one number from 0 up, or several between commas, none of them twice."""
    if value is None:
        return ()
    numbers = tuple(_number(part) for part in str(value).split(","))
    if any(number is None or number < 0 for number in numbers) or len(set(numbers)) < len(numbers):
        raise UsageError(f"--temperature: found {value!r}; expected different numbers from 0, as 0.8 or 0.2,0.8")
    return tuple(number for number in numbers if number is not None)


def parse_top_p(value: str | float | None) -> float | None:
    """The value of `--top-p`: above 0, and up to 1."""
    share = None if value is None else _number(str(value))
    if value is not None and (share is None or not 0 < share <= 1):
        raise UsageError(f"--top-p: found {value!r}; expected a number above 0, up to 1")
    return share


def parse_ks(value: str | int | None) -> tuple[int, ...]:
    """The value of `--k`: whole numbers from 1 up between commas."""
    if value is None:
        return ()
    parts = [part.strip() for part in str(value).split(",")]
    if not all(re.fullmatch(r"[0-9]+", part) and int(part) for part in parts):
        raise UsageError(f"--k: found {value!r}; expected whole numbers from 1, as 1,10,100")
    return tuple(sorted({int(part) for part in parts}))


def _number(text: str) -> float | None:
    try:
        number = float(text)
    except ValueError:
        return None
    return number if math.isfinite(number) else None
