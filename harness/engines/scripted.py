"""An engine that answers from a script: for tests, and for measuring the suite without a model.

A script is JSON, `{"answers": [rule, ...], option: value, ...}`, or JSON lines with a rule a line and options on lines
without `prompt` and `match`. The first rule that fits answers; where none does, the answer is drawn from the
request's fingerprint, so that any benchmark runs.
"""

import hashlib
import json
import os
import re
import signal
import time
from collections.abc import Iterator
from collections.abc import Mapping
from collections.abc import Sequence
from dataclasses import dataclass
from dataclasses import field
from dataclasses import fields
from dataclasses import replace
from operator import itemgetter
from pathlib import Path
from typing import Any
from typing import Literal

from harness.core import Completion
from harness.core import Completions
from harness.core import Execute
from harness.core import Generate
from harness.core import LogLikelihood
from harness.core import LogLikelihoods
from harness.core import Refusal
from harness.core import Request
from harness.core import Response
from harness.core import Rolling
from harness.core import fingerprint
from harness.engines.descriptor import Choice
from harness.engines.descriptor import EngineDescriptor
from harness.engines.descriptor import EngineSpec
from harness.engines.descriptor import Prepared
from harness.engines.options import ANSWERS
from harness.engines.options import DEVICE
from harness.engines.options import STANDARD
from harness.errors import EngineError
from harness.errors import ModelError
from harness.models import Card
from harness.models import Settings
from harness.models import Weights
from harness.models.cards import DEFAULT
from harness.models.cards import bare_card
from harness.models.devices import resolve_devices
from harness.models.identity import identity
from harness.prompts import flat

_PAUSE = 0.01


@dataclass(frozen=True, slots=True)
class Rule:
    """Answers every prompt (or context) that equals `prompt` or in which the regex `match` is found.

    Attributes:
        prompt: The prompt or context that it answers.
        match: A regex that is found in those that it answers.
        text: The text that answers Generate.
        texts: The texts in its place: sample i takes entry i, counted round.
        finish: Why they end.
        thought: What stands before them as a thought.
        loglikelihoods: Of a continuation its value in nats.
        refuse: The reason of a Refusal.
        first_token: The seconds after which the first token is said to have come, beyond 0.
        latency: The seconds that an answer is said to have taken, beyond 0.
    """

    prompt: str | None = None
    match: str | None = None
    text: str | None = None
    texts: Sequence[str] = ()
    finish: Literal["stop", "length"] | None = None
    thought: str | None = None
    loglikelihoods: Mapping[str, float] = field(default_factory=dict)
    refuse: str | None = None
    first_token: float | None = None
    latency: float | None = None

    def __post_init__(self) -> None:
        re.compile(self.match or "")

    def fits(self, prompt: str) -> bool:
        """Whether this rule answers the prompt."""
        if self.prompt is not None:
            return self.prompt == prompt
        return self.match is not None and re.search(self.match, prompt) is not None


@dataclass(frozen=True, slots=True)
class Crash:
    """Dies before the question that follows `after` answers of this process.

    "raise" raises EngineError, "error" any other exception, "exit" leaves with `status`, "kill" is SIGKILL. `once`
    names a file that the first crash makes: while it is there, nothing crashes again.
    """

    after: int
    how: Literal["raise", "error", "exit", "kill"] = "kill"
    status: int = 3
    once: str | None = None


@dataclass(frozen=True, slots=True)
class Hold:
    """Gives no more than `after` answers until the file `until` is there, or the engine is closed."""

    after: int
    until: str


@dataclass(frozen=True, slots=True)
class Script:
    """Rules and options; delays in seconds. `journal` names a file that gets one line for each request asked.

    With `backwards` the last request of a window is answered first, as by an engine that begins with the longest.
    """

    answers: Sequence[Rule] = ()
    delay: float = 0.0
    load: float = 0.0
    journal: str | None = None
    crash: Crash | None = None
    hold: Hold | None = None
    backwards: bool = False


