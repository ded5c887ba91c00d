"""Where a walk through a Python program's tree is, and what it writes down: names, attributes, literals, targets."""

from collections.abc import Iterable
from collections.abc import Iterator
from typing import TYPE_CHECKING

from harness.metrics.program_paths import Event
from harness.metrics.program_paths import Occurrence
from harness.metrics.program_paths import Paths
from harness.metrics.program_paths import Relation
from harness.metrics.program_paths import Scope
from harness.metrics.program_paths import Span

if TYPE_CHECKING:
    from tree_sitter import Node

Steps = Iterator["Node | None"]
PATTERNS = {"pattern_list", "tuple_pattern", "list_pattern"}
SEQUENCES = {"expression_list", "tuple", "list"}
SPLATS = {"list_splat", "list_splat_pattern", "dictionary_splat_pattern", "splat_pattern"}


class Walk:
    """The block that is being written, the scope, and where jumps lead to.

    `returns` are the blocks from which the function returns that is being read; `loops` are the function's loops around
    here, each its first block and the blocks that break out of it; `jumps` counts what was broken or continued.
    """

    def __init__(self) -> None:
        self.paths = Paths()
        self.block = self.paths.add()
        self.scope = Scope("function", 0)
        self.frames = 1
        self.returns: list[int] = []
        self.loops: list[tuple[int, list[int]]] = []
        self.jumps = 0

    def after(self, *before: int) -> int:
        """Go on in a new block, which may follow those named; without any, in one that no path reaches."""
        self.block = self.paths.add(*before)
        return self.block

    def lead(self, block: int) -> None:
        """Let a block follow this one."""
        self.paths.following[self.block].add(block)

    def name(self, node: "Node", event: Event, *values: "Node", weak: bool = False, scope: Scope | None = None) -> None:
        """Note a name in `scope`, the present one unless it is given; bound, unless weakly, it is of that scope.

        A name that is bound without a value, as an import, comes from nowhere in the text.
        """
        scope = scope or self.scope
        text = text_of(node)
        if event != "read" and not weak:
            scope.bound.add(text)
        relation: Relation = "computedFrom" if values else "comesFrom"
        self._note(Occurrence(_span(node), text, event, scope, self.scope.frame, _spans(values), relation, weak))

    def attribute(self, node: "Node", event: Event, *values: "Node") -> None:
        """Note an attribute, by its name: one for all objects, so no binding ends another."""
        relation: Relation = "computedFrom" if values else "comesFrom"
        weak = event != "read"
        frame = self.scope.frame
        self._note(Occurrence(_span(node), f".{text_of(node)}", event, None, frame, _spans(values), relation, weak))

    def literal(self, node: "Node") -> None:
        """Note a literal."""
        self._note(Occurrence(_span(node), text_of(node), "literal", None, self.scope.frame))

    def parameter(self, node: "Node", *defaults: "Node") -> None:
        """Note a parameter, which comes from its default and from the callers."""
        text = text_of(node)
        self.scope.bound.add(text)
        self._note(Occurrence(_span(node), text, "bind", self.scope, self.scope.frame, _spans(defaults)))

    def targets(self, target: "Node", value: "Node", *, whole: bool) -> Steps:
        """Bind a target of an assignment; yields what is read for it, as an index.

        With `whole` the target is the value, and a pattern of as many elements takes them one by one; else it is an
        element of it, as of a loop's iterable.
        """
        pending = [(target, value, whole)]
        while pending:
            left, right, paired = pending.pop()
            if left.type in PATTERNS:
                elements, values = named(left), named(right) if paired and right.type in SEQUENCES else []
                splat = any(element.type in SPLATS for element in (*elements, *values))
                if len(elements) == len(values) and not splat:
                    pending += reversed([(*pair, True) for pair in zip(elements, values, strict=True)])
                else:
                    pending += reversed([(element, right, False) for element in elements])
            elif left.type in SPLATS or left.type == "parenthesized_expression":
                pending += [(element, right, False) for element in named(left)]
            elif left.type == "identifier":
                self.name(left, "bind", right)
            elif left.type in {"attribute", "subscript"}:
                yield from self.place(left, "bind", right)
            else:
                yield left

    def place(self, target: "Node", event: Event, value: "Node") -> Steps:
        """Bind an attribute or an item: what holds it is updated, as its value is another then; indices are read."""
        node: Node | None = target
        while node is not None and node.type in {"attribute", "subscript"}:
            if node.type == "subscript":
                yield from node.children_by_field_name("subscript")
                node = node.child_by_field_name("value")
            else:
                if (name := node.child_by_field_name("attribute")) is not None:
                    self.attribute(name, event if node is target else "update", value)
                node = node.child_by_field_name("object")
        if node is not None and node.type == "identifier":
            self.name(node, "update", value, weak=True)
        else:
            yield node

    def _note(self, occurrence: Occurrence) -> None:
        self.paths.blocks[self.block].append(occurrence)


def text_of(node: "Node") -> str:
    """The node's source."""
    return (node.text or b"").decode("utf-8", "replace")


def named(node: "Node | None") -> list["Node"]:
    """The named children, without comments."""
    return [] if node is None else [child for child in node.named_children if child.type != "comment"]


def _span(node: "Node") -> Span:
    return node.start_byte, node.end_byte


def _spans(nodes: "Iterable[Node]") -> tuple[Span, ...]:
    return tuple(_span(node) for node in nodes)
