"""Lengths, tokens and pace, by hand on a few answers."""

import pytest

from harness.core import Completion
from harness.core import Completions
from harness.core import Refusal
from harness.report.answers import Pace
from harness.report.answers import paces
from harness.report.answers import totals
from harness.report.answers import work
from harness.results.folder import read_run
from harness.results.groups import groups


def works(folder):
    return {one.benchmark: one for one in work(groups(read_run(folder.write()))[0])}


def test_tokens_are_counted_by_what_they_are(folder):
    found = works(folder)
    assert (found["tins"].cases, found["tins"].prompt, found["tins"].written, found["tins"].scored) == (12, 240, 24, 0)
    assert (found["moons"].written, found["moons"].scored, found["moons"].lengths) == (0, 6, None)


def test_lengths_are_those_of_every_sample_of_the_last_turn(folder):
    first = Completions((Completion("x", "stop", 1000),))
    last = Completions((Completion("a", "length", 9), Completion(" ", "stop", 0)), 5)
    folder.change("tin-0", responses=(first, last))
    lengths = works(folder)["tins"].lengths
    assert (lengths.answers, lengths.tokens, lengths.longest, lengths.truncated, lengths.empty) == (13, 31, 9, 1, 1)
    assert lengths.quantiles == (2.0, 2.0, 2.0)
    assert lengths.classes == ((0, 0, 1), (1, 1, 0), (2, 3, 11), (4, 7, 0), (8, 15, 1))


def test_no_answer_is_beyond_the_classes(folder):
    folder.change("tin-0", responses=(Completions((Completion("long", "stop", 1_000_000),)),))
    assert sum(count for _, _, count in works(folder)["tins"].lengths.classes) == 12


def test_a_benchmark_without_responses_has_no_line(folder):
    folder.change("moon-0", responses=(Refusal("no"),), status="refused", scores=())
    folder.drop("moon-1")
    folder.drop("moon-2")
    assert works(folder)["moons"].scored == 0
    folder.drop("moon-0")
    assert "moons" not in works(folder)


def test_the_pace_is_that_of_the_engine(folder):
    answered = {"requests": 3, "written": 30, "scored": 10, "seconds": 2.0}
    folder.manifest["models"]["toy"]["engine"] = {"name": "x", "answered": answered}
    folder.manifest["models"]["kept"] = {"card": {}}
    (pace,) = paces(folder.manifest)
    assert pace == Pace("toy", 3, 30, 10, 2.0)
    assert pace.rate == pytest.approx(20)


@pytest.mark.parametrize("pace", [Pace("toy", 1, 0, 0, 9.0), Pace("toy", 1, 5, 0, 0.001)])
def test_no_rate_where_there_is_nothing_to_measure(pace):
    assert pace.rate is None


def test_totals_add_up_all_benchmarks(folder):
    folder.manifest["models"]["toy"]["engine"] = {
        "answered": {"requests": 3, "written": 30, "scored": 10, "seconds": 2.0}
    }
    folder.add_model("other", {})
    run = read_run(folder.write())
    first, second = totals(work(groups(run)[0]), run.manifest)
    assert (first.model, first.prompt, first.written, first.scored) == ("toy", 240, 24, 6)
    assert first.pace == Pace("toy", 3, 30, 10, 2.0)
    assert (second.model, second.written, second.pace) == ("other", 24, None)
