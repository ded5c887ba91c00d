"""Which way of computing a model gets: the fastest that agrees with one sequence alone, as far as requests reach.

A way is tried where it is first wanted, at a length behind every edge of the model's `reach` that the longest request
passes. A model that ignores the mask or the positions it is given (state-space, ALiBi, learned relative bias) differs
by whole logits, a correct one by rounding.
"""

from collections.abc import Callable
from collections.abc import Iterator
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from typing import Literal
from typing import TypeAlias

from torch import Tensor

from harness.core import Refusal
from harness.engines.transformers.alone import Alone
from harness.engines.transformers.findings import Finding
from harness.engines.transformers.findings import Findings
from harness.engines.transformers.memory import OUT_OF_MEMORY
from harness.engines.transformers.memory import Budget
from harness.engines.transformers.memory import OutOfMemoryError
from harness.engines.transformers.memory import memory_errors
from harness.engines.transformers.memory import release
from harness.engines.transformers.packing import Packer
from harness.engines.transformers.probe import Text
from harness.engines.transformers.probe import Texts
from harness.engines.transformers.probe import alike
from harness.engines.transformers.probe import by_a_cache
from harness.engines.transformers.probe import by_itself
from harness.engines.transformers.probe import chain
from harness.engines.transformers.probe import difference
from harness.engines.transformers.probe import in_a_batch
from harness.engines.transformers.probe import in_a_tree
from harness.engines.transformers.probe import prompts
from harness.engines.transformers.probe import unsteady
from harness.engines.transformers.probe import wide
from harness.engines.transformers.probe import written
from harness.engines.transformers.probe import written_in_flight
from harness.engines.transformers.reach import Reach
from harness.errors import ModelError

Kind: TypeAlias = Literal["log-likelihoods", "completions"]
ALONE = "one by one"
WAYS: dict[Kind, tuple[str, ...]] = {
    "log-likelihoods": ("packed tree", "own cache", "padded batch", ALONE),
    "completions": ("slots", "own cache", ALONE),
}
"""The fastest first. On a GPU a padded batch comes before the model's own cache, which reads one sequence at a time."""
WRONG_MODEL = (TypeError, ValueError, RuntimeError, IndexError, KeyError, AttributeError, AssertionError, StopIteration)
"""What a model raises that cannot take a ready mask, positions, our cache or so many tokens."""


@dataclass(frozen=True, slots=True)
class Probe:
    """One comparison: of a chain of `length` tokens, or of a tree as wide."""

    length: int
    wide: bool = False


