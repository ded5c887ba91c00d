"""Messages with descriptors: each comes with its own, whatever stands in the socket; what is malformed is told."""

import os
import socket
import struct

import pytest
from hypothesis import given
from hypothesis import settings
from hypothesis import strategies as st

from harness.errors import SandboxError
from harness.processes import wire
from harness.sandbox.fork_servers import PROGRAMS
from harness.sandbox.fork_servers import ForkServer
from harness.sandbox.fork_servers import Job
from harness.sandbox.inside import messages
from harness.sandbox.inside.channel import Channel
from harness.sandbox.limits import Limits
from harness.sandbox.slot import Lost
from harness.sandbox.slot import Slot

FORMS = ({"text": wire.text, "descriptors": wire.count},)
STATUS = {
    "end": "ended", "code": -9, "phase": "program", "cpu": 0.5, "slowest": 0, "wall": 1.0, "memory": 1,
    "exceeded": False, "machine": False, "output": "", "broken": "",
}  # fmt: skip


@pytest.fixture
def ends():
    """Both ends of a channel."""
    ours, theirs = map(Channel, socket.socketpair())
    yield ours, theirs
    ours.close()
    theirs.close()


def test_each_message_comes_with_its_own_descriptors(ends):
    ours, theirs = ends
    pipes = [os.pipe() for _ in range(3)]
    wanted = [("first", pipes[0]), ("second", ()), ("x" * 100_000, (*pipes[1], *pipes[2]))]
    for text, descriptors in wanted:
        ours.send({"text": text, "descriptors": len(descriptors)}, descriptors)
    for text, descriptors in wanted:
        found, received = theirs.receive(FORMS)
        assert found == {"text": text, "descriptors": len(received)}
        assert [os.fstat(one).st_ino for one in received] == [os.fstat(one).st_ino for one in descriptors]
        for descriptor in (*received, *descriptors):
            os.close(descriptor)
    ours.close()
    assert theirs.receive(FORMS) is None


@given(body=st.binary(max_size=40), cut=st.integers(0, 60))
@settings(deadline=None)
def test_any_bytes_are_a_message_malformed_or_an_end(body, cut):
    ours, theirs = map(Channel, socket.socketpair())
    content = (struct.pack("!I", len(body)) + body)[:cut]
    ours.socket.sendall(content)
    ours.close()
    try:
        found = theirs.receive(FORMS)
    except wire.Malformed:
        found = "malformed"
    except OSError:
        found = "cut"
    expected = None if not content else "cut" if len(content) < 4 + len(body) else "malformed"
    assert found == expected
    theirs.close()


def test_a_message_that_is_too_long_is_not_read(ends):
    ours, theirs = ends
    ours.socket.sendall(struct.pack("!I", wire.LONGEST + 1))
    with pytest.raises(wire.Malformed, match=r"^message: 67108865 bytes; expected at most 67108864$"):
        theirs.receive(FORMS)


@pytest.mark.parametrize(
    ("message", "forms", "sentence"),
    [
        ({"ended": [{**STATUS, "code": 256}]}, messages.ENDED, "message: int; expected a status"),
        ({"ended": [{**STATUS, "cpu": "0"}]}, messages.ENDED, "message: str; expected a number"),
        ({"ended": STATUS}, messages.ENDED, "message: dict; expected a list"),
        ({"jobs": [{}]}, messages.ORDERS,
         "message: fields ''; expected entry, limits, descriptors, options, writes, folder"),
        ({"stop": False}, messages.ORDERS, "message: bool; expected true"),
        ({"missing": "numpy"}, messages.GREETING, "message: str; expected a list"),
    ],
)  # fmt: skip
def test_what_is_wrong_with_a_fork_servers_message_is_said(ends, message, forms, sentence):
    ours, theirs = ends
    ours.send(message)
    with pytest.raises(wire.Malformed) as caught:
        theirs.receive(forms)
    assert str(caught.value) == sentence


def test_a_true_status_is_read(ends):
    ours, theirs = ends
    said = {"ended": [STATUS, {"end": "broken", "broken": "x"}]}
    ours.send(said)
    assert theirs.receive(messages.ENDED) == (said, [])


def test_a_greeting_that_is_malformed_is_one_sentence(monkeypatch):
    monkeypatch.setattr(messages, "GREETING", ({"hello": wire.true},))
    with pytest.raises(SandboxError) as caught:
        ForkServer("none", PROGRAMS)
    malformed = "malformed message: fields 'missing'; expected hello"
    assert str(caught.value) == f"sandbox: a fork server did not start ({malformed}); expected its greeting"


def test_a_fork_server_that_says_something_else_is_replaced(monkeypatch):
    slot = Slot("none")
    reads, asking = os.pipe()
    hearing, answering = os.pipe()
    job = Job("candidate", Limits().message(address_space=True), [reads, answering], {})
    os.close(asking)
    monkeypatch.setattr(messages, "ENDED", ({"left": wire.true},))
    try:
        with pytest.raises(Lost) as caught, slot.started(PROGRAMS, job) as server:
            server.statuses()
        assert str(caught.value) == "sandbox: a fork server wrote a malformed message: fields 'ended'; expected left"
        monkeypatch.undo()
        with slot.started(PROGRAMS, job) as other:
            (status,) = other.statuses()
        assert other is not server
        assert (status["end"], status["code"]) == ("ended", 0)
    finally:
        slot.close()
        for descriptor in (reads, hearing, answering):
            os.close(descriptor)
