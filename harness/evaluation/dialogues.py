"""Dialogues: the next turn of every case is wanted as soon as its last one is answered, whichever case is tested now.

Without it a second turn would be wanted when its case is tested, one case after the other, and an engine that answers
many requests at once would be asked one.
"""

from collections import deque
from collections.abc import Callable
from collections.abc import Iterable
from collections.abc import Sequence
from dataclasses import dataclass
from dataclasses import field

from harness.core import Refusal
from harness.core import Request
from harness.core import Response
from harness.core import fingerprint
from harness.session.plan import PlannedCase
from harness.session.waiting import Reader

WINDOW = 512
"""Dialogues that are followed at once, in the order of their tests."""


@dataclass
class _Dialogue:
    """A case of several turns: the responses so far, and the fingerprints of the requests that are still awaited."""

    planned: PlannedCase
    awaited: deque[str]
    responses: list[Response] = field(default_factory=list)


class Dialogues:
    """The cases of several turns that one process tests, in the order of their tests.

    `next_turn(planned, responses)` gives the next request of a case, None after its last turn.
    """

    def __init__(
        self,
        planned_cases: Iterable[PlannedCase],
        next_turn: Callable[[PlannedCase, Sequence[Response]], Request | None],
    ) -> None:
        self._coming = deque(
            planned for planned in planned_cases if planned.benchmark.follow_up is not None and planned.failure is None
        )
        self._next_turn = next_turn
        self._open: list[_Dialogue] = []

    def advance(self, reader: Reader) -> None:
        """Want the next turn of every dialogue whose last one is answered; raises CrosstaskError as the reader does."""
        while self._coming and len(self._open) < WINDOW:
            planned = self._coming.popleft()
            self._open.append(_Dialogue(planned, deque(planned.fingerprints)))
        awaited: dict[str, list[str]] = {}
        for dialogue in self._open:
            awaited.setdefault(dialogue.planned.model, []).append(dialogue.awaited[0])
        answers = {model: reader.answered(model, fingerprints) for model, fingerprints in awaited.items()}
        self._open = [
            dialogue for dialogue in self._open if self._go_on(dialogue, answers[dialogue.planned.model], reader)
        ]

    def leave(self, planned: PlannedCase) -> None:
        """Follow a case no longer, as it is tested now and asks for itself."""
        self._open = [dialogue for dialogue in self._open if dialogue.planned is not planned]
        if self._coming and self._coming[0] is planned:
            self._coming.popleft()

    def _go_on(self, dialogue: _Dialogue, answers: dict[str, Response], reader: Reader) -> bool:
        """Whether the dialogue is to be followed further, after what is answered of it."""
        response = answers.get(dialogue.awaited[0])
        if response is None:
            return True
        if isinstance(response, Refusal):
            return False
        dialogue.awaited.popleft()
        dialogue.responses.append(response)
        if dialogue.awaited:
            return True
        try:
            turn = self._next_turn(dialogue.planned, dialogue.responses)
        except Exception:  # noqa: BLE001 - a page's own code, which raises again where its case is tested
            return False
        if turn is None:
            return False
        wanted = fingerprint(turn)
        reader.want(dialogue.planned.model, wanted, turn)
        dialogue.awaited.append(wanted)
        return True
