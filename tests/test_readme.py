"""README.md and docs are true: options, files, statuses, benchmarks, models, and the example page."""

import importlib.util
import json
import os
import re
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest
from typer.main import get_command

from harness.cases.pages import load_pages
from harness.cases.recipes import load
from harness.cases.recipes import names
from harness.cli import main as cli
from harness.cli.output import INCOMPLETE
from harness.evaluation import options
from harness.models.cards import DEFAULT
from harness.models.cards import load_cards
from harness.plugin.owner import EXIT_INCOMPLETE

ROOT = Path(__file__).parents[1]
README = (ROOT / "README.md").read_text(encoding="utf-8")
HOW = (ROOT / "docs/how-it-works.md").read_text(encoding="utf-8")
DOCUMENTS = [ROOT / name for name in ("README.md", "CONTRIBUTING.md", "reports/README.md", "fixtures/README.md")]
DOCUMENTS += sorted((ROOT / "docs").glob("*.md"))
PAGES = load_pages([ROOT / "evals"])
LATER = {"engine-<model>.log", "answers-<identity>.sqlite", "baseline.json", "programs.jsonl", "certified.jsonl"}
"""Files of a run that the example's run has no need of."""


def section(title):
    """The text below a heading of any level, up to the next one of that level or above."""
    found = re.search(rf"^(#+) {re.escape(title)}\n(.*?)(?=^#{{1,2}} |\Z)", README, re.MULTILINE | re.DOTALL)
    assert found, title
    return found[2]


def rows(title):
    """The cells of the first table below a heading, without its head."""
    lines = re.search(r"(?:^\|.*\n)+", section(title), re.MULTILINE)[0].splitlines()[2:]
    return [[cell.strip() for cell in line.strip("|").split("|")] for line in lines]


def code(text):
    """What stands in backticks."""
    return re.findall(r"`([^`]+)`", text)


def commands():
    """The command lines of all documents, without comments, one a line."""
    for path in DOCUMENTS:
        for block in re.findall(r"```(?:bash|text)\n(.*?)```", path.read_text(encoding="utf-8"), re.DOTALL):
            yield from (line.partition(" #")[0].strip() for line in block.splitlines() if line.strip())


def known_to_pytest():
    """Every option `pytest --help` lists, those of the plugins among them."""
    command = [sys.executable, "-m", "pytest", "--help"]
    found = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True).stdout
    return set(re.findall(r"(?<![\w-])--[a-z][a-z-]+", found))


def known_to_crosstask():
    """Every option of the command line `crosstask`, of all its commands."""
    waiting, found = [get_command(cli.app)], {"--help"}
    while waiting:
        command = waiting.pop()
        found |= {name for parameter in command.params for name in parameter.opts}
        waiting += getattr(command, "commands", {}).values()
    return found


