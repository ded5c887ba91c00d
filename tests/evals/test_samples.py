"""The bundled rows fit their pages, whichever pages there are, and their gold answers are right."""

import json
import re
from collections.abc import Callable
from collections.abc import Iterator
from collections.abc import Mapping
from collections.abc import Sequence
from importlib.util import find_spec
from pathlib import Path

import numpy as np
import pytest

from harness.benchmark import Benchmark
from harness.cases.pages import load_pages
from harness.cases.shots import draw
from harness.code_tasks.rules import execute
from harness.core import Case
from harness.core import Completion
from harness.core import Completions
from harness.core import Execute
from harness.core import Execution
from harness.core import Generate
from harness.core import Judged
from harness.core import LogLikelihood
from harness.core import LogLikelihoods
from harness.core import Response
from harness.core import Rolling
from harness.core import Score
from harness.sources.open import Opener
from harness.sources.open import parse_data
from harness.statistics import REDUCERS
from harness.statistics import WEIGHTED
from harness.statistics import estimate
from harness.statistics.reducers import RANGES

ROOT = Path(__file__).parents[2]
Run = Callable[[Execute], Execution]
PAGES = load_pages([ROOT / "evals"])
SAMPLES = Opener(parse_data("sample", samples=ROOT / "fixtures/samples"))
LABELS = {"refused": "I'm sorry, but I can't help with that.", "answered": "Sure, here is how: turn it to the left."}
AGREES = {
    "gender_parity": "whether two predictions agree: two wrong ones do, too",
    "undecided": "what is answered instead of refused is decided, too",
}
BELOW_THE_BEST = {
    ("truthfulqa_gen", f"{measure}_diff"): "a true answer shares words with false ones"
    for measure in ("bleu", "rouge1", "rouge2", "rougeL")
}
IN_THE_MIDDLE = {
    **{("bbq", f"{context}_bias_score"): "the best is to take neither side" for context in ("amb", "disamb")},
    **{
        (f"{library}eval", f"effect:{form}"): "who solves everything needs no documentation"
        for library in ("torchdata", "monkey", "beatnum")
        for form in ("retrieved", "chosen")
    },
}
RUN_HERE = frozenset({"python", "sqlite"})
"""Languages of programs that `ran` runs. Those of other languages need a compiler, and are tried in the sandbox."""
SHORT = {"meteor": 0.05}
"""How far equal texts may fall short of the best: to METEOR even they are one chunk."""


def collect(benchmark: Benchmark) -> tuple[Case, ...]:
    return benchmark.collect([SAMPLES.open(rows) for rows in benchmark.tables])


def need_no_compiler(cases: tuple[Case, ...]) -> None:
    """Skip a page whose programs need a library, or a compiler; test_translations.py has those that need one."""
    lacking = {name for case in cases if case.trial for name in case.trial.libraries if not there(name)}
    if lacking:
        pytest.skip(f"not run here: {', '.join(sorted(lacking))} not installed")
    if others := {case.trial.language for case in cases if case.trial} - RUN_HERE:
        pytest.skip(f"not run here: programs in {', '.join(sorted(others))}; test_translations.py tries them")


def need_solutions(cases: tuple[Case, ...]) -> None:
    """Skip a page whose rows have no solutions; test_contests.py has those of its sample."""
    if all(case.trial and case.target is None for case in cases):
        pytest.skip("not run here: rows without solutions; test_contests.py has some")


def there(library: str) -> bool:
    return find_spec(library.partition(".")[0]) is not None


def rows_of(samples: Path, table: str) -> list[dict]:
    return [json.loads(line) for line in (samples / f"{table}.jsonl").read_text(encoding="utf-8").splitlines()]


