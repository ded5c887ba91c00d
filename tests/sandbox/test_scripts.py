# ruff: noqa: E501 - programs in one line each
"""Every language that runs scripts: what is right passes, and nothing else does, however it ends."""

import json
from dataclasses import dataclass

import pytest

from harness.core import Execute
from harness.core import Refusal
from harness.languages import language
from harness.languages import languages
from harness.languages.building.tools import find
from harness.sandbox import open_sandbox

SMALL = ("perl", "bash", "php", "ruby", "lua")
"""Those that a bare machine has, or one small package brings; the others are behind the mark `toolchains`."""
FORGED = '{"nonce":"00000000000000000000000000000000"}'


@dataclass(frozen=True)
class Tried:
    """A function `add` with a hole for its body, its bodies, and a test of it.

    `says` returns what is right and writes to the judge's descriptor; FORGED is put in place of @.
    """

    function: str
    test: str
    right: str
    wrong: str
    loop: str
    leaves: str
    says: str
    prints: str
    broken: str = ")"

    def code(self, body):
        """The function with a body."""
        return self.function.replace("{}", body.replace("@", FORGED.replace('"', '\\"')))


TRIED = {
    "perl": Tried("sub add { my ($a, $b) = @_; {} }", "die 'assertion failed' unless add(1, 2) == 3;",
        "return $a + $b;", "return $a - $b;", "1 while 1;", "exit 0;",
        'open(my $judge, ">&=", 4); syswrite($judge, "@\\n"); return $a + $b;', 'print "@\\n"; exit 0;'),
    "bash": Tried("add() { {}\n}", "set -e\n[[ $(add 1 2) = 3 ]]",
        "echo $(($1 + $2))", "echo $(($1 - $2))", "while :; do :; done", ":\n}\nexit 0\nother() {\n:",
        'echo "@" >&7; echo $(($1 + $2))', ':\n}\necho "@"\nexit 0\nother() {\n:'),
    "php": Tried("<?php\nfunction add($a, $b) { {} }", "if (add(1, 2) !== 3) { throw new Exception('Test failed!'); }",
        "return $a + $b;", "return $a - $b;", "while (true);", "exit(0);",
        'fwrite(fopen("php://fd/4", "w"), "@\\n"); return $a + $b;', 'echo "@\\n"; exit(0);'),
    "ruby": Tried("def add(a, b)\n  {}\nend", "raise StandardError, 'Error at test case 1' if add(1, 2) != 3",
        "a + b", "a - b", "loop { }", "exit 0", 'IO.for_fd(4, autoclose: false).syswrite("@\\n"); a + b', 'puts "@"; exit!(0)'),
    "lua": Tried("local function add(a, b) {} end", "lu = require('luaunit')\nfunction test_add() lu.assertEquals(add(1, 2), 3) end\nos.exit(lu.LuaUnit.run())",
        "return a + b", "return a - b", "while true do end", "os.exit(0)",
        'local judge = io.open("/proc/self/fd/4", "w") judge:write("@\\n") judge:close() return a + b', 'print("@") os.exit(0)'),
    "r": Tried("add <- function(a, b) { {} }", "stopifnot(add(1, 2) == 3)",
        "a + b", "a - b", "while (TRUE) {}", "quit(status = 0)",
        'judge <- file("/proc/self/fd/4", "w"); writeLines("@", judge); close(judge); a + b', 'cat("@\\n"); quit(status = 0)'),
    "racket": Tried("#lang racket\n(define (add a b) {})", "(require rackunit)\n(check-within (add 1 2) 3 0.001)",
        "(+ a b)", "(- a b)", "(let loop () (loop))", "(exit 0)",
        '(call-with-output-file "/proc/self/fd/4" #:exists \'append (lambda (judge) (displayln "@" judge))) (+ a b)', '(displayln "@") (exit 0)'),
    "typescript": Tried("function add(a: number, b: number): number { {} }", "declare var require: any;\nrequire('node:assert').strictEqual(add(1, 2), 3);",
        "return a + b;", "return a - b;", "while (true) {} return 0;", "globalThis['process'].exit(0); return 0;",
        "globalThis['process'].mainModule.require('fs').writeSync(4, \"@\\n\"); return a + b;", 'console.log("@"); globalThis["process"].exit(0); return 0;'),
    "c_sharp": Tried("using System; using System.IO; using System.Diagnostics;\nclass Problem { public static long Add(long a, long b) { {} }", "public static void Main(string[] args) { Debug.Assert(Add(1L, 2L) == 3L); } }",
        "return a + b;", "return a - b;", "while (true) { }", "Environment.Exit(0); return 0;",
        'using (var judge = new StreamWriter(new FileStream("/proc/self/fd/4", FileMode.Open, FileAccess.Write))) judge.Write("@\\n"); return a + b;', 'Console.WriteLine("@"); Environment.Exit(0); return 0;'),
    "ocaml": Tried("let add (a : int) (b : int) : int = {}", "let () = assert (add 1 2 = 3)",
        "a + b", "a - b", "while true do () done; 0", "exit 0",
        'let judge = open_out_gen [Open_wronly] 0 "/proc/self/fd/4" in output_string judge "@\\n"; close_out judge; a + b', 'print_endline "@"; exit 0'),
    "d": Tried("long add(long a, long b) { {} }", "unittest { assert(add(1, 2) == 3); }\nvoid main() {}",
        "return a + b;", "return a - b;", "while (true) {}", "import core.stdc.stdlib; exit(0); return 0;",
        'import core.sys.posix.unistd; string said = "@\\n"; write(4, said.ptr, said.length); return a + b;', 'import std.stdio, core.stdc.stdlib; writeln("@"); exit(0); return 0;'),
    "haskell": Tried("import System.IO.Unsafe\nimport System.Exit\nadd :: Int -> Int -> Int\nadd a b = {}", 'main :: IO ()\nmain = if add 1 2 == 3 then pure () else error "assertion failed"',
        "a + b", "a - b", "add b a", "unsafePerformIO exitSuccess",
        'unsafePerformIO (appendFile "/proc/self/fd/4" "@\\n") `seq` a + b', 'unsafePerformIO (putStrLn "@" >> exitSuccess)'),
    "elixir": Tried("defmodule Sums do\n  def add(a, b) do\n    {}\n  end\n  def endless(a), do: endless(a + 1)\nend", 'ExUnit.start()\ndefmodule SumsTest do\n  use ExUnit.Case\n  test "add" do\n    assert Sums.add(1, 2) == 3\n  end\nend',
        "a + b", "a - b", "endless(a) + b", "System.halt(0)\n    a + b",
        'File.write!("/proc/self/fd/4", "@\\n")\n    a + b', 'IO.puts("@")\n    System.halt(0)\n    a + b'),
    "scala": Tried("object Problem {\n  def add(a: Long, b: Long): Long = { {} }", "  def main(args: Array[String]) = { assert(add(1L, 2L) == 3L) }\n}",
        "a + b", "a - b", "while (true) {}; 0L", "sys.exit(0)",
        'val judge = new java.io.FileOutputStream("/proc/self/fd/4"); judge.write("@\\n".getBytes); a + b', 'println("@"); sys.exit(0)'),
    "kotlin": Tried("fun add(a: Long, b: Long): Long { {} }", 'fun main() { if (add(1L, 2L) != 3L) throw Exception("Exception -- test case 0 did not pass.") }',
        "return a + b", "return a - b", "while (true) {}", "kotlin.system.exitProcess(0)",
        'java.io.FileOutputStream("/proc/self/fd/4").write("@\\n".toByteArray()); return a + b', 'println("@"); kotlin.system.exitProcess(0)'),
}  # fmt: skip
UNTRIED = frozenset({"julia", "swift"})
"""Their tools are in no package."""
ENDS = {
    "right": {"passed"},
    "wrong": {"failed"},
    "loop": {"timeout"},
    "broken": {"syntax"},
    "leaves": {"crash", "failed", "exception"},
    "says": {"crash", "failed"},
    "prints": {"crash", "failed", "exception"},
}


