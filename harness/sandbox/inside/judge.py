"""The trusted side of "calls": runs the tests against stand-ins and says of each what became of it.

The tests come by one pipe and the candidate's values by another; the answer is one line a test. The test's own code
is a dataset's and not ours, so this process is confined as well.
"""

import os
from contextlib import suppress
from typing import Any

from harness.processes import wire
from harness.sandbox.inside import messages
from harness.sandbox.inside import pipeline
from harness.sandbox.inside import verdicts
from harness.sandbox.inside.lines import Ended
from harness.sandbox.inside.lines import Lines
from harness.sandbox.inside.lines import scripted
from harness.sandbox.inside.remotes import Unjudgeable
from harness.sandbox.inside.session import Session


def main(_options: dict[str, Any], setup: int) -> None:
    """Judge one program: 3 the tests, 4 and 5 the candidate (to it, from it), 6 the answers."""
    os.close(setup)
    instructions = Lines(3, 6)
    asked = wire.fitting(instructions.read(), messages.ASKED)
    os.close(3)
    session = Session(Lines(5, 4, asked["patience"]), hurries=asked["ahead"])
    with suppress(Ended):
        _judge(asked, session, instructions)


def rehearse() -> None:
    """Judge a small program of ours: what is forked afterwards finds these lines specialised by the interpreter."""
    test = "def check(f):\n    assert f(1, 2) == 3\n    assert f(2, 1) == 3\n    for x in [3]: assert f(x, 0) == 3\n"
    asked = {"context": "import math\n", "tests": (f"{test}check(f)", "assert f(0, 4) == 4"), "names": ("f",)}
    with (
        scripted([{"value": None, "classes": {}}, *[{"value": 3}] * 4], patience=1.0) as conversation,
        scripted([]) as answers,
    ):
        _judge({**asked, "start": 0, "again": ()}, Session(conversation), answers)


def _judge(asked: dict[str, Any], session: Session, answers: Lines) -> None:
    namespace: dict[str, Any] = {"__name__": "tests"}
    preparation = _prepared(asked, namespace, session)
    if preparation is not None:
        answers.write(preparation)
        return
    answers.write({"loaded": True})
    for index, test in enumerate(asked["tests"]):
        if index < asked["start"] and index not in asked["again"]:
            continue
        verdict = _one(test, namespace, session)
        if index >= asked["start"] or verdict["gone"]:
            answers.write({"test": index, **verdict})
        if verdict["gone"]:
            return


def _prepared(asked: dict[str, Any], namespace: dict[str, Any], session: Session) -> dict[str, Any] | None:
    """Wait for the program, then run what the tests need; why no test can be run, or None."""
    try:
        stand_ins, failure = session.listen(asked["names"])
        if failure is None:
            namespace.update(stand_ins)
            exec(compile(asked["context"], "<context>", "exec"), namespace)  # noqa: S102 - the tests' own, in a process of theirs
            # a prompt may define what the program must
            namespace.update(stand_ins)
    except Ended:
        return {"gone": -1, "late": session.late}
    except BaseException as error:  # noqa: BLE001 - a page's mistake or the program's, told as such
        if session.spoiled is not None:
            return {"loading": dict(zip(("outcome", "detail"), session.spoiled, strict=True))}
        if getattr(error, "from_candidate", False):
            outcome, detail = verdicts.of(error)
            return {"loading": {"outcome": outcome, "detail": detail}}
        return {"broken": f"context: {verdicts.described(error)}"}
    return failure and {"loading": failure}


def _one(test: str, namespace: dict[str, Any], session: Session) -> dict[str, Any]:
    """What became of one test."""
    session.begin()
    ended, error = False, None
    try:
        code = compile(pipeline.prepared(test, namespace, session), "<test>", "exec")
        exec(code, namespace)  # noqa: S102 - the same
    except Ended:
        ended = True
    except BaseException as caught:  # noqa: BLE001 - what a test raises is its answer
        error = caught
    with suppress(Unjudgeable):
        session.settle()
    ended = ended or session.ended
    gone = {"gone": ended or session.stale, "late": session.late, "calls": session.calls}
    if session.spoiled is not None:
        return {**dict(zip(("outcome", "detail"), session.spoiled, strict=True)), **gone}
    if ended:
        return {"outcome": None, "detail": None, **gone}
    outcome, detail = verdicts.of(error)
    return {"outcome": outcome, "detail": detail, **gone}
