"""Answers from a file: what is read, which case they go to, and what is refused in which words."""

import gzip
import json
import re
import subprocess
import sys
from collections import Counter
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from harness.core import Case
from harness.core import Completion
from harness.core import Completions
from harness.core import Generate
from harness.core import LogLikelihood
from harness.core import LogLikelihoods
from harness.core import Rolling
from harness.engines.replay import Replay
from harness.errors import RowError
from harness.errors import SourceError
from harness.errors import UsageError
from harness.extract import hash_number
from harness.extract import last_number
from harness.extract import plain_number
from harness.metrics.exact_match import ExactMatch
from harness.sources import Row
from harness.sources import Table
from harness.sources import from_file
from harness.sources import from_hub
from harness.sources.open import Data
from harness.sources.open import open_rows
from harness.sources.open import parse_data

ROOT = Path(__file__).parents[2]
DATA = ROOT / "tests/data/replay"
TEXT = {"benchmark": "beads", "case": "c-0", "model": "m", "texts": ["7"]}
CHOICE = {"benchmark": "choice", "case": "c-1", "model": "m", "loglikelihoods": [-1.5, -2]}


def write(directory: Path, *answers: Any) -> Path:
    path = directory / "answers.jsonl"
    path.write_text("".join(json.dumps(answer) + "\n" for answer in answers), encoding="utf-8")
    return path


def rows_of(*fields: Mapping[str, Any]) -> list[Row]:
    return [Row(values, "here", number, f"c-{number}") for number, values in enumerate(fields)]


def cases_of(rows: list[Row], *requests: Any) -> list[Case]:
    return [Case(row.id, (request,), None) for row, request in zip(rows, requests, strict=True)]


BEADS = rows_of({"q": "beads", "n": 1}, {"q": "trams", "n": 2}, {"q": "beads", "n": 2})
CASES = cases_of(BEADS, Generate("beads"), LogLikelihood((("a", " b"), ("a", " c"))), Generate("beads", samples=2))


def test_texts_become_completions_and_loglikelihoods_keep_their_order(tmp_path: Path) -> None:
    replay = Replay.read(write(tmp_path, TEXT, TEXT | {"case": "c-1"} | {"benchmark": "other"}))
    assert replay.join("beads", CASES, BEADS) == {("m", "c-0"): Completions((Completion("7", "stop", 0),))}
    replay = Replay.read(write(tmp_path, CHOICE | {"tokens": [1, 2], "greedy": [True, False]}))
    assert replay.join("choice", CASES, BEADS) == {("m", "c-1"): LogLikelihoods((-1.5, -2.0), (1, 2), (True, False))}


def test_finish_and_tokens_say_more_of_each_text(tmp_path: Path) -> None:
    answer = TEXT | {"case": "c-2", "texts": ["a", ""], "finish": ["length", "stop"], "tokens": [9, 0]}
    joined = Replay.read(write(tmp_path, answer)).join("beads", CASES, BEADS)
    assert joined["m", "c-2"] == Completions((Completion("a", "length", 9), Completion("", "stop", 0)))


def test_one_value_may_stand_bare(tmp_path: Path) -> None:
    bare = Replay.read(write(tmp_path, TEXT | {"texts": "7", "finish": "length", "tokens": 3}))
    assert bare.answers[0].response == Completions((Completion("7", "length", 3),))


def test_models_and_benchmarks_stand_in_the_order_of_their_first_answer(tmp_path: Path) -> None:
    path = write(tmp_path, TEXT | {"model": "z"}, TEXT | {"model": "a"}, CHOICE | {"model": "z"})
    assert Replay.read(path).models == ("z", "a")
    assert Replay.read(path).benchmarks == ("beads", "choice")


def test_a_packed_file_is_read_too(tmp_path: Path) -> None:
    plain = write(tmp_path, TEXT)
    packed = tmp_path / "answers.jsonl.gz"
    packed.write_bytes(gzip.compress(plain.read_bytes()))
    assert Replay.read(packed).answers[0].response == Replay.read(plain).answers[0].response


