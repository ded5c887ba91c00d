"""lm-evaluation-harness's samples: its own numbers, cases that are those of a page, and nothing made up."""

import gzip
import json

import numpy as np
import pytest

from harness.cases.shots import draw
from harness.compare.alignment import align
from harness.compare.differences import differences
from harness.compare.system import systems_of
from harness.core import Generate
from harness.core import Message
from harness.errors import StoreError
from harness.errors import UsageError
from harness.importers.lm_eval.names import key
from harness.importers.lm_eval.names import ours
from harness.report.rescore import rescore
from harness.statistics import REDUCERS

MODEL = "smollm2-135m"
TASKS = {
    "arc_easy": ("arc_easy", ("acc", "acc_norm")),
    "boolq": ("boolq", ("acc",)),
    "cb": ("cb", ("acc", "macro_f1")),
    "gsm8k": ("gsm8k", ("strict-match", "flexible-extract")),
    "lambada_openai": ("lambada", ("perplexity", "acc")),
    "mgsm_direct_en": ("mgsm", ("remove_whitespace", "flexible-extract")),
    "mmlu_computer_security": ("mmlu", ("acc",)),
    "multirc": ("multirc", ("acc",)),
    "truthfulqa_mc1": ("truthfulqa", ("mc1",)),
    "truthfulqa_mc2": ("truthfulqa", ("mc2",)),
    "wikitext": ("perplexity", ("word_perplexity", "byte_perplexity", "bits_per_byte")),
}
"""The page of each task, and what its metrics are called there."""


def told(folder):
    """What the results files of a folder say: (task, metric, filter) -> value."""
    found = {}
    for path in folder.rglob("results_*.json"):
        for task, numbers in json.loads(path.read_text())["results"].items():
            for name, value in numbers.items():
                metric, comma, filtered = name.partition(",")
                if comma and not metric.endswith("_stderr"):
                    found[task, metric, filtered] = value
    return found


def docs(folder, task):
    """The docs of a task in their order, and their numbers."""
    (path,) = folder.rglob(f"samples_{task}_2*.jsonl")
    lines = [json.loads(line) for line in path.read_text().splitlines()]
    return {line["doc_id"]: line["doc"] for line in lines}


def value(group, metric):
    (facts,) = [one for one in group.metrics if one["name"] == metric]
    stats = [group.score(case, metric).stats for case in group.planned]
    return float(REDUCERS[facts["reducer"]](np.array(stats).sum(axis=0)))


@pytest.mark.parametrize("folder", ["zero", "shots", "chat"])
@pytest.mark.parametrize("paged", [True, False], ids=["pages", "no pages"])
def test_every_value_is_that_of_the_results_file(load, files, pages, folder, paged):
    path = files / "lm_eval" / folder
    made = load("lm-eval", path, pages=pages if paged else {})
    expected = told(path)
    found = {}
    for (_, benchmark), group in made.groups.items():
        for metric in group.metrics:
            for task in group.facts["imported"]:
                name = key(task, metric["name"], metric["signature"])
                if (task, *name) in expected:
                    found[task, *name] = value(group, metric["name"])
                elif not paged:
                    filtered = metric["name"].removeprefix("lm-eval/").split(",")
                    found[task, filtered[0], filtered[-1]] = value(group, metric["name"])
        assert benchmark in made.manifest["benchmarks"]
    assert found == pytest.approx({name: expected[name] for name in found})
    left_out = {("cb", "f1", "none")} if folder == "zero" and not paged else set()
    assert set(expected) - set(found) == left_out


