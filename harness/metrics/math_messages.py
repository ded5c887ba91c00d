"""What the judge of mathematical answers is asked and what it says."""

from harness.processes import wire

PAIRS: tuple[wire.Form, ...] = ({"gold": wire.text, "answer": wire.text, "boxed": wire.flag},)
JUDGEMENTS: tuple[wire.Form, ...] = (
    {"ready": wire.true},
    {"equal": wire.flag, "found": wire.or_none(wire.text), "unread": wire.list_of(wire.text)},
    {"failed": wire.text, "again": wire.flag},
)
"""`unread` names the sides that math-verify cannot read; `again`, that a fresh process may judge."""
