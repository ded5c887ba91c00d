"""An OpenAI-compatible server on loopback with a toy model: it counts well, and fails as it is told.

The model knows `k + 1?`, prefers " a" after "which?", and otherwise draws its next token's probabilities from the
text before it. So the same text always has the same log-probs, whether they are asked as a prompt's or as an answer's.
"""

import hashlib
import json
import math
import re
import threading
import time
from collections import deque
from contextlib import suppress
from dataclasses import dataclass
from dataclasses import field
from http.server import BaseHTTPRequestHandler
from http.server import ThreadingHTTPServer
from typing import Any

WORDS = (" red", " green", " blue", " one", " two", " three", " a", " b")
END = "<end>"
TOKEN = re.compile(r" ?[^\W\d_]+| ?\d+|\s|.", re.DOTALL)
KEY = "sk-toy-0123456789abcdef"


@dataclass
class Fault:
    """What goes wrong with a request: a status with its body and headers, or a kind of its own."""

    kind: str
    status: int = 0
    body: Any = None
    headers: dict[str, str] = field(default_factory=dict)


def status(code, message="as the test wants it", headers=None, **more):
    return Fault("status", code, {"error": {"message": message, **more}}, headers or {})


@dataclass
class Toy:
    """How the server behaves; `faults` has those of the next requests, `poison` those of requests with a text in them.

    `asked` has each body, `begun` the time of each, `widest` the most requests that were there at once.
    """

    echo: bool = True
    logprobs: bool = True
    tops: bool = True
    constant: bool = False
    shifted: bool = False
    bos: str = ""
    max_tokens: bool = True
    zero: bool = True
    stop: bool = True
    seed: bool = True
    several: bool = True
    ids: bool = True
    strict: bool = False
    budget: str = "max_tokens"
    completions: bool = True
    chat: bool = True
    thinks: str = ""
    listed: Any = ("toy", "other/model")
    key: str = ""
    context: int = 10_000
    fingerprint: str | None = "fp-1"
    loading: int = 0
    delay: float = 0.0
    spans: str = ""
    faults: deque = field(default_factory=deque)
    poison: dict = field(default_factory=dict)
    asked: list = field(default_factory=list)
    begun: list = field(default_factory=list)
    widest: int = 0
    now: int = 0

    def tokens(self, text):
        """The tokens of a text; `spans` is one that is never parted."""
        if self.spans and self.spans in text:
            before, _, after = text.partition(self.spans)
            return [*self.tokens(before), self.spans, *self.tokens(after)]
        return TOKEN.findall(text)

    def weights(self, text):
        found = re.search(r"(\d+) \+ 1\?$", text)
        best = f" {int(found[1]) + 1}" if found else " a" if text.endswith("which?") else END if _done(text) else None
        logits = {word: 4 * _drawn(text[-40:], word) for word in (*WORDS, END)}
        if best is not None:
            logits[best] = 12.0
        else:
            logits[END] = -9.0
        return logits

    def logprob(self, text, token):
        logits = self.weights(text)
        total = math.log(math.fsum(map(math.exp, logits.values())))
        return (logits.get(token, -8 - _drawn(text, token))) - total

    def best(self, text):
        logits = self.weights(text)
        return max(logits, key=logits.get)

    def draw(self, text, seed):
        if not seed:
            return self.best(text)
        logits = self.weights(text)
        return max(logits, key=lambda word: logits[word] - math.log(-math.log(_drawn(f"{text}{seed}", word) or 0.5)))

    def write(self, prompt, most, stops, seed):
        """The tokens of an answer and why it ended."""
        found = []
        while len(found) < most:
            token = self.draw(prompt + "".join(found), seed)
            if token == END:
                return found, "stop"
            found.append(token)
            text = "".join(found)
            for stop in stops if self.stop else ():
                if stop in text:
                    return TOKEN.findall(text[: text.find(stop)]), "stop"
        return found, "length"

    def scored(self, prompt, tokens):
        """The log-probs of tokens after a prompt, in the form of completions."""
        text, values, tops = prompt, [], []
        for token in tokens:
            before = text if not self.shifted else text + token
            value = -1.0 if self.constant else self.logprob(before, token)
            best = self.best(before)
            tops.append({token: value, best: -1.0 if self.constant else self.logprob(before, best)})
            values.append(value)
            text += token
        return values, tops if self.tops else None

    def completion(self, body):
        prompt = body["prompt"]
        count = len(prompt) if isinstance(prompt, list) else len(self.tokens(prompt)) + bool(self.bos)
        if isinstance(prompt, list):
            prompt = " ".join(map(str, prompt)) if self.ids else ""
            count = count if self.ids else 0
        most = body.get("max_tokens", 16) if self.max_tokens else 16
        most = most if self.zero else max(1, most)
        choices, written = [], 0
        for number in range(body.get("n", 1) if self.several else 1):
            tokens, finish = self.write(prompt, most, body.get("stop") or [], self._seed(body, number))
            written += len(tokens)
            choices.append({"index": number, "text": "".join(tokens), "finish_reason": finish})
            if "logprobs" in body and self.logprobs:
                choices[-1] |= self._logprobs(body, prompt, tokens)
        return {"choices": choices, "usage": {"prompt_tokens": count, "completion_tokens": written}}

    def _logprobs(self, body, prompt, tokens):
        values, tops = self.scored(prompt, tokens)
        shown = list(tokens)
        if body.get("echo") and self.echo:
            ahead = self.tokens(prompt)
            before, above = self.scored("", ahead)
            before, above = ([None, *before[1:]], [None, *above[1:]] if above else None)
            if self.bos:
                first, over = self.scored("", ahead)
                before, above = [None, *first], [None, *over] if over else None
                ahead = [self.bos, *ahead]
            shown, values = ahead + shown, before + values
            tops = None if tops is None else above + tops
        text = (prompt if body.get("echo") and self.echo else "") + "".join(tokens)
        return {"text": text, "logprobs": {"tokens": shown, "token_logprobs": values, "top_logprobs": tops}}

    def turn(self, body):
        prompt = "".join(f"<{one['role']}>{one['content']}" for one in body["messages"])
        most = body.get(self.budget, 16) if self.max_tokens else 16
        choices, written = [], 0
        for number in range(body.get("n", 1) if self.several else 1):
            tokens, finish = self.write(prompt, most, body.get("stop") or [], self._seed(body, number))
            written += len(tokens)
            message = {"role": "assistant", "content": "".join(tokens)}
            if self.thinks:
                message["reasoning_content"] = self.thinks
            choices.append({"index": number, "message": message, "finish_reason": finish})
        count = len(self.tokens(prompt))
        return {"choices": choices, "usage": {"prompt_tokens": count, "completion_tokens": written}}

    def _seed(self, body, number):
        if not body.get("temperature"):
            return None
        return f"{body.get('seed') if self.seed else len(self.asked)}/{number}"


