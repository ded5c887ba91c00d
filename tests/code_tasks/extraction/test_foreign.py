"""Answers in other languages, as base models continue them and chat models write them, and the program each holds."""

import pytest

from harness.code_tasks.extraction.candidates import HOLE
from harness.code_tasks.extraction.foreign import CLASS_END
from harness.code_tasks.rules import program
from harness.core import Trial
from harness.languages import language as known
from harness.languages.building.sources import blanked
from harness.languages.building.sources import closing
from harness.languages.building.sources import items

FENCE = "```"
HEADS = {
    "javascript": "/* Double it. */\nconst twice = (x) => {\n",
    "cpp": "/* Double it. */\n#include<vector>\nusing namespace std;\nint twice(int x){\n",
    "rust": "\n/* Double it. */\nuse std::fmt;\n\nfn twice(x: i32) -> i32 {\n",
    "java": "import java.util.*;\n\nclass Solution {\n    /** Double it. */\n    public int twice(int x) {\n",
    "go": "\n// Double it.\nfunc twice(x int) int {\n",
}
BODIES = {
    "javascript": '  const s = "}"; // }\n  return 2 * x;\n}',
    "cpp": "    char c = '}'; /* } */\n    return 2 * x;\n}",
    "rust": "    let c = '}'; // }\n    2 * x\n}",
    "java": "        char c = '}'; // }\n        return 2 * x;\n    }",
    "go": "    s := `}` // }\n    _ = s\n    return 2 * x\n}",
}
OTHERS = {
    "javascript": "const other = (x) => {\n  return x;\n}",
    "cpp": "int other(int x){\n    return x;\n}",
    "rust": "fn other(x: i32) -> i32 {\n    x\n}",
    "java": "    public int other(int x) {\n        return x;\n    }",
    "go": "func other(x int) int {\n    return x\n}",
}


def trial(language: str, rule: str = "foreign", tail: str = "", tests: str = "twice(2)") -> Trial:
    tail = CLASS_END if language == "java" and not tail else tail
    return Trial(language, rule, prompt=HEADS[language] + tail, tests=(tests,), style="script", names=("twice",))


def found(language: str, text: str, **more: str) -> str:
    code = program(trial(language, **more), text)
    assert code is not None
    return code.partition("import (\n)\n")[2].removeprefix("\n") if language == "go" else code.removeprefix("\n")


def expected(language: str, behind: str = "") -> str:
    end = "\n}\n" if language == "java" else ""
    return (HEADS[language] + BODIES[language] + behind + end).removeprefix("\n")


@pytest.mark.parametrize("language", HEADS)
@pytest.mark.parametrize("behind", ["", "\n\n/* Next: {\n*/", "\n@other", "\n@const y", "\n```\nThat is {all}."])
def test_a_continuation_ends_where_the_function_closes(language: str, behind: str) -> None:
    """What follows goes, be it a comment, a whole function, or one that is cut off."""
    cut = OTHERS[language][:-1]
    behind = behind.replace("@other", f"\n{OTHERS[language]}\n").replace("@const y", f"\n{cut}")
    assert found(language, BODIES[language] + behind) == expected(language)


@pytest.mark.parametrize("language", HEADS)
def test_a_helper_behind_it_stays_where_it_is_used(language: str) -> None:
    body = BODIES[language].replace("2 * x", "other(x)")
    code = found(language, f"{body}\n\n{OTHERS[language]}\n")
    assert code.count("other(x)") == 1
    assert OTHERS[language] in code
    assert OTHERS[language] in found(language, f"{BODIES[language]}\n\n{OTHERS[language]}\n", tests="other(2)")


@pytest.mark.parametrize("language", HEADS)
def test_a_function_that_is_written_whole_does_not_stand_twice(language: str) -> None:
    bare = HEADS[language].partition("*/")[2] if language in {"cpp", "javascript"} else HEADS[language]
    whole = bare + BODIES[language] + ("\n}\n" if language == "java" else "\n")
    said = {"javascript": "js", "cpp": "c++"}.get(language, language)
    for text in (
        whole,
        f"Sure :) Here it is:\n\n{FENCE}{said}\n{whole}{FENCE}\nIt doubles.",
        f"{FENCE}\n{whole}{FENCE}",
    ):
        code = found(language, text)
        assert code.count("twice") == 1
        assert BODIES[language] in code
        assert "doubles" not in code
    assert "Sure" not in found(language, f"Sure :) Here it is:\n\n{whole}\nIt doubles.")


@pytest.mark.parametrize("language", HEADS)
@pytest.mark.parametrize("label", ["", "text", "code", "plaintext", "python"])
@pytest.mark.parametrize("rule", ["foreign", "foreign_whole"])
def test_prose_before_a_fence_is_no_continuation_whatever_the_fence_is_labelled(
    language: str, label: str, rule: str
) -> None:
    """Words such as `f()` or x = 1 look like code, but the function is in the fence."""
    bare = HEADS[language].partition("*/")[2] if language in {"cpp", "javascript"} else HEADS[language]
    whole = bare + BODIES[language] + ("\n}\n" if language == "java" else "\n")
    for prose in ("Use `f()` for it, as y = f(x); here it is:", "First we `return 2 * x;` {like this}:", "Certainly!"):
        code = found(language, f"{prose}\n\n{FENCE}{label}\n{whole}{FENCE}\nIt doubles.", rule=rule)
        assert BODIES[language] in code
        assert prose not in code


