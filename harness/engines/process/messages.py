"""What an engine process is told and what it says.

It hears the specification, then windows of requests, one at a time. It says `ready` with the engine's description; for
each window answers as often as it likes, then that it is done, with the seconds the window took and a description, as
an engine may know more by then; `progress`, where its engine counts its steps and has made some; and an error before it
ends for a reason.
"""

from collections.abc import Mapping
from dataclasses import asdict
from typing import Any
from typing import get_args

from harness.core import Request
from harness.core import Response
from harness.core import decode
from harness.engines.descriptor import EngineSpec
from harness.models import Card
from harness.models import Settings
from harness.models import Weights
from harness.models import Wheel
from harness.processes import wire

LONGEST = 1 << 30
"""The bytes of a line: a window of requests can have a long prompt in each."""


def _value(encoded: Any, *kinds: type) -> Any:
    try:
        value = decode(encoded)
    except (ValueError, TypeError) as error:
        raise wire.Malformed(f"message: {error}") from error
    return value if isinstance(value, kinds) else wire.refuse(value, " or ".join(kind.__name__ for kind in kinds))


def _request(encoded: Any) -> Any:
    return _value(encoded, *get_args(Request))


def _answer(encoded: Any) -> tuple[int, Any]:
    if type(encoded) is not list or len(encoded) != len(("index", "response")):
        wire.refuse(encoded, "an index and a response")
    return wire.count(encoded[0]), _value(encoded[1], *get_args(Response))


COMMANDS: tuple[wire.Form, ...] = (
    {
        "weights": wire.table,
        "settings": wire.table,
        "batch_tokens": wire.count,
        "options": wire.table,
        "findings": wire.table,
    },
    {"requests": wire.list_of(_request)},
)
ANSWERS: tuple[wire.Form, ...] = (
    {"ready": wire.table},
    {"answers": wire.list_of(_answer)},
    {"progress": wire.count},
    {"done": wire.true, "seconds": wire.number, "ready": wire.table},
    {"error": wire.object_of({"kind": wire.text, "message": wire.text})},
)


def encode_spec(spec: EngineSpec) -> Mapping[str, Any]:
    """The message of a specification."""
    return asdict(spec)


def decode_spec(value: Mapping[str, Any]) -> EngineSpec:
    """The inverse of `encode_spec`."""
    weights = dict(value["weights"])
    fields = dict(weights.pop("card"))
    wheel = fields.pop("wheel")
    card = Card(**fields, wheel=Wheel(**wheel) if wheel else None)
    settings = Settings(**value["settings"])
    return EngineSpec(Weights(card, **weights), settings, value["batch_tokens"], value["options"], value["findings"])
