"""How large the report of many cases is, how long it takes to write, to open and to filter.

    python benchmarks/report.py [--cases 50000] [--models 1] [--shots 0] [--repeats 5] [--keep DIR]

The cases are made up, with the lengths that questions and answers of the suite's own benchmarks have: half are written
answers (a question of 300 characters, an answer of 350), half multiple choice (a question of 500, four choices of 60);
`--shots` puts solved examples before each. Their words are drawn from Python's own documentation, as often as they
occur there; as nothing binds one word to the next, they compress worse than real text. The browser is Chromium without
a window; a filter's time is from the event to the laid-out page. Each figure of the browser is the median, with the
worst, over the repeats, each a browser of its own. Needs `chromium`, `chromedriver` and the package selenium.
"""

import argparse
import json
import os
import random
import resource
import shutil
import statistics
import tempfile
import time
from collections.abc import Callable
from collections.abc import Iterator
from pathlib import Path
from pydoc_data.topics import topics
from typing import Any

from selenium import webdriver
from selenium.webdriver.chrome.service import Service

from harness.core import Case
from harness.core import Completion
from harness.core import Completions
from harness.core import Generate
from harness.core import LogLikelihood
from harness.core import LogLikelihoods
from harness.core import Record
from harness.core import Score
from harness.core import fingerprint
from harness.core import hashes
from harness.encoding import encode
from harness.report.html import write_html
from harness.report.summary import summarise
from harness.results.folder import read_run

WORDS = " ".join(topics.values()).split()
GOALS = {"MB": 25.0, "open, all": 2000.0, "filter": 100.0}
FILTER = """
const control = document.querySelector(`[name=${arguments[0]}]`);
const start = performance.now();
control.value = arguments[1];
control.dispatchEvent(new Event(arguments[0] === "text" ? "input" : "change"));
document.body.getBoundingClientRect();
return performance.now() - start;
"""
SHOWN = "return document.querySelector('#browser [role=status]').textContent"


def text(draw: random.Random, characters: float) -> str:
    """Words up to about so many characters, log-normally spread."""
    wanted, found, size = characters * draw.lognormvariate(-0.125, 0.5), [], 0
    while size < wanted:
        found.append(draw.choice(WORDS))
        size += len(found[-1]) + 1
    return " ".join(found)


