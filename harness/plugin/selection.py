"""Selection before rows: which pages `-k`, `-m`, the paths and the recipe can still select.

pytest applies `-k` after collection, so a naive page would load every dataset. Here the expression is
evaluated on what a page's cases will be called as far as that is known: an identifier that is part
of a page's path, test or marks is that page's name and no other page's; one that is part of none
may be part of a case id, so that no page is ruled out by it.
"""

from collections.abc import Callable
from collections.abc import Iterable
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import product
from pathlib import Path

import pytest
from _pytest.mark.expression import Expression

from harness.errors import UsageError
from harness.recipes import Recipe

_MOST_UNKNOWN = 10


@dataclass(frozen=True, slots=True)
class Page:
    """A file of the evals folders, as known before it is imported: `names` are parts of its cases' names."""

    path: Path
    names: tuple[str, ...]

    @property
    def benchmark(self) -> str:
        """The benchmark's name, by convention the file's stem."""
        return self.path.stem

    @property
    def area(self) -> str:
        """The benchmark's area, by convention the folder's name."""
        return self.path.parent.name


def find_pages(folders: Iterable[Path], root: Path) -> list[Page]:
    """Every page under the folders, in order; names are the parts of its path below `root` and its test's name."""
    files = (path for folder in folders for path in sorted(folder.rglob("*.py")) if is_page(path))
    return [Page(path, (*_relative(path, root).parts[1:], f"test_{path.stem}")) for path in files]


def is_page(path: Path) -> bool:
    """Whether a file may hold a benchmark: not a conftest, not a package's `__init__`."""
    return path.suffix == ".py" and path.name != "conftest.py" and not path.name.startswith("_")


class Selection:
    """Decides, page by page, whether any of its cases can be selected.

    `chosen` are files named on the command line: they run whatever the recipe says.
    """

    def __init__(self, config: pytest.Config, recipe: Recipe, pages: Sequence[Page], chosen: frozenset[Path]) -> None:
        self._keyword = _compile("-k", config.option.keyword)
        self._mark = _compile("-m", config.option.markexpr)
        self._pages = pages
        self._chosen = chosen
        self._recipe = recipe
        self._within = self._selects_within_recipe()

    def wants(self, path: Path, name: str, names: Sequence[str], marks: frozenset[str]) -> bool:
        """Whether a page's benchmark `name` can have selected cases; `names` are known parts of their names."""
        if path not in self._chosen and self._within and not self._recipe.includes(name):
            return False
        return self._may_match(names, marks)

    def _selects_within_recipe(self) -> bool:
        """False where `-k` or `-m` select nothing of the recipe: then they select among all pages."""
        if self._keyword is None and self._mark is None:
            return True
        inside = [page for page in self._pages if self._recipe.includes(page.benchmark)]
        return any(self._may_match(page.names, frozenset({page.area, page.benchmark})) for page in inside)

    def _may_match(self, names: Sequence[str], marks: frozenset[str]) -> bool:
        if self._mark is not None and not self._mark.evaluate(_matcher(lambda identifier: identifier in marks)):
            return False
        return self._keyword is None or self._may_match_keyword(self._keyword, (*names, *marks))

    def _may_match_keyword(self, expression: Expression, names: Sequence[str]) -> bool:
        """Whether the expression holds for some choice of the identifiers that may be part of a case id."""
        known: dict[str, bool] = {}
        unknown: list[str] = []
        for identifier in expression.idents():
            if _is_part(identifier, names):
                known[identifier] = True
            elif any(_is_part(identifier, (*page.names, page.area)) for page in self._pages):
                known[identifier] = False
            else:
                unknown.append(identifier)
        if len(unknown) > _MOST_UNKNOWN:
            return True
        choices = (
            known | dict(zip(unknown, values, strict=True)) for values in product((True, False), repeat=len(unknown))
        )
        return any(expression.evaluate(_matcher(choice.__getitem__)) for choice in choices)


def _matcher(decide: Callable[[str], bool]) -> Callable[..., bool]:
    return lambda name, /, **_: decide(name)


def _is_part(identifier: str, names: Iterable[str]) -> bool:
    return any(identifier.lower() in name.lower() for name in names)


def _compile(option: str, text: str) -> Expression | None:
    try:
        return Expression.compile(text) if text else None
    except SyntaxError as error:
        raise UsageError(f"{option} {text!r}: {error}; expected an expression of names, and, or, not") from error


def _relative(path: Path, root: Path) -> Path:
    return path.relative_to(root) if path.is_relative_to(root) else path
