"""Prompts as turns and as plain text."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.core import Generate
from harness.core import Message
from harness.prompts import few_shot
from harness.prompts import flat
from harness.prompts import joined
from harness.prompts import stops
from harness.prompts import turns

TEXTS = st.text(max_size=8)
SHOTS = st.lists(st.tuples(TEXTS, TEXTS), max_size=3)


def test_an_answer_follows_its_question_and_a_blank_line_the_answer() -> None:
    """As lm-evaluation-harness 0.4.13 joins them: `{question}{delimiter}{answer}\\n\\n`."""
    prompt = few_shot([("Q: 1 + 1?\nA:", " 2"), ("Q: 2 + 2?\nA:", " 4")], "Q: 3 + 3?\nA:", system="Add.")
    assert flat(prompt) == "Add.\n\nQ: 1 + 1?\nA: 2\n\nQ: 2 + 2?\nA: 4\n\nQ: 3 + 3?\nA:"
    assert [turn.role for turn in prompt] == ["system", "user", "assistant", "user", "assistant", "user"]


@given(SHOTS, TEXTS)
def test_joined_is_the_solved_examples_and_then_the_question(shots: list[tuple[str, str]], question: str) -> None:
    solved = "".join(f"{asked}{answer}\n\n" for asked, answer in shots)
    assert joined(shots, question) == flat(few_shot(shots, question)) == solved + question


def test_turns_lose_their_outer_white_space() -> None:
    assert turns(Generate(few_shot([("a\n", " b")], "c "))) == (
        Message("user", "a"),
        Message("assistant", "b"),
        Message("user", "c"),
    )
    assert turns(Generate(" a ")) == (Message("user", "a"),)


def test_source_stops_the_continuation_of_a_text_alone() -> None:
    """The stops of HumanEval and MultiPL-E's Java and Go; those of prose and of marks apply to a turn as well."""
    request = Generate("def f():", stop=("\ndef", "\n    }\n", "struct", "[DONE]", ".\n", "structure"))
    assert stops(request, template=False) == request.stop
    assert stops(request, template=True) == ("[DONE]", ".\n", "structure")


@pytest.mark.parametrize("blank", ["\n", "\n\n", "\n\n\n", "\n \n"])
def test_a_blank_line_ends_a_turn_unless_it_stands_beside_stops_that_are_source(blank: str) -> None:
    """A chat answer of MultiPL-E's Lua, Perl or Ruby ended behind "To sort a list, follow these steps:"."""
    prose = Generate("Q: why?", stop=(blank, "Q:"))
    assert stops(prose, template=True) == stops(prose, template=False) == prose.stop
    source = Generate("def f", stop=("\nclass", blank, "\ndef"))
    assert stops(source, template=True) == ()
    assert stops(source, template=False) == source.stop
