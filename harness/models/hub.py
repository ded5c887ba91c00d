"""A model's files from the Hugging Face Hub, or from its cache on this disk where the Hub does not answer.

Only what can change an answer is downloaded: weights, configuration, tokenizer, template. The Hub's own
variables hold (HF_HOME, HF_TOKEN, HF_ENDPOINT, HF_HUB_OFFLINE); telemetry is off.
"""

import os
from collections.abc import Sequence
from pathlib import Path

from harness.errors import ModelError
from harness.models import Card
from harness.models.local import PICKLES
from harness.models.local import SIDE_FILES

_REQUEST_TIMEOUT_S = 8.0


class HubUnreachableError(ModelError):
    """Neither the Hub nor its cache holds the model."""


def snapshot(card: Card, *, allow_pickle: bool = False, trust_remote_code: bool = False) -> Path:
    """The folder of a model's files in the Hub's cache, named by its commit.

    Weights are safetensors; pickled ones are asked for only where allowed and where no others are. Raises
    HubUnreachableError where neither Hub nor cache answers, ModelError where the model is gated or not there.
    """
    patterns = [*sorted(SIDE_FILES), "*.safetensors"]
    if trust_remote_code:
        patterns.append("*.py")
    folder = _download(card, patterns)
    if allow_pickle and not any(folder.glob("*.safetensors")):
        folder = _download(card, [*patterns, *(f"*{ending}" for ending in PICKLES)])
    return folder


def _download(card: Card, patterns: Sequence[str]) -> Path:
    os.environ.setdefault("HF_HUB_DISABLE_TELEMETRY", "1")
    from huggingface_hub import snapshot_download  # noqa: PLC0415 - 0.3 s that local models need not pay
    from huggingface_hub import errors  # noqa: PLC0415

    hub_id = card.hub_id or card.name
    try:
        folder = snapshot_download(
            hub_id,
            revision=card.revision,
            allow_patterns=list(patterns),
            ignore_patterns=["*/*", "consolidated*"],
            etag_timeout=_REQUEST_TIMEOUT_S,
        )
    except errors.GatedRepoError as error:
        raise ModelError(_gated(card)) from error
    except errors.RepositoryNotFoundError as error:
        raise ModelError(
            f"model {card.name}: the Hub has no {hub_id!r}, or it is private; check the id, or log in (hf auth login)"
        ) from error
    except errors.RevisionNotFoundError as error:
        raise ModelError(f"model {card.name}: the Hub's {hub_id} has no revision {card.revision!r}") from error
    except errors.HFValidationError as error:
        raise ModelError(f"model {card.name}: {error}; expected a Hub id owner/name") from error
    except errors.LocalEntryNotFoundError as error:
        raise HubUnreachableError(
            f"model {card.name}: neither the Hub nor its cache on this disk answers for {hub_id}; "
            "connect once, or give --model a folder or a .gguf file"
        ) from error
    except OSError as error:  # what else the Hub can answer (5xx, quota), and a full disk
        raise ModelError(f"model {card.name}: {hub_id} could not be downloaded ({_first_line(error)})") from error
    return Path(folder)


def _gated(card: Card) -> str:
    where = card.licence_url or f"https://huggingface.co/{card.hub_id}"
    licence = f" ({card.licence})" if card.licence else ""
    return f"model {card.name}: gated; accept its licence{licence} at {where} and log in (hf auth login or HF_TOKEN)"


def _first_line(error: OSError) -> str:
    return next(iter(str(error).strip().splitlines()), type(error).__name__)
