"""CodeBLEU: n-grams, n-grams weighted by keywords, subtrees of the syntax tree, and data flow, in equal parts.

Ren et al. 2020, "CodeBLEU: a Method for Automatic Evaluation of Code Synthesis", arXiv:2009.10297. The four parts are
those of the package codebleu, which is the authors' script with today's tree-sitter (extra `codebleu`). Its sum is not
used: it counts a data flow of which nothing matches as a perfect one. Here that is 0; a reference without any data flow
leaves that part out, and the other three weigh a third each.
"""

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from importlib.metadata import version

from harness.core import Case
from harness.core import Response
from harness.core import Score
from harness.errors import UsageError
from harness.metrics.answers import program_and_reference


@dataclass(frozen=True, slots=True)
class CodeBleu:
    """Mean over cases of the four parts' mean. In 0..1. `language` is that of cases whose program is not run.

    An answer without a program is an empty one, 0. Raises UsageError where the extra, or the language's grammar for
    tree-sitter, is not installed.
    """

    language: str = "python"
    name: str = "codebleu"
    reducer: str = "mean"
    higher_is_better: bool = True

    @property
    def signature(self) -> str:
        """Weights, how cases are joined, and the package."""
        return f"codebleu|weights:equal|over:cases|codebleu:{version('codebleu')}"

    def observe(self, case: Case, response: Response) -> Score:
        """Statistics (mean of the parts, 1)."""
        found, wanted = program_and_reference(self.name, case, response)
        language = self.language if case.trial is None else case.trial.language
        values = parts(found, wanted, language) if found.strip() else (0.0,)
        return Score(self.name, (sum(values) / len(values), 1.0))


def parts(program: str, reference: str, language: str) -> tuple[float, ...]:
    """N-gram, weighted n-gram, syntax and data-flow match, each in 0..1; the last only where the reference has one."""
    try:
        from codebleu import calc_codebleu
        from codebleu.dataflow_match import corpus_dataflow_match

        with _quiet():
            found = calc_codebleu([[reference]], [program], language)
            flows = bool(corpus_dataflow_match([[reference]], [reference], language))
    except (ImportError, AssertionError) as error:  # a grammar that is not installed is found out in use
        raise UsageError(
            f"codebleu: {str(error).partition('. ')[0]}; expected the extra, `pip install crosstask[codebleu]`, "
            "and a grammar for tree-sitter of the program's language"
        ) from error
    names = ("ngram_match_score", "weighted_ngram_match_score", "syntax_match_score")
    values = [float(found[name]) for name in names]
    return (*values, float(found["dataflow_match_score"])) if flows else tuple(values)


@contextmanager
def _quiet() -> Iterator[None]:
    """Without the package's warnings to the root logger that a reference has no data flow, which is seen to here."""
    root = logging.getLogger()

    def is_other(record: logging.LogRecord) -> bool:
        return record.module != "dataflow_match"

    root.addFilter(is_other)
    try:
        yield
    finally:
        root.removeFilter(is_other)
