"""HumanEval infilling: a function's missing line, lines or span, from what stands before and behind.

Bavarian et al. 2022, "Efficient Training of Language Models to Fill in the Middle", arXiv:2207.14255. HumanEval's
solutions with a gap: 1,033 single lines, 5,815 stretches of lines, 1,640 spans of characters, 164 of such spans (the
light kind); the kinds are the strata, HumanEval's problem is the cluster. A model is asked in the tokens for filling in
the middle that its tokenizer has, and refused where it has none; under a chat template a question of our own marks the
gap. What stands before, the answer and what stands behind are the program, and HumanEval's assertions its tests.
"""

from functools import lru_cache

from harness.benchmark import Benchmark
from harness.code_tasks.checks import helpers
from harness.code_tasks.checks import parted
from harness.code_tasks.extraction.candidates import HOLE
from harness.code_tasks.problems import text_or_nothing
from harness.core import Case
from harness.core import Generate
from harness.core import Trial
from harness.metrics.pass_at_k import PassAtK
from harness.metrics.syntax_valid import SyntaxValid
from harness.sources import Row
from harness.sources import from_hub

KINDS = {
    "HumanEval-SingleLineInfilling": "single-line",
    "HumanEval-MultiLineInfilling": "multi-line",
    "HumanEval-RandomSpanInfilling": "random-span",
    "HumanEval-RandomSpanInfillingLight": "random-span-light",
}
STOP = ("<|endoftext|>", "<|fim_pad|>", "<|file_sep|>", "<fim_pad>", "<file_sep>", "<EOT>")
"""What ends a middle, where a model's settings do not say so."""


# a problem has dozens of gaps, and one solution and one check
_helpers, _parted = lru_cache(maxsize=16)(helpers), lru_cache(maxsize=16)(parted)


def problem(row: Row) -> str:
    """HumanEval's problem, the second and third part of the task's name."""
    parts = row.text("task_id").split("/")
    if len(parts) < 3:
        raise row.error("task_id", f"{row['task_id']!r}; expected a kind, HumanEval and its number")
    return "/".join(parts[1:3])


def to_case(row: Row, _shots: tuple[Row, ...]) -> Case:
    """A request for what is missing."""
    before, behind, entry = row.text("prompt"), text_or_nothing(row, "suffix"), row.text("entry_point")
    missing = text_or_nothing(row, "canonical_solution")
    try:
        context = _helpers(before + missing + behind, entry)
    except SyntaxError as error:
        raise row.error("canonical_solution", f"{error}; expected the middle of a function in Python") from error
    try:
        checks = _parted(row.text("test"), entry)
    except ValueError as error:
        raise row.error("test", f"{error}; expected a function check(candidate) in Python") from error
    trial = Trial(
        "python",
        "infilled",
        prompt=before + HOLE + behind,
        tests=checks.tests,
        names=(entry,),
        context=f"{context}\n{checks.context}".strip(),
        reference=before + missing + behind,
    )
    request = Generate(before, max_tokens=512, stop=STOP, suffix=behind)
    return Case(row.id, (request,), missing, cluster=problem(row), stratum=KINDS[row.config], trial=trial)


humaneval_infilling = Benchmark(
    name="humaneval_infilling",
    version=1,
    area="code",
    paper="arXiv:2207.14255",
    protocol="zero-shot, greedy middle of at most 512 tokens between prompt and suffix; all its tests must pass",
    rows=tuple(from_hub("loubnabnl/humaneval_infilling", kind, split="test", key="task_id") for kind in KINDS),
    strata="kind",
    to_case=to_case,
    metrics=(PassAtK(1), SyntaxValid()),
    verified="of a mirror's 8,652 solutions all pass in the sandbox; no log was compared",
    size=8652,
)


@humaneval_infilling.cases
def test_humaneval_infilling(case, response, record):
    record(humaneval_infilling.score(case, response))
