"""The engine that asks an OpenAI-compatible server: vLLM, llama.cpp, SGLang, OpenAI's own, and others.

server     an address, a key, one call          failures   what went wrong with it
asking     tries                                pace       how many calls at once
probe      known prompts, before any case       findings   what they showed
scoring    log-likelihoods                      writing    completions
engine     answers requests, with all of these proof      whether it serves weights that lie here

A server that ignores what it does not know says 200 all the same, so nothing is believed that was not shown.
"""

import asyncio
import time
from collections.abc import Mapping
from collections.abc import Sequence
from dataclasses import dataclass
from dataclasses import replace
from pathlib import PurePosixPath
from typing import TYPE_CHECKING
from typing import Any

from harness.engines import Engine
from harness.engines.descriptor import Choice
from harness.engines.descriptor import EngineDescriptor
from harness.engines.descriptor import EngineSpec
from harness.engines.descriptor import Prepared
from harness.engines.openai.server import Model
from harness.engines.openai.server import Server
from harness.engines.openai.server import checked_url
from harness.engines.options import THINK_TOKENS
from harness.engines.options import Option
from harness.engines.preparing import without_weights
from harness.errors import ModelError
from harness.models import Card
from harness.models import Settings
from harness.models.cards import bare_card
from harness.models.cards import load_cards
from harness.models.local import slug

if TYPE_CHECKING:
    from harness.engines.openai.findings import Findings
    from harness.engines.openai.proof import Word

BASE_URL = Option(
    "base-url",
    "where a server answers, up to and with `/v1`; its key is in the environment, as `OPENAI_API_KEY`",
    "URL",
    manifest="never",
    changes_answers=False,
)
CACHE_SERVER = Option(
    "cache-server",
    "keep a server's answers for every run that finds the same server, not for this run alone",
    kind="switch",
    default=False,
    manifest="never",
    changes_answers=False,
)
PROVE_WEIGHTS = Option(
    "prove-weights",
    "a folder of weights: stop unless the server's log-probs are theirs, and say so in the report",
    "DIR",
    manifest="never",
    changes_answers=False,
)


def _count(name: str, text: str, default: int) -> Option:
    """An option for how a server is asked, which changes no answer."""
    return Option(name, text, "N", kind="number", default=default, manifest="never", changes_answers=False)


CONCURRENCY = _count("concurrency", "requests that a server is asked at once, at most (default 32)", 32)
TRIES = _count("tries", "how often a server is asked for one answer, at most (default 8)", 8)
TIMEOUT = _count("request-timeout", "seconds that a server may take for one answer (default 600)", 600)
SERVER_WAIT = _count("server-wait", "seconds to wait for a server that is still loading (default 60)", 60)
_PAUSE_S = 0.5
_PROBE_S, _PROBE_TRIES = 120.0, 3
"""A server that is silent to short prompts is not waited for as long as for a long answer."""
_ODD = 2
"""Tries that a list of models is worth which cannot be read."""
_SHOWN = 12
"""Models that an error lists."""


def resolve(name: str) -> Card:
    """The model that a server calls `name`, or NAME=SERVED; its card's family and kind hold, where it has one."""
    called, equals, served = name.partition("=")
    if not (equals and called and served):
        called, served = "", name
    known = next((card for card in load_cards().values() if served in {card.hub_id, card.name}), Card(name))
    path = PurePosixPath(served)
    shown = slug(called) if called else path.name if path.is_absolute() else bare_card(served).name
    return replace(known, name=shown, hub_id=None, path=served, wheel=None)


@dataclass(frozen=True, slots=True)
class Known:
    """What is known of a served model before a case is asked; `heard` are fingerprints and names its answers had."""

    model: Model
    version: str | None
    findings: "Findings"
    heard: Mapping[str, Sequence[str]]

    def facts(self) -> dict[str, Any]:
        """What tells this server's model from another one."""
        return {
            "served": self.model.id,
            "owner": self.model.owner,
            "context": self.model.limit,
            "weights": dict(self.model.meta),
            "version": self.version,
            "heard": dict(self.heard),
            "findings": self.findings.written(),
        }


