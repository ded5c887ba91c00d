"""A language in one file: its answers are read, run and judged, its words become verdicts, its tool is named."""

import json
import re
import shutil
from pathlib import Path

import pytest

CONTRIBUTING = (Path(__file__).parents[2] / "CONTRIBUTING.md").read_text(encoding="utf-8")
PERL = re.search(r"`harness/languages/plain_perl\.py`:\n\n```python\n(.*?)```", CONTRIBUTING, re.DOTALL)[1]
PAGE = '''
"""twice: one little function of ours."""
from harness.benchmark import Benchmark
from harness.core import Case, Generate, Trial
from harness.metrics.pass_at_k import PassAtK
from harness.sources import from_file

TEST = "die 'assertion failed' unless twice(2) == 4;"


def to_case(row, shots):
    prompt = row.text("prompt")
    trial = Trial("plain_perl", "foreign", prompt=prompt, tests=(TEST,), style="script", names=("twice",))
    return Case(row.id, (Generate(prompt),), None, trial=trial)


twice = Benchmark(
    name="twice", version=1, area="code", paper="none", protocol="greedy", rows=from_file("twice.jsonl"),
    to_case=to_case, metrics=(PassAtK(1),),
)


@twice.cases
def test_twice(case, response, record):
    record(twice.score(case, response))
'''
FENCE = "```"
ANSWERS = {
    "a continuation": ("    return 2 * $x; # }\n}\n\nsub other { 1 }\nIt doubles, doesn't it?", "passed"),
    "a string with a brace": ("    my $s = '}'; return length($s) * 2 * $x;\n}\n", "passed"),
    "a block": (f"Here:\n{FENCE}perl\nuse strict;\nsub twice {{\n    return $_[0] + $_[0];\n}}\n{FENCE}", "passed"),
    "an alias": (f"{FENCE}pl\nsub twice {{ 2 * shift }}\n{FENCE}", "passed"),
    "wrong": ("    return $x;\n}\n", "failed"),
    "dies": ("    die 'no';\n}\n", "exception"),
    "a name": ("    return other($x);\n}\n", "name"),
    "a module": ("    require No::Such;\n}\n", "import"),
    "no Perl": ("    return 2 * );\n}\n", "syntax"),
    "leaves": ("    exit 0;\n}\n", "crash"),
}


@pytest.fixture
def perl(project):
    """A repository with a page in Perl; `plain_perl.py` lies among the languages."""
    folder = project.path / "pages" / "code"
    folder.mkdir(parents=True)
    (folder / "twice.py").write_text(PAGE)
    prompts = [f"# {name}\nsub twice {{\n    my ($x) = @_;\n" for name in ANSWERS]
    (folder / "twice.jsonl").write_text("".join(json.dumps({"prompt": prompt}) + "\n" for prompt in prompts))
    project.script(
        answers=[{"prompt": prompt, "text": text} for prompt, (text, _) in zip(prompts, ANSWERS.values(), strict=True)]
    )
    place(project, "perl")
    (project.path / "conftest.py").write_text(
        "import harness.languages\n\nharness.languages.__path__.append(__file__.replace('conftest.py', 'languages'))\n"
    )
    return project


def place(project, tool):
    folder = project.path / "languages"
    folder.mkdir(exist_ok=True)
    (folder / "plain_perl.py").write_text(PERL.replace('Tool("perl"', f'Tool("{tool}"'))


def records(project):
    return [json.loads(line)["record"] for line in (project.folder / "records.jsonl").read_text().splitlines()]


@pytest.mark.skipif(shutil.which("perl") is None, reason="not run: perl is not installed")
def test_one_file_is_a_language(perl):
    perl.run(status=0)
    found = [
        next(response["verdict"] for response in record["responses"] if response["kind"] == "Execution")
        for record in records(perl)
    ]
    assert dict(zip(ANSWERS, found, strict=True)) == {name: verdict for name, (_, verdict) in ANSWERS.items()}
    manifest = (perl.folder / "manifest.json").read_text()
    assert "perl 5" in json.dumps(json.loads(manifest)["sandbox"]["toolchains"]["perl"])


def test_its_missing_tool_is_no_wrong_answer(perl):
    place(perl, "perl-that-nobody-has")
    output = perl.run(status=None)
    reason = "plain_perl: perl-that-nobody-has is not installed; expected it on PATH (Debian: perl brings it)"
    assert reason in output
    assert {(record["status"], record["reason"]) for record in records(perl)} == {("not_run", reason)}
