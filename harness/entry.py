"""The pytest entry point: brings the plugin in only where it is wanted.

A suite that only shares an environment with crosstask must notice nothing, not even a `--model`
option; so the plugin is registered where the root's pyproject.toml has a `[tool.crosstask]` table.
`-p harness.plugin` asks for it anywhere else.
"""

import tomllib
from pathlib import Path
from typing import TYPE_CHECKING
from typing import Any

if TYPE_CHECKING:
    import pytest

_PLUGIN = "harness.plugin"


def pytest_addoption(pluginmanager: "pytest.PytestPluginManager") -> None:
    """Register the plugin where the root directory asks for it."""
    config = pluginmanager.get_plugin("pytestconfig")
    if config is not None and "crosstask" in read_tool(config.rootpath) and not pluginmanager.has_plugin(_PLUGIN):
        pluginmanager.import_plugin(_PLUGIN)


def read_tool(root: Path) -> dict[str, Any]:
    """The `[tool]` table of the root's pyproject.toml; empty where there is none that can be read."""
    try:
        content = tomllib.loads((root / "pyproject.toml").read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    tool = content.get("tool", {})
    return tool if isinstance(tool, dict) else {}