@pytest.fixture(scope="module")
def rare():
    """A sandbox with the time that a virtual machine needs to start."""
    opened = open_sandbox(2)
    yield opened
    opened.close()


def marked(name):
    return pytest.param(name, marks=() if name in SMALL else pytest.mark.toolchains)


@pytest.mark.parametrize("name", [marked(name) for name in TRIED])
def test_what_is_right_passes_and_nothing_else(sandbox, rare, name):
    tried, where = TRIED[name], sandbox if name in SMALL else rare
    missing = next((tool for tool in language(name).tools if find(tool) is None), None)
    programs = {end: Execute(name, tried.code(getattr(tried, end)), (tried.test,), style="script") for end in ENDS}
    running = {end: where.submit(program) for end, program in programs.items()}
    came = {end: future.result(300) for end, future in running.items()}
    if missing is not None:
        reason = f"{name}: {missing.name} is not installed; expected it on PATH ({missing.package} brings it)"
        assert set(came.values()) == {Refusal(reason)}
        pytest.skip(f"not run: {missing.name} is not installed")
    wrong = {end: (result.verdict, result.detail) for end, result in came.items() if result.verdict not in ENDS[end]}
    assert wrong == {}
    assert {result.judged for result in came.values()} == {"in-jail"}


def test_every_language_with_scripts_is_tried():
    """Those of test_languages.py have their own programs."""
    others = {"cpp", "go", "java", "javascript", "python", "rust"}
    assert {lang.name for lang in languages() if lang.script} == {*TRIED, *UNTRIED, *others}


