"""Marks around a program go, marks in its literals stay: in every language, and in words that the record keeps."""

# ruff: noqa: E501 - an answer and what it holds stand side by side
import runpy
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.code_tasks.extraction.foreign import CLASS_END
from harness.code_tasks.extraction.literals import hidden
from harness.code_tasks.extraction.literals import shown
from harness.code_tasks.extraction.thoughts import unthought
from harness.code_tasks.rules import RULES
from harness.code_tasks.rules import program
from harness.code_tasks.rules import reading
from harness.core import Record
from harness.core import Trial
from harness.core import decode
from harness.encoding import encode
from harness.languages import language as known

_FORMS = runpy.run_path(str(Path(__file__).with_name("wrappings.py")))
FENCE, TOKENS, THOUGHTS, fenced = (_FORMS[name] for name in ("FENCE", "TOKENS", "THOUGHTS", "fenced"))
IN_LITERALS = (
    "</s>",
    "<s>x</s>",
    "<think>",
    "</think>",
    "[DONE]",
    "<|im_end|>",
    "[CODE]",
    "\u25c1/think\u25b7",
    "~~~",
    "[/INST]",
)
WHOLE = {
    "javascript": "function twice(x) {\n  const s = 'MARK'; // MARK\n  /*\n  MARK\n  ```js\n  f(1)\n  ```\n  */\n  return 2 * x;\n}",
    "cpp": 'int twice(int x){\n    std::string s = "MARK"; // MARK\n    /*\n    MARK\n    ```cpp\n    f(1)\n    ```\n    */\n    return 2 * x;\n}',
    "rust": 'fn twice(x: i32) -> i32 {\n    let s = "MARK"; // MARK\n    /*\n    MARK\n    ```rust\n    f(1)\n    ```\n    */\n    2 * x\n}',
    "java": 'class Solution {\n    public int twice(int x) {\n        String s = "MARK"; // MARK\n        /*\n        MARK\n        ```java\n        f(1)\n        ```\n        */\n        return 2 * x;\n    }\n}',
    "go": 'func twice(x int) int {\n    s := "MARK" // MARK\n    _ = s\n    /*\n    MARK\n    ```go\n    f(1)\n    ```\n    */\n    return 2 * x\n}',
    "sqlite": "SELECT a FROM t WHERE b = 'MARK' -- MARK\n AND c = 1",
    "python": "def twice(x):\n    s = 'MARK'  # MARK\n    '''\n    MARK\n    ```python\n    f(1)\n    ```\n    '''\n    return 2 * x",
}
HEADS = {
    "javascript": "const twice = (x) => {\n",
    "cpp": "#include <vector>\nint twice(int x){\n",
    "rust": "fn twice(x: i32) -> i32 {\n",
    "java": f"class Solution {{\n    public int twice(int x) {{\n{CLASS_END}",
    "go": "func twice(x int) int {\n",
    "sqlite": "",
    "python": "",
}


def trial(language: str) -> Trial:
    rule = {"sqlite": "sql", "python": "python"}.get(language, "foreign")
    return Trial(language, rule, HEADS[language], ("twice(2)",), style="script", names=("twice",))


def found(language: str, text: str) -> str:
    code = program(trial(language), text)
    assert code is not None, text
    return code


@pytest.mark.parametrize("language", WHOLE)
@pytest.mark.parametrize("mark", IN_LITERALS)
def test_a_mark_in_a_literal_cuts_nothing(language: str, mark: str) -> None:
    whole = WHOLE[language].replace("MARK", mark)
    wanted = found(language, whole.replace(mark, "plain")).replace("plain", mark)
    for text in (whole, fenced(whole, ""), f"Here it is, isn't it?\n\n{fenced(whole, '')}\nDone."):
        assert found(language, text) == wanted


@pytest.mark.parametrize("language", WHOLE)
def test_what_stands_around_a_program_is_gone(language: str) -> None:
    whole = WHOLE[language].replace("MARK", "plain")
    wanted = found(language, fenced(whole, ""))
    for token in TOKENS:
        assert found(language, whole + token).strip() == wanted.strip(), token
        assert found(language, f"{fenced(whole, '')}{token}").strip() == wanted.strip(), token
    for name, (opening, closing) in THOUGHTS.items():
        wrong = whole.replace("plain", "wrong").replace("SELECT a", "SELECT wrong")
        assert found(language, f"{opening}Let's see:\n{fenced(wrong, '')}{closing}\n{fenced(whole, '')}") == wanted, (
            name
        )
    for text in (
        "\ufeff" + whole,
        "\ufeff" + fenced(whole, ""),
        fenced(whole, "").replace("\n", "\r\n"),
        f"<s>{whole}",
    ):
        assert found(language, text).strip() == wanted.strip()


