"""What differs beside the model is found, by kind; what is equal or unknown is not."""

import pytest

from harness.compare.differences import Difference
from harness.compare.differences import differences
from harness.printing.numbers import NOTHING


def found(make, verdicts, change, *others):
    """The differences between a run and a copy that `change` was applied to."""
    runs = [make("a", tins=verdicts("+-")), make("b", tins=verdicts("+-"))]
    change(runs[1].manifest)
    for other in others:
        other(runs)
    return differences([run.system(name) for run, name in zip(runs, "AB", strict=True)])


def put(*path, value):
    def change(manifest):
        *way, last = path
        place = manifest
        for step in way:
            place = place[step]
        place[last] = value

    return change


def test_equal_runs_differ_in_nothing(make, verdicts):
    assert found(make, verdicts, lambda _: None) == ()


def test_the_model_itself_is_no_difference(make, verdicts):
    (one, two) = make("run", {"one": {"tins": verdicts("+")}, "two": {"tins": verdicts("-")}}).systems()
    assert one.about["digest"] != two.about["digest"]
    assert differences([one, two]) == ()


TINS = ("benchmarks", "tins")
TOY = ("models", "toy", "settings")


@pytest.mark.parametrize(
    ("path", "value", "expected"),
    [
        ((*TINS, "version"), 2, ("version", "tins", ("1", "2"))),
        ((*TINS, "shots"), ["9", "7"], ("shots", "tins", ("0", "2"))),
        (("recipe", "name"), "paper", ("recipe", None, ("all", "paper"))),
        ((*TOY, "template"), True, ("chat template", None, ("off", "on"))),
        ((*TOY, "dtype"), "bfloat16", ("dtype", None, ("float32", "bfloat16"))),
        ((*TOY, "device"), "cuda:1", ("device", None, ("cpu", "cuda"))),
        ((*TOY, "engine"), "vllm", ("engine", None, ("transformers", "vllm"))),
        ((*TOY, "truncate"), "left", ("truncate", None, ("refuse", "left"))),
        ((*TOY, "generation_config"), "model", ("generation config", None, ("benchmark", "model"))),
        ((*TOY, "load_in"), "4bit", ("load in", None, ("as stored", "4bit"))),
        (("settings", "adapter"), "tuned", ("adapter", None, ("none", "tuned"))),
        (("settings", "short_answers"), 64, ("answer length", None, ("as the page says", "64"))),
        (("settings", "seed"), 1, ("seed", None, ("0", "1"))),
        (("settings", "limit"), 30, ("limit", None, ("all", "30"))),
        (("settings", "limits"), {"tins": 5}, ("limits", None, ("none", '{"tins": 5}'))),
        (("models", "toy", "identity", "rules"), {"bos": 2}, ("token rules", None, ("bos 1", "bos 2"))),
        (("models", "toy", "identity", "libraries"), {"torch": "2.9"}, ("library", None, ("torch 2.8.0", "torch 2.9"))),
        (("environment", "packages", "sacrebleu"), "2.5", ("library", None, ("sacrebleu 2.6.0", "sacrebleu 2.5"))),
        (("crosstask",), "0.2.0", ("crosstask", None, ("0.1.0", "0.2.0"))),
        (("generalise_over",), "subject", ("intervals over", None, ("cases", "subject"))),
    ],
)
def test_each_kind_is_found(make, verdicts, path, value, expected):
    assert found(make, verdicts, put(*path, value=value)) == (Difference(*expected),)


def test_other_rows_are_named_by_hash_and_the_sample_by_name(make, verdicts):
    other = [{"source": "sample", "name": "org/tins", "sha256": "beef" * 16}]
    (only,) = found(make, verdicts, put(*TINS, "data", value=other))
    assert (only.kind, only.benchmark, only.values[1]) == ("rows", "tins", "sample beefbeef")


def test_the_same_rows_from_elsewhere_are_no_difference(make, verdicts):
    def moved(manifest):
        manifest["benchmarks"]["tins"]["data"][0] |= {"source": "mirror", "name": "elsewhere", "revision": None}

    assert found(make, verdicts, moved) == ()


