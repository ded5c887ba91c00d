# ruff: noqa: E501 - programs in one line each
"""How programs are looked at outside the jail: past strings and comments, in time in proportion to their length."""

import time

import pytest

from harness.core import Execute
from harness.languages import language
from harness.languages import languages
from harness.languages.building.endings import after_begin
from harness.languages.building.endings import bare
from harness.languages.building.endings import before_end
from harness.languages.building.endings import enclosing
from harness.languages.building.endings import opening

LENGTH = 1 << 18
UNITS = (
    "/*", '"', "'", "`", '"""', "\n", " ", "\t", "\\", "{", "}", "//", "class A{", "class ", "public ", "package a", "static void main(",
    "int main(", "#[test]\n//", "////////", "#[test]", "fn main(", "use regex", "use md5::", "import ", "from ", "from\n", "require(", "#include ",
    "# include<", "func TestA(t *testing.T)", "a b ", "Error", "_test.go:1", "/* static void main( */", "'a", 'r#"',
)  # fmt: skip
STYLES = [(name, style) for name in ("cpp", "go", "java", "javascript", "rust", "python", "sqlite") for style in ("calls", "script", "query")]  # fmt: skip
LIBRARIES = {"rust": ("regex", "md5"), "cpp": ("boost",), "javascript": ("js-md5",)}
TEST = "assert f(1) == 2"


@pytest.mark.parametrize("unit", UNITS)
def test_no_program_keeps_us_looking(unit):
    """A quarter of a megabyte of anything is looked at within seconds of CPU time; what backtracks takes hours."""
    code = unit * (LENGTH // len(unit))
    for name, style in STYLES:
        found = language(name)
        request = Execute(name, code, (TEST,), style=style, names=("f",), libraries=LIBRARIES.get(name, ()))
        begun = time.process_time()
        if found.lacks is not None:
            found.lacks(request)
        make = {"calls": found.calls, "query": found.query}.get(style)
        if make is not None:
            make(request)
        elif style == "script" and found.script is not None:
            found.script(request, TEST)
        assert time.process_time() - begun < 10, (name, style)


@pytest.mark.parametrize("unit", UNITS)
def test_no_output_keeps_us_looking(unit):
    begun = time.process_time()
    for one in languages():
        one.diagnosis.of((unit * (1 << 16))[: 1 << 16])
    assert time.process_time() - begun < 10


def test_strings_and_comments_are_blanked():
    assert bare('a "b\\"{" /* } */ \'}\' // x\n `q` """t"x""" c').split() == ["a", "c"]
    assert bare("a /* never closed } ").split() == ["a"]


def test_the_classes_around_a_place():
    source = (
        'class A { /* class No { */ String s = "class No {"; record B(int x) { void f() { @ } } } interface C { @ }'
    )
    assert enclosing(source, source.index("@")) == ("A", "B")
    assert enclosing(source, source.rindex("@")) == ("C",)
    assert enclosing(source, 0) == ()


def test_a_head_in_a_comment_is_none():
    source = "/* int main() { } */ // int main() { }\n int main() { f(); }"
    for put in (before_end, after_begin):
        assert put(source, r"int main\(\)", "SAID").count("SAID") == 1
    assert after_begin(source, r"int main\(\)", "SAID").endswith("int main() {\nSAID\n f(); }")
    assert after_begin("// int main() { }", r"int main\(\)", "SAID") is None


def test_a_definition_stands_where_no_function_is_open():
    assert opening("int main() { }", r"int main\(\)") == 0
    assert opening("// x\n }\nint main() { }", r"int main\(\)") == 8
    assert opening("}", r"int main\(\)") == 0
