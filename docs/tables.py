"""Writes the tables of README.md that follow from declarations: run `python docs/tables.py` after a change of one."""

import re
from collections.abc import Iterable
from pathlib import Path

from harness.engines.options import Option
from harness.evaluation.options import every

README = Path(__file__).parents[1] / "README.md"
_TABLE = re.compile(r"(?<=\| option \| meaning \|\n\|---\|---\|\n)(?:\|.*\n)+")


def rows(options: Iterable[Option]) -> str:
    """The rows of the table of options, a line each."""
    return "".join(f"| `{_used(option)}` | {option.text} |\n" for option in options)


def written(text: str) -> str:
    """The text of README.md with its tables as they should be."""
    return _TABLE.sub(lambda _: rows(every()), text, count=1)


def _used(option: Option) -> str:
    metavar = option.metavar or ("" if option.is_switch else "HOW")
    return f"--{option.name} {metavar}".strip()


if __name__ == "__main__":
    README.write_text(written(README.read_text(encoding="utf-8")), encoding="utf-8")
