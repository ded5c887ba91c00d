"""Areas of several benchmarks, the best of either family, and a mix of areas, against what the cases say."""

import random

import pytest

from harness.compare.compare import compare
from harness.compare.document import part
from harness.compare.mix import parse_mix
from harness.compare.study import family
from harness.compare.study import parse_family
from harness.compare.study import with_families
from harness.compare.study_terminal import mix_lines
from harness.compare.study_terminal import study_lines
from harness.compare.table import Choice
from harness.compare.terminal import section
from harness.errors import UsageError
from harness.statistics import Draws
from harness.statistics import holm

QUICK = Choice(draws=Draws(resamples=1000))
AREAS = {"tins": "math", "jars": "math", "cups": "code"}
SHARES = {"g1": (0.7, 0.6, 0.2), "g2": (0.5, 0.5, 0.3), "c1": (0.4, 0.4, 0.7), "c2": (0.3, 0.2, 0.5)}


def verdicts(share, seed, n=120):
    draw = random.Random(seed)
    return {str(number): draw.random() < share for number in range(n)}


@pytest.fixture
def run(make):
    """Two general and two code models on two areas, general ones better at math and code ones at code."""
    scores = {
        model: {name: verdicts(share, f"{model} {name}") for name, share in zip(AREAS, shares, strict=True)}
        for model, shares in SHARES.items()
    }
    made = make("run", scores)
    for name, area in AREAS.items():
        made.manifest["benchmarks"][name]["area"] = area
    for model in SHARES:
        made.manifest["models"][model]["card"]["family"] = {"g": "general", "c": "code"}[model[0]]
    return made


def share(run, model, benchmark):
    cases = run.scores[model][benchmark]
    return 100 * sum(cases.values()) / len(cases)


def of(run, **changes):
    choice = Choice(draws=QUICK.draws, **changes)
    return part(compare(run.systems(), choice))


def test_an_areas_score_is_the_mean_of_its_benchmarks(run):
    math, code = of(run)["study"]["areas"]
    assert (math["name"], math["n"], code["n"]) == ("math", 240, 120)
    assert math["benchmarks"] == [{"benchmark": "tins", "metric": "acc"}, {"benchmark": "jars", "metric": "acc"}]
    for score in math["scores"]:
        model = score["system"]
        assert score["value"] == pytest.approx((share(run, model, "tins") + share(run, model, "jars")) / 2)
        assert score["low"] < score["value"] < score["high"]


def test_the_best_of_either_family_are_compared_and_their_p_corrected(run):
    math, code = of(run)["study"]["areas"]
    assert [(one["general"], one["code"], one["winner"]) for one in (math, code)] == [
        ("g1", "c1", "g1"),
        ("g2", "c1", "c1"),
    ]
    scores = {one["system"]: one["value"] for one in math["scores"]}
    assert math["difference"]["value"] == pytest.approx(scores["c1"] - scores["g1"])
    assert (math["p_corrected"], code["p_corrected"]) == holm([math["p"], code["p"]])


def test_the_families_means_stand_beside(run):
    for area in of(run)["study"]["areas"]:
        scores = {one["system"]: one["value"] for one in area["scores"]}
        means = {family: (scores[f"{family[0]}1"] + scores[f"{family[0]}2"]) / 2 for family in ("general", "code")}
        assert {name: one["value"] for name, one in area["means"].items()} == pytest.approx(means)
        assert area["means_difference"]["value"] == pytest.approx(means["code"] - means["general"])


def test_choosing_among_equals_finds_no_winner(make):
    # the best of three is ahead of another by luck; its own p alone would call it better too often
    wins = 0
    for seed in range(12):
        scores = {name: {"tins": verdicts(0.5, f"{seed} {name}", 60)} for name in ("g1", "g2", "g3", "c1", "c2", "c3")}
        made = make(f"run{seed}", scores)
        for name in scores:
            made.manifest["models"][name]["card"]["family"] = "general" if name[0] == "g" else "code"
        wins += of(made)["study"]["areas"][0]["winner"] is not None
    assert wins <= 2


def test_what_has_no_place_in_a_mean_is_left_out_and_said(make):
    lines = {str(row): (-2.0 - row / 9, 1.0) for row in range(20)}
    scores = {name: {"tins": verdicts(0.5, name, 20), "lines": lines, "odds": lines} for name in ("g", "c")}
    made = make("run", scores, {"lines": {"ppl": "perplexity"}, "odds": {"ppl": "perplexity"}})
    made.manifest["benchmarks"]["odds"]["metrics"][0]["higher_is_better"] = True
    for name, which in (("g", "general"), ("c", "code")):
        made.manifest["models"][name]["card"]["family"] = which
    found = of(made)
    (area,) = found["study"]["areas"]
    assert [one["benchmark"] for one in area["benchmarks"]] == ["tins"]
    assert found["notes"] == [
        "lines: in no area's mean, as ppl is better the lower it is",
        "odds: in no area's mean, as ppl has no upper bound",
    ]


def test_one_family_alone_is_no_study(run):
    for model in run.manifest["models"].values():
        model["card"]["family"] = "code"
    found = of(run)
    assert (found["study"], study_lines(found, {}), mix_lines(found, {})) == (None, [], [])


def test_the_tables_name_models_by_letters(run):
    found = section(of(run))
    start = next(place for place, text in enumerate(found) if text.startswith("By area"))
    assert found[start].endswith("(general: A, B; code: C, D):")
    assert [text.split()[:3] for text in found[start + 3 : start + 5]] == [["math", "2", "240"], ["code", "1", "120"]]
    best = [text.split() for text in found[start + 9 : start + 11]]
    assert [(one[0], one[1], one[3], one[-1]) for one in best] == [("math", "A", "C", "A"), ("code", "B", "C", "C")]


