"""Parity by scripted engines: what is shown, when it stops, what is never taken for equal."""

import json
from importlib import resources

import jsonschema
import pytest
from typer.testing import CliRunner

from harness.cli.main import app
from harness.errors import UsageError
from harness.parity.run import Wish
from harness.parity.run import parity
from harness.parity.state import Rule
from harness.parity.terminal import lines


def compared(root, *subjects, margin=10.0, flips=False, **wish):
    document = json.loads(json.dumps(parity(subjects, Wish(**wish), Rule(margin, flips=flips), root)))
    schema = json.loads(resources.files("harness.schemas").joinpath("parity.schema.json").read_text())
    jsonschema.validate(document, schema)
    return document


def crosstask(*arguments):
    return CliRunner().invoke(app, [str(argument) for argument in arguments])


def test_equal_answers_are_the_same_as_soon_as_that_is_shown(root, page, script):
    """40 equal cases show 10 points: the looks come after 32 and 64, and the other 56 cases are asked of nobody."""
    page()
    document = compared(root, script("a", journal="asked.jsonl"), script("b"))
    (verdict,) = document["verdicts"]
    assert (document["decision"], document["asked"], verdict["n"]) == ("same", 64, 64)
    assert -0.1 < verdict["low"] < verdict["difference"] == 0 < verdict["high"] < 0.1
    assert len((root / "asked.jsonl").read_text().splitlines()) == 64
    (apart,) = document["divergences"]
    assert (apart["texts"]["texts"], apart["texts"]["equal"], apart["texts"]["partings"]) == (64, 64, [])
    assert lines(document)[-1] == (
        "PARITY: the same within 10 points, after 64 of 120 cases (at most 5 % of such verdicts are wrong)"
    )


def test_a_wrong_model_behind_the_same_name_is_told_at_the_first_look(root, page, script):
    page()
    right, wrong = script("a"), script("b", wrong=range(0, 120, 2))
    (root / "other.json").write_text((root / "b.json").read_text())
    document = compared(root, right, wrong.replace("b?answers=b", "a?answers=other"))
    (verdict,) = document["verdicts"]
    assert (document["decision"], document["asked"]) == ("differs", 32)
    assert verdict["high"] < 0
    assert verdict["flips"]["lost"] == 32 * (verdict["base_value"] - verdict["value"])
    assert len(verdict["flips"]["first_lost"]) == 5
    parting = document["divergences"][0]["texts"]["partings"][0]
    assert (parting["new"], parting["character"]) == ("-1", len(" It is "))


def test_flips_that_even_out_are_the_same_score_and_not_the_same_answers(root, page, script):
    """Either side is wrong in the half of the cases where the other one is right, as two models that guess."""
    page()
    guesses = script("a", wrong=range(0, 120, 2)), script("b", wrong=range(1, 120, 2))
    assert compared(root, *guesses, margin=90.0)["decision"] == "same"
    document = compared(root, *guesses, margin=50.0, flips=True)
    assert (document["decision"], document["verdicts"][0]["difference"]) == ("differs", 1.0)
    assert lines(document)[-1].startswith("PARITY: differs by more than 50 points of flips, after 32 of 120 cases")


def test_few_cases_decide_nothing_and_it_says_how_many_would(root, page, script):
    page()
    document = compared(root, script("a"), script("b", wrong=[3]), margin=2.0, limit="100")
    (verdict,) = document["verdicts"]
    assert (document["decision"], document["asked"], document["planned"]) == ("inconclusive", 100, 100)
    assert 300 < verdict["more"] < 1000
    assert f"about {verdict['more']:,} further cases would decide, if they were like these" in "\n".join(
        lines(document)
    )


def test_what_one_side_refuses_is_never_taken_for_equal(root, page, script):
    """Where both refuse, nothing is compared; where one does, the case is the worst for either claim."""
    page()
    document = compared(root, script("a", refused=range(30, 60)), script("b", refused=range(60)))
    (verdict,) = document["verdicts"]
    assert document["decision"] == "inconclusive"
    assert (verdict["n"], verdict["missing"], verdict["left_out"]) == (60, 30, {"without a score in both": 30})
    assert verdict["low"] < -0.3 < 0.3 < verdict["high"]
    alone = compared(root, script("c"), script("d", refused=range(120)))
    assert (alone["decision"], alone["verdicts"][0]["n"], alone["verdicts"][0]["low"]) == ("inconclusive", 0, None)


def test_log_likelihoods_are_compared_by_the_token(root, page, script):
    """The one token " yes" differs by .25 nats, the two of " no indeed" do not: .25 over 3, at most .25."""
    page(chooses=True)
    document = compared(root, script("a"), script("b", nats=0.25))
    logs = document["divergences"][0]["logs"]
    assert document["decision"] == "same"
    assert (logs["continuations"], logs["tokens"], logs["tokenised_otherwise"]) == (128, 192, 0)
    assert (logs["mean"], logs["largest"]) == pytest.approx((0.25 / 3, 0.25))


def test_greedy_texts_that_part_at_a_near_tie_are_shown_as_such(root, page, script):
    page()
    first, second = script("a"), script("b", wrong=[0])
    rules = json.loads((root / "a.json").read_text())["answers"]
    rules.append({"prompt": "0 + 1? It is", "loglikelihoods": {" 1": -1.0, " -1": -1.125}})
    (root / "a.json").write_text(json.dumps({"answers": rules}))
    document = compared(root, first, second, margin=30.0)
    texts = compared(root, first, second, margin=2.0)["divergences"][0]["texts"]
    assert document["decision"] == "same"
    (parting,) = texts["partings"]
    assert (parting["base"], parting["new"], parting["tie"], parting["near_tie"]) == ("1", "-1", 0.125, True)


