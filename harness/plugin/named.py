"""What the command line names by node id: the cases that run whatever the limit."""

from pathlib import Path

import pytest


def named_ids(config: pytest.Config, page: Path, test: str) -> frozenset[str]:
    """The ids in brackets of a page's test that the command line names, as `<model>-<case id>`."""
    named = set()
    for argument in config.args:
        place, separator, node = argument.partition("::")
        name, bracket, rest = node.partition("[")
        if not separator or not bracket or not rest.endswith("]") or name.rpartition("::")[2] != test:
            continue
        if (config.invocation_params.dir / place).resolve() == page.resolve():
            named.add(rest.removesuffix("]"))
    return frozenset(named)
