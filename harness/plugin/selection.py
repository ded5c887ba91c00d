"""Selection before rows: which pages `-k`, `-m`, the paths and the recipe can still select.

pytest applies `-k` after collection, so a naive page would load every dataset. Here the expression is
evaluated on what a page's cases will be called as far as that is known: an identifier that is part
of a page's path, test or marks is that page's name and no other page's; one that is part of none
may be part of a case id, so that no page is ruled out by it.
"""

from collections.abc import Iterator
from collections.abc import Mapping
from collections.abc import Sequence
from itertools import product
from pathlib import Path

import pytest

from harness.cases.expressions import Expression
from harness.cases.expressions import is_part
from harness.cases.expressions import read_expression
from harness.cases.pages import Page
from harness.cases.recipes import Recipe

_MOST_UNKNOWN = 10


class Selection:
    """Decides, page by page, whether any of its cases can be selected.

    `chosen` are pages that the command line names: they run whatever the recipe says. So do those that `-k` or `-m`
    select by a name that no page of the recipe has: `-m "code or math"` means both, where the recipe lists no code.
    """

    def __init__(self, config: pytest.Config, recipe: Recipe, pages: Sequence[Page], chosen: frozenset[Path]) -> None:
        self._keyword = _given("-k", config.option.keyword)
        self._mark = _given("-m", config.option.markexpr)
        self._pages = pages
        self._chosen = chosen
        self._recipe = recipe
        self._inside = [page for page in pages if recipe.includes(page.benchmark)]
        self._within = self._selects_within_recipe()

    def wants(self, path: Path, name: str, names: Sequence[str], marks: frozenset[str]) -> bool:
        """Whether a page's benchmark `name` can have selected cases; `names` are known parts of their names."""
        if not self._may_match(names, marks):
            return False
        if path in self._chosen or not self._within or self._recipe.includes(name):
            return True
        return self._is_named(names, marks)

    def _selects_within_recipe(self) -> bool:
        """False where `-k` or `-m` select nothing of the recipe: then they select among all pages."""
        if self._keyword is None and self._mark is None:
            return True
        return any(self._may_match(page.names, frozenset({page.area, page.benchmark})) for page in self._inside)

    def _is_named(self, names: Sequence[str], marks: frozenset[str]) -> bool:
        """Whether `-k` or `-m` hold for a page because of a name of its own, which no page of the recipe has."""
        inside = {name for page in self._inside for name in (*page.names, page.area, page.benchmark)}
        if self._mark is not None:
            own = {name for name in self._mark.names if name in marks and name not in inside}
            if _decides(self._mark, {name: name in marks for name in self._mark.names}, own):
                return True
        if self._keyword is None:
            return False
        every = (*names, *marks)
        own = {name for name in self._keyword.names if is_part(name, every) and not is_part(name, inside)}
        return any(_decides(self._keyword, choice, own) for choice in self._choices(self._keyword, every) or ())

    def _may_match(self, names: Sequence[str], marks: frozenset[str]) -> bool:
        if self._mark is not None and not self._mark.holds(lambda identifier: identifier in marks):
            return False
        return self._keyword is None or self._may_match_keyword(self._keyword, (*names, *marks))

    def _may_match_keyword(self, expression: Expression, names: Sequence[str]) -> bool:
        """Whether the expression holds for some choice of the identifiers that may be part of a case id."""
        choices = self._choices(expression, names)
        return choices is None or any(expression.holds(choice.__getitem__) for choice in choices)

    def _choices(self, expression: Expression, names: Sequence[str]) -> Iterator[Mapping[str, bool]] | None:
        """What the expression's identifiers may be: either, where one is part of no page's names; None of too many."""
        known: dict[str, bool] = {}
        unknown: list[str] = []
        for identifier in expression.names:
            if is_part(identifier, names):
                known[identifier] = True
            elif any(is_part(identifier, (*page.names, page.area)) for page in self._pages):
                known[identifier] = False
            else:
                unknown.append(identifier)
        if len(unknown) > _MOST_UNKNOWN:
            return None
        return (
            known | dict(zip(unknown, values, strict=True)) for values in product((True, False), repeat=len(unknown))
        )


def names_pages(config: pytest.Config) -> bool:
    """Whether the command line names pages: by `-k`, by `-m`, by a file or a node id."""
    by_file = any(Path(str(part).partition("::")[0]).suffix == ".py" for part in config.args)
    return by_file or bool(config.option.keyword) or bool(config.option.markexpr)


def _decides(expression: Expression, choice: Mapping[str, bool], own: set[str]) -> bool:
    """Whether the expression holds, and would not were the identifiers in `own` no part of the page."""
    without = {name: value and name not in own for name, value in choice.items()}
    return expression.holds(choice.__getitem__) and not expression.holds(without.__getitem__)


def _given(option: str, text: str) -> Expression | None:
    return read_expression(option, text) if text else None
