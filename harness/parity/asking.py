"""A subject that is asked: its cases are planned as `evaluate` plans them, and let through look by look."""

import shutil
from collections.abc import Collection
from collections.abc import Iterator
from collections.abc import Mapping
from collections.abc import Sequence
from contextlib import ExitStack
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from types import TracebackType
from typing import Any
from typing import Self
from typing import TypeAlias

from harness.compare.system import System
from harness.compare.system import systems_of
from harness.core import Record
from harness.core import Request
from harness.core import Response
from harness.core import fingerprint
from harness.encoding import encode
from harness.errors import CrosstaskError
from harness.errors import EngineError
from harness.errors import UsageError
from harness.evaluation.collecting import Collector
from harness.evaluation.options import Options
from harness.evaluation.page_tests import PageTest
from harness.evaluation.page_tests import page_tests
from harness.evaluation.page_tests import pages_of
from harness.evaluation.page_tests import recorded
from harness.evaluation.responses import Responses
from harness.evaluation.running import Running
from harness.evaluation.subjects import find_subjects
from harness.gate.looks import Place
from harness.results.folder import Prompts
from harness.results.folder import Run
from harness.session.exchange import Exchange
from harness.session.exchange import Held
from harness.session.folder import RunFolder
from harness.session.place import session_folder
from harness.session.plan import wanted

Key: TypeAlias = tuple[str, str]
"""A benchmark and a case's id."""


class Asked:
    """One model of one engine, as a context: its engine runs from `publish` to the end of it.

    Raises UsageError where the options name no model or several, or where no page is left.
    """

    def __init__(self, name: str, options: Options, root: Path, benchmarks: Sequence[str] | None) -> None:
        self.name = name
        self._options = options
        self._root = root
        self._subjects = find_subjects(options, root)
        if len(self._subjects.cards) != 1:
            raise UsageError(f"{name}: found {len(self._subjects.cards)} models; expected one")
        self.model = next(iter(self._subjects.cards))
        self._collector = Collector(options, self._subjects, root)
        self._collector.foresee_more()
        pages = pages_of(options, root, benchmarks)
        planned = page_tests(self._collector, pages, root)
        self.tests: dict[Key, PageTest] = {
            (test.planned.benchmark.name, test.planned.case.id): test for test in planned
        }
        if (error := self._collector.error()) is not None:
            raise error
        self.records: dict[Key, Record] = {}
        self.ended: list[str] = []
        self._requests = {
            key: wanted
            for test in self.tests.values()
            for key, wanted in zip(test.planned.fingerprints, test.planned.case.requests, strict=True)
        }
        self._stack = ExitStack()
        self._exchange: Exchange | None = None
        self._responses: Responses | None = None
        self._running: Running | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """End the engine and write the report of what was asked."""
        self._stack.__exit__(kind, error, trace)

    def places(self) -> list[Place]:
        """The planned cases, as an order of looks takes them."""
        return [Place(name, case, test.planned.case.cluster) for (name, case), test in self.tests.items()]

    def publish(self, keys: Sequence[Key], looks: Mapping[Key, int]) -> None:
        """Plan these cases in this order, each wanted from its look on, and start the engine."""
        self.tests = {key: self.tests[key] for key in keys if key in self.tests}
        meeting = session_folder()
        self._stack.callback(shutil.rmtree, meeting, ignore_errors=True)
        planned_cases = [test.planned for test in self.tests.values()]
        self._collector.publish(meeting, planned_cases, {}, self._held(looks))
        responses = Responses(
            meeting,
            self._options,
            self._subjects,
            self._collector.replayed,
            planned_cases,
            stop=self.ended.append,
        )
        running = Running(meeting, self._options, self._subjects, self._root, ["parity"], self.ended.append)
        self._running = self._stack.enter_context(running)
        self._responses = self._stack.enter_context(closing(responses))
        self._exchange = self._stack.enter_context(closing(Exchange(meeting)))
        if running.asker is not None:
            # before any is let through: what is to be asked again must not be dropped once it is answered
            running.asker.expect(self.model, [(key, encode(asked)) for _, key, asked in wanted(planned_cases)])

    def admit(self, benchmarks: Collection[str], look: int) -> None:
        """Let through what these benchmarks hold up to a look."""
        if self._exchange is not None:
            self._exchange.admit(benchmarks, look)

    def answer(self, keys: Sequence[Key]) -> None:
        """Test these cases, waiting for their answers; raises EngineError where the engine answers no more."""
        if self._running is None or self._responses is None:
            return
        for key in keys:
            if key not in self.tests:
                continue
            made = recorded(self.tests[key], self._responses)
            self._running.take(made)
            self.records[key] = made
            if self.ended:
                raise EngineError(self.ended[0])

    def ask(self, request: Request) -> Response | None:
        """The answer to a request that is none of a case's; None where there is none to be had."""
        if self._responses is None or self._running is None or self._running.asker is None:
            return None
        key = fingerprint(request)
        try:
            self._responses.reader.want(self.model, key, request)
            return self._responses.reader.wait(self.model, key, lambda: None)
        except CrosstaskError:
            return None

    @property
    def folder(self) -> Path:
        """The folder of the run."""
        return self._run.path

    @property
    def manifest(self) -> Mapping[str, Any]:
        """What the run says of itself so far."""
        return self._run.manifest

    def request(self, key: str) -> Request | None:
        """The request with this fingerprint, where a case begins with it."""
        return self._requests.get(key)

    @property
    def is_templated(self) -> bool:
        """Whether prompts are rendered as turns."""
        return bool(self.manifest["models"][self.model].get("settings", {}).get("template"))

    def system(self) -> System:
        """The model with what it has scored so far."""
        run = Run(self.folder, self.manifest, tuple(self.records.values()), Prompts(self.folder / "prompts.jsonl"))
        (system,) = systems_of(run)
        return replace(system, name=self.name)

    @property
    def _run(self) -> RunFolder:
        if self._running is None or self._running.run is None:
            raise UsageError(f"{self.name}: not begun; expected `publish` before")
        return self._running.run

    def _held(self, looks: Mapping[Key, int]) -> Iterator[Held]:
        for (name, case), test in self.tests.items():
            planned = test.planned
            if planned.failure is None:
                for key, wanted in zip(planned.fingerprints, planned.case.requests, strict=True):
                    yield looks[name, case], name, planned.model, key, wanted