def prepare(card: Card, choice: Choice) -> Prepared:
    """The model as its server has it, probed; raises ModelError or UsageError where it cannot be asked."""
    from harness.engines.openai.engine import Background
    from harness.engines.openai.proof import prove

    url = checked_url(choice[BASE_URL])
    server = Server(url, min(float(choice[TIMEOUT]), _PROBE_S))
    background, texts = Background(), None
    try:
        known = background.run(_find(server, card, choice))
        findings = known.findings
        if choice[PROVE_WEIGHTS] and not findings.echo:
            texts = background.run(_scored(server, known, choice[TRIES]))
    finally:
        background.run(server.close())
        background.close()
    facts, notes = known.facts(), list(findings.notes())
    if texts is not None:
        proof = prove(url, choice[PROVE_WEIGHTS], texts)
        facts["proved"] = proof.weights
        notes.append(proof.sentence)
    elif choice[PROVE_WEIGHTS]:
        notes.append(f"the server's weights are not proved, since it {findings.echo}")
    thinks = card.reasoning or findings.thinks
    settings = Settings(
        choice.engine,
        device="server",
        dtype="as served",
        template=findings.endpoint == "chat",
        think_tokens=choice[THINK_TOKENS] if thinks else None,
    )
    prepared = without_weights(card, choice, facts, findings.lacks(url), settings)
    weights = replace(prepared.weights, note="; ".join(notes) or None)
    return replace(prepared, weights=weights, findings=known.facts(), kept="always" if choice[CACHE_SERVER] else "run")


def open_engine(spec: EngineSpec) -> Engine:
    """The engine that asks the server which `prepare` found."""
    from harness.engines.openai.engine import ServerEngine
    from harness.engines.openai.engine import Target
    from harness.engines.openai.findings import Findings

    options, findings = spec.options, spec.findings
    server = Server(checked_url(options[BASE_URL.name]), float(options[TIMEOUT.name]))
    target = Target(
        findings["served"], Findings(**findings["findings"]), findings["heard"], spec.settings.think_tokens or 0
    )
    return ServerEngine(server, target, options[CONCURRENCY.name], options[TRIES.name])


ENGINE = EngineDescriptor(
    open_engine,
    prepare,
    resolve=resolve,
    options=(BASE_URL, CONCURRENCY, TRIES, TIMEOUT, SERVER_WAIT, CACHE_SERVER, PROVE_WEIGHTS, THINK_TOKENS),
    weights=False,
)


async def _find(server: Server, card: Card, choice: Choice) -> Known:
    """Wait for the server, find the model in it, and probe it."""
    from harness.engines.openai.asking import Asking
    from harness.engines.openai.failures import CallError
    from harness.engines.openai.pace import Pace
    from harness.engines.openai.probe import Probe

    wished = {"on": True, "off": False, "auto": True if card.chat else None}[choice.chat_template]
    try:
        model = await _loaded(server, card, choice[SERVER_WAIT])
        probe = Probe(Asking(server, Pace(1), min(choice[TRIES], _PROBE_TRIES)), model.id)
        findings = await probe.find(wished)
    except CallError as error:
        expected = error.expected or "expected a server that answers, as --base-url names it"
        raise ModelError(f"{server.url}: {error.found}; {expected}") from None
    if card.reasoning:
        findings = replace(findings, thinks=True)
    heard = {name: sorted(values) for name, values in probe.heard.items()}
    return Known(model, await server.version(), findings, heard)


async def _scored(server: Server, known: Known, tries: int) -> "Mapping[str, Sequence[Word]]":
    """What the server says of the texts that prove its weights."""
    from harness.engines.openai.asking import Asking
    from harness.engines.openai.failures import CallError
    from harness.engines.openai.pace import Pace
    from harness.engines.openai.proof import hear

    try:
        return await hear(Asking(server, Pace(1), tries), known.model.id, known.findings.spent)
    except CallError as error:
        raise ModelError(f"{server.url}: {error.found}; {error.expected or 'expected scores of a text'}") from None


async def _loaded(server: Server, card: Card, seconds: int) -> Model:
    """The model as a server lists it, when it has loaded; raises CallError where that takes longer.

    A server that keeps no list, as one of transformers may, is believed to have what is asked for.
    """
    from harness.engines.openai.failures import CallError

    end, odd = time.monotonic() + seconds, 0
    while True:
        try:
            model = _served(server.url, card, await server.models())
            await server.check_loaded(model.id)  # llama.cpp lists its model while it loads
        except CallError as error:
            silent = error.kind == "busy" or (not error.status and error.overload)
            odd += error.kind == "odd" and not silent
            if error.status in {401, 403} or (silent and time.monotonic() + _PAUSE_S > end):
                raise
            if error.kind in {"refuse", "fatal"} or odd > _ODD:
                return Model(card.path or card.name)
            wait = error.wait or _PAUSE_S
        else:
            return model
        await asyncio.sleep(min(wait, max(_PAUSE_S, end - time.monotonic())))


def _served(url: str, card: Card, listed: Sequence[Model]) -> Model:
    """The model of a card in a server's list; raises ModelError, which lists what is served."""
    wanted = card.path or card.name
    for model in listed:
        if model.id == wanted:
            return model
    names = ", ".join(model.id for model in listed[:_SHOWN]) + (", …" if len(listed) > _SHOWN else "")
    raise ModelError(
        f"--model: found {wanted!r}, which {url} does not serve; expected {names or 'a model that it has'}"
    )
