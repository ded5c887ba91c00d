"""Summaries made up from a seed, as large as a run of all pages: numbers of nobody, for the look of the table alone.

python tests/report/seeded_summary.py    writes the golden files that the table is compared with
"""

import random
from pathlib import Path

from harness.report.previous import Before
from harness.report.previous import Previous
from harness.report.terminal import View
from harness.report.terminal import table
from harness.statistics import wilson

GOLDEN = Path(__file__).parents[1] / "data" / "terminal"
WIDTHS = (40, 80, 160)
COUNTS = ("truncated", "empty", "not_extracted", "refused", "errors", "not_run")
AREAS = {
    "code": "bigcodebench cruxeval_input cruxeval_output geoquery humaneval humaneval_plus humaneval_x mbpp mbpp_plus "
    "mbpp_sanitized multipl_e numpyeval odex pandaseval",
    "code_explanation": "conala humaneval_x_explain",
    "language": "arc_challenge arc_easy axb axg boolq cb copa hellaswag lambada mmlu multirc openbookqa perplexity "
    "piqa record rte wic winogrande wsc",
    "legal": "legalbench legalbench_train",
    "long_context": "needle",
    "math": "gsm8k hendrycks_math math500 mgsm",
    "trust": "advbench bbq harmbench hate_speech_offensive hatecheck openai_moderation strongreject toxigen truthfulqa "
    "truthfulqa_gen xstest_safe xstest_unsafe",
}
"""54 benchmarks, named as the suite's."""
FEW = {"code": "humaneval mbpp", "language": "arc_easy boolq mmlu", "trust": "hate_speech_offensive toxigen"}
MODELS = ("smollm2-135m", "llama-2-7b", "codellama-7b")


def estimate(share, n):
    low, high = wilson(round(share * n), n) if n else (None, None)
    value = round(share * n) / n if n else None
    return {"value": value, "low": low, "high": high, "level": 0.95, "n": n, "clusters": n, "method": "wilson"}