def test_files_packed_by_gzip_are_the_same(load, files, tmp_path):
    source, folder = files / "lm_eval/shots", tmp_path / "packed"
    for file in (one for one in source.rglob("*") if one.is_file()):
        target = folder / file.parent.relative_to(source) / f"{file.name}.gz"
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(gzip.compress(file.read_bytes()))
    plain = load("lm-eval", source, "plain")
    (results,) = folder.rglob("results_*.json.gz")
    for number, path in enumerate((folder, results)):
        found = load("lm-eval", path, f"packed{number}")
        assert list(found.groups) == list(plain.groups)
        assert [one.scores for one in found.records.values()] == [one.scores for one in plain.records.values()]
        assert found.manifest["notes"] == plain.manifest["notes"]
    (one, *_) = sorted(folder.rglob("samples_*.jsonl.gz"))
    assert load("lm-eval", one, "one").groups


def test_each_task_is_the_page_that_asks_it(load, files, pages):
    made = load("lm-eval", files / "lm_eval/zero", pages=pages)
    found = {}
    for name, facts in made.manifest["benchmarks"].items():
        page = {metric.name: metric for metric in pages[name].metrics}
        assert facts["version"] == pages[name].version
        for metric in facts["metrics"]:
            own = page[metric["name"]]
            assert (metric["reducer"], metric["signature"]) == (own.reducer, own.signature), name
        for task in facts["imported"]:
            found[task] = (
                name,
                tuple(
                    metric["name"] for metric in facts["metrics"] if key(task, metric["name"], metric["signature"])[0]
                ),
            )
    expected = {task: page for task, (page, _) in TASKS.items()}
    assert {task: name for task, (name, _) in found.items()} == expected
    metrics = {
        name: tuple(metric["name"] for metric in facts["metrics"])
        for name, facts in made.manifest["benchmarks"].items()
    }
    for name in set(expected.values()):
        assert set(metrics[name]) == {metric for page, own in TASKS.values() if page == name for metric in own}


@pytest.mark.parametrize("task", sorted(set(TASKS) - {"mmlu_computer_security", "multirc"}))
def test_a_case_is_the_one_a_run_of_ours_would_ask(load, files, pages, rows, task):
    path = files / "lm_eval/zero"
    page = pages[TASKS[task][0]]
    table = next((one for one in page.tables if task.endswith(f"_{one.config}")), page.tables[0])
    opener = rows({table.name: list(docs(path, task).values())})
    wanted = {case.id: case for case in page.collect([opener.open(table)])}
    made = load("lm-eval", path, pages=pages)
    found = {case: record for (benchmark, case), record in made.records.items() if benchmark == page.name}
    assert list(found) == list(wanted)
    for name, case in wanted.items():
        record = found[name]
        assert (record.digest, record.target, record.cluster) == (case.digest, case.target, case.cluster)
        assert (record.stratum, record.tags) == (case.stratum, case.tags)


def test_answers_to_one_question_are_one_case(load, files, pages):
    made = load("lm-eval", files / "lm_eval/zero", pages=pages)
    found = {case: record for (benchmark, case), record in made.records.items() if benchmark == "multirc"}
    wanted = {}
    for doc in docs(files / "lm_eval/zero", "multirc").values():
        wanted.setdefault(f"{doc['idx']['paragraph']}-{doc['idx']['question']}", []).append(doc["label"])
    assert {name: list(record.target) for name, record in found.items()} == wanted
    assert [record.scores[0].stats[1] for record in found.values()] == [len(labels) for labels in wanted.values()]


def test_two_tasks_of_one_page_are_one_case(load, files, pages):
    made = load("lm-eval", files / "lm_eval/zero", pages=pages)
    record = made.records["truthfulqa", "multiple_choice-0"]
    assert [score.metric for score in record.scores] == ["mc1", "mc2"]
    (path,) = (files / "lm_eval/zero").rglob("samples_truthfulqa_mc1_*.jsonl")
    alone = load("lm-eval", path, "alone", pages=pages)
    first = alone.records["truthfulqa", "multiple_choice-0"]
    assert (first.digest, [score.metric for score in first.scores]) == (record.digest, ["mc1"])
    assert (record.responses != (), first.responses) == (True, ())
    assert alone.manifest["benchmarks"]["truthfulqa"]["metrics"][0]["signature"].startswith("lm-eval|0.4.13|")