def test_a_mix_is_the_weighted_mean_of_its_parts(run):
    found = of(run, mix=tuple(parse_mix("code=3,math=1").items()))["mix"]
    assert found["weights"] == {"code": 0.75, "math": 0.25}
    for one in found["scores"]:
        math = (share(run, one["system"], "tins") + share(run, one["system"], "jars")) / 2
        assert one["value"] == pytest.approx(0.75 * share(run, one["system"], "cups") + 0.25 * math)
    assert [one["system"] for one in found["scores"] if one["rank"] == 1] == ["c1"]
    pair = next(one for one in found["pairs"] if (one["first"], one["second"]) == ("g1", "c1"))
    assert pair["low"] < pair["difference"] < pair["high"]


def test_the_winner_changes_where_both_are_even(run):
    found = of(run, mix=(("code", 0.5), ("math", 0.5)))["mix"]
    one = next(one for one in found["changes"] if (one["first"], one["second"]) == ("g1", "c1"))
    math = [(share(run, name, "tins") + share(run, name, "jars")) / 2 for name in ("g1", "c1")]
    code = [share(run, name, "cups") for name in ("g1", "c1")]
    ahead, behind = code[1] - code[0], math[1] - math[0]
    assert (one["part"], one["without"], one["alone"]) == ("code", "g1", "c1")
    assert one["crossing"]["at"] == pytest.approx(-behind / (ahead - behind))
    assert one["crossing"]["low"] < one["crossing"]["at"] < one["crossing"]["high"]
    assert {each["part"] for each in found["changes"]} == {"code"}


def test_of_three_parts_each_is_weighed_against_the_rest(run):
    found = of(run, mix=(("cups", 0.5), ("tins", 0.3), ("jars", 0.2)))["mix"]
    assert list(dict.fromkeys(one["part"] for one in found["changes"])) == ["cups", "tins", "jars"]
    assert of(run, mix=(("cups", 1.0),))["mix"]["changes"] == []


def test_an_area_and_one_of_its_benchmarks_add_up(run):
    both = of(run, mix=(("math", 0.5), ("tins", 0.5)))["mix"]
    single = of(run, mix=(("tins", 0.75), ("jars", 0.25)))["mix"]
    assert both["scores"] == single["scores"]
    assert both["pairs"] == single["pairs"]


def test_a_mix_in_lines(run):
    choice = Choice(draws=QUICK.draws, mix=(("code", 0.5), ("math", 0.5)))
    names = {"g1": "A", "g2": "B", "c1": "C", "c2": "D"}
    found = mix_lines(part(compare(run.systems(), choice)), names)
    assert found[0] == "By the mix code 0.5, math 0.5, 360 cases:"
    (change,) = (text for text in found if text.startswith("A, C:"))
    assert change.startswith("A, C: A is better below code 0.")
    assert "above; open from 0." in change


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("code", "--mix: found 'code'; expected NAME=WEIGHT, as code=.6,language=.4"),
        ("code=x", "--mix: found 'code=x'; expected NAME=WEIGHT, as code=.6,language=.4"),
        ("code=0,math=1", "--mix: found 'code=0'; expected NAME=WEIGHT, as code=.6,language=.4"),
        ("code=inf", "--mix: found 'code=inf'; expected NAME=WEIGHT, as code=.6,language=.4"),
        ("=1", "--mix: found '=1'; expected NAME=WEIGHT, as code=.6,language=.4"),
        ("", "--mix: found ''; expected NAME=WEIGHT, as code=.6,language=.4"),
        ("code=1,code=2", "--mix: code is named twice; expected each part once"),
    ],
)
def test_a_mix_that_is_none(text, message):
    with pytest.raises(UsageError) as caught:
        parse_mix(text)
    assert str(caught.value) == message


def test_an_unknown_part_names_the_known(run):
    with pytest.raises(UsageError) as caught:
        of(run, mix=(("law", 1.0),))
    known = "an area (math, code) or a benchmark (tins, jars, cups)"
    assert str(caught.value) == f"--mix: found 'law'; expected {known}"


NAMES = {"g": "llama-2-7b", "c": "codellama/CodeLlama-7b-hf", "c--": "codellama--CodeLlama-7b-hf", "o": "our-own"}


@pytest.fixture
def bare(make):
    """Models of which a name is all that is known, as replayed answers and imported runs have it."""
    return make("bare", {name: {"tins": verdicts(0.5, name)} for name in NAMES.values()})


def test_a_name_or_a_hub_id_brings_its_cards_family(bare):
    families = of(bare)["study"]["families"]
    assert families == {NAMES["g"]: "general", NAMES["c"]: "code", NAMES["c--"]: "code", NAMES["o"]: None}


def test_a_family_can_be_said_of_a_model(bare, run):
    said = with_families(bare.systems(), dict(map(parse_family, ["our-own=code", "llama-2-7b=code"])))
    assert [family(system) for system in said] == ["code"] * 4
    assert [family(system) for system in with_families(run.systems(), {"g1": "code"})] == [
        "code",
        "general",
        *["code"] * 2,
    ]


@pytest.mark.parametrize("text", ["our-own", "our-own=", "=code", "our-own=maths"])
def test_a_family_that_is_none(text):
    with pytest.raises(UsageError, match=f"^--family: found '{text}'; expected MODEL=general or MODEL=code$"):
        parse_family(text)


def test_a_family_of_a_model_that_is_not_there(bare):
    with pytest.raises(UsageError, match=r"^--family: found model 'mine'; expected one of llama-2-7b, "):
        with_families(bare.systems(), {"mine": "code"})