class ToyServer:
    """Serves a Toy from a thread; `url` is what `--base-url` takes."""

    def __init__(self, toy, port=0):
        self.toy = toy
        self._server = ThreadingHTTPServer(("127.0.0.1", port), Handler)
        self._server.toy, self._server.lock, self._server.hung = toy, threading.Lock(), threading.Event()
        self._server.daemon_threads = True
        self.port = self._server.server_address[1]
        self.url = f"http://127.0.0.1:{self.port}/v1"
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.01,), daemon=True)
        self._thread.start()

    def close(self):
        self._server.hung.set()
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    wbufsize = 1 << 16  # head and body leave together

    def log_message(self, *_):
        pass

    def do_GET(self):
        toy = self.server.toy
        if self._turned_away():
            return
        if self.path == "/v1/models" and toy.listed is not None:
            listed = [{"id": one, "object": "model", "owned_by": "toys"} for one in toy.listed]
            self._send(200, {"object": "list", "data": listed})
        elif self.path == "/version":
            self._send(200, {"version": "1.2.3"})
        else:
            self._send(404, {"detail": "Not Found"})

    def do_POST(self):
        toy = self.server.toy
        body = json.loads(self.rfile.read(int(self.headers["content-length"])))
        if self._turned_away():
            return
        with self.server.lock:
            toy.asked.append(body)
            toy.begun.append(time.monotonic())
            toy.now += 1
            toy.widest = max(toy.widest, toy.now)
            fault = _fault(toy, body)
        try:
            time.sleep(toy.delay)
            self._answer(body, fault)
        finally:
            with self.server.lock:
                toy.now -= 1

    def _turned_away(self):
        toy = self.server.toy
        if toy.key and self.headers.get("authorization") != f"Bearer {toy.key}":
            self._send(401, {"error": {"message": f"no such key: {self.headers.get('authorization')}"}})
            return True
        with self.server.lock:
            toy.loading -= toy.loading > 0
            loading = toy.loading
        if loading:
            self._send(503, {"error": {"message": "Loading model"}})
        return bool(loading)

    def _answer(self, body, fault):
        toy = self.server.toy
        if fault is not None:
            self._fail(fault, body)
            return
        known = {"/v1/completions": toy.completions, "/v1/chat/completions": toy.chat}
        if not known.get(self.path):
            self._send(404, {"error": {"message": f"no {self.path}"}})
            return
        if refusal := _refusal(toy, body):
            self._send(400, {"error": refusal})
            return
        self._send(200, _answered(toy, self.path, body))

    def _fail(self, fault, body):
        toy = self.server.toy
        if fault.kind == "status":
            self._send(fault.status, fault.body, **fault.headers)
        elif fault.kind == "half":
            self._raw(b'{"choices": [{"text": "', length=4000)
        elif fault.kind == "garbage":
            self._raw(b"<html>oops</html>", kind="text/html")
        elif fault.kind == "drop":
            self.close_connection = True
        elif fault.kind == "silence":
            self.server.hung.wait(60)
            self.close_connection = True
        else:
            answer = _answered(toy, self.path, body)
            if fault.kind == "empty":
                answer["choices"] = []
            elif fault.kind == "filter":
                answer["choices"][0]["finish_reason"] = "content_filter"
            elif fault.kind == "renamed":
                answer["system_fingerprint"] = "fp-2"
            elif fault.kind == "shape":
                answer["choices"] = [{"text": 7, "logprobs": {"tokens": 3}}]
            self._send(200, answer)

    def _send(self, code, value, **headers):
        self._raw(json.dumps(value).encode(), code=code, **headers)

    def _raw(self, data, *, code=200, length=None, kind="application/json", **headers):
        with suppress(BrokenPipeError, ConnectionResetError):
            self.send_response(code)
            self.send_header("Content-Type", kind)
            self.send_header("Content-Length", str(length or len(data)))
            for name, value in headers.items():
                self.send_header(name.replace("_", "-"), value)
            self.end_headers()
            self.wfile.write(data)
            self.close_connection = length is not None