def read_script(path: Path) -> Script:
    """The script in a `.json` or `.jsonl` file; raises EngineError where it is none."""
    try:
        text = path.read_text(encoding="utf-8")
        lines = [json.loads(line) for line in text.splitlines() if line.strip()] if path.suffix == ".jsonl" else []
        return parse_script(_joined(lines) if path.suffix == ".jsonl" else json.loads(text))
    except (OSError, ValueError, TypeError, re.error) as error:
        raise EngineError(
            f"{path}: {error}; expected a script with {', '.join(f.name for f in fields(Script))}"
        ) from error


def parse_script(value: Mapping[str, Any]) -> Script:
    """The script a JSON object describes; raises TypeError on a field there is not, re.error on a broken `match`."""
    if not isinstance(value, Mapping):
        raise TypeError(f"found {type(value).__name__}")
    rules = tuple(Rule(**rule) for rule in value.get("answers", ()))
    crash, hold = value.get("crash"), value.get("hold")
    parts = {"crash": Crash(**crash) if crash else None, "hold": Hold(**hold) if hold else None}
    return Script(**{**value, "answers": rules, **parts})


class ScriptedEngine:
    """Answers in the order of its script, from that alone; the same request always gets the same answer."""

    def __init__(self, script: Script | None = None) -> None:
        self.script = script or Script()
        self._asked = 0
        self._closed = False
        time.sleep(self.script.load)

    def answer(self, requests: Sequence[Request]) -> Iterator[tuple[int, Response]]:
        """Yield each response in the order of the requests, or backwards; raises what the script's crash says."""
        for index, request in sorted(enumerate(requests), key=itemgetter(0), reverse=self.script.backwards):
            self._crash_if_due()
            self._asked += 1
            self._note(request)
            if self.script.delay:
                time.sleep(self.script.delay)
            self._hold()
            yield index, self._respond(request)

    def close(self) -> None:
        """Wait for nothing any more."""
        self._closed = True

    def describe(self) -> Mapping[str, Any]:
        """That no model answered."""
        return {"engine": "scripted", "rules": len(self.script.answers)}

    def _respond(self, request: Request) -> Response:
        if isinstance(request, Generate):
            return self._complete(request)
        if isinstance(request, Execute):
            return Refusal("a script runs no program")
        pairs = request.pairs if isinstance(request, LogLikelihood) else (("", request.text),)
        rules = [self._rule(text if isinstance(request, Rolling) else context) for context, text in pairs]
        for rule in rules:
            if rule.refuse is not None:
                return Refusal(rule.refuse)
        values = tuple(
            rule.loglikelihoods.get(text, _drawn_value(context, text))
            for rule, (context, text) in zip(rules, pairs, strict=True)
        )
        best = max(values, default=0.0)
        tokens = tuple(_tokens(text) for _, text in pairs)
        latency = rules[0].latency if rules else None
        return LogLikelihoods(values, tokens, tuple(value == best for value in values), latency=latency)

    def _complete(self, request: Generate) -> Response:
        prompt = flat(request.prompt)
        rule = self._rule(prompt)
        if rule.refuse is not None:
            return Refusal(rule.refuse)
        texts = rule.texts or ((rule.text,) if rule.text is not None else ())
        samples = (
            _completion(request, rule, texts[sample % len(texts)] if texts else _drawn_text(request, sample))
            for sample in range(request.samples)
        )
        return Completions(tuple(samples), prompt_tokens=_tokens(prompt))

    def _rule(self, prompt: str) -> Rule:
        return next((rule for rule in self.script.answers if rule.fits(prompt)), Rule())

    def _note(self, request: Request) -> None:
        if self.script.journal is None:
            return
        line = json.dumps({"prompt": fingerprint(request), "kind": type(request).__name__, "pid": os.getpid()})
        file = os.open(self.script.journal, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o644)
        try:
            os.write(file, line.encode() + b"\n")
        finally:
            os.close(file)

    def _hold(self) -> None:
        hold = self.script.hold
        while hold is not None and self._asked > hold.after and not self._closed and not Path(hold.until).exists():
            time.sleep(_PAUSE)

    def _crash_if_due(self) -> None:
        crash = self.script.crash
        if crash is None or self._asked < crash.after:
            return
        if crash.once is not None:
            if Path(crash.once).exists():
                return
            Path(crash.once).touch()
        if crash.how == "kill":
            os.kill(os.getpid(), signal.SIGKILL)
        if crash.how == "exit":
            os._exit(crash.status)
        if crash.how == "error":
            raise RuntimeError("the script says so")
        raise EngineError(f"scripted engine: crashed after {crash.after} requests; as its script says")


