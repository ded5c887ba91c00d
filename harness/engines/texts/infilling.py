"""Fill-in-the-middle: a prompt of what stands before and behind a gap, in the tokens a model was trained with.

Bavarian et al. 2022, arXiv:2207.14255. A family is known by its tokens, each of which its tokenizer has as one:
Qwen2.5-Coder (arXiv:2409.12186), StarCoder (arXiv:2305.06161) and SantaCoder, Code Llama (arXiv:2308.12950),
DeepSeek-Coder (arXiv:2401.14196), and Codestral, whose suffix comes first.
"""

from collections.abc import Callable

from harness.core import Generate
from harness.engines.texts.unreadable import UnreadableError
from harness.prompts import flat

FORMS = (
    "<|fim_prefix|>{before}<|fim_suffix|>{behind}<|fim_middle|>",
    "<fim_prefix>{before}<fim_suffix>{behind}<fim_middle>",
    "<fim-prefix>{before}<fim-suffix>{behind}<fim-middle>",
    "▁<PRE>{before}▁<SUF>{behind}▁<MID>",
    "<｜fim▁begin｜>{before}<｜fim▁hole｜>{behind}<｜fim▁end｜>",  # noqa: RUF001 - its own bars
    "[SUFFIX]{behind}[PREFIX]{before}",
)


def continued(request: Generate, is_token: Callable[[str], bool]) -> str:
    """The text that a model without a chat template continues; `is_token` says of a text whether it is one token.

    Raises UnreadableError where there is a gap to fill and no family's tokens are there.
    """
    before = flat(request.prompt)
    if request.suffix is None:
        return before
    form = next((form for form in FORMS if all(map(is_token, _marks(form)))), None)
    if form is None:
        raise UnreadableError(
            "the tokenizer has no tokens for filling in the middle; a model with a chat template is asked in words"
        )
    return form.format(before=before, behind=request.suffix)


def _marks(form: str) -> tuple[str, ...]:
    return tuple(mark for part in form.split("{before}") for mark in part.split("{behind}") if mark)