def test_scores_made_again_are_the_same(load, files, pages):
    for folder in ("zero", "shots"):
        made = load("lm-eval", files / "lm_eval" / folder, folder, pages=pages)
        before = {(name, score.metric) for (name, _), record in made.records.items() for score in record.scores}
        for change in rescore(made.run, pages, made.run.folder):
            if (change.benchmark, change.metric) in before and change.what == "verdict":
                assert change.changed == 0, change


def test_without_rows_a_part_of_a_table_keeps_numbers_of_its_own(load, files, pages):
    made = load("lm-eval", files / "lm_eval/zero", pages=pages)
    ids = [case for benchmark, case in made.records if benchmark == "mmlu"]
    assert ids == [f"mmlu_computer_security-{number}" for number in range(4)]
    assert (
        "mmlu: which row a case is of is not said; with --data it is looked up: 4 of 4 cases" in made.manifest["notes"]
    )


def test_with_rows_a_case_is_found_by_its_content(load, files, pages, rows):
    path = files / "lm_eval/zero"
    mine = list(docs(path, "mmlu_computer_security").values())
    others = [{**row, "subject": "anatomy"} for row in mine[:2]]
    twice = dict(mine[1])
    opener = rows({"cais/mmlu/all/test": [*others, *mine, twice]})
    made = load("lm-eval", path, pages=pages, opener=opener)
    assert [case for benchmark, case in made.records if benchmark == "mmlu"] == ["all-2", "all-3", "all-4", "all-5"]
    data = made.manifest["benchmarks"]["mmlu"]["data"]
    assert data == [dict(opener.open(pages["mmlu"].tables[0]).origin)]
    assert any(
        note.startswith("boolq: rows were not looked up: aps/super_glue/boolq/val") for note in made.manifest["notes"]
    )


def test_rows_that_are_not_those_are_said(load, files, pages, rows):
    path = files / "lm_eval/zero"
    known, *rest = docs(path, "boolq").values()
    opener = rows({"aps/super_glue/boolq/validation": [known, *({**row, "passage": "Another."} for row in rest)]})
    made = load("lm-eval", path, pages=pages, opener=opener)
    ids = [case for benchmark, case in made.records if benchmark == "boolq"]
    assert ids == [str(known["idx"]), "boolq-1", "boolq-2", "boolq-3"]
    note = "boolq: which row a case is of is in none of the rows of --data: 3 of 4 cases"
    assert note in made.manifest["notes"]
    assert made.manifest["benchmarks"]["boolq"]["data"][0]["source"] == "lm-evaluation-harness"


def test_solved_examples_make_another_prompt(load, files, pages):
    zero, shots = (load("lm-eval", files / "lm_eval" / name, name, pages=pages) for name in ("zero", "shots"))
    assert zero.manifest["benchmarks"]["boolq"]["shots"] == []
    drawn = ["1 of 1 that lm-evaluation-harness drew with seed 1234"]
    assert shots.manifest["benchmarks"]["boolq"]["shots"] == drawn
    assert "boolq: 4 of 4 cases were asked with another prompt than the page's" in shots.manifest["notes"]
    first, second = systems_of(zero.run)[0], systems_of(shots.run)[0]
    overlap = align(first, second, "boolq")
    assert (overlap.compared, len(overlap.changed)) == ((), 4)
    (found,) = [one for one in differences([first, second]) if one.benchmark == "boolq"]
    assert (found.kind, found.values[0], found.values[1][:1]) == ("shots", "0", "1")


