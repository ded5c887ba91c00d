"""Pages over choices, last words and whole texts: prompts, solved examples, rows of other forms, rows that are wrong.

Contexts with two solved examples are what lm-evaluation-harness 0.4.13's own `fewshot_context` and
`construct_requests` printed for these rows of the sample, given the first two of its train split.
"""

from collections.abc import Callable
from pathlib import Path

import pytest

from harness.benchmark import Benchmark
from harness.core import Case
from harness.core import LogLikelihoods
from harness.errors import RowError
from harness.sources import Row
from harness.sources import Rows
from harness.sources.open import Data
from harness.sources.open import open_rows

Page = Callable[[str], Benchmark]
TIN = {"question": "Which sinks?", "choices": {"text": ["tin", "cork"], "label": ["A", "B"]}, "answerKey": "A"}
OPEN = {"question_stem": "Tin will", "choices": TIN["choices"], "answerKey": "A"}
PIQA = {"goal": "cool tea", "sol1": "wait", "sol2": "boil it", "label": 0}
ENDINGS = ["[substeps] Pour. [title] Stop.", "sings.", "flies.", "reads it."]
SWAG = {"activity_label": "Tea", "ctx_a": "Ann boils water.", "ctx_b": "the KETTLE", "endings": ENDINGS, "label": "1"}
PAGES = ("arc_easy", "arc_challenge", "hellaswag", "piqa", "openbookqa", "winogrande")
TWO_SHOT = {
    "arc_easy": """\
Question: What does a plant need light for?
Answer: to make food

Question: Ice cubes in a glass become water. Which change is this?
Answer: melting

Question: A puddle on a playground is gone after a sunny afternoon. What happened to most of the water?
Answer:""",
    "arc_challenge": """\
Question: A sealed bag of crisps swells on a high mountain. Why?
Answer: The air outside presses less.

Question: Which change to a circuit of one lamp and one battery makes the lamp brighter?
Answer: a second battery in line

Question: Two equal cups of water, one black and one white, stand in the sun. \
After an hour the black cup is warmer. Which property of the cups explains this best?
Answer:""",
    "hellaswag": """\
Washing a dog: A dog stands in a tub full of suds. A boy rinses the dog with a jug.

Sharpening knives: A cook lays a knife on a wet stone. She draws the blade over it again and again.

Home and Garden: How to water a fern. Feel the soil first. Push a finger into the pot. \
If the soil is dry to the first joint, the fern is thirsty.""",
    "piqa": """\
Question: How do I warm cold hands outdoors?
Answer: Hold them under my arms.

Question: To sharpen a pencil without a sharpener,
Answer: shave its end with a knife.

Question: How do I keep a door from slamming in the draught?
Answer:""",
    "openbookqa": """\
A lizard warms itself by lying on a sunny stone

Which animal builds with its own silk? a spider

A child who wants to see frost flowers should look at the window""",
    "winogrande": """\
The soup would not fit into the bowl because the bowl was too small.

The soup would not fit into the bowl because there was too much of the soup .

The ladder did not fit into the van because the ladder""",
}
SHOWN = {"hellaswag": 4}
"""The row whose context is shown above, where it is not the first."""


def row(fields: dict, number: int = 7) -> Row:
    return Row(fields, "rows.jsonl", number, f"case-{number}")


def rows_of(rows: Rows, samples: Path) -> tuple[Row, ...]:
    return tuple(open_rows(rows, Data("sample", samples)).rows)


def language(page: Page, name: str) -> Benchmark:
    return page(f"language/{name}")


def pairs(case: Case) -> list[tuple[str, str]]:
    return list(case.requests[0].pairs)


@pytest.mark.parametrize("name", PAGES)
def test_contexts_with_solved_examples_are_lm_evaluation_harness_s(name: str, page: Page, samples: Path) -> None:
    benchmark = language(page, name)
    shots = rows_of(benchmark.shots, samples)[:2]
    asked = rows_of(benchmark.rows, samples)[SHOWN.get(name, 0)]
    (context, _), *others = pairs(benchmark.to_case(asked, shots))
    assert context == TWO_SHOT[name]
    if name != "winogrande":
        assert {other for other, _ in others} == {context}


