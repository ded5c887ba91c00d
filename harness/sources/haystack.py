"""A needle in a haystack: a sentence put into a long text at some depth, and the question that it alone answers.

After Kamradt 2023 (https://github.com/gkamradt/LLMTest_NeedleInAHaystack), who puts one sentence into essays and lets a
model grade the answer. Here there are four sentences of our own, whose answers are looked for as words, and a haystack
is a piece of a book that no other haystack of that length overlaps. Lengths are counted in words, as the tokens of a
model are not known when cases are made.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass

from harness.core import Case
from harness.core import Generate
from harness.sources import Row

WORDS_PER_TOKEN = 0.7
"""English prose has about 0.75 words a token; a little less, so that question and answer fit into the length too."""
DEPTHS = (0, 25, 50, 75, 100)
"""Per cent of the haystack's words before the needle, moved back to the end of a sentence."""
_BODY = re.compile(r"\*\*\* ?START OF[^\n]*\*\*\*(.*?)(?:\*\*\* ?END OF|\Z)", re.DOTALL)
_LAST_WORD = re.compile(r"[.!?][\"')_]*\Z")


@dataclass(frozen=True, slots=True)
class Needle:
    """A sentence, what is asked about it, and the words that a right answer has in it."""

    sentence: str
    question: str
    answer: str


NEEDLES = (
    Needle(
        "The spare key of the lighthouse at Norrby lies in the blue teapot.",
        "Where does the spare key of the lighthouse at Norrby lie?",
        "blue teapot",
    ),
    Needle(
        "The password of the chess club of Ostrava is marmalade.",
        "What is the password of the chess club of Ostrava?",
        "marmalade",
    ),
    Needle(
        "The ferry to the island of Brask leaves from the copper pier.",
        "From which pier does the ferry to the island of Brask leave?",
        "copper pier",
    ),
    Needle(
        "The oldest tortoise in the zoo of Tampere is called Ludmilla.",
        "What is the oldest tortoise in the zoo of Tampere called?",
        "Ludmilla",
    ),
)


@dataclass(frozen=True, slots=True)
class Grid:
    """Lengths by depths; `thousands` are lengths in units of 1,024 tokens, 0.5 for 512."""

    thousands: tuple[float, ...]

    def spread(self, row: Row) -> tuple[Row, ...]:
        """The text's cases: a needle in each of its first four pieces of every length, at every depth.

        A length that the text cannot fill has no case, and a text that can fill none is refused.
        """
        words = body(row.text("text")).split()
        variants = tuple(
            row.variant(f"{name(length)}-{piece}-{depth}", _fields(row.id, words, length, piece, depth))
            for length in self.thousands
            for piece in range(min(len(NEEDLES), len(words) // _size(length)))
            for depth in DEPTHS
        )
        if not variants:
            fewest = _size(min(self.thousands))
            raise row.error("text", f"{len(words)} words; expected {fewest} or more, for the shortest haystack")
        return variants


def to_case(row: Row) -> Case:
    """The haystack and the question; the target is the needle's answer, the piece of the book the cluster."""
    needle, length, depth = NEEDLES[row["piece"]], row["length"], row["depth"]
    text = hidden(row["words"], needle.sentence, depth)
    prompt = f"{text}\n\nQuestion: {needle.question} Answer from the text above.\nAnswer:"
    tags = (f"length:{length}", f"depth:{depth}%", f"length at depth:{length} at {depth}%")
    request = Generate(prompt, max_tokens=32, stop=("\n",))
    return Case(row.id, (request,), needle.answer, cluster=row["cluster"], tags=tags)


def hidden(words: Sequence[str], sentence: str, depth: int) -> str:
    """The words with the sentence behind the last sentence that ends within the first `depth` per cent of them."""
    place = len(words) * depth // 100
    while 0 < place < len(words) and not _LAST_WORD.search(words[place - 1]):
        place -= 1
    return " ".join((*words[:place], sentence, *words[place:]))


def body(text: str) -> str:
    """The text without the lines that Project Gutenberg puts around its books."""
    match = _BODY.search(text)
    return match[1] if match else text


def name(thousands: float) -> str:
    """How a length is called: 512, 1k, 32k."""
    return f"{thousands:g}k" if thousands >= 1 else f"{thousands * 1024:.0f}"


def _size(thousands: float) -> int:
    """Words of a haystack."""
    return int(thousands * 1024 * WORDS_PER_TOKEN)


def _fields(book: str, words: Sequence[str], length: float, piece: int, depth: int) -> dict[str, object]:
    size = _size(length)
    inside = tuple(words[piece * size : (piece + 1) * size])
    cluster = f"{book}-{name(length)}-{piece}"
    return {"length": name(length), "piece": piece, "depth": depth, "words": inside, "cluster": cluster}
