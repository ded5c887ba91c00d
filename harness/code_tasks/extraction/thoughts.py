"""The thoughts in an answer, in the marks of whichever model, and the answer without them.

`<think>`, `[THINK]`, `<|begin_of_thought|>` and their kin are one form: a word for thinking between brackets. Harmony's
channels (https://cookbook.openai.com/articles/openai-harmony) are another: of them the last that is final is the
answer. A closing mark without its opening one ends a thought that the prompt began; a thought that does not end leaves
no answer.
"""

import re

_WORDS = (
    "think|thinking|thought|thoughts|reason|reasoning|reasoning_content|reflect|reflection|scratchpad|scratch_pad"
    "|analysis|planning|rationale|deliberation|contemplation|antthinking|chain_of_thought|cot"
    "|monologue|inner_monologue|internal_monologue|inner_thoughts"
)
_NAME = rf"(?:[A-Za-z]\w*:)?(?P<word>{_WORDS})"
_MARK = re.compile(
    rf"(?:<\|?|<\uff5c|\u25c1)(?P<ends>/|end_(?:of_)?)?(?:(?:begin|start)_(?:of_)?)?{_NAME}(?:[ ][^<>\n]{{0,60}})?"
    rf"(?:\|?>|\uff5c>|\u25b7)",
    re.IGNORECASE,
)
_SQUARE = re.compile(rf"\[(?P<ends>/)?(?P<word>{_WORDS.upper()})\]")
_CHANNEL = re.compile(
    r"<\|channel\|>\s*(?P<name>\w+)[^\n]*?<\|message\|>(?P<said>.*?)(?=<\|(?:end|return|call|start|channel)\|>|\Z)",
    re.DOTALL,
)
_CHANNEL_THOUGHT = re.compile(r"<\|channel>\w+.*?(?:<channel\|>|\Z)", re.DOTALL)
_DECODED = re.compile(r"\A\s*(?:analysis|commentary)(?=[^\s(=:.,]).*assistantfinal", re.DOTALL)
"""Harmony without its special tokens, as a tokenizer decodes it that skips them."""
_TERMINAL = re.compile(r"\A\s*Thinking\.\.\.[ \t]*\n.*?\n[ \t]*\.\.\.done thinking\.[ \t]*(?:\n|\Z)", re.DOTALL)
"""As Ollama shows a thought."""


def unthought(text: str) -> tuple[str, tuple[str, ...]]:
    """The answer without its thoughts, and the marks they stood in; each once, in order."""
    channels = list(_CHANNEL.finditer(text))
    if channels:
        final = [match["said"] for match in channels if match["name"].lower() == "final" and match["said"].strip()]
        return (final[-1] if final else ""), ("<|channel|>",)
    for form, mark in ((_DECODED, "assistantfinal"), (_TERMINAL, "Thinking..."), (_CHANNEL_THOUGHT, "<|channel>")):
        if form.search(text):
            return form.sub("", text), (mark,)
    return _between_marks(text)


def _between_marks(text: str) -> tuple[str, tuple[str, ...]]:
    kept: list[str] = []
    named: list[str] = []
    place: int = 0
    opened: re.Match[str] | None = None
    for mark in sorted((*_MARK.finditer(text), *_SQUARE.finditer(text)), key=re.Match.start):
        closes = bool(mark["ends"])
        if opened is None and not closes:
            opened = mark
        elif opened is None:
            # what begins a thought was part of the prompt
            kept, place = [], mark.end()
            named.append(mark[0])
        elif closes and mark["word"].lower() == opened["word"].lower():
            kept.append(text[place : opened.start()])
            named.append(opened[0])
            place, opened = mark.end(), None
    if opened is not None and not text[text.rfind("\n", 0, opened.start()) + 1 : opened.start()].strip():
        return "".join((*kept, text[place : opened.start()])), tuple(dict.fromkeys((*named, opened[0])))
    return "".join((*kept, text[place:])), tuple(dict.fromkeys(named))
