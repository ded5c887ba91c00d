"""What runtimes print of an uncaught error, as Node.js 20, OpenJDK 17, rustc 1.9x, g++ 12 and Go's testing write it."""

import pytest

from harness.languages import language

NODE = "/w/p.js:4\n        throw new AssertionError(obj);\n        ^\n\n{}\n    at f (/w/p.js:1:1)\n\nNode.js v20.20.2"


@pytest.mark.parametrize(
    ("name", "output", "outcome", "detail"),
    [
        (
            "javascript",
            NODE.format("AssertionError [ERR_ASSERTION]: 1 == 2"),
            "failed",
            "AssertionError [ERR_ASSERTION]: 1 == 2",
        ),
        ("javascript", NODE.format("ReferenceError: y is not defined"), "name", "ReferenceError: y is not defined"),
        ("javascript", NODE.format("TypeError: f is not a function"), "type", "TypeError: f is not a function"),
        ("javascript", NODE.format("Error: Cannot find module 'x'"), "import", "Error: Cannot find module 'x'"),
        ("javascript", NODE.format("Error: no"), "exception", "Error: no"),
        (
            "javascript",
            "3\n(Use `node --trace-uncaught ...` to show where)",
            "exception",
            "(Use `node --trace-uncaught ...` to show where)",
        ),
        (
            "javascript",
            "FATAL ERROR: JavaScript heap out of memory\n 1: 0xb1",
            "memory",
            "FATAL ERROR: JavaScript heap out of memory",
        ),
        (
            "java",
            'Exception in thread "main" java.lang.AssertionError\n\tat Main.main(Main.java:3)',
            "failed",
            'Exception in thread "main" java.lang.AssertionError',
        ),
        (
            "java",
            'Exception in thread "main" java.lang.ArithmeticException: / by zero\n\tat Main.f(Main.java:1)',
            "exception",
            'Exception in thread "main" java.lang.ArithmeticException: / by zero',
        ),
        (
            "rust",
            "thread 'main' panicked at p.rs:3:13:\nassertion `left == right` failed\n  left: 1",
            "failed",
            "thread 'main' panicked at p.rs:3:13: assertion `left == right` failed",
        ),
        (
            "rust",
            "thread 'main' panicked at p.rs:2:5:\nindex out of bounds: the len is 0",
            "exception",
            "thread 'main' panicked at p.rs:2:5: index out of bounds: the len is 0",
        ),
        (
            "cpp",
            "program: program.cpp:5: int main(): Assertion `f(1) == 2' failed.",
            "failed",
            "program: program.cpp:5: int main(): Assertion `f(1) == 2' failed.",
        ),
        (
            "cpp",
            "terminate called after throwing an instance of 'std::runtime_error'\n  what():  no",
            "exception",
            "terminate called after throwing an instance of 'std::runtime_error'",
        ),
        ("go", "--- FAIL: TestF\n    p_test.go:9: got 1", "failed", "p_test.go:9: got 1"),
        (
            "go",
            "panic: runtime error: index out of range [0]",
            "exception",
            "panic: runtime error: index out of range [0]",
        ),
        ("go", "wrong", "failed", "wrong"),
        ("cpp", "", "failed", ""),
    ],
)
def test_the_runtime_s_words_say_how(name, output, outcome, detail):
    assert language(name).diagnosis.of(output) == (outcome, detail)


@pytest.mark.parametrize(
    ("name", "complaint", "version"),
    [
        ("scala", "program.scala:4: error: value toIntOption is not a member of String", "Scala >= 2.13"),
        ("scala", "program.scala:4: error: value toInteger is not a member of String", None),
        ("java", "Program.java:1: error: records are not supported in -source 11", "Java > 11"),
        ("java", "Program.java:1: error: cannot find symbol", None),
        ("go", "./program.go:4:11: cannot range over 3: requires go1.22 or later", "Go >= 1.22"),
        ("perl", "requires go1.22 or later", None),
    ],
)
def test_a_compiler_s_words_say_that_it_is_too_old(name, complaint, version):
    """Of scalac 2.11, javac 11 and go 1.21."""
    assert language(name).diagnosis.needs(complaint) == version