class Ways:
    """Chooses, and tells what it has chosen; `alone` and `packer` compute with the same model."""

    def __init__(self, alone: Alone, packer: Packer, budget: Budget, reach: Reach, findings: Findings) -> None:
        self.alone, self.packer, self.budget, self.reach = alone, packer, budget, reach
        self.findings = findings
        self._expected: dict[tuple[Kind, Probe], list[Tensor]] = {}
        self._chosen: dict[tuple[Kind, int | None], str | Refusal] = {}

    def way(self, kind: Kind, length: int) -> str | Refusal:
        """How sequences of `length` tokens are computed, beside others that come this way and are no longer."""
        until = self.reach.until(length)
        if (kind, until) not in self._chosen:
            self._chosen[kind, until] = self._choose(kind, length)
            self._expected.clear()
        return self._chosen[kind, until]

    def knows(self, kind: Kind, length: int) -> bool:
        """Whether `way` needs no look at the model."""
        return (kind, self.reach.until(length)) in self._chosen

    def require_sound(self, name: str) -> None:
        """Raises ModelError where a model has no log P of its own: it looks ahead, is not steady, or does not run."""
        finding = self._found("sound", self._sound)
        if finding.why is not None:
            raise ModelError(f"{name}: {finding.why}; expected a causal language model")

    def describe(self) -> dict[str, Any]:
        """For each kind of request its ways: up to how many tokens (None: all), and why none that is faster."""
        described: dict[str, list[dict[str, Any]]] = {}
        for (kind, until), way in self._chosen.items():
            told = way if isinstance(way, str) else f"refused: {way.reason}"
            described.setdefault(kind, []).append({"up_to": until, "way": told, "why": self._why(kind, until, way)})
        return {
            kind: sorted(ways, key=lambda entry: (entry["up_to"] is None, entry["up_to"]))
            for kind, ways in described.items()
        }

    def largest(self) -> float | None:
        """The largest difference of log P (nats) of a way that was taken; None where none was compared."""
        taken = [
            finding.largest
            for (kind, until), way in self._chosen.items()
            for probe in self._probes(str(way), self._length(until))
            if (finding := self.findings.get(_name(kind, str(way), probe))) is not None and finding.largest is not None
        ]
        return max(taken, default=None)

    def _choose(self, kind: Kind, length: int) -> str | Refusal:
        for way in self._order(kind):
            if all(self._agrees(kind, way, probe) for probe in self._probes(way, length)):
                return way
        last = [self.findings.get(_name(kind, ALONE, probe)) for probe in self._probes(ALONE, length)]
        why = next((finding.why for finding in last if finding is not None and finding.why is not None), None)
        if why is None:
            return OUT_OF_MEMORY
        edge = max((first for first, _ in self.reach.edges if first < length), default=0)
        return Refusal(f"the model cannot be asked for {kind} of more than {edge} tokens: {why}")

    def _order(self, kind: Kind) -> tuple[str, ...]:
        ways = WAYS[kind]
        if kind == "log-likelihoods" and self.alone.model.device.type != "cpu":
            return ways[0], ways[2], ways[1], ways[3]
        return ways

    def _probes(self, way: str, length: int) -> Iterator[Probe]:
        """What a way must agree on before it computes sequences of `length` tokens."""
        if way in {"packed tree", "slots"}:
            # a pass holds the columns of a batch behind those of a sequence
            edges = [last for first, last in self.reach.edges if first < length + self.budget.tokens]
            if edges:
                yield Probe(edges[-1] + edges[-1] // 4, wide=True)
        for edge in self.reach.within(length):
            yield Probe(edge if self.reach.context is None else min(edge, self.reach.context))

    def _agrees(self, kind: Kind, way: str, probe: Probe) -> bool:
        try:
            finding = self._found(_name(kind, way, probe), lambda: self._compare(kind, way, probe))
        except OutOfMemoryError:
            release()
            return False
        return finding.why is None

    def _found(self, name: str, look: Callable[[], Finding]) -> Finding:
        known = self.findings.get(name)
        if known is None:
            known = look()
            self.findings.put(name, known)
        return known

    def _compare(self, kind: Kind, way: str, probe: Probe) -> Finding:
        try:
            with memory_errors():
                if not probe.wide and (why := self._refused(kind, probe)) is not None:
                    return Finding(why)
                expected = self._alone(kind, probe)
                if way == ALONE:
                    return Finding()
                largest, mean = self._differences(kind, way, probe, expected)
        except WRONG_MODEL as error:
            return Finding(f"{type(error).__name__}: {_sentence(error)}")
        if alike(largest, mean, self.alone.precision):
            return Finding(None, largest)
        tokens = f"{probe.length} {'columns' if probe.wide else 'tokens'}"
        return Finding(f"log P differs by up to {largest:.2g} nats at {tokens}", largest)

    def _refused(self, kind: Kind, probe: Probe) -> str | None:
        """Why no way computes log P at this length, if so."""
        if kind == "completions" or probe.length <= self.reach.base:
            return None
        name = f"steady, {probe.length} tokens"
        return self._found(name, lambda: Finding(unsteady(self.alone, probe.length))).why

    def _alone(self, kind: Kind, probe: Probe) -> list[Tensor]:
        """Log P of a probe's texts, each alone."""
        if (kind, probe) not in self._expected:
            if kind == "completions" and not probe.wide:
                expected = [written(self.alone, [text])[0] for text in self._prompts(probe)]
            elif probe.wide:
                texts = wide(self.alone.model, probe.length)
                expected = by_itself(self.alone, [texts[at] for at in _looked_at(texts)])
            else:
                expected = by_itself(self.alone, self._chain(probe))
            self._expected[kind, probe] = expected
        return self._expected[kind, probe]

    def _prompts(self, probe: Probe) -> Texts:
        return prompts(self.alone.model, probe.length, self.reach.passed)

    def _chain(self, probe: Probe) -> list[Text]:
        return chain(self.alone.model, probe.length, self.reach.passed)

    def _differences(self, kind: Kind, way: str, probe: Probe, expected: list[Tensor]) -> tuple[float, float]:
        """The largest difference of a way from each text alone, and the largest mean."""
        if way in {"packed tree", "slots"} and not self.packer.attention.maskable:
            kinds = ", ".join(sorted(self.packer.attention.kinds))
            raise ValueError(f"its layers are {kinds}, and not all of them take a mask")
        if probe.wide:
            texts = wide(self.alone.model, probe.length)
            tree = in_a_tree(self.packer, texts, 2 * probe.length)
            return difference([tree[at] for at in _looked_at(texts)], expected)
        if kind == "completions":
            return difference(self._written(way, self._prompts(probe)), expected)
        links = self._chain(probe)
        if way == "packed tree":
            return self._packed(probe, links, expected)
        computed = by_a_cache if way == "own cache" else in_a_batch
        return difference(computed(self.alone, links), expected)

    def _written(self, way: str, texts: Texts) -> list[Tensor]:
        if way == "slots":
            return written_in_flight(self.packer, texts, self.budget.tokens)
        return [written(self.alone, [text, text[1:] + text[:1]])[0] for text in texts]

    def _packed(self, probe: Probe, texts: Sequence[Text], expected: list[Tensor]) -> tuple[float, float]:
        """A small tree in one pass, and in passes that hang on a cached path; a large one as it comes."""
        budgets = {self.budget.tokens}
        if 2 * probe.length <= self.budget.tokens:
            budgets.add(max(1, probe.length // 2 - 3))
        differences = [difference(in_a_tree(self.packer, texts, most), expected) for most in budgets]
        return max(largest for largest, _ in differences), max(mean for _, mean in differences)

    def _sound(self) -> Finding:
        """Whether log P is a function of the tokens before it, the same every time."""
        length = self.reach.base
        try:
            return Finding(unsteady(self.alone, length))
        except WRONG_MODEL as error:
            return Finding(f"it does not compute {length} tokens ({type(error).__name__}: {_sentence(error)})")

    def _length(self, until: int | None) -> int:
        """A length that the ways up to `until` are chosen for."""
        return until if until is not None else max((last for _, last in self.reach.edges), default=0) + 1

    def _why(self, kind: Kind, until: int | None, way: str | Refusal) -> str | None:
        """Why every faster way was left out; None for the fastest."""
        order = self._order(kind)
        faster = order[: order.index(way)] if isinstance(way, str) else order
        reasons = []
        for other in faster:
            findings = [self.findings.get(_name(kind, other, at)) for at in self._probes(other, self._length(until))]
            why = next((finding.why for finding in findings if finding is not None and finding.why is not None), None)
            reasons.append(f"{other}: {why or 'out of memory'}")
        return "; ".join(reasons) or None


def _looked_at(texts: Sequence[Text]) -> list[int]:
    return sorted({0, len(texts) // 2, len(texts) - 1})


def _name(kind: Kind, way: str, probe: Probe) -> str:
    # the prompts of sequences in flight are read through a packed tree, so that a wide one is looked at once for both
    if probe.wide:
        return f"packed tree, {probe.length} columns"
    return f"{kind}, {way}, {probe.length} tokens"


def _sentence(error: BaseException) -> str:
    return (str(error).strip() or "no reason given").splitlines()[0].rstrip(".")
