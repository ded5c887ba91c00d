"""Selection costs nothing: what is not selected is neither opened nor asked."""

import json
import subprocess

import pytest

from harness.cases.pages import Page
from harness.cases.pages import named_by
from harness.cases.recipes import load
from harness.plugin.selection import Selection


def test_a_page_of_ones_own_runs_and_is_scored(sums):
    output = sums.run()
    assert "12 passed" in output
    scores = {entry["benchmark"]: entry["estimate"] for entry in sums.summary()["scores"]}
    assert scores["alpha"]["n"] == scores["beta"]["n"] == 6
    assert scores["alpha"]["value"] == pytest.approx(2 / 6)
    assert scores["beta"]["value"] == 0


def test_node_ids_hold_model_and_case(sums):
    output = sums.run("--collect-only", "-q", "--model", "m")
    assert "pages/sums/alpha.py::test_alpha[m-alpha-0]" in output


def test_a_keyword_opens_no_other_benchmarks_rows(sums):
    (sums.path / "pages/words/beta.jsonl").unlink()
    assert "6 passed" in sums.run("-k", "alpha")
    assert len(sums.asked) == 6


def test_a_keyword_of_a_case_opens_every_page(sums):
    assert "1 passed, 11 deselected" in sums.run("-k", "alpha-3")
    assert len(sums.asked) == 1


def test_a_mark_selects_an_area(sums):
    (sums.path / "pages/words/beta.jsonl").unlink()
    assert "6 passed" in sums.run("-m", "sums")


def test_a_node_id_asks_one_request(sums):
    assert "1 passed" in sums.run("pages/sums/alpha.py::test_alpha[m-alpha-2]", "--model", "m")
    assert len(sums.asked) == 1


@pytest.mark.parametrize("workers", [(), ("-n", "2")], ids=["alone", "workers"])
def test_a_case_that_is_named_runs_whatever_the_limit(sums, workers):
    """Under `--limit 1` each of the six cases runs when it is named, and all six together."""
    names = [f"pages/sums/alpha.py::test_alpha[m-alpha-{number}]" for number in range(6)]
    assert "6 passed" in sums.run(*names, "--limit", "1", "--model", "m", *workers)
    assert {case for _, _, case in sums.verdicts()} == {f"alpha-{number}" for number in range(6)}


def test_a_case_that_is_not_there_is_answered_with_the_nearest(sums):
    output = sums.run("pages/sums/alpha.py::test_alpha[m-alpha-33]", "--model", "m", status=4)
    assert "alpha.py: found no case [m-alpha-33]; expected one as [m-alpha-3]" in output
    output = sums.run("pages/sums/alpha.py::test_alpha[n-alpha-3]", "--model", "m", status=4)
    assert "found no case [n-alpha-3]; expected one as [m-alpha-3]" in output


REVERSED = """
import pytest

@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(items):
    items.reverse()
"""


def test_items_in_another_order_are_the_same_run(sums):
    """As pytest-randomly does it: the folder is found again, and nothing is asked anew."""
    sums.run("--model", "m", "--model", "n")
    asked = len(sums.asked)
    (sums.path / "conftest.py").write_text(REVERSED)
    sums.run("--model", "m", "--model", "n")
    assert len(sums.asked) == asked
    assert sums.folder.is_dir()  # the one that there is
    assert [score["benchmark"] for score in sums.summary()["scores"]] == ["alpha", "beta"] * 2


def test_collect_only_asks_nothing_and_makes_no_folder(sums):
    assert "12 tests collected" in sums.run("--collect-only", "-q")
    assert sums.asked == []
    assert not (sums.path / "reports").exists()


def test_dry_run_estimates_and_asks_nothing(sums):
    output = sums.run("--dry-run", status=0)
    assert "12 cases of 2 benchmarks, 12 distinct requests" in output
    assert sums.asked == []
    assert not (sums.path / "reports").exists()


def test_stop_at_the_first_failure_stops_asking(sums):
    sums.script(delay=0.05, answers=[{"match": "alpha 0", "refuse": "too long"}])
    output = sums.run("-x", status=12)
    assert "refused: too long" in output
    assert len(sums.asked) < 12


def test_a_limit_is_the_same_for_every_model(sums):
    sums.run("--limit", "2", "--model", "one", "--model", "two")
    cases = {}
    for model, benchmark, case in sums.verdicts():
        cases.setdefault(model, set()).add((benchmark, case))
    assert cases["one"] == cases["two"]
    assert len(cases["one"]) == 4


def test_wrong_answers_again_by_last_failed(sums):
    command = sums.command("--fail-wrong")
    at = command.index("no:cacheprovider")
    del command[at - 1 : at + 1]
    first = subprocess.run(command, cwd=sums.path, capture_output=True, text=True, check=False)
    assert first.returncode == 1
    assert "10 failed, 2 passed" in first.stdout
    assert "exact: invalid, found nothing; expected '1'" in first.stdout
    again = subprocess.run([*command, "--lf"], cwd=sums.path, capture_output=True, text=True, check=False)
    assert "10 failed" in again.stdout


