"""What a score is generalised over, in words: the option `--generalise-over`."""

from collections.abc import Iterable

from harness.errors import UsageError

CASES = "cases"
"""The word for drawing cases, the default."""


def check_word(word: str, known: Iterable[str | None]) -> None:
    """Raise UsageError where a word is neither `cases` nor one that a benchmark has for its strata."""
    words = dict.fromkeys((CASES, *(strata for strata in known if strata)))
    if word not in words:
        raise UsageError(f"--generalise-over: found {word!r}; expected {' or '.join(words)}")
