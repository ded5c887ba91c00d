"""Exclusion lists and solved examples in a session: tagged and recorded, asked all the same, both numbers shown."""

import json

import pytest

from harness.cases.exclusions import digest
from harness.sources import Row


def listed(project, *rows, **head):
    """A list of cases of alpha, whose digests are those of the rows given."""
    facts = {"benchmark": "alpha", "name": "ours", "version": "1", "source": "our own", "why": "wrong sums"} | head
    lines = [f'{key} = "{value}"' for key, value in facts.items()]
    entries = [
        f'{{case = "alpha-{number}", digest = "{digest(Row(fields, "", 0, ""), ["question", "answer"])}", why = "-"}}'
        for number, fields in rows
    ]
    path = project.path / f"pages/exclusions/alpha/{facts['name']}-{facts['version']}.toml"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("\n".join([*lines, 'fields = ["question", "answer"]', f"rows = [{', '.join(entries)}]"]))


def row(number):
    return number, {"question": f"alpha {number}: {number} + 1?", "answer": number + 1}


def records(project):
    lines = (project.folder / "records.jsonl").read_text().splitlines()
    return {record["case"]: record for record in (json.loads(line)["record"] for line in lines)}


@pytest.mark.parametrize("workers", [(), ("-n", "2")])
def test_listed_cases_are_asked_and_both_numbers_shown(sums, workers):
    listed(sums, row(2), row(3), (4, {"question": "another", "answer": 5}))
    output = sums.run("-k", "alpha", *workers)
    assert len(sums.asked) == 6
    tagged = {case for case, record in records(sums).items() if record["tags"]}
    assert tagged == {"alpha-2", "alpha-3"}
    (score,) = sums.summary()["scores"]
    assert (score["estimate"]["value"], score["estimate"]["n"]) == (pytest.approx(2 / 6), 6)
    (without,) = score["without"]
    assert (without["name"], without["version"], without["excluded"]) == ("ours", "1", 2)
    assert (without["estimate"]["value"], without["estimate"]["n"]) == (pytest.approx(2 / 4), 4)
    assert "k: known-wrong rows are among the cases, -v shows the score without them" in output
    assert "alpha: rows have changed since ours 1 listed them and are not excluded: alpha-4" in output
    manifest = json.loads((sums.folder / "manifest.json").read_text())
    (facts,) = manifest["benchmarks"]["alpha"]["exclusions"]
    assert (facts["listed"], facts["excluded"], facts["changed"]) == (3, 2, ["alpha-4"])


def test_a_new_list_tags_what_was_measured_and_asks_nothing(sums):
    sums.run("-k", "alpha")
    asked = list(sums.asked)
    listed(sums, row(2))
    sums.run("-k", "alpha")
    assert sums.asked == asked
    assert records(sums)["alpha-2"]["tags"] == ["excluded by ours 1"]
    assert sums.summary()["scores"][0]["without"][0]["excluded"] == 1


def test_a_broken_list_ends_the_session_before_anything_is_asked(sums):
    listed(sums, row(2), why="")
    output = sums.run("-k", "alpha", status=4)
    assert "ours-1.toml: found why ''; expected text" in output
    assert sums.asked == []


def test_the_examples_drawn_are_in_the_manifest_and_in_every_prompt(sums):
    page = sums.path / "pages/sums/alpha.py"
    text = page.read_text().replace(
        'rows=from_file("alpha.jsonl")', 'rows=from_file("alpha.jsonl"), shots=from_file("solved.jsonl")'
    )
    asks = "Generate(''.join(shot.text('question') for shot in shots) + row.text('question'), max_tokens=8)"
    page.write_text(text.replace('Generate(row.text("question"), max_tokens=8)', asks))
    lines = [json.dumps({"question": f"solved {number}! "}) for number in range(9)]
    (page.parent / "solved.jsonl").write_text("\n".join(lines))
    sums.run("-k", "alpha", "--shots", "2")
    shots = json.loads((sums.folder / "manifest.json").read_text())["benchmarks"]["alpha"]["shots"]
    assert len(set(shots)) == 2
    head = "".join(f"solved {one.removeprefix('solved-')}! " for one in shots)
    prompts = [
        json.loads(line)["request"]["prompt"] for line in (sums.folder / "prompts.jsonl").read_text().splitlines()
    ]
    assert all(prompt.startswith(f"{head}alpha ") for prompt in prompts)
    output = sums.run("-k", "alpha", "--shots", "10", status=4)
    assert "--shots 10: solved.jsonl has 9 rows; expected at least 10" in output
