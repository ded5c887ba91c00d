"""What a hostile child may write in place of a message: bytes, any JSON, true transcripts with a change."""

import json

from hypothesis import strategies as st

TRUE = (
    {"loaded": True}, {"loading": {"outcome": "failed", "detail": "x"}}, {"nonce": "0" * 64}, {"nonce": None},
    {"outcome": "failed", "detail": None}, {"outcome": "passed", "detail": None}, {"value": None}, {"value": 0},
    {"value": {"t": [1]}, "args": [None, {"now": [1]}]}, {"value": {"held": [0, "object", "x"]}}, {"foreign": "x"},
    {"raised": {"kinds": ["builtins.ValueError", "builtins.Exception"], "text": "x", "args": ["x"]}},
    {"back": 0, "args": []}, {"rows": [{"t": [1]}]}, {"error": "x", "outcome": "syntax"}, {"status": 0},
    {"broken": "x"}, {"gone": -1, "late": False},
    {"test": 0, "outcome": "passed", "detail": None, "calls": 1, "gone": False, "late": False},
)  # fmt: skip
"""One of each form there is, whoever says it."""
AWKWARD = (
    b"", b"\x00", b"\xff\xfe{", b"{", b"[]", b"5", b"null", b"NaN", b'"x"', b"{}", b'{"loaded":1}', b'{"outcome":[]}',
    b'{"loading":{"outcome":{}}}', b'{"raised":5}', b'{"raised":{"kinds":[],"text":""}}', b'{"value":NaN}',
    b'{"raised":{"kinds":["\\u0000","\\ud800"],"text":"\\ud800","args":[{"t":[]}]}}', b'{"value":1,"value":2}',
    b'{"nonce":' + b"1" * 5000 + b"}", b'{"value":' + b"9" * 5000 + b"}", b"[" * 100_000, b'{"a":' * 50_000,
    b'{"loaded":true}\n{"loaded":true}', b'{"loaded":true}\n{"loading":{"outcome":"failed","detail":null}}',
    b'{"broken":"forged"}', b'!{"broken":"forged"}', "é".encode("utf-16"), b'{"nonce":"' + b"x" * (1 << 20) + b'"}',
    b'{"test":true,"outcome":"passed","detail":null,"calls":-1,"gone":0,"late":0}', b'{"back":-1,"args":[]}',
    b'{"raised":{"kinds":["ValueError"],"text":"x","args":{}}}', b'{"foreign":[]}', b'{"value":{}}', b'{"args":1}',
    b'{"value":{"t":1,"s":2}}', b'{"value":{"I":"zz"}}', b'{"value":{"a":["<i8",[-1],[]]}}', b'{"status":-999}',
)  # fmt: skip

values = st.recursive(
    st.none() | st.booleans() | st.floats() | st.integers() | st.text(max_size=8) | st.sampled_from(
        ["passed", "failed", "crash", "\ud800", "\0", "builtins.SystemExit", "t", "I", "held"]
    ),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(
        ["t", "d", "s", "I", "held", "kinds", "text", "args", "outcome", "detail", "now", "a", "g", "n"]
    ) | st.text(max_size=3), inner, max_size=3),
    max_leaves=8,
)  # fmt: skip


@st.composite
def mutated(draw):
    """A true message with a field changed, taken away, doubled or added, or with its bytes cut or changed."""
    message = dict(draw(st.sampled_from(TRUE)))
    name = draw(st.sampled_from(sorted(message)))
    deed = draw(st.sampled_from(["change", "inner", "take", "add", "double", "cut", "byte"]))
    if deed == "change":
        message[name] = draw(values)
    elif deed == "inner" and isinstance(message[name], dict):
        message[name] = {**message[name], draw(st.sampled_from(sorted(message[name]))): draw(values)}
    elif deed == "take":
        del message[name]
    elif deed == "add":
        message[draw(st.text(max_size=4))] = draw(values)
    line = json.dumps(message).encode()
    if deed == "double":
        line = line[:-1] + b"," + json.dumps({name: draw(values)}).encode()[1:]
    elif deed == "cut":
        line = line[: draw(st.integers(0, len(line)))]
    elif deed == "byte":
        place = draw(st.integers(0, len(line) - 1))
        line = line[:place] + bytes([draw(st.integers(0, 255))]) + line[place + 1 :]
    return line


lines = (
    st.binary(max_size=40) | values.map(lambda value: json.dumps(value).encode()) | mutated() | st.sampled_from(AWKWARD)
)
said = st.lists(lines, min_size=1, max_size=4).flatmap(
    lambda found: st.sampled_from([b"\n".join(found), b"\n".join(found) + b"\n"])
)
"""What a child writes: some lines, the last with or without its end."""