def test_the_first_rows_as_examples_are_the_pages_own_prompt(load, files, pages, rows):
    path = files / "lm_eval/shots"
    page = pages["mmlu"]
    dev = [
        {"question": "Which port is for HTTPS?", "subject": "computer_security", "choices": list("abcd"), "answer": 1}
    ]
    shown = json.loads(next(path.rglob("samples_mmlu_*.jsonl")).read_text().splitlines()[0])
    prompt = shown["arguments"]["gen_args_0"]["arg_0"]
    solved, _, _ = prompt.split("\n\n", 1)[1].partition("\n\n")
    lines = solved.split("\n")
    dev[0] |= {
        "question": "\n".join(lines[:-5]),
        "choices": [line[3:] for line in lines[-5:-1]],
        "answer": "ABCD".index(lines[-1][-1]),
    }
    mine = list(docs(path, "mmlu_computer_security").values())
    opener = rows({"cais/mmlu/all/test": mine, "cais/mmlu/all/dev": dev})
    made = load("lm-eval", path, pages=pages, opener=opener)
    tables = [opener.open(rows) for rows in page.tables]
    drawn = draw(page, [opener.open(rows) for rows in page.shot_tables], 1, 0)
    wanted = {case.id: case.digest for case in page.collect(tables, drawn)}
    assert {case: record.digest for (name, case), record in made.records.items() if name == "mmlu"} == wanted
    assert made.manifest["benchmarks"]["mmlu"]["shots"] == ["all-0"]
    assert not any(note.startswith("mmlu") for note in made.manifest["notes"])


def test_a_sampled_chat_says_how(load, files, pages):
    made = load("lm-eval", files / "lm_eval/chat", pages=pages)
    request = made.run.prompts.get(made.records["gsm8k", "main-0"].prompts[0])
    assert isinstance(request, Generate)
    assert (request.temperature, request.top_p, request.max_tokens, request.samples) == (0.7, 1.0, 16, 1)
    assert request.prompt.startswith("<|im_start|>system\n")
    assert made.manifest["models"][MODEL]["settings"]["template"] is True


def test_turns_of_a_chat_model_behind_an_api_are_turns(load, copy, pages):
    turns = [{"role": "system", "content": "Short."}, {"role": "user", "content": "Question: 1?"}]

    def change(lines):
        for line in lines:
            line["arguments"]["gen_args_0"]["arg_0"] = [json.dumps(turns)]

    made = load("lm-eval", copy("lm_eval/chat", "samples_gsm8k", change), pages=pages)
    request = made.run.prompts.get(made.records["gsm8k", "main-0"].prompts[0])
    assert request.prompt == (Message("system", "Short."), Message("user", "Question: 1?"))


def test_what_is_asked_in_a_form_of_its_own_has_no_prompt(load, copy, pages):
    def change(lines):
        for line in lines:
            line["arguments"]["gen_args_0"]["arg_2"] = {"visual": ["a.png"]}

    made = load("lm-eval", copy("lm_eval/chat", "samples_gsm8k", change), pages=pages)
    record = made.records["gsm8k", "main-0"]
    assert (record.prompts, record.responses, len(record.scores)) == ((), (), 2)
    other = load("lm-eval", made.run.folder.parent / "changed", "again", pages=pages)
    assert other.records["gsm8k", "main-0"].digest == record.digest
    assert record.digest != made.records["gsm8k", "main-1"].digest


def test_samples_alone_need_the_models_name(load, files, pages, tmp_path):
    (path,) = (files / "lm_eval/zero").rglob("samples_gsm8k_*.jsonl")
    bare = tmp_path / path.name
    bare.write_bytes(path.read_bytes())
    with pytest.raises(
        UsageError, match=r"gsm8k_\S+\.jsonl: no results file beside it that names the model; name it wi"
    ):
        load("lm-eval", bare, pages=pages)
    made = load("lm-eval", bare, model="mine", pages=pages)
    request = made.run.prompts.get(made.records["gsm8k", "main-0"].prompts[0])
    assert (list(made.manifest["planned"]), request.max_tokens, request.temperature) == (["mine"], 0, 0.0)
    assert "How long an answer may be is not said; 0 tokens stand for it." in made.manifest["notes"]
    assert "No results file: versions, settings and solved examples are not said." in made.manifest["notes"]
    assert made.manifest["imported"]["version"] is None
    assert made.manifest["created"] is None
    assert "shots" not in made.manifest["benchmarks"]["gsm8k"]