def test_what_the_prompt_lends_is_not_taken_twice() -> None:
    head = "#include<map>\nint half(int x){\n    return x/2;\n}\n" + HEADS["cpp"]
    asked = Trial("cpp", "foreign", prompt=head, tests=("int main() {}",), style="script", names=("twice",))
    whole = f"int twice(int x){{\n{BODIES['cpp']}\n"
    lent = program(asked, f"{FENCE}cpp\n{whole}int main() {{ return 1; }}\n{FENCE}")
    assert lent is not None
    assert lent.count("int half(int x)") == lent.count("#include<map>") == 1
    assert "main" not in lent
    own = program(asked, f"{FENCE}cpp\nint half(int y){{\n    return y/2;\n}}\n{whole}{FENCE}")
    assert own is not None
    assert "half(int x)" not in own
    assert "half(int y)" in own


def test_imports_of_rust_are_put_where_the_answer_s_own_may_shadow_them() -> None:
    whole = f"use std::fmt;\nfn twice(x: i32) -> i32 {{\n{BODIES['rust']}\n"
    code = found("rust", f"{FENCE}rust\n{whole}{FENCE}")
    assert code.startswith("#[allow(unused)]\nmod prompt_imports {\n    use super::*;\n    pub use std::fmt;\n}\n")
    assert "\nuse std::fmt;\nfn twice" in code


@pytest.mark.parametrize("head", ["public class Answer", "class Solution", "final class Solution extends Object"])
def test_the_members_of_a_java_class_come_into_that_of_the_prompt(head: str) -> None:
    method = f"    public int twice(int x) {{\n{BODIES['java']}\n"
    main = "    public static void main(String[] args) {\n        new Answer().twice(1);\n    }\n"
    other = "public class Main {\n    public static void main(String[] args) {}\n}\n"
    code = found(
        "java", f"{FENCE}java\nimport java.io.*;\n{head} {{\n{method}{main}}}\nclass Helper {{}}\n{other}{FENCE}"
    )
    wanted = f"import java.util.*;\nimport java.io.*;\nclass Helper {{}}\nclass Solution {{\n{method}\n}}\n"
    assert code.split() == wanted.split()


@pytest.mark.parametrize("text", ["", "  \n", "I do not know.", "The answer: none", f"{FENCE}\nnothing here\n{FENCE}"])
@pytest.mark.parametrize("rule", ["foreign", "foreign_whole"])
def test_an_answer_without_code_has_no_program(text: str, rule: str) -> None:
    assert program(trial("javascript", rule), text) is None


def test_a_variable_of_the_function_s_name_does_not_define_it() -> None:
    assert found("javascript", "  let twice = 1\n  return 2 * x\n}").endswith(
        "=> {\n  let twice = 1\n  return 2 * x\n}"
    )


def test_a_whole_continuation_stays_as_it_is() -> None:
    """MultiPL-E's program is prompt, completion, a line break, tests; a brace they begin with is the prompt's end."""
    text = "    return 2 * x;\n}\n\nint other(int x) {"
    assert found("cpp", text, rule="foreign_whole", tail=f"{HOLE}\n}}") == HEADS["cpp"] + text + "\n}"
    fenced = f"{FENCE}cpp\n    return 2 * x;\n}}\n{FENCE}"
    assert found("cpp", fenced, rule="foreign_whole", tail=f"{HOLE}\n}}") == HEADS["cpp"] + "    return 2 * x;\n\n}"


def test_go_imports_exactly_what_is_used() -> None:
    head, body = "package one_test\n\n", '\nfunc f() { str.Title("os.x") }\n'
    source = f'{head}import (\n\t"math"\n\tstr "strings"\n)\nimport "os"\n{body}'
    assert known("go").finish(source, "func TestF(t *testing.T) {}") == (
        f'{head}import (\n\tstr "strings"\n\t"testing"\n)\n\n{body}'
    )
    assert known("go").finish("func f() {}\n", "").startswith("package main\n\nimport (\n)\nfunc f")


def test_a_template_a_pattern_and_a_lifetime_are_told_from_code() -> None:
    template, lifetime = "return `}${1}` + s.replace(/[}]/g, '}') }", "f::<'a>(r#\"}\"#, '}', '\\u{7d}') }"
    assert closing(template, known("javascript").syntax) == len(template)
    assert closing(lifetime, known("rust").syntax) == len(lifetime)
    assert closing("{ }", known("go").syntax) is None
    assert blanked("a // b\nc", known("go").syntax) == "a     \nc"


def test_items_are_what_belongs_together() -> None:
    source = "#[derive(Debug)]\nenum Kind {\n    A,\n}\n// about f\nfn f()\n{\n}\nuse x::{\n    y,\n};\n"
    assert [(item.name, item.text.count("\n")) for item in items(source, known("rust").syntax)] == [
        ("Kind", 4),
        ("f", 4),
        ("", 3),
    ]
    assert "".join(item.text for item in items(source, known("rust").syntax)) == source
    assert [item.name for item in items("fn f() {}\n}\nfn g() {}\n", known("rust").syntax)] == ["f"]
