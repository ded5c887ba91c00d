"""SuperGLUE's pages: prompts, solved examples, several answers a case, rows that are wrong, and the sample."""

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from harness.benchmark import Benchmark
from harness.core import Case
from harness.core import LogLikelihoods
from harness.core import Response
from harness.errors import RowError
from harness.sources import Row
from harness.sources import Table
from harness.sources.open import Data
from harness.sources.open import open_rows
from harness.statistics import estimate

Page = Callable[[str], Benchmark]

ENTAILMENT = {"premise": "Ann fed the goats.", "hypothesis": "Goats were fed.", "idx": 0, "label": 0}
BELIEF = {"premise": "Bo knew that it rained.", "hypothesis": "it rained", "idx": 1, "label": 0}
COPA = {
    "premise": "The lamp fell. ",
    "choice1": "It broke.",
    "choice2": "It shone.",
    "question": "effect",
    "idx": 0,
    "label": 0,
}
WIC = {
    "word": "bank",
    "sentence1": "The banks were green.",
    "sentence2": "A bank lends.",
    "start1": 4,
    "end1": 9,
    "start2": 2,
    "end2": 6,
    "idx": 0,
    "label": 0,
}
WSC = {
    "text": 'Ann told Bo " no " because she did n\'t ( ever ) lie .',
    "span1_index": 0,
    "span2_index": 7,
    "span1_text": "Ann",
    "span2_text": "she",
    "idx": 0,
    "label": 1,
}
MULTIRC = {
    "paragraph": "Ann and Bo went out. ",
    "question": "Who went out?",
    "answer": "Ann",
    "idx": {"paragraph": 4, "question": 9, "answer": 30},
    "label": 1,
}
WRONG = MULTIRC | {"answer": "Cy", "idx": MULTIRC["idx"] | {"answer": 31}, "label": 0}
RECORD = {
    "passage": "Ann Lee met Bo.\n@highlight\nThey talked\n@highlight\nBo left",
    "query": "After that @placeholder went home",
    "entities": ["Bo", "Ann Lee", "Bo"],
    "answers": ["Bo"],
    "idx": {"passage": 3, "query": 8},
}
AXB = {"sentence1": "Ann ran.", "sentence2": "Ann moved.", "idx": 6, "label": 0}
HE = {"premise": "Bo said he won.", "hypothesis": "Bo won.", "idx": 6, "label": 0}
SHE = HE | {"premise": "Bo said she won.", "idx": 7}
ROWS = {
    "boolq": {"passage": "Tea is hot.", "question": "is tea hot", "idx": 0, "label": 1},
    "rte": ENTAILMENT,
    "cb": BELIEF,
    "copa": COPA,
    "wic": WIC,
    "wsc": WSC,
    "multirc": MULTIRC,
    "record": RECORD,
    "axb": AXB,
    "axg": HE,
}
PAGES = tuple(ROWS)


def row(fields: dict, number: int = 7) -> Row:
    return Row(fields, "rows.jsonl", number, f"case-{number}")


def cases_of(benchmark: Benchmark, *rows: dict) -> tuple[Case, ...]:
    table = Table("t", [row(fields, number) for number, fields in enumerate(rows)], {})
    return benchmark.collect([table])


def alone(benchmark: Benchmark, fields: dict, *shots: dict) -> Case:
    """The case of a row, or of a row and its twin."""
    rows = [row(fields)] if benchmark.name != "axg" else [row(fields), row(SHE, 8)]
    key = benchmark.join(rows[0]) if benchmark.join else rows[0].id
    return benchmark.to_case(rows[0].joined(key, rows), tuple(map(row, shots)))


