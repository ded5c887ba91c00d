"""A server by its address: the official client, one call at a time, and checked JSON or a CallError.

The client's own tries are off, as `asking` has better ones. The key is read from the environment and leaves this module
in the client's headers alone.
"""

import asyncio
import json
import os
from collections.abc import Callable
from collections.abc import Mapping
from dataclasses import dataclass
from dataclasses import field
from typing import Any
from typing import Literal
from typing import TypeAlias
from urllib.parse import urlsplit

from harness.engines.openai.failures import CallError
from harness.engines.openai.failures import of_connection
from harness.engines.openai.failures import of_status
from harness.engines.openai.failures import shown
from harness.errors import UsageError
from harness.extras import require

Endpoint: TypeAlias = Literal["completions", "chat"]
KEY = "OPENAI_API_KEY"
NO_KEY = "none"
"""What is sent where there is no key: the client wants one, and a server that takes none does not look."""
CONNECT_S = 10.0
LIST_S = 30.0
_META = ("ftype", "n_params", "n_vocab", "size")


@dataclass(frozen=True, slots=True)
class Model:
    """A model that a server says it serves; `limit` is its context in tokens, `meta` what its weights are like.

    vLLM tells the one, llama.cpp the other.
    """

    id: str
    owner: str = ""
    limit: int | None = None
    meta: Mapping[str, int | str] = field(default_factory=dict)


class Server:
    """A server at `url`, up to and with `/v1`; a call takes at most `timeout` seconds.

    Raises UsageError where the package `openai` is missing, or the key cannot be sent.
    """

    def __init__(self, url: str, timeout: float) -> None:
        require("--engine openai", "openai")
        import openai

        self.url = url
        self.timeout = timeout
        self._key = key_of(os.environ)
        self._openai = openai
        limits = openai.Timeout(timeout, connect=min(timeout, CONNECT_S))
        self._client = openai.AsyncOpenAI(base_url=url, api_key=self._key or NO_KEY, max_retries=0, timeout=limits)

    async def ask(self, endpoint: Endpoint, body: Mapping[str, Any]) -> Mapping[str, Any]:
        """The JSON object that answers a request of an endpoint; raises CallError."""
        create: Callable[..., Any] = (
            self._client.chat.completions.with_raw_response.create
            if endpoint == "chat"
            else self._client.completions.with_raw_response.create
        )
        known = {name: value for name, value in body.items() if name not in EXTRA}
        extra = {name: value for name, value in body.items() if name in EXTRA}
        return await self._called(lambda: create(**known, extra_body=extra or None))

    async def models(self) -> tuple[Model, ...]:
        """The models that the server lists; raises CallError."""
        listed = (await self._called(self._client.models.with_raw_response.list, LIST_S)).get("data")
        if not isinstance(listed, list):
            raise CallError("odd", "a list of models that is none")
        return tuple(_model(entry) for entry in listed if isinstance(entry, dict) and isinstance(entry.get("id"), str))

    async def check_loaded(self, model: str) -> None:
        """Raise CallError where the server does not answer yet; whatever else it answers says that it could."""
        try:
            await self.ask("completions", {"model": model, "prompt": "1", "max_tokens": 1})
        except CallError as error:
            if error.kind == "busy":
                raise

    async def version(self) -> str | None:
        """What `/version` beside `/v1` says, as vLLM has it; None where nothing does."""
        root = self.url.rstrip("/").removesuffix("/v1")
        try:
            answer = await asyncio.wait_for(self._client.get(f"{root}/version", cast_to=object), CONNECT_S)
        except Exception:  # noqa: BLE001 - whatever a server does with an address that is no part of the protocol
            return None
        known = answer.get("version") if isinstance(answer, dict) else None
        return shown(known, self._key) if isinstance(known, str) else None

    async def close(self) -> None:
        """End the connections."""
        await self._client.close()

    def shown(self, text: str) -> str:
        """A server's text, harmless to look at and without the key."""
        return shown(text, self._key)

    async def _called(self, call: Callable[[], Any], limit: float | None = None) -> Mapping[str, Any]:
        """The JSON object that a call brings; whatever else it does becomes a CallError without a cause."""
        seconds = min(self.timeout, limit or self.timeout)
        try:
            # the client bounds the silence between two bytes, this the whole answer
            raw = await asyncio.wait_for(call(), seconds)
            text = raw.content.decode("utf-8", "replace")
        except (TimeoutError, self._openai.APITimeoutError):
            raise CallError("odd", f"no answer in {seconds:g} s", overload=True) from None
        except self._openai.APIStatusError as error:
            raise of_status(error.status_code, error.body, error.response.headers, self._key) from None
        except UnicodeEncodeError:
            raise CallError("refuse", "the text holds a lone surrogate", "no server takes it") from None
        except Exception as error:  # noqa: BLE001 - what a broken connection raises is the transport's to choose
            raise of_connection(error, self._key) from None
        try:
            answer = json.loads(text)
        except ValueError:
            raise CallError("odd", f"an answer that is no JSON: {self.shown(text)!r}") from None
        if not isinstance(answer, dict):
            raise CallError("odd", f"an answer that is no JSON object: {self.shown(text)!r}")
        return answer


EXTRA = frozenset({"top_k", "min_p", "repetition_penalty", "repeat_penalty"})
"""Fields of a request that some servers know and the client does not."""


def key_of(environment: Mapping[str, str]) -> str:
    """The key that the environment holds, empty where it holds none; raises UsageError where no header takes it."""
    key = environment.get(KEY, "").strip()
    if not all("!" <= letter <= "~" for letter in key):
        raise UsageError(f"{KEY}: found white space or letters beyond ASCII in it; expected a key as it was given")
    return key


def checked_url(text: str | None) -> str:
    """The address of a server as it was given; raises UsageError where it is none, or holds what must not be shown."""
    expected = "expected http(s)://HOST/v1"
    if text is None:
        raise UsageError(f"--base-url: found none; {expected}")
    try:
        parts = urlsplit(text)
        bad = parts.scheme not in {"http", "https"} or not parts.hostname or parts.port == 0
    except ValueError:
        raise UsageError(f"--base-url: found an address that is none; {expected}") from None
    if parts.username is not None or parts.password is not None or parts.query or parts.fragment:
        raise UsageError(f"--base-url: found a password or a query in it; {expected}, and the key in {KEY}")
    if bad:
        raise UsageError(f"--base-url: found {text!r}; {expected}")
    return text.rstrip("/")


def _model(fields: Mapping[str, Any]) -> Model:
    owner, limit, meta = (fields.get(name) for name in ("owned_by", "max_model_len", "meta"))
    given = meta if isinstance(meta, Mapping) else {}
    told = {name: given[name] for name in _META if isinstance(given.get(name), int | str)}
    return Model(fields["id"], owner if isinstance(owner, str) else "", limit if isinstance(limit, int) else None, told)
