"""The catalogue says what the pages say."""

from dataclasses import replace
from pathlib import Path

import pytest

from harness.benchmark import Benchmark
from harness.cases.catalogue import cells
from harness.cases.catalogue import markdown
from harness.cases.catalogue import order
from harness.cases.exclusions import Exclusions
from harness.cases.exclusions import Listed
from harness.cases.pages import load_pages
from harness.extract import last_number
from harness.metrics.exact_match import ExactMatch
from harness.sources import from_file
from harness.sources import from_hub
from harness.sources.open import Opener
from harness.sources.open import parse_data

ROOT = Path(__file__).parents[2]
PAGES = load_pages([ROOT / "evals"])
TINS = Benchmark(
    name="tins",
    version=1,
    area="sums",
    paper="arXiv:0000.00000",
    protocol="zero-shot, greedy",
    rows=from_hub("us/tins", split="test"),
    to_case=lambda _row, _shots: None,
    metrics=(ExactMatch(last_number),),
)
LIST = Exclusions("tins", "ours", "2", "our own", "wrong sums", ("question",), (Listed("tins-1", "ab", "wrong"),))


def section(benchmark, *lists):
    """The lines below a benchmark's own heading."""
    text = markdown({benchmark.name: benchmark}, {benchmark.name: lists})
    return text.partition(f"### {benchmark.name}\n\n")[2].splitlines()


def test_a_bare_page_says_what_is_missing():
    assert section(TINS) == [
        "* **Paper**: arXiv:0000.00000",
        "* **Rows**: `us/tins`, default, test",
        "* **Cases**: not recorded",
        "* **Protocol**: zero-shot, greedy",
        "* **Few-shot**: none",
        f"* **Metrics**: exact_match (`{TINS.metrics[0].signature}`)",
        "* **Verified**: the sample only",
    ]
    assert cells(TINS) == ("tins", "sums", "", "", "exact_match", "")


def test_a_full_page_says_all():
    full = replace(
        TINS,
        size=1200,
        strata="land",
        shots=(from_hub("us/tins", split="dev", revision="abc", plain="us/plain"), from_file("more.jsonl")),
        sampler="first_n",
        shots_by=lambda row: row["land"],
        lm_eval_task="tins_one,tins_two",
        verified="nothing at all",
    )
    lines = section(full, LIST)
    assert "* **Cases**: 1,200, by land" in lines
    assert (
        "* **Few-shot**: `us/tins`, default, dev at abc (a dataset script, so from its plain form `us/plain`); "
        "`more.jsonl`; first_n, examples of the case's own key"
    ) in lines
    assert "* **lm-eval**: `tins_one`, `tins_two`" in lines
    assert "* **Verified**: nothing at all" in lines
    assert lines[-1] == "* **Exclusions**: ours 2, 1 rows: wrong sums. From our own"
    assert cells(full) == ("tins", "sums", "1,200", "first_n", "exact_match", "tins_one,tins_two")


@pytest.mark.parametrize(
    ("configs", "text"),
    [("bd", "`us/tins`, b, d, test"), ("abcdefghijklmn", "`us/tins`, a, b, c and 11 more, test")],
)
def test_the_configs_of_a_dataset_stand_together(configs, text):
    many = replace(TINS, rows=tuple(from_hub("us/tins", config, split="test") for config in configs))
    assert f"* **Rows**: {text}" in section(many)


def test_benchmarks_are_in_order_of_area_and_name():
    found = [(one.area, one.name) for one in order(PAGES)]
    assert found == sorted(found)
    assert {name for _, name in found} == set(PAGES)


PARTS = {"apps_train": 5}
"""How many cases the mirror has of pages whose tables it holds a part of."""


@pytest.mark.shared
@pytest.mark.parametrize("name", PAGES)
def test_a_page_has_as_many_cases_as_it_says(name, shared):
    page = PAGES[name]
    opener = Opener(parse_data(str(shared / "data" / "mirror")))
    if page.size is None:  # nobody counted them here, so they must not be there to be counted
        assert not any(opener._mirror.entry(rows) for rows in page.tables)
    elif all(opener._mirror.entry(rows) for rows in page.tables):  # else the number is the dataset card's
        assert PARTS.get(name, page.size) == len(page.collect(list(map(opener.open, page.tables))))