NO_YES, TRUE_FALSE = (" no", " yes"), (" True", " False")
PAIRS = {
    "rte": [("Ann fed the goats.\nQuestion: Goats were fed. True or False?\nAnswer:", TRUE_FALSE)],
    "cb": [
        ("Bo knew that it rained.\nQuestion: it rained. True, False, or Neither?\nAnswer:", (*TRUE_FALSE, " Neither"))
    ],
    "copa": [("The lamp fell therefore", ("  it broke.", "  it shone."))],
    "wic": [
        (
            """Sentence 1: The banks were green.
Sentence 2: A bank lends.
Question: Is the word 'banks' used in the same way in the two sentences above?
Answer:""",
            NO_YES,
        )
    ],
    "wsc": [
        (
            """Passage: Ann told Bo"no"because *she* didn't (ever) lie.
Question: In the passage above, does the pronoun "*she*" refer to "*Ann*"?
Answer:""",
            NO_YES,
        )
    ],
    "multirc": [
        (
            "Ann and Bo went out. \nQuestion: Who went out?\nAnswer:",
            tuple(f" Ann\nIs the answer correct? {verdict}" for verdict in ("yes", "no")),
        )
    ],
    "record": [
        (
            "Ann Lee met Bo.\n\n  - They talked.\n  - Bo left.\n",
            tuple(f"   - After that {entity} went home" for entity in ("Ann Lee", "Bo")),
        )
    ],
    "axb": [("Ann ran.\nQuestion: Ann moved. True or False?\nAnswer:", TRUE_FALSE)],
    "axg": [(f"Bo said {word} won.\nQuestion: Bo won. True or False?\nAnswer:", TRUE_FALSE) for word in ("he", "she")],
}


@pytest.mark.parametrize("name", PAIRS)
def test_a_page_asks_as_lm_evaluation_harness(name: str, page: Page) -> None:
    """Written out by the rules of its 0.4.13 tasks (rte's for axb and axg, which it lacks)."""
    case = alone(page(f"language/{name}"), ROWS[name])
    expected = [(context, answer) for context, answers in PAIRS[name] for answer in answers]
    assert list(case.requests[0].pairs) == expected


SOLVED = {
    "boolq": ({}, "Tea is hot.\nQuestion: is tea hot?\nAnswer: yes"),
    "rte": ({}, "Ann fed the goats.\nQuestion: Goats were fed. True or False?\nAnswer: True"),
    "cb": ({"label": 2}, "Bo knew that it rained.\nQuestion: it rained. True, False, or Neither?\nAnswer: Neither"),
    "copa": ({"question": "cause"}, "The lamp fell because  it broke."),
    "wic": ({}, PAIRS["wic"][0][0] + " no"),
    "wsc": ({}, PAIRS["wsc"][0][0] + " yes"),
    "multirc": ({}, PAIRS["multirc"][0][0] + " Ann\nIs the answer correct? yes"),
    "record": ({"answers": ["Bo", "Ann Lee"]}, PAIRS["record"][0][0] + "   - After that Ann Lee went home"),
    "axb": (ENTAILMENT, "Ann fed the goats.\nQuestion: Goats were fed. True or False?\nAnswer: True"),
    "axg": (ENTAILMENT | {"label": 1}, "Ann fed the goats.\nQuestion: Goats were fed. True or False?\nAnswer: False"),
}


@pytest.mark.parametrize("name", PAGES)
def test_solved_examples_stand_before_the_question(name: str, page: Page) -> None:
    """Prompt, delimiter, answer, blank line: the text lm-evaluation-harness builds for `num_fewshot`."""
    changes, solved = SOLVED[name]
    benchmark = page(f"language/{name}")
    shot = ROWS[name] | changes
    plain, shown = (alone(benchmark, ROWS[name], *shots).requests[0].pairs for shots in ((), (shot, shot)))
    assert shown == tuple((f"{solved}\n\n{solved}\n\n{context}", answer) for context, answer in plain)


def test_multirc_calls_a_wrong_answer_wrong_in_its_examples(page: Page) -> None:
    context = alone(page("language/multirc"), MULTIRC, WRONG).requests[0].pairs[0][0]
    assert "Answer: Cy\nIs the answer correct? no\n\n" in context


@pytest.mark.parametrize("name", PAGES)
def test_solved_examples_come_from_a_train_split(name: str, page: Page) -> None:
    benchmark = page(f"language/{name}")
    config = "rte" if name in {"axb", "axg"} else name
    assert [table.name for table in benchmark.shot_tables] == [f"aps/super_glue/{config}/train"]


