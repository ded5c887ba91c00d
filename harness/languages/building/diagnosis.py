"""How a program failed its test, by what its language's runtime printed.

A program can print the same; it then fails in another way, and passes in none.
"""

import re
from dataclasses import dataclass

from harness.core import Outcome

_LONGEST = 400
_ANY = r"^(?!throw )(?:\w+ )*[\w.]*(?:Error|Exception)\b"
"""What runtimes of most languages call an uncaught error."""
_ASSERTION: tuple[str, Outcome] = (r"(?i:\bassert|AssertionError)", "failed")
_ERROR: tuple[str, Outcome] = (r"\w(?:Error|Exception)\b|^Error\b", "exception")


@dataclass(frozen=True, slots=True)
class Diagnosis:
    """A runtime's words, as regular expressions.

    `lines` find the error's line, beside one that names an `...Error` or `...Exception`; the first found counts. The
    reason of one that `following` matches stands on the next line. `kinds` give the outcome of that line: an assertion
    is "failed" before all of them, and any error by name is "exception" behind them. `newer` find what
    a compiler says of a program that a later version of it compiles, each with what that version is. Where its words
    do not tell, `later` are what it says, what of the program's source is behind it, and that version.
    """

    lines: tuple[str, ...] = ()
    kinds: tuple[tuple[str, Outcome], ...] = ()
    following: str = ""
    newer: tuple[tuple[str, str], ...] = ()
    later: tuple[tuple[str, str, str], ...] = ()

    def needs(self, complaint: str, code: str = "") -> str | None:
        """What version of the language a compiler's complaint is for want of; None where it is the program's fault.

        `code` is the program's own without strings and comments.
        """
        matches = ((re.search(form, complaint), version) for form, version in self.newer)
        named = next((match.expand(version) for match, version in matches if match), None)
        behind = (
            version
            for said, form, version in self.later
            if re.search(said, complaint) and re.search(form, code, re.MULTILINE)
        )
        return named or next(behind, None)

    def of(self, output: str) -> tuple[Outcome, str]:
        """The outcome of a test that ended badly, and the line that tells why: behind it stand a stack or a count.

        "failed" with the last line where nothing that was printed says more.
        """
        said = [line.strip() for line in output.strip().splitlines()] or [""]
        finds = "|".join((_ANY, *self.lines))
        place = next((number for number, line in enumerate(said) if re.search(finds, line)), None)
        if place is None:
            return "failed", said[-1][:_LONGEST]
        follows = self.following and re.search(self.following, said[place])
        words = " ".join(said[place : place + 2]) if follows else said[place]
        kinds = (_ASSERTION, *self.kinds, _ERROR)
        kind: Outcome = next((outcome for form, outcome in kinds if re.search(form, words)), "failed")
        return kind, words[:_LONGEST]