def test_a_page_that_judges_otherwise_does_not_lend_its_name(load, copy, pages):
    def change(lines):
        lines[0]["acc"] = 1.0 - lines[0]["acc"]

    made = load("lm-eval", copy("lm_eval/zero", "samples_boolq", change), pages=pages)
    (metric,) = made.manifest["benchmarks"]["boolq"]["metrics"]
    assert (metric["name"], metric["reducer"]) == ("lm-eval/acc", "proportion")
    notes = [note for note in made.manifest["notes"] if note.startswith("boolq")]
    assert "boolq: lm-eval/acc: the page's acc judges 1 cases otherwise" in notes
    assert any(note.startswith("boolq: acc,none is 0.5 in the results file, 0.") for note in notes)


def test_a_value_of_no_known_kind_is_left_out_and_named(load, copy, pages):
    def change(lines):
        for line in lines:
            line["metrics"].append("strange")
            line["strange"] = ["a", "b", 3]

    made = load("lm-eval", copy("lm_eval/zero", "samples_boolq", change), pages=pages)
    assert [metric["name"] for metric in made.manifest["benchmarks"]["boolq"]["metrics"]] == ["acc"]
    note = "boolq: lm-eval/strange is left out: ['a', 'b', 3] is no value known here"
    assert note in made.manifest["notes"]


def test_docs_that_a_page_does_not_read_keep_the_tasks_name(load, copy, pages):
    def change(lines):
        for line in lines:
            line["doc"].pop("passage")

    made = load("lm-eval", copy("lm_eval/zero", "samples_boolq", change), pages=pages)
    assert [case for benchmark, case in made.records if benchmark == "boolq"] == [f"default-{row}" for row in range(4)]
    facts = made.manifest["benchmarks"]["boolq"]
    assert (facts["area"], facts["metrics"][0]["signature"]) == (
        "imported",
        "lm-eval|0.4.13|task:boolq|version:2.0|acc,none",
    )
    assert any(note.startswith("boolq: not read by the page boolq: ") for note in made.manifest["notes"])


def test_a_task_of_the_same_group_name_is_not_the_pages(load, files, pages, tmp_path):
    (path,) = (files / "lm_eval/zero").rglob("samples_mmlu_*.jsonl")
    other = tmp_path / path.name.replace("mmlu_", "mmlu_continuation_")
    other.write_bytes(path.read_bytes())
    made = load("lm-eval", other, model="m", pages=pages)
    assert list(made.manifest["benchmarks"]) == ["mmlu_continuation_computer_security"]


def test_one_model_has_a_task_once(load, files, tmp_path):
    for name in ("zero", "shots"):
        for path in (files / "lm_eval" / name).rglob("*"):
            if path.is_file():
                (tmp_path / path.name).write_bytes(path.read_bytes())
    with pytest.raises(UsageError, match=r"smollm2-135m has boolq in \S+ too; name one results file"):
        load("lm-eval", tmp_path)
    (results,) = (files / "lm_eval/shots").rglob("results_*")
    made = load("lm-eval", tmp_path / results.name)
    assert sorted(made.manifest["benchmarks"]) == ["boolq", "mmlu_computer_security"]


def test_a_task_without_samples_is_named(load, copy):
    def change(results):
        results[0]["results"]["rte"] = {"acc,none": 0.5}

    made = load("lm-eval", copy("lm_eval/chat", "results", change))
    assert "rte: in the results file, but without samples; it is not imported." in made.manifest["notes"]


def test_what_the_results_file_knows_of_the_model_is_in_the_manifest(load, files):
    made = load("lm-eval", files / "lm_eval/zero")
    about = made.manifest["models"][MODEL]
    assert about["card"] == {"name": MODEL, "parameters": 134515008}
    assert about["settings"] == {"engine": "lm-eval hf", "device": "cpu", "dtype": "float32", "template": False}
    assert made.manifest["settings"] == {"fewshot_seed": 1234}
    assert made.manifest["environment"]["packages"] == {"transformers": "5.23.0"}
    assert made.manifest["created"] == "2026-11-21T10:05:00+00:00"
    assert "At most 4 docs a task were asked, the first ones (--limit)." in made.manifest["notes"]


