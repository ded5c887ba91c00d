"""How Python's expressions and assignments are walked through: Language Reference, chapters 6 and 7."""

from collections.abc import Callable
from collections.abc import Mapping
from typing import TYPE_CHECKING

from harness.metrics.program_paths import Scope
from harness.metrics.python_walk import Steps
from harness.metrics.python_walk import Walk
from harness.metrics.python_walk import named
from harness.metrics.python_walk import text_of

if TYPE_CHECKING:
    from tree_sitter import Node


def _name(walk: Walk, node: "Node") -> Steps:
    walk.name(node, "read")
    yield from ()


def _attribute(walk: Walk, node: "Node") -> Steps:
    yield node.child_by_field_name("object")
    if (name := node.child_by_field_name("attribute")) is not None:
        walk.attribute(name, "read")


def _literal(walk: Walk, node: "Node") -> Steps:
    walk.literal(node)
    yield from ()


def _string(walk: Walk, node: "Node") -> Steps:
    """A literal, or of an f-string the values in it."""
    inserted = [child for child in named(node) if child.type == "interpolation"]
    if not inserted:
        walk.literal(node)
    yield from inserted


def _keyword_argument(_walk: Walk, node: "Node") -> Steps:
    yield node.child_by_field_name("value")


def _assignment(walk: Walk, node: "Node") -> Steps:
    """Each target of a chain takes the last value; an annotation alone makes a name the scope's, without a value."""
    targets, value = [], node
    while value.type == "assignment" and (right := value.child_by_field_name("right")) is not None:
        targets += [left for left in [value.child_by_field_name("left")] if left is not None]
        value = right
    if value.type == "assignment":
        declared = value.child_by_field_name("left")
        if declared is not None and declared.type == "identifier":
            walk.scope.bound.add(text_of(declared))
        return
    yield value
    for target in targets:
        yield from walk.targets(target, value, whole=True)


def _augmented_assignment(walk: Walk, node: "Node") -> Steps:
    left, right = node.child_by_field_name("left"), node.child_by_field_name("right")
    yield right
    if left is None or right is None:
        return
    if left.type == "identifier":
        walk.name(left, "update", right)
    else:
        yield from walk.place(left, "update", right)


def _assignment_expression(walk: Walk, node: "Node") -> Steps:
    name, value = node.child_by_field_name("name"), node.child_by_field_name("value")
    yield value
    if name is not None and value is not None:
        scope = walk.scope
        while scope.kind == "comprehension" and scope.outer is not None:  # it binds around these, PEP 572
            scope = scope.outer
        walk.name(name, "bind", value, scope=scope)


def _as_pattern(walk: Walk, node: "Node") -> Steps:
    """`with VALUE as TARGET`."""
    value = node.named_child(0)
    yield value
    for alias in named(node.child_by_field_name("alias")):
        if value is not None:
            yield from walk.targets(alias, value, whole=False)


def _conditional_expression(walk: Walk, node: "Node") -> Steps:
    """`VALUE if CONDITION else OTHER`."""
    value, condition, other = (*named(node), None, None, None)[:3]
    yield condition
    tested = walk.block
    walk.after(tested)
    yield value
    end = walk.block
    walk.after(tested)
    yield other
    walk.after(walk.block, end)


def _boolean_operator(walk: Walk, node: "Node") -> Steps:
    yield node.child_by_field_name("left")
    tested = walk.block
    walk.after(tested)
    yield node.child_by_field_name("right")
    walk.after(walk.block, tested)


def _comprehension(walk: Walk, node: "Node") -> Steps:
    """A scope of its own but for the first iterable; its clauses are loops within loops."""
    clauses = [child for child in named(node) if child.type in {"for_in_clause", "if_clause"}]
    outer, heads = walk.scope, [walk.block]
    for clause in clauses:
        if clause.type == "if_clause":
            yield clause
            walk.lead(heads[-1])
            walk.after(walk.block)
            continue
        left, right = clause.child_by_field_name("left"), clause.child_by_field_name("right")
        yield right
        if walk.scope is outer:
            walk.scope = Scope("comprehension", outer.frame, outer)
        heads.append(walk.after(walk.block))
        walk.after(walk.block)
        if left is not None and right is not None:
            yield from walk.targets(left, right, whole=False)
    yield node.child_by_field_name("body")
    for head in reversed(heads[1:]):
        walk.lead(head)
        walk.block = head
    walk.scope = outer
    walk.after(walk.block)


EXPRESSIONS: Mapping[str, Callable[[Walk, "Node"], Steps]] = {
    "identifier": _name,
    "attribute": _attribute,
    **dict.fromkeys(("integer", "float", "true", "false", "none", "ellipsis"), _literal),
    "string": _string,
    "keyword_argument": _keyword_argument,
    "assignment": _assignment,
    "augmented_assignment": _augmented_assignment,
    "named_expression": _assignment_expression,
    "as_pattern": _as_pattern,
    "conditional_expression": _conditional_expression,
    "boolean_operator": _boolean_operator,
    "list_comprehension": _comprehension,
    "set_comprehension": _comprehension,
    "dictionary_comprehension": _comprehension,
    "generator_expression": _comprehension,
}
