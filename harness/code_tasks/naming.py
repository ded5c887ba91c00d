"""The language of an answer, said to the request for it: turns name it, a text that is continued does not.

A prompt of code says by its own letters which language it is in, which is enough for a model that continues it. A chat
model that is shown Ruby, Perl or Lua without a word may well answer in Python.
"""

from dataclasses import replace

from harness.core import Case
from harness.core import Generate
from harness.core import Request
from harness.core import Trial
from harness.languages import language


def told(case: Case) -> Case:
    """The case with its answer's language in its requests; as it is where no answer of it is run."""
    if case.trial is None:
        return case
    return replace(case, requests=tuple(tell(request, case.trial) for request in case.requests))


def tell(request: Request, trial: Trial) -> Request:
    """The request with the language of the trial, and whether its prompt is source that the program goes on from."""
    known = language(trial.language)
    if known is None or not isinstance(request, Generate):
        return request
    return replace(request, answer_language=known.title, source=_is_source(request, trial))


def _is_source(request: Generate, trial: Trial) -> bool:
    """Whether the last line of the prompt is where the program's own beginning ends."""
    from harness.code_tasks.extraction.candidates import HOLE  # extraction is slow to import

    return isinstance(request.prompt, str) and _last(request.prompt) == _last(trial.prompt.partition(HOLE)[0]) != ""


def _last(text: str) -> str:
    return text.rstrip().rpartition("\n")[2]
