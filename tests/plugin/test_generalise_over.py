"""`--generalise-over`: what intervals draw is said by the session, changes no answer, and keeps the run's folder."""

import json

import pytest


@pytest.fixture
def halves(sums):
    """The two pages, the questions of `alpha` in two halves."""
    path = sums.path / "pages/sums/alpha.py"
    page = path.read_text().replace('str(row["answer"]))', 'str(row["answer"]), stratum="ab"[row["answer"] % 2])')
    path.write_text(page.replace("to_case=to_case,", 'to_case=to_case, strata="half",'))
    return sums


def clusters(project):
    return {score["benchmark"]: score["estimate"]["clusters"] for score in project.summary()["scores"]}


@pytest.mark.parametrize("workers", [(), ("-n", "2")], ids=["one", "two"])
def test_the_same_folder_is_summed_up_otherwise_and_nothing_is_asked_again(halves, workers):
    halves.run()
    assert (halves.summary()["generalise_over"], clusters(halves)) == ("cases", {"alpha": 6, "beta": 6})
    asked, verdicts = len(halves.asked), halves.verdicts()
    output = halves.run("--generalise-over", "half", *workers)
    assert "note: alpha: each half is drawn as a whole for the intervals (--generalise-over half)" in output
    assert json.loads((halves.folder / "manifest.json").read_text())["generalise_over"] == "half"
    assert (halves.summary()["generalise_over"], clusters(halves)) == ("half", {"alpha": 2, "beta": 6})
    assert (len(halves.asked), halves.verdicts()) == (asked, verdicts)


@pytest.mark.parametrize("more", [(), ("-n", "2"), ("--dry-run",)], ids=["run", "workers", "dry-run"])
def test_an_unknown_word_stops_before_anything_is_asked(halves, more):
    output = halves.run("--generalise-over", "third", *more, status=4)
    assert "--generalise-over: found 'third'; expected cases or half" in output
    assert not halves.asked


def test_the_tables_word_may_stand_where_no_page_collected_has_strata(halves):
    table = '[tool.crosstask]\nevals = ["pages"]\ngeneralise-over = "half"\n'
    (halves.path / "pyproject.toml").write_text(table)
    halves.run("pages/words/beta.py")
    assert clusters(halves) == {"beta": 6}
    (halves.path / "pyproject.toml").write_text(table.replace("half", "third"))
    assert "--generalise-over: found 'third'; expected cases or half" in halves.run(status=4)
    assert "found 'half'; expected cases" in halves.run("pages/words/beta.py", "--generalise-over", "half", status=4)
