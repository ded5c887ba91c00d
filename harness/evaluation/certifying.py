"""Certifying: a share of a run's cases is asked again in other batches, and nothing that was kept is touched.

A case is asked and scored as it was the first time, by the same page and in the same sandbox. Its model is opened anew,
the cases come in another order, fewer at once, and in batches of half as many tokens where the engine has such.
"""

import shutil
from collections.abc import Callable
from collections.abc import Mapping
from collections.abc import Sequence
from contextlib import ExitStack
from contextlib import closing
from dataclasses import dataclass
from dataclasses import field
from dataclasses import replace
from fractions import Fraction
from pathlib import Path
from typing import Any

from harness.cases.ranks import rank
from harness.cases.subsample import share_of
from harness.core import Case
from harness.encoding import encode
from harness.engines.descriptor import Choice
from harness.engines.options import BATCH_TOKENS
from harness.errors import ModelError
from harness.evaluation.options import Options
from harness.evaluation.page_tests import PageTest
from harness.evaluation.page_tests import recorded
from harness.evaluation.responses import Responses
from harness.evaluation.subjects import Subjects
from harness.models.local import slug
from harness.report.certified import NAME
from harness.report.certified import Key
from harness.report.certified import pairs
from harness.results.folder import RECORD
from harness.results.folder import Run
from harness.session.engine_loop import Asker
from harness.session.exchange import Window
from harness.session.exchange import publish
from harness.session.place import session_folder
from harness.session.plan import tried
from harness.session.plan import wanted
from harness.session.preparing import serve
from harness.session.program_loop import ProgramRunner
from harness.session.program_loop import open_sandbox
from harness.store.journal import Journal

WINDOW = Window(most=16, least=16, characters=0)
"""Requests handed to an engine at once: fewer than in a run, so that it puts others together."""


@dataclass(slots=True)
class Certification:
    """The work on one run: `wanted` cases to ask again, `done` of them asked.

    `tests` are those of the run's cases. `tick` is called about five times a second while an answer is awaited.
    """

    run: Run
    options: Options
    subjects: Subjects
    tests: Sequence[PageTest]
    tick: Callable[[], None] = lambda: None
    wanted: int = 0
    done: int = 0
    _ended: list[str] = field(default_factory=list)

    def work(self, share: Fraction) -> None:
        """Ask again what the folder does not hold yet; raises CrosstaskError where that cannot be done."""
        chosen = self._chosen(share)
        self.wanted = len(chosen)
        if not chosen:
            return
        with closing(Journal(self.run.folder / NAME)) as journal:
            for model in dict.fromkeys(test.planned.model for test in chosen):
                self._ask(model, [test for test in chosen if test.planned.model == model], journal)
        for path in self.run.folder.glob("certified-*.sqlite*"):
            path.unlink()  # all of it stands in the journal, scored

    def _chosen(self, share: Fraction) -> list[PageTest]:
        """The cases to ask, in the order to ask them: the same of every model, whatever session asks them."""
        measured = {(record.model, record.benchmark, record.case) for record in self.run.records if record.scores}
        known = {} if self.options.refresh else pairs(self.run)
        able = [test for test in self.tests if _key(test) in measured and not test.unknown]
        cases = {_key(test)[1:]: _standing_for(*_key(test)[1:], test.planned.case) for test in able}
        ids = {case.id for case in share_of(list(cases.values()), share, self.options.seed)}
        left = [
            test
            for test in able
            if _name(*_key(test)[1:]) in ids and (_key(test) not in known or known[_key(test)][1].status != "measured")
        ]
        return sorted(left, key=lambda test: rank(self.options.seed, "certify", *_key(test)[1:]))

    def _ask(self, model: str, tests: Sequence[PageTest], journal: Journal) -> None:
        """Ask the cases of one model, and keep each as it is scored."""
        planned_cases = [test.planned for test in tests]
        with ExitStack() as stack:
            meeting = session_folder()
            stack.callback(shutil.rmtree, meeting, ignore_errors=True)
            publish(meeting, {}, wanted(planned_cases), (), tried(planned_cases))
            asker, digest = self._open(model, meeting, stack, any(planned.case.trial for planned in planned_cases))
            responses = Responses(
                meeting, self.options, self.subjects, {}, planned_cases, tick=self.tick, stop=self._ended.append
            )
            stack.enter_context(closing(responses))
            for test in tests:
                record = replace(recorded(test, responses), identity=digest, attempt=self.run.manifest["attempt"])
                if record.status == "not_run":
                    raise ModelError(asker.broken or record.reason or f"{model}: no answer")
                journal.append({"schema": RECORD, "record": encode(record)})
                self.done += 1

    def _open(self, model: str, meeting: Path, stack: ExitStack, programs: bool) -> tuple[Asker, str]:
        """The loops that answer and judge, until the stack ends; and the digest of the model's identity."""
        known = self.run.manifest["models"][model]
        choice = other_batches(self.options.choice, known.get("engine") or {})
        served = serve(self.subjects.cards[model], choice, self.run.folder / f"engine-{slug(model)}.log")
        digest = served.source.digest
        if digest != known["digest"]:
            raise ModelError(f"{model}: is another one than was asked; run without --certify, or in another --run-dir")
        source = replace(served.source, answers=self.run.folder / f"certified-{digest}.sqlite")
        runner = None
        if programs:
            runner = ProgramRunner(meeting, open_sandbox(unsandboxed=self.options.unsandboxed))
            stack.callback(runner.stop)
            runner.start()
        asker = Asker(meeting, {model: source}, lambda _: True, self.options.refresh, runner, window=WINDOW)
        stack.callback(asker.stop)
        asker.start()
        return asker, digest


def other_batches(choice: Choice, said: Mapping[str, Any]) -> Choice:
    """The choice with batches of half as many tokens as an engine `said` it had; as it is where there are none."""
    tokens = said.get("batch_tokens") or choice[BATCH_TOKENS]
    if BATCH_TOKENS not in choice.descriptor.options or not isinstance(tokens, int) or tokens < 2:
        return choice
    return replace(choice, options={**choice.options, BATCH_TOKENS.name: tokens // 2})


def _key(test: PageTest) -> Key:
    return test.planned.model, test.planned.benchmark.name, test.planned.case.id


def _name(benchmark: str, case: str) -> str:
    return f"{benchmark}\0{case}"


def _standing_for(benchmark: str, case: str, of: Case) -> Case:
    """A case among those of all benchmarks, each part of a benchmark a stratum."""
    return Case(_name(benchmark, case), (), None, stratum=f"{benchmark}\0{of.stratum or ''}")
