"""Functions and types of the standard library that may cross by name, because they can do no harm where they arrive."""

import builtins
import math
import operator
import sys
from typing import Any

_PLAIN = (
    "abs all any ascii bin bool bytearray bytes callable chr complex dict divmod enumerate filter float frozenset "
    "hash hex int isinstance issubclass iter len list map max min next object oct ord pow print range repr "
    "reversed round set slice sorted str sum tuple type zip"
)
_ERRORS = [name for name, kind in vars(builtins).items() if isinstance(kind, type) and issubclass(kind, BaseException)]
_HARMLESS = {
    "builtins": [*_PLAIN.split(" "), *_ERRORS],
    "math": [name for name in dir(math) if not name.startswith("_")],
    "operator": [name for name in dir(operator) if not name.startswith("_")],
}
_MODULES = {"builtins": builtins, "math": math, "operator": operator}
_NAMES = {
    id(function): f"{module}.{name}"
    for module, names in _HARMLESS.items()
    for name in names
    if callable(function := getattr(_MODULES[module], name))
}
_FOUND = {
    f"{module}.{name}": getattr(_MODULES[module], name)
    for module, names in _HARMLESS.items()
    for name in names
    if callable(getattr(_MODULES[module], name))
}


def name_of(value: Any) -> str | None:
    """The name a harmless function crosses by; None for any other."""
    name = _NAMES.get(id(value))
    if name is None and type(value) is type(str.upper):
        owner = vars(type(value))["__objclass__"].__get__(value).__name__
        return f"{owner}.{value.__name__}" if f"builtins.{owner}" in _FOUND else None
    return name


def named(name: str) -> Any:
    """The function of a name; raises KeyError for one not in the list."""
    owner, _, method = name.rpartition(".")
    if f"builtins.{owner}" in _FOUND and not method.startswith("_"):
        return getattr(_FOUND[f"builtins.{owner}"], method)
    return _FOUND[name]


def module_function(value: Any) -> tuple[str, str] | None:
    """(module, name) of a function or type that stands under its name in a module of the standard library."""
    module, name = getattr(value, "__module__", None), getattr(value, "__qualname__", None)
    if (
        not isinstance(module, str)
        or not isinstance(name, str)
        or module.partition(".")[0] not in sys.stdlib_module_names
    ):
        return None
    return (module, name) if getattr(sys.modules.get(module), name, None) is value else None
