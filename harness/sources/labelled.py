"""Labelled choices: the Hub's form of a multiple-choice row.

`choices` is `{"text": [...], "label": [...]}` and `answerKey` names the label of the right one (ARC, OpenBookQA).
Labels are letters or digits, and rows of one table may have three, four or five choices.
"""

from collections.abc import Callable
from collections.abc import Mapping
from collections.abc import Sequence

from harness.core import Case
from harness.core import LogLikelihood
from harness.prompts import joined
from harness.sources import Row


def labelled(row: Row) -> tuple[tuple[str, ...], int]:
    """The choices and the index of the right one; raises RowError where text, labels and key do not fit."""
    choices = row["choices"]
    texts, labels = (choices.get("text"), choices.get("label")) if isinstance(choices, Mapping) else (None, None)
    if not (isinstance(texts, list) and isinstance(labels, list) and 1 < len(texts) == len(labels)):
        raise row.error("choices", f"{choices!r}; expected text and label, two or more of each and no label twice")
    if not all(isinstance(text, str) and text.strip() for text in (*texts, *labels)):
        raise row.error("choices", f"{choices!r}; expected no empty text and no empty label")
    if len(set(labels)) < len(labels):
        raise row.error("choices", f"{choices!r}; expected text and label, two or more of each and no label twice")
    key = row.text("answerKey").strip()
    if key not in labels:
        raise row.error("answerKey", f"{key!r}; expected one of {', '.join(map(repr, labels))}")
    return tuple(texts), labels.index(key)


def arc_question(row: Row) -> str:
    """ARC's question as lm-evaluation-harness puts it: the choices are not shown."""
    return f"Question: {row.text('question')}\nAnswer:"


def each_choice(row: Row, shots: Sequence[Row], ask: Callable[[Row], str]) -> Case:
    """Each choice after what `ask` makes of the row, behind solved examples; the target is the right one's index."""
    choices, right = labelled(row)
    context = joined([_solved(shot, ask) for shot in shots], ask(row))
    return Case(row.id, (LogLikelihood(tuple((context, f" {choice}") for choice in choices)),), right)


def _solved(row: Row, ask: Callable[[Row], str]) -> tuple[str, str]:
    """What is asked of a solved example, and its right choice."""
    choices, right = labelled(row)
    return ask(row), f" {choices[right]}"
