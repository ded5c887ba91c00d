"""A parity as one call: from what the command line says to the document."""

import hashlib
import json
from collections.abc import Callable
from collections.abc import Mapping
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from harness.cases.expressions import matching
from harness.encoding import canonical
from harness.errors import UsageError
from harness.evaluation.evaluate import table_at
from harness.evaluation.options import Options
from harness.evaluation.options import read
from harness.evaluation.page_tests import pages_of
from harness.parity.asking import Asked
from harness.parity.comparing import compare
from harness.parity.document import document
from harness.parity.state import Rule
from harness.parity.state import Side
from harness.parity.state import read_side
from harness.parity.subjects import Finished
from harness.parity.subjects import Live
from harness.parity.subjects import Subject
from harness.parity.subjects import read_subjects
from harness.store.atomic import write_atomic

RESULT = "parity.json"
"""The document's file in the folder of the runs."""
_OF_OTHERS = frozenset(
    {"gate", "baseline", "margin", "sequential", "certify", "fail-wrong", "dry-run", "run-dir", "model"}
)
"""Keys of `[tool.crosstask]` that say nothing to a parity."""


@dataclass(frozen=True, slots=True)
class Wish:
    """Which cases are asked, None as the configuration says; where the runs are kept; whether all is asked again."""

    recipe: str | None = None
    data: str | None = None
    limit: str | None = None
    keyword: str | None = None
    folder: Path | None = None
    refresh: bool = False


def parity(
    words: Sequence[str], wish: Wish, rule: Rule, root: Path = Path(), say: Callable[[str], None] = lambda _: None
) -> dict[str, Any]:
    """Compare the subjects that the words name, the first being the reference, and return the document.

    The runs of those that are asked, and the document as `parity.json`, are kept in a folder. Raises CrosstaskError,
    one sentence, where a subject cannot be had or nothing can be compared.
    """
    place = root.resolve()
    table = table_at(place)
    subjects = read_subjects(words, table, place)
    asks = any(isinstance(subject, Live) for subject in subjects)
    folder = wish.folder or place / "reports" / f"parity-{_digest(words, wish, rule)}"
    own = {name: value for name, value in table.items() if name not in _OF_OTHERS}
    sides = [_side(subject, _Place(wish, rule, own, place, folder)) for subject in subjects]
    result = document(compare(sides, rule, say), subjects, rule)
    if asks:
        write_atomic(folder / RESULT, json.dumps(result, indent=1, allow_nan=False) + "\n")
    return result


@dataclass(frozen=True, slots=True)
class _Place:
    """What all subjects are asked with."""

    wish: Wish
    rule: Rule
    table: Mapping[str, Any]
    root: Path
    folder: Path


def _side(subject: Subject, place: _Place) -> Side:
    if isinstance(subject, Finished):
        return read_side(subject)
    options = _options(subject, place)
    return Asked(subject.name, options, place.root, _benchmarks(options, place))


def _options(subject: Live, place: _Place) -> Options:
    wish = place.wish
    common = {
        "recipe": wish.recipe,
        "data": wish.data,
        "limit": wish.limit,
        "seed": place.rule.seed,
        "run-dir": str(place.folder / subject.name),
        "refresh": wish.refresh or None,
    }
    given = {name: value for name, value in common.items() if value is not None}
    options = read({**given, **subject.options}, place.table, place.root)
    descriptor = options.choice.descriptor
    if descriptor.weights or descriptor.recorded or options.refresh or not (place.folder / RESULT).exists():
        return options
    # another model may stand behind a server's name by now: the answers of a parity that is over say nothing of it
    return read({**given, **subject.options, "refresh": True}, place.table, place.root)


def _benchmarks(options: Options, place: _Place) -> list[str] | None:
    keyword = place.wish.keyword
    if keyword is None:
        return None
    areas = {page.benchmark: page.area for page in pages_of(options, place.root, None)}
    chosen = matching(keyword, areas, "page")
    return [name for name in areas if name in chosen]


def _digest(words: Sequence[str], wish: Wish, rule: Rule) -> str:
    if len(set(words)) < len(words):
        raise UsageError(f"parity: found {', '.join(words)}; expected each subject once")
    said = [list(words), wish.recipe, wish.data, wish.limit, wish.keyword, rule.seed]
    return hashlib.sha256(canonical(said)).hexdigest()[:12]
