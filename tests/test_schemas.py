"""The JSON Schemas describe what the writers write, field for field."""

import json
from dataclasses import fields
from importlib import resources
from typing import get_args

import jsonschema
import pytest
from hypothesis import given
from hypothesis import settings
from hypothesis import strategies as st

from harness import core
from harness.benchmark import Benchmark
from harness.core import Case
from harness.core import Completion
from harness.core import Completions
from harness.core import Execution
from harness.core import Generate
from harness.core import LogLikelihood
from harness.core import LogLikelihoods
from harness.core import Message
from harness.core import Record
from harness.core import Refusal
from harness.core import Rolling
from harness.core import Score
from harness.core import Trial
from harness.core import decode
from harness.core import fingerprint
from harness.encoding import encode
from harness.extract import last_number
from harness.metrics.exact_match import ExactMatch
from harness.models import Card
from harness.report.write import write_report
from harness.session.folder import RunFolder
from harness.session.plan import PlannedCase
from harness.session.plan import describe
from harness.sources import from_hub
from harness.statistics import Estimate

NAMES = ("manifest", "program", "prompt", "record", "summary")
TEXT = st.text(st.characters(exclude_categories=()), max_size=20)
COUNT = st.integers(0, 2**31)
NUMBER = st.floats(allow_nan=False, allow_infinity=False)
SECONDS = st.none() | st.floats(1e-6, 1e6)
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | NUMBER | TEXT,
    lambda inner: (
        st.lists(inner, max_size=3).map(tuple)
        | st.dictionaries(TEXT.filter(lambda key: key != "kind"), inner, max_size=3)
    ),
    max_leaves=6,
)
HASH = st.text("0123456789abcdef", min_size=64, max_size=64)


def many(values):
    return st.lists(values, max_size=3).map(tuple)


COMPLETIONS = st.builds(
    Completions,
    many(st.builds(Completion, TEXT, st.sampled_from(["stop", "length"]), COUNT, st.none() | TEXT, SECONDS, SECONDS)),
    COUNT,
    COUNT,
)
EXECUTIONS = st.builds(
    Execution,
    st.sampled_from(get_args(core.Outcome)),
    many(st.booleans()),
    st.sampled_from(["outside", "in-jail", "unsandboxed"]),
    st.none() | TEXT,
    TEXT,
    st.floats(0, 1e6),
    st.floats(0, 1e6),
    COUNT,
)
LIKELIHOODS = st.builds(LogLikelihoods, many(NUMBER), many(COUNT), many(st.booleans()), COUNT, COUNT, SECONDS)
SCORES = st.builds(
    Score,
    TEXT,
    many(NUMBER),
    st.sampled_from([None, "correct", "wrong", "invalid"]),
    st.none() | TEXT,
    st.none() | TEXT,
)
RECORDS = st.builds(
    Record,
    model=TEXT,
    benchmark=TEXT,
    version=st.integers(),
    case=TEXT,
    node=TEXT,
    attempt=COUNT,
    status=st.sampled_from(["measured", "refused", "not_run", "error"]),
    digest=HASH,
    target=JSON,
    identity=st.none() | TEXT,
    reason=st.none() | TEXT,
    cluster=st.none() | TEXT,
    stratum=st.none() | TEXT,
    tags=many(TEXT),
    prompts=many(HASH),
    responses=many(COMPLETIONS | LIKELIHOODS | st.builds(Refusal, TEXT) | EXECUTIONS),
    scores=many(SCORES),
    seconds=st.floats(0, 1e9),
    trial=st.none() | HASH,
    programs=many(st.none() | TEXT),
    readings=many(st.none() | TEXT),
)
MESSAGES = many(st.builds(Message, st.sampled_from(["system", "user", "assistant"]), TEXT))
REQUESTS = (
    st.builds(Generate, TEXT | MESSAGES, COUNT, many(TEXT), st.floats(0, 2), st.floats(0, 1), COUNT, st.integers())
    | st.builds(LogLikelihood, many(st.tuples(TEXT, TEXT)))
    | st.builds(Rolling, TEXT)
    | st.builds(
        Trial,
        language=TEXT,
        extract=TEXT,
        prompt=TEXT,
        tests=many(TEXT),
        style=st.sampled_from(get_args(core.Style)),
        names=many(TEXT),
        context=TEXT,
        reference=TEXT,
        examples=COUNT,
        files=many(st.tuples(TEXT, TEXT)),
        libraries=many(TEXT),
    )
)


def schema(name):
    return json.loads((resources.files("harness") / "schemas" / f"{name}.schema.json").read_text(encoding="utf-8"))


def validator(name):
    return jsonschema.Draft202012Validator(schema(name))


VALIDATORS = {name: validator(name) for name in NAMES}


