"""Words of any script, for metrics that count them.

rouge-score's own tokenizer knows `a-z` and `0-9` alone: a text in Chinese, Russian or Hindi has no word to it. Here a
word is a run of letters, marks and digits. Scripts that put no space between words give a word for each letter with its
marks, as is usual for ROUGE of Chinese (Hu et al. 2015, LCSTS, arXiv:1506.05865). Of ASCII text the words are those of
rouge-score.
"""

import unicodedata
from functools import cache
from typing import TYPE_CHECKING

import regex  # type: ignore[import-untyped]

if TYPE_CHECKING:
    from nltk.stem.porter import PorterStemmer  # type: ignore[import-untyped]

NAME = "unicode-words-1"
"""What a signature says; another rule is another name."""
_SPACELESS = (
    r"\p{Han}\p{Hiragana}\p{Katakana}\p{Bopomofo}\p{Thai}\p{Lao}\p{Khmer}\p{Myanmar}\p{Tibetan}\p{Javanese}\p{Balinese}"
    r"\p{Yi}\p{Tai_Le}\p{New_Tai_Lue}\p{Tai_Tham}\p{Tai_Viet}\u30fc\u3005\u3006\uff70"
)
_LETTER = rf"[[{_SPACELESS}]&&[\p{{L}}\p{{N}}]]\p{{M}}*"
_WORD = regex.compile(rf"(?V1){_LETTER}|[[\p{{L}}\p{{N}}\p{{M}}]--[{_SPACELESS}]]+")
_TOKEN = regex.compile(rf"(?V1){_LETTER}|[[\p{{L}}\p{{N}}\p{{M}}_]--[{_SPACELESS}]]+|[^\p{{L}}\p{{N}}\p{{M}}_\s]")


def words(text: str, *, stemmer: bool = False) -> list[str]:
    """The words in lower case; with `stemmer` those of more than three letters as Porter stems them, as rouge-score."""
    matched: list[str] = _WORD.findall(_plain(text).lower())
    return [_porter().stem(word) if len(word) > 3 else word for word in matched] if stemmer else matched


def words_and_signs(text: str) -> list[str]:
    """The words, where an underscore is a letter, and each other sign that is no white space; the case is kept."""
    tokens: list[str] = _TOKEN.findall(_plain(text))
    return tokens


def _plain(text: str) -> str:
    """Letters and their marks composed, however the text has them."""
    return unicodedata.normalize("NFC", text)


@cache
def _porter() -> "PorterStemmer":
    from nltk.stem.porter import PorterStemmer

    return PorterStemmer()
