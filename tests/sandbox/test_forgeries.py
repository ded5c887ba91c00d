# ruff: noqa: E501 - programs in one line each
"""Tests inside the jail: what of a forgery needs no search of memory does not work, in any language."""

import pytest
from test_own_names import RIGHT
from test_own_names import SCRIPTS
from test_own_names import need

WRONG = {
    "python": "def add(a, b): return 9",
    "javascript": "function add(a, b) { return 9 }",
    "java": "class Solution { static int add(int a, int b) { return 9; } }",
    "cpp": "int add(int a, int b) { return 9; }",
    "rust": "fn add(a: i64, b: i64) -> i64 { 9 }",
}
C = "#include <unistd.h>\n#include <cstdio>\n#include <cstdlib>\n#include <csignal>\n#include <string>\n#include <fstream>\n#include <iterator>\n"
FORGERIES = [
    # the nonce: from its pipe, from a file, from the end of either
    # (slow: it waits for the limit of the clock)
    pytest.param("python", "import os\nimport threading\nthreading.Thread(target=lambda: os.read(3, 1 << 20), daemon=True).start()\n@@", marks=pytest.mark.slow),
    ("python", "import os\nf = os.open('/proc/self/fd/3', os.O_WRONLY)\nos.write(f, b'0' * 128 + b' x' + b'pass'.hex().encode() + b'\\n')\n@@"),
    ("python", "import os\nf = os.open('/proc/self/fd/3', os.O_WRONLY)\nos.write(f, b'{\"tests\":[{\"source\":\"pass\",\"nonce\":\"\"}]}\\n')\n@@"),
    ("javascript", "const s = require('fs').readFileSync(3, 'utf8'); require('fs').writeSync(4, JSON.stringify({ nonce: s }) + '\\n'); process.exit(0);"),
    ("javascript", "for (const f of require('fs').readdirSync('.')) { const m = require('fs').readFileSync(f, 'utf8').match(/[0-9a-f]{32}/); if (m) { require('fs').writeSync(4, JSON.stringify({ nonce: m[0] }) + '\\n'); process.exit(0); } }\n@@"),
    ("javascript", "const m = arguments.callee.toString().match(/[0-9a-f]{32}/); require('fs').writeSync(4, JSON.stringify({ nonce: m[0] }) + '\\n'); process.exit(0);"),
    ("javascript", "const fs = require('fs'), w = fs.writeSync; let s = ''; fs.writeSync = (f, t) => { s += t; return w(f, t) }; Buffer.prototype.toString = JSON.stringify = () => '{}';\n@@"),
    ("java", 'class Solution { static { try { String s = new String(new java.io.FileInputStream("/proc/self/fd/3").readNBytes(99)); try (var out = new java.io.FileOutputStream("/proc/self/fd/4")) { out.write(("{\\"nonce\\":\\"" + s + "\\"}\\n").getBytes()); } Runtime.getRuntime().halt(0); } catch (Exception e) { } } static int add(int a, int b) { return 9; } }'),
    ("java", 'class Solution { static int add(int a, int b) { try { for (var f : new java.io.File(".").listFiles()) { var m = java.util.regex.Pattern.compile("[0-9a-f]{32}").matcher(new String(java.nio.file.Files.readAllBytes(f.toPath()), "ISO-8859-1")); if (m.find()) { try (var out = new java.io.FileOutputStream("/proc/self/fd/4")) { out.write(("{\\"nonce\\":\\"" + m.group() + "\\"}\\n").getBytes()); } Runtime.getRuntime().halt(0); } } } catch (Exception e) { } return 9; } }'),
    ("cpp", C + 'static std::string found = [] { char b[99]; long n = read(3, b, 99); return std::string(b, n < 0 ? 0 : n); }();\nint add(int, int) { std::string s = "{\\"nonce\\":\\"" + found + "\\"}\\n"; write(4, s.data(), s.size()); _exit(0); }'),
    ("cpp", C + '__attribute__((constructor(101))) void first() { char b[99]; long n = read(3, b, 99); if (n > 0) { std::string s = "{\\"nonce\\":\\"" + std::string(b, n) + "\\"}\\n"; write(4, s.data(), s.size()); _exit(0); } }\n@@'),
    ("cpp", C + 'static void first() { char b[99]; long n = read(3, b, 99); if (n > 0) { write(4, "{\\"nonce\\":\\"", 10); write(4, b, n); write(4, "\\"}\\n", 3); _exit(0); } }\n__attribute__((section(".preinit_array"), used)) void (*const early)() = first;\n@@'),
    ("cpp", C + 'int add(int, int) { std::ifstream f("program.cpp"); std::string s((std::istreambuf_iterator<char>(f)), {}); if (s.size()) std::puts("the source is here"); auto at = s.find("nonce"); if (at != s.npos) { write(4, s.data() + at, 60); _exit(0); } return 9; }'),
    ("cpp", 'extern "C" long write(int, const void* text, unsigned long size) { for (;;) { asm volatile("" ::"r"(text)); break; } return size; }\nextern "C" long read(int, void*, unsigned long) { return 0; }\n@@'),
    ("rust", '#[link_section = ".init_array"]\n#[used]\nstatic FIRST: extern "C" fn() = first;\nextern "C" fn first() { use std::io::{Read, Write}; use std::os::fd::FromRawFd; let mut s = String::new(); let _ = std::mem::ManuallyDrop::new(unsafe { std::fs::File::from_raw_fd(3) }).read_to_string(&mut s); if !s.is_empty() { let _ = unsafe { std::fs::File::from_raw_fd(4) }.write_all(format!("{{\\"nonce\\":\\"{s}\\"}}\\n").as_bytes()); std::process::exit(0); } }\n@@'),
    ("rust", 'fn add(_: i64, _: i64) -> i64 { for f in std::fs::read_dir(".").unwrap() { let s = String::from_utf8_lossy(&std::fs::read(f.unwrap().path()).unwrap()).into_owned(); if let Some(at) = s.find("nonce\\\\\\":") { println!("{}", &s[at..at + 50]); } } 9 }'),
    # the runner: by its module, by what it calls
    ("python", "import sys\nm = sys.modules['harness.sandbox.inside.script']\nm._attempt = lambda *a: None\n@@"),
    ("python", "import sys, gc\nfor m in [*sys.modules.values()]:\n    if (getattr(m, '__name__', None) or '').startswith('harness') or m is sys.modules['__main__']:\n        for k in [k for k in vars(m) if not k.startswith('__')]: setattr(m, k, lambda *a, **k: None)\n@@"),
    ("python", "import harness.sandbox.inside.script as m\nm._runner = None\n@@"),
    ("python", "import builtins\nbuiltins.exec = builtins.compile = lambda *a, **k: None\n@@"),
    ("python", "globals()['__builtins__'] = {'compile': None, 'exec': None, 'AssertionError': OSError, '__build_class__': None}\n@@"),
    ("python", "import json, hashlib, linecache, os, sys, threading\nfor m in (json, hashlib, linecache, threading):\n    for k in [k for k in vars(m) if not k.startswith('_')]: setattr(m, k, lambda *a, **k: None)\nos.read = os.write = lambda *a: b''\nsys.settrace = sys.setprofile = lambda *a: None\n@@"),
    ("python", "import builtins\nbuiltins.BaseException = builtins.AssertionError = builtins.Exception = OSError\n@@"),
    ("python", "import sys\ndef trace(frame, event, arg):\n    return trace if event != 'exception' else None\nsys.settrace(trace)\nsys.excepthook = lambda *a: None\n@@"),
    ("javascript", "Function.prototype.bind = Function.prototype.call = Function.prototype.apply = Reflect.apply = () => undefined;\n@@"),
    ("javascript", "require('vm').Script.prototype.runInThisContext = () => undefined; process.on('uncaughtException', () => {}); process.on('exit', () => { process.exitCode = 0 });\n@@"),
    # the test: never begun, ended before its end, made to say nothing
    ("javascript", "@@; if (0)"),
    ("javascript", "@@; return"),
    ("javascript", "@@; throw 1"),
    ("javascript", "@@; process.exit(0)"),
    ("javascript", "@@; process.on('uncaughtException', () => process.exit(0))"),
    ("java", "@@ class Other { public static void main(String[] a) { } }"),
    ("java", "@@ class Main { public static void main(String[] a) { } } /*"),
    ("java", "class Solution { static int add(int a, int b) { Runtime.getRuntime().addShutdownHook(new Thread(() -> Runtime.getRuntime().halt(0))); return 9; } }"),
    ("java", "class AssertionError extends Error { AssertionError() { Runtime.getRuntime().halt(0); } } @@"),
    ("cpp", "#define NDEBUG\n@@"),
    ("cpp", "#include <cassert>\n#undef assert\n#define assert(...)\n@@"),
    ("cpp", "#define if(x) while (0)\n#define static_cast 0 &&\n#define __assert_fail(...) 0\n#define abort() 0\n@@"),
    ("cpp", "#define main fake() { } int other\n@@"),
    ("cpp", "@@\nint main() { }\n#if 0"),
    ("cpp", "@@\nint main() { } /*"),
    ("cpp", 'extern "C" void __assert_fail(const char*, const char*, unsigned, const char*) noexcept { }\nextern "C" void abort() noexcept { for (;;) ; }\n@@'),
    ("cpp", C + "int add(int, int) { std::signal(SIGABRT, [](int) { _exit(0); }); return 9; }"),
    ("cpp", C + "int add(int, int) { std::exit(0); }"),
    ("cpp", C + "static int early = (std::atexit([] { _exit(0); }), 0);\n@@"),
    ("rust", "macro_rules! assert_eq { ($($all:tt)*) => { } }\nmacro_rules! assert { ($($all:tt)*) => { } }\n@@"),
    ("rust", "macro_rules! assert_eq { ($($all:tt)*) => { } }\n@@\n#[cfg(any())]"),
    ("rust", "extern crate self as core;\n#[macro_export]\nmacro_rules! assert_eq { ($($all:tt)*) => { } }\n@@"),
    ("rust", "fn add(_: i64, _: i64) -> i64 { std::process::exit(0) }"),
    ("rust", "fn add(_: i64, _: i64) -> i64 { std::panic::set_hook(Box::new(|_| std::process::exit(0))); 9 }"),
]  # fmt: skip
RUST_TESTS = "#[cfg(test)]\nmod tests { use super::*;\n#[test]\nfn one() { assert_eq!(add(1, 2), 3); }\n#[test]\nfn two() { assert_eq!(add(2, 2), 4); } }"
RUST_FORGERIES = (
    "fn add(a: i64, b: i64) -> i64 { if a == 2 { std::process::exit(0) } a + b }",
    "fn add(a: i64, b: i64) -> i64 { if a == 2 { 9 } else { a + b } }\n#[cfg(any())]",
    "macro_rules! assert_eq { ($($all:tt)*) => { } }\nfn add(a: i64, b: i64) -> i64 { 9 }",
)


