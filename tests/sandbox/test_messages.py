# ruff: noqa: E501 - programs in one line each
"""No line that a child writes ends a run, is a refusal or a pass: in every style, in every language that is here."""

import json

import pytest
import transcripts
from hypothesis import given
from hypothesis import settings
from hypothesis import strategies as st

from harness.core import Execution
from harness.languages import language
from harness.languages.building.tools import find
from harness.processes import wire
from harness.sandbox.inside import messages
from harness.sandbox.inside import verdicts

TEST = "assert add(1, 2) == 918273645"
HEARD = (messages.SCRIPT, messages.TOOL, messages.ENDING, messages.JUDGE)
WRITERS = {
    "python": "import os\nhere = bytes.fromhex('{}')\nwhile here: here = here[os.write(4, here):]\ndef add(a, b): return a - b",
    "javascript": "let here = Buffer.from('{}', 'hex'); while (here.length) here = here.subarray(require('fs').writeSync(4, here)); function add(a, b) {{ return a - b }}",
    "java": 'class Solution {{ static {{ try (var out = new java.io.FileOutputStream("/proc/self/fd/4")) {{ out.write(java.util.HexFormat.of().parseHex("{}")); }} catch (Exception never) {{}} }} static int add(int a, int b) {{ return a - b; }} }}',
    "cpp": '#include <unistd.h>\n#include <string>\nstatic int here = [] {{ std::string hex = "{}", text; for (std::size_t i = 0; i < hex.size(); i += 2) text += char(std::stoi(hex.substr(i, 2), nullptr, 16)); return int(write(4, text.data(), text.size())); }}();\nint add(int a, int b) {{ return a - b; }}',
    "rust": 'fn say() {{ use std::io::Write; use std::os::fd::FromRawFd; let hex = "{}"; let text: Vec<u8> = (0..hex.len() / 2).map(|i| u8::from_str_radix(&hex[2 * i..2 * i + 2], 16).unwrap()).collect(); let mut pipe = std::mem::ManuallyDrop::new(unsafe {{ std::fs::File::from_raw_fd(4) }}); let _ = pipe.write_all(&text); }}\nfn add(a: i64, b: i64) -> i64 {{ say(); a - b }}',
}  # fmt: skip
SCRIPTS = {
    "python": TEST,
    "javascript": "if (add(1, 2) !== 918273645) throw new Error('assert')",
    "java": "public class Main { public static void main(String[] a) { if (Solution.add(1, 2) != 918273645) throw new AssertionError(); } }",
    "cpp": "#include <cassert>\nint main() { assert(add(1, 2) == 918273645); }",
    "rust": "fn main() { assert_eq!(add(1, 2), 918273645); }",
}  # fmt: skip


def check(answer):
    """An execution with a documented verdict that is no pass, and words that can be written down."""
    assert isinstance(answer, Execution), answer
    assert answer.verdict in messages.OUTCOMES - {"passed"}
    assert not any(answer.passed)
    json.dumps(answer.detail, ensure_ascii=False).encode()
    answer.output.encode()


def need(name):
    for tool in language(name).tools:
        if find(tool) is None:
            pytest.skip(f"not run: {tool.name} is not installed")


@given(line=transcripts.lines)
@settings(max_examples=600, deadline=None)
def test_a_line_is_a_message_or_malformed(line):
    for forms in HEARD:
        try:
            found = wire.decode(line, forms)
        except wire.Malformed:
            continue
        assert isinstance(found, dict)
        used = {name: found[name] for name in ("loading", "broken", "nonce", "detail", "outcome") if name in found}
        json.dumps(used, ensure_ascii=False).encode()  # no half of a surrogate pair is left
        assert found.get("outcome") in {None, *messages.OUTCOMES}


@pytest.mark.parametrize("message", transcripts.TRUE, ids="-".join)
def test_each_true_message_is_read(message):
    """A control: the forms that somebody says are known to the parser of whoever hears them."""
    line, readers = json.dumps(message).encode(), []
    for forms in (*HEARD, messages.QUERY):
        try:
            wire.decode(line, forms)
            readers.append(forms)
        except wire.Malformed:
            continue
    of_a_candidate = {"value", "foreign", "back"} & set(message)
    claims_too_much = message in ({"nonce": None}, {"outcome": "passed", "detail": None})
    assert bool(readers) is not bool(of_a_candidate or claims_too_much)


@given(
    told=transcripts.values
    | st.fixed_dictionaries({"kinds": transcripts.values, "text": transcripts.values, "args": transcripts.values})
)
@settings(max_examples=600, deadline=None)
def test_an_exception_in_words_is_rebuilt_or_malformed(told):
    try:
        error = verdicts.rebuilt(told)
    except wire.Malformed:
        return
    assert isinstance(error, Exception)
    outcome, detail = verdicts.of(error)
    assert outcome in messages.CLAIMS - {"failed"}
    detail.encode()


@pytest.mark.parametrize(
    ("told", "expected"),
    [
        ({"kinds": [], "text": ""}, "message: list; expected names of kinds"),
        ({"kinds": [5], "text": ""}, "message: list; expected names of kinds"),
        ({"kinds": "ValueError", "text": ""}, "message: str; expected names of kinds"),
        ({"kinds": ["ValueError"]}, "message: NoneType; expected a text"),
        ({"kinds": ["ValueError"], "text": "", "args": 5}, "message: int; expected a list of arguments"),
        (5, "message: int; expected an exception"),
    ],
)  # fmt: skip
def test_a_malformed_exception_is_named(told, expected):
    with pytest.raises(wire.Malformed) as caught:
        verdicts.rebuilt(told)
    assert str(caught.value) == expected


@pytest.mark.parametrize("style", ["calls", "script"])
@pytest.mark.parametrize("said", transcripts.AWKWARD, ids=range(len(transcripts.AWKWARD)))
def test_awkward_lines_of_python(execute, style, said):
    for end in (b"", b"\n"):
        check(execute(WRITERS["python"].format((said + end).hex()), TEST, TEST, style=style, names=("add",)))


@pytest.mark.parametrize("style", ["calls", "script"])
@given(said=transcripts.said)
@settings(max_examples=60, deadline=None)
def test_any_lines_of_python(execute, style, said):
    check(execute(WRITERS["python"].format(said.hex()), TEST, TEST, style=style, names=("add",)))


@pytest.mark.parametrize(
    "said", [b'{"raised":5}\n', b'{"nonce":[]}\n', b'{"value":{}}\n', b"\xff\n", b"[" * 9999 + b"\n"]
)
@pytest.mark.parametrize("style", ["calls", "script"])
def test_awkward_lines_of_javascript(execute, style, said):
    need("javascript")
    code, test = WRITERS["javascript"].format(said.hex()), TEST if style == "calls" else SCRIPTS["javascript"]
    check(execute(code, test, language="javascript", style=style, names=("add",)))


@pytest.mark.slow
@pytest.mark.parametrize("style", ["calls", "script"])
@pytest.mark.parametrize("name", WRITERS)
def test_any_lines_of_any_language(execute, name, style):
    need(name)

    @given(said=transcripts.said.filter(lambda said: len(said) < 20_000))
    @settings(max_examples={"python": 1500, "javascript": 300}.get(name, 40), deadline=None)
    def run(said):
        test = TEST if style == "calls" else SCRIPTS[name]
        check(execute(WRITERS[name].format(said.hex()), test, language=name, style=style, names=("add",)))

    run()
