"""MGSM: 250 problems of GSM8K in eleven languages; the final number must equal the gold one.

Shi et al. 2022, "Language Models are Multilingual Chain-of-Thought Reasoners", arXiv:2210.03057. Test split, 2,750
cases; the 250 problems are clusters, as each is the same in every language. Prompts are those of the tag mgsm_direct in
lm-evaluation-harness 0.4.13, which asks for an "Answer:" in English in seven other languages as well. `number` compares
the final number by its value. Beside it stand the two rules of mgsm_direct, which drop points and signs.
Solved examples are in the case's language, with their number alone; their questions bring their first word themselves.
"""

from harness.benchmark import Benchmark
from harness.core import Case
from harness.core import Generate
from harness.extract import last_number
from harness.extract import trimmed
from harness.extract import without_punctuation
from harness.metrics.exact_match import ExactMatch
from harness.metrics.final_number import FinalNumber
from harness.prompts import few_shot
from harness.sources import Row
from harness.sources import from_hub

WORDS = {
    "bn": ("প্রশ্ন:", "Answer:"),
    "de": ("Frage:", "Antwort:"),
    "en": ("Question:", "Answer:"),
    "es": ("Pregunta:", "Respuesta:"),
    "fr": ("Question :", "Réponse :"),
    "ja": ("問題：", "Answer:"),  # noqa: RUF001 - the colon of the language
    "ru": ("Задача:", "Answer:"),
    "sw": ("Swali:", "Answer:"),
    "te": ("ప్రశ్న:", "Answer:"),
    "th": ("โจทย์:", "Answer:"),
    "zh": ("问题：", "Answer:"),  # noqa: RUF001 - the colon of the language
}
"""What stands before a problem and before its answer; the first also ends an answer."""
DECIMAL_COMMA = frozenset({"de", "es", "fr", "ru"})
"""The languages that write 1.800,5 for 1,800.5."""


def ask(row: Row) -> str:
    """The problem as lm-evaluation-harness puts it; a row with a worked answer has the first word in its question."""
    first, last = WORDS[row.config]
    question = row.text("question")
    return f"{question}\n{last}" if row["answer"] is not None else f"{first} {question}\n{last}"


def number(row: Row) -> str:
    """The gold answer, an integer."""
    found = row["answer_number"]
    if isinstance(found, bool) or not isinstance(found, int):
        raise row.error("answer_number", f"{found!r}; expected an integer")
    return str(found)


def language(row: Row) -> str:
    """The language whose examples a case is shown."""
    return row.config


def to_case(row: Row, shots: tuple[Row, ...]) -> Case:
    """A request for the answer; problem n of one language is problem n of all."""
    prompt = few_shot([(ask(shot), number(shot)) for shot in shots], ask(row))
    request = Generate(prompt, max_tokens=256, stop=(WORDS[row.config][0], "</s>", "<|im_end|>"))
    return Case(row.id, (request,), number(row), cluster=str(row.number), stratum=row.config)


mgsm = Benchmark(
    name="mgsm",
    version=2,
    area="math",
    paper="arXiv:2210.03057",
    protocol="greedy answer of at most 256 tokens, zero-shot unless --shots; the final number by its value",
    rows=tuple(from_hub("juletxara/mgsm", language, split="test") for language in WORDS),
    shots=tuple(from_hub("juletxara/mgsm", language, split="train") for language in WORDS),
    shots_by=language,
    strata="language",
    to_case=to_case,
    metrics=(
        FinalNumber(DECIMAL_COMMA),
        ExactMatch(trimmed, without_punctuation, "remove_whitespace"),
        ExactMatch(last_number, without_punctuation, "flexible-extract"),
    ),
    lm_eval_task="mgsm_direct",
    verified=(
        "prompts and targets of lm-evaluation-harness 0.4.13 on all 2,750 rows of a mirror, where numbers have no "
        "thousands commas; its logged generations and verdicts on 16 English cases; two-shot prompts on the sample only"
    ),
    size=2750,
)


@mgsm.cases
def test_mgsm(case, response, record):
    record(mgsm.score(case, response))
