"""BLEU, chrF and ROUGE: sums of per-case statistics give what the well-known libraries give for the corpus."""

import importlib.metadata

import numpy as np
import pytest
import sacrebleu
from hypothesis import given
from hypothesis import settings
from hypothesis import strategies as st
from rouge_score.rouge_scorer import RougeScorer

from harness.core import Case
from harness.core import Completion
from harness.core import Completions
from harness.core import Generate
from harness.core import LogLikelihoods
from harness.errors import UsageError
from harness.metrics.bleu import Bleu
from harness.metrics.chrf import Chrf
from harness.metrics.rouge import Rouge
from harness.statistics import REDUCERS
from harness.statistics import estimate

CORPORA = {
    "fair": (
        ["reverse the list `a` in place", "open the file and read it", "it sorts numbers"],
        ["reverse list `a` in place", "read all lines of file `f`", "sort the numbers in list `n`"],
    ),
    "perfect": (["sum the columns of table `t`"], ["sum the columns of table `t`"]),
    "one_sentence": (["the code joins two strings"], ["concatenate strings `s` and `t`"]),
    "long": (["a b c d e f g h " * 9], ["a b c d e f g"]),
    "short": (["sort a", "b"], ["sort a", "b c"]),
    "punctuation": (["It's 3.5% (of x), isn't it? \"Yes\"."], ['It\'s 3.5 % of x; is it not? "Yes"']),
    "unicode": (["größe der Datei… 3 KB", "日本語 の 文"], ["Größe der Datei: 3 KB", "日本語の文"]),
    "one_empty": (["", "get the length of `a`"], ["count words", "get length of `a`"]),
    "all_empty": (["", ""], ["count words", "get length"]),
    "white_space": ([" \n\n the keys\tof `d` \n"], ["keys of `d`"]),
    "nothing_common": (["xyz uvw"], ["count words of file"]),
    "no_order_four": (["a b c", "d e"], ["a b c d", "d e f"]),
}
TEXTS = st.lists(
    st.tuples(st.text(st.sampled_from("ab ."), max_size=24), st.text(st.sampled_from("ab ."), min_size=1, max_size=24)),
    min_size=1,
    max_size=5,
)
METRICS = (Bleu(), Chrf(), Rouge("rouge1"), Rouge("rouge2"), Rouge("rougeL"), Rouge("rougeL", stemmer=True))


def observed(metric: Bleu | Chrf | Rouge, hypotheses: list[str], references: list[str]) -> np.ndarray:
    scores = [
        metric.observe(Case("a", (Generate("Q:"),), reference), Completions((Completion(hypothesis, "stop", 1),)))
        for hypothesis, reference in zip(hypotheses, references, strict=True)
    ]
    assert {(score.metric, score.verdict) for score in scores} == {(metric.name, None)}
    return np.array([score.stats for score in scores])


def corpus_value(metric: Bleu | Chrf | Rouge, hypotheses: list[str], references: list[str]) -> float:
    return float(REDUCERS[metric.reducer](observed(metric, hypotheses, references).sum(axis=0)))


@pytest.mark.parametrize("name", CORPORA)
def test_bleu_equals_sacrebleu(name: str) -> None:
    hypotheses, references = CORPORA[name]
    expected = sacrebleu.corpus_bleu(hypotheses, [references]).score
    assert corpus_value(Bleu(), hypotheses, references) == pytest.approx(expected, abs=1e-9)


@pytest.mark.parametrize("name", CORPORA)
def test_chrf_equals_sacrebleu(name: str) -> None:
    hypotheses, references = CORPORA[name]
    expected = sacrebleu.corpus_chrf(hypotheses, [references]).score
    assert corpus_value(Chrf(), hypotheses, references) == pytest.approx(expected, abs=1e-9)


@given(TEXTS)
@settings(deadline=None)
def test_any_corpus_scores_as_sacrebleu(texts: list[tuple[str, str]]) -> None:
    hypotheses, references = map(list, zip(*texts, strict=True))
    bleu, chrf = (f(hypotheses, [references]).score for f in (sacrebleu.corpus_bleu, sacrebleu.corpus_chrf))
    assert corpus_value(Bleu(), hypotheses, references) == pytest.approx(bleu, abs=1e-9)
    assert corpus_value(Chrf(), hypotheses, references) == pytest.approx(chrf, abs=1e-9)


