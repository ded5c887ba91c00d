"""Verdicts of HumanEval+ and MBPP+ beside plain execution under EvalPlus's own rule of time.

EvalPlus 0.3.1 gives each input 4 s, or four times what the reference took for it, and 60 s to all. The programs are the
solutions that HumanEval's and MBPP's own authors published and EvalPlus's references: all are trusted, so one run is
plain, in a process without a jail, where each call is timed. The other is the sandbox's.
"""

import argparse
import multiprocessing
import signal
import sys
import time
from collections import Counter
from collections.abc import Callable
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from harness.cases.pages import load_pages
from harness.code_tasks.rules import request
from harness.core import Case
from harness.core import Execution
from harness.core import Refusal
from harness.languages.building.names import of_program
from harness.sandbox import open_sandbox
from harness.sources.open import Opener
from harness.sources.open import parse_data

ROOT = Path(__file__).resolve().parents[1]
LEAST_S, TIMES, WHOLE_S = 4.0, 4.0, 60.0
PLUS = {"humaneval_plus": "humaneval", "mbpp_plus": "mbpp"}


class Late(BaseException):
    """A call took longer than it may; no test catches it."""


def main() -> int:
    """Print a row a page, and each program whose verdicts differ."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--data", required=True)
    parser.add_argument("--every", type=int, default=1, metavar="N", help="one case in N")
    options = parser.parse_args()
    pages, opener = load_pages([ROOT / "evals"]), Opener(parse_data(options.data))
    sandbox = open_sandbox()
    print(
        "| page | programs | passed plainly | passed in the sandbox | verdicts differ |",
        "|---|---|---|---|---|",
        sep="\n",
    )
    differ: list[str] = []
    for name, origin in PLUS.items():
        cases = {
            page: pages[page].collect([opener.open(table) for table in pages[page].tables]) for page in (name, origin)
        }
        programs = list(drawn(cases[name][:: options.every], {case.id: case for case in cases[origin]}))
        running = [sandbox.submit(request(case.trial, code)) for case, _, code in programs]
        found = [
            (plainly(case, code), said(one.result())) for (case, _, code), one in zip(programs, running, strict=True)
        ]
        counts = [Counter(verdicts)["passed"] for verdicts in zip(*found, strict=True)]
        wrong = [
            f"{name} {case.id}, {whose}: {by_plain} plainly, {ours} in the sandbox"
            for (case, whose, _), (by_plain, ours) in zip(programs, found, strict=True)
            if (by_plain == "passed") != (ours == "passed")
        ]
        print(f"| {name} | {len(programs)} | {counts[0]} | {counts[1]} | {len(wrong)} |", flush=True)
        differ += wrong
    sandbox.close()
    print("", *differ, sep="\n")
    return 0


def drawn(cases: tuple[Case, ...], origin: dict[str, Case]) -> Iterator[tuple[Case, str, str]]:
    """(case, whose, program): EvalPlus's reference, and the first authors' own where it is another."""
    for case in cases:
        assert case.trial is not None
        programs = {case.trial.reference: "reference"}
        first = origin.get(case.id)
        if first is not None and first.trial is not None:
            programs.setdefault(first.trial.reference, "the authors' own")
        yield from ((case, whose, code) for code, whose in programs.items())


def said(answer: Execution | Refusal) -> str:
    """A verdict in a word."""
    return "refused" if isinstance(answer, Refusal) else answer.verdict


def plainly(case: Case, code: str) -> str:
    """What plain execution says of a program: "passed", "failed" or "timeout"."""
    receiving, sending = multiprocessing.Pipe(duplex=False)
    child = multiprocessing.get_context("fork").Process(target=_run, args=(case, code, sending))
    child.start()
    sending.close()
    try:
        return str(receiving.recv())
    except EOFError:
        return "failed"
    finally:
        child.join()


def _run(case: Case, code: str, sending: Any) -> None:
    taken: list[float] = []
    _tested(case, case.trial.reference, lambda called: _timed(called, taken))  # type: ignore[union-attr]
    limits = iter(taken)
    begun = time.process_time()

    def bounded(called: Callable[..., Any]) -> Callable[..., Any]:
        def call(*args: Any, **kw: Any) -> Any:
            left = WHOLE_S - (time.process_time() - begun)
            signal.setitimer(signal.ITIMER_PROF, max(0.001, min(left, max(LEAST_S, TIMES * next(limits, 0.0)))))
            try:
                return called(*args, **kw)
            finally:
                signal.setitimer(signal.ITIMER_PROF, 0)

        return call

    signal.signal(signal.SIGPROF, _late)
    sending.send(_tested(case, code, bounded))


def _late(*_: object) -> None:
    raise Late


def _timed(called: Callable[..., Any], taken: list[float]) -> Callable[..., Any]:
    def call(*args: Any, **kw: Any) -> Any:
        begun = time.process_time()
        try:
            return called(*args, **kw)
        finally:
            taken.append(time.process_time() - begun)

    return call


def _tested(case: Case, code: str, wrapped: Callable[[Callable[..., Any]], Callable[..., Any]]) -> str:
    """Run all tests of a case on a program, each of whose functions is wrapped."""
    asked = request(case.trial, code)
    names, context = of_program(asked)
    program: dict[str, Any] = {"__name__": "solution"}
    tests: dict[str, Any] = {"__name__": "tests"}
    try:
        exec(code, program)
        exec(context, tests)
        tests.update({name: wrapped(program[name]) for name in names})
        for test in asked.tests:
            exec(test, tests)
    except Late:
        return "timeout"
    except Exception:  # noqa: BLE001 - whatever a test raises
        return "failed"
    return "passed"


if __name__ == "__main__":
    sys.exit(main())
