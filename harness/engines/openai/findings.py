"""What the probe found out about a server, what follows from it, and what a reader must know."""

from collections.abc import Iterator
from collections.abc import Mapping
from dataclasses import asdict
from dataclasses import dataclass
from typing import Any

from harness.engines.descriptor import Ability
from harness.engines.openai.server import Endpoint

NEUTRAL: Mapping[str, float] = {"top_k": -1, "min_p": 0.0, "repetition_penalty": 1.0, "repeat_penalty": 1.0}
"""What turns off the sampling that vLLM and llama.cpp add of themselves."""

SPOKEN: Mapping[str, str] = {"fingerprint": "system_fingerprint", "name of the model": "model"}
"""What a server says of itself with each answer, and the field that says it."""


@dataclass(frozen=True, slots=True)
class Findings:
    """What a server does with what it is asked.

    Attributes:
        completions: Why there are no completions; empty where there are.
        chat: Why there is no chat; empty where there is.
        endpoint: The endpoint that is asked for texts.
        echo: Why prompts are not scored; empty where they are.
        spent: The number of tokens that the server must write besides when it scores a prompt.
        first: Whether a text's first token is scored, as behind a BOS.
        budget: The field that bounds an answer.
        max_tokens: Whether it ends an answer at its budget; None where that could not be told, as in the next four.
        stop: Whether it ends an answer at a stop string.
        seed: Whether a seed repeats an answer.
        n: Whether it gives several answers to one call.
        token_ids: Whether it takes a prompt as token ids.
        neutral: Whether it takes the fields that turn its own sampling off.
        thinks: Whether a thought comes before an answer.
    """

    completions: str = ""
    chat: str = ""
    endpoint: Endpoint = "completions"
    echo: str = "was not asked for log-probs"
    spent: int = 0
    first: bool = False
    budget: str = "max_tokens"
    max_tokens: bool | None = None
    stop: bool | None = None
    seed: bool | None = None
    n: bool | None = None
    token_ids: bool | None = None
    neutral: bool = False
    thinks: bool = False

    def written(self) -> dict[str, Any]:
        """The JSON form."""
        return asdict(self)

    @property
    def generates(self) -> bool:
        """Whether the endpoint that is asked for texts is there."""
        return not (self.chat if self.endpoint == "chat" else self.completions)

    def lacks(self, url: str) -> dict[Ability, str]:
        """What the server cannot do, and why."""
        lacking: dict[Ability, str] = {}
        if not self.generates:
            missing = f"{url} has no {'chat' if self.endpoint == 'chat' else 'completions'}"
            why = f"{missing} ({self.chat if self.endpoint == 'chat' else self.completions})"
            other = "off" if self.endpoint == "chat" else "on"
            lacking["chat" if self.endpoint == "chat" else "generate"] = f"{why}; expected --chat-template {other}"
        elif self.max_tokens is False:
            lacking["generate"] = f"{url} ignores {self.budget}; expected a server that ends an answer at its budget"
        expected = "expected one that scores its prompt, as vLLM does"
        if self.echo:
            lacking["log-likelihoods"] = lacking["rolling"] = f"{url} {self.echo}; {expected}"
        elif not self.first:
            lacking["rolling"] = (
                f"{url} gives no log-prob for a text's first token; expected one that puts a BOS before it"
            )
        return lacking

    def notes(self) -> Iterator[str]:
        """What a reader of the answers must know, where the server generates."""
        if not self.generates:
            return
        if self.stop is False:
            yield "the server ignores stop strings, its answers are cut at them here"
        if self.seed is False:
            yield "the server ignores seeds, a draw cannot be repeated"
        if not self.neutral:
            yield "what the server adds to sampling by itself, as a penalty on repetition, cannot be turned off"
        if self.thinks:
            yield "the model thinks, and its thought and answer share one budget"
