"""Names of models: the cards of `cards.toml`, ids of the Hub, local folders and GGUF files.

`resolve` answers what a value of `--model` means without the network and without torch.
"""

import difflib
import re
import tomllib
from collections.abc import Mapping
from dataclasses import replace
from functools import cache
from importlib import resources
from pathlib import Path

from harness.errors import UsageError
from harness.models import Card
from harness.models import Family
from harness.models import Wheel
from harness.models.local import card_of
from harness.models.local import is_adapter
from harness.models.local import slug

DEFAULT = "smollm2-135m"

_HUB_ID = re.compile(r"[A-Za-z0-9][\w.-]*/[A-Za-z0-9][\w.-]*")


@cache
def load_cards() -> Mapping[str, Card]:
    """The cards this package ships, by name, in the order of the file."""
    text = resources.files("harness.models").joinpath("cards.toml").read_text(encoding="utf-8")
    return {name: _card(name, fields) for name, fields in tomllib.loads(text).items()}


def resolve(name: str) -> Card:
    """The model a name means: a card's name, a local folder or `.gguf` file, NAME=PATH, or a Hub id `owner/name`.

    A Hub id's card is called `owner--name`, a local model's after its folder or file, or NAME; where that is a card's
    name, its family and licence hold. Raises UsageError where the name means nothing, ModelError where a local
    model's files cannot be read.
    """
    cards = load_cards()
    if name in cards:
        return cards[name]
    path = Path(name).expanduser()
    if _is_model(path):
        return card_of(path)
    called, equals, place = name.partition("=")
    if equals and called:
        return _called(name, called, Path(place).expanduser(), cards.get(called))
    if is_adapter(path):
        raise UsageError(f"model {name!r}: a PEFT adapter; expected --model with its base, and --adapter {name}")
    if path.is_dir():
        raise UsageError(f"model {name!r}: a folder without config.json; expected a model folder in the Hub's format")
    if path.suffix.lower() == ".gguf" or name.startswith((".", "~", "/")) or not _HUB_ID.fullmatch(name):
        raise _unknown(name, cards)
    return _hub_card(name, cards)


def family_of(model: str) -> Family | None:
    """The family of the card that a model's name means, or its Hub id; None where no card does or it says none."""
    known = model.replace("--", "/")
    return next((card.family for name, card in load_cards().items() if model == name or known == card.hub_id), None)


def bare_card(name: str) -> Card:
    """The card of a model that no weights are looked for: any name will do."""
    return Card(name=name.replace("/", "--"))


def _card(name: str, fields: Mapping[str, object]) -> Card:
    wheel = fields.get("wheel")
    given = {key: value for key, value in fields.items() if key != "wheel"}
    return Card(name=name, wheel=Wheel(**wheel) if isinstance(wheel, dict) else None, **given)  # type: ignore[arg-type]


def _is_model(path: Path) -> bool:
    return (path / "config.json").is_file() or (path.suffix.lower() == ".gguf" and path.is_file())


def _called(given: str, name: str, path: Path, known: Card | None) -> Card:
    """A local model under a name of its user's."""
    if not _is_model(path):
        raise UsageError(f"model {given!r}: no model at {path}; expected a folder with config.json or a .gguf file")
    card = replace(card_of(path), name=slug(name))
    if known is None:
        return card
    parameters = card.parameters if card.parameters is not None else known.parameters
    return replace(
        card, family=known.family, licence=known.licence, licence_url=known.licence_url, parameters=parameters
    )


def _hub_card(hub_id: str, cards: Mapping[str, Card]) -> Card:
    name = hub_id.replace("/", "--")
    for card in cards.values():
        if card.hub_id == hub_id:
            return replace(card, name=name, wheel=None)
    return Card(name=name, hub_id=hub_id)


def _unknown(name: str, cards: Mapping[str, Card]) -> UsageError:
    near = difflib.get_close_matches(name.lower(), cards, n=3, cutoff=0.4)
    names = f"nearest: {', '.join(near)}" if near else f"known: {', '.join(cards)}"
    forms = "a Hub id owner/name, a folder with config.json, a .gguf file, or NAME=PATH"
    return UsageError(f"model {name!r}: no such card or path; expected a card's name ({names}), {forms}")