def test_the_recipe_selects_unless_a_path_or_keyword_says_otherwise(sums):
    (sums.path / "own.toml").write_text('benchmarks = ["alpha"]\n')
    assert "6 passed" in sums.run("--recipe", "own.toml")
    assert "6 passed" in sums.run("--recipe", "own.toml", "-k", "beta")
    assert "12 passed" in sums.run("--recipe", "own.toml", "pages/sums/alpha.py", "pages/words/beta.py")


@pytest.mark.parametrize(
    ("keyword", "wanted"),
    [
        ("gsm8k", {"gsm8k"}),
        ("GSM8K", {"gsm8k"}),
        ("not gsm8k", {"boolq"}),
        ("gsm8k or boolq", {"gsm8k", "boolq"}),
        ("gsm8k and 17", {"gsm8k"}),
        ("17", {"gsm8k", "boolq"}),
        ("math", {"gsm8k"}),
        ("test_boolq", {"boolq"}),
        ("not math and not 17", {"boolq"}),
    ],
)
def test_a_keyword_is_decided_on_names_known_before_rows(pytestconfig, tmp_path, monkeypatch, keyword, wanted):
    pages = [
        Page(tmp_path / "math/gsm8k.py", ("math", "gsm8k.py", "test_gsm8k")),
        Page(tmp_path / "language/boolq.py", ("language", "boolq.py", "test_boolq")),
    ]
    monkeypatch.setattr(pytestconfig.option, "keyword", keyword)
    monkeypatch.setattr(pytestconfig.option, "markexpr", "")
    selection = Selection(pytestconfig, load("all"), pages, frozenset())
    found = {
        page.benchmark
        for page in pages
        if selection.wants(page.path, page.benchmark, page.names, frozenset({page.area}))
    }
    assert found == wanted


PAGES = {
    "language/boolq": True,
    "math/gsm8k": True,
    "trust/truthfulqa": True,
    "trust/bbq": False,
    "code/mbpp": False,
    "legal/legalbench": False,
}
"""Pages, and whether the recipe lists them."""


@pytest.mark.parametrize(
    ("keyword", "mark", "wanted"),
    [
        ("", "", {"boolq", "gsm8k", "truthfulqa"}),
        ("", "code or math", {"mbpp", "gsm8k"}),
        ("legalbench or gsm8k", "", {"legalbench", "gsm8k"}),
        ("legalbench or 17", "", {"boolq", "gsm8k", "truthfulqa", "legalbench"}),
        ("legalbench and 17", "", {"legalbench"}),
        ("not legalbench", "", {"boolq", "gsm8k", "truthfulqa"}),
        ("not gsm8k", "", {"boolq", "truthfulqa"}),
        ("", "trust", {"truthfulqa"}),
        ("bbq", "trust", {"bbq"}),
        ("", "trust or bbq", {"truthfulqa"}),
        ("", "code and not mbpp", set()),
        ("mbpp or boolq", "code or language", {"mbpp", "boolq"}),
        ("", "legal and not gsm8k or math", {"legalbench", "gsm8k"}),
    ],
)
def test_a_name_that_the_recipe_lacks_selects_among_all(pytestconfig, tmp_path, monkeypatch, keyword, mark, wanted):
    pages, recipe = recipe_of(tmp_path)
    monkeypatch.setattr(pytestconfig.option, "keyword", keyword)
    monkeypatch.setattr(pytestconfig.option, "markexpr", mark)
    selection = Selection(pytestconfig, recipe, pages, frozenset())
    found = {
        page.benchmark
        for page in pages
        if selection.wants(page.path, page.benchmark, page.names, frozenset({page.area, page.benchmark}))
    }
    assert found == wanted


@pytest.mark.parametrize(
    ("arguments", "wanted"),
    [
        ([""], set()),
        (["legal"], {"legalbench"}),
        (["legal", "math"], {"legalbench"}),
        (["trust"], set()),
        (["trust/bbq.py"], {"bbq"}),
    ],
)
def test_a_folder_of_which_the_recipe_lists_nothing_is_named(tmp_path, arguments, wanted):
    pages, recipe = recipe_of(tmp_path)
    named = named_by(pages, recipe, {tmp_path / one for one in arguments}.__contains__)
    assert {path.stem for path in named} == wanted


def recipe_of(folder):
    pages = []
    for name in PAGES:
        area, benchmark = name.split("/")
        pages.append(Page(folder / f"{name}.py", (area, f"{benchmark}.py", f"test_{benchmark}")))
    file = folder / "own.toml"
    file.write_text(f"benchmarks = {[name.split('/')[1] for name, listed in PAGES.items() if listed]}\n")
    return pages, load(str(file))


def test_settings_come_from_the_table_too(sums):
    (sums.path / "pyproject.toml").write_text('[tool.crosstask]\nevals = ["pages"]\nlimit = "2"\nmodel = ["mine"]\n')
    assert "4 passed" in sums.run()
    assert {model for model, *_ in sums.verdicts()} == {"mine"}


def test_the_manifest_lists_what_was_planned(sums):
    sums.run("--limit", "2")
    manifest = json.loads((sums.folder / "manifest.json").read_text())
    assert {name: len(cases) for name, cases in manifest["planned"]["smollm2-135m"].items()} == {"alpha": 2, "beta": 2}