def test_finished_runs_are_compared_without_asking(root, page, script):
    page()
    compared(root, script("a"), script("b", wrong=[1, 2]), margin=1.0, folder=root / "kept")
    (root / "a.json").unlink()
    document = compared(root, str(root / "kept/A"), str(root / "kept/B"), margin=10.0)
    (verdict,) = document["verdicts"]
    assert (document["decision"], verdict["n"], verdict["flips"]["lost"]) == ("same", 120, 2)
    assert document["divergences"][0]["texts"]["equal"] == 118
    against = compared(root, str(root / "kept/A"), script("c", wrong=range(60)), margin=10.0)
    assert (against["decision"], against["subjects"][0]["asked"]) == ("differs", False)


def test_several_subjects_and_benchmarks_share_the_error_rate(root, page, script):
    """Three of the four verdicts stand; once a subject differs, nothing more is asked of it."""
    page("alpha")
    page("beta", chooses=True)
    bad = script("c", wrong=range(120))
    document = compared(root, script("a"), script("b"), bad, margin=20.0)
    decisions = {(entry["subject"], entry["benchmark"]): entry["decision"] for entry in document["verdicts"]}
    assert [subject["decision"] for subject in document["subjects"]] == [None, "same", "differs"]
    assert decisions["B", "alpha"] == decisions["B", "beta"] == "same"
    assert "differs" in {decisions["C", "alpha"], decisions["C", "beta"]}
    assert document["decision"] == "differs"


def test_an_engine_that_dies_leaves_the_verdict_open_and_ends_with_12(root, page, script):
    """It is started again twice, and answers five cases each time."""
    page()
    dies = script("b", crash={"after": 5, "how": "raise"})
    result = crosstask("parity", script("a"), dies, "--margin", "10pt", "--json", "out.json")
    document = json.loads((root / "out.json").read_text())
    assert result.exit_code == 12
    assert "scripted engine: crashed after 5 requests" in document["broken"]
    assert document["decision"] == "inconclusive"
    assert document["verdicts"][0]["n"] == 15


@pytest.mark.parametrize(("wrong", "margin", "status"), [((), "10pt", 0), (range(120), "10pt", 1), ((), "1pt", 11)])
def test_the_exit_status_is_the_verdict(page, script, wrong, margin, status):
    page()
    result = crosstask("parity", script("a"), script("b", wrong=wrong), "--margin", margin)
    assert result.exit_code == status
    assert result.stdout.splitlines()[-1].startswith("PARITY: ")
    assert "of 120 cases" in result.stderr


def test_subjects_may_stand_in_the_configuration(root, page, script):
    page()
    script("a")
    script("b")
    with (root / "pyproject.toml").open("a") as table:
        for name in "ab":
            table.write(
                f'[tool.crosstask.parity.{name}]\nengine = "scripted"\nmodel = "{name}"\nanswers = "{name}.json"\n'
            )
    assert compared(root, "a", "b")["decision"] == "same"


def test_a_server_is_asked_anew_once_a_parity_is_over(root, page, script):
    """A script stands for a server here: its answers are not those of weights on this disk."""
    page()
    pair = script("a", journal="asked.jsonl"), script("b")
    for times in (1, 2):
        compared(root, *pair)
        assert len((root / "asked.jsonl").read_text().splitlines()) == 64 * times


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["scripted:a"], "parity: found 1 subjects; expected two or more, each as "),
        (["scripted:a", "nowhere"], "nowhere: found no such subject; expected ENGINE:MODEL?option=value, "),
        (["scripted:a", "scripted:a"], "parity: found scripted:a, scripted:a; expected each subject once"),
        (["scripted:a", "scripted:b?limit=3"], "scripted:b?limit=3: found limit; expected it as an option of the "),
        (["scripted:a", "scripted:b?gate=1"], "scripted:b?gate=1: found gate; expected an option of the engine "),
        (["scripted:a", "scripted:b?answes=x"], "--answes: found no such option; expected one as answers"),
        (["scripted:a", "scripted:b?allow-pickle=x"], "scripted:b?allow-pickle=x: found allow-pickle=x; expected "),
    ],
)
def test_what_is_no_subject_is_one_sentence(root, page, words, message):
    page()
    with pytest.raises(UsageError) as error:
        compared(root, *words)
    assert str(error.value).startswith(message)


@pytest.mark.parametrize(
    ("option", "message"),
    [
        (("--margin", "0"), "--margin: found '0'; expected points above 0, as 1pt or 0.5pt"),
        (("--margin", "100pt"), "--margin: found 100pt; expected less than 100 points"),
        (("--alpha", "1"), "--alpha: found 1; expected a number between 0 and 1"),
    ],
)
def test_a_wrong_option_ends_with_2(page, script, option, message):
    page()
    result = crosstask("parity", script("a"), script("b"), *option)
    assert (result.exit_code, result.stderr) == (2, f"crosstask: {message}\n")


def test_runs_that_share_no_case_are_a_sentence(root, page, script):
    page("alpha")
    compared(root, script("a"), script("b"), folder=root / "kept")
    (root / "pages/sums/alpha.py").unlink()
    page("beta")
    result = crosstask("parity", root / "kept/A", script("c"))
    assert result.exit_code == 2
    assert "parity: found no case that all subjects have" in result.stderr
