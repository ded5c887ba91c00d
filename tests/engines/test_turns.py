"""Chat templates: every turn comes back, as text or as a list of parts, or what is asked as turns is refused."""

import runpy
from pathlib import Path

import pytest

from harness.core import Completions
from harness.core import Generate
from harness.core import LogLikelihood
from harness.core import LogLikelihoods
from harness.core import Message
from harness.core import Refusal
from harness.engines.texts.tokens import Tokens
from harness.engines.texts.unreadable import UnreadableError

_MADE = runpy.run_path(str(Path(__file__).with_name("tokenizers_made.py")))
bytes_and_merges = _MADE["bytes_and_merges"]
USER = (Message("user", "How many?"),)
SYSTEM = (Message("system", "Be short."), *USER)
SHOTS = (Message("user", "One and one?"), Message("assistant", "Two."), *USER)
PLAIN = "{% for m in messages %}[{{ m.role }}]{{ m.content }}{% endfor %}"
PARTS = (
    "{% for m in messages %}[{{ m.role }}]"
    "{% for part in m.content | selectattr('type', 'equalto', 'text') %}{{ part.text }}{% endfor %}{% endfor %}"
)
BOTH = (
    "{% for m in messages %}{% if m.content is string %}{{ m.content }}"
    "{% else %}{% for part in m.content %}{{ part.text }}{% endfor %}{% endif %}{% endfor %}"
)
LAST = "{{ messages[-1].content }}"
BY_ZERO = "the chat template refuses these turns: ZeroDivisionError: division by zero"
NO_SYSTEM = "{% for m in messages if m.role != 'system' %}{{ m.content }}{% endfor %}"
NO_ASSISTANT = "{% for m in messages if m.role != 'assistant' %}{{ m.content }}{% endfor %}"


def rendered(template, prompt):
    return Tokens(bytes_and_merges(template=template)).template.render(prompt)


@pytest.mark.parametrize("prompt", [USER, SYSTEM, SHOTS])
@pytest.mark.parametrize("template", [PLAIN, PARTS])
def test_turns_come_back_in_either_form(template, prompt):
    assert rendered(template, prompt) == "".join(f"[{turn.role}]{turn.content}" for turn in prompt)


def test_text_is_the_form_where_both_would_do():
    tokens = Tokens(bytes_and_merges(template=BOTH))
    assert tokens.template.form(("user",)) == "text"
    assert tokens.notes(template=True) == ()


def test_a_note_says_that_content_is_a_list_of_parts():
    tokens = Tokens(bytes_and_merges(template=PARTS))
    assert tokens.notes(template=True) == ("the chat template takes a turn's content as a list of parts",)
    assert tokens.notes(template=False) == ()


@pytest.mark.parametrize(
    ("template", "prompt", "reason"),
    [
        (NO_SYSTEM, SYSTEM, "the chat template leaves out the system's turn"),
        (NO_ASSISTANT, SHOTS, "the chat template leaves out the assistant's turn"),
        (LAST, SHOTS, "the chat template leaves out the user's turn"),
        ("Hello.", USER, "the chat template leaves out the user's turn"),
        (
            "{{ messages[0].content + 3 }}",
            USER,
            'the chat template refuses these turns: TypeError: can only concatenate str (not "int") to str',
        ),
        ("{{ messages[7].content.x }}", USER, "refuses these turns: list object has no element 7"),
        ("{{ nowhere.at.all }}", USER, "refuses these turns: 'nowhere' is undefined"),
        ("{{ ''.join(1) }}", USER, "refuses these turns: TypeError: can only join an iterable"),
        ("{{ [].pop() }}", USER, "the chat template refuses these turns: "),
        ("{{ 1 / 0 }}", USER, "refuses these turns: ZeroDivisionError: division by zero"),
        ("{{ 'x'.encode('no such') }}", USER, "refuses these turns: LookupError: unknown encoding: no such"),
        ("{{ raise_exception('alternate!') }}", USER, "the chat template refuses these turns: alternate!"),
        ("{% for m in messages %}", USER, "the chat template refuses these turns: "),
    ],
)
def test_turns_that_do_not_come_back_are_refused_by_name(template, prompt, reason):
    with pytest.raises(UnreadableError) as caught:
        rendered(template, prompt)
    assert reason in str(caught.value)


