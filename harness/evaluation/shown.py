"""What was asked and what was answered, as a failed test shows it: nothing is left out."""

from collections.abc import Iterator
from collections.abc import Sequence

from harness.core import Completions
from harness.core import Generate
from harness.core import LogLikelihood
from harness.core import LogLikelihoods
from harness.core import Request
from harness.core import Response
from harness.core import Rolling
from harness.prompts import flat
from harness.prompts import with_gap


def dialogue(requests: Sequence[Request], responses: Sequence[Response]) -> str:
    """Each request and its response, under a line that says which it is; of a choice, each continuation's worth."""
    lines: list[str] = []
    for request, response in zip(requests, responses, strict=False):  # later turns are in the prompts before them
        lines += ["prompt:", _asked(request), *_answered(request, response)]
    return "\n".join(lines)


def _asked(request: Request) -> str:
    if isinstance(request, Generate):
        if isinstance(request.prompt, str):
            return with_gap(request)
        return "\n".join(f"{turn.role}: {turn.content}" for turn in request.prompt)
    if isinstance(request, LogLikelihood):
        return "\n".join(dict.fromkeys(flat(context) for context, _ in request.pairs))
    return request.text if isinstance(request, Rolling) else ""


def _answered(request: Request, response: Response) -> Iterator[str]:
    if isinstance(response, Completions):
        for completion in response.completions:
            yield f"answer{' (cut off)' if completion.finish == 'length' else ''}:"
            yield completion.text
    elif isinstance(response, LogLikelihoods):
        yield "log-likelihoods:"
        continuations = [text for _, text in request.pairs] if isinstance(request, LogLikelihood) else ["the text"]
        yield from (f"{value:10.3f}  {text}" for value, text in zip(response.values, continuations, strict=True))
