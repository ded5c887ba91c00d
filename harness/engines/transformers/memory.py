"""How much work goes into one forward pass, and what running out of memory does to it."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import torch

from harness.core import Refusal

CPU_TOKENS = 384
GPU_TOKENS = 4096
TOKENS_A_SEQUENCE = 16
SMALLEST = 16
MOST_IN_FLIGHT = 256
CPU_MESSAGES = ("not enough memory", "can't allocate memory")
OUT_OF_MEMORY = Refusal("out of memory: it does not fit even alone; use a smaller dtype or another device")


class OutOfMemoryError(Exception):
    """A forward pass did not fit; the same pass with less in it may."""


@dataclass(slots=True)
class Budget:
    """`tokens` new tokens a forward pass may hold, `in_flight` sequences that are decoded at once."""

    tokens: int
    in_flight: int

    def halve(self) -> bool:
        """Half as many tokens a pass; False where there is nothing left to halve."""
        if self.tokens <= SMALLEST:
            return False
        self.tokens = max(SMALLEST, self.tokens // 2)
        return True


def budget(batch_tokens: int, device: torch.device) -> Budget:
    """The budget asked for, or (0) what was measured best: on a CPU a pass of a few hundred tokens.

    A CPU's matrix products are at their best rate from about 256 rows on, while the pass's attention
    grows with its square; a GPU needs some thousands.
    """
    tokens = batch_tokens or (CPU_TOKENS if device.type == "cpu" else GPU_TOKENS)
    return Budget(max(1, tokens), min(MOST_IN_FLIGHT, max(1, tokens // TOKENS_A_SEQUENCE)))


@contextmanager
def memory_errors() -> Iterator[None]:
    """Turn torch's ways of running out of memory, on GPU and CPU, into OutOfMemoryError."""
    try:
        yield
    except (MemoryError, torch.OutOfMemoryError) as error:
        raise OutOfMemoryError(str(error)) from error
    except RuntimeError as error:
        if any(message in str(error) for message in CPU_MESSAGES):
            raise OutOfMemoryError(str(error)) from error
        raise


def release() -> None:
    """Give cached GPU memory back before a smaller pass is tried."""
    if torch.cuda.is_available():
        torch.cuda.empty_cache()
