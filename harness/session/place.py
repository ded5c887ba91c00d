"""The folder where the processes of a session meet: temporary, named for its owner."""

import tempfile
from pathlib import Path

from harness.store.temporary import own_prefix
from harness.store.temporary import sweep


def session_folder() -> Path:
    """A new folder named for this process; those of processes that were killed are swept away."""
    sweep()
    return Path(tempfile.mkdtemp(prefix=own_prefix()))
