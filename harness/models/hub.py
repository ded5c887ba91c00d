"""A model's files from the Hugging Face Hub, or from its cache on this disk where the Hub does not answer.

The Hub's own variables hold (HF_HOME, HF_TOKEN, HF_ENDPOINT, HF_HUB_OFFLINE, HF_HUB_ETAG_TIMEOUT); telemetry is off.
"""

import os
from collections.abc import Sequence
from functools import cache
from pathlib import Path
from typing import Any

from harness.errors import ModelError
from harness.extras import sentence
from harness.models import Card

_PATIENCE_S = 8.0


class HubUnreachableError(ModelError):
    """Neither the Hub nor its cache holds the model."""


def snapshot(card: Card, patterns: Sequence[str], commit: str | None = None) -> Path:
    """The folder of a model's files in the Hub's cache, named by its commit, with all files that match a pattern.

    `commit` asks for a commit already resolved. Raises HubUnreachableError where neither Hub nor cache answers, or the
    library that asks them is not installed, ModelError where the model is gated, not there, or cannot be downloaded.
    """
    lacking = sentence(f"model {card.name}", "hub", "huggingface_hub")
    if lacking is not None:
        raise HubUnreachableError(lacking)
    os.environ.setdefault("HF_HUB_DISABLE_TELEMETRY", "1")
    from huggingface_hub import errors
    from huggingface_hub import snapshot_download

    # The HTTP library's own error, whichever library this release of huggingface_hub uses.
    broken: Any = next(kind for kind in errors.HfHubHTTPError.__mro__ if kind.__name__ == "HTTPError")
    try:
        folder = snapshot_download(
            card.hub_id or "",
            revision=commit or card.revision,
            allow_patterns=list(patterns),
            ignore_patterns=["*/*", "consolidated*"],
            local_files_only=not hub_answers(),
        )
    except errors.GatedRepoError as error:
        raise ModelError(_gated(card)) from error
    except errors.RepositoryNotFoundError as error:
        how = "check the id, or log in (hf auth login or HF_TOKEN)"
        raise ModelError(f"model {card.name}: the Hub has no {card.hub_id!r}, or it is private; {how}") from error
    except errors.RevisionNotFoundError as error:
        raise ModelError(f"model {card.name}: {card.hub_id} has no revision {card.revision!r} on the Hub") from error
    except errors.LocalEntryNotFoundError as error:
        raise unreachable(card) from error
    except (
        OSError,
        broken,
        RuntimeError,
        ValueError,
    ) as error:  # 5xx, a full disk, a broken transfer, an id that cannot be
        reason = str(error).strip().partition("\n")[0] or type(error).__name__
        raise ModelError(f"model {card.name}: {card.hub_id} cannot be downloaded ({reason})") from error
    return Path(folder)


def unreachable(card: Card) -> HubUnreachableError:
    """The error for a model that neither the Hub nor its cache gives."""
    problem = f"neither the Hub nor its cache on this disk has {card.hub_id}"
    return HubUnreachableError(f"model {card.name}: {problem}; connect once, or give --model a folder or a .gguf file")


@cache
def hub_answers() -> bool:
    """Whether a Hub answers at all, whatever it says; asked once, as huggingface_hub itself would wait without end."""
    import ssl
    import urllib.error
    import urllib.request

    from huggingface_hub import constants

    if constants.HF_HUB_OFFLINE:
        return False
    request = urllib.request.Request(constants.ENDPOINT, method="HEAD")  # noqa: S310 - the user's own HF_ENDPOINT
    try:
        with urllib.request.urlopen(request, timeout=min(_PATIENCE_S, constants.HF_HUB_ETAG_TIMEOUT)):  # noqa: S310
            return True
    except urllib.error.HTTPError:
        return True
    except urllib.error.URLError as error:
        return isinstance(error.reason, ssl.SSLError)  # someone is there; the download may know the certificate
    except (OSError, ValueError):
        return False


def _gated(card: Card) -> str:
    where = card.licence_url or f"https://huggingface.co/{card.hub_id}"
    licence = f" ({card.licence})" if card.licence else ""
    return f"model {card.name}: gated; accept its licence{licence} at {where} and log in (hf auth login or HF_TOKEN)"
