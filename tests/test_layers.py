"""Imports go downwards only; pytest is known to the plugin alone, torch to the engines alone."""

import ast
from pathlib import Path

import pytest

import harness

ROOT = Path(harness.__file__).parent
LAYERS = [
    {"core", "errors", "statistics", "syntax"},
    {
        "extract",
        "numerals",
        "ending",
        "prompts",
        "sources",
        "models",
        "recipes",
        "limits",
        "exclusions",
        "checks",
        "extraction",
        "problems",
        "translations",
        "programs",
        "refusals",
    },
    {"metrics", "engines", "store", "sandbox", "quality", "counterexample"},
    {"benchmark", "plan", "shots", "alike", "estimate", "asking", "awaiting", "judging", "sampling", "serving", "run"},
    {"report", "compare", "gate", "pages", "catalogue", "importers", "exporters", "examining"},
    {"plugin", "entry", "cli", "interchange", "doctor", "history", "listing"},
]
LEVEL = {room: level for level, rooms in enumerate(LAYERS) for room in rooms}
HEAVY = {
    "torch": "engines",
    "transformers": "engines",
    "bert_score": "metrics",
    "tree_sitter": "metrics",
    "bandit": "quality",
    "radon": "quality",
    "hypothesis": "counterexample",
    "datasets": "sources",
    "pytest": "plugin",
    "_pytest": "plugin",
}
MODULES = {
    "harness." + ".".join(path.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__")
    for path in ROOT.rglob("*.py")
}
FILES = sorted(path for path in ROOT.rglob("*.py") if path != ROOT / "__init__.py")


def imports(path):
    """The dotted names a file imports, wherever in it, but for those of type checking alone."""
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            yield from (name.name for name in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            modules = [f"{node.module}.{name.name}" for name in node.names]
            yield from {name if name in MODULES else node.module for name in modules}


def room(path):
    return path.relative_to(ROOT).parts[0].removesuffix(".py")


@pytest.mark.parametrize("path", FILES, ids=lambda path: str(path.relative_to(ROOT)))
def test_imports_go_downwards(path):
    own = room(path)
    assert own in LEVEL, f"{own}: no layer; expected the room in LAYERS"
    for name in imports(path):
        parts = name.split(".")
        if parts[0] == "harness" and len(parts) > 1 and parts[1] != own:
            assert LEVEL[parts[1]] <= LEVEL[own], f"{path}: imports {name} of a higher layer"


@pytest.mark.parametrize("path", FILES, ids=lambda path: str(path.relative_to(ROOT)))
def test_heavy_libraries_stay_in_their_room(path):
    allowed = {"plugin", "entry"} if room(path) in {"plugin", "entry"} else {room(path)}
    for name in imports(path):
        home = HEAVY.get(name.split(".")[0])
        assert home is None or home in allowed, f"{path}: imports {name}, which belongs to {home}"


def test_there_is_no_cycle():
    edges = {}
    for path in FILES:
        module = "harness." + ".".join(path.relative_to(ROOT).with_suffix("").parts)
        module = module.removesuffix(".__init__")
        edges[module] = {name for name in imports(path) if name.startswith("harness.") and name != module}
    done, path = set(), []

    def visit(module):
        assert module not in path, f"cycle: {' -> '.join([*path[path.index(module) :], module])}"
        if module in done or module not in edges:
            return
        path.append(module)
        for other in sorted(edges[module]):
            visit(other)
        path.pop()
        done.add(module)

    for module in edges:
        visit(module)


@pytest.mark.parametrize("path", FILES, ids=lambda path: str(path.relative_to(ROOT)))
def test_files_and_functions_stay_small(path):
    text = path.read_text()
    assert len(text.splitlines()) <= 400
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.FunctionDef):
            assert node.end_lineno - node.lineno < 45, f"{path}: {node.name} is long"
