"""CodeBLEU: n-grams, n-grams weighted by keywords, subtrees of the syntax tree, and data flow, in equal parts.

Ren et al. 2020, "CodeBLEU: a Method for Automatic Evaluation of Code Synthesis", arXiv:2009.10297. The trees are
tree-sitter's (extra `codebleu`). A data flow of which nothing matches is 0. A reference without any data flow leaves
that part out, and the other three weigh a third each; so do programs in another language than Python, whose data flow
is not worked out.
"""

from dataclasses import dataclass

from harness.core import Case
from harness.core import Response
from harness.core import Score
from harness.metrics.answers import program_and_reference
from harness.metrics.data_flow import data_flow_match
from harness.metrics.grammars import keywords
from harness.metrics.grammars import parse
from harness.metrics.grammars import versions
from harness.metrics.ngram_match import ngram_match
from harness.metrics.python_paths import python_paths
from harness.metrics.syntax_match import syntax_match


@dataclass(frozen=True, slots=True)
class CodeBleu:
    """Mean over cases of the parts' mean. In 0..1. `language` is that of cases whose program is not run.

    An answer without a program is an empty one, 0. Raises UsageError where the extra, or the language's grammar for
    tree-sitter, is not installed.
    """

    language: str = "python"
    name: str = "codebleu"
    reducer: str = "mean"
    higher_is_better: bool = True

    @property
    def signature(self) -> str:
        """Weights, how cases are joined, whose implementation, what the parts are of, and the grammars' versions."""
        parts_of = "weights:equal|over:cases|by:crosstask-2|tokens:space|weighted:precision|dataflow:python"
        return f"codebleu|{parts_of}|{versions()}"

    def observe(self, case: Case, response: Response) -> Score:
        """Statistics (mean of the parts, 1)."""
        said, wanted = program_and_reference(self.name, case, response)
        values = parts(said, wanted, self.language if case.trial is None else case.trial.language)
        return Score(self.name, (sum(values) / len(values), 1.0))


def parts(program: str, reference: str, language: str) -> tuple[float, ...]:
    """N-gram, weighted n-gram, syntax and data-flow match, each in 0..1; all 0 for a program of nothing but space.

    The last only of Python, and only where the reference has a data flow.
    """
    words = keywords(language)
    wanted = parse(reference, language)
    tree = parse(program, language)
    flow = data_flow_match(python_paths(tree), python_paths(wanted)) if language == "python" else None
    values = (
        ngram_match(program, reference),
        ngram_match(program, reference, words),
        syntax_match(tree, wanted) if program.strip() else 0.0,
    )
    return values if flow is None else (*values, flow)