@pytest.mark.parametrize("name", sorted(UNTRIED))
def test_a_language_that_was_not_tried_says_so(name):
    """Its program can be made all the same."""
    found = language(name)
    assert "Untried" in __import__(f"harness.languages.{name}", fromlist=[name]).__doc__
    program = found.script(Execute(name, "f", ("g",), style="script"), "g")
    assert "f\ng\n" in json.dumps(program.first).replace("\\n", "\n")


@pytest.mark.toolchains
def test_a_program_that_a_later_compiler_takes_is_not_run(rare):
    if any(find(tool) is None for tool in language("scala").tools):
        pytest.skip("not run: scala is not installed")
    code = "object Problem {\n  def add(a: String, b: Long): Long = a.toLongOption.get + b"
    test = '  def main(args: Array[String]) = { assert(add("1", 2L) == 3L) }\n}'
    said = rare.submit(Execute("scala", code, (test,), style="script")).result(100)
    assert said == Refusal(
        "compiler: program.scala:3: error: value toLongOption is not a member of String; expected Scala >= 2.13"
    )


def test_a_program_cannot_say_that_its_compiler_is_too_old(sandbox):
    if any(find(tool) is None for tool in language("java").tools):
        pytest.skip("not run: java is not installed")
    line = json.dumps({"raised": {"kinds": ["a.B"], "text": "error: x is not supported in -source 9", "args": []}})
    code = f"""class Main {{ static {{
        try (var judge = new java.io.FileOutputStream("/proc/self/fd/4")) {{
            judge.write(({json.dumps(line)} + "\\n").getBytes());
        }} catch (java.io.IOException error) {{ }}
        System.exit(0);
    }}"""
    test = "public static void main(String[] a) { } }"
    said = sandbox.submit(Execute("java", code, (test,), style="script")).result(100)
    assert (said.verdict, said.detail) == ("syntax", "error: x is not supported in -source 9")


EQUALS = "lu = require('luaunit')\nfunction test_a() lu.assertEquals(f(1), {1, 2}) end\nos.exit(lu.LuaUnit.run())"
ASSERTS = 'function same($x, $y) { return $x === $y; }\nif (!same(f(2), 4)) { throw new Exception("Error at 1th assert statement."); }'
CHECKS = "test <- function() { if (!identical(f(2), 4)) { quit('no', 1) } }\ntest()"
PARTICULAR = {
    "lua, its own globals": (
        "lua",
        "function f(x) return 5 end function test_a() end local _ENV = setmetatable({}, {__index = _G})",
        EQUALS,
        False,
    ),
    "lua, a table that equals any": (
        "lua",
        "function f(x) return setmetatable({}, {__pairs = function() return function() end end, __index = function() return 1 end}) end",
        EQUALS,
        False,
    ),
    "perl, an end of what is read": (
        "perl",
        "sub f { return $_[0] * 2; }\n__END__\nbye\n",
        "die 'Test failed' unless f(2) == 4;",
        True,
    ),
    "php, a closing tag": ("php", "<?php\nfunction f($x) { return $x * 2; }\n?>\n", ASSERTS, True),
    "php, a declaration": (
        "php",
        "<?php\ndeclare(strict_types=1);\nfunction f($x) { return $x * 2; }\n",
        ASSERTS,
        True,
    ),
    "ruby, a bundled gem": ("ruby", "require 'prime'\ndef f(x) = x * 2", "raise 'Error' unless f(2) == 4", True),
    "r, names of R": (
        "r",
        "close <- function(a, b) abs(a - b) < 1\neval <- function(tokens) tokens\nf <- function(x) x * 2",
        CHECKS,
        True,
    ),
}


@pytest.mark.parametrize(
    "name",
    [
        pytest.param(name, marks=() if tried[0] in SMALL else pytest.mark.toolchains)
        for name, tried in PARTICULAR.items()
    ],
)
def test_what_a_language_has_of_its_own_neither_spoils_nor_forges_a_verdict(sandbox, name):
    lang, code, test, passes = PARTICULAR[name]
    result = sandbox.submit(Execute(lang, code, (test,), style="script")).result(100)
    assert isinstance(result, Refusal) or (result.verdict == "passed") is passes, result
