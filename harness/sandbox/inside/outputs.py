"""The trusted side of "stdio": reads all that a program prints, and compares it with what is expected.

What is printed is a stranger's, as long as it may be, so this process is confined as well.
"""

import os
from contextlib import suppress
from typing import Any

from harness.processes import wire
from harness.sandbox.inside import messages
from harness.sandbox.inside.comparing import RULES
from harness.sandbox.inside.comparing import difference
from harness.sandbox.inside.lines import Ended
from harness.sandbox.inside.lines import Lines


def main(_options: dict[str, Any], setup: int) -> None:
    """Compare one output: 3 what is expected, 4 what the program prints, 5 the answer."""
    os.close(setup)
    asker = Lines(3, 5)
    with suppress(Ended):
        asked = wire.fitting(asker.read(), messages.EXPECTED)
        printed = _read(4, asked["most"])
        try:
            answer = {"beyond": True} if len(printed) > asked["most"] else _compared(printed, asked)
        except MemoryError:  # a few bytes of output may be many words, which is the program's doing and no fault
            answer = {"beyond": True}
        asker.write(answer)


def _read(descriptor: int, most: int) -> bytearray:
    """Up to the end, or until it is more than `most` bytes."""
    printed = bytearray()
    while len(printed) <= most and (part := os.read(descriptor, wire.CHUNK)):
        printed += part
    return printed


def _compared(printed: bytearray, asked: dict[str, Any]) -> dict[str, Any]:
    text = printed.decode("utf-8", "surrogateescape")
    expected = asked["output"].encode("utf-8", "surrogatepass").decode("utf-8", "surrogateescape")
    same = RULES[asked["compare"]](text, expected)
    detail = None if same else messages.plain(difference(text, expected))
    return {"same": same, "detail": detail, "printed": printed[: asked["kept"]].decode("utf-8", "replace")}
