"""Imports go downwards only; pytest is known to the plugin alone, torch to the engines alone."""

import ast
import functools
from pathlib import Path

import harness
from harness.engines.registry import DEFAULT
from harness.engines.registry import named
from harness.engines.registry import names
from harness.extras import EXTRAS

ROOT = Path(harness.__file__).parent
LAYERS = [
    {"encoding"},
    {"core", "entry", "errors", "extract", "statistics"},
    {"extras"},
    {"models", "printing", "processes", "prompts", "store", "text_answers"},
    {"languages", "results", "sources"},
    {"code_tasks", "engines"},
    {"metrics", "sandbox"},
    {"benchmark"},
    {"cases"},
    {"compare", "importers", "session"},
    {"diagnostics", "exporters", "gate"},
    {"report"},
    {"evaluation"},
    {"parity"},
    {"cli", "plugin"},
]
"""Rooms of one layer do not import each other, so that rooms have no cycles."""
LEVEL = {room: level for level, rooms in enumerate(LAYERS) for room in rooms}
HEAVY = {
    "torch": "engines",
    "openai": "engines",
    "ray": "engines",
    "transformers": "engines",
    "vllm": "engines",
    "xllamacpp": "engines",
    "bert_score": "metrics",
    "tree_sitter": "metrics",
    "bandit": "diagnostics",
    "radon": "diagnostics",
    "hypothesis": "diagnostics",
    "datasets": "sources",
    "pytest": "plugin",
    "_pytest": "plugin",
}
MODULES = {
    "harness." + ".".join(path.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__")
    for path in ROOT.rglob("*.py")
}
TEXTS = {path: path.read_text() for path in sorted(ROOT.rglob("*.py")) if path != ROOT / "__init__.py"}
TREES = {path: ast.parse(text) for path, text in TEXTS.items()}
MOST_LINES, MOST_LINES_OF_A_FUNCTION = 400, 45


@functools.cache
def imports(path):
    """The dotted names a file imports, wherever in it."""
    names = set()
    for node in ast.walk(TREES[path]):
        if isinstance(node, ast.Import):
            names |= {name.name for name in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            modules = [f"{node.module}.{name.name}" for name in node.names]
            names |= {name if name in MODULES else node.module for name in modules}
    return names


def room(path):
    return path.relative_to(ROOT).parts[0].removesuffix(".py")


def test_imports_go_downwards():
    assert {room(path) for path in TEXTS} <= LEVEL.keys()
    upwards = [
        f"{path.relative_to(ROOT)} imports {name}"
        for path in TEXTS
        for name in imports(path)
        if (parts := name.split("."))[0] == "harness"
        and len(parts) > 1
        and parts[1] != room(path)
        and LEVEL[parts[1]] >= LEVEL[room(path)]
    ]
    assert not upwards


def test_heavy_libraries_stay_in_their_room():
    strangers = [
        f"{path.relative_to(ROOT)} imports {name}, which belongs to {home}"
        for path in TEXTS
        for name in imports(path)
        if (home := HEAVY.get(name.split(".")[0]))
        and home not in ({"plugin", "entry"} if room(path) in {"plugin", "entry"} else {room(path)})
    ]
    assert not strangers


def test_there_is_no_cycle():
    edges = {}
    for path in TEXTS:
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


def test_files_and_functions_stay_small():
    large = [str(path.relative_to(ROOT)) for path, text in TEXTS.items() if text.count("\n") > MOST_LINES]
    large += [
        f"{path.relative_to(ROOT)}: {node.name}"
        for path, tree in TREES.items()
        for node in ast.walk(tree)
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
        and node.end_lineno - node.lineno >= MOST_LINES_OF_A_FUNCTION
    ]
    assert not large


def test_an_engine_is_named_in_its_own_module_alone():
    """But for the line that names the default, and for libraries that have an engine's name."""
    engines = set(names())
    library = {"exporters/lm_eval.py", "metrics/bertscore.py", "session/folder.py", "importers/lm_eval/__init__.py"}
    library |= {"engines/vllm/arguments.py"}
    extras = {name.partition(".")[0] for modules in EXTRAS.values() for name in modules} | set(EXTRAS)
    strangers = []
    for path, tree in TREES.items():
        place = path.relative_to(ROOT)
        own = named(place.parts[1].removesuffix(".py")) if place.parts[0] == "engines" and len(place.parts) > 1 else ""
        found = {node.value for node in ast.walk(tree) if isinstance(node, ast.Constant)} & (engines - {own})
        found |= {
            name for name in imports(path) for engine in engines - {own} if f"harness.engines.{engine}" in named(name)
        }
        if str(place) in library:
            found -= {"transformers"}
        if str(place) == "extras.py":
            found -= extras
        if place.parts[:2] == ("engines", "ray") and place.stem in {"__init__", "options"}:  # its replicas are engines
            inner = {"scripted", "transformers", "vllm"}
            found -= {*inner, *(f"harness.engines.{name}" for name in (*inner, "vllm.arguments"))}
        if str(place) == "engines/registry.py":
            found -= {DEFAULT}
        strangers += [f"{place} names {name}" for name in sorted(found, key=str)]
    assert not strangers
