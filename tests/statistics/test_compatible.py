"""sacrebleu's paired tests: the p that sacrebleu itself gives, from its own statistics and its own draws."""

import numpy as np
import pytest
from sacrebleu.metrics import BLEU
from sacrebleu.metrics import CHRF
from sacrebleu.significance import PairedTest

from harness.statistics.compatible import sacrebleu_bootstrap
from harness.statistics.compatible import sacrebleu_randomisation

WORDS = [*"abcdefghijklmnop", "cat", "dog", "under", "there"]


def corpus(sentences: int, noise: tuple[float, float], seed: int) -> tuple[list[str], list[str], list[str]]:
    """References, and two systems that replace words of them at random, so often."""
    generator = np.random.default_rng(seed)
    references = [list(generator.choice(WORDS, size=generator.integers(4, 14))) for _ in range(sentences)]

    def spoilt(share: float) -> list[str]:
        return [
            " ".join(generator.choice(WORDS) if generator.random() < share else word for word in words)
            for words in references
        ]

    return [" ".join(words) for words in references], spoilt(noise[0]), spoilt(noise[1])


def statistics(metric: BLEU | CHRF, system: list[str], references: list[str]) -> np.ndarray:
    """sacrebleu's sufficient statistics, in the order it keeps them."""
    return np.array(metric._extract_corpus_statistics(system, [references]), dtype=float)


@pytest.mark.parametrize(("kind", "reducer"), [(BLEU, "bleu"), (CHRF, "chrf")])
@pytest.mark.parametrize(("noise", "seed"), [((0.2, 0.2), 1), ((0.2, 0.23), 2), ((0.2, 0.3), 3)])
def test_the_bootstrap_is_sacrebleus(kind: type, reducer: str, noise: tuple[float, float], seed: int) -> None:
    references, baseline, system = corpus(150, noise, seed)
    test = PairedTest([("b", baseline), ("s", system)], {"M": kind()}, [references], test_type="bs", n_samples=500)
    _, scores = test()
    expected = next(results for name, results in scores.items() if name != "System")
    found = sacrebleu_bootstrap(
        statistics(kind(), system, references), statistics(kind(), baseline, references), reducer, resamples=500
    )
    assert found.p == expected[1].p_value
    # sacrebleu reckons in float32
    assert found.means == pytest.approx((expected[1].mean, expected[0].mean), rel=1e-6)
    assert found.half_widths == pytest.approx((expected[1].ci, expected[0].ci), rel=1e-5)


@pytest.mark.parametrize(("kind", "reducer"), [(BLEU, "bleu"), (CHRF, "chrf")])
@pytest.mark.parametrize("sentences", [37, 4200])
def test_approximate_randomisation_is_sacrebleus(kind: type, reducer: str, sentences: int) -> None:
    references, baseline, system = corpus(sentences, (0.2, 0.21 if sentences > 100 else 0.3), 4)
    trials = 100 if sentences > 100 else 600
    test = PairedTest([("b", baseline), ("s", system)], {"M": kind()}, [references], test_type="ar", n_samples=trials)
    _, scores = test()
    expected = next(results for name, results in scores.items() if name != "System")
    found = sacrebleu_randomisation(
        statistics(kind(), system, references), statistics(kind(), baseline, references), reducer, trials=trials
    )
    assert found.p == expected[1].p_value
    assert (found.trials, found.seed, found.means) == (trials, 12345, None)


def test_a_run_against_itself_is_no_difference() -> None:
    references, system, _ = corpus(50, (0.2, 0.2), 5)
    stats = statistics(BLEU(), system, references)
    assert sacrebleu_bootstrap(stats, stats, "bleu").p == 1 / 1001
    assert sacrebleu_randomisation(stats, stats, "bleu", trials=99).p == 1 / 100
