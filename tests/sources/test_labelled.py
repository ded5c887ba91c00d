"""Rows with labelled choices, whole and broken."""

from typing import Any

import pytest

from harness.errors import RowError
from harness.sources import Row
from harness.sources.labelled import labelled

WHOLE = {"choices": {"text": ["tin", "wool", "salt"], "label": ["A", "B", "C"]}, "answerKey": "B"}


def row(fields: dict[str, Any]) -> Row:
    return Row(fields, "rows.jsonl", 7, "case-7")


@pytest.mark.parametrize(
    ("labels", "key", "index"),
    [(["A", "B", "C"], "C", 2), (["1", "2", "3"], "1", 0), (["1", "2", "3"], "3", 2), (["A", "B", "C"], " B", 1)],
)
def test_letters_and_digits_name_the_right_choice(labels: list[str], key: str, index: int) -> None:
    """`choices.label.index(answerKey)` of lm-evaluation-harness's arc_easy; openbookqa strips the key."""
    fields = {"choices": {"text": ["tin", "wool", "salt"], "label": labels}, "answerKey": key}
    assert labelled(row(fields)) == (("tin", "wool", "salt"), index)


@pytest.mark.parametrize("count", [2, 3, 4, 5])
def test_rows_differ_in_their_number_of_choices(count: int) -> None:
    texts = ["tin", "wool", "salt", "clay", "wax"][:count]
    fields = {"choices": {"text": texts, "label": list("ABCDE")[:count]}, "answerKey": "ABCDE"[count - 1]}
    assert labelled(row(fields)) == (tuple(texts), count - 1)


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"choices": None}, "field 'choices': None; expected text and label, two or more of each and no label twice"),
        ({"choices": {"text": ["tin"], "label": ["A"]}}, "expected text and label, two or more of each"),
        ({"choices": {"text": ["tin", "wool"], "label": ["A"]}}, "expected text and label, two or more of each"),
        ({"choices": {"text": ["tin", "wool"], "label": ["A", "A"]}}, "and no label twice"),
        ({"choices": {"text": ["tin", " "], "label": ["A", "B"]}}, "expected no empty text and no empty label"),
        ({"choices": {"text": ["tin", None], "label": ["A", "B"]}}, "expected no empty text and no empty label"),
        ({"answerKey": "D"}, "field 'answerKey': 'D'; expected one of 'A', 'B', 'C'"),
        ({"answerKey": ""}, "field 'answerKey': ''; expected text"),
    ],
)
def test_a_broken_row_is_named(changes: dict[str, Any], message: str) -> None:
    with pytest.raises(RowError) as caught:
        labelled(row(WHOLE | changes))
    assert str(caught.value).startswith("rows.jsonl row 7, field ")
    assert message in str(caught.value)


@pytest.mark.parametrize("found", [None, "tin", ["tin"], ["tin", ""], ["tin", 3]])
def test_a_list_of_texts_has_as_many_as_it_must(found: Any) -> None:
    with pytest.raises(RowError, match=r"row 7, field 'endings': .*; expected a list of 2 texts"):
        row({"endings": found}).texts("endings", 2)
    assert row({"endings": ["tin", "wool"]}).texts("endings", 2) == ("tin", "wool")
