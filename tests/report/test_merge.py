"""Merging shards: the one run is the run that was never divided; what does not belong together is refused by name."""

import json
import shutil
from dataclasses import replace
from importlib import resources

import jsonschema
import pytest
from typer.testing import CliRunner

from harness import evaluate
from harness.cli.main import app
from harness.core import Execution
from harness.errors import UsageError
from harness.results.folder import read_run

PAGE = '''
"""{name}: little questions of ours, in strata and clusters."""
from harness.benchmark import Benchmark
from harness.core import Case, Generate, LogLikelihood
from harness.extract import last_number, plain_number
from harness.metrics.accuracy import Accuracy
from harness.metrics.exact_match import ExactMatch
from harness.sources import from_file


def to_case(row, shots):
    asked = row.text("question")
    cluster = "passage-" + str(row["answer"] // 3) if "{name}" == "passages" else None
    return Case(row.id, ({request},), {target}, cluster, row.text("subject"))


{name} = Benchmark(
    name="{name}", version=1, area="sums", paper="none", protocol="greedy", strata="subject",
    rows=from_file("{name}.jsonl"), to_case=to_case, metrics=({metric},),
)


@{name}.cases
def test_{name}(case, response, record):
    record({name}.score(case, response))
'''
WRITES = {
    "request": "Generate(asked, max_tokens=8)",
    "target": 'str(row["answer"])',
    "metric": 'ExactMatch(last_number, plain_number, "exact")',
}
CHOOSES = {"request": 'LogLikelihood(((asked, " 1"), (asked, " 2")))', "target": "0", "metric": "Accuracy()"}
PROGRAMS = '''
"""plus: functions of one argument."""
from harness.benchmark import Benchmark
from harness.core import Case, Generate, Trial
from harness.metrics.pass_at_k import PassAtK
from harness.metrics.syntax_valid import SyntaxValid
from harness.sources import from_file


def to_case(row, _shots):
    prompt = row.text("question")
    trial = Trial("python", "continuation", prompt=prompt, tests=("assert f(1) == 2",), style="calls", names=("f",))
    return Case(row.id, (Generate(prompt, max_tokens=64),), None, trial=trial)


plus = Benchmark(
    name="plus", version=1, area="programs", paper="none", protocol="greedy",
    rows=from_file("plus.jsonl"), to_case=to_case, metrics=(PassAtK(), SyntaxValid()),
)


@plus.cases
def test_plus(case, response, record):
    record(plus.score(case, response))
'''
MODELS = ("toy", "other")


