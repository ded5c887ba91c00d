"""How Python's compound statements, jumps and definitions are walked through: Language Reference, chapters 7 and 8."""

from collections.abc import Callable
from collections.abc import Mapping
from typing import TYPE_CHECKING

from harness.metrics.program_paths import Scope
from harness.metrics.python_walk import SPLATS
from harness.metrics.python_walk import Steps
from harness.metrics.python_walk import Walk
from harness.metrics.python_walk import named
from harness.metrics.python_walk import text_of

if TYPE_CHECKING:
    from tree_sitter import Node


def _block(walk: Walk, node: "Node") -> Steps:
    """Statements, each a block of its own, since an exception may come between any two."""
    for statement in named(node):
        walk.after(walk.block)
        yield statement


def _if(walk: Walk, node: "Node") -> Steps:
    yield node.child_by_field_name("condition")
    tested: int | None = walk.block
    ends = []
    walk.after(walk.block)
    yield node.child_by_field_name("consequence")
    ends.append(walk.block)
    for other in node.children_by_field_name("alternative"):
        walk.after(*[] if tested is None else [tested])
        if other.type == "elif_clause":
            yield other.child_by_field_name("condition")
            tested = walk.block
            walk.after(walk.block)
            yield other.child_by_field_name("consequence")
        else:
            tested = None
            yield other
        ends.append(walk.block)
    walk.after(*ends, *[] if tested is None else [tested])


def _for(walk: Walk, node: "Node") -> Steps:
    left, right = node.child_by_field_name("left"), node.child_by_field_name("right")
    yield right
    head = walk.after(walk.block)
    breaks: list[int] = []
    walk.loops.append((head, breaks))
    walk.after(head)
    if left is not None and right is not None:
        yield from walk.targets(left, right, whole=False)
    yield node.child_by_field_name("body")
    walk.lead(head)
    walk.loops.pop()
    walk.after(head)
    yield node.child_by_field_name("alternative")
    walk.after(walk.block, *breaks)


def _while(walk: Walk, node: "Node") -> Steps:
    head = walk.after(walk.block)
    yield node.child_by_field_name("condition")
    tested = walk.block
    breaks: list[int] = []
    walk.loops.append((head, breaks))
    walk.after(tested)
    yield node.child_by_field_name("body")
    walk.lead(head)
    walk.loops.pop()
    walk.after(tested)
    yield node.child_by_field_name("alternative")
    walk.after(walk.block, *breaks)


def _jump(walk: Walk, node: "Node") -> Steps:
    """`break` or `continue`."""
    if walk.loops:
        head, breaks = walk.loops[-1]
        if node.type == "break_statement":
            breaks.append(walk.block)
        else:
            walk.lead(head)
        walk.jumps += 1
    walk.after()
    yield from ()


def _return(walk: Walk, node: "Node") -> Steps:
    yield from named(node)
    walk.returns.append(walk.block)
    walk.after()


def _raise(walk: Walk, node: "Node") -> Steps:
    yield from named(node)
    walk.after()


def _try(walk: Walk, node: "Node") -> Steps:
    """Handlers may follow each block of the body; what is last, any block, and then a jump out may go on."""
    start, jumps = walk.block, walk.jumps
    first = walk.after(start)
    yield node.child_by_field_name("body")
    end = walk.block
    raised = [start, *range(first, len(walk.paths.blocks))]
    clauses = [child for child in named(node) if child.type not in {"block", "finally_clause"}]
    ends = [] if any(clause.type == "else_clause" for clause in clauses) else [end]
    for clause in clauses:
        walk.after(*[end] if clause.type == "else_clause" else raised)
        yield clause
        ends.append(walk.block)
    last = [child for child in named(node) if child.type == "finally_clause"]
    walk.after(*ends, *[start, *range(first, len(walk.paths.blocks))] if last else [])
    yield from last
    if last and walk.loops and walk.jumps > jumps:
        head, breaks = walk.loops[-1]
        walk.lead(head)
        breaks.append(walk.block)


def _except(walk: Walk, node: "Node") -> Steps:
    """The exception comes from nowhere in the text."""
    for child in named(node):
        if child.type != "as_pattern":
            yield child
            continue
        yield child.named_child(0)
        for alias in named(child.child_by_field_name("alias")):
            if alias.type == "identifier":
                walk.name(alias, "bind")


