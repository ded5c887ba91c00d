"""Belebele: questions on a short passage with four choices each, the same in twelve languages.

Bandarkar et al. 2024, "The Belebele Benchmark: a Parallel Reading Comprehension Dataset in 122 Language Variants",
ACL 2024, arXiv:2308.16884. Test split, 900 questions on 488 passages, which FLORES-200 has in each language: 10,800
cases. The languages are the strata. The passages of one article are a cluster, in all languages together, as they are
translations of each other. The prompt has English letters and words in every language, as lm-evaluation-harness has it.
"""

from harness.benchmark import Benchmark
from harness.core import Case
from harness.core import LogLikelihood
from harness.metrics.accuracy import Accuracy
from harness.sources import Row
from harness.sources import from_hub

LANGUAGES = (
    "arb_Arab",
    "deu_Latn",
    "eng_Latn",
    "fra_Latn",
    "hin_Deva",
    "ita_Latn",
    "jpn_Jpan",
    "rus_Cyrl",
    "spa_Latn",
    "swh_Latn",
    "tha_Thai",
    "zho_Hans",
)
"""FLORES-200's codes: a language and its script."""
LETTERS = "ABCD"
NUMBERS = ("1", "2", "3", "4")


def ask(row: Row) -> str:
    """The passage, the question and the lettered choices."""
    choices = (f"{letter}: {row.text(f'mc_answer{number}')}" for letter, number in zip(LETTERS, NUMBERS, strict=True))
    return "\n".join((f"P: {row.text('flores_passage')}", f"Q: {row.text('question').strip()}", *choices, "Answer:"))


def to_case(row: Row, _shots: tuple[Row, ...]) -> Case:
    """The four letters after the question; the target is the right one's index."""
    context = ask(row)
    request = LogLikelihood(tuple((context, f" {letter}") for letter in LETTERS))
    target = NUMBERS.index(row.one_of("correct_answer_num", NUMBERS))
    return Case(row.id, (request,), target, cluster=row.text("link"), stratum=row.config)


belebele = Benchmark(
    name="belebele",
    version=1,
    area="language",
    paper="arXiv:2308.16884",
    protocol="zero-shot, log-likelihood of the letters A to D after passage, question and choices",
    rows=tuple(from_hub("facebook/belebele", language, split="test") for language in LANGUAGES),
    strata="language",
    to_case=to_case,
    metrics=(Accuracy(),),
    lm_eval_task="belebele",
    verified="the sample only: its prompts and targets are lm-evaluation-harness 0.4.13's in all twelve languages",
    size=10_800,
)


@belebele.cases
def test_belebele(case, response, record):
    record(belebele.score(case, response))
