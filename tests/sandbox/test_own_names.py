# ruff: noqa: E501 - programs in one line each
"""Honest programs whose names are those of the standard library, of the driver beside them, or a macro's: they pass."""

import pytest

from harness.languages import language
from harness.languages.building.tools import find

TEST = "assert add(1, 2) == 3"
SCRIPTS = {
    "python": TEST,
    "javascript": "if (add(1, 2) !== 3) throw new Error('assert')",
    "java": "public class Main { public static void main(String[] a) { if (new Solution().add(1, 2) != 3) throw new AssertionError(); } }",
    "cpp": "#include <cassert>\nint main() { assert(add(1, 2) == 3); }",
    "rust": "fn main() { assert_eq!(add(1, 2), 3); }",
}  # fmt: skip
RIGHT = {
    "python": "def add(a, b): return a + b",
    "javascript": "const add = (a, b) => a + b;",
    "java": "class Solution { static int add(int a, int b) { return a + b; } }",
    "cpp": "int add(int a, int b) { return a + b; }",
    "rust": "fn add(a: i64, b: i64) -> i64 { a + b }",
}
JAVA = [
    "List",
    "Map",
    "Set",
    "Driver",
    "Launcher",
    "CrosstaskDriver",
    "Test",
    "Scanner",
    "Foreign",
    "Type",
    "Method",
    "Array",
    "Arrays",
    "Optional",
    "Collection",
    "HashMap",
    "ArrayList",
    "InputStream",
    "OutputStream",
    "StringBuilder",
    "Integer",
    "Number",
    "Class",
    "Modifier",
    "Constructor",
    "Throwable",
    "Boolean",
    "Runtime",
    "System",
    "Exception",
    "Double",
    "Character",
    "StandardCharsets",
]
CPP = (
    "read", "write", "serve", "answer", "say", "call", "problem", "member", "Json", "Entry", "Foreign", "Parser",
    "Form", "Call", "Out", "put", "foreign", "strip", "take", "line", "begun", "size", "Step", "Parts",
)  # fmt: skip
NAMED = [
    ("python", "import os as encode, sys as decode\nclass Lines: pass\nserved = Served = conversation = module = 3\n@@"),
    ("javascript", "'use strict';\n@@"),
    ("javascript", "const fs = require('fs'), vm = 1, run = 2, exit = 3, text = 4, kept = 5, line = 6, say = 7, write = 8, read = 9, nonce = 1, script = 2;\n@@"),
    ("javascript", "function process(x) { return x } function fetch() {} function Buffer() {} function Map() {} class Set {} function Promise() {}\n@@"),
    ("javascript", "function Object() {} function Array() {} function JSON() {} var globalThis2, console2; function Reflect() {}\n@@"),
    ("javascript", "@@\nmodule.exports = { add }; if (require.main !== module) throw 1;"),
    ("java", "class List {} @@"),
    ("java", "class Object {} @@"),
    ("java", "".join(f"class {name} {{}} " for name in JAVA) + "@@"),
    ("java", "/* public class Commented {} */ // public class Other\n@@ interface Shape {} enum Colour { RED } record Pair(int a, int b) {}"),
    ("java", "import java.util.*;\nclass List {} @@ class Uses { Map<String, Integer> m = new HashMap<>(); }"),
    ("cpp", "#define M 1000000007\n#define T int\n#define A 5\n#define R 6\n#define I 7\n#define F(x) ((x) + 1)\n@@"),
    ("cpp", "#include <bits/stdc++.h>\n#define int long long\n#define rep(i, n) for (int i = 0; i < n; i++)\n#define all(x) begin(x), end(x)\n#define pb push_back\nusing namespace std;\n@@"),
    ("cpp", "#include <iostream>\nusing namespace std;\nint count = 0, data = 1, hash = 2, y1 = 3, left = 4;\n@@"),
    ("cpp", "".join(f"namespace n{number} {{ int {name}; }} using namespace n{number};\n" for number, name in enumerate(CPP)) + "@@"),
    ("cpp", "".join(f"#define {name} own_{name}\n" for name in CPP) + "@@"),
    ("cpp", "struct Json {}; struct Form {}; struct Entry {}; template <class A, class B> void write(A&&, B&&) {} template <class A, class B> void put(A&&, B&&) {}\n@@"),
    ("cpp", "namespace crosstask_driver { int serve; }\n@@"),
    ("rust", "mod crosstask_driver {} fn serve() {} fn call2() {} trait Known {} trait Unknown {} trait Form {} struct Sent; struct Json;\n@@"),
    ("rust", "struct Vec; struct String; struct Option; enum Result { Ok, Err } mod std {} mod core {}\n@@"),
    ("rust", "macro_rules! println { () => {} } macro_rules! format { () => {} } macro_rules! vec { () => {} }\n@@"),
    ("rust", "#![allow(dead_code)]\n#![forbid(unsafe_code)]\n@@"),
]  # fmt: skip
CALLED_ALONE = [
    ("cpp", "#define int long long\n{}"),  # the headers of a test cannot bear it, with this compiler alone either
    ("cpp", "#define return return\n#define const\n#define main other\n{}"),
    ("cpp", "auto add = [](int a, int b) noexcept { return a + b; };"),
    ("cpp", "int add(int a, int b) noexcept { return a + b; }\nint main() { return 1; }"),
    ("java", "class String {} {}"),  # a main takes another one
    ("java", "package own.things; public class Solution { public int add(int a, int b) { return a + b; } }"),
    ("java", "record Pair(int a, int b) { static int add(int a, int b) { return new Pair(a, b).a() + b; } }"),
    ("rust", "#![no_implicit_prelude]\n{}"),
    ("rust", 'fn main() { println!("{}", 1); }\nfn add(a: i64, b: i64) -> i64 { a + b }'),
]  # fmt: skip


