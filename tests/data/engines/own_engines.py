"""Engines that misbehave, each in its own way, for the tests of the engine process."""

import ctypes
import json
import math
import os
import signal
import sys
import threading
import time
from pathlib import Path

from harness.core import Completion
from harness.core import Completions
from harness.core import LogLikelihoods
from harness.errors import EngineError
from harness.errors import ModelError


def say(text):
    return Completions((Completion(text, "stop", 1),))


class Engine:
    def __init__(self, weights, settings, batch_tokens):
        pass

    def close(self):
        pass


class Noisy(Engine):
    def answer(self, requests):
        print("noise by print")  # noqa: T201
        os.write(1, b"noise by number\n")
        os.system("echo noise of a grandchild")
        for index, _ in enumerate(requests):
            yield index, say(sys.stdin.read() + "clean")


class Environment(Engine):
    def answer(self, requests):
        for index, _ in enumerate(requests):
            yield index, say(json.dumps(dict(os.environ)))


class Backwards(Engine):
    def answer(self, requests):
        for index in reversed(range(len(requests))):
            yield index, say(requests[index].prompt)


class Unbounded(Engine):
    def answer(self, _requests):
        for index, value in enumerate((-math.inf, -1.0)):
            yield index, LogLikelihoods((value,), (1,), (True,))


class Generous(Engine):
    def answer(self, requests):
        for index in range(len(requests) + 1):
            yield index, say("one")


class Stuck(Engine):
    """Holds the interpreter's lock for a minute, as C code may."""

    def answer(self, _requests):
        signal.signal(signal.SIGTERM, signal.SIG_IGN)
        yield 0, say("stuck")
        ctypes.PyDLL(None).sleep(60)


class Gated(Engine):
    def __init__(self, *_):
        raise ModelError("model x: gated; accept its licence")


class OurOwnError(EngineError):
    pass


class Broken(Engine):
    def answer(self, _requests):
        yield 0, say("one")
        raise OurOwnError("engine x: broken; mend it")


def wrong(*_):
    raise ValueError("two\nlines")


class Deadly(Engine):
    """Dies of prompts with "deadly", sleeps for ever at those with "frozen", and once where "once" is no file yet."""

    def answer(self, requests):
        for index, request in enumerate(requests):
            once = Path(os.environ.get("ONCE", ""))
            if "once" in request.prompt and not once.exists():
                once.write_text(str(os.getpid()), "ascii")
                threading.Event().wait()
            if "deadly" in request.prompt:
                os.kill(os.getpid(), signal.SIGKILL)
            if "frozen" in request.prompt:
                threading.Event().wait()
            yield index, say(f"{request.prompt}!")


class Slow(Engine):
    """Takes five seconds for an answer, and says that it goes on."""

    steps = 0

    def answer(self, requests):
        for index, request in enumerate(requests):
            for _ in range(10):
                time.sleep(0.5)
                self.steps += 1
            yield index, say(request.prompt)


class Named(Engine):
    """Says which process answered, after a while."""

    def answer(self, requests):
        for index, _ in enumerate(requests):
            time.sleep(0.05)
            yield index, say(str(os.getpid()))