def test_winogrande_s_examples_stand_before_both_beginnings(page: Page, samples: Path) -> None:
    """`multiple_input_context`: all contexts share the examples, each filled with its own right option."""
    benchmark = language(page, "winogrande")
    asked, shots = rows_of(benchmark.rows, samples)[0], rows_of(benchmark.shots, samples)[:2]
    assert pairs(benchmark.to_case(asked, shots)) == [
        (TWO_SHOT["winogrande"], " was too long."),
        (TWO_SHOT["winogrande"].removesuffix("ladder") + "van", " was too long."),
    ]


@pytest.mark.parametrize("name", PAGES)
def test_without_examples_the_last_question_stands_alone(name: str, page: Page, samples: Path) -> None:
    benchmark = language(page, name)
    asked = rows_of(benchmark.rows, samples)[SHOWN.get(name, 0)]
    (context, _), *_ = pairs(benchmark.to_case(asked, ()))
    assert context == TWO_SHOT[name].rpartition("\n\n")[2]


@pytest.mark.parametrize("name", ["arc_easy", "arc_challenge"])
@pytest.mark.parametrize(("labels", "key", "right"), [("1234", "3", 2), ("ABC", "C", 2), ("12345", "5", 4)])
def test_arc_takes_digits_and_three_to_five_choices(name: str, labels: str, key: str, right: int, page: Page) -> None:
    texts = ["tin", "wool", "salt", "clay", "wax"][: len(labels)]
    fields = TIN | {"choices": {"text": texts, "label": list(labels)}, "answerKey": key}
    case = language(page, name).to_case(row(fields), ())
    assert pairs(case) == [("Question: Which sinks?\nAnswer:", f" {text}") for text in texts]
    assert case.target == right


def test_hellaswag_takes_markers_out_and_begins_the_sentence(page: Page) -> None:
    """`preprocess` and `capitalize` of its utils.py: lower case behind the first letter, a marker's own space stays."""
    case = language(page, "hellaswag").to_case(row(SWAG), ())
    assert pairs(case) == [
        ("Tea: Ann boils water. The kettle", ending)
        for ending in ("  Pour.. Stop.", " sings.", " flies.", " reads it.")
    ]
    assert (case.target, case.cluster) == (1, None)


def test_hellaswag_keeps_contexts_of_one_source_together(page: Page) -> None:
    fields = SWAG | {"ctx_a": "[header] How to brew tea [title] Boil. [step]", "ctx_b": "", "source_id": "wikihow~4"}
    case = language(page, "hellaswag").to_case(row(fields), ())
    assert pairs(case)[0][0] == "Tea: How to brew tea. Boil. "
    assert case.cluster == "wikihow~4"


def test_acc_norm_counts_the_space_a_marker_leaves(page: Page) -> None:
    """As lm-evaluation-harness, which measures the choice: " Pour.. Stop." has 13 characters, "sings." 6."""
    benchmark = language(page, "hellaswag")
    case = benchmark.to_case(row(SWAG), ())
    scores = benchmark.score(case, LogLikelihoods((-12.9, -6.0, -99.0, -99.0), (1,) * 4, (False,) * 4))
    assert [(score.metric, score.extracted) for score in scores] == [
        ("acc", "1"),
        ("acc_norm", "0"),
        ("acc_bytes", "0"),
    ]


@pytest.mark.parametrize(
    ("text", "context", "word"),
    [("A boat on the lake", "A boat on the", "lake"), ('Hm?\n\n"No." They  left', 'Hm?\n\n"No." They ', "left")],
)
def test_lambada_asks_for_the_last_word(text: str, context: str, word: str, page: Page) -> None:
    """`text.split(' ')`: only a space ends a word, and of two the first stays with the context."""
    benchmark = language(page, "lambada")
    case = benchmark.to_case(row({"text": text}), ())
    assert pairs(case) == [(context, f" {word}")]
    assert case.target == word
    scores = benchmark.score(case, LogLikelihoods((-0.5,), (1,), (True,)))
    assert [(score.metric, score.stats) for score in scores] == [("acc", (1.0, 1.0)), ("perplexity", (-0.5, 1.0))]