def need(name):
    for tool in language(name).tools:
        if find(tool) is None:
            pytest.skip(f"not run: {tool.name} is not installed")


@pytest.mark.parametrize(("name", "around"), NAMED)
def test_names_of_the_library_and_the_driver(execute, name, around):
    need(name)
    code = around.replace("@@", RIGHT[name])
    found = execute(code, TEST, language=name, names=("add",))
    assert (found.verdict, found.detail, found.judged) == ("passed", None, "outside")
    found = execute(code, SCRIPTS[name], language=name, style="script")
    assert (found.verdict, found.detail, found.judged) == ("passed", None, "in-jail")


@pytest.mark.parametrize(("name", "around"), CALLED_ALONE)
def test_more_names_where_the_test_stays_outside(execute, name, around):
    need(name)
    code = around.removesuffix("{}") + RIGHT[name] if around.endswith("{}") else around
    found = execute(code, TEST, language=name, names=("add",))
    assert (found.verdict, found.detail) == ("passed", None)


@pytest.mark.parametrize("name", RIGHT)
def test_a_mark_of_the_byte_order_is_no_syntax(execute, name):
    need(name)
    code = f"\ufeff{RIGHT[name]}"
    assert execute(code, TEST, language=name, names=("add",)).verdict == "passed"
    assert execute(code, SCRIPTS[name], language=name, style="script").verdict == "passed"


CPP_TYPES = [
    ("vector<vector<int>> f(vector<vector<int>> x) { return x; }", "assert f([[1], [2, 3], []]) == [[1], [2, 3], []]"),
    ("vector<bool> f(vector<bool> x) { return x; }", "assert f([True, False]) == [True, False]"),
    ("tuple<int, string, double> f(tuple<int, string, double> x) { return x; }", "assert f((1, 'a', 2.5)) == (1, 'a', 2.5)"),
    ("pair<int, vector<string>> f(pair<int, vector<string>> x) { return x; }", "assert f((1, ['a'])) == (1, ['a'])"),
    ("optional<int> f(optional<int> x) { return x; }", "assert f(None) is None and f(3) == 3"),
    ("array<int, 3> f(array<int, 3> x) { return x; }", "assert f([1, 2, 3]) == [1, 2, 3]"),
    ("list<int> f(deque<int> x) { return {x.begin(), x.end()}; }", "assert f([1, 2, 3]) == [1, 2, 3]"),
    ("set<int> f(unordered_set<int> x) { return {x.begin(), x.end()}; }", "assert f({1, 2, 3}) == {1, 2, 3}"),
    ("unordered_map<string, vector<int>> f(map<string, vector<int>> x) { return {x.begin(), x.end()}; }", "assert f({'a': [1]}) == {'a': [1]}"),
    ("string f(string_view x) { return string(x); }", "assert f('aé\\n\"') == 'aé\\n\"'"),
    ("char f(const char* x) { return x[1]; }", "assert f('ab') == 'b'"),
    ("long long f(long long x) { return x; }", "assert f(-2 ** 63) == -2 ** 63"),
    ("unsigned long long f(unsigned long long x) { return x; }", "assert f(2 ** 64 - 1) == 2 ** 64 - 1"),
    ("double f(double x) { return x; }", "assert f(3) == 3.0 and f(1e300) == 1e300 and f(float('inf')) == float('inf')"),
    ("void f(int) {}", "assert f(3) is None"),
    ("int f(vector<int>& x, const string& y) { x.push_back(1); return x.size() + y.size(); }", "assert f([1], 'ab') == 4"),
]  # fmt: skip


@pytest.mark.parametrize(("code", "test"), CPP_TYPES)
def test_types_of_cpp(execute, code, test):
    need("cpp")
    headers = [
        "vector",
        "string",
        "optional",
        "tuple",
        "array",
        "list",
        "deque",
        "set",
        "map",
        "unordered_map",
        "unordered_set",
        "string_view",
    ]
    source = "".join(f"#include <{name}>\n" for name in headers) + f"using namespace std;\n{code}"
    found = execute(source, test, language="cpp", names=("f",))
    assert (found.verdict, found.detail) == ("passed", None)


@pytest.mark.parametrize(
    ("name", "code"),
    [
        ("cpp", "struct P { int x; };\nP f(int x) { return {x}; }"),
        ("cpp", "int f(int* x) { return 1; }"),
        ("cpp", "int f(short x) { return x; }"),
        ("rust", "struct P;\nfn f(_: i64) -> P { P }"),
        ("java", "class P {} class S { static P f(int x) { return new P(); } }"),
        ("javascript", "const f = () => Symbol()"),
    ],
)
def test_what_has_no_form_is_not_held_against_the_program(execute, name, code):
    need(name)
    assert execute(code, "assert f(100000) == 3", language=name, names=("f",)).verdict == "unjudgeable"


def test_text_that_is_no_utf_8_is_another_text(execute):
    need("cpp")
    code = "#include <string>\nstd::string f(std::string x) { return std::string(x.rbegin(), x.rend()); }"
    assert execute(code, "assert f('é') == 'é'", language="cpp", names=("f",)).verdict == "failed"