def test_a_case_without_an_answer_is_absent(tmp_path: Path) -> None:
    assert Replay.read(write(tmp_path, CHOICE)).join("beads", CASES, BEADS) == {}


def test_a_key_of_several_fields_finds_its_row(tmp_path: Path) -> None:
    keyed = {name: value for name, value in TEXT.items() if name != "case"} | {"texts": ["x", "y"]}
    joined = Replay.read(write(tmp_path, keyed | {"key": {"n": 2, "q": "beads"}})).join("beads", CASES, BEADS)
    assert list(joined) == [("m", "c-2")]


def keyed(key: Any) -> dict[str, Any]:
    return {name: value for name, value in TEXT.items() if name != "case"} | {"key": key}


@pytest.mark.parametrize(
    ("answers", "message"),
    [
        (
            [TEXT, TEXT | {"case": "c-9"}],
            "answers.jsonl:2: case 'c-9' is in no row of beads; expected the rows of the same --data and split",
        ),
        (
            [keyed({"q": "ships"})],
            "answers.jsonl:1: the key of 'q' is in no row of beads; expected the rows of the same --data and split",
        ),
        (
            [keyed({"q": "beads"})],
            "answers.jsonl:1: the key of 'q' hits c-0 and c-2 of beads; expected a key of one row only",
        ),
        (
            [keyed({"n": 1.0})],  # another JSON value than 1
            "answers.jsonl:1: the key of 'n' is in no row of beads; expected the rows of the same --data and split",
        ),
        (
            [keyed({"z": 1})],
            "answers.jsonl:1: key field 'z' is not in the rows of beads; expected one of 'q', 'n'",
        ),
        (
            [TEXT, keyed({"n": 1})],
            "answers.jsonl:2: a second answer of m to beads c-0; expected one, which {}answers.jsonl:1 holds",
        ),
        ([TEXT | {"case": "c-1"}], "answers.jsonl:1: 1 text for beads c-1; expected 2 log-likelihoods"),
        ([TEXT | {"case": "c-2"}], "answers.jsonl:1: 1 text for beads c-2; expected 2 texts"),
        ([CHOICE | {"benchmark": "beads", "case": "c-0"}], "1: 2 log-likelihoods for beads c-0; expected 1 text"),
        (
            [CHOICE | {"benchmark": "beads", "loglikelihoods": -1}],
            "answers.jsonl:1: 1 log-likelihood for beads c-1; expected 2 log-likelihoods",
        ),
    ],
)
def test_an_answer_that_finds_not_one_fitting_case_is_refused(tmp_path: Path, answers: list[Any], message: str) -> None:
    replay = Replay.read(write(tmp_path, *answers))
    with pytest.raises(SourceError, match=f"{re.escape(message.format(f'{tmp_path}/'))}$"):
        replay.join("beads", CASES, BEADS)


def test_what_no_answer_can_be_joined_to_is_said(tmp_path: Path) -> None:
    rows = rows_of({}, {})
    two = Case("c-0", (Generate("a"), Generate("b")), None)
    cases = [two, *cases_of(rows[1:], Rolling("text"))]
    with pytest.raises(
        SourceError, match=r"1 text for beads c-0; expected a case of one request, since 2 cannot be rep"
    ):
        Replay.read(write(tmp_path, TEXT)).join("beads", cases, rows)
    rolling = Replay.read(write(tmp_path, CHOICE | {"loglikelihoods": [-9]}))
    assert list(rolling.join("choice", cases, rows)) == [("m", "c-1")]


STOPPED = cases_of(
    BEADS, Generate("q", stop=("Question:", "\ndef")), Generate("q"), Generate("q", samples=2, stop=("b",))
)