def written(draw: random.Random, examples: str) -> tuple[Case, Callable[[], tuple[Any, Score]]]:
    """A question that is answered in words."""
    case = Case("", (Generate(f"{examples}Question: {text(draw, 300)}\nAnswer:"),), str(draw.randrange(10_000)))

    def answer() -> tuple[Any, Score]:
        right = draw.random() < 0.4
        number = str(case.target) if right else str(draw.randrange(10_000))
        said = f" {text(draw, 350)}\n#### {number}"
        score = Score("exact", (float(right), 1.0), "correct" if right else "wrong", number)
        cut = "length" if draw.random() < 0.05 else "stop"
        return Completions((Completion(said, cut, len(said) // 4),), 100), score

    return case, answer


def chosen(draw: random.Random, examples: str) -> tuple[Case, Callable[[], tuple[Any, Score]]]:
    """A question with four choices."""
    context = f"{examples}{text(draw, 500)}\nAnswer:"
    case = Case("", (LogLikelihood(tuple((context, f" {text(draw, 60)}") for _ in range(4))),), draw.randrange(4))

    def answer() -> tuple[Any, Score]:
        values = tuple(round(-draw.expovariate(0.05), 6) for _ in range(4))
        best = values.index(max(values))
        right = best == case.target
        score = Score("acc", (float(right), 1.0), "correct" if right else "wrong", str(best))
        return LogLikelihoods(values, (12,) * 4, (False,) * 4), score

    return case, answer


def make(folder: Path, cases: int, models: int, shots: int) -> None:
    """A run's folder of so many cases in all."""
    draw = random.Random(0)
    each = cases // models // 2
    names = [f"model-{number}" for number in range(models)]
    kinds = {"words": (written, "exact"), "choices": (chosen, "acc")}
    with (folder / "prompts.jsonl").open("w") as prompts, (folder / "records.jsonl").open("w") as records:
        for benchmark, (kind, _) in kinds.items():
            examples = "".join(f"{text(draw, 300)}\nAnswer: {text(draw, 200)}\n\n" for _ in range(shots))
            for number in range(each):
                case, answer = kind(draw, examples)
                key = fingerprint(case.requests[0])
                line = {"schema": "crosstask/prompt/1", "prompt": key, "request": encode(case.requests[0])}
                prompts.write(json.dumps(line) + "\n")
                for model in names:
                    record = measured(model, benchmark, f"{benchmark}-{number}", case, *answer())
                    records.write(json.dumps({"schema": "crosstask/record/1", "record": encode(record)}) + "\n")
    ids = {benchmark: [f"{benchmark}-{number}" for number in range(each)] for benchmark in kinds}
    manifest = {
        "schema": "crosstask/manifest/1",
        "models": {name: {"card": {"name": name}} for name in names},
        "benchmarks": {name: facts(metric) for name, (_, metric) in kinds.items()},
        "planned": dict.fromkeys(names, ids),
    }
    (folder / "manifest.json").write_text(json.dumps(manifest))


def measured(model: str, benchmark: str, name: str, case: Case, response: Any, score: Score) -> Record:
    """The record of an answer."""
    digest, prompts = hashes(case)
    node = f"evals/area/{benchmark}.py::test_{benchmark}[{model}-{name}]"
    group = f"subject {int(name.rpartition('-')[2]) % 57}"
    return Record(
        model, benchmark, 1, name, node, 1, "measured", digest, case.target, None, None, None, group, (), prompts,
        (response,), (score,), 0.0012,
    )  # fmt: skip


def facts(metric: str) -> dict[str, Any]:
    """What the manifest says of a benchmark."""
    known = {"name": metric, "reducer": "proportion", "signature": f"{metric}|v:1", "higher_is_better": True}
    return {"version": 1, "area": "made up", "strata": "subject", "metrics": [known]}


def browser() -> webdriver.Chrome:
    """Chromium without a window."""
    options = webdriver.ChromeOptions()
    options.binary_location = shutil.which("chromium") or "chromium"
    for argument in ("--headless=new", "--no-sandbox", "--disable-dev-shm-usage", "--window-size=1280,900"):
        options.add_argument(argument)
    return webdriver.Chrome(options=options, service=Service(shutil.which("chromedriver") or "chromedriver"))


def looked_at(page: Path) -> dict[str, float]:
    """Milliseconds of one browser's visit, and MB of its heap."""
    driver = browser()
    try:
        driver.get(page.as_uri())
        while not driver.execute_script("return 'ready' in document.documentElement.dataset"):
            time.sleep(0.02)
        marks = "return performance.getEntriesByName(arguments[0])[0].startTime"
        found = {"first cases listed": driver.execute_script(marks, "listed")}
        found["open, all cases read"] = driver.execute_script(marks, "ready")
        for title, name, value in steps():
            found[f"filter: {title}"] = driver.execute_script(FILTER, name, value)
            if driver.execute_script(SHOWN).startswith("0 "):
                raise SystemExit(f"filter {title}: found no case; expected some")
        found["open a case"] = driver.execute_async_script(OPEN)
        found["heap MB"] = driver.execute_script("return performance.memory.usedJSHeapSize") / 1e6
        return found
    finally:
        driver.quit()


OPEN = """
const done = arguments[0], start = performance.now();
document.querySelectorAll(".open")[7].click();
(function wait() {
  if (!document.querySelector("tr.detail pre")) return setTimeout(wait, 1);
  document.body.getBoundingClientRect();
  done(performance.now() - start);
})();
"""


def steps() -> Iterator[tuple[str, str, str]]:
    """Title, control and value of each change of the filter, one after the other."""
    yield "first word searched", "text", "sequence"
    yield "another word", "text", "iterator"
    yield "a letter more", "text", "iterators"
    yield "a word nobody wrote, but one id", "text", "choices-1234"
    yield "none", "text", ""
    yield "verdict", "show", "wrong"
    yield "cut off", "show", "truncated"
    yield "all verdicts", "show", ""
    yield "group", "tag", "5"
    yield "benchmark", "benchmark", "1"


def main() -> None:
    """Print one Markdown table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    for name, default in (("cases", 50_000), ("models", 1), ("shots", 0), ("repeats", 5)):
        parser.add_argument(f"--{name}", type=int, default=default)
    parser.add_argument("--keep", type=Path, help="leave the run's folder here")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        folder = arguments.keep or Path(name)
        folder.mkdir(parents=True, exist_ok=True)
        make(folder, arguments.cases, arguments.models, arguments.shots)
        run = read_run(folder)
        summary = summarise(run)
        before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
        start = time.process_time()
        write_html(run, summary, folder / "report.html")
        spent = time.process_time() - start
        grown = (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) / 1024
        visits = [looked_at(folder / "report.html") for _ in range(arguments.repeats)]
        size = (folder / "report.html").stat().st_size / 1e6
    print(f"{arguments.cases} cases, {arguments.models} models, {arguments.shots} shots\n")
    print("| what | median | worst | goal |\n|---|---|---|---|")
    print(f"| report.html, MB | {size:.1f} | | {GOALS['MB']:g} |")
    print(f"| writing it, ms of CPU a case | {1000 * spent / arguments.cases:.3f} | | |")
    print(f"| writing it, MB of memory more | {grown:.0f} | | |")
    for title in visits[0]:
        values = [visit[title] for visit in visits]
        goal = next((f"{most:g}" for word, most in GOALS.items() if title.startswith(word)), "")
        unit = "" if title.endswith("MB") else ", ms"
        print(f"| {title}{unit} | {statistics.median(values):.0f} | {max(values):.0f} | {goal} |")
    print(f"\n{os.cpu_count()} cores, {visits[0] and browser_version()}")


def browser_version() -> str:
    """Name and version of the browser."""
    driver = browser()
    try:
        return f"{driver.capabilities['browserName']} {driver.capabilities['browserVersion']}"
    finally:
        driver.quit()


if __name__ == "__main__":
    main()