def _fault(toy, body):
    text = json.dumps(body.get("prompt", body.get("messages")))
    for part, faults in toy.poison.items():
        if part in text and faults:
            return faults.popleft() if isinstance(faults, deque) else faults
    return toy.faults.popleft() if toy.faults else None


def _answered(toy, path, body):
    found = toy.turn(body) if path.endswith("/chat/completions") else toy.completion(body)
    return {"model": body["model"], "system_fingerprint": toy.fingerprint, **found}


def _refusal(toy, body):
    """Why a request is not taken, as OpenAI's server says it; None where it is."""
    prompt = body.get("prompt", "")
    size = len(toy.tokens(prompt)) if isinstance(prompt, str) else 0
    if size > toy.context:
        said = f"This model's maximum context length is {toy.context} tokens. However, you requested {size} tokens."
        return {"message": said, "code": "context_length_exceeded"}
    if toy.strict and "top_k" in body:
        return {"message": "Unrecognized request argument supplied: top_k"}
    if toy.budget not in body and "messages" in body:
        return {"message": f"Unsupported parameter: use '{toy.budget}' instead."}
    return None


def _done(text):
    return bool(re.search(r"\+ 1\? \d+$|which\? a$", text))


def _drawn(*parts):
    digest = hashlib.sha256("\0".join(map(str, parts)).encode()).digest()
    return int.from_bytes(digest[:6], "big") / 2**48