@pytest.mark.parametrize("name", NAMES)
def test_each_is_a_schema_of_2020_12(name):
    found = schema(name)
    assert found["$schema"] == "https://json-schema.org/draft/2020-12/schema"
    jsonschema.Draft202012Validator.check_schema(found)


@settings(deadline=None)
@given(RECORDS)
def test_every_record_fits_its_schema_and_comes_back(record):
    line = json.loads(json.dumps({"schema": "crosstask/record/1", "record": encode(record)}))
    VALIDATORS["record"].validate(line)
    assert decode(line["record"]) == record
    assert encode(decode(line["record"])) == encode(record)  # times are compared nowhere else


@settings(deadline=None)
@given(REQUESTS)
def test_every_request_fits_its_schema_and_comes_back(request):
    line = {"schema": "crosstask/prompt/1", "prompt": fingerprint(request), "request": encode(request)}
    line = json.loads(json.dumps(line))
    VALIDATORS["prompt"].validate(line)
    assert decode(line["request"]) == request


@pytest.mark.parametrize("name", ["prompt", "record"])
def test_a_schema_and_its_dataclass_name_the_same_fields(name):
    for part in schema(name)["$defs"].values():
        kind = core.KINDS[part["properties"]["kind"]["const"]]
        names = {"kind", *(field.name for field in fields(kind))}
        assert set(part["properties"]) == names
        # files of runs from before they came are files of this schema too
        later = {"time", "readings", "apart", "suffix", "answer_language", "source", "first_token", "latency"}
        assert set(part["required"]) == names - later
        assert part["additionalProperties"] is False


def test_the_estimate_of_the_schema_is_the_dataclass():
    names = {field.name for field in fields(Estimate)}
    assert set(schema("summary")["$defs"]["estimate"]["properties"]) == names


@pytest.mark.parametrize(
    ("changes", "where"),
    [
        ({"status": "fine"}, "$.record.status"),
        ({"size": 1}, "$.record"),
        ({"attempt": -1}, "$.record.attempt"),
        ({"prompts": ["short"]}, "$.record.prompts[0]"),
        ({"responses": [{"kind": "Completion"}]}, "$.record.responses[0]"),
    ],
)
def test_a_record_that_is_none_is_refused(changes, where):
    record = encode(Record("toy", "tins", 1, "tin-0", "node", 1, "measured", "d", "8"))
    line = {"schema": "crosstask/record/1", "record": record}
    assert not list(VALIDATORS["record"].iter_errors(line))
    record |= changes
    assert [error.json_path for error in VALIDATORS["record"].iter_errors(line)] == [where]


def test_a_sessions_files_fit_their_schemas(tmp_path):
    write_run(tmp_path / "run")
    summary = write_report(tmp_path / "run")
    assert summary["complete"]
    for name in ("manifest", "summary"):
        VALIDATORS[name].validate(json.loads((tmp_path / "run" / f"{name}.json").read_text()))
    for name in ("prompt", "record"):
        lines = (tmp_path / "run" / f"{name}s.jsonl").read_text().splitlines()
        assert len(lines) == {"prompt": 1, "record": 2}[name]
        for line in lines:
            VALIDATORS[name].validate(json.loads(line))


def write_run(path):
    """A run as a session writes it: two cases with one prompt, one of them refused."""
    metric = ExactMatch(last_number)
    tins = Benchmark(
        name="tins",
        version=1,
        area="math",
        paper="our own",
        protocol="zero-shot",
        rows=from_hub("org/tins", split="test"),
        to_case=lambda row, _shots: Case(row.id, (), None),
        metrics=(metric,),
    )
    request = Generate("4 + 4 =")
    cases = [Case(f"tin-{row}", (request,), "8") for row in range(2)]
    options = {"recipe": {"name": "paper"}, "notes": ["a note"], "seed": 0}
    tables = {"tins": {"data": [{"source": "hub", "sha256": "ab"}], "shots": []}}
    plan = describe(
        [PlannedCase("toy", tins, case) for case in cases], {"toy": Card("toy")}, options, tables, later=False
    )
    folder = RunFolder(path, plan, ["pytest", "evals/"])
    folder.set_models({"toy": {"settings": {"device": "cpu"}, "identity": {"weights": "ab"}, "digest": "f" * 64}})
    folder.keep_prompts([(fingerprint(request), encode(request))])
    answers = (Completions((Completion(" 8", "stop", 1),)), Refusal("too long"))
    for case, answer in zip(cases, answers, strict=True):
        refused = isinstance(answer, Refusal)
        folder.record(
            Record(
                "toy",
                "tins",
                1,
                case.id,
                f"evals/math/tins.py::test_tins[toy-{case.id}]",
                1,
                "refused" if refused else "measured",
                case.digest,
                case.target,
                reason=answer.reason if refused else None,
                prompts=(fingerprint(request),),
                responses=(answer,),
                scores=() if refused else tins.score(case, answer),
            )
        )
    folder.finish()
    folder.close()