def ended(
    tmp_path: Path, answer: dict[str, Any], *, as_is: bool = False, template: bool = True
) -> tuple[Completion, ...]:
    replay = Replay.read(write(tmp_path, answer), as_is=as_is)
    (found,) = replay.join("beads", STOPPED, BEADS, template=template).values()
    assert isinstance(found, Completions)
    return found.completions


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (" #### 7\n\nQuestion: one?\nAnswer: #### 99", Completion(" #### 7\n\n", "stop", 4)),
        (" #### 7", Completion(" #### 7", "length", 4)),
        ("<think>Question: 5?</think>\n7 Question: 9", Completion("7 ", "stop", 4, "Question: 5?")),
        (" \n<think>\n5\n</think>\n\n7", Completion("7", "length", 4, "5")),
        ("so 5.</think>7", Completion("7", "length", 4, "so 5.")),
        ("<think></think>7", Completion("7", "length", 4, "")),
        ("<think>5, or Question: #### 7", Completion("", "length", 4, "5, or Question: #### 7")),
        ("<think>", Completion("", "length", 4, "")),
        ("7 <think>", Completion("7 <think>", "length", 4)),
        ('print("a</think>b")', Completion('print("a</think>b")', "length", 4)),
        ("x.split('</think>')", Completion("x.split('</think>')", "length", 4)),
        ("I don't know.</think>7", Completion("7", "length", 4, "I don't know.")),
        ('<think>"a</think>7', Completion("7", "length", 4, '"a')),
    ],
)
def test_a_text_ends_as_an_engine_would_have_ended_it(tmp_path: Path, text: str, expected: Completion) -> None:
    answer = TEXT | {"texts": [text], "finish": "length", "tokens": 4}
    assert ended(tmp_path, answer) == (expected,)
    assert ended(tmp_path, answer, as_is=True) == (Completion(text, "length", 4),)


def test_each_sample_ends_by_itself(tmp_path: Path) -> None:
    answer = TEXT | {"case": "c-2", "texts": ["a", "cbc"], "finish": ["length", "length"]}
    assert ended(tmp_path, answer) == (Completion("a", "length", 0), Completion("c", "stop", 0))


def test_stops_that_are_source_apply_without_a_template_alone(tmp_path: Path) -> None:
    answer = TEXT | {"texts": ["return 7\n\ndef other():"]}
    assert ended(tmp_path, answer)[0].text == "return 7\n\ndef other():"
    assert ended(tmp_path, answer, template=False)[0].text == "return 7\n"


def test_log_likelihoods_have_no_end(tmp_path: Path) -> None:
    joined = Replay.read(write(tmp_path, CHOICE)).join("choice", CASES, BEADS)
    assert joined == {("m", "c-1"): LogLikelihoods((-1.5, -2.0), (0, 0), (False, False))}


def without(answer: dict[str, Any], *names: str) -> dict[str, Any]:
    return {name: value for name, value in answer.items() if name not in names}


