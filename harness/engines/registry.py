"""Which engine a value of `--engine` means: a module of `harness.engines`, or `module:callable` of a user's own."""

import importlib
import sys
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from pkgutil import iter_modules

import harness.engines
from harness.engines.descriptor import EngineDescriptor
from harness.engines.preparing import runs_weights
from harness.errors import CrosstaskError
from harness.errors import EngineError
from harness.errors import nearest

DEFAULT = "transformers"
"""What answers where the user names no engine."""

_PARTS = frozenset({"descriptor", "in_process", "options", "preparing", "process", "registry"})
"""The modules beside the engines."""


def names() -> list[str]:
    """The engines that come with the suite: their modules' names, with a point where a module has an underscore."""
    return sorted(map(named, _modules()))


def named(module: str) -> str:
    """What `--engine` calls the engine of a module."""
    return module.replace("_", ".")


def _modules() -> list[str]:
    return [module.name for module in iter_modules(harness.engines.__path__) if module.name not in _PARTS]


def find(engine: str, root: Path | None = None) -> EngineDescriptor:
    """The descriptor of what a value of `--engine` names: an engine of the suite, or `module:callable`.

    Modules of `root` can be imported from then on. The object a user names is a descriptor, or a function from
    (weights, settings, tokens of a batch) to an engine that runs weights on this disk. Raises EngineError where there
    is none.
    """
    if engine in names():
        return shipped()[engine]
    if ":" not in engine:
        raise EngineError(
            f"--engine: found {engine!r}; expected {nearest(engine, names())}, or module:callable of your own"
        )
    if root is not None and str(root) not in sys.path:
        sys.path.append(str(root))
    return _own(engine, root)


@cache
def shipped() -> Mapping[str, EngineDescriptor]:
    """The descriptors of the engines that come with the suite, by name."""
    return {
        named(module): importlib.import_module(f"{harness.engines.__name__}.{module}").ENGINE for module in _modules()
    }


def folder_of(engine: str) -> Path | None:
    """The folder that a user's own engine was imported from, for its process to search.

    None for the suite's engines and for what is installed, which an interpreter finds by itself or has not.
    """
    module = sys.modules.get(engine.partition(":")[0].partition(".")[0]) if ":" in engine else None
    places = [*getattr(module, "__path__", ()), getattr(module, "__file__", None)]
    folder = Path(places[0]).parent if places and places[0] else None
    return None if folder is None or folder.name in {"site-packages", "dist-packages"} else folder


def _check_place(engine: str, root: Path) -> None:
    """Raise EngineError where a module of that name was imported before, and another one lies in the root."""
    top, place = engine.partition(":")[0].partition(".")[0], folder_of(engine)
    there = (root / f"{top}.py").is_file() or (root / top / "__init__.py").is_file()
    if there and (place is None or place.resolve() != root.resolve()):
        raise EngineError(f"--engine {engine}: found {top!r} of another place imported; expected that of {root.name}")


def _own(engine: str, root: Path | None) -> EngineDescriptor:
    module, _, name = engine.partition(":")
    try:
        target = importlib.import_module(module)
        for part in name.split("."):
            target = getattr(target, part)
    except CrosstaskError:
        raise
    except Exception as error:  # code of a user's own may raise anything
        raise EngineError(
            f"--engine {engine}: {type(error).__name__}: {error}; expected module:callable of your own"
        ) from error
    if root is not None:
        _check_place(engine, root)
    if isinstance(target, EngineDescriptor):
        return target
    if callable(target):
        return runs_weights(target)
    raise EngineError(
        f"--engine {engine}: found a {type(target).__name__}; "
        "expected an EngineDescriptor, or a function that opens one"
    )
