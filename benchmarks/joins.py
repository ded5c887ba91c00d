"""How often a token spans context and continuation, so that the rule is not lm-evaluation-harness's.

    python benchmarks/joins.py NAME=FOLDER... --data MIRROR [--pages NAMES] [--cases N] [--write]

Every (context, continuation) pair that the pages with log-likelihoods ask over all rows of the mirror is tokenised by
`TemplateLM._encode_pair` of lm-evaluation-harness 0.4.13, spelled out here, and by the engine. A folder holds a
tokenizer in the Hub's format; no weights are read. With `--write` the table goes to docs/tokens.md.
"""

import argparse
import sys
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from transformers import AutoTokenizer

from harness.benchmark import Benchmark
from harness.cases.pages import load_pages
from harness.core import LogLikelihood
from harness.engines.texts.tokens import Tokens
from harness.engines.texts.unreadable import UnreadableError
from harness.errors import SourceError
from harness.sources.open import Opener
from harness.sources.open import parse_data

ROOT = Path(__file__).parents[1]
DOCUMENT = ROOT / "docs/tokens.md"
Pair = tuple[str, str]


class Remembering:
    """A tokenizer that encodes no text of a case twice, as its choices share their context."""

    def __init__(self, tokenizer: Any) -> None:
        self._tokenizer = tokenizer
        self._known: dict[tuple[str, bool], list[int]] = {}

    def __getattr__(self, name: str) -> Any:
        return getattr(self._tokenizer, name)

    def encode(self, text: str, *, add_special_tokens: bool = True) -> list[int]:
        """The tokenizer's own tokens, of its library itself, which is several times as quick."""
        key = (text, add_special_tokens)
        if key not in self._known:
            backend = self._tokenizer.backend_tokenizer
            self._known[key] = backend.encode(text, add_special_tokens=add_special_tokens).ids
        return self._known[key]

    def forget(self) -> None:
        """Begin another case."""
        self._known.clear()


class LmEval:
    """The rule of 0.4.13: as many tokens of the whole text are cut off as the context alone has."""

    def __init__(self, tokenizer: Any) -> None:
        self._tokenizer = tokenizer

    def continuation(self, context: str, continuation: str) -> list[int]:
        """The tokens that are scored; none where a token has swallowed the continuation."""
        spaces = len(context) - len(context.rstrip())
        if spaces:
            context, continuation = context[:-spaces], context[-spaces:] + continuation
        return list(self._tokenizer.encode(context + continuation)[len(self._tokenizer.encode(context)) :])


def pairs(benchmark: Benchmark, folder: Path, data: str, most: int | None) -> list[tuple[str, tuple[Pair, ...]]]:
    """The pairs of each case that asks for log-likelihoods with a context; none where the mirror has no rows."""
    opener = Opener(parse_data(data), folder)
    try:
        cases = benchmark.collect([opener.open(rows) for rows in benchmark.tables])
    except SourceError:
        return []
    asked = [(case.id, one.pairs) for case in cases for one in case.requests if isinstance(one, LogLikelihood)]
    return [(name, found) for name, found in asked[:most] if all(context.strip() for context, _ in found)]


def counted(tokenizer: Any, asked: list[tuple[str, tuple[Pair, ...]]]) -> tuple[Counter[str], list[Pair]]:
    """How many cases, pairs, pairs tokenised apart, pairs that lm-eval scores nothing of, and other differences."""
    remembering = Remembering(tokenizer)
    theirs, ours = LmEval(remembering), Tokens(remembering)
    found: Counter[str] = Counter()
    shown = []
    for _, several in asked:
        remembering.forget()
        found["cases"] += 1
        of_case = 0
        for pair in several:
            expected = theirs.continuation(*pair)
            found["pairs"] += 1
            try:
                scored = ours.pair(*pair)
            except UnreadableError:
                found["refused"] += 1
                continue
            if list(scored.tokens[len(scored.tokens) - scored.targets :]) == expected:
                continue
            of_case += 1
            shown.append(pair)
            found["apart" if scored.apart else "other"] += 1
            found["nothing"] += not expected
        found["different cases"] += of_case > 0
    return found, shown


def _lines(tokenizers: dict[str, Any], data: str, most: int | None, names: set[str] | None) -> Iterator[str]:
    titles = ("cases", "pairs", "pairs that differ", "of them without a token in lm-eval", "cases with one", "refused")
    yield f"| tokenizer | benchmark | {' | '.join(titles)} |"
    yield "|:--|:--|--:|--:|--:|--:|--:|--:|"
    pages = {name: load_pages([path]) for name, path in _pages()}
    asked = {
        name: found
        for file, several in pages.items()
        for name, page in several.items()
        if (names is None or name in names) and (found := pairs(page, Path(file).parent, data, most))
    }
    for title, tokenizer in tokenizers.items():
        whole: Counter[str] = Counter()
        for name, several in asked.items():
            found, shown = counted(tokenizer, several)
            whole += found
            print(f"{title}, {name}: {dict(found)}", file=sys.stderr, flush=True)
            if found["apart"] or found["other"] or found["refused"]:
                yield _line(title, name, found)
                print(f"{title}, {name}: {shown[:3]!r}"[:600], flush=True)
        yield _line(title, f"all {len(asked)}", whole)


def _pages() -> Iterator[tuple[str, Path]]:
    for path in sorted((ROOT / "evals").rglob("*.py")):
        yield str(path), path


def _line(title: str, name: str, found: Counter[str]) -> str:
    names = ("cases", "pairs", None, "nothing", "different cases", "refused")
    numbers = [found["apart"] + found["other"] if one is None else found[one] for one in names]
    return f"| {title} | {name} | {' | '.join(f'{number:,}' for number in numbers)} |"


def main() -> None:
    """Print the table, and write it where it is wished."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("tokenizers", nargs="+", metavar="NAME=FOLDER")
    parser.add_argument("--data", required=True, help="the folder of a mirror")
    parser.add_argument("--pages", help="pages' names with commas between (default: all)")
    parser.add_argument("--cases", type=int, help="the first N cases of each page only")
    parser.add_argument("--write", action="store_true", help=f"put the table into {DOCUMENT.relative_to(ROOT)}")
    given = parser.parse_args()
    named = dict(one.partition("=")[::2] for one in given.tokenizers)
    tokenizers = {name: AutoTokenizer.from_pretrained(folder) for name, folder in named.items()}
    names = set(given.pages.split(",")) if given.pages else None
    table = list(_lines(tokenizers, given.data, given.cases, names))
    print("\n".join(table))
    if given.write:
        before, mark, after = DOCUMENT.read_text(encoding="utf-8").partition("<!-- joins -->\n")
        rest = after.partition("<!-- /joins -->\n")
        DOCUMENT.write_text("\n".join([before + mark + "\n".join(table), rest[1] + rest[2]]), encoding="utf-8")


if __name__ == "__main__":
    main()