def score(draw, model, area, benchmark, metric, n, **counts):
    known = dict.fromkeys(COUNTS, 0) | counts
    measured = n - known["refused"] - known["errors"] - known["not_run"]
    made = estimate(draw.random(), measured)
    parts = [{"group": name, "n": measured // 2, "estimate": estimate(draw.random(), measured // 2)} for name in "ab"]
    names = {"model": model, "area": area, "benchmark": benchmark, "metric": metric}
    return names | {
        "reducer": "proportion",
        "estimate": made,
        "macro": made if n > 100 else None,
        "breakdowns": [{"by": "subject", "groups": parts}] if n > 100 else [],
        "without": [],
        "counts": {"planned": n, "measured": measured, **known},
        "headline": False,
    }


def mean(scores):
    """The middle of an area and an interval of some width; the table reckons nothing with them."""
    values = [100 * one["estimate"]["value"] for one in scores if one["estimate"]["value"] is not None]
    names = [one["benchmark"] for one in scores if one["estimate"]["value"] is not None]
    if not values:
        return {"value": None, "low": None, "high": None, "n": 0, "benchmarks": []}
    middle = sum(values) / len(values)
    n = sum(one["counts"]["measured"] for one in scores)
    return {"value": middle, "low": max(0.0, middle - 9), "high": min(100.0, middle + 7.5), "n": n, "benchmarks": names}


def summary(models, areas, **wrong):
    """A summary of benchmarks by area; `wrong` says by name of a count how many benchmarks have such cases."""
    draw = random.Random(0)
    scores = []
    for area, names in areas.items():
        for name in names.split():
            n = draw.choice((8, 164, 14042))
            hit = {key: 1 + draw.randrange(6) for key, share in wrong.items() if draw.random() < share}
            for metric in ("acc", "macro_f1"):
                scores += [score(draw, model, area, name, metric, n, **hit) for model in models]
    firsts = [one for one in scores if one["metric"] == "acc"]
    planned = sum(one["counts"]["planned"] for one in firsts)
    missing = sum(one["counts"]["errors"] + one["counts"]["not_run"] for one in firsts)
    refused = sum(one["counts"]["refused"] for one in firsts)
    return {
        "complete": not missing,
        "planned": planned,
        "measured": planned - missing - refused,
        "refused": refused,
        "sample": [],
        "scores": scores,
        "areas": [area_of(area, models, firsts) for area in areas],
        "headlines": [],
        "latency": [],
        "comparisons": comparisons(draw, models, firsts) if len(models) > 1 else None,
        "notes": [
            "At most 14042 cases a benchmark; --limit all lifts it.",
            "other: not run: no rows",
            "more: not run: no rows",
        ],
    }


def area_of(area, models, firsts):
    own = {model: [one for one in firsts if (one["model"], one["area"]) == (model, area)] for model in models}
    means = [{"model": model, **mean(own[model])} for model in models]
    difference = None
    if len(models) == 2:
        apart = means[1]["value"] - means[0]["value"]
        difference = {**means[0], "value": apart, "low": apart - 4, "high": apart + 4}
        del difference["model"]
    return {"area": area, "means": means, "difference": difference, "notes": []}


def comparisons(draw, models, firsts):
    results = []
    for place, first in enumerate(models):
        for second in models[place + 1 :]:
            pairs = zip(
                [one for one in firsts if one["model"] == first],
                [one for one in firsts if one["model"] == second],
                strict=True,
            )
            results += [result(draw, one, other) for one, other in pairs]
    return {"names": list(models), "results": results, "differences": [], "correction": "holm", "family": len(results)}


def result(draw, one, other):
    apart = (other["estimate"]["value"] or 0) - (one["estimate"]["value"] or 0)
    names = {"first": one["model"], "second": other["model"], "benchmark": one["benchmark"], "metric": "acc"}
    p = draw.choice((0.001, 0.2, 1.0))
    return names | {
        "average": "micro",
        "reducer": "proportion",
        "higher_is_better": True,
        "is_shown": True,
        "difference": apart,
        "low": apart - 0.05,
        "high": apart + 0.06,
        "p": p,
        "p_corrected": p,
    }


def before(made):
    """A run of before that had half as much on every second benchmark."""
    values = {
        (one["model"], one["benchmark"], "acc", "micro"): one["estimate"]["value"] / 2
        for one in made["scores"][::4]
        if one["estimate"]["value"] is not None
    }
    models = {one["model"] for one in made["scores"]}
    return Previous({model: Before("smollm2-135m-0123456789ab", "2026-01-02", values) for model in models})


def tables():
    """Each table that has a golden file: its name, the summary, its detail, the runs before."""
    whole = summary(MODELS[:1], FEW, truncated=0.4, empty=0.2)
    wrong = summary(MODELS[:1], FEW, truncated=0.5, not_extracted=0.5, refused=0.5, errors=0.3, not_run=0.5)
    yield "one", whole, 0, before(whole)
    yield "one-metrics", whole, 1, Previous()
    yield "one-strata", whole, 2, Previous()
    yield "one-areas", whole, -1, Previous()
    yield "incomplete", wrong, 0, Previous()
    yield "two", summary(MODELS[:2], FEW, truncated=0.4), 0, Previous()
    yield "many", summary(MODELS, AREAS, truncated=0.3, empty=0.1, refused=0.1), 0, Previous()


def text(made, detail, runs, width):
    return "".join(f"{one.text}\n" for one in table(made, View(width, detail, wraps=True, before=runs)))


def main():
    GOLDEN.mkdir(exist_ok=True)
    for name, made, detail, runs in tables():
        for width in WIDTHS:
            (GOLDEN / f"{name}-{width}.txt").write_text(text(made, detail, runs, width), encoding="utf-8")


if __name__ == "__main__":
    main()
