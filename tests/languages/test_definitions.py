"""What a line defines is read from its head, in each form the language has."""

import pytest

from harness.code_tasks.rules import program
from harness.core import Trial
from harness.languages.bash import LANGUAGE as BASH
from harness.languages.building.sources import defined
from harness.languages.building.sources import items
from harness.languages.d import LANGUAGE as D


@pytest.mark.parametrize(
    ("source", "names"),
    [
        ("add_one() {\n  echo 1\n}\n", ["add_one"]),
        ("function add_one() {\n  echo 1\n}\n", ["add_one"]),
        ("function add_one {\n  echo 1\n}\n", ["add_one"]),
        ("function add_one\n{\n  echo 1\n}\n", ["add_one"]),
        ("echo function add_one\n", []),
    ],
)
def test_bash_functions(source, names):
    """Bash's manual, 3.3: the parentheses are optional behind the reserved word `function`."""
    assert [name for name, _, _ in defined(source, BASH.syntax)] == names


def test_an_arrow_is_a_body_in_d():
    source = "long f(long x) => x + 1;\nlong g(long x) { return x; }\n"
    assert [name for name, _, _ in defined(source, D.syntax)] == ["f", "g"]


def test_a_pattern_of_bash_closes_nothing():
    source = 'add_one() {\n  case "$1" in\n    *) echo 2 ;;\n  esac\n}\nother() {\n  echo 1\n}\n'
    assert [item.name for item in items(source, BASH.syntax)] == ["add_one", "other"]
    assert "".join(item.text for item in items(source, BASH.syntax)) == source


IN_A_CLASS = {
    "c_sharp": (
        "using System;\nclass Problem {\n    public static long AddOne(long x) {\n<completion>\n",
        "AddOne",
        "public static long AddOne(long x) => x + 1;",
    ),
    "scala": (
        "object Problem {\n    def addOne(x : Long) : Long = {\n<completion>\n",
        "addOne",
        "def addOne(x : Long) : Long = {\n  object o { val n = 1 }\n  import o._\n  x + n\n}",
    ),
}
AROUND = {
    "c_sharp": (
        "{}",
        "class Solution {{\n    {}\n}}",
        "namespace My.App\n{{\n    public class Solution\n    {{\n        {}\n    }}\n}}",
        "namespace App;\nclass Solution {{\n{}\n}}",
    ),
    "scala": ("{}", "import scala.math._\nobject Solution {{\n{}\n}}"),
}


@pytest.mark.parametrize(("language", "around"), [(name, around) for name, forms in AROUND.items() for around in forms])
def test_a_whole_answer_is_taken_out_of_what_stands_around_it(language, around):
    """The class of the prompt stays open, as the tests close it."""
    prompt, name, function = IN_A_CLASS[language]
    trial = Trial(language, "foreign_whole", prompt=prompt, tests=("}",), style="script", names=(name,))
    code = program(trial, f"```\n{around.format(function)}\n```")
    assert function in code.replace("        public", "public")
    assert "namespace" not in code
    assert code.count("{") - code.count("}") == 1
    head = code.partition(" Problem {")[0]
    assert "import o._" not in head
    assert ("import scala.math._" in head) == around.startswith("import")
