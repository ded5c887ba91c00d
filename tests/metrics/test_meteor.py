"""METEOR: the formula of 2005 by hand, nltk's own value, and a WordNet where there is one."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import settings
from hypothesis import strategies as st
from nltk.translate.meteor_score import single_meteor_score

from harness.core import Case
from harness.core import Completion
from harness.core import Completions
from harness.core import Generate
from harness.core import LogLikelihoods
from harness.errors import UsageError
from harness.metrics.meteor import Meteor
from harness.metrics.meteor import NoSynonyms
from harness.statistics import estimate

TEXTS = st.text(st.sampled_from("ab s."), max_size=24)
SENSES = {
    "noun": [("car", "auto", "motor_car"), ("list", "roll")],
    "verb": [("return", "give")],
    "adj": [("quick", "fast")],
    "adv": [("quickly", "fast")],
}
"""Words of one meaning, for a WordNet of five; a word of two parts is no synonym to METEOR."""


def value(said: str, expected: str) -> float:
    case = Case("a", (Generate("Q:"),), expected)
    score = Meteor().observe(case, Completions((Completion(said, "stop", 1),)))
    assert (score.metric, score.verdict, score.stats[1]) == ("meteor", None, 1.0)
    return score.stats[0]


def by_formula(matched: int, chunks: int, said: int, expected: int) -> float:
    """Banerjee and Lavie 2005, section 2.2: F = 10PR / (R + 9P), times 1 - 0.5 (chunks / matches)^3."""
    precision, recall = matched / said, matched / expected
    return 10 * precision * recall / (recall + 9 * precision) * (1 - 0.5 * (chunks / matched) ** 3)


@pytest.mark.parametrize(
    ("said", "expected", "counts"),
    [
        # the paper's example of two chunks: "the president" and "spoke to the audience"
        ("the president spoke to the audience", "the president then spoke to the audience", (6, 2, 6, 7)),
        ("on the mat sat the cat", "the cat sat on the mat", (6, 6, 6, 6)),  # nltk pairs equal words from the right
        ("the cat sat on the mat", "the cat sat on the mat", (6, 1, 6, 6)),
        ("the cat was sat on the mat", "the cat sat on the mat", (6, 2, 7, 6)),
        ("It sorts the lists", "sort the list", (3, 1, 4, 3)),  # by stem, whatever the case
        ("sort `a`.", "sort `b`", (3, 2, 5, 4)),  # each sign is a word: "sort `" and "`"
    ],
)
def test_meteor_by_hand(said: str, expected: str, counts: tuple[int, int, int, int]) -> None:
    assert value(said, expected) == pytest.approx(by_formula(*counts))


@pytest.mark.parametrize(("said", "expected"), [("", "sort it"), (" \n", "sort it"), ("count", "sort it")])
def test_nothing_aligned_is_nothing(said: str, expected: str) -> None:
    assert value(said, expected) == 0.0


@given(said=TEXTS, expected=TEXTS)
@settings(deadline=None)
def test_any_pair_scores_as_nltk_and_never_more_than_one(said: str, expected: str) -> None:
    words = [side.replace(".", " . ").split() for side in (expected, said)]
    assert value(said, expected) == single_meteor_score(*words, wordnet=NoSynonyms())
    assert 0 <= value(said, expected) < 1


def test_each_case_counts_alike() -> None:
    pairs = [("sort it", "sort it"), ("a b c d e f g h", "a b c d e f g h"), ("x", "y")]
    case = Case("a", (Generate("Q:"),), "y")
    stats = [
        Meteor()
        .observe(
            Case(case.id, case.requests, expected),
            Completions((Completion(said, "stop", 1),)),
        )
        .stats
        for said, expected in pairs
    ]
    each = [1 - 0.5 / 2**3, 1 - 0.5 / 8**3, 0.0]
    assert estimate(stats, "mean").value == pytest.approx(sum(each) / 3)


def test_a_likelihood_is_no_text() -> None:
    with pytest.raises(UsageError, match=r"^meteor: found a response of kind LogLikelihoods; expected Completions$"):
        Meteor().observe(Case("a", (), "b"), LogLikelihoods((0.0,), (1,), (True,)))


def in_another_process(data: Path) -> tuple[str, float]:
    """Signature and METEOR of a pair that synonyms align, where nltk finds that data; stems are looked up."""
    code = """
import json
from harness.core import Case, Completion, Completions, Generate
from harness.metrics.meteor import Meteor
case = Case("a", (Generate("Q:"),), "give the list of autos")
score = Meteor().observe(case, Completions((Completion("return the roll of car", "stop", 1),)))
print(json.dumps([Meteor().signature, score.stats[0]]))
"""
    environment = {**os.environ, "NLTK_DATA": str(data), "HOME": str(data)}
    done = subprocess.run([sys.executable, "-c", code], env=environment, capture_output=True, text=True, check=True)
    return tuple(json.loads(done.stdout))


def write_wordnet(folder: Path) -> None:
    """A database in WordNet's own format (wndb(5WN)); senses stand at their offset in bytes, after a licence."""
    folder.mkdir(parents=True)
    (folder / "lexnames").write_text("".join(f"{number:02}\tany\t1\n" for number in range(4)))
    for name in ("cntlist.rev", "index.sense", *(f"{part}.exc" for part in SENSES)):
        (folder / name).write_text("")
    for part, senses in SENSES.items():
        sign = {"noun": "n", "verb": "v", "adj": "a", "adv": "r"}[part]
        lines, index = "  1 WordNet 3.0 Copyright, as a test has it\n", {}
        for words in senses:
            offset = f"{len(lines):08}"
            listed = " ".join(f"{word} 0" for word in words)
            frames = " 00" if part == "verb" else ""
            lines += f"{offset} 03 {sign} {len(words):02x} {listed} 000{frames} | of one meaning\n"
            for word in words:
                index.setdefault(word, []).append(offset)
        (folder / f"data.{part}").write_text(lines)
        entries = (f"{word} {sign} {len(at)} 0 {len(at)} 0 {' '.join(at)}" for word, at in sorted(index.items()))
        (folder / f"index.{part}").write_text("\n".join(entries) + "\n")


def test_synonyms_are_aligned_where_wordnet_is_installed(tmp_path: Path) -> None:
    signature, without = in_another_process(tmp_path / "none")
    assert signature.startswith(
        "meteor|stages:exact,stem|alpha:0.9|beta:3|gamma:0.5|tok:unicode-words-1,signs|case:lc|mean:cases|"
    )
    assert without == pytest.approx(by_formula(matched=2, chunks=2, said=5, expected=5))  # the ... of
    write_wordnet(tmp_path / "data" / "corpora" / "wordnet")
    signature, found = in_another_process(tmp_path / "data")
    assert signature.startswith("meteor|stages:exact,stem,synonyms:wordnet-3.0|alpha:0.9|")
    assert found == pytest.approx(by_formula(matched=5, chunks=1, said=5, expected=5))
