"""What a machine lacks is not the program's fault: extensions of PHP, C# behind mcs's, and whose main is run."""

from dataclasses import replace

import pytest

from harness.core import Execute
from harness.core import Refusal
from harness.languages import kotlin
from harness.languages import language
from harness.languages import php
from harness.languages.building.sources import blanked
from harness.languages.building.tools import find
from harness.languages.building.tools import version
from harness.sandbox import open_sandbox
from harness.sandbox.pool import not_run

PARSE = "program.cs(2,41): error CS1525: Unexpected symbol `{}'"
NULLABLE = (
    "program.cs(2,18): error CS0453: The type `string' must be a non-nullable value type in order to use it as type "
    "parameter `T' in the generic type or method `System.Nullable<T>'"
)


def asked(code, name="php"):
    return Execute(name, code, ("",), style="script")


@pytest.mark.parametrize(
    ("code", "package"),
    [
        ("<?php echo mb_strlen('a');", "php-mbstring"),
        ("<?php echo \\mb_str_split ('a');", "php-mbstring"),
        ("<?php echo bcadd('1', '2');", "php-bcmath"),
        ("<?php echo gmp_strval(gmp_gcd(2, 4));", "php-gmp"),
        ("<?php echo mb_strrev('a');", None),
        ("<?php echo strlen('mb_strlen(1)'); // mb_strlen('a')", None),
        ("<?php echo $this->mb_strlen('a');", None),
        ("<?php function mb_strlen($a) { return strlen($a); } echo mb_strlen('a');", None),
        ("<?php echo function_exists('mb_strlen') ? mb_strlen('a') : strlen('a');", None),
    ],
)
def test_a_function_of_an_extension_that_is_not_there_is_named_by_its_package(monkeypatch, code, package):
    """`mb_strrev` is in no version of PHP: a program that calls it is wrong."""
    monkeypatch.setattr(php, "_loaded", frozenset)
    assert language("php").lacks(asked(code)) == package


def test_an_extension_that_is_there_is_not_missed(monkeypatch):
    monkeypatch.setattr(php, "_loaded", lambda: frozenset({"mbstring"}))
    assert language("php").lacks(asked("<?php echo mb_strlen('a');")) is None
    assert language("php").lacks(asked("<?php echo mb_strlen(bcadd('1', '2'));")) == "php-bcmath"


def test_php_says_with_its_version_which_extensions_it_has():
    """So that what ran without one runs again with it."""
    (tool,) = language("php").tools
    if find(tool) is None:
        pytest.skip("not run: php is not installed")
    said = version(tool)
    assert said.startswith("PHP ")
    assert set(said.partition(" with ")[2].split(", ")) <= {"mbstring", "bcmath", "gmp", "none of its extensions"}
    calls = {"mbstring": "mb_strlen('a')", "bcmath": "bcadd('1', '0')", "gmp": "gmp_intval(gmp_init(1))"}
    sandbox = open_sandbox(1)
    for extension, call in calls.items():
        request = Execute("php", f"<?php function f() {{ return {call}; }}", ("assert(f() == 1);",), style="script")
        if extension in said:
            assert sandbox.submit(request).result(100).verdict == "passed"
        else:
            reason = f"php: php-{extension} is not installed; expected a package the program can import"
            assert not_run(request) == sandbox.submit(request).result(100) == Refusal(reason)
    sandbox.close()


@pytest.mark.parametrize(
    ("complaint", "code", "wanted"),
    [
        (PARSE.format("switch"), "return x switch { 1 => 2, _ => 3 };", "C# >= 8"),
        (PARSE.format("="), 'a ??= "x";', "C# >= 8"),
        (PARSE.format("^"), "var b = a[^1];", "C# >= 8"),
        ("program.cs(2,57): error CS1001: Unexpected symbol `0.2', expecting identifier", "a[0..2]", "C# >= 8"),
        (PARSE.format("var") + ", expecting `('", "using var b = a;", "C# >= 8"),
        (NULLABLE, "static string? F() { return null; }", "C# >= 8"),
        ("program.cs(1,0): error CS1024: Wrong preprocessor directive", "#nullable enable", "C# >= 8"),
        (PARSE.format("null"), "if (o is not null) {}", "C# >= 9"),
        (PARSE.format(")") + ", expecting `(' or `type'", "List<int> o = new();", "C# >= 9"),
        (PARSE.format("record"), "record R(int X);", "C# >= 9"),
        (PARSE.format(";"), "namespace X;", "C# >= 10"),
        (PARSE.format("["), "int[] a = [1, 2];", "C# >= 12"),
        (PARSE.format("}"), "return x", None),
        (PARSE.format("}"), 'return "x switch { }" // a ??= b', None),
        (PARSE.format("}"), "switch (x) { case 1: return new A(); } using (var a = b) { return a[i ^ 1]", None),
        (PARSE.format("}"), "using System; using Text = System.Text; record = 1; a = b[0] = c == [", None),
        ("program.cs(2,4): error CS0103: The name `y' does not exist in the current context", "a[^1]", None),
        ("program.cs(2,4): error CS1061: Type `int' does not contain a definition for `y'", "a[^1]", None),
    ],
)
def test_later_syntax_is_known_by_the_source_where_mcs_only_calls_it_unexpected(complaint, code, wanted):
    """As mcs 6.8.0 says it."""
    lang = language("c_sharp")
    assert lang.diagnosis.needs(complaint, blanked(code, lang.syntax)) == wanted


@pytest.mark.parametrize(
    ("own", "test", "kind", "given"),
    [
        ("static async Task Main() { }", "static void Main(string[] args) { } }", "P", "1"),
        ("static async Task Main(string[] a) { }", "static void Main() { } }", "P", "0"),
        ("static async Task Main() { } }", "", "P", "0"),
        ("static int F() { return 1; }", "/* static void Main() */ static void Main(string[] args) { } }", "P", "1"),
    ],
)
def test_the_test_s_main_is_run_in_c_sharp_whichever_the_answer_has(own, test, kind, given):
    program = language("c_sharp").script(asked(f"class P {{ {own}", "c_sharp"), test)
    text = str(program.first)
    assert f'GetType("{kind}", true)' in text.replace("\\", "")
    assert f"GetParameters().Length == {given}" in text


@pytest.mark.parametrize(
    ("own", "test", "bare"),
    [
        ("fun main() { }", "fun main(args: Array<String>) { }", False),
        ("fun main(args: Array<String>) { }", "fun main() { }", True),
        ("", "// fun main()\nfun main(args: Array<String>) { }", False),
        ("fun main() { }", "", True),
    ],
)
def test_the_test_s_main_is_run_in_kotlin_whichever_the_answer_has(monkeypatch, own, test, bare):
    tool = replace(kotlin._KOTLINC, name="/opt/kotlin/bin/kotlinc")
    monkeypatch.setattr(kotlin, "_KOTLINC", tool)
    program = language("kotlin").script(asked(own, "kotlin"), test)
    assert f"if ({str(bare).lower()}) kind.declaredMethods" in str(program.first)