def scripted_weights(card: Card, script: Path | None = None) -> Weights:
    """The weights of a scripted model: its script, or nothing where the default answers are wanted."""
    if script is None:
        return Weights(card, "")
    try:
        sha256 = hashlib.sha256(script.read_bytes()).hexdigest()
    except OSError as error:
        raise ModelError(f"{script}: {error.strerror}; expected a script of the scripted engine") from error
    return Weights(replace(card, path=str(script)), str(script.absolute()), hashes={"script": sha256})


def prepare(card: Card, choice: Choice) -> Prepared:
    """The script of a model, identified by its content; what it kills must be the engine's process, not pytest's."""
    path = choice[ANSWERS]
    weights = scripted_weights(card, path)
    script = None if path is None else read_script(path)
    settings = Settings(choice.engine, template=choice.chat_template == "on")
    devices = resolve_devices(choice[DEVICE]) if "," in choice[DEVICE] else ()  # one device decides nothing here
    own_process = len(devices) > 1 or (script is not None and script.crash is not None)
    return Prepared(weights, settings, identity(weights, settings), own_process=own_process, devices=devices)


def open_engine(spec: EngineSpec) -> ScriptedEngine:
    """The engine of scripted weights, whose `directory` is the script's path or empty."""
    return ScriptedEngine(read_script(Path(spec.weights.directory)) if spec.weights.directory else None)


def _notes(_choice: Choice) -> Sequence[str]:
    return ("Answers are scripted: no model was asked.",)


ENGINE = EngineDescriptor(
    open_engine,
    prepare,
    resolve=bare_card,
    models=(DEFAULT,),
    options=(ANSWERS, *STANDARD),  # a configuration for real models serves as it stands
    weights=False,
    notes=_notes,
    several=True,
)


def _joined(lines: Sequence[Mapping[str, Any]]) -> Mapping[str, Any]:
    """The object that a script of one rule or option a line means."""
    rules = [line for line in lines if "prompt" in line or "match" in line]
    options = [line for line in lines if "prompt" not in line and "match" not in line]
    return {name: value for line in options for name, value in line.items()} | {"answers": rules}


def _completion(request: Generate, rule: Rule, text: str) -> Completion:
    """The text as a model would have ended it: before a stop string, or when its budget is spent (words are tokens)."""
    ends = [at for stop in request.stop if stop and (at := text.find(stop)) >= 0]
    text = text[: min(ends, default=len(text))]
    words = list(re.finditer(r"\S+\s*", text))
    said = (rule.thought, rule.first_token, rule.latency)
    if len(words) > request.max_tokens:
        return Completion(text[: words[request.max_tokens].start()], "length", request.max_tokens, *said)
    return Completion(text, rule.finish or "stop", len(words), *said)


def _drawn_text(request: Generate, sample: int) -> str:
    digest = hashlib.sha256(f"{fingerprint(request)}/{sample}".encode()).hexdigest()
    return f" Scripted answer {digest[:8]}: {int(digest[8:10], 16)}"


def _drawn_value(context: str, continuation: str) -> float:
    """A log-likelihood in nats, between -32 and 0, drawn from the pair's sha256."""
    digest = hashlib.sha256(json.dumps([context, continuation]).encode()).digest()
    return -32.0 * int.from_bytes(digest[:6], "big") / 2**48


def _tokens(text: str) -> int:
    return max(1, len(text.split()))
