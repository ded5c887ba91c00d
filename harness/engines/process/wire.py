"""What an engine process is told to be, and the lines it speaks.

One JSON value a line, both ways. To the child: the specification, then windows `{"requests": [...]}`, one at a
time. From it: `{"ready": description}`; for each window `{"answers": [[index, response], ...]}` as often as it likes,
then `{"done": true, "seconds": ..., "ready": description}`, the time the window took, and as an engine may know more
by then; and `{"error": {"kind", "message"}}` before it ends for a reason.
"""

import json
from collections.abc import Mapping
from dataclasses import asdict
from typing import Any

from harness.engines.descriptor import EngineSpec
from harness.models import Card
from harness.models import Settings
from harness.models import Weights
from harness.models import Wheel


def dump_line(value: Any) -> bytes:
    """One line of the protocol: ASCII, so that no text can end a line early or fail to encode."""
    return json.dumps(value, separators=(",", ":")).encode("ascii") + b"\n"


def encode_spec(spec: EngineSpec) -> Mapping[str, Any]:
    """The JSON form of a specification."""
    return asdict(spec)


def decode_spec(value: Mapping[str, Any]) -> EngineSpec:
    """The inverse of `encode_spec`."""
    weights = dict(value["weights"])
    fields = dict(weights.pop("card"))
    wheel = fields.pop("wheel")
    card = Card(**fields, wheel=Wheel(**wheel) if wheel else None)
    settings = Settings(**value["settings"])
    return EngineSpec(Weights(card, **weights), settings, value["batch_tokens"], value["options"], value["findings"])