def tables():
    """The module `docs/tables.py`, which is in no package."""
    spec = importlib.util.spec_from_file_location("tables", ROOT / "docs/tables.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_what_is_generated_is_what_the_generator_writes():
    generator = tables()
    for document, text in generator.documents().items():
        assert document.read_text(encoding="utf-8") == text, f"{document.name}: stale; run python docs/tables.py"
    assert [code(first)[0].split()[0] for first, _ in rows("Options")] == [f"--{one.name}" for one in options.every()]


def test_choices_are_those_of_the_options():
    texts = {code(first)[0].split()[0].removeprefix("--"): text for first, text in rows("Options")}
    for option in options.every():
        for choice in option.choices or ():
            assert choice in code(texts[option.name]), f"--{option.name}: {choice}"
    assert set(names()) <= set(code(texts["recipe"]))


def test_every_option_in_a_text_exists():
    known = (
        known_to_pytest() | known_to_crosstask() | {"--index-url", "--no-deps", "--check", "--alphabet"}
    )  # of pip, ruff, an example
    known |= {"--array", "--gres", "--requeue", "--signal", "--parsable", "--dependency", "--wrap"}  # of Slurm
    known |= {"--head", "--address", "--disable-usage-stats", "--no-wait"}  # of Ray
    for path in DOCUMENTS:
        for option in re.findall(r"(?<![\w-])--(?!ct-NAME)[a-z][a-z-]+", path.read_text(encoding="utf-8")):
            assert option in known, f"{path.name}: {option}"


def test_every_command_exists():
    subcommands = set(get_command(cli.app).commands)
    for command in commands():
        words = [word for word in re.split(r"\s+", command) if not re.match(r"[A-Z_]+=", word)]
        if words[0] == "crosstask":
            assert words[1] in subcommands, command
        else:
            assert words[0].rpartition("/")[2] in {"pytest", "pip", "python", "python3", "ruff"}, command
    assert set(re.findall(r"^crosstask (\w+)", section("Use"), re.MULTILINE)) == subcommands


@pytest.mark.parametrize(
    "line", [line for line in commands() if line.startswith("pytest evals/") and "answers" not in line]
)
def test_a_model_in_a_command_is_known(line):
    for name in re.findall(r"--model (\S+)", line):
        assert name in load_cards() or name in {"FOLDER", "FILE.gguf", "SERVED", "someone-1b"}, line


def test_the_node_id_of_the_example_is_that_of_a_case():
    (node,) = re.findall(r'pytest "([^"]+)"', README)
    path, test, model, case = re.fullmatch(r"(.+)::(\w+)\[(\S+)-(\w+-\d+)\]", node).groups()
    assert (ROOT / path).is_file()
    assert (test, model, case) == ("test_gsm8k", DEFAULT, "main-0")


def test_exit_statuses_are_those_of_the_code():
    statuses = {int(first): text for first, text in rows("Exit status")}
    assert set(statuses) == {*map(int, pytest.ExitCode), 10, 11, EXIT_INCOMPLETE}
    assert INCOMPLETE == EXIT_INCOMPLETE == 12
    assert statuses[12].startswith("incomplete")
    assert (cli.FAILED, cli.USAGE) == (1, 2)


def test_benchmarks_are_those_of_the_pages():
    shown = {area: code(names) for area, names in rows("Benchmarks")}
    there = {}
    for page in PAGES.values():
        there.setdefault(page.area, []).append(page.name)
    assert shown == {area: sorted(names) for area, names in sorted(there.items())}
    assert set(load("paper").benchmarks) <= set(PAGES)
    assert load("paper").chat_template == "off"


def test_models_are_the_cards():
    shown = {code(name)[0]: (hub_id, remark) for name, hub_id, remark in rows("Models")}
    assert list(shown) == list(load_cards())
    for name, card in load_cards().items():
        hub_id, remark = shown[name]
        kinds = {"code": card.family == "code", "chat": card.chat and not card.reasoning, "gated": card.gated}
        assert hub_id == card.hub_id
        assert {kind for kind in kinds if kind in remark} == {kind for kind, holds in kinds.items() if holds}
        assert ("reasoning" in remark, "default" in remark) == (card.reasoning, name == DEFAULT)


def test_the_first_run_is_as_short_as_it_says():
    table = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["crosstask"]
    recipe = load(table["recipe"])
    assert f"{recipe.sample_limit} cases a benchmark" in section("Rows")
    assert f"after {recipe.sample_tokens} tokens" in section("Rows")
    assert f"{load_cards()[DEFAULT].wheel.size / 1e6:.0f} MB" in section("Install")


def test_sentences_of_how_it_works_are_numbered_and_few():
    numbers = [int(number) for number in re.findall(r"^(\d+)\. ", HOW, re.MULTILINE)]
    assert numbers == list(range(1, len(numbers) + 1))
    assert len(numbers) <= 50


def test_layers_of_how_it_works_hold_every_room():
    listed = [room for line in re.findall(r"^\| \d+ .*\| (.*) \|$", HOW, re.MULTILINE) for room in line.split(", ")]
    there = {
        path.stem for path in (ROOT / "harness").iterdir() if path.suffix == ".py" or (path / "__init__.py").exists()
    }
    assert len(listed) == len(set(listed))
    assert set(listed) == there - {"__init__"}


@pytest.mark.parametrize("path", DOCUMENTS, ids=lambda path: str(path.relative_to(ROOT)))
def test_links_lead_somewhere(path):
    text = path.read_text(encoding="utf-8")
    for target in re.findall(r"\]\(([^)]+)\)", text):
        if target.startswith("https://"):
            continue
        name, _, anchor = target.partition("#")
        file = (path.parent / name).resolve() if name else path
        assert file.exists(), target
        if anchor:
            headings = re.findall(r"^#+ (.+)$", file.read_text(encoding="utf-8"), re.MULTILINE)
            assert anchor in {heading.lower().replace(" ", "-") for heading in headings}, target


@pytest.fixture(scope="module")
def example(tmp_path_factory):
    """The repository of one's own, its files as the README shows them."""
    place = tmp_path_factory.mktemp("example")
    text = section("A repository of your own")
    blocks = re.findall(
        r"`([\w./]+)`[^`]*```(?:toml|json|python)\n(.*?)```", text.replace("`-p harness.plugin`", ""), re.DOTALL
    )
    for name, content in blocks:
        (place / name).parent.mkdir(parents=True, exist_ok=True)
        (place / name).write_text(content, encoding="utf-8")
    assert sorted(str(path.relative_to(place)) for path in place.rglob("*.*")) == [
        "evals/sums/doubling.jsonl",
        "evals/sums/doubling.py",
        "pyproject.toml",
    ]
    return place


def score(place, *arguments):
    """What pytest says of the example, its model played by a script that doubles 4 and 21 alone."""
    script = place / "script.json"
    rules = [
        {"prompt": "Question: What is twice 4?\nAnswer:", "text": " 8"},
        {"match": "twice 21", "text": " It is 42."},
    ]
    script.write_text(json.dumps({"answers": rules}))
    command = [sys.executable, "-m", "pytest", "evals/", "--engine", "scripted", "--answers", "script.json"]
    env = {name: value for name, value in os.environ.items() if not name.startswith("PYTEST_")}
    found = subprocess.run([*command, *arguments], cwd=place, env=env, capture_output=True, text=True, check=False)
    return found.returncode, found.stdout + found.stderr


def test_the_example_page_runs(example):
    status, output = score(example)
    assert status == 0, output
    assert "3 passed" in output
    assert re.search(r"^  doubling +exact_match +66\.7 +\[", output, re.MULTILINE)


def test_a_run_leaves_the_files_it_says(example):
    (folder,) = (example / "reports").iterdir()
    shown = {code(first)[0] for first, _ in rows("What a run leaves")}
    assert {path.name for path in folder.iterdir()} == shown - LATER
    schemas = {path.name for path in (ROOT / "harness/schemas").glob("*.schema.json")}
    for path in folder.glob("*.json*"):
        kind = json.loads(path.read_text().splitlines()[0] if path.suffix == ".jsonl" else path.read_text())["schema"]
        assert f"{kind.split('/')[1]}.schema.json" in schemas


def test_without_the_table_the_plugin_is_asked_for_by_name(example):
    (example / "pyproject.toml").write_text("[tool.pytest.ini_options]\n")
    status, output = score(example, "-p", "harness.plugin")
    assert status == 0, output
    assert "3 passed" in output
