"""The script that makes exclusion lists: rows found by content, annotations of rows that are not there refused."""

import hashlib
import importlib.util
import json
import tomllib
from pathlib import Path

import pytest

from harness.cases.exclusions import digest
from harness.sources.open import Opener
from harness.sources.open import parse_data

ROOT = Path(__file__).parents[1]
QUESTIONS = [
    {"question": "Is a “plum” blue?", "subject": "fruit", "choices": ["no", "yes", "no ", "tin"], "answer": 0},
    {"question": "Is a plum blue?", "subject": "fruit", "choices": ["no", "yes", "ham", "tin"], "answer": 0},
    {"question": "Is a tin soft?", "subject": "tins", "choices": ["no", "yes", "ham", "ham"], "answer": 1},
]
PROBLEMS = [
    {"question": "Two  tins?", "answer": "1 + 1 = 2\n#### 2"},
    {"question": "A thousand tins?", "answer": "#### 1,000"},
    {"question": "How many?", "answer": "#### 7"},
]


@pytest.fixture(scope="module")
def script():
    spec = importlib.util.spec_from_file_location("known_wrong", ROOT / "benchmarks/known_wrong.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def mirrored(folder, **tables):
    """Sources whose rows are these, by `<hub id>/<config>` with dashes and underscores as they are."""
    entries = []
    for name, rows in tables.items():
        content = "".join(json.dumps(row) + "\n" for row in rows).encode()
        owner, dataset, config = name.split("/")
        path = folder / name / "test.jsonl"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
        entry = {"hub_id": f"{owner}/{dataset}", "config": config, "split": "test", "path": f"{name}/test.jsonl"}
        entries.append(entry | {"records": len(rows), "sha256": hashlib.sha256(content).hexdigest()})
    (folder / "MANIFEST.json").write_text(json.dumps(entries))
    return Opener(parse_data(str(folder)))


def found(one):
    return {row.case: row.why for row in one.rows}


def test_a_right_answer_under_two_letters_is_listed_a_wrong_one_is_not(script, tmp_path):
    sources = script.Sources(mirrored(tmp_path, **{"cais/mmlu/all": QUESTIONS}), None)
    assert found(script.made("answer-twice", sources)) == {"all-0": "A and C are the same answer"}


def test_annotations_find_their_rows_by_content(script, tmp_path):
    (tmp_path / "mmlu_fruit.csv").write_text(
        "question,choices,answer,error_type,source\n"
        '"Is a plum blue?","[""no"", ""yes"", ""ham"", ""tin""]",0,Wrong Groundtruth,x\n'
        "Is a ?plum? blue?,\"['no', 'yes', 'no', 'tin']\",0,OK ,x\n"
    )
    (tmp_path / "mmlu_tins.csv").write_text(
        "question,choices,answer,error_type\nIs a tin soft?,\"['no', 'yes', 'ham', 'ham']\",1,bad_options_clarity\n"
    )
    sources = script.Sources(mirrored(tmp_path / "mirror", **{"cais/mmlu/all": QUESTIONS}), tmp_path)
    assert found(script.made("redux-part", sources)) == {"all-1": "wrong groundtruth", "all-2": "bad options clarity"}


def test_an_annotation_of_another_gold_answer_is_refused(script, tmp_path):
    (tmp_path / "mmlu_tins.csv").write_text(
        "question,choices,answer,error_type\nIs a tin soft?,\"['no', 'yes', 'ham', 'ham']\",0,wrong groundtruth\n"
    )
    sources = script.Sources(mirrored(tmp_path / "mirror", **{"cais/mmlu/all": QUESTIONS}), tmp_path)
    with pytest.raises(SystemExit, match=r"tins: no row of MMLU is 'Is a tin soft\?'; expected one"):
        script.made("redux-part", sources)


def test_redux_reads_a_table_a_subject(script, tmp_path):
    tables = {
        f"edinburgh-dawg/mmlu-redux-2.0/{subject}": [
            {key: row[key] for key in ("question", "choices", "answer")} | {"error_type": kind}
            for row, kind in zip(QUESTIONS, ("ok", "no_correct_answer", "expert"), strict=True)
            if row["subject"] == subject
        ]
        for subject in ("fruit", "tins")
    }
    sources = script.Sources(mirrored(tmp_path, **tables, **{"cais/mmlu/all": QUESTIONS}), None)
    assert found(script.made("redux", sources)) == {"all-1": "no correct answer"}


def test_platinum_lists_what_was_taken_out_or_answered_anew(script, tmp_path):
    revised = [{"question": "Two tins?", "answer": "#### 2"}, {"question": "How many?", "answer": "#### 8"}]
    tables = {"openai/gsm8k/main": PROBLEMS, "madrylab/gsm8k-platinum/main": revised}
    sources = script.Sources(mirrored(tmp_path, **tables), None)
    assert found(script.made("platinum", sources)) == {"main-1": "taken out", "main-2": "given another answer"}


def test_the_file_reads_back_as_the_list(script, tmp_path):
    sources = script.Sources(mirrored(tmp_path, **{"cais/mmlu/all": QUESTIONS}), None)
    one = script.made("answer-twice", sources)
    content = tomllib.loads(script.toml(one))
    rows = sources.opener.open(script.MMLU).rows
    assert content["rows"] == [
        {"case": "all-0", "digest": digest(rows[0], one.fields), "why": "A and C are the same answer"}
    ]
    assert (content["benchmark"], content["fields"]) == ("mmlu", ["question", "subject", "choices", "answer"])
