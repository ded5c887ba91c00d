"""What a language says of itself, and how it is found."""

import pytest

from harness.errors import UsageError
from harness.languages import called
from harness.languages import known
from harness.languages import language
from harness.languages import languages
from harness.languages import required
from harness.languages.building.sources import Syntax
from harness.languages.building.sources import blanked
from harness.languages.building.sources import closing
from harness.languages.building.sources import defined
from harness.languages.building.sources import end
from harness.languages.building.sources import items
from harness.languages.building.sources import uncommented
from harness.languages.building.tools import Tool
from harness.languages.building.tools import find
from harness.languages.building.tools import version
from harness.metrics.grammars import parse

LUA = Syntax(
    comments=r"--[^\n]*",
    definitions=r"(?:local[ \t]+)?function[ \t]+(?P<name>\w+)",
    opens=r"\b(?:function|do|if|repeat)\b",
    closes=r"\b(?:end|until)\b",
)

CALLED = {
    "cpp": "cpp", "cs": "c_sharp", "csharp": "c_sharp", "d": "d", "elixir": "elixir", "go": "go", "hs": "haskell",
    "java": "java", "javascript": "javascript", "jl": "julia", "js": "javascript", "kotlin": "kotlin", "kt": "kotlin",
    "lua": "lua", "ml": "ocaml", "perl": "perl", "php": "php", "pl": "perl", "py": "python", "python": "python",
    "r": "r", "rb": "ruby", "rkt": "racket", "rs": "rust", "ruby": "ruby", "scala": "scala", "sh": "bash",
    "swift": "swift", "ts": "typescript", "typescript": "typescript",
}  # fmt: skip


@pytest.mark.parametrize("name", known())
def test_it_goes_by_its_name_its_extension_and_its_aliases(name):
    found = language(name)
    assert found.name == name
    assert {name, found.extension, *found.aliases, ""} == found.words
    assert called(name) is found
    assert called(found.extension).extension == found.extension


def test_a_word_is_one_language():
    assert called("") is None
    assert called("brainfuck") is None
    assert called("rs") is language("rust")
    assert called("js") is language("javascript")
    assert called("c") is language("c")


def test_a_name_that_is_no_module_is_no_language():
    assert language("building") is None
    assert language("__init__") is None
    assert language("../python") is None


def test_a_word_that_must_be_known_is_named():
    assert required("rs") is language("rust")
    with pytest.raises(UsageError, match=r"^language: found 'brainfuck'; expected one of bash, c, c_sharp, cpp, "):
        required("brainfuck")


def test_those_that_run_name_what_installs_their_tools():
    assert {one.name for one in languages() if not one.runs} == {"c"}
    assert all(tool.package for one in languages() for tool in one.tools)


def test_a_missing_tool_is_not_installed():
    tool = Tool("no-such-tool", "Debian: none")
    assert (find(tool), version(tool), tool.path) == (None, "not installed", "no-such-tool")


def test_a_tool_that_says_nothing_does_not_start(tmp_path, monkeypatch):
    path = tmp_path / "mute-tool"
    path.write_text("no program\n")
    path.chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path))
    assert version(Tool("mute-tool", "none")) == "does not start"


def test_bodies_may_end_with_a_word():
    body = "  if x then\n    return '-- end' -- end\n  end\n  return x\nend\n"
    assert body[: closing(body, LUA)].endswith("return x\nend")
    source = f"function f(x)\n{body}local function g(x)\n  return 1\nend\nIt ends here"
    assert [item.name for item in items(source, LUA)] == ["f", "g", ""]
    assert [name for name, _, _ in defined(source, LUA)] == ["f", "g"]
    assert source[: end(source, LUA)].endswith("return 1\nend")
    assert uncommented("x -- y\nz", LUA) == "x \nz"
    assert blanked('x "--" -- y\nz', LUA) == "x" + 10 * " " + "\nz"


def test_a_body_may_end_with_the_margin():
    """A statement of these languages goes on as long as its lines are indented."""
    syntax = language("haskell").syntax
    source = "import Data.List\ntwice :: Int -> Int\ntwice x =\n  x + y\n  where y = x\n\n"
    assert [item.name for item in items(source, syntax)] == ["", "twice", "twice"]
    assert "".join(item.text for item in items(source, syntax)) == source
    assert end(f"{source}It doubles what it is given.\n", syntax) == len(source)
    assert end("It doubles what it is given.\n", syntax) == 0


@pytest.mark.parametrize(("word", "name"), CALLED.items())
def test_what_benchmarks_call_it(word, name):
    """MultiPL-E's names, and those of MBXP."""
    assert required(word) is language(name)


@pytest.mark.parametrize("name", ["java", "c_sharp"])
def test_a_text_that_a_grammar_cannot_read_within_bounds_is_refused(name):
    """8 KB of `a<a<a<` take 242 MB, and four times as much for each doubling."""
    found = language(name)
    pytest.importorskip(found.grammar.replace("-", "_"), reason=f"not run: {found.grammar} is not installed")
    parse("a<" * (found.most_bytes // 4), name)
    reason = rf"^codebleu: found a {name} program of {found.most_bytes + 1} bytes; expected at most {found.most_bytes}$"
    with pytest.raises(UsageError, match=reason):
        parse(" " * (found.most_bytes + 1), name)
