"""Completions: what is sent for a request, and what of the answers is text, thought, and end."""

import hashlib
from collections.abc import Callable
from collections.abc import Mapping
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from harness.core import Completion
from harness.core import Completions
from harness.core import Finish
from harness.core import Generate
from harness.engines.openai.failures import CallError
from harness.engines.openai.findings import NEUTRAL
from harness.engines.openai.findings import Findings
from harness.prompts import flat
from harness.prompts import stops
from harness.prompts import turns
from harness.text_answers.ending import replayed

MOST_STOPS = 4
"""Stop strings of a request that every server takes; an answer is cut at the others here."""
_FINISHES: Mapping[str, Finish] = {
    "stop": "stop",
    "eos": "stop",
    "end_turn": "stop",
    "stop_sequence": "stop",
    "length": "length",
    "max_tokens": "length",
}
_FILTERED = "content_filter"


def bodies(request: Generate, findings: Findings, think_tokens: int) -> list[dict[str, Any]]:
    """The fields of each call that a request takes; all its samples are in one where the server has no seeds."""
    common = _common(request, findings, think_tokens)
    if request.temperature <= 0:
        return [common]
    if findings.seed is not False:
        return [{**common, "seed": drawn_seed(request.seed, sample)} for sample in range(request.samples)]
    if findings.n and request.samples > 1:
        return [{**common, "n": request.samples}]
    return [common] * request.samples


def together(request: Generate, parts: Sequence[Completions]) -> Completions:
    """The answer to a request from those to its calls; a greedy one is written once."""
    completions = tuple(completion for part in parts for completion in part.completions)
    copies = request.samples if request.temperature <= 0 else 1
    return Completions(completions * copies, parts[0].prompt_tokens)


def drawn_seed(seed: int, sample: int) -> int:
    """The seed of a sample, which no other request or sample changes."""
    return int.from_bytes(hashlib.sha256(f"{seed}/{sample}".encode()).digest()[:4], "big") >> 1


def reader(request: Generate, findings: Findings, samples: int) -> Callable[[Mapping[str, Any]], Completions]:
    """What reads so many completions out of a server's answer."""
    strings = stops(request, template=findings.endpoint == "chat")

    def read(answer: Mapping[str, Any]) -> Completions:
        choices = answer.get("choices")
        if not isinstance(choices, list) or len(choices) < samples:
            number = len(choices) if isinstance(choices, list) else 0
            raise CallError("odd", f"an answer with {number} choices", f"expected {samples}")
        usage = answer.get("usage") or {}
        shares = _shares(usage.get("completion_tokens"), samples)
        completions = (_completion(choice, share) for choice, share in zip(choices[:samples], shares, strict=True))
        return Completions(
            tuple(replayed(completion, strings) for completion in completions), int(usage.get("prompt_tokens") or 0)
        )

    return read


def timed(completions: Completions, answer: Mapping[str, Any], seconds: float) -> Completions:
    """The completions of a call that took so many seconds.

    llama.cpp's server says in `timings` how many milliseconds it wrote for, without the prompt: the first token came
    before these. Other servers do not say when it came.
    """
    timings = answer.get("timings")
    said = timings.get("predicted_ms") if isinstance(timings, Mapping) else None
    wrote = said / 1000 if isinstance(said, int | float) and len(completions.completions) == 1 else None
    first = None if wrote is None or not 0 <= wrote < seconds else round(seconds - wrote, 6)
    timed_ones = (replace(each, first_token=first, latency=seconds) for each in completions.completions)
    return replace(completions, completions=tuple(timed_ones))


def _common(request: Generate, findings: Findings, think_tokens: int) -> dict[str, Any]:
    """The fields that all calls of a request share."""
    chat = findings.endpoint == "chat"
    asked: dict[str, Any] = (
        {"messages": [{"role": turn.role, "content": turn.content} for turn in turns(request)]}
        if chat
        else {"prompt": flat(request.prompt)}
    )
    if request.suffix is not None and not chat:
        asked["suffix"] = request.suffix
    asked |= {"temperature": request.temperature, findings.budget: request.max_tokens + think_tokens}
    if request.temperature > 0:
        asked["top_p"] = request.top_p
    if findings.neutral:
        asked |= NEUTRAL
    strings = [stop for stop in stops(request, template=chat) if stop]
    if strings and findings.stop is not False and not findings.thinks:  # a thought may hold any string
        asked["stop"] = strings[:MOST_STOPS]
    return asked


def _completion(choice: Mapping[str, Any], tokens: int) -> Completion:
    """One choice as it was written, before it is cut."""
    message = choice.get("message") or {}
    text = choice.get("text") if "text" in choice else message.get("content") or message.get("refusal") or ""
    thought = message.get("reasoning_content") or message.get("reasoning")
    reason = str(choice.get("finish_reason"))
    if reason == _FILTERED:
        raise CallError("refuse", "the server's content filter ended the answer", "expected a whole one")
    if reason not in _FINISHES or not isinstance(text, str):
        raise CallError("odd", f"an answer with finish_reason {reason!r}", "expected stop or length")
    return Completion(text, _FINISHES[reason], tokens, thought.strip() if isinstance(thought, str) else None)


def _shares(total: Any, samples: int) -> list[int]:
    """The tokens of each sample: what a server counts for all of them, shared out evenly; 0 where it does not count."""
    count = total if isinstance(total, int) else 0
    return [count // samples + (sample < count % samples) for sample in range(samples)]
