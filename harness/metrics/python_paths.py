"""A Python program's variables and paths, read off tree-sitter's tree: what its data flow is worked out from.

A tree with errors is read as far as it goes. A function's body stands where it is defined, on a path that may pass it
by. An exception may leave a `try` at each of its statements. What is no value is passed over: annotations, names of
keyword arguments, comments.
"""

from typing import TYPE_CHECKING

from harness.metrics.program_paths import Paths
from harness.metrics.python_expressions import EXPRESSIONS
from harness.metrics.python_statements import STATEMENTS
from harness.metrics.python_walk import Steps
from harness.metrics.python_walk import Walk
from harness.metrics.python_walk import named

if TYPE_CHECKING:
    from tree_sitter import Node

NO_VALUES = {"type", "type_parameter", "type_alias_statement", "comment"}


def python_paths(root: "Node") -> Paths:
    """Return the paths of a module; without recursion, as trees may be deep."""
    walk = Walk()
    pending = [_visit(walk, root)]
    while pending:
        for node in pending[-1]:
            if node is not None and node.type not in NO_VALUES:
                pending.append(_visit(walk, node))
                break
        else:
            pending.pop()
    return walk.paths


def _visit(walk: Walk, node: "Node") -> Steps:
    rule = EXPRESSIONS.get(node.type) or STATEMENTS.get(node.type)
    return iter(named(node)) if rule is None else rule(walk, node)