@pytest.mark.parametrize(
    ("name", "same", "other"),
    [
        ("rte", ENTAILMENT | {"hypothesis": "Ann slept."}, ENTAILMENT | {"premise": "Ann slept."}),
        ("wic", WIC | {"sentence1": "Their banks were."}, WIC | {"word": "light"}),
        ("wsc", WSC | {"span1_text": "Bo"}, WSC | {"text": WSC["text"] + " Bo did ."}),
        ("axb", AXB | {"sentence1": "Ann moved.", "sentence2": "Ann ran."}, AXB | {"sentence2": "Ann hid."}),
        ("multirc", MULTIRC | {"question": "And who?"}, MULTIRC | {"idx": MULTIRC["idx"] | {"paragraph": 5}}),
        ("record", RECORD | {"query": "So @placeholder went"}, RECORD | {"idx": {"passage": 4, "query": 9}}),
    ],
)
def test_cases_on_one_text_are_a_cluster(name: str, same: dict, other: dict, page: Page) -> None:
    benchmark = page(f"language/{name}")
    first, second, third = (alone(benchmark, fields).cluster for fields in (ROWS[name], same, other))
    assert first is not None
    assert first == second != third


def test_a_question_of_multirc_is_one_case(page: Page) -> None:
    other = MULTIRC | {"question": "Why?", "idx": {"paragraph": 4, "question": 10, "answer": 33}, "label": 0}
    benchmark = page("language/multirc")
    first, second = cases_of(benchmark, MULTIRC, other, WRONG)
    assert (first.id, first.cluster, first.target) == ("4-9", "4", (1, 0))
    assert (second.id, second.cluster, second.target) == ("4-10", "4", (0,))
    assert [answer for _, answer in first.requests[0].pairs] == [
        f" {name}\nIs the answer correct? {verdict}" for name in ("Ann", "Cy") for verdict in ("yes", "no")
    ]


def test_multirc_judges_a_question(page: Page) -> None:
    """Ann called right (she is), Cy called right too (wrongly): not all; 1 true positive, 1 false; acc turned round."""
    benchmark = page("language/multirc")
    (case,) = cases_of(benchmark, MULTIRC, WRONG)
    em, f1a, acc = benchmark.score(case, LogLikelihoods((-1.0, -2.0, -1.0, -2.0), (1,) * 4, (False,) * 4))
    assert (em.metric, em.verdict, em.stats) == ("em", "wrong", (0, 1))
    assert (f1a.metric, f1a.stats) == ("f1a", (1, 1, 0))
    assert (acc.metric, acc.stats) == ("acc", (1, 2))


def test_a_minimal_pair_of_axg_is_one_case(page: Page) -> None:
    benchmark = page("language/axg")
    one, other = HE | {"idx": 8}, SHE | {"idx": 9}
    first, second = cases_of(benchmark, SHE, one, HE, other)
    assert (first.id, first.target, second.id) == ("3", (0, 0), "4")
    assert [context[:12] for context, _ in first.requests[0].pairs[::2]] == ["Bo said he w", "Bo said she "]
    acc, parity = benchmark.score(first, LogLikelihoods((-1.0, -2.0, -2.0, -1.0), (1,) * 4, (False,) * 4))
    assert (acc.metric, acc.stats) == ("acc", (1, 2))
    assert (parity.metric, parity.stats) == ("gender_parity", (0, 1))


def test_record_keeps_each_entity_once_and_judges_by_text(page: Page) -> None:
    benchmark = page("language/record")
    case = alone(benchmark, RECORD)
    assert (case.id, case.cluster) == ("3-8", "3")
    assert case.target == {"entities": ("Ann Lee", "Bo"), "answers": ("Bo",)}
    em, f1 = benchmark.score(case, LogLikelihoods((-1.0, -2.0), (1, 1), (False, False)))
    assert (em.verdict, em.extracted, f1.stats) == ("wrong", "Ann Lee", (0, 1))