@pytest.mark.parametrize(
    ("answer", "message"),
    [
        (without(TEXT, "benchmark"), "field 'benchmark': None; expected a name"),
        (TEXT | {"model": " "}, "field 'model': ' '; expected a name"),
        (without(TEXT, "case"), ": neither case and key; expected one of the two"),
        (TEXT | {"key": {"q": 1}}, ": both case and key; expected one of the two"),
        (TEXT | {"case": True}, "field 'case': True; expected a case id"),
        (keyed({}), "field 'key': {}; expected an object of row fields"),
        (keyed("q"), "field 'key': 'q'; expected an object of row fields"),
        (without(TEXT, "texts"), ": neither texts and loglikelihoods; expected one of the two"),
        (TEXT | {"loglikelihoods": [-1]}, ": both texts and loglikelihoods; expected one of the two"),
        (TEXT | {"texts": []}, "field 'texts': []; expected text"),
        (TEXT | {"texts": ["a", None]}, "field 'texts': None; expected text"),
        (TEXT | {"finish": "eos"}, "field 'finish': 'eos'; expected stop or length"),
        (TEXT | {"finish": ["stop", "stop"]}, "field 'finish': 2 of them; expected 1"),
        (TEXT | {"tokens": -1}, "field 'tokens': -1; expected a count of tokens"),
        (TEXT | {"tokens": 1.0}, "field 'tokens': 1.0; expected a count of tokens"),
        (
            CHOICE | {"loglikelihoods": ["-1"]},
            "field 'loglikelihoods': '-1'; expected log P in nats, a number not above 0",
        ),
        (
            CHOICE | {"loglikelihoods": [-1, 0.7]},
            "field 'loglikelihoods': 0.7; expected log P in nats, a number not above 0",
        ),
        (CHOICE | {"greedy": [1, 0]}, "field 'greedy': 1; expected true or false"),
        (TEXT | {"text": "7"}, ": unknown field 'text'; expected benchmark, model, case, texts"),
    ],
)
def test_a_line_that_is_wrong_is_named(tmp_path: Path, answer: dict[str, Any], message: str) -> None:
    with pytest.raises(SourceError, match=rf"answers\.jsonl:2(, )?{re.escape(message)}"):
        Replay.read(write(tmp_path, TEXT, answer))


def test_a_line_that_is_no_json_is_named(tmp_path: Path) -> None:
    path = write(tmp_path, TEXT, [1])
    with pytest.raises(RowError, match=r"answers\.jsonl line 2: a JSON list; expected one JSON object a line$"):
        Replay.read(path)


def field_map(directory: Path, text: str) -> Path:
    path = directory / "map.toml"
    path.write_text(text, encoding="utf-8")
    return path


PLACES = """
[constants]
benchmark = "choice"
[fields]
case = "meta.id"
model = "meta.by"
loglikelihoods = "resps.*.0"
greedy = "resps.*.1"
finish = "nothing"
"""


def test_a_field_map_follows_names_positions_and_stars(tmp_path: Path) -> None:
    theirs = {"meta": {"id": 0, "by": "m"}, "resps": [[-1.5, True], [-2, False]], "nothing": None}
    replay = Replay.read(write(tmp_path, theirs), field_map(tmp_path, PLACES))
    assert replay.answers[0].case == "0"
    assert replay.answers[0].response == LogLikelihoods((-1.5, -2.0), (0, 0), (True, False))


@pytest.mark.parametrize(
    ("theirs", "message"),
    [
        ({"meta": {"id": 0}}, "answers.jsonl:1: nothing at 'meta.by'; expected 'by' among 'id'"),
        (
            {"meta": {"id": 0, "by": "m"}, "resps": [[]]},
            "answers.jsonl:1: nothing at 'resps.*.0'; expected an object or a list that has '0', found a JSON list",
        ),
        (
            {"meta": {"id": 0, "by": "m"}, "resps": "x"},
            "answers.jsonl:1: nothing at 'resps.*.0'; expected an object or a list that has '*', found a JSON str",
        ),
    ],
)
def test_a_path_that_leads_nowhere_is_named(tmp_path: Path, theirs: dict[str, Any], message: str) -> None:
    with pytest.raises(SourceError, match=f"{re.escape(message)}$"):
        Replay.read(write(tmp_path, theirs), field_map(tmp_path, PLACES))


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("[fields", r"map.toml: not TOML \(.*\); expected a field map$"),
        ("[field]\n", r"map.toml: unknown 'field'; expected the tables constants, fields, key, models$"),
        ("fields = 3\n", r"map.toml: \[fields\]: 3; expected a table$"),
        (
            '[fields]\ntext = "a"\n',
            r"map.toml: \[fields\]: unknown field 'text'; expected one of benchmark, model, case,",
        ),
        ('[models.a]\nmodel = "a"\n', r"map.toml: \[models.a\]: unknown field 'model'; expected one of texts, logl"),
        ("[key]\nq = 3\n", r"map.toml: \[key\] q: 3; expected a dotted path, or a list of its steps$"),
        ('[key]\nq = "a..b"\n', r"map.toml: \[key\] q: 'a\.\.b'; expected a dotted path, or a list of its steps$"),
    ],
)
def test_a_field_map_that_is_wrong_is_refused(tmp_path: Path, text: str, message: str) -> None:
    with pytest.raises(UsageError, match=message):
        Replay.read(write(tmp_path, TEXT), field_map(tmp_path, text))