def test_names_go_there_and_back():
    for task, (_, metrics) in TASKS.items():
        for metric in metrics:
            signature = f"exact_match|{metric}" if task in ("gsm8k", "mgsm_direct_en") else metric
            assert ours(task, *key(task, metric, signature), {metric}) == metric


BROKEN = [
    ("not JSON", "{", r":1: not JSON \(.*\); expected the file as the tool wrote it"),
    ("a list", "[]", r":1: found \[\]; expected a JSON object"),
    ("no number", {"doc_id": "3"}, r":1: field 'doc_id': found '3'; expected an integer from 0 up"),
    ("no filter", {"filter": None}, r":1: field 'filter': found None; expected text"),
    ("no arguments", {"arguments": {}}, r":1: field 'arguments': found \{\}; expected at least one request"),
    ("few answers", {"resps": []}, r":1: field 'resps': found \[\]; expected as many answers as requests, 2"),
    ("odd answer", {"resps": [["x"], ["y"]]}, r":1: field 'resps': found .*; expected of each request a log P and wh"),
    ("odd metrics", {"metrics": "acc"}, r":1: field 'metrics': found 'acc'; expected a list"),
]


@pytest.mark.parametrize(("change", "message"), [one[1:] for one in BROKEN], ids=[one[0] for one in BROKEN])
def test_a_broken_line_is_named(load, files, tmp_path, change, message):
    (path,) = (files / "lm_eval/zero").rglob("samples_boolq_*.jsonl")
    first, rest = path.read_text().split("\n", 1)
    bad = change if isinstance(change, str) else json.dumps({**json.loads(first), **change})
    broken = tmp_path / path.name
    broken.write_text(f"{bad}\n{rest}")
    with pytest.raises(StoreError, match=rf"{path.name}{message}") as raised:
        load("lm-eval", broken, model="m")
    assert "\n" not in str(raised.value)


def test_a_doc_stands_once_a_filter(load, files, tmp_path):
    (path,) = (files / "lm_eval/zero").rglob("samples_boolq_*.jsonl")
    twice = tmp_path / path.name
    lines = path.read_text().splitlines()
    twice.write_text("\n".join([*lines, lines[0]]))
    with pytest.raises(
        StoreError, match=r":5: field 'doc_id': found 0; expected each doc once a filter, and 'none' has"
    ):
        load("lm-eval", twice, model="m")
    lines.append(
        json.dumps({**json.loads(lines[0]), "filter": "other", "arguments": json.loads(lines[1])["arguments"]})
    )
    twice.write_text("\n".join(lines))
    with pytest.raises(StoreError, match=r":5: field 'arguments': found .*; expected those of the same doc at .*:1"):
        load("lm-eval", twice, model="m")


def test_a_folder_without_samples_says_what_is_missing(load, tmp_path):
    (tmp_path / "results_2026-11-21T10-05-38.919542.json").write_text("{}")
    for path in (tmp_path, tmp_path / "results_2026-11-21T10-05-38.919542.json"):
        with pytest.raises(
            StoreError, match=r"no samples_TASK_DATE\.jsonl; expected what lm_eval writes with --log_samples"
        ):
            load("lm-eval", path)


def test_a_log_p_that_is_no_number_leaves_the_answer_out(load, copy, pages):
    def change(lines):
        lines[0]["resps"][0][0][0] = "-inf"

    made = load("lm-eval", copy("lm_eval/zero", "samples_boolq", change), pages=pages)
    found = [record for (benchmark, _), record in made.records.items() if benchmark == "boolq"]
    assert [bool(record.responses) for record in found] == [False, True, True, True]
    assert all(record.scores for record in found)
