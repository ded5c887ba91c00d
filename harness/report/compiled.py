"""Compiled templates beside their source, as Python keeps compiled modules: to compile them takes longer than to fill.

They lie in `__pycache__`, and `PYTHONDONTWRITEBYTECODE` and `PYTHONPYCACHEPREFIX` hold for them too.
"""

import importlib.util
import sys
from contextlib import suppress
from pathlib import Path

from jinja2 import FileSystemBytecodeCache
from jinja2.bccache import Bucket


class CompiledTemplates(FileSystemBytecodeCache):
    """The compiled templates of a folder; one that cannot be read or written is compiled again.

    One is used only with the template's text and the versions of Python and jinja2 that it was made with, which jinja2
    sees to, and with the same text of `module`, whose environment it was compiled in.
    """

    def __init__(self, folder: Path, module: Path) -> None:
        super().__init__(str(Path(importlib.util.cache_from_source(str(folder / "templates.py"))).parent), "%s.jinja2")
        self._module = module.read_text(encoding="utf-8")

    def get_source_checksum(self, source: str) -> str:
        """A digest of all that a compiled template is made of, but for versions."""
        return super().get_source_checksum(source + self._module)

    def load_bytecode(self, bucket: Bucket) -> None:
        """Fill the bucket with what is kept; leave it empty where that is of no use."""
        try:
            super().load_bytecode(bucket)
        except Exception:  # noqa: BLE001 - whatever is wrong with the file, the template is there
            bucket.reset()

    def dump_bytecode(self, bucket: Bucket) -> None:
        """Keep what was compiled, where it can be written."""
        if sys.dont_write_bytecode:
            return
        with suppress(OSError):
            Path(self.directory).mkdir(parents=True, exist_ok=True)
            super().dump_bytecode(bucket)
