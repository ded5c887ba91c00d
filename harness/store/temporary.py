"""Temporary folders named for their owner, so that those of a process that was killed are known and swept away."""

import os
import shutil
import tempfile
from pathlib import Path

_PREFIX = "crosstask-"


def own_prefix() -> str:
    """What the names of this process's temporary folders begin with."""
    return f"{_PREFIX}{os.getpid()}-"


def sweep() -> None:
    """Remove the temporary folders of processes that are gone."""
    for left in Path(tempfile.gettempdir()).glob(f"{_PREFIX}*"):
        owner = left.name.removeprefix(_PREFIX).partition("-")[0]
        if owner.isdigit() and not _is_running(int(owner)):
            shutil.rmtree(left, ignore_errors=True)


def _is_running(process: int) -> bool:
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True
