"""The folder where the processes of a session meet: temporary, named for its owner."""

import os
import shutil
import tempfile
from pathlib import Path

_PREFIX = "crosstask-"


def session_folder() -> Path:
    """A new folder named for this process; those of processes that were killed are swept away."""
    for left in Path(tempfile.gettempdir()).glob(f"{_PREFIX}*"):
        owner = left.name.removeprefix(_PREFIX).partition("-")[0]
        if owner.isdigit() and not _is_running(int(owner)):
            shutil.rmtree(left, ignore_errors=True)
    return Path(tempfile.mkdtemp(prefix=f"{_PREFIX}{os.getpid()}-"))


def _is_running(process: int) -> bool:
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True
