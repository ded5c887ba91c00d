"""The recipes that come with the suite, and what a recipe of one's own may say."""

import tomllib
from pathlib import Path

import pytest

from harness.cases.pages import load_pages
from harness.cases.recipes import described
from harness.cases.recipes import headline
from harness.cases.recipes import load
from harness.cases.recipes import names
from harness.errors import UsageError

ROOT = Path(__file__).parents[2]
PAGES = load_pages([ROOT / "evals"])


@pytest.mark.parametrize("name", names())
def test_a_recipe_names_only_pages_metrics_and_splits_there_are(name: str) -> None:
    recipe = load(name)
    assert recipe.benchmarks == ("*",) or set(recipe.benchmarks) <= set(PAGES)
    for benchmark, page in PAGES.items():
        recipe.check_headline(benchmark, [metric.name for metric in page.metrics], page.strata)
    for benchmark, shots in recipe.shots.items() if isinstance(recipe.shots, dict) else ():
        assert PAGES[benchmark].shot_tables or shots == 0


def test_the_paper_s_study_is_zero_shot_over_four_areas() -> None:
    recipe = load("paper")
    assert (recipe.shots, recipe.chat_template) == (0, "off")
    assert {PAGES[name].area for name in recipe.benchmarks} == {"language", "math", "trust", "code_explanation"}


def test_the_overview_has_every_area_and_programs_in_python_alone() -> None:
    recipe = load("overview")
    assert {PAGES[name].area for name in recipe.benchmarks} == {page.area for page in PAGES.values()}
    assert {name for name in recipe.benchmarks if PAGES[name].area == "code"} <= {
        name for name in PAGES if name.startswith(("humaneval", "mbpp", "cruxeval")) and name != "humaneval_x"
    }
    assert recipe.lenient
    assert {name for name in names() if load(name).lenient} == {"overview", "nl2code"}


def test_every_recipe_is_described_in_a_line() -> None:
    lines = described()
    assert [line.split()[0] for line in lines] == names()
    assert all(len(line) < 120 and len(line.split()) > 3 for line in lines)


def test_a_recipe_that_is_not_there_is_answered_by_the_list_and_the_nearest() -> None:
    with pytest.raises(UsageError) as caught:
        load("papers")
    first, *rest = str(caught.value).splitlines()
    assert first == "--recipe: found 'papers'; did you mean paper? expected the path of a .toml file or one of"
    assert [line.strip() for line in rest] == described()


def test_the_first_open_llm_leaderboard() -> None:
    """Shots as in lm-evaluation-harness 0.4.13, tasks/benchmarks/openllm.yaml; metrics as the leaderboard named."""
    recipe = load("open-llm-v1")
    assert recipe.shots == {
        "arc_challenge": 25,
        "hellaswag": 10,
        "mmlu": 5,
        "truthfulqa": 0,
        "winogrande": 5,
        "gsm8k": 5,
    }
    assert recipe.metrics == {
        "arc_challenge": "acc_norm",
        "hellaswag": "acc_norm",
        "mmlu": "macro acc",
        "truthfulqa": "mc2",
        "winogrande": "acc",
        "gsm8k": "strict-match",
    }
    assert set(recipe.benchmarks) == set(recipe.metrics) == set(recipe.shots)
    assert recipe.chat_template == "off"


def test_mbpp_after_three_examples() -> None:
    """Austin et al. 2021, arXiv:2108.07732, section 3.1: three problems are shown."""
    recipe = load("mbpp-3-shot")
    assert (recipe.benchmarks, recipe.shots, recipe.chat_template) == (("mbpp",), {"mbpp": 3}, "off")


def test_the_bundled_sample_has_enough_examples_for_every_recipe() -> None:
    for recipe in map(load, names()):
        most = max(recipe.shots.values()) if isinstance(recipe.shots, dict) else recipe.shots
        assert most <= 8 or (recipe.sample_shots is not None and recipe.sample_shots <= 8)


@pytest.mark.parametrize(("text", "found"), [("acc", ("acc", False)), ("macro acc", ("acc", True))])
def test_a_headline_is_a_metric_or_its_mean_over_strata(text: str, found: tuple[str, bool]) -> None:
    assert headline(text) == found


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        ('metrics = "acc"', "found metrics 'acc'; expected a table"),
        ("metrics.alpha = 1", "found alpha 1 in metrics; expected text"),
        ("sample.most = 1", "found the key 'most'; expected limit, max_tokens, shots"),
        ("lenient = 1", "found lenient 1; expected true or false"),
        ("sample.shots = -1", "found shots -1; expected a whole number from 0"),
        ('benchmarks = ["alpha"]\nshots.beta = 1', "found 'beta'; expected a benchmark the recipe includes"),
        ('benchmarks = ["alpha"]\nlimits.beta = 1', "found 'beta'; expected a benchmark the recipe includes"),
        ('benchmarks = ["alpha"]\nmetrics.beta = "acc"', "found 'beta'; expected a benchmark the recipe includes"),
    ],
)
def test_a_recipe_that_is_wrong_is_refused(content: str, sentence: str, tmp_path: Path) -> None:
    path = tmp_path / "own.toml"
    path.write_text(content)
    with pytest.raises(UsageError) as caught:
        load(str(path))
    assert str(caught.value) == f"{path}: {sentence}"


def test_a_headline_that_no_page_has_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "own.toml"
    path.write_text('metrics.alpha = "f1"\nmetrics.beta = "macro acc"\n')
    recipe = load(str(path))
    with pytest.raises(UsageError, match="recipe own: found metric 'f1' for alpha; expected one of acc, acc_norm"):
        recipe.check_headline("alpha", ["acc", "acc_norm"], None)
    with pytest.raises(UsageError, match="recipe own: found macro acc for beta; its cases have no strata"):
        recipe.check_headline("beta", ["acc"], None)
    recipe.check_headline("beta", ["acc"], "subject")
    recipe.check_headline("gamma", ["acc"], None)


def test_this_repository_runs_the_overview() -> None:
    table = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["tool"]["crosstask"]
    assert table["recipe"] == "overview"


def test_nl2code_has_the_17_benchmarks_of_the_survey() -> None:
    """Each of docs/survey.md's table has the page that is named there."""
    figures = tomllib.loads((ROOT / "docs/survey_figures.toml").read_text(encoding="utf-8"))
    asked = load("nl2code").benchmarks
    assert sorted(asked) == sorted(survey["page"] for survey in figures.values())
    assert len(asked) == 17
    assert {PAGES[name].area for name in asked} == {"code"}
