"""What is a labelled question, by the forms that the pages' targets have."""

import math
from pathlib import Path

import pytest
import sklearn.metrics

from harness.core import LogLikelihoods
from harness.report.calibration import calibrations
from harness.report.labelled import NOTHING
from harness.report.labelled import Labelled
from harness.report.labelled import read
from harness.report.labelled import yes_of
from harness.report.write import write_report
from harness.results.folder import read_run
from harness.results.groups import groups

PEOPLE = {"named": (0, 1), "biased": (1,), "context": "ambig"}


def answered(folder, target, *values, **changes):
    size = len(values)
    given = LogLikelihoods(tuple(map(float, values)), (1,) * size, (False,) * size)
    return folder.moon("moon-0", target=target, responses=(given,), **changes)


def test_one_question_a_case(folder):
    found = read(answered(folder, 1, -3, -1, -2))
    assert (found.questions, found.rule) == ((Labelled((-3.0, -1.0, -2.0), 1),), "")


def test_several_questions_a_case(folder):
    found = read(answered(folder, (1, 0), -3, -1, -2, -4))
    assert found.questions == (Labelled((-3.0, -1.0), 1), Labelled((-2.0, -4.0), 0))
    assert found.rule == "by:answer"


@pytest.mark.parametrize(("yes", "places"), [(0, [0, 1]), (1, [1, 0])])
def test_labels_that_say_yes(folder, yes, places):
    """MultiRC's yes comes first, and its label 1 says that the answer is right."""
    found = read(answered(folder, (1, 0), -3, -1, -2, -4), yes)
    assert [one.right for one in found.questions] == places


def test_mc1_is_one_true_choice_among_false_ones(folder):
    target = {"mc1": (2, 0), "true": (2, 3), "false": (0, 1)}
    assert read(answered(folder, target, -3, -1, -2, -4)).questions == (Labelled((-2.0, -3.0), 0),)


@pytest.mark.parametrize(("true", "right"), [((0,), 0), ((1,), 1), ((2, 3), 2)])
def test_ways_not_to_know_are_one_answer_whichever_is_right(folder, true, right):
    (found,) = read(answered(folder, {**PEOPLE, "true": true}, -3, -1, -2, -4)).questions
    assert found.right == right
    assert found.log_p == pytest.approx((-3, -1, math.log(math.exp(-2) + math.exp(-4))))


@pytest.mark.parametrize(
    "target",
    [
        "no",
        True,
        4,
        -1,
        (),
        (0, 0, 0),
        (0, 2),
        (0, True),
        (0, 0, 0, 0),
        {"entities": ("a", "b"), "answers": ("a",)},
        {"mc1": (0, 9), "true": (0,), "false": (1,)},
        {**PEOPLE, "true": ()},
        {**PEOPLE, "named": (0, 1, 2, 3), "true": (0,)},
    ],
)
def test_what_names_no_right_choice_among_several(folder, target):
    assert read(answered(folder, target, -3, -1, -2, -4)) == NOTHING
    assert read(answered(folder, (0, True), -3, -1, -2, -4), 0) == NOTHING


def test_what_was_not_measured_or_is_not_finite(folder):
    assert read(answered(folder, 0, -1, -2, status="error", scores=())) == NOTHING
    assert read(answered(folder, 0, -1, -math.inf)) == NOTHING


def test_the_place_of_yes_stands_in_a_signature():
    assert yes_of([{"signature": "acc|choice:argmax"}, {"signature": "f1a|by:answer|yes:1|average:binary"}]) == 1
    assert yes_of([{"signature": "acc|choice:argmax"}]) is None


def test_every_question_of_a_case_enters_with_its_cluster(folder):
    names = [f"moon-{row}" for row in range(12)]
    folder.records = [
        folder.moon(
            name,
            target=(1, 0),
            responses=(LogLikelihoods((-1.0 - row / 7, -1.2, -0.5, -2.0 + row / 5), (1,) * 4, (False,) * 4),),
        )
        for row, name in enumerate(names)
    ]
    folder.manifest["planned"] = {"toy": {"moons": names}}
    folder.manifest["benchmarks"]["moons"]["metrics"][0]["signature"] = "acc|by:answer|yes:0"
    (one,) = calibrations(groups(read_run(folder.write()))[0])
    assert (one["planned"], one["cases"], one["n"], one["clusters"]) == (12, 12, 24, 12)
    measured = {each["name"]: each["estimate"]["value"] for each in one["raw"]["measures"]}
    shares = [1 / (1 + math.exp(-1.2 + 1.0 + row / 7)) for row in range(12)]
    shares += [1 / (1 + math.exp(-2.0 + row / 5 + 0.5)) for row in range(12)]
    right = [1] * 12 + [0] * 12  # a yes to the first answer, a no to the second
    assert measured["nll"] == pytest.approx(sklearn.metrics.log_loss(right, shares), abs=1e-12)
    assert measured["brier"] == pytest.approx(2 * sklearn.metrics.brier_score_loss(right, shares), abs=1e-12)
    assert all("|by:answer|" in each["signature"] for each in one["raw"]["measures"])
    write_report(folder.path)
    assert "24 answers" in Path(folder.path / "report.html").read_text()