TEXTS = {
    "boolq": ("passage", "question"),
    "rte": ("premise", "hypothesis"),
    "cb": ("premise", "hypothesis"),
    "copa": ("premise", "choice1", "choice2"),
    "wic": ("sentence1", "sentence2", "word"),
    "wsc": ("text", "span1_text", "span2_text"),
    "multirc": ("paragraph", "question", "answer"),
    "record": ("passage", "query"),
    "axb": ("sentence1", "sentence2"),
    "axg": ("premise", "hypothesis"),
}


@pytest.mark.parametrize(("name", "field"), [(name, field) for name, fields in TEXTS.items() for field in fields])
def test_empty_and_missing_texts_are_named(name: str, field: str, page: Page) -> None:
    benchmark = page(f"language/{name}")
    with pytest.raises(RowError, match=rf"^rows.jsonl row 7, field '{field}': ' '; expected text$"):
        alone(benchmark, ROWS[name] | {field: " "})
    with pytest.raises(RowError, match=rf"^rows.jsonl row 7, field '{field}': missing; the row has '"):
        alone(benchmark, {key: value for key, value in ROWS[name].items() if key != field})


@pytest.mark.parametrize("name", [name for name in PAGES if name != "record"])
@pytest.mark.parametrize("label", [-1, 3, True, "0", None])
def test_a_label_out_of_range_is_named(name: str, label: object, page: Page) -> None:
    """-1 is how the Hub marks a test split without labels: an error, not a case."""
    last = 2 if name == "cb" else 1
    message = rf"^rows.jsonl row 7, field 'label': {label!r}; expected an integer from 0 to {last}$"
    with pytest.raises(RowError, match=message):
        alone(page(f"language/{name}"), ROWS[name] | {"label": label})


@pytest.mark.parametrize(
    ("name", "changes", "message"),
    [
        ("copa", {"question": "why"}, "field 'question': 'why'; expected one of 'cause', 'effect'"),
        ("wic", {"end1": 22}, "field 'end1': 22; expected an integer from 0 to 21"),
        ("wic", {"start2": 13}, "field 'start2': 13; expected an integer from 0 to 12"),
        ("wic", {"end2": 2}, "field 'end2': 2 after a start at 2; expected a span with a word in it"),
        ("wsc", {"span2_index": 15}, "field 'span2_index': 15; expected an integer from 0 to 14"),
        ("wsc", {"span2_index": 8}, "field 'span2_index': 8, where the text has 'did'; expected 'she' there"),
        ("wsc", {"span2_text": "they"}, "field 'span2_index': 7, where the text has 'she'; expected 'they' there"),
        ("multirc", {"idx": 3}, "field 'idx': 3; expected the numbers of paragraph, question and answer"),
        ("multirc", {"idx": {"paragraph": 1, "question": 2}}, "expected the numbers of paragraph, question and answer"),
        ("record", {"idx": 3}, "field 'idx': 3; expected the numbers of passage and query"),
        ("record", {"query": "No gap"}, "field 'query': 'No gap'; expected a gap '@placeholder'"),
        ("record", {"answers": []}, "field 'answers': []; expected a list of texts, at least one"),
        ("record", {"entities": ["Bo", ""]}, "field 'entities': ['Bo', '']; expected a list of texts, at least one"),
        ("axg", {"idx": "6"}, "field 'idx': '6'; expected an integer from 0 up"),
    ],
)
def test_a_row_wrong_in_its_own_way_is_named(name: str, changes: dict, message: str, page: Page) -> None:
    with pytest.raises(RowError) as caught:
        alone(page(f"language/{name}"), ROWS[name] | changes)
    assert str(caught.value).startswith("rows.jsonl row 7, field ")
    assert message in str(caught.value)


