"""Extraction: what an answer says, pulled out of its text; str -> str or None, pure.

An extractor's name is part of its metric's signature, so a rule that changes is a new function.
"""

import re
import string

_HASH_NUMBER = re.compile(r"#### (\-?[0-9\.\,]+)")
_ANY_NUMBER = re.compile(r"(-?[$0-9.,]{2,})|(-?[0-9]+)")
_NUMBER_NOISE = tuple(re.compile(pattern) for pattern in (r",", r"\$", r"(?s).*#### ", r"\.$"))
_BOX = re.compile(r"\\(?:boxed|fbox)(?![A-Za-z])\s*")
_BRACE = re.compile(r"\\.|[{}]", re.DOTALL)
_MATHS_ENDS = re.compile(r"[$\n]")
_NO_PUNCTUATION = str.maketrans("", "", string.punctuation)
_LATEX_NOISE = ("\n", "\\!"), ("\\left", "\\right", "^{\\circ}", "^\\circ", "\\$")
_ROOT = re.compile(r"\\sqrt([^{])")


def hash_number(text: str) -> str | None:
    """The first number behind `#### `, GSM8K's own mark of a final answer.

    Cobbe et al. 2021, arXiv:2110.14168; lm-evaluation-harness 0.4.13 calls it gsm8k's "strict-match".
    """
    match = _HASH_NUMBER.search(text)
    return match[1].strip() if match else None


def last_number(text: str) -> str | None:
    """The last thing that looks like a number, with its signs of currency, thousands and decimals.

    "flexible-extract" of lm-evaluation-harness 0.4.13, bare punctuation included: "..." counts as found.
    """
    numbers = _ANY_NUMBER.findall(text)
    return next(group for group in numbers[-1] if group).strip() if numbers else None


def plain_number(text: str) -> str:
    """A number without thousands' commas, dollar signs, all up to `#### ` and a final full stop, in lower case.

    The `regexes_to_ignore` and `ignore_case` of gsm8k in lm-evaluation-harness 0.4.13, in their order.
    """
    for noise in _NUMBER_NOISE:
        text = noise.sub("", text)
    return text.lower()


def verbatim(text: str) -> str:
    """The text itself: the normalisation of an answer that needs none."""
    return text


def last_boxed(text: str) -> str | None:
    r"""The content of the last `\boxed{...}` or `\fbox{...}`: the mark of a final answer in MATH.

    Hendrycks et al. 2021, arXiv:2103.03874. Braces are balanced as TeX does, so `\{` and `\}` are text; a box without
    braces reaches to the next `$` or the line's end. A box that is empty or never closed is no answer.
    """
    boxes = list(_BOX.finditer(text))
    if not boxes:
        return None
    rest = text[boxes[-1].end() :]
    content = _braced(rest) if rest.startswith("{") else _MATHS_ENDS.split(rest, maxsplit=1)[0]
    return (content or "").strip() or None


def trimmed(text: str) -> str:
    """The whole text without white space around it, which always is an answer, if an empty one.

    "remove_whitespace" of lm-evaluation-harness 0.4.13.
    """
    return text.strip()


def without_punctuation(text: str) -> str:
    """The text in lower case without ASCII punctuation: signs and decimal points are gone too, "-1.5" is "15".

    `ignore_case` and `ignore_punctuation` of lm-evaluation-harness 0.4.13, as mgsm has them.
    """
    return text.lower().translate(_NO_PUNCTUATION)


def hendrycks_string(text: str) -> str:
    r"""LaTeX in the one form in which MATH's authors compare answers: `\frac12`, `1/2` and `0.5` are one, units go.

    Hendrycks et al. 2021, `is_equiv`, as in hendrycks_math of lm-evaluation-harness 0.4.13. Text it cannot read stays.
    """
    try:
        return _without_slash(_whole_fractions(_latex_in_short(text)))
    except ValueError:
        return text


def _latex_in_short(text: str) -> str:
    """Without line ends, spaces, signs of degree, currency and per cent, a unit at the end and a name before `=`."""
    for noise in _LATEX_NOISE[0]:
        text = text.replace(noise, "")
    text = text.replace("\\\\", "\\").replace("tfrac", "frac").replace("dfrac", "frac")
    for noise in _LATEX_NOISE[1]:
        text = text.replace(noise, "")
    text, *unit = text.split("\\text{ ")
    if len(unit) > 1:
        raise ValueError(text)
    text = text.replace("\\%", "").replace("\\%", "")  # twice, as theirs does: one can leave another behind
    text = text.replace(" .", " 0.").replace("{.", "{0.")
    text = "0" + text if text.startswith(".") else text
    name, *value = text.split("=")
    if len(value) == 1 and len(name) <= 2:
        text = value[0]
    if "" in text.split("\\sqrt")[1:]:
        raise ValueError(text)
    return _ROOT.sub(r"\\sqrt{\1}", text).replace(" ", "")


def _whole_fractions(text: str) -> str:
    r"""Braces around what `\frac` takes without them; a fraction without a denominator leaves all as it is."""
    whole, *parts = text.split("\\frac")
    for part in parts:
        if not part:
            raise ValueError(text)
        if len(part) == 1 and part != "{":
            return text
        whole += "\\frac" + _braced_arguments(part)
    return whole


def _braced_arguments(part: str) -> str:
    if part.startswith("{"):
        return part
    below = part[1:] if part[1] == "{" else f"{{{part[1]}}}{part[2:]}"
    return f"{{{part[0]}}}{below}"


def _without_slash(text: str) -> str:
    r"""A fraction of two integers as `\frac`, and one half however it was written."""
    if text == "0.5":
        return r"\frac{1}{2}"
    above, *below = text.split("/")
    if len(below) != 1:
        return text
    over, under = int(above), int(below[0])
    return f"\\frac{{{over}}}{{{under}}}" if text == f"{over}/{under}" else text


def _braced(text: str) -> str | None:
    """What stands between the brace the text starts with and its partner; None where it has none."""
    depth = 0
    for brace in _BRACE.finditer(text):
        depth += {"{": 1, "}": -1}.get(brace[0], 0)
        if depth == 0:
            return text[1 : brace.start()]
    return None