def test_rows_without_a_hash_are_told_by_revision(make, verdicts):
    def unhashed(runs):
        for run in runs:
            run.manifest["benchmarks"]["tins"]["data"][0].pop("sha256")

    changed = put(*TINS, "data", value=[{"source": "hub", "revision": "fed"}])
    values = ("revision abc", "revision fed")
    assert found(make, verdicts, changed, lambda runs: unhashed(runs[:1])) == (Difference("rows", "tins", values),)


def test_as_many_other_examples_are_told_apart_by_their_hash(make, verdicts):
    def shown(runs):
        runs[0].manifest["benchmarks"]["tins"]["shots"] = ["1", "2"]

    (only,) = found(make, verdicts, put(*TINS, "shots", value=["2", "1"]), shown)
    assert only.kind == "shots"
    assert all(value.startswith("2 (") for value in only.values)
    assert len(set(only.values)) == 2


def test_a_metric_that_judges_otherwise_is_found_by_signature_or_reducer(make, verdicts):
    (only,) = found(make, verdicts, put(*TINS, "metrics", 0, "signature", value="acc|v:2"))
    assert only == Difference("metric", "tins", ("acc|v:1", "acc|v:2"))
    (only,) = found(make, verdicts, put(*TINS, "metrics", 0, "reducer", value="mean"))
    assert only.values == ("acc|v:1 (proportion)", "acc|v:1 (mean)")


def test_prompts_that_differ_without_a_reason_are_found(make, verdicts):
    def edited(runs):
        runs[1].digests["tins", "0"] = "f" * 64

    (only,) = found(make, verdicts, lambda _: None, edited)
    assert (only.kind, only.benchmark) == ("prompts", "tins")
    assert len(set(only.values)) == 2


@pytest.mark.parametrize("reason", [(*TINS, "shots"), (*TINS, "version"), ("settings", "short_answers")])
def test_prompts_that_differ_for_a_reason_are_told_by_it_alone(make, verdicts, reason):
    def edited(runs):
        runs[1].digests["tins", "0"] = "f" * 64

    value = ["1"] if reason[-1] == "shots" else 2
    assert "prompts" not in [one.kind for one in found(make, verdicts, put(*reason, value=value), edited)]


def test_an_unknown_setting_of_a_later_crosstask_is_shown_as_it_is(make, verdicts):
    def newer(runs):
        runs[0].manifest["settings"]["top_k"] = 10

    assert found(make, verdicts, put("settings", "top_k", value=20), newer) == (
        Difference("top k", None, ("10", "20")),
    )


def test_what_a_run_does_not_know_differs_from_nothing(make, verdicts):
    assert found(make, verdicts, put("models", "toy", value={"card": {"name": "toy"}})) == ()


@pytest.mark.parametrize("library", ["pytest", "numpy", "scipy", "datasets", "pytest-xdist"])
def test_libraries_that_change_no_score_are_left_out(make, verdicts, library):
    def older(runs):
        runs[0].manifest["environment"]["packages"][library] = "1"

    assert found(make, verdicts, put("environment", "packages", library, value="2"), older) == ()


def test_many_systems_stand_in_order_and_a_benchmark_that_one_lacks_is_a_dash(make, verdicts):
    runs = [make("a", tins=verdicts("+")), make("b", cups=verdicts("+")), make("c", tins=verdicts("+"))]
    runs[2].manifest["benchmarks"]["tins"]["version"] = 2
    systems = [run.system(name) for run, name in zip(runs, "ABC", strict=True)]
    assert differences(systems) == (Difference("version", "tins", ("1", NOTHING, "2")),)


def test_the_order_is_what_is_asked_before_how_it_is_answered(make, verdicts):
    def all_of_it(manifest):
        for path, value in (((*TOY, "dtype"), "float16"), ((*TINS, "version"), 2), (("settings", "limit"), 3)):
            put(*path, value=value)(manifest)

    assert [one.kind for one in found(make, verdicts, all_of_it)] == ["version", "dtype", "limit"]
