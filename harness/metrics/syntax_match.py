"""Syntax match of CodeBLEU: the share of the reference's subtrees that the program's tree has too.

Ren et al. 2020 (arXiv:2009.10297, section 3.2, formula 4): clipped count of the program's subtrees by the count of the
reference's. A subtree is a node with all below it, of tree-sitter's named nodes, by their types and fields: what a
variable is called, which operator stands between two values and what a literal says are not compared. Leaves are no
subtrees. Comments, and strings that are statements of their own, are no part of the tree.
"""

from collections import Counter
from collections.abc import Iterator
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tree_sitter import Node

Shape = tuple[str, tuple[tuple[str | None, int], ...]]


def syntax_match(program: "Node", reference: "Node") -> float:
    """In 0..1, of two roots of one language's grammar; the reference's root counts, so there is always a subtree."""
    shapes: dict[Shape, int] = {}
    subtrees, wanted = (Counter(_subtrees(root, shapes)) for root in (program, reference))
    return (subtrees & wanted).total() / wanted.total()


def _subtrees(root: "Node", shapes: dict[Shape, int]) -> Iterator[int]:
    """Yield of each subtree the number of its shape, equal shapes one number, without recursion: trees may be deep."""
    pending: list[tuple[Node, str | None, list[tuple[str | None, int]], Iterator[tuple[str | None, Node]]]] = [
        (root, None, [], parts_of(root))
    ]
    while pending:
        node, field, below, rest = pending[-1]
        following = next(rest, None)
        if following is not None:
            name, child = following
            pending.append((child, name, [], parts_of(child)))
            continue
        pending.pop()
        number = shapes.setdefault((node.type, tuple(below)), len(shapes))
        if pending:
            pending[-1][2].append((field, number))
        if node.child_count or not pending:
            yield number


def parts_of(node: "Node") -> Iterator[tuple[str | None, "Node"]]:
    """Yield the named children but for what says nothing to a computer, each behind the field it stands in."""
    for index, child in enumerate(node.children):
        if child.is_named and "comment" not in child.type and not _is_text(child):
            yield node.field_name_for_child(index), child


def _is_text(node: "Node") -> bool:
    """Whether it is a statement of nothing but a string, as a docstring is."""
    return (
        node.type == "expression_statement" and node.named_child_count == 1 and node.named_children[0].type == "string"
    )
