# ruff: noqa: E501 - programs in one line each
"""Other languages: a driver returns values, the judge outside compares; a missing tool is no verdict."""

import pytest

from harness.core import Execute
from harness.core import Refusal
from harness.languages import known
from harness.languages import language
from harness.languages.building.endings import before_end
from harness.languages.building.tools import find

MANY = (
    'assert f([1, 2, 3], "aé\\n", 2.5, True) == [3, 2, 1]',
    'assert g({"a": 1, "b": 2}) == {"a": 2, "b": 3}',
)
PROGRAMS = {
    "javascript": "const f = (xs, s, x, b) => s === 'aé\\n' && x === 2.5 && b ? [...xs].reverse() : null;\nfunction g(d) { const r = {}; for (const k in d) r[k] = d[k] + 1; return r; }",
    "cpp": '#include <bits/stdc++.h>\nusing namespace std;\nvector<long> f(vector<long> xs, string s, double x, bool b) { if (s == "a\\xc3\\xa9\\n" && x == 2.5 && b) reverse(xs.begin(), xs.end()); return xs; }\nmap<string, int> g(const map<string, int>& d) { auto r = d; for (auto& [k, v] : r) v++; return r; }\nint main() { return 1; }',
    "java": 'import java.util.*;\nclass Solution {\n  static List<Integer> f(List<Integer> xs, String s, double x, boolean b) { if (s.equals("a\\u00e9\\n") && x == 2.5 && b) Collections.reverse(xs); return xs; }\n  Map<String, Integer> g(Map<String, Integer> d) { Map<String, Integer> r = new TreeMap<>(); d.forEach((k, v) -> r.put(k, v + 1)); return r; }\n}',
    "rust": 'use std::collections::HashMap;\nfn f(xs: Vec<i64>, s: &str, x: f64, b: bool) -> Vec<i64> { if s == "aé\\n" && x == 2.5 && b { xs.into_iter().rev().collect() } else { xs } }\nfn g(d: HashMap<String, i32>) -> HashMap<String, i32> { d.into_iter().map(|(k, v)| (k, v + 1)).collect() }',
}  # fmt: skip
SCRIPTS = {
    "javascript": ("const add = (a, b) => a {} b;", "require('assert').strictEqual(add(1, 2), 3);"),
    "cpp": ("long add(long a, long b) {{ return a {} b; }}", "#include <cassert>\nint main() { assert(add(1, 2) == 3); }"),
    "java": ("class Solution {{ long add(long a, long b) {{ return a {} b; }} }}", 'public class Main { public static void main(String[] a) { if (new Solution().add(1, 2) != 3) throw new AssertionError("}"); } }'),
    "rust": ("fn add(a: i64, b: i64) -> i64 {{ a {} b }}", "#[cfg(test)]\nmod tests { use super::*;\n    #[test]\n    fn it() { assert_eq!(add(1, 2), 3); } }"),
    "go": ('package main\nimport "testing"\nfunc add(a, b int) int {{ return a {} b }}', "func TestAdd(t *testing.T) { if add(1, 2) != 3 { t.Fatal() } }"),
}  # fmt: skip


def need(name):
    for tool in language(name).tools:
        if find(tool) is None:
            pytest.skip(f"not run: {tool.name} is not installed")


@pytest.mark.parametrize("name", PROGRAMS)
def test_values_go_in_and_come_out(execute, name):
    need(name)
    found = execute(PROGRAMS[name], *MANY, language=name, names=("f", "g"))
    assert (found.verdict, found.judged, found.detail) == ("passed", "outside", None)


@pytest.mark.parametrize("name", SCRIPTS)
def test_a_script_passes_by_its_nonce_alone(execute, name):
    need(name)
    code, test = SCRIPTS[name]
    right = execute(code.replace("{}", "+").replace("{{", "{").replace("}}", "}"), test, language=name, style="script")
    assert (right.verdict, right.judged) == ("passed", "in-jail")
    wrong = execute(code.replace("{}", "-").replace("{{", "{").replace("}}", "}"), test, language=name, style="script")
    assert wrong.verdict in {"failed", "crash"}


def test_a_missing_tool_is_named(execute, monkeypatch):
    monkeypatch.setattr("harness.sandbox.pool.find", lambda _tool: None)
    found = execute("", "assert f() == 1", language="javascript", names=("f",))
    assert found == Refusal("javascript: node is not installed; expected it on PATH (Debian: nodejs brings it)")


@pytest.mark.parametrize(
    ("name", "code", "lacking"),
    [
        ("rust", "use md5;\nuse regex::Regex;\nfn f() {}", None),  # imported, as every prompt does, and not used
        ("rust", 'pub use regex::Regex;\nfn f() { Regex::new("a"); }', "regex"),
        ("rust", 'fn f() { md5::compute(b"a"); }', "md5"),
        ("cpp", "#include <no_such/any.hpp>\nint f() { return 1; }", "no_such"),
        ("cpp", "int no_such() { return 1; } // no_such/", None),
        ("javascript", "const f = () => require('no-such')", "no-such"),
        ("javascript", "const f = () => 'no-such'", None),
    ],
)
def test_a_package_that_is_used_and_missing_is_named(name, code, lacking):
    """It is asked for before anything runs, so no compiler is needed here."""
    libraries = {"rust": ("md5", "regex"), "cpp": ("no_such",), "javascript": ("no-such",)}[name]
    assert language(name).lacks(Execute(name, code, ("",), style="script", libraries=libraries)) == lacking


def test_a_missing_package_is_no_verdict(execute):
    need("javascript")
    found = execute("require('no-such')", "0", language="javascript", style="script", libraries=("no-such",))
    assert found == Refusal("javascript: no-such is not installed; expected a package the program can import")


def test_a_script_says_what_is_wrong_with_it(execute):
    """A syntax is told from an exception, and of a stack the first line is the one that says something."""
    need("javascript")
    broken = execute("const = 1", "f()", language="javascript", style="script")
    assert (broken.verdict, broken.detail) == ("syntax", "SyntaxError: Unexpected token '='")
    thrown = execute("const f = () => null.x", "f()", language="javascript", style="script")
    assert (thrown.verdict, thrown.detail) == (
        "type",
        "TypeError: Cannot read properties of null (reading 'x')",
    )


def test_every_language_has_a_style():
    for name in known():
        found = language(name)
        assert found.name == name
        assert found.runs or found.grammar
    assert language("__init__") is None
    assert language("../python") is None


def test_the_end_of_a_function_is_found_past_strings_and_comments():
    source = "int main() { /* } */ char c = '}'; puts(\"}\"); { } // }\n }\nint other() { }"
    assert before_end(source, r"int main\(\)", "SAID").count("SAID") == 1
    assert before_end(source, r"int main\(\)", "SAID").index("SAID") < source.index("int other")
    assert before_end(source, r"int none\(\)", "SAID") is None
