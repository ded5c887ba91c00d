"""`--after` and `--before` in a session: dated cases are kept by their dates, others stay with a note."""

import json


def test_dated_cases_are_kept_and_others_left_as_they_are(sums):
    page = sums.path / "pages/sums/alpha.py"
    dated = """str(row["answer"]), date=f"2024-0{row['answer']}-01", tags=(f"month:2024-0{row['answer']}",))"""
    page.write_text(page.read_text().replace('str(row["answer"]))', dated))
    output = sums.run("--after", "2024-03-01", "--before", "2024-04-30")
    planned = json.loads((sums.folder / "manifest.json").read_text())
    kept = next(iter(planned["planned"].values()))
    assert (kept["alpha"], len(kept["beta"])) == (["alpha-2", "alpha-3"], 6)
    assert (planned["settings"]["after"], planned["settings"]["before"]) == ("2024-03-01", "2024-04-30")
    note = "beta: its cases have no dates, so --after 2024-03-01 --before 2024-04-30 leaves them as they are."
    assert f"note: {note}" in output
    score = next(score for score in sums.summary()["scores"] if score["benchmark"] == "alpha")
    (months,) = score["breakdowns"]
    assert [(group["group"], group["n"]) for group in months["groups"]] == [("2024-03", 1), ("2024-04", 1)]
