"""Known prompts that show what a server honours, asked before any case is: many ignore what they do not know, with 200.

What is found must not change from one time to the next, since it is part of the identity: no time, no number a model
gave. Log-probs are believed where the server, asked for one token, writes the same one that it scores as the most
likely at the same place of an echoed prompt.
"""

from collections.abc import Mapping
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from harness.engines.openai import scoring
from harness.engines.openai.asking import Asking
from harness.engines.openai.failures import CallError
from harness.engines.openai.findings import NEUTRAL
from harness.engines.openai.findings import SPOKEN
from harness.engines.openai.findings import Findings
from harness.engines.openai.scoring import first_choice
from harness.engines.openai.server import Endpoint

COUNTING = "One, two, three, four, five, six,"
DRAWING = "Ten words that have nothing to do with each other:"
ASKED = "Count from one to ten in words."
PROOFS = (
    COUNTING,
    "The sun rises in the east and sets in the",
    "A list of colours: red, green,",
    "def add(a, b):\n    return",
)
IDS = (10, 11, 12)
_NOT_OF_THE_ENDPOINT = frozenset({401, 402, 429})
TOLERANCE = 0.5
"""Nats between a log-prob of a token as written and as scored: kernels differ, an off-by-one differs more."""


class Probe:
    """Finds out about one model of a server; `heard` has what it said of itself, by what that is."""

    def __init__(self, asking: Asking, model: str) -> None:
        self._asking = asking
        self._model = model
        self.heard: dict[str, set[str]] = {name: set() for name in SPOKEN}

    async def find(self, template: bool | None) -> Findings:
        """What the server does; `template` says whether texts are asked as turns, None that the server decides.

        Raises CallError where it answers neither of its endpoints.
        """
        findings = await self._endpoints(template)
        if findings.completions and findings.chat:
            raise CallError("fatal", f"neither completions ({findings.completions}) nor chat ({findings.chat})")
        if not findings.completions:
            findings = await self._echo(findings)
            findings = replace(findings, token_ids=await self._token_ids())
        return await self._generation(findings) if findings.generates else findings

    async def _endpoints(self, template: bool | None) -> Findings:
        """Which endpoints there are, and which is used."""
        budget, completions = await self._there("completions", {"prompt": COUNTING})
        used, chat = await self._there("chat", {"messages": [{"role": "user", "content": ASKED}]})
        is_chat = template if template is not None else bool(completions)
        thinks = not chat and is_chat and await self._thinks(used)
        endpoint: Endpoint = "chat" if is_chat else "completions"
        return Findings(
            completions, chat, endpoint, echo=completions, budget=used if is_chat else budget, thinks=thinks
        )

    async def _there(self, endpoint: Endpoint, fields: Mapping[str, Any]) -> tuple[str, str]:
        """The field that bounds an answer of an endpoint; and why there is no such endpoint, empty where there is."""
        reasons = []
        for budget in ("max_tokens", "max_completion_tokens"):
            try:
                await self._ask(endpoint, {**fields, budget: 8, "temperature": 0})
            except CallError as error:
                if error.kind == "busy" or error.overload or error.status in _NOT_OF_THE_ENDPOINT:
                    raise
                reasons.append(error.found)
            else:
                return budget, ""
            if endpoint == "completions" or "max_completion_tokens" not in reasons[0]:
                break
        return "max_tokens", reasons[0]

    async def _echo(self, findings: Findings) -> Findings:
        """Whether prompts are scored: with as few new tokens as the server can write."""
        reason = ""
        for spent in (0, 1):
            try:
                return replace(findings, echo="", spent=spent, first=await self._proved(spent))
            except CallError as error:
                if error.kind == "busy":
                    raise
                reason = f"refuses echo with log-probs ({error.found})" if error.status else error.found
        return replace(findings, echo=reason)

    async def _proved(self, spent: int) -> bool:
        """Whether a text's first token is scored; raises CallError with why the log-probs cannot be believed."""
        told = None
        for prompt in PROOFS:
            known = _echoed(await self._ask("completions", scoring.body(prompt, spent)), prompt, spent)
            written = await self._ask(
                "completions", {"prompt": prompt, "max_tokens": 1, "logprobs": 1, "temperature": 0}
            )
            text, value = _next(written)
            if not text:
                continue
            tokens = _echoed(await self._ask("completions", scoring.body(prompt + text, spent)), prompt + text, spent)
            if len(tokens) != len(known) + 1 or tokens[-1].text != text:
                continue  # the two are tokenised otherwise together
            last = tokens[-1]
            if last.value is None or not last.is_greedy or (value is not None and abs(last.value - value) > TOLERANCE):
                raise CallError("refuse", "gives a prompt log-probs that are not those of its own answers")
            told = scoring.cut(known, prompt, 0) == 1 or known[0].value is not None
        if told is None:
            raise CallError("refuse", "gives log-probs of a prompt that cannot be shown to be its own")
        return told

    async def _token_ids(self) -> bool:
        try:
            answer = await self._ask("completions", {"prompt": list(IDS), "max_tokens": 1, "temperature": 0})
        except CallError as error:
            if error.kind == "busy":
                raise
            return False
        asked = (answer.get("usage") or {}).get("prompt_tokens")
        return asked in {len(IDS), len(IDS) + 1}  # one more where a BOS is put before them

    async def _thinks(self, budget: str) -> bool:
        answer = await self._ask("chat", {"messages": _turns(ASKED), budget: 8, "temperature": 0})
        message = first_choice(answer).get("message") or {}
        text = str(message.get("content") or "").lstrip()
        return bool(message.get("reasoning_content") or message.get("reasoning")) or text.startswith("<think>")

    async def _generation(self, findings: Findings) -> Findings:
        """What the endpoint honours that is asked for texts."""
        plain = await self._written(findings, COUNTING, 12)
        short = await self._written(findings, COUNTING, 3)
        stop = await self._stops(findings, _text(plain))
        draws = [await self._drawn(findings, seed) for seed in (1, 1, 2, 3)]
        return replace(
            findings,
            max_tokens=_bounded(short, 3),
            stop=stop,
            seed=_repeats(draws),
            n=await self._several(findings),
            neutral=await self._neutral(findings),
        )

    async def _written(self, findings: Findings, prompt: str, most: int, **more: Any) -> Mapping[str, Any]:
        chat = findings.endpoint == "chat"
        asked = {"messages": _turns(prompt)} if chat else {"prompt": prompt}
        return await self._ask(findings.endpoint, {**asked, findings.budget: most, "temperature": 0, **more})

    async def _stops(self, findings: Findings, text: str) -> bool | None:
        """Whether an answer ends where a letter of it is a stop string; None where no letter is new in it."""
        stop = next(
            (character for at, character in enumerate(text) if at and character.strip() and character not in text[:at]),
            None,
        )
        if stop is None:
            return None
        try:
            return stop not in _text(await self._written(findings, COUNTING, 12, stop=[stop]))
        except CallError as error:
            return _never(error)

    async def _drawn(self, findings: Findings, seed: int) -> str | None:
        """A draw with a seed; None where the server takes none."""
        try:
            return _text(await self._written(findings, DRAWING, 16, temperature=1.0, seed=seed))
        except CallError as error:
            _never(error)
            return None

    async def _several(self, findings: Findings) -> bool:
        try:
            answer = await self._written(findings, COUNTING, 2, temperature=1.0, n=2)
        except CallError as error:
            return _never(error)
        return len(answer.get("choices") or ()) == 2

    async def _neutral(self, findings: Findings) -> bool:
        try:
            await self._written(findings, COUNTING, 2, **NEUTRAL)
        except CallError as error:
            return _never(error)
        return True

    async def _ask(self, endpoint: Endpoint, body: Mapping[str, Any]) -> Mapping[str, Any]:
        """An answer that has a choice; raises CallError."""

        def read(answer: Mapping[str, Any]) -> Mapping[str, Any]:
            first_choice(answer)
            return answer

        reply = await self._asking.ask(endpoint, {"model": self._model, **body}, read)
        for name, values in self.heard.items():
            said = reply.get(SPOKEN[name])
            if isinstance(said, str):
                values.add(self._asking.server.shown(said))
        return reply


