"""Problems of a library that a model may not know, asked with no documentation of it, retrieved, or chosen.

Zan et al. 2022, "When Language Model Meets Private Library", arXiv:2210.17236: the rows of a problem in three forms.
"""

import builtins
from dataclasses import replace

from harness.code_tasks.extraction.definitions import bindings
from harness.code_tasks.extraction.private import DOCUMENTED
from harness.code_tasks.extraction.private import opened
from harness.code_tasks.extraction.private import pairs
from harness.code_tasks.extraction.private import renamed as words_renamed
from harness.code_tasks.problems import library_line
from harness.code_tasks.problems import texts
from harness.core import Case
from harness.core import Generate
from harness.sources import Row
from harness.sources import Rows
from harness.sources import from_hub

FORMS = {"default": "none", "api_n": "retrieved", "human_labelled": "chosen"}
"""The configs of the rows, and what documentation each has."""


def forms(path: str) -> tuple[Rows, ...]:
    """The rows of a dataset in each of its forms."""
    return tuple(from_hub(path, config, split="test") for config in FORMS)


def documented(row: Row, *libraries: str) -> Case:
    """A request for the rest of a function or script, as NumpyEval's; the forms of a problem are a cluster.

    The prompt is put without the white space around it, as the authors' `eval_private.py` does. Of several solutions
    the reference is the first that needs nothing the prompt lacks: some name classes that it does not import.
    """
    prompt, solutions = row.text("prompt"), texts(row, "canonical_solution", least=1)
    whole = sorted(solutions, key=lambda solution: _lacks(prompt + solution))
    case = library_line(row.variant("whole", {"canonical_solution": whole}), *libraries)
    asked = replace(case, id=row.id, cluster=row.text("task_id"), stratum=FORMS[row.config])
    return _asked(asked, prompt)


def renamed(row: Row, private: str, library: str) -> Case:
    """The same where the library is another under private words: programs go back into its own before they run."""
    words, prompt = pairs(private), row.text("prompt")
    code = prompt.rpartition(DOCUMENTED)[2]
    made = words_renamed(code, row.text("test"), row.text("entry_point"))
    solutions = texts(row, "canonical_solution", least=1)
    fields = {
        "prompt": opened(code, words, made),
        "canonical_solution": [opened(solution, words, made) for solution in solutions],
    }
    case = documented(row.variant("public", fields), library)
    trial = None if case.trial is None else replace(case.trial, extract=private, prompt=prompt)
    return _asked(replace(case, id=row.id, target=solutions[0], trial=trial), prompt)


def _asked(case: Case, prompt: str) -> Case:
    requests = (request for request in case.requests if isinstance(request, Generate))
    return replace(case, requests=tuple(replace(request, prompt=prompt.strip()) for request in requests))


def _lacks(source: str) -> bool:
    """Whether a source reads a name that it does not make; so it does where it is no Python."""
    try:
        binds, reads = bindings(source)
    except SyntaxError:
        return True
    return bool(reads - binds - set(dir(builtins)))
