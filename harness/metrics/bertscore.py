"""BERTScore by bert-score (Zhang et al. 2020, arXiv:1904.09675): each token matched with the nearest of the other text.

Near is the cosine of an encoder's hidden states at one layer. The library is the extra `bertscore`; it and torch are
loaded where a text is scored, in a process that is not pytest's.
"""

import functools
import hashlib
import importlib.metadata
import json
import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from harness.core import Case
from harness.core import Response
from harness.core import Score
from harness.encoding import canonical
from harness.errors import UsageError
from harness.extras import require
from harness.metrics.answers import reference
from harness.metrics.answers import text
from harness.models.hashes import hash_files

if TYPE_CHECKING:
    from bert_score import BERTScorer

_OFFLINE = "HF_HUB_OFFLINE"


@dataclass(frozen=True, slots=True)
class BertScore:
    """Mean F-measure of BERTScore of the first completions against one reference each. In -1..1, mostly above 0.

    `encoder` is a folder in the Hub's format, `layer` the layer whose states are compared, from 1 (17 for roberta-large
    in the paper). Neither weighted by idf nor rescaled. A text longer than the encoder's context is cut at its end, as
    the library does; an answer without text scores 0, as there.
    """

    encoder: Path
    layer: int
    name: str = "bertscore"
    reducer: str = "mean"
    higher_is_better: bool = True

    def __post_init__(self) -> None:
        """Raises UsageError where the library is missing, the folder is no encoder's, or it lacks the layer."""
        require("bertscore", "bertscore")
        if not self._weights:
            raise UsageError(f"bertscore: no .safetensors file in {self.encoder}; expected an encoder's folder")
        if "t5" in str(self.encoder) or str(self.encoder).startswith("scibert"):
            raise UsageError(f"bertscore: bert-score takes {self.encoder} for another kind of model; rename the folder")
        layers = _layers(self.encoder)
        if not 1 <= self.layer <= layers:
            raise UsageError(f"bertscore: found layer {self.layer}; expected 1 to {layers}, as {self.encoder} has")

    @property
    def _weights(self) -> list[Path]:
        return sorted(self.encoder.glob("*.safetensors"))

    @property
    def signature(self) -> str:
        """The encoder by its folder's name and its weights, the layer, and the libraries' versions."""
        hashes = canonical(list(hash_files(self._weights).values()))
        weights = f"encoder:{self.encoder.resolve().name}|weights:{hashlib.sha256(hashes).hexdigest()[:12]}"
        versions = "|".join(f"{name}:{importlib.metadata.version(name)}" for name in ("bert-score", "transformers"))
        return f"bertscore|measure:f|{weights}|layer:{self.layer}|idf:no|rescaled:no|{versions}"

    def observe(self, case: Case, response: Response) -> Score:
        """Statistics (F-measure, 1)."""
        said, expected = text(self.name, response), reference(self.name, case)
        if not said.strip():
            return Score(self.name, (0.0, 1.0))
        _, _, f = _scorer(self.encoder, self.layer).score([said], [expected])
        return Score(self.name, (float(f[0]), 1.0))


def _layers(encoder: Path) -> int:
    path = encoder / "config.json"
    try:
        layers = json.loads(path.read_text(encoding="utf-8")).get("num_hidden_layers")
    except (OSError, ValueError, AttributeError) as error:
        raise UsageError(f"bertscore: {path} cannot be read ({error}); expected an encoder's folder") from error
    if not isinstance(layers, int):
        raise UsageError(f"bertscore: {path} has no num_hidden_layers; expected an encoder's folder")
    return layers


@functools.cache
def _scorer(encoder: Path, layer: int) -> "BERTScorer":
    with _offline():
        from bert_score import BERTScorer

        return BERTScorer(model_type=str(encoder), num_layers=layer)


@contextmanager
def _offline() -> Iterator[None]:
    """Ask no Hub meanwhile: the encoder lies on this disk."""
    before = os.environ.get(_OFFLINE)
    os.environ[_OFFLINE] = "1"
    try:
        yield
    finally:
        if before is None:
            del os.environ[_OFFLINE]
        else:
            os.environ[_OFFLINE] = before
