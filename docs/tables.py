"""Writes what the documentation repeats: run `python docs/tables.py` after a change of a page or of an option.

README.md's tables of options and of benchmarks stand between markers. `docs/benchmarks.md` is written whole.
"""

import re
from collections.abc import Iterable
from collections.abc import Iterator
from collections.abc import Mapping
from itertools import groupby
from pathlib import Path

from harness.benchmark import Benchmark
from harness.cases.catalogue import markdown
from harness.cases.catalogue import order
from harness.cases.exclusions import read_lists
from harness.cases.pages import load_pages
from harness.engines.options import Option
from harness.evaluation.options import every

ROOT = Path(__file__).parents[1]
EVALS = ROOT / "evals"


def documents() -> dict[Path, str]:
    """What each document should say, by its path."""
    pages = load_pages([EVALS])
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    readme = between("options", readme, ("| option | meaning |", "|---|---|", *options(every())))
    readme = between("benchmarks", readme, ("| area | benchmarks |", "|---|---|", *areas(pages)))
    return {
        ROOT / "README.md": readme,
        ROOT / "docs/benchmarks.md": markdown(pages, {name: read_lists([EVALS], name) for name in pages}),
    }


def options(declared: Iterable[Option]) -> Iterator[str]:
    """The rows of the table of options."""
    return (f"| `{_used(option)}` | {option.text} |" for option in declared)


def areas(pages: Mapping[str, Benchmark]) -> Iterator[str]:
    """The rows of the table of benchmarks, one for each area."""
    for area, found in groupby(order(pages), key=lambda page: page.area):
        yield f"| {area} | {', '.join(f'`{page.name}`' for page in found)} |"


def between(name: str, text: str, lines: Iterable[str]) -> str:
    """The text with these lines between the markers of a name; raises ValueError where it has no such markers."""
    begin, end = f"<!-- {name}: written by docs/tables.py -->\n", f"<!-- end of {name} -->\n"
    pattern = re.compile(f"(?<={re.escape(begin)}).*?(?={re.escape(end)})", re.DOTALL)
    made, count = pattern.subn(lambda _: "\n" + "\n".join(lines) + "\n\n", text)
    if count != 1:
        raise ValueError(f"README.md: found {count} pairs of markers {name!r}; expected one")
    return made


def _used(option: Option) -> str:
    metavar = option.metavar or ("" if option.is_switch else "HOW")
    return f"--{option.name} {metavar}".strip()


if __name__ == "__main__":
    for path, text in documents().items():
        path.write_text(text, encoding="utf-8")
