"""Macro F1, Matthews correlation and balanced accuracy: scikit-learn's, and the cases it leaves to convention."""

import pytest
import sklearn.metrics
from hypothesis import given
from hypothesis import settings
from hypothesis import strategies as st

from harness.core import Case
from harness.core import Completion
from harness.core import Completions
from harness.core import LogLikelihood
from harness.core import LogLikelihoods
from harness.errors import UsageError
from harness.metrics.balanced_accuracy import BalancedAccuracy
from harness.metrics.macro_f1 import MacroF1
from harness.metrics.matthews import Matthews
from harness.statistics import estimate

Pairs = list[tuple[int, int]]


def observed(metric: MacroF1 | Matthews, target: object, choice: int, classes: int) -> tuple[float, ...]:
    case = Case("a", (LogLikelihood(tuple(("Q:", f" {each}") for each in range(classes))),), target)
    values = tuple(-1.0 if each == choice else -2.0 for each in range(classes))
    score = metric.observe(case, LogLikelihoods(values, (1,) * classes, (False,) * classes))
    assert (score.verdict, score.extracted) == (None, str(choice))
    return score.stats


def value(metric: MacroF1 | Matthews, pairs: Pairs, classes: int) -> float | None:
    return estimate([observed(metric, gold, choice, classes) for gold, choice in pairs], metric.reducer).value


@given(st.lists(st.tuples(st.integers(0, 2), st.integers(0, 2)), min_size=1, max_size=30))
@settings(deadline=None, max_examples=60)
def test_macro_f1_is_scikit_learns(pairs: Pairs) -> None:
    gold, choices = zip(*pairs, strict=True)
    expected = sklearn.metrics.f1_score(gold, choices, labels=range(3), average="macro", zero_division=0)
    assert value(MacroF1(classes=3), pairs, 3) == pytest.approx(expected)


@pytest.mark.filterwarnings("ignore:y_pred contains classes not in y_true", "ignore:A single label was found")
@given(st.lists(st.tuples(st.integers(0, 3), st.integers(0, 3)), min_size=1, max_size=30))
@settings(deadline=None, max_examples=60)
def test_balanced_accuracy_is_scikit_learns(pairs: Pairs) -> None:
    gold, choices = zip(*pairs, strict=True)
    metric = BalancedAccuracy(classes=6)
    stats = []
    for target, choice in pairs:
        case = Case("a", (LogLikelihood((("Q:", " a"),)),), target)
        values = tuple(-1.0 if each == choice else -2.0 for each in range(4))
        score = metric.observe(case, LogLikelihoods(values, (1,) * 4, (False,) * 4))
        assert (score.verdict, score.extracted) == ("correct" if target == choice else "wrong", str(choice))
        stats.append(score.stats)
    expected = sklearn.metrics.balanced_accuracy_score(gold, choices)
    assert estimate(stats, metric.reducer).value == pytest.approx(expected)


def test_a_class_past_those_counted_is_refused() -> None:
    case = Case("a", (LogLikelihood((("Q:", " a"),)),), 2)
    with pytest.raises(UsageError, match=r"^balanced_acc: found target 2 in case 'a'; expected below 2$"):
        BalancedAccuracy(classes=2).observe(case, LogLikelihoods((0.0,), (1,), (False,)))


@pytest.mark.filterwarnings("ignore:A single label was found")
@given(st.lists(st.tuples(st.integers(0, 1), st.integers(0, 1)), min_size=1, max_size=30))
@settings(deadline=None, max_examples=60)
def test_matthews_correlation_is_scikit_learns(pairs: Pairs) -> None:
    gold, choices = zip(*pairs, strict=True)
    expected = sklearn.metrics.matthews_corrcoef(gold, choices)
    assert value(Matthews(), pairs, 2) == pytest.approx(expected, abs=1e-12)


def test_the_examples_of_scikit_learns_documentation() -> None:
    """f1_score: 0 1 2 0 1 2 against 0 2 1 0 0 1 is 0.26...; matthews_corrcoef: + + + - against + - + + is -0.33..."""
    three = list(zip((0, 1, 2, 0, 1, 2), (0, 2, 1, 0, 0, 1), strict=True))
    assert value(MacroF1(classes=3), three, 3) == pytest.approx(0.2666667)
    two = list(zip((1, 1, 1, 0), (1, 0, 1, 1), strict=True))
    assert value(Matthews(), two, 2) == pytest.approx(-1 / 3)


@pytest.mark.parametrize(
    ("gold", "choice", "stats"),
    [(0, 0, (1, 0, 0, 0)), (1, 0, (0, 1, 0, 0)), (0, 1, (0, 0, 1, 0)), (1, 1, (0, 0, 0, 1))],
)
def test_matthews_counts(gold: int, choice: int, stats: tuple[int, ...]) -> None:
    assert observed(Matthews(), gold, choice, 2) == stats


def test_macro_f1_counts_class_by_class() -> None:
    assert observed(MacroF1(classes=3), 2, 2, 3) == (0, 0, 0, 0, 0, 0, 1, 0, 0)
    assert observed(MacroF1(classes=3), 2, 0, 3) == (0, 1, 0, 0, 0, 0, 0, 0, 1)


@pytest.mark.parametrize("metric", [MacroF1(classes=3), Matthews()])
def test_what_does_not_fit_is_refused(metric: MacroF1 | Matthews) -> None:
    text = Completions((Completion("yes", "stop", 1),))
    with pytest.raises(UsageError, match=f"{metric.name}: found a response of kind Completions; expected LogLike"):
        metric.observe(Case("a", (), 0), text)
    with pytest.raises(UsageError, match="found target '1' in case 'a'; expected the index of a pair"):
        observed(metric, "1", 0, 2)


def test_signatures() -> None:
    assert MacroF1(classes=3).signature == "macro_f1|choice:argmax|classes:3|absent:0"
    assert Matthews().signature == "mcc|choice:argmax|classes:2"