def _echoed(answer: Mapping[str, Any], prompt: str, spent: int) -> Sequence[scoring.Token]:
    """The tokens of an echoed prompt; raises CallError with what is wrong with them."""
    choice = first_choice(answer)
    if not str(choice.get("text", "")).startswith(prompt):
        raise CallError("refuse", "ignores echo")
    if not choice.get("logprobs"):
        raise CallError("refuse", "gives no log-probs of a prompt")
    tokens = scoring.echoed(answer, prompt, spent)
    values = [token.value for token in tokens[1:]]
    if len(tokens) < 2 or None in values or any(token.best is None for token in tokens[1:]):
        raise CallError("refuse", "gives no log-probs of a prompt")
    if len(set(values)) < 2:
        raise CallError("refuse", "gives the same log-prob to every token of a prompt")
    try:
        scoring.cut(tokens, prompt, 0)
    except CallError:
        raise CallError("refuse", "gives tokens that do not spell the prompt") from None
    return tokens


def _next(answer: Mapping[str, Any]) -> tuple[str, float | None]:
    """The text of the one token that was written, and its log-prob, where there is one."""
    choice = first_choice(answer)
    text = str(choice.get("text") or "")
    try:
        tokens = scoring.tokens(choice)
    except CallError:
        return text, None
    return (text, tokens[0].value) if len(tokens) == 1 and tokens[0].text == text else ("", None)


def _turns(text: str) -> list[dict[str, str]]:
    return [{"role": "user", "content": text}]


def _text(answer: Mapping[str, Any]) -> str:
    choice = first_choice(answer)
    message = choice.get("message") or {}
    return str(choice.get("text") or message.get("content") or message.get("reasoning_content") or "")


def _bounded(answer: Mapping[str, Any], most: int) -> bool | None:
    """Whether an answer kept to its budget; None where the server does not count."""
    count = (answer.get("usage") or {}).get("completion_tokens")
    if isinstance(count, int):
        return count <= most
    return True if first_choice(answer).get("finish_reason") == "length" else None


def _repeats(draws: Sequence[str | None]) -> bool | None:
    """Whether equal seeds gave equal draws; None where all are alike, so that nothing can be told."""
    if None in draws:
        return False
    return None if len(set(draws)) == 1 else draws[0] == draws[1]


def _never(error: CallError) -> bool:
    """Refuse a field for good: false; raises the error where it says nothing of the field."""
    if error.kind == "busy":
        raise error
    return False
