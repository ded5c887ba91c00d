"""Questions as data: the prompt they make of a row, the answers they take, and files that are not whole."""

from pathlib import Path

import pytest

from harness.errors import RowError
from harness.errors import SourceError
from harness.sources import Row
from harness.sources.questions import Question
from harness.sources.questions import read_questions

FILE = """
[fruit]
ask = "Is this a fruit?"
fields = { name = "Name", colour = "Colour" }

[tool]
tags = ["kind:tool"]
fields = { name = "Name" }
ask = "Can one {} with it?"
[tool.tasks]
cut = "cut"
"dig-up" = { ask = "What does it dig?", options = ["Earth", "A hole"], tags = [] }
"""


@pytest.fixture
def questions(tmp_path: Path) -> dict[str, Question]:
    path = tmp_path / "questions.toml"
    path.write_text(FILE)
    return read_questions(path)


def row(config: str = "fruit", **changed: object) -> Row:
    fields = {"name": "plum\n", "colour": "blue", "answer": "Yes", "more": 1}
    return Row(fields | changed, "rows.jsonl", 4, f"{config}-4", config)


def test_a_case_has_all_answers_after_question_and_fields(questions: dict[str, Question]) -> None:
    case = questions["fruit"].case(row())
    context = "Is this a fruit? Answer with one of: Yes, No.\n\nName: plum\nColour: blue\nAnswer:"
    assert case.requests[0].pairs == ((context, " Yes"), (context, " No"))
    assert (case.id, case.target, case.stratum, case.tags) == ("fruit-4", 0, "fruit", ())


def test_options_are_shown_by_their_letters(questions: dict[str, Question]) -> None:
    case = questions["dig-up"].case(row("dig-up", answer="B"))
    context = "What does it dig? Answer with the letter of one option.\nA. Earth\nB. A hole\n\nName: plum\nAnswer:"
    assert case.requests[0].pairs == ((context, " A"), (context, " B"))
    assert (case.target, case.tags) == (1, ())


def test_a_family_s_task_fills_its_question(questions: dict[str, Question]) -> None:
    assert list(questions) == ["fruit", "cut", "dig-up"]
    assert questions["cut"].ask == "Can one cut with it?"
    assert questions["cut"].case(row("cut", answer="no")).tags == ("kind:tool",)


@pytest.mark.parametrize(("said", "place"), [("Yes", 0), ("no", 1), (" No. ", 1), ("YES!", 0)])
def test_an_answer_is_read_without_case_and_punctuation(questions: dict[str, Question], said: str, place: int) -> None:
    assert questions["fruit"].label(row(answer=said)) == place


@pytest.mark.parametrize(
    ("changed", "found"),
    [
        ({"answer": "maybe"}, "field 'answer': 'maybe'; expected one of 'Yes', 'No'"),
        ({"answer": None}, "field 'answer': None; expected text"),
        ({"colour": ""}, "field 'colour': ''; expected text"),
    ],
)
def test_a_row_that_does_not_fit_is_refused(
    questions: dict[str, Question], changed: dict[str, object], found: str
) -> None:
    with pytest.raises(RowError) as caught:
        questions["fruit"].case(row(**changed))
    assert str(caught.value) == f"rows.jsonl row 4, {found}"


@pytest.mark.parametrize(
    ("content", "found"),
    [
        ("a = 1", "a: found 1; expected a table"),
        ("[a]\nask = 'x'\nfield = {}", "a: found the key 'field'; expected answers, ask, fields, options, tags, tasks"),
        ("[a]\nask = 'x'", "a: found {'ask': 'x'}; expected ask, fields, and two answers or more"),
        (
            "[a]\nask = 'x'\nfields = { t = 'T' }\nanswers = ['Yes', 'yes.']",
            (
                "a: found {'ask': 'x', 'fields': {'t': 'T'}, 'answers': ['Yes', 'yes.']}; "
                "expected ask, fields, and two answers or more"
            ),
        ),
        (
            "[a]\nask = 'x'\nfields = { t = 'T' }\n[b]\nask = '{}'\nfields = { t = 'T' }\ntasks = { a = 'y' }",
            "a: stands there twice; expected each config once",
        ),
    ],
)
def test_a_file_that_is_not_whole_is_refused(tmp_path: Path, content: str, found: str) -> None:
    path = tmp_path / "questions.toml"
    path.write_text(content)
    with pytest.raises(SourceError) as caught:
        read_questions(path)
    assert str(caught.value) == f"{path}, {found}"


def test_a_file_that_is_not_there_or_no_toml_is_refused(tmp_path: Path) -> None:
    with pytest.raises(SourceError, match=rf"^{tmp_path}/none.toml: .*; expected questions in TOML$"):
        read_questions(tmp_path / "none.toml")
    (tmp_path / "torn.toml").write_text("[a")
    with pytest.raises(SourceError, match=rf"^{tmp_path}/torn.toml: .*; expected questions in TOML$"):
        read_questions(tmp_path / "torn.toml")