def test_a_field_map_that_is_not_there_is_named(tmp_path: Path) -> None:
    expected = r"map.toml: cannot be read \(No such file or directory\); expected a field map in TOML$"
    with pytest.raises(UsageError, match=expected):
        Replay.read(write(tmp_path, TEXT), tmp_path / "map.toml")


def correct(table: Table, replay: Replay, benchmark: str) -> Counter[str]:
    """Cases of each model whose last number equals the one behind `####` in the row."""
    targets = {row.id: plain_number(hash_number(row.text("answer")) or "") for row in table.rows}
    cases = {row.id: Case(row.id, (Generate(row.text("question")),), targets[row.id]) for row in table.rows}
    metric = ExactMatch(last_number, plain_number)
    joined = replay.join(benchmark, list(cases.values()), table.rows)
    return Counter(
        model for (model, case), answer in joined.items() if metric.observe(cases[case], answer).verdict == "correct"
    )


def test_one_line_of_another_tool_holds_several_models() -> None:
    replay = Replay.read(DATA / "solutions.jsonl", DATA / "solutions.toml")
    table = open_rows(from_file("problems.jsonl"), Data("hub"), DATA)
    assert replay.models == ("v1.5", "small")
    assert len(replay.answers) == 5  # the small model has no answer to the second problem
    assert correct(table, replay, "beads") == {"v1.5": 2, "small": 1}  # counted by hand


@pytest.mark.shared
def test_published_solutions_of_gsm8k_are_scored_as_published(shared: Path) -> None:
    """Cobbe et al. 2021: the `is_correct` flags of the file itself, counted in its MANIFEST.json."""
    solutions = shared / "data/generations/gsm8k_model_solutions/example_model_solutions.jsonl.gz"
    replay = Replay.read(solutions, ROOT / "docs/gsm8k_model_solutions.toml")
    table = open_rows(from_hub("openai/gsm8k", "main", split="test"), parse_data(str(shared / "data/mirror")))
    assert len(table.rows) == 1319
    assert len(replay.answers) == 4 * 1319
    assert correct(table, replay, "gsm8k") == {
        "6b_finetuning": 286,
        "6b_verification": 515,
        "175b_finetuning": 458,
        "175b_verification": 742,
    }


def test_replay_needs_no_torch() -> None:
    code = (
        "import sys; from pathlib import Path; from harness.engines.replay import Replay; "
        "Replay.read(Path(sys.argv[1]), Path(sys.argv[2])); "
        "print(sorted({'torch', 'transformers', 'datasets'} & set(sys.modules)))"
    )
    command = [sys.executable, "-c", code, str(DATA / "solutions.jsonl"), str(DATA / "solutions.toml")]
    assert subprocess.run(command, capture_output=True, text=True, check=True).stdout == "[]\n"


def test_the_documentation_shows_lines_and_a_map_that_are_read(tmp_path: Path) -> None:
    page = (ROOT / "docs/replay.md").read_text(encoding="utf-8")
    answers, shown_map = (re.search(rf"```{kind}\n(.*?)```", page, re.DOTALL) for kind in ("json", "toml"))
    assert answers
    assert shown_map
    path = tmp_path / "answers.jsonl"
    path.write_text(answers[1], encoding="utf-8")
    assert Replay.read(path).benchmarks == ("gsm8k", "boolq")
    theirs = write(tmp_path, {"question": "How many?", "6b_finetuning": {"solution": "A: 3"}})
    assert Replay.read(theirs, field_map(tmp_path, shown_map[1])).models == ("6b_finetuning",)