@pytest.mark.parametrize("name", RIGHT)
def test_the_right_program_passes(execute, name):
    """A control: the very tests that no forgery passes."""
    need(name)
    assert execute(RIGHT[name], SCRIPTS[name], language=name, style="script").verdict == "passed"
    assert execute(WRONG[name], SCRIPTS[name], language=name, style="script").verdict == "failed"


@pytest.mark.parametrize(("name", "code"), FORGERIES)
def test_a_forgery_does_not_pass(execute, name, code):
    need(name)
    found = execute(code.replace("@@", WRONG[name]), SCRIPTS[name], language=name, style="script")
    assert found.verdict != "passed"
    assert "the source is here" not in found.output


@pytest.mark.parametrize("code", RUST_FORGERIES)
def test_each_function_of_a_test_must_have_begun(execute, code):
    need("rust")
    assert execute(RIGHT["rust"], RUST_TESTS, language="rust", style="script").verdict == "passed"
    assert execute(code, RUST_TESTS, language="rust", style="script").verdict != "passed"


@pytest.mark.parametrize(
    "code",
    ["process.on('unhandledRejection', () => {});", "process.on('unhandledRejection', () => process.exit(0));", "Promise.prototype.then = function () { return this };"],
)  # fmt: skip
def test_a_promise_of_a_test_is_waited_for(execute, code):
    need("javascript")
    test = "async function test() { if (add(1, 2) !== 3) throw new Error('assert') }\ntest()"
    assert execute(RIGHT["javascript"], test, language="javascript", style="script").verdict == "passed"
    assert execute(code + WRONG["javascript"], test, language="javascript", style="script").verdict != "passed"


@pytest.mark.parametrize(
    ("name", "code", "test"),
    [
        ("cpp", "int add(int a, int b) { return a + b;", "\n}\nint main() { auto candidate = add; if (candidate(1, 2) != 3) return 1; }"),
        ("rust", "fn add(a: i64, b: i64) -> i64 { a + b", "\n}\nfn main() { let candidate = add; assert_eq!(candidate(1, 2), 3); }"),
        ("java", "class Problem { static int add(int a, int b) { return a + b;", "\n} public static void main(String[] a) { if (add(1, 2) != 3) throw new AssertionError(); } }"),
        ("javascript", "function add(a, b) { return a + b", "\n}\nif (add(1, 2) !== 3) throw new Error('assert')"),
    ],
)  # fmt: skip
def test_a_test_may_end_the_program_s_last_function(execute, name, code, test):
    need(name)
    assert execute(code, test, language=name, style="script").verdict == "passed"
    assert execute(code.replace("a + b", "9"), test, language=name, style="script").verdict == "failed"