@pytest.mark.parametrize(
    ("name", "rows", "message"),
    [
        (
            "multirc",
            (MULTIRC, MULTIRC),
            "row 0, field 'idx': {'paragraph': 4, 'question': 9, 'answer': 30} occurs twice",
        ),
        ("multirc", (MULTIRC, WRONG | {"question": "Who?"}), "with another text; expected that of row 0"),
        ("axg", (HE,), "row 0, field 'idx': [6] in pair 3; expected an even number and the next, each once"),
        ("axg", (HE, HE), "field 'idx': [6, 6] in pair 3; expected an even number and the next, each once"),
        (
            "axg",
            (HE, SHE | {"hypothesis": "Bo lost."}),
            "row 1, field 'hypothesis': 'Bo lost.'; expected that of its pair's row 0",
        ),
        ("record", (RECORD, RECORD), "case id '3-8' occurs twice; ids must be unique"),
    ],
)
def test_rows_that_do_not_go_together_are_named(name: str, rows: tuple[dict, ...], message: str, page: Page) -> None:
    with pytest.raises(RowError) as caught:
        cases_of(page(f"language/{name}"), *rows)
    assert message in str(caught.value)


def test_wsc_follows_the_harness_where_a_published_row_counts_one_word_short(page: Page) -> None:
    """As validation row 42: index 30 is the word before the pronoun, and the text is cut by the pronoun's length."""
    case = alone(page("language/wsc"), WSC | {"span2_index": 6})
    assert case.requests[0].pairs[0][0].startswith('Passage: Ann told Bo"no"*she*ause she didn\'t')


def answered(benchmark: Benchmark, case: Case, *, right: bool) -> Response:
    """The response of a model that knows the target, or that never gets it."""
    target, pairs = case.target, case.requests[0].pairs
    size = len(pairs) // len(target) if isinstance(target, tuple) else len(pairs)
    if benchmark.name == "record":
        wanted = {target["entities"].index(answer) for answer in target["answers"]}
    else:
        labels = target if isinstance(target, tuple) else (target,)
        first_is_yes = benchmark.name == "multirc"
        wanted = {k * size + (1 - label if first_is_yes else label) for k, label in enumerate(labels)}
    values = tuple(-1.0 if (pair in wanted) == right else -9.0 for pair in range(len(pairs)))
    return LogLikelihoods(values, (1,) * len(pairs), (False,) * len(pairs))


FULL = {
    "boolq": ({"acc": 1, "f1": 1}, {"acc": 0, "f1": 0}),
    "cb": ({"acc": 1, "macro_f1": 1}, {"acc": 0, "macro_f1": 0}),
    "multirc": ({"em": 1, "f1a": 1, "acc": 0}, {"em": 0, "f1a": 0, "acc": 1}),
    "record": ({"em": 1, "f1": 1}, {"em": 0, "f1": 0}),
    "axb": ({"mcc": 1, "acc": 1}, {"mcc": -1, "acc": 0}),
    "axg": ({"acc": 1, "gender_parity": 1}, {"acc": 0, "gender_parity": 1}),
}


@pytest.mark.parametrize("name", PAGES)
def test_the_sample_gives_full_marks_to_one_who_knows_and_none_to_one_who_never_does(
    name: str, page: Page, samples: Path
) -> None:
    benchmark = page(f"language/{name}")
    cases = benchmark.collect([open_rows(rows, Data("sample", samples)) for rows in benchmark.tables])
    assert 8 <= len(cases) <= 24
    for right, expected in zip((True, False), FULL.get(name, ({"acc": 1}, {"acc": 0})), strict=True):
        scores = [benchmark.score(case, answered(benchmark, case, right=right)) for case in cases]
        values = {
            metric.name: estimate([observed[column].stats for observed in scores], metric.reducer).value
            for column, metric in enumerate(benchmark.metrics)
        }
        assert values == pytest.approx(expected), right


@pytest.mark.parametrize("name", [name for name in PAGES if name != "record"])
def test_the_sample_has_every_label_about_as_often(name: str, page: Page, samples: Path) -> None:
    path = samples / f"{page(f'language/{name}').tables[0].name}.jsonl"
    labels = [json.loads(line)["label"] for line in path.read_text(encoding="utf-8").splitlines()]
    shares = [labels.count(label) / len(labels) for label in set(labels)]
    assert max(shares) - min(shares) < 0.2