@pytest.fixture(scope="module")
def root(tmp_path_factory):
    """A repository with four benchmarks: texts in clusters, texts, choices and programs; some questions are refused."""
    place = tmp_path_factory.mktemp("own")
    (place / "pages").mkdir()
    (place / "pyproject.toml").write_text('[tool.crosstask]\nevals = ["pages"]\nengine = "scripted"\ndata = "hub"\n')
    for name, parts, size in (("passages", WRITES, 14), ("sums", WRITES, 9), ("choices", CHOOSES, 11)):
        (place / f"pages/{name}.py").write_text(PAGE.format(name=name, **parts))
        rows = [{"question": f"{name} {k}?", "answer": k, "subject": ("law", "art", "law")[k % 3]} for k in range(size)]
        (place / f"pages/{name}.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    (place / "pages/plus.py").write_text(PROGRAMS)
    rows = [{"question": f"def f(x):  # {k}\n"} for k in range(5)]
    (place / "pages/plus.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    answers = [
        {"match": "(sums|choices) [37]", "refuse": "too long"},
        {"match": "# [024]", "text": "    return x + 1\n"},
        {"match": "# 1", "text": "    return x +\n"},
        {"match": "# 3", "text": "    return x\n"},
        *({"match": f"(passages|sums) {k}\\?", "text": f" {k}"} for k in (0, 2, 4, 5, 9, 11)),
    ]
    (place / "script.json").write_text(json.dumps({"answers": answers}))
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("CROSSTASK_CACHE", str(place / "cache"))
        yield place


def run(root, **options):
    """A run of the repository's pages, in its own folder below `reports` if no other is named."""
    return evaluate(options.pop("model", MODELS), root=root, answers=str(root / "script.json"), **options).path


def shards_of(root, n, **options):
    return [run(root, shard=f"{number}/{n}", **options) for number in range(1, n + 1)]


@pytest.fixture(scope="module")
def whole(root):
    """The undivided run."""
    return run(root, run_dir=str(root / "whole"))


@pytest.fixture(scope="module")
def three(root):
    """Three shards, to be read and not to be changed."""
    return shards_of(root, 3, refresh=True)


def crosstask(*arguments, status=0):
    done = CliRunner().invoke(app, [str(argument) for argument in arguments])
    assert done.exit_code == status, (done.output, done.exception)
    return done.output


def refused(*arguments):
    """The one sentence of a merge that is refused."""
    output = crosstask("merge", *arguments, status=2)
    assert output.count("\n") == 1
    return output.strip()


def read(folder, name):
    return json.loads((folder / name).read_text())


def without_times(manifest):
    """A manifest without what is a session's own."""
    kept = {key: value for key, value in manifest.items() if key not in OF_A_SESSION}
    for known in kept["models"].values():
        known.get("engine", {}).pop("answered", None)
    return kept


OF_A_SESSION = {"created", "finished", "attempt", "command", "shards"}


def lines_of_report(folder):
    """What the page shows, without its date, what it says of the manifest, and the packed answers, which have times."""
    head, _, rest = (folder / "report.html").read_text().partition('<section id="how">')
    shown = [line for line in head.splitlines() if 'class="lede"' not in line]
    return [*shown, *(line for line in rest.splitlines() if 'id="data"' in line)]


def timeless(response):
    """A response without how long a program took, and what memory."""
    return replace(response, cpu=0, wall=0, memory=0) if isinstance(response, Execution) else response


def records(folder):
    """By model, benchmark and case what a record says, its time left out."""
    return {
        (record.model, record.benchmark, record.case): (
            record.status, record.digest, record.identity, record.prompts, tuple(map(timeless, record.responses)),
            record.scores, record.node,
        )
        for record in read_run(folder).records
    }  # fmt: skip


@pytest.mark.parametrize("n", [1, 2, 3, 4, 5])
def test_the_merged_run_is_the_undivided_one(root, whole, n, tmp_path):
    parts = shards_of(root, n)
    for number, part in enumerate(parts, start=1):
        assert read(part, "summary.json")["shard"].startswith(f"Shard {number} of {n}: ")
    out = tmp_path / "merged"
    crosstask("merge", *reversed(parts), "--out", out)
    assert (out / "summary.json").read_bytes() == (whole / "summary.json").read_bytes()
    assert read(whole, "summary.json")["refused"] == 2 * 4
    assert {line["benchmark"] for line in read(whole, "summary.json")["programs"]} == {"plus"}
    assert records(out) == records(whole)
    assert without_times(read(out, "manifest.json")) == without_times(read(whole, "manifest.json"))
    prompts = [set((folder / "prompts.jsonl").read_text().splitlines()) for folder in (out, whole)]
    assert prompts[0] == prompts[1]
    assert lines_of_report(out) == lines_of_report(whole)
    assert list(read(out, "manifest.json")["shards"]) == [f"{number}/{n}" for number in range(1, n + 1)]


def test_it_is_put_where_the_undivided_command_looks_for_its_run(root, whole, three):
    output = crosstask("merge", *three)
    out = root / "reports" / f"toy+other-{read(whole, 'manifest.json')['plan']}"
    assert f"report: {out / 'report.html'}" in output
    before = {path.name: path.read_bytes() for path in out.iterdir()}
    crosstask("merge", *reversed(three))  # again, and in another order
    assert {path.name: path.read_bytes() for path in out.iterdir()} == before
    again = run(root)
    assert again == out
    assert records(again) == records(whole)
    manifest = read(out, "manifest.json")
    assert manifest["shards"] == json.loads(before["manifest.json"])["shards"]
    assert manifest["attempt"] == json.loads(before["manifest.json"])["attempt"] + 1
    sentence = f"crosstask: {out}: exists and holds something else; expected a new or an empty folder, see --out"
    assert refused(*three) == sentence


def test_what_engines_did_is_added_up_and_their_notes_stand_once(three, tmp_path):
    said = [
        {"seconds": 1.5, "requests": 2, "written": 3, "scored": 4},
        None,
        {"seconds": 1, "requests": 1, "written": 0, "scored": 0},
    ]
    parts = []
    for number, (part, work) in enumerate(zip(three, said, strict=True)):
        engine = {"engine": "scripted", "notes": ["slow", f"part {number}"]} | ({"answered": work} if work else {})
        parts.append(changed(part, tmp_path / part.name, ("models", "toy", "engine"), engine))
    crosstask("merge", *parts, "--out", tmp_path / "out")
    engine = read(tmp_path / "out", "manifest.json")["models"]["toy"]["engine"]
    assert engine["answered"] == {"seconds": 2.5, "requests": 3, "written": 3, "scored": 4}
    assert engine["notes"] == ["slow", "part 0", "part 1", "part 2"]
    assert "toy: part 2" in read(tmp_path / "out", "summary.json")["notes"]


def test_what_is_the_shards_own_stands_beside(three, tmp_path):
    crosstask("merge", *three, "--out", tmp_path / "out")
    manifest = read(tmp_path / "out", "manifest.json")
    own = [read(part, "manifest.json") for part in three]
    assert [manifest["shards"][f"{k}/3"]["folder"] for k in (1, 2, 3)] == [part.name for part in three]
    assert manifest["created"] == min(part["created"] for part in own)
    assert manifest["finished"] == max(part["finished"] for part in own)
    assert "Shard 1/3" in (tmp_path / "out/report.html").read_text()


def test_a_run_that_is_no_shard_is_refused(three, whole):
    assert refused(*three, whole) == f"crosstask: {whole}: is no shard; expected runs of --shard K/N"


def test_a_missing_shard_is_named(three):
    left = len(records(three[1]))
    said = f"crosstask: shard 2/3: missing {left} cases; expected all shards, or --incomplete"
    assert refused(three[0], three[2]) == said


def test_the_same_shard_twice_is_refused(three, tmp_path):
    assert refused(*three, three[0]) == f"crosstask: {three[0]}: named twice; expected each run once"
    copy = shutil.copytree(three[0], tmp_path / "copy")
    sentence = f"crosstask: {copy}: is shard 1/3, as {three[0]} is; expected each shard once"
    assert refused(*three, copy) == sentence


def test_shards_of_another_number_are_refused(root, three):
    other = run(root, shard="1/4")
    sentence = f"{other}: is shard 1/4, and {three[0]} is shard 1/3; expected shards of one number"
    assert refused(*three, other) == f"crosstask: {sentence}"


def test_a_shard_without_a_case_needs_no_folder(root, tmp_path):
    part = run(root, shard="1/2", limit=1, benchmarks=["sums"])
    with pytest.raises(UsageError, match="evaluate: shard 2/2: no case; all 2 selected are in other shards"):
        run(root, shard="2/2", limit=1, benchmarks=["sums"])
    crosstask("merge", part, "--out", tmp_path / "out")
    assert read(tmp_path / "out", "summary.json")["complete"]


@pytest.mark.parametrize(
    ("options", "what"),
    [
        ({"seed": 1}, "the setting seed is 1, and 0 in"),
        ({"limit": 5}, "the setting limit is 5, and null in"),
        ({"recipe": "paper"}, 'the recipe is "paper", and "all" in'),
        ({"temperature": 0.5}, "the setting temperatures is [0.5], and null in"),
        ({"generalise_over": "subject"}, "the setting generalise_over is "),
        ({"model": "toy"}, "the list of models is "),
        ({"benchmarks": ["sums"]}, "the list of benchmarks of toy "),
    ],
)
def test_different_settings_are_refused_by_name(root, three, options, what, tmp_path):
    other = run(root, shard="2/3", run_dir=str(tmp_path / "other"), **options)
    assert f"{other}: {what}" in refused(three[0], other, three[2])


@pytest.mark.parametrize(
    ("place", "value", "what"),
    [
        (("crosstask",), "0.0", 'the version of crosstask is "0.0", and '),
        (("settings", "engine"), "vllm", 'the setting engine is "vllm", and "scripted" in'),
        (("shard", "whole", "benchmarks", "sums", "version"), 7, "the version of sums is 7, and 1 in"),
        (
            ("models", "toy", "identity", "files", "script"),
            "ab",
            "files script (identity of toy) differs from that of ",
        ),
        (("models", "toy", "digest"), "ab", "the identity of toy "),
        (("environment", "packages", "torch"), "0.1", 'the version of torch is "0.1", and '),
        (("sandbox", "tier"), "none", 'tier (of the sandbox) is "none", and '),
        (
            ("shard", "whole", "plan"),
            "0" * 12,
            'the plan of the whole (a prompt, a target or a note) is "000000000000"',
        ),
    ],
)
def test_what_another_machine_may_have_otherwise_is_refused_by_name(three, tmp_path, place, value, what):
    other = changed(three[1], tmp_path / "other", place, value)
    assert f"crosstask: {other}: {what}" in refused(three[0], other, three[2])


def test_what_changes_no_number_may_differ(three, tmp_path):
    other = changed(three[1], tmp_path / "other", ("environment", "packages", "pytest"), "0.1")
    other = changed(other, tmp_path / "another", ("environment", "platform"), "Another-1.0")
    other = changed(other, tmp_path / "more", ("sandbox", "slots"), 99)
    (tmp_path / "out").mkdir()
    crosstask("merge", three[0], other, three[2], "--out", tmp_path / "out")


def changed(run, copy, place, value):
    """A copy of a run whose manifest says something else at one place."""
    shutil.copytree(run, copy)
    inner = manifest = read(copy, "manifest.json")
    for key in place[:-1]:
        inner = inner[key]
    inner[place[-1]] = value
    (copy / "manifest.json").write_text(json.dumps(manifest))
    return copy


def test_an_overlap_is_named(three, tmp_path):
    planned = read(three[0], "manifest.json")["planned"]["toy"]["sums"]
    own = read(three[1], "manifest.json")["planned"]["toy"]["sums"]
    other = changed(three[1], tmp_path / "other", ("planned", "toy", "sums"), [*own, planned[0]])
    sentence = f"crosstask: shards: case {planned[0]!r} of sums is in two of them; expected each case in one"
    assert refused(three[0], other, three[2]) == sentence


def test_a_shard_that_lacks_results_is_refused_or_makes_the_run_incomplete(three, tmp_path):
    other = shutil.copytree(three[1], tmp_path / "other")
    lines = (other / "records.jsonl").read_text().splitlines(keepends=True)
    gone = {json.loads(line)["record"]["case"] for line in lines[-1:]}
    (other / "records.jsonl").write_text(
        "".join(line for line in lines if json.loads(line)["record"]["case"] not in gone)
    )
    sentence = f"{other}: shard 2/3 has 2 planned cases without a result; run its command again, or merge with"
    assert f"crosstask: {sentence} --incomplete" == refused(three[0], other, three[2])
    out = tmp_path / "out"
    total = 2 * (14 + 9 + 11 + 5)
    output = crosstask("merge", three[0], other, three[2], "--out", out, "--incomplete", status=12)
    assert f"INCOMPLETE {total - 2}/{total}" in output
    assert not read(out, "summary.json")["complete"]
    output = crosstask("merge", three[0], three[2], "--out", part := tmp_path / "part", "--incomplete", status=12)
    assert f"INCOMPLETE {total - len(records(three[1]))}/{total}" in output
    assert read(part, "manifest.json")["planned"] == read(three[0], "manifest.json")["shard"]["whole"]["planned"]


def test_nothing_is_left_of_a_merge_that_is_refused(three, tmp_path):
    out = tmp_path / "out"
    out.mkdir()
    (out / "mine.txt").write_text("mine")
    assert "exists and holds something else" in refused(*three, "--out", out)
    assert [path.name for path in tmp_path.iterdir()] == ["out"]
    assert [path.name for path in out.iterdir()] == ["mine.txt"]


def test_every_command_reads_a_merged_run(root, three, whole, tmp_path):
    out = tmp_path / "merged"
    crosstask("merge", *three, "--out", out)
    crosstask("report", out)
    assert read(out, "summary.json") == read(whole, "summary.json")
    crosstask("report", out, "--format", "csv")
    crosstask("compare", out, whole)
    crosstask("baseline", f"{out}:toy", tmp_path / "baseline.json")
    crosstask("plan", f"{out}:toy")
    crosstask("export", out, tmp_path / "out.json", "--format", "lm-eval", "--model", "toy")
    crosstask("rescore", out, "--evals", root / "pages", "--out", tmp_path / "scored")
    ours, theirs = (read(folder, "summary.json")["scores"] for folder in (tmp_path / "scored", whole))
    assert ours == theirs
    assert out.name in crosstask("history", tmp_path)


def test_commands_that_read_a_shard_say_that_it_is_one(three, whole, tmp_path):
    said = f"Shard 2 of 3: {len(records(three[1]))} of {len(records(whole))} planned cases"
    for arguments in (
        ("report", three[1]),
        ("report", three[1], "--format", "markdown"),
        ("report", three[1], "--format", "latex"),
        ("report", three[0], three[1], "--out", tmp_path / "both.html"),
        ("compare", three[1], whole),
        ("baseline", f"{three[1]}:toy", tmp_path / "baseline.json"),
        ("export", three[1], tmp_path / "out.json", "--format", "lm-eval", "--model", "toy"),
    ):
        assert said in " ".join(crosstask(*arguments).split()), arguments


def test_the_files_of_a_shard_and_of_a_merged_run_fit_their_schemas(three, tmp_path):
    crosstask("merge", *three, "--out", tmp_path / "out")
    for name in ("manifest", "summary"):
        schema = json.loads(resources.files("harness.schemas").joinpath(f"{name}.schema.json").read_text())
        for folder in (three[0], tmp_path / "out"):
            jsonschema.validate(read(folder, f"{name}.json"), schema)