@pytest.mark.parametrize("kind", ["rouge1", "rouge2", "rougeL"])
@pytest.mark.parametrize("stemmer", [False, True])
def test_rouge_is_the_mean_of_rouge_score(kind: str, stemmer: bool) -> None:
    hypotheses, references = CORPORA["fair"]
    scorer = RougeScorer([kind], use_stemmer=stemmer)
    each = [scorer.score(*pair)[kind].fmeasure for pair in zip(references, hypotheses, strict=True)]
    value = estimate(observed(Rouge(kind, stemmer), hypotheses, references), "mean").value
    assert value == pytest.approx(np.mean(each), abs=1e-12)


@pytest.mark.parametrize(
    ("kind", "value"),
    [
        ("rouge1", 5 / 6),  # "the cat was on the mat" and "the cat sat on the mat": five of six words
        ("rouge2", 3 / 5),  # three of five pairs
        ("rougeL", 5 / 6),  # "the cat ... on the mat"
    ],
)
def test_rouge_by_hand(kind: str, value: float) -> None:
    assert corpus_value(Rouge(kind), ["the cat was on the mat"], ["the cat sat on the mat"]) == pytest.approx(value)


@pytest.mark.parametrize("metric", METRICS, ids=lambda metric: metric.signature)
@given(texts=TEXTS, cut=st.integers(0, 5))
@settings(max_examples=30, deadline=None)
def test_any_partition_sums_to_the_same(metric: Bleu | Chrf | Rouge, texts: list[tuple[str, str]], cut: int) -> None:
    hypotheses, references = map(list, zip(*texts, strict=True))
    parts = [
        observed(metric, hypotheses[part], references[part]).sum(axis=0)
        for part in (slice(0, cut), slice(cut, None))
        if hypotheses[part]
    ]
    whole = observed(metric, hypotheses, references).sum(axis=0)
    np.testing.assert_allclose(sum(parts), whole, rtol=1e-12)


@pytest.mark.parametrize("metric", METRICS, ids=lambda metric: metric.signature)
def test_an_empty_answer_scores_nothing_and_counts(metric: Bleu | Chrf | Rouge) -> None:
    alone = corpus_value(metric, ["sort the list `a` at once"], ["sort the list `a` at once"])
    beside = corpus_value(metric, ["sort the list `a` at once", ""], ["sort the list `a` at once"] * 2)
    assert corpus_value(metric, [""], ["sort the list"]) == 0
    assert 0 < beside < alone


def test_signatures_tell_all_that_changes_the_number() -> None:
    version = importlib.metadata.version("sacrebleu")
    assert Bleu().signature == f"bleu|nrefs:1|case:mixed|eff:no|tok:13a|smooth:exp|version:{version}"
    assert Chrf().signature == f"chrF2|nrefs:1|case:mixed|eff:yes|nc:6|nw:0|space:no|version:{version}"
    assert "|tok:zh|" in Bleu(tokenize="zh").signature
    version = importlib.metadata.version("rouge-score")
    assert Rouge("rougeL").signature == f"rougeL|measure:f|tok:unicode-words-1|stemmer:no|version:{version}"
    assert (
        Rouge("rouge1", stemmer=True).signature == f"rouge1|measure:f|tok:unicode-words-1|stemmer:yes|version:{version}"
    )


@pytest.mark.parametrize("metric", METRICS[:3], ids=lambda metric: metric.name)
def test_what_is_no_text_is_refused(metric: Bleu | Chrf | Rouge) -> None:
    case = Case("a", (Generate("Q:"),), "reference")
    with pytest.raises(
        UsageError, match=f"{metric.name}: found a response of kind LogLikelihoods; expected Completions"
    ):
        metric.observe(case, LogLikelihoods((-1.0,), (1,), (True,)))
    with pytest.raises(UsageError, match=f"{metric.name}: found target 3 in case 'a'; expected text"):
        metric.observe(Case("a", case.requests, 3), Completions((Completion("x", "stop", 1),)))