def _class(walk: Walk, node: "Node") -> Steps:
    """A class: its body runs where it stands, and what it binds are attributes."""
    yield node.child_by_field_name("superclasses")
    outer = walk.scope
    walk.scope = Scope("class", outer.frame, outer)
    yield node.child_by_field_name("body")
    walk.scope = outer
    if (name := node.child_by_field_name("name")) is not None:
        walk.name(name, "bind")


def _import(walk: Walk, node: "Node") -> Steps:
    for name in node.children_by_field_name("name"):
        alias = name.child_by_field_name("alias")
        bound = alias if alias is not None else name.named_child(0)
        if bound is not None:
            walk.name(bound, "bind")
    yield from ()


def _declaration(walk: Walk, node: "Node") -> Steps:
    names = walk.scope.global_names if node.type == "global_statement" else walk.scope.nonlocal_names
    names.update(text_of(name) for name in named(node))
    yield from ()


def _function(walk: Walk, node: "Node") -> Steps:
    """A function or a lambda: its defaults are read where it is defined, its body is another frame."""
    name = node.child_by_field_name("name")
    parameters = named(node.child_by_field_name("parameters"))
    for parameter in parameters:
        yield parameter.child_by_field_name("value")
    if name is not None:
        walk.name(name, "bind")
    start, scope, returns, loops = walk.block, walk.scope, walk.returns, walk.loops
    walk.scope, walk.returns, walk.loops = Scope("function", walk.frames, scope), [], []
    walk.frames += 1
    walk.after(start)
    for parameter in parameters:
        _parameter(walk, parameter)
    yield node.child_by_field_name("body")
    ends = (walk.block, *walk.returns)
    walk.scope, walk.returns, walk.loops = scope, returns, loops
    walk.after(start, *ends)


def _parameter(walk: Walk, node: "Node") -> None:
    value = node.child_by_field_name("value")
    pending = [node]
    while pending:
        part = pending.pop()
        if part.type == "identifier":
            walk.parameter(part, *[] if value is None else [value])
        elif part.type in {"default_parameter", "typed_default_parameter"}:
            pending += [inner for inner in [part.child_by_field_name("name")] if inner is not None]
        elif part.type in SPLATS | {"typed_parameter", "tuple_pattern"}:
            pending += [inner for inner in reversed(named(part)) if inner.type != "type"]


def _match(walk: Walk, node: "Node") -> Steps:
    """Cases are tried one after another; what a pattern captures is computed from the subject."""
    subjects = node.children_by_field_name("subject")
    yield from subjects
    tried, ends = [walk.block], []
    body = node.child_by_field_name("body")
    for case in [child for child in named(node if body is None else body) if child.type == "case_clause"]:
        walk.after(*tried)
        yield from _pattern(walk, [child for child in named(case) if child.type == "case_pattern"], subjects)
        yield case.child_by_field_name("guard")
        tried = [*tried, walk.block] if case.child_by_field_name("guard") is not None else tried
        walk.after(walk.block)
        yield case.child_by_field_name("consequence")
        ends.append(walk.block)
    walk.after(*tried, *ends)


def _pattern(walk: Walk, patterns: list["Node"], subjects: list["Node"]) -> Steps:
    pending = patterns[::-1]
    while pending:
        node = pending.pop()
        inner = named(node)
        if node.type == "identifier":
            walk.name(node, "bind", *subjects)
        elif node.type == "dotted_name" and len(inner) > 1:  # a constant of another name's
            yield inner[0]
            for name in inner[1:]:
                walk.attribute(name, "read")
        elif node.type == "class_pattern":
            yield inner[0]
            pending += reversed(inner[1:])
        elif node.type == "keyword_pattern":
            pending += reversed(inner[1:])
        else:
            pending += reversed(inner)


STATEMENTS: Mapping[str, Callable[[Walk, "Node"], Steps]] = {
    "module": _block,
    "block": _block,
    "if_statement": _if,
    "for_statement": _for,
    "while_statement": _while,
    "break_statement": _jump,
    "continue_statement": _jump,
    "return_statement": _return,
    "raise_statement": _raise,
    "try_statement": _try,
    "except_clause": _except,
    "except_group_clause": _except,
    "match_statement": _match,
    "function_definition": _function,
    "lambda": _function,
    "class_definition": _class,
    "import_statement": _import,
    "import_from_statement": _import,
    "future_import_statement": _import,
    "global_statement": _declaration,
    "nonlocal_statement": _declaration,
}