def test_an_article_is_read_without_its_tokenisation(page: Page, samples: Path) -> None:
    """Printed by lm-evaluation-harness 0.4.13's `wikitext_detokenizer` and `process_results` for the sample's first."""
    benchmark = language(page, "perplexity")
    case = benchmark.to_case(rows_of(benchmark.rows, samples)[0], ())
    assert case.requests[0].text == (
        " = Lantern Bridge =\n\nLantern Bridge is a stone footbridge of three arches over the River Aun. It was built "
        "between 1781 and 1784 by the mason Peter Holm, and it is 41.5 metres long. Until 1902 it was the town's only "
        "crossing.\n\n== History ==\n\nA wooden bridge stood here before the flood of 1779. The council (then of nine "
        'members) paid 1,200 crowns for its successor, which was to be "a bridge for carts and processions". Each of '
        "its lanterns was lit by hand; the last lamp-lighter retired in 1931.\n"
    )
    scores = benchmark.score(case, LogLikelihoods((-100.0,), (1,), (False,)))
    assert {score.metric: score.stats for score in scores} == {
        "word_perplexity": (-100.0, 116),
        "byte_perplexity": (-100.0, 537),
        "bits_per_byte": (-100.0, 537),
    }


@pytest.mark.parametrize(
    ("page_text", "read"),
    [
        ("= = = = a = = = = b = = c", "==== a ==== b == c"),
        ("He said ' no ' [ twice ] { so } at 5 ° N of 3 , 4 ; 5", "He said 'no' [twice] {so} at 5°N of 3, 4; 5"),
        ("birds ' eggs and Ann 's tea ! Why ? N \n ", "birds'eggs and Ann's tea! Why? N\n"),
        ("/' 5/", "/'[0-9]/"),
    ],
)
def test_tokenisation_is_undone_as_lm_evaluation_harness_does(page_text: str, read: str, page: Page) -> None:
    """Printed by its `wikitext_detokenizer` (0.4.13), slips included."""
    case = language(page, "perplexity").to_case(row({"page": page_text}), ())
    assert case.requests[0].text == read


@pytest.mark.parametrize(
    ("name", "fields", "message"),
    [
        ("arc_easy", TIN | {"answerKey": "C"}, "field 'answerKey': 'C'; expected one of 'A', 'B'"),
        ("arc_challenge", TIN | {"question": " "}, "field 'question': ' '; expected text"),
        ("openbookqa", OPEN | {"choices": ["tin"]}, "field 'choices': ['tin']; expected text and label"),
        ("piqa", PIQA | {"label": 2}, "field 'label': 2; expected an integer from 0 to 1"),
        ("piqa", PIQA | {"sol2": ""}, "field 'sol2': ''; expected text"),
        ("hellaswag", SWAG | {"endings": ["a", "b"]}, "field 'endings': ['a', 'b']; expected a list of 4 texts"),
        ("hellaswag", SWAG | {"label": ""}, "field 'label': ''; expected one of '0', '1', '2', '3'"),
        ("hellaswag", SWAG | {"ctx_b": None}, "field 'ctx_b': None; expected text, which may be empty"),
        ("lambada", {"text": "word"}, "field 'text': 'word'; expected words, a space and the last word"),
        ("lambada", {"text": "a lake "}, "field 'text': 'a lake '; expected words, a space and the last word"),
        ("perplexity", {"page": "\n"}, r"field 'page': '\n'; expected text"),
    ],
)
def test_a_bad_row_is_named(name: str, fields: dict, message: str, page: Page) -> None:
    with pytest.raises(RowError) as caught:
        language(page, name).to_case(row(fields), ())
    assert str(caught.value).startswith("rows.jsonl row 7, field ")
    assert message in str(caught.value)


@pytest.mark.parametrize(("name", "fields"), [("arc_easy", TIN), ("piqa", PIQA), ("hellaswag", SWAG)])
def test_a_bad_example_is_named_too(name: str, fields: dict, page: Page) -> None:
    with pytest.raises(RowError, match=r"rows\.jsonl row 8, field "):
        language(page, name).to_case(row(fields), (row({}, 8),))
