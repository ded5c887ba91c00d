"""Words of any script: rouge-score's where the text is ASCII, and something to count everywhere else."""

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st
from nltk.stem.porter import PorterStemmer
from rouge_score.tokenize import tokenize

from harness.core import Case
from harness.core import Completion
from harness.core import Completions
from harness.core import Generate
from harness.metrics.bleu import Bleu
from harness.metrics.meteor import Meteor
from harness.metrics.rouge import Rouge
from harness.metrics.words import words
from harness.metrics.words import words_and_signs

SENTENCES = {
    "Arabic": ("تقوم الدالة بترتيب القائمة", "الدالة بترتيب القائمة"),
    "Bengali": ("ফাংশনটি তালিকা সাজায়", "তালিকা সাজায়"),
    "Chinese": ("这个函数对列表进行排序", "函数排序列表"),
    "Georgian": ("ფუნქცია ალაგებს სიას", "ალაგებს სიას"),
    "Greek": ("\u0397 συνάρτηση ταξινομεί τη λίστα", "ταξινομεί τη λίστα"),
    "Hebrew": ("הפונקציה ממיינת את הרשימה", "ממיינת את הרשימה"),
    "Hindi": ("यह फलन सूची को क्रमबद्ध करता है", "सूची को क्रमबद्ध करो"),
    "Japanese": ("この関数はリストを並べ替えます", "リストを並べ替える"),
    "Khmer": ("អនុគមន៍តម្រៀបបញ្ជី", "តម្រៀបបញ្ជី"),
    "Korean": ("이 함수는 목록을 정렬합니다", "목록을 정렬합니다"),
    "Russian": ("Функция сортирует список", "сортирует список"),
    "Telugu": ("ఈ ఫంక్షన్ జాబితాను క్రమబద్ధీకరిస్తుంది", "జాబితాను క్రమబద్ధీకరిస్తుంది"),
    "Thai": ("ฟังก์ชันนี้เรียงลำดับรายการ", "เรียงลำดับรายการ"),
    "Vietnamese": ("Hàm này sắp xếp danh sách", "sắp xếp danh sách"),
}
METRICS = [Rouge("rouge1"), Rouge("rouge2"), Rouge("rougeL"), Meteor()]


def value(metric, said, wanted):
    score = metric.observe(Case("a", (Generate("Q:"),), wanted), Completions((Completion(said, "stop", 1),)))
    return score.stats[0]


@pytest.mark.parametrize("stemmer", [False, True])
@given(text=st.text(st.characters(max_codepoint=127)))
def test_of_ascii_text_they_are_those_of_rouge_score(stemmer, text):
    assert words(text, stemmer=stemmer) == tokenize(text, PorterStemmer() if stemmer else None)


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("我爱北京2024年", ["我", "爱", "北", "京", "2024", "年"]),
        ("カタカナー", ["カ", "タ", "カ", "ナ", "ー"]),
        ("हिन्दी भाषा", ["हिन्दी", "भाषा"]),
        ("Größe, naïve", ["größe", "naïve"]),
        ("用Python写", ["用", "python", "写"]),
        ("…、。!", []),
    ],
)
def test_what_a_word_is(text, found):
    assert words(text) == found
    assert words(unicodedata.normalize("NFD", text)) == words(unicodedata.normalize("NFC", text))


@given(st.text(st.characters(exclude_characters="\x1c\x1d\x1e\x1f")))
def test_no_letter_is_lost(text):
    def kept(joined):
        return sum(unicodedata.category(sign)[0] in "LN" for sign in unicodedata.normalize("NFC", joined))

    assert kept("".join(words(text))) == kept(unicodedata.normalize("NFC", text).lower())
    assert "".join(words_and_signs(text)) == "".join(unicodedata.normalize("NFC", text).split())


@pytest.mark.parametrize("language", SENTENCES)
@pytest.mark.parametrize("metric", METRICS, ids=lambda metric: metric.name)
def test_likeness_of_every_script_is_seen(metric, language):
    wanted, alike = SENTENCES[language]
    other = SENTENCES["Georgian" if language == "Russian" else "Russian"][0]
    assert value(metric, wanted, wanted) > 0.9
    assert value(metric, other, wanted) == 0
    assert 0 < value(metric, alike, wanted) < value(metric, wanted, wanted)


def test_bleu_takes_a_tokenizer_of_sacrebleu():
    wanted, alike = SENTENCES["Chinese"]
    assert Bleu(tokenize="zh").observe(*_pair(alike, wanted)).stats[2] > 0
    assert Bleu().observe(*_pair(alike, wanted)).stats[2] == 0


def _pair(said, wanted):
    return Case("a", (Generate("Q:"),), wanted), Completions((Completion(said, "stop", 1),))