@pytest.mark.parametrize("rule", sorted(set(RULES) - {"continuation"}))
@pytest.mark.parametrize(
    "name", [name for name, (opening, _) in THOUGHTS.items() if opening not in {"", "analysis", "Thinking...\n"}]
)
def test_an_unfinished_thought_holds_no_answer(rule: str, name: str) -> None:
    """But for a terminal's, and Harmony's without its tokens, which are known by their ends alone."""
    opening, _ = THOUGHTS[name]
    language = {"sql": "sqlite", "foreign": "javascript", "foreign_whole": "javascript"}.get(rule, "python")
    whole = WHOLE[language]
    text = f"{opening}Let's see.\n{fenced(whole, '')}\nassert f(1) == 2\nIs that right? "
    assert program(Trial(language, rule, HEADS[language], names=("twice",)), text) is None


def test_a_part_of_harmony_that_is_no_answer_is_not_read() -> None:
    call = "<|channel|>commentary to=functions.run <|constrain|>json<|message|>{}<|call|>"
    text = f"<|channel|>analysis<|message|>x<|end|>{call}<|start|>assistant<|channel|>final<|message|>answer<|return|>"
    assert unthought(text) == ("answer", ("<|channel|>",))
    assert unthought(call)[0] == ""
    assert unthought("analysis of the input: x") == ("analysis of the input: x", ())


@pytest.mark.parametrize(
    ("literal", "meant"),
    [("'\u200b'", 1), ("'\u00a0\u00a0'", 2), ("'\u201c\u201d'", 2), ("'a\tb'", 3), ("'\ufeff'", 1), ("'\x1b[0m'", 4)],
)
def test_what_is_mended_in_code_means_itself_in_a_string(literal: str, meant: int) -> None:
    for code in (
        f"def f():\n    return len({literal})\n",
        f"def f():\n\u00a0\u00a0\u00a0\u00a0return\u00a0len({literal})\n",
    ):
        made: dict = {}
        exec(program(Trial("python", "python", names=("f",)), f"So:\n{fenced(code)}"), made)
        assert made["f"]() == meant


@pytest.mark.parametrize(
    ("text", "meant"),
    [
        ("def f(a):\n    return a &lt; 2", "return a < 2"),
        ("def f(a):\n    return a &amp;lt; 2", "return a < 2"),
        ("def f(a):\n    return '&lt;' + a", "return '&lt;' + a"),
        ("def f(a):\n    # &lt; and &amp;\n    return a", "# &lt; and &amp;"),
        ("def f(a) -&gt; str:\n    return &quot;&amp;&quot; + a", 'return "&" + a'),
        ("def f(a, lt):\n    return a &lt; 2", "return a < 2"),
    ],
)
def test_entities_are_resolved_where_code_has_none(text: str, meant: str) -> None:
    code = program(Trial("python", "python", names=("f",)), fenced(text))
    assert code is not None
    assert meant in code


@given(st.text(st.sampled_from("ab '\"`~<>|/[]#\n\t\\\u200b\u201cCODEs"), max_size=80), st.sampled_from(sorted(WHOLE)))
def test_what_is_hidden_is_shown_again(text: str, language: str) -> None:
    assert [shown(form) for form in hidden(text, known(language).syntax)] == [text] * len(
        hidden(text, known(language).syntax)
    )


@given(st.text(st.sampled_from("ab '\"`~<>|/[]()#:=\n\t\\;{}think"), max_size=120), st.sampled_from(sorted(WHOLE)))
def test_any_text_has_a_program_or_none(text: str, language: str) -> None:
    code = program(trial(language), text)
    assert (code is None) == (reading(trial(language), text) is None)
    assert code == program(trial(language), text)


def test_the_record_says_how_a_program_was_read() -> None:
    code = "def twice(x):\n    return 2 * x\n"
    asked = trial("python")
    said = {
        code: "whole text",
        f"{fenced('pip', 'sh')}{fenced(code)}": "fenced block 2 of 2",
        f"<think>no</think>{code}": "text without fences; thought in <think> removed",
        f"{code}<|EOT|>": "text without fences; <|EOT|> removed",
        fenced(code.replace("2 *", "2 &lt;")): "fenced block 1 of 1, HTML entities resolved",
        f"{code}That is it.": "text without fences, the first 2 of 3 lines",
        "def twice(x)\n    return": "text without fences, as it stands",
    }
    assert {text: reading(asked, text) for text in said} == said
    assert reading(asked, "I do not know.") is None


def test_a_record_of_an_older_run_is_read() -> None:
    record = encode(Record("m", "toy", 1, "a", "node", 1, "measured", "d", None, programs=("A",)))
    del record["readings"]
    assert decode(record).readings == ()
