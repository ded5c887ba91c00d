"""With and without xdist: the same requests asked once, the same numbers."""

import json

import pytest


@pytest.mark.parametrize("distribution", [("-n", "2"), ("-n", "3", "--dist", "worksteal")])
def test_workers_change_no_number(sums, distribution, monkeypatch):
    sums.run("--run-dir", "alone")
    asked = len(sums.asked)
    monkeypatch.setenv("CROSSTASK_CACHE", str(sums.path / "other-cache"))
    sums.run("--run-dir", "together", *distribution)
    assert len(sums.asked) == 2 * asked
    assert sums.verdicts(sums.path / "alone") == sums.verdicts(sums.path / "together")
    assert sums.summary(sums.path / "alone") == sums.summary(sums.path / "together")


def test_with_workers_the_default_folder_is_the_same(sums):
    sums.run()
    assert "0 requests asked" in sums.run("-n", "2")
    assert sums.folder.name.startswith("smollm2-135m-")


@pytest.mark.parametrize("workers", [(), ("-n", "2")])
def test_two_turns_are_asked_and_the_last_is_scored(project, workers):
    project.two_turns()
    project.script(answers=[{"match": "You said 6", "text": " 7"}, {"match": "three plus three", "text": " 6"}])
    project.run(*workers, "--model", "one")
    assert project.summary()["scores"][0]["estimate"]["value"] == 1
    lines = (project.folder / "records.jsonl").read_text().splitlines()
    record = json.loads(lines[0])["record"]
    texts = [response["completions"][0]["text"] for response in record["responses"]]
    assert texts == [" 6", " 7"]
    kept = {json.loads(line)["prompt"] for line in (project.folder / "prompts.jsonl").read_text().splitlines()}
    assert set(record["prompts"]) <= kept
    # three first turns, and one second turn that is the same for all
    assert len(project.asked) == 4


def test_two_turns_with_two_models_ask_each_its_own(project):
    project.two_turns(rows=2)
    project.script(answers=[{"match": "You said", "text": " 7"}, {"match": "three", "text": " 6"}])
    project.run("--model", "one", "--model", "two")
    assert {model for model, *_ in project.verdicts()} == {"one", "two"}
    assert project.summary()["complete"] is True


@pytest.mark.parametrize("workers", [(), ("-n", "2")])
def test_a_bad_row_stops_before_the_model(sums, workers):
    (sums.path / "pages/sums/alpha.jsonl").write_text(
        '{"question": "alpha 0: ?", "answer": 1}\n{"question": "", "answer": 2}\n'
    )
    output = sums.run(*workers, status=4)
    assert "alpha.jsonl row 1, field 'question': ''; expected text" in output
    assert "Traceback" not in output
    assert sums.asked == []


@pytest.mark.parametrize("workers", [(), ("-n", "2")])
def test_a_benchmark_without_rows_is_not_run_and_the_others_go_on(sums, workers):
    page = sums.path / "pages/words/beta.py"
    page.write_text(
        page.read_text()
        .replace('from_file("beta.jsonl")', 'from_hub("own/beta", split="test")')
        .replace("import from_file", "import from_hub")
    )
    output = sums.run("--data", "sample", *workers, status=4)
    assert "--data sample: no directory configured" in output
    (sums.path / "samples").mkdir()
    (sums.path / "pyproject.toml").write_text('[tool.crosstask]\nevals = ["pages"]\nsample = "samples"\n')
    output = sums.run(*workers, status=12)
    assert "not run: own/beta/default/test: no bundled sample" in output
    assert "INCOMPLETE 6/7" in output


def test_answers_are_asked_for_through_ask(project):
    project.page("alpha", rows=2)
    page = project.path / "pages/sums/alpha.py"
    page.write_text(
        page.read_text().replace(
            "def test_alpha(case, response, record):",
            "def test_alpha(case, model, ask, record):\n    "
            "response = ask(Generate(f'{model.name} and {case.id}', max_tokens=4))",
        )
    )
    project.script(answers=[{"match": "one and alpha-0", "text": " 1"}, {"match": "one and alpha-1", "text": " 2"}])
    project.run("--model", "one")
    assert project.summary()["scores"][0]["estimate"]["value"] == 1
