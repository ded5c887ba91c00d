"""The processes that vLLM starts, for tensor and pipeline parallel: where one of them is killed, a pass never ends."""

import multiprocessing
import os
import sys
import threading
import time
from collections.abc import Mapping
from multiprocessing.connection import wait

_GRACE_S = 5.0


def watch() -> None:
    """End this process with the first of its children that ends; harmless where it has none.

    The last line of standard error is then the reason that its parent tells.
    """
    children = {child.sentinel: child.name for child in multiprocessing.active_children()}
    if children:
        threading.Thread(target=_watch, args=(children,), daemon=True).start()


def _watch(children: Mapping[int, str]) -> None:
    first = wait(list(children))[0]
    time.sleep(_GRACE_S)  # vLLM may notice, and say why
    name = children[first] if isinstance(first, int) else ""
    sys.stderr.write(f"vllm: its process {name} ended; run again to go on\n")
    sys.stderr.flush()
    os._exit(1)