def test_a_list_that_a_template_prints_as_it_is_is_no_form():
    """The marker is in it, and so are braces and quotes that no model was trained on."""
    template = (
        "{% if messages[0].content is string %}{{ nothing.at.all }}{% else %}{{ messages[0].content }}{% endif %}"
    )
    with pytest.raises(UnreadableError, match="refuses these turns: 'nothing' is undefined"):
        rendered(template, USER)


@pytest.mark.parametrize(
    "template",
    [
        "{{ messages[0].content.split('?')[0] }}",
        "{{ messages[0].content[:30] }}",
        "{{ messages[0].content | lower }}",
    ],
)
def test_a_turn_that_is_cut_or_changed_is_refused_though_its_marker_came_back(template):
    asked = (Message("user", "How many Tins? " + "There are a great many of them. " * 3),)
    with pytest.raises(UnreadableError, match="the chat template does not show the user's turn as it is"):
        rendered(template, asked)


@pytest.mark.parametrize("trim", ["m.content | trim", "m.content | tojson", "m.content | indent(4)"])
def test_white_space_and_quoting_are_a_templates_own(trim):
    asked = (Message("user", 'Say "two"\nor three.'),)
    assert "two" in rendered(f"{{% for m in messages %}}{{{{ {trim} }}}}{{% endfor %}}", asked)


def test_an_earlier_answer_may_lose_its_thought():
    """As Qwen3's and DeepSeek's templates do with all turns but the last."""
    template = "{% for m in messages %}{{ m.content.split('</think>')[-1] }}{% endfor %}"
    prompt = (Message("user", "One?"), Message("assistant", "<think>hm</think>Yes."), Message("user", "Two?"))
    assert rendered(template, prompt) == "One?Yes.Two?"


@pytest.mark.parametrize(
    ("template", "note"),
    [
        ("Hello.", "the chat template leaves out the user's turn; cases that are asked as turns are refused"),
        ("{{ 1 / 0 }}", f"{BY_ZERO}; cases that are asked as turns are refused"),
    ],
)
def test_what_is_not_asked_as_turns_goes_on(tmp_path, template, note):
    tiny = _MADE["engine"](bytes_and_merges(template=template), tmp_path, template=True)
    requests = [Generate("How many?", max_tokens=3), LogLikelihood((("a", " b"),)), Generate(SHOTS, max_tokens=3)]
    found = dict(tiny.answer(requests))
    assert [type(found[place]) for place in range(3)] == [Refusal, LogLikelihoods, Refusal]
    assert found[0].reason == note.removesuffix("; cases that are asked as turns are refused")
    assert tiny.describe()["notes"] == [note]


def test_only_the_turns_that_are_left_out_are_refused(tmp_path):
    tiny = _MADE["engine"](bytes_and_merges(template=NO_SYSTEM), tmp_path, template=True)
    found = dict(tiny.answer([Generate(SYSTEM, max_tokens=3), Generate(USER, max_tokens=3)]))
    assert found[0] == Refusal("the chat template leaves out the system's turn")
    assert isinstance(found[1], Completions)


def test_parts_ask_for_the_same_tokens_as_text(tmp_path):
    asked = [Generate(prompt, max_tokens=6) for prompt in (USER, SYSTEM, SHOTS)]
    engines = [
        _MADE["engine"](bytes_and_merges(template=template), tmp_path / str(at), template=True)
        for at, template in enumerate((PLAIN, PARTS))
    ]
    first, second = (dict(engine.answer(asked)) for engine in engines)
    assert first == second
