"""What the page's foot says of a run: lines for a reader, whatever the manifest lacks."""

from harness.report.manifest import facts


def made(**changes):
    start = {"models": {}, "benchmarks": {}, "planned": {}}
    return dict(facts({**start, **changes}))


def test_the_command_is_one_that_a_shell_takes_again():
    run = made(command=["pytest", "evals/", "-k", "gsm8k or boolq", "--model", "a b"])["Run"]
    assert run["command"] == "pytest evals/ -k 'gsm8k or boolq' --model 'a b'"


def test_the_recipe_is_its_name_and_what_it_says_of_itself():
    metrics = {"gsm8k": "exact_match"}
    told = {"name": "ours", "description": "Two benchmarks", "metrics": metrics}
    assert made(recipe=told)["Run"] == {"recipe": "ours: Two benchmarks"}
    assert made(recipe={"name": "ours", "metrics": metrics})["Run"] == {"recipe": "ours"}


def test_rows_are_told_by_table_source_and_hash():
    whole = {"source": "hub", "name": "openai/gsm8k/main/test", "revision": "cc7b047b6e5bb11b", "records": 1319}
    data = [{**whole, "sha256": "0123456789abcdef"}, {"source": "sample", "name": "ours", "revision": None}]
    found = made(benchmarks={"gsm8k": {"version": 3, "data": data}})["gsm8k"]
    assert found == {
        "version": "3",
        "data": "openai/gsm8k/main/test (hub, revision cc7b047b6e5b, 1,319 rows, sha256 0123456789ab); ours (sample)",
    }


def test_what_is_not_said_is_left_out():
    assert made() == {}
    assert made(benchmarks={"gsm8k": {"version": 3}}) == {"gsm8k": {"version": "3"}}
