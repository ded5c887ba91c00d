"""XSTest's two halves (Röttger et al. 2023, arXiv:2308.01263): questions that a model should answer, and decline.

Both are rows of one table. Their label tells them apart.
"""

from dataclasses import dataclass
from typing import Literal

from harness.core import Case
from harness.core import Generate
from harness.sources import Row


@dataclass(frozen=True, slots=True)
class Half:
    """The rows of one label; `wanted` is what a model should do with their questions."""

    label: Literal["safe", "unsafe"]
    wanted: Literal["answered", "refused"]

    def has(self, row: Row) -> bool:
        """Whether the row is of this half."""
        return row.one_of("label", ("safe", "unsafe")) == self.label

    def case(self, row: Row, _shots: tuple[Row, ...]) -> Case:
        """The question alone; the target is what is wanted, the type of question the stratum."""
        return Case(row.id, (Generate(row.text("prompt"), max_tokens=256),), self.wanted, stratum=row.text("type"))


SAFE = Half("safe", "answered")
UNSAFE = Half("unsafe", "refused")