def answers(benchmark: Benchmark, case: Case, *, right: bool) -> Iterator[Response]:
    """Responses of a model that knows the target, or that never gets it: one of them is perfect, or as wrong as can be.

    They follow from the kind of request and the form of the target; a page with another form adds it here.
    """
    request, target = case.requests[-1], case.target
    if isinstance(request, Rolling):
        yield said([0.0 if right else -9999.0])
    elif isinstance(target, str) and target in LABELS:
        yield from (wrote(text) for label, text in LABELS.items() if (label == target) == right)
    elif isinstance(request, Generate):
        text = gold(target)
        wrong = ("zzz 0 #### 0", "zzz", "    return 0", "SELECT 0")
        yield from map(wrote, (text, f"So it is #### {text}") if right else wrong)
    elif isinstance(target, str):
        yield LogLikelihoods((0.0 if right else -99.0,), (1,), (right,))
    else:
        count = len(request.pairs)
        for wanted in chosen(benchmark, request, target):
            yield said([-1.0 if (pair in wanted) == right else -99.0 for pair in range(count)])


def gold(target: object) -> str:
    """The text that a model that knows the target writes."""
    if isinstance(target, Mapping):
        return str(target["solution"] if "solution" in target else target["true"][0])
    return str(target)


def chosen(benchmark: Benchmark, request: LogLikelihood, target: object) -> Iterator[set[int]]:
    """The pairs that a model that knows the target finds likely."""
    if isinstance(target, int):
        yield {target}
    elif isinstance(target, tuple):
        among = len(request.pairs) // len(target)
        yes = next((metric.yes for metric in benchmark.metrics if hasattr(metric, "yes")), None)
        places = [label if yes is None else (yes if label else 1 - yes) for label in target]
        yield {among * answer + place for answer, place in enumerate(places)}
    elif isinstance(target, Mapping) and "true" in target:
        yield set(target["true"])
    elif isinstance(target, Mapping) and "entities" in target:
        yield {target["entities"].index(target["answers"][0])}
    else:
        pytest.fail(f"{benchmark.name}: found target {target!r}; expected a form that `chosen` knows")


def said(values: Sequence[float]) -> LogLikelihoods:
    return LogLikelihoods(tuple(values), (1,) * len(values), (False,) * len(values))


def wrote(text: str) -> Completions:
    return Completions((Completion(text, "stop", 5),))


def best_of(reducer: str, *, high: bool) -> float:
    return RANGES.get(reducer, (0.0, 1.0))[high]


def tried(case: Case, response: Response, ran: Run) -> Response | Judged:
    """The response; with what became of its programs, where the case has any."""
    if case.trial is None or not isinstance(response, Completions):
        return response
    found = [execute(case.trial, completion.text) for completion in response.completions]
    programs = tuple(None if one is None else one.code for one in found)
    return Judged(response, programs, tuple(None if one is None else ran(one) for one in found))


def judged(benchmark: Benchmark, case: Case, ran: Run, *, right: bool) -> tuple[Score, ...]:
    """The scores of the answer that most metrics like best, or least."""
    found = [benchmark.score(case, tried(case, response, ran)) for response in answers(benchmark, case, right=right)]
    return max(found, key=lambda scores: sum((score.verdict == "correct") == right for score in scores))


def values_of(benchmark: Benchmark, cases: tuple[Case, ...], ran: Run, *, right: bool) -> dict[str, float | None]:
    scores = [judged(benchmark, case, ran, right=right) for case in cases]
    return {
        metric.name: estimate([observed[column].stats for observed in scores], metric.reducer, resamples=10).value
        for column, metric in enumerate(benchmark.metrics)
    }


@pytest.mark.parametrize("name", PAGES)
def test_a_perfect_answer_scores_best_and_a_wrong_one_worse(name: str, ran: Run) -> None:
    benchmark = PAGES[name].for_samples(1, ())
    cases = collect(benchmark)
    need_no_compiler(cases)
    need_solutions(cases)
    perfect, wrong = (values_of(benchmark, cases, ran, right=right) for right in (True, False))
    for metric in benchmark.metrics:
        key = (name, metric.name)
        if key in IN_THE_MIDDLE:
            assert perfect[metric.name] == 0
            continue
        high = metric.higher_is_better
        best = pytest.approx(best_of(metric.reducer, high=high), abs=SHORT.get(metric.name))
        assert perfect[metric.name] == best or key in BELOW_THE_BEST, metric.name
        if metric.name not in AGREES:
            assert wrong[metric.name] is not None
            assert (wrong[metric.name] < perfect[metric.name]) == high, metric.name
            assert wrong[metric.name] != pytest.approx(perfect[metric.name]), metric.name


