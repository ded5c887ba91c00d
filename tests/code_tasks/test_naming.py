"""Turns name the language of an answer, on every page that runs answers and in each of its languages."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from harness.benchmark import Benchmark
from harness.cases.pages import load_pages
from harness.code_tasks.naming import tell
from harness.core import Case
from harness.core import Completion
from harness.core import Completions
from harness.core import Generate
from harness.core import Message
from harness.core import Request
from harness.core import Trial
from harness.core import fingerprint
from harness.languages import languages
from harness.languages import required
from harness.prompts import flat
from harness.prompts import names
from harness.prompts import turns
from harness.sources.open import Opener
from harness.sources.open import parse_data

ROOT = Path(__file__).parents[2]
PAGES = load_pages([ROOT / "evals"])
SAMPLES = Opener(parse_data("sample", samples=ROOT / "fixtures/samples"))


def bare(text: str) -> str:
    """The text without white space."""
    return "".join(text.split())


def asked(benchmark: Benchmark, case: Case) -> Iterator[Request]:
    """The requests of a case, and those of its later turns."""
    yield from case.requests
    responses = [Completions((Completion("x = 1", "stop", 1),)) for _ in case.requests]
    while (turn := benchmark.next_turn(case, tuple(responses))) is not None:
        yield turn
        responses.append(Completions((Completion("x = 1", "stop", 1),)))


def cases() -> Iterator[tuple[Benchmark, Case]]:
    for benchmark in PAGES.values():
        made = benchmark.collect([SAMPLES.open(rows) for rows in benchmark.tables])
        yield from ((benchmark, case) for case in made if case.trial is not None)


CASES = list(cases())


def test_every_turn_names_its_language_and_holds_the_prompt() -> None:
    seen: dict[str, tuple[str | None, bool]] = {}
    for benchmark, case in CASES:
        title = required(case.trial.language).title
        for request in asked(benchmark, case):
            assert isinstance(request, Generate)
            said = turns(request)[-1].content
            assert names(said, title), (benchmark.name, case.id, said)
            last = request.prompt if isinstance(request.prompt, str) else request.prompt[-1].content
            parts = (last, request.suffix or "")
            assert all(bare(part) in bare(said) for part in parts), (benchmark.name, case.id, said)
            assert all(line in said for part in parts for line in part.splitlines() if line.strip())
            # one request cannot be asked in two languages, as no hash has them
            told = request.answer_language, request.source
            assert seen.setdefault(fingerprint(request), told) == told


def test_the_sweep_has_every_language_of_every_page() -> None:
    """18 languages of MultiPL-E's HumanEval, 22 of its MBPP, 13 and 12 of MBXP's, 5 of HumanEval-X."""
    of = {benchmark.name: {case.stratum for page, case in CASES if page is benchmark} for benchmark, _ in CASES}
    sizes = {name: len(of[name]) for name in ("multipl_e", "multipl_mbpp", "mbxp", "mbxp_humaneval", "humaneval_x")}
    assert sizes == {"multipl_e": 18, "multipl_mbpp": 22, "mbxp": 13, "mbxp_humaneval": 12, "humaneval_x": 5}


def test_a_text_that_is_continued_is_what_it_was() -> None:
    """The fingerprints are of the requests without what turns show."""
    for _, case in CASES:
        for request in case.requests:
            plain = Generate(
                request.prompt, request.max_tokens, request.stop, request.temperature, request.top_p, request.samples,
                request.seed, request.suffix,
            )  # fmt: skip
            assert fingerprint(request) == fingerprint(plain)
            assert flat(request.prompt) == flat(plain.prompt)


@pytest.mark.parametrize("language", [lang.title for lang in languages()])
def test_a_title_in_small_letters_is_the_language_s_tag(language: str) -> None:
    assert required(language.lower()).title == language


def test_source_is_fenced_under_its_tag() -> None:
    request = tell(Generate("def f(x)\n", answer_language=None), Trial("ruby", "foreign", prompt="def f(x)\n"))
    assert turns(request) == (
        Message(
            "user",
            "Complete the following Ruby code. Keep what is given as it is, and answer with the whole of the completed "
            "code in a markdown code block.\n\n```ruby\ndef f(x)\n```",
        ),
    )


def test_a_fence_is_longer_than_any_in_the_source() -> None:
    request = Generate("# ```\n# f 1\n# ````\ndef f(x)", answer_language="Ruby", source=True)
    assert turns(request)[0].content.endswith("`````ruby\n# ```\n# f 1\n# ````\ndef f(x)\n`````")


@pytest.mark.parametrize(
    ("prompt", "language", "said"),
    [
        ("Add two numbers.", "Python", "Write the answer in Python.\n\nAdd two numbers."),
        ("# LANGUAGE IS python3", "Python", "# LANGUAGE IS python3"),
        ("go on", "Go", "Write the answer in Go.\n\ngo on"),
        ("JavaScript: add.", "Java", "Write the answer in Java.\n\nJavaScript: add."),
        ("In C++: add.", "C", "Write the answer in C.\n\nIn C++: add."),
        ("In C++: add.", "C++", "In C++: add."),
    ],
)
def test_a_task_in_words_gets_a_sentence_unless_it_names_the_language(prompt: str, language: str, said: str) -> None:
    assert turns(Generate(prompt, answer_language=language)) == (Message("user", said),)


def test_solved_examples_stay_as_they_are() -> None:
    prompt = (Message("user", "one"), Message("assistant", "1"), Message("user", "two"))
    *earlier, last = turns(Generate(prompt, answer_language="Perl"))
    assert earlier == list(prompt[:2])
    assert last.content == "Write the answer in Perl.\n\ntwo"


def test_a_gap_names_its_language() -> None:
    request = Generate("fn f() {\n", suffix="}\n", answer_language="Rust", source=True)
    assert turns(request)[0].content.startswith(
        "Here is a Rust program with a gap, which is marked by <gap>:\n\n```rust\nfn f() {\n<gap>}\n\n```\n\n"
    )
