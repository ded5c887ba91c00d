"""Special tokens that were decoded into an answer: where it begins and ends among them.

They are known by their form, as tokenizers name theirs: `<|...|>` anywhere; a word in angle brackets, or one in
capitals in square ones, at a line's end, where code has no such word otherwise.
"""

import re

from harness.languages.building.sources import Syntax

_WORD = r"[\w\u2581.:-]"
_STRONG = re.compile(
    r"<\|(?:[^\s<>|][^<>|\n]{0,60}\|>|[\w\u2581]*\|?)|<\uff5c(?:[^<>\uff5c\n]{1,60}\uff5c>|[\w\u2581]*)|</s>"
    r"|<(?P<named>eos|bos|pad|unk|sep|cls|mask|EOS|BOS|PAD|UNK|EOT|EOD|EOM|eot|eod|eom|eot_id|endoftext|EOL"
    r"|(?:end|start|begin)_of_\w+|file_sep|fim_\w+|jupyter_\w+|repo_?name|filename|gh_stars|issue_\w+|commit_\w+"
    r"|empty_output|pr_\w+|extra_id_\d+|unused\d+|reserved_\w+)>|<0x[0-9A-F]{2}>"
    r"|\[/(?!PYTHON|CODE|ANSWER|TESTS)[A-Z][A-Z_]*\]"
)
_LEADING = re.compile(rf"\A\s*(?:{_STRONG.pattern}|<s>|<(?:answer|solution|code|output)>|\[/?INST\])")
_ROLE = re.compile(r"\A(?:assistant|model|ai|bot)\b[ \t]*:?[ \t]*(?=\n|<|\Z)", re.IGNORECASE)
_ANGLED = rf"</?(?P<angled>[A-Za-z_]{_WORD}{{0,40}})>"
_LAST = rf"(?:</?[A-Za-z_]{_WORD}{{0,40}}>|(?<=[\w)'])\[/?[A-Z][A-Z_ ]*\])"
_SQUARED = r"\[/?(?P<squared>[A-Z][A-Z_]*(?: [A-Z]+)*)\]"
_ANGLED_MARK = re.compile(rf"{_ANGLED}(?P<last>(?:[ \t]*</?[A-Za-z_]{_WORD}{{0,40}}>)*[ \t]*\Z)?")
_BEHIND = re.compile(rf"[ \t]*(?:{_ANGLED}|{_SQUARED})[ \t]*(?=\n|\Z)")
_BEHIND_A_STATEMENT = re.compile(
    rf"(?:(?<=[;}}])[ \t]*|^[ \t]*)(?:{_ANGLED}|{_SQUARED})[ \t]*$|[ \t]*{_LAST}\s*\Z", re.MULTILINE
)
_TURN = r"<\|im_start\|>|<\|start_header_id\|>|<start_of_turn>|<\|start\|>"
_HOLDS_CODE = re.compile(r"`{3}|~{3}|[;{}=]|\breturn\b|\bdef\b|\bSELECT\b|^[ \t]+\S", re.MULTILINE | re.IGNORECASE)
_MARKS = frozenset({"PYTHON", "CODE", "ANSWER", "TESTS"})
"""What `harness.code_tasks.extraction.blocks` takes for a fence, or what follows one."""


def untokened(text: str, syntax: Syntax, prompt: str = "") -> tuple[str, tuple[str, ...]]:
    """The answer without special tokens, and what ended it; `prompt` may define what only looks like one."""
    text = _without_leading(text)
    text, last = _first_part(text, prompt)
    text, more = _without_trailing(text, syntax, prompt)
    return text, tuple(dict.fromkeys((*last, *more)))


def cut_in_lines(text: str) -> str:
    """Python without what begins with a word in angle brackets, to its line's end: where nothing else has the word.

    At the end itself it may be any word, as no expression ends there.
    """
    known = _names(text, "")
    return "\n".join(_cut(line, known) for line in text.split("\n"))


def _cut(line: str, known: set[str]) -> str:
    match = next(
        (match for match in _ANGLED_MARK.finditer(line) if match["angled"] not in known or match["last"] is not None),
        None,
    )
    return line if match is None else line[: match.start()].rstrip()


def _without_leading(text: str) -> str:
    """The text behind a run of tokens at its beginning, and behind the role that a turn's token names."""
    while (match := _LEADING.match(text)) is not None:
        text = text[match.end() :]
        if re.search(_TURN, match[0]):
            text = _ROLE.sub("", text)
    return text


def _first_part(text: str, prompt: str) -> tuple[str, tuple[str, ...]]:
    """What stands before the first token; where that holds no code, the first part behind one that does."""
    tokens = list(_STRONG.finditer(text))
    if any(token["named"] for token in tokens):
        known = _names(text, prompt)
        tokens = [token for token in tokens if token["named"] not in known]
    if not tokens:
        return text, ()
    starts = [0, *(token.end() for token in tokens)]
    ends = [*(token.start() for token in tokens), len(text)]
    parts = [text[start:end] for start, end in zip(starts, ends, strict=True)]
    place = next((place for place, part in enumerate(parts) if _HOLDS_CODE.search(part)), None)
    if place is None:
        place = next((place for place, part in enumerate(parts) if part.strip()), 0)
    return _ROLE.sub("", parts[place]), tuple(token[0] for token in tokens[place : place + 1])


def _without_trailing(text: str, syntax: Syntax, prompt: str) -> tuple[str, tuple[str, ...]]:
    """The text without words in brackets at the ends of lines, that nothing else in it or in the prompt names."""
    form = _BEHIND if syntax.by_line else _BEHIND_A_STATEMENT
    if not form.search(text):
        return text, ()
    known = _names(text, prompt)
    gone: list[str] = []

    def drop(match: re.Match[str]) -> str:
        word = match["angled"] or match["squared"]
        # the third form ends the text, as no expression does
        if word is not None and (word in known or word in _MARKS):
            return match[0]
        gone.append(match[0].strip())
        return ""

    while (shorter := form.sub(drop, text)) != text:
        text = shorter
    return text, tuple(gone)


def _names(text: str, prompt: str) -> set[str]:
    """The words that stand outside of brackets."""
    bare = re.sub(rf"{_ANGLED}|{_SQUARED}", " ", text)
    return set(re.findall(r"(?<!')\b\w+", f"{bare}\n{prompt}"))