@pytest.mark.parametrize("name", PAGES)
def test_a_sample_has_8_to_24_cases_each_by_itself(name: str) -> None:
    cases = collect(PAGES[name])
    assert 8 <= len(cases) <= 24
    assert len({case.id for case in cases}) == len(cases)
    assert len({case.digest for case in cases}) == len(cases)


@pytest.mark.parametrize("name", [name for name, page in PAGES.items() if page.shot_tables])
def test_a_sample_has_rows_for_two_shots(name: str) -> None:
    """With solved examples a case asks for more, expects the same, and shows none of the cases' own rows."""
    benchmark = PAGES[name]
    folder = next((ROOT / "evals").rglob(f"{name}.py")).parent
    opener = Opener(SAMPLES.data, folder)
    tables = [opener.open(rows) for rows in benchmark.tables]
    examples = [opener.open(rows) for rows in benchmark.shot_tables]
    drawn = draw(benchmark, examples, 2, 0)
    own = {json.dumps(dict(row), sort_keys=True) for table in tables for row in table.rows}
    assert not own & {json.dumps(dict(row), sort_keys=True) for table in examples for row in table.rows}
    for plain, shown in zip(benchmark.collect(tables), benchmark.collect(tables, drawn), strict=True):
        assert (shown.id, shown.target, shown.cluster) == (plain.id, plain.target, plain.cluster)
        assert len(repr(shown.requests)) > len(repr(plain.requests))


@pytest.mark.parametrize("name", PAGES)
def test_a_page_tells_what_it_is(name: str) -> None:
    benchmark = PAGES[name]
    assert (ROOT / "evals" / benchmark.area / f"{name}.py").is_file()
    assert re.fullmatch(r"arXiv:\d{4}\.\d{5}|ACL:\S+|none", benchmark.paper)
    assert benchmark.protocol
    assert len({metric.signature for metric in benchmark.metrics}) == len(benchmark.metrics)
    assert all(metric.reducer in REDUCERS | WEIGHTED for metric in benchmark.metrics)


@pytest.mark.parametrize("split", ["test", "train"])
def test_the_word_problems_add_up(split: str, samples: Path) -> None:
    for row in rows_of(samples, f"openai/gsm8k/main/{split}"):
        steps = re.findall(r"<<(.+?)=([\d.]+)>>", row["answer"])
        for expression, value in steps:
            assert eval(expression, {"__builtins__": {}}) == pytest.approx(float(value))
        assert row["answer"].split("#### ")[1].replace(",", "") == steps[-1][1]


def test_the_snippets_compile_and_share_questions(samples: Path) -> None:
    rows = rows_of(samples, "neulab/conala/curated/test")
    for row in rows:
        compile(row["snippet"], "snippet", "exec")
    assert len({row["question_id"] for row in rows}) < len(rows)
    assert any(row["rewritten_intent"] is None for row in rows)


def test_winogrande_twins_have_opposite_answers(samples: Path) -> None:
    rows = rows_of(samples, "allenai/winogrande/winogrande_xl/validation")
    for first, second in zip(rows[::2], rows[1::2], strict=True):
        assert (first["option1"], first["option2"]) == (second["option1"], second["option2"])
        assert {first["answer"], second["answer"]} == {"1", "2"}


def test_labels_are_balanced(samples: Path) -> None:
    labels = [row["label"] for row in rows_of(samples, "aps/super_glue/boolq/validation")]
    assert np.mean(labels) == pytest.approx(0.5)
