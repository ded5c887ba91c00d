"""One request in a slot: which processes, joined how."""

import hmac
import secrets
import signal
from collections.abc import Iterable
from collections.abc import Sequence
from dataclasses import dataclass
from dataclasses import replace
from typing import Any
from typing import Literal

from harness.core import Execute
from harness.core import Execution
from harness.core import Outcome
from harness.languages import Language
from harness.languages import language
from harness.languages.building.diagnosis import Diagnosis
from harness.languages.building.names import of_program
from harness.languages.building.program import Program
from harness.languages.building.sources import blanked
from harness.languages.python import libraries
from harness.processes import wire
from harness.sandbox.descriptors import Descriptors
from harness.sandbox.descriptors import is_ready
from harness.sandbox.descriptors import lines
from harness.sandbox.descriptors import pour
from harness.sandbox.descriptors import pour_bytes
from harness.sandbox.fork_servers import PROGRAMS
from harness.sandbox.fork_servers import Job
from harness.sandbox.inside import messages
from harness.sandbox.inside import sealed
from harness.sandbox.inside.comparing import FORGIVING
from harness.sandbox.limits import Limits
from harness.sandbox.outcomes import MEMORY
from harness.sandbox.outcomes import Tally
from harness.sandbox.outcomes import ended
from harness.sandbox.outcomes import of_output
from harness.sandbox.outcomes import take
from harness.sandbox.slot import Broken
from harness.sandbox.slot import Lost
from harness.sandbox.slot import Slot

_JUDGE_MEMORY = 2 << 30
_JUDGE_SLACK_S = 20.0
_NONCE_BYTES = 16
_LAST = frozenset({"syntax", "timeout"})
"""Outcomes of one test of a program that reads and prints after which the others are not tried."""
_NO_RUNTIMES = 128
"""From this exit status on no runtime says of a test that it failed. SIGABRT is an assertion of C."""
_LEAST_CPU_S = 0.1
_BYTE_ORDER_MARK = "\ufeff"
_PARTING_S = 0.25
"""How long a program whose pipe is closed may take to end by itself, so that its own exit status is seen."""


@dataclass(frozen=True, slots=True)
class Ran:
    """What a request came to: `slept` where the wall clock ended it, which load can cause as well.

    `hurried` where one call's time ended it while others were sent ahead; `slowest` is the slowest call's CPU time (s).
    """

    execution: Execution
    slept: bool
    hurried: bool
    slowest: float


def run(slot: Slot, request: Execute, limits: Limits, files: Sequence[int]) -> Ran:
    """Judge one program. `files` are open, in the request's order. Raises Broken where nothing can be said of it."""
    lang = language(request.language)
    make = lang and getattr(lang, request.style)
    if lang is None or make is None:
        raise Broken(f"{request.language}: no style {request.style!r}; expected one it has")
    # a mark of a file's encoding, which not every compiler skips
    request = replace(request, code=request.code.removeprefix(_BYTE_ORDER_MARK))
    tally = Tally(len(request.tests))
    compile_cpu = max(limits.compile_cpu, lang.limits.compile_cpu)
    limits = replace(limits, disk=max(limits.disk, lang.limits.disk), compile_cpu=compile_cpu)
    status = _NOTHING
    slept = hurried = False
    while not tally.complete:
        if status["waited"] >= limits.wall:
            slept = True
            tally.fill("timeout", "wall time is used up")
            break
        left = _of_a_test(limits, status) if request.style == "stdio" else _left(limits, status)
        latest = _next(slot, request, lang, left, files, tally)
        slept = slept or latest["end"] == "wall" or latest["machine"]
        hurried = hurried or (latest["end"] == "call" and limits.ahead)
        status = _sum(status, latest)
    verdict: Outcome = next((outcome for outcome in tally.outcomes if outcome != "passed"), "passed")
    passed = tuple(outcome == "passed" for outcome in tally.outcomes)
    inside = request.style == "script"
    where: Literal["unsandboxed", "in-jail", "outside"] = (
        "unsandboxed" if slot.tier == "none" else "in-jail" if inside else "outside"
    )
    used = (status["output"], status["cpu"], status["wall"], status["memory"])
    return Ran(Execution(verdict, passed, where, tally.detail, *used), slept, hurried, status["slowest"])


_NOTHING: dict[str, Any] = {"output": "", "cpu": 0.0, "wall": 0.0, "waited": 0.0, "memory": 0, "slowest": 0.0}


def _left(limits: Limits, used: dict[str, Any]) -> Limits:
    """What a program that is started again may still use: its limits hold for it in sum."""
    cpu = max(limits.cpu - used["cpu"], _LEAST_CPU_S)
    return replace(limits, cpu=cpu, wall_constant=limits.wall - used["waited"] - limits.wall_times * cpu)


def _of_a_test(limits: Limits, used: dict[str, Any]) -> Limits:
    """What a program that runs once a test may use of one: a call's time, and no more than is left for all."""
    left = _left(limits, used)
    cpu = min(limits.call or left.cpu, left.cpu)
    wall = min(left.wall, limits.wall_times * cpu + limits.wall_constant)
    return replace(left, cpu=cpu, call=0.0, wall_constant=wall - limits.wall_times * cpu)


def _sum(before: dict[str, Any], latest: dict[str, Any]) -> dict[str, Any]:
    return {
        "output": before["output"] or latest["output"],
        "cpu": before["cpu"] + latest["cpu"],
        "wall": before["wall"] + latest["wall"],
        "waited": before["waited"] + max(0.0, latest["wall"] - latest.get("judged", 0.0)),
        "memory": max(before["memory"], latest["memory"]),
        "slowest": max(before["slowest"], latest.get("slowest", 0.0)),
    }


def _next(
    slot: Slot, request: Execute, lang: Language, limits: Limits, files: Sequence[int], tally: Tally
) -> dict[str, Any]:
    """Run until at least one more test has its outcome; what the program used."""
    if request.style == "stdio":
        return _printed(slot, request, lang, limits, tally)
    if request.style != "script":
        return _judged(slot, request, lang, limits, files, tally)
    if lang.warm:
        return _warm_script(slot, request, lang, limits, files, tally)
    test = request.tests[len(tally.outcomes)]
    nonce = secrets.token_hex(_NONCE_BYTES)
    code = blanked(request.code, lang.syntax)
    return _other_script(slot, lang.script(request, test), nonce, (lang.diagnosis, code), limits, tally)  # type: ignore[misc]


def _judged(
    slot: Slot, request: Execute, lang: Language, limits: Limits, files: Sequence[int], tally: Tally
) -> dict[str, Any]:
    """One candidate and one judge, up to the end of either."""
    make = lang.query if request.style == "query" else lang.calls
    program = make(request)  # type: ignore[misc]  # `run` has seen that it has the style
    names, context = of_program(request)
    role = replace(PROGRAMS, libraries=libraries(context, *request.tests, named=program.libraries))
    asked = _question(request, names, context, limits, tally, compiles=program.entry == "tool")
    with Descriptors() as own:
        (to_judge, asking), (reads, calling), (hearing, answering), (listening, saying) = (own.pipe() for _ in range(4))
        # the judge counts how long it waits; what the program waits for the judge is not its own
        waiting = replace(limits, wall_constant=limits.wall_constant + limits.compile_cpu + _JUDGE_SLACK_S)
        ending = own.pipe() if program.entry == "tool" else ()
        candidate = _job(program, waiting, [reads, answering, *ending[1:], *map(own.copy, files)])
        judge = Job(
            "rows" if request.style == "query" else "judge",
            _of_judge(limits).message(address_space=True),
            [to_judge, own.copy(calling), hearing, saying, *map(own.copy, files)],
            {},
            writes=False,
        )
        with slot.started(role, candidate, judge) as server:
            own.close(*candidate.descriptors, *judge.descriptors)
            pour(calling, program.first, length_first=program.length_first)
            own.close(calling)
            pour(asking, asked)
            heard = _hear(listening, len(request.tests), server.fileno())
            if heard and heard[-1].get("gone") and not heard[-1].get("late"):
                is_ready(server.fileno(), _PARTING_S)
            server.stop()
            status, judged = server.statuses()
            if ending:
                _settle(status, ending[0])
    _check(heard, judged, status)
    if heard and heard[-1].get("late") and status["end"] == "stopped":
        status["end"] = "wall"
    take(tally, heard, judged, status, limits.cpu, lang.diagnosis)
    if status["exceeded"]:
        tally.overrule(*MEMORY)
    # what its judge computed the program did not keep anybody waiting for
    return {**status, "judged": judged["cpu"]}


def _question(
    request: Execute, names: Sequence[str], context: str, limits: Limits, tally: Tally, *, compiles: bool
) -> dict[str, Any]:
    """What a judge is asked: the tests that have no outcome yet, and how long it waits for the program."""
    return {
        "context": context, "tests": request.tests, "names": names,
        "start": len(tally.outcomes), "again": tally.silent, "ahead": limits.ahead,
        "patience": limits.wall + (limits.compile_cpu if compiles else 0.0),
    }  # fmt: skip


def _job(program: Program, limits: Limits, descriptors: Sequence[int], options: dict[str, Any] | None = None) -> Job:
    message = limits.message(address_space=program.address_space)
    return Job(program.entry, message, descriptors, program.options if options is None else options)


def _of_judge(limits: Limits) -> Limits:
    """The judge waits for the program, so its limits come after the program's."""
    slack = limits.compile_cpu + 2 * _JUDGE_SLACK_S
    return replace(
        limits,
        cpu=limits.cpu + _JUDGE_SLACK_S,
        wall_constant=limits.wall_constant + slack,
        memory=max(_JUDGE_MEMORY, 2 * limits.memory),
        reserved=0,
    )


def _hear(descriptor: int, tests: int, server: int) -> list[dict[str, Any]]:
    """What the judge says, up to its last word."""
    heard = []
    for message in lines(descriptor, messages.JUDGE, server):
        if message is None:
            break
        heard.append(message)
        if message.get("gone") or message.get("test") == tests - 1 or "broken" in message or "loading" in message:
            break
    return heard


def _check(heard: Sequence[dict[str, Any]], *statuses: dict[str, Any]) -> None:
    """Tell what is our fault or the page's from what is the program's."""
    for status in statuses:
        if status["end"] == "halted":
            raise Lost(f"sandbox: {status['broken']}; expected to be able to ask it")
        if status.get("broken"):
            raise Broken(f"sandbox: {status['broken']}; expected to be able to confine a program")
    for message in heard:
        if "broken" in message:
            raise Broken(f"tests: {message['broken']}; expected tests that run")


def _printed(slot: Slot, request: Execute, lang: Language, limits: Limits, tally: Tally) -> dict[str, Any]:
    """One test of a program that reads and prints: its own process, and beside it who compares what it prints."""
    program = lang.stdio(request)  # type: ignore[misc]  # the same
    test = _test(request.tests[len(tally.outcomes)])
    with Descriptors() as own:
        (reads, calling), (hearing, saying), (taken, printing), (to_judge, asking), (listening, answering) = (
            own.pipe() for _ in range(5)
        )
        job = _job(program, limits, [reads, saying, printing])
        judge_limits = _of_judge(limits).message(address_space=True)
        judge = Job("outputs", judge_limits, [to_judge, taken, answering], {}, writes=False)
        with slot.started(replace(PROGRAMS, libraries=program.libraries), job, judge) as server:
            own.close(*job.descriptors, *judge.descriptors)
            pour(calling, {**program.first, "input": test["input"]})
            wanted = {"output": test["output"], "compare": test["compare"]}
            pour(asking, {**wanted, "most": limits.output, "kept": limits.kept})
            compared = next(lines(listening, messages.COMPARED, server.fileno()), None) or {}
            if "beyond" in compared:
                server.stop()
            status, judged = server.statuses()
            failure = next(lines(hearing, messages.FAILURE), {}) if is_ready(hearing, 0) else {}
    _check((), status, judged)
    forgiving = test["compare"] in FORGIVING
    outcome, detail = of_output(compared or judged, failure, status, limits.cpu, lang.diagnosis, forgiving=forgiving)
    if outcome in _LAST:
        tally.fill(outcome, detail)
    else:
        tally.add(outcome, detail)
    return {**status, "output": compared.get("printed") or status["output"]}


def _test(text: str) -> dict[str, Any]:
    """A test of style "stdio"; raises Broken where it is none."""
    try:
        return wire.decode(text.encode("utf-8", "surrogatepass"), messages.STREAMS)
    except wire.Malformed as error:
        raise Broken(f"tests: {error}") from error


def _warm_script(
    slot: Slot, request: Execute, lang: Language, limits: Limits, files: Sequence[int], tally: Tally
) -> dict[str, Any]:
    """Program and all tests in one process; tests are sent when the program is loaded."""
    program = lang.script(request, "")  # type: ignore[misc]  # the same
    key = secrets.token_bytes(_NONCE_BYTES)
    with Descriptors() as own:
        (reads, calling), (hearing, answering) = own.pipe(), own.pipe()
        options = {"files": [name for name, _ in request.files]}
        job = _job(program, limits, [reads, answering, *map(own.copy, files)], options)
        with slot.started(replace(PROGRAMS, libraries=program.libraries), job) as server:
            own.close(*job.descriptors)
            pour_bytes(calling, sealed.program(key, program.first["context"], program.first["code"]))
            _take_script(lines(hearing, messages.SCRIPT, server.fileno()), calling, key, request.tests, tally)
            is_ready(server.fileno(), 0 if tally.complete else _PARTING_S)
            server.stop()
            (status,) = server.statuses()
    _check((), status)
    if not tally.complete:
        tally.fill(*ended(status, limits.cpu, lang.diagnosis))
    elif status["exceeded"]:
        tally.overrule(*MEMORY)
    return status


def _take_script(
    heard: Iterable[dict[str, Any] | None], calling: int, key: bytes, tests: Sequence[str], tally: Tally
) -> None:
    """Listen until every test has its outcome or nothing more comes; what is out of place is the program's crash."""
    loaded = False
    for message in heard:
        if message is None or ("loaded" in message or "loading" in message) is loaded:
            tally.fill(*_NONSENSE)
        elif "loading" in message:
            tally.fill(message["loading"]["outcome"], message["loading"]["detail"])
        elif "loaded" in message:
            loaded = True
            pour_bytes(calling, sealed.tests(key, tests))
        elif "outcome" in message:
            tally.add(message["outcome"], message["detail"])
        elif hmac.compare_digest(message["nonce"].encode(), sealed.nonce(key, len(tally.outcomes))):
            tally.add("passed", None)
        else:
            tally.add(*_NONSENSE)
        if tally.complete:
            return


_NONSENSE: tuple[Outcome, str] = ("crash", "wrote what is no message of a test")


def _other_script(
    slot: Slot, program: Program, nonce: str, of: tuple[Diagnosis, str], limits: Limits, tally: Tally
) -> dict[str, Any]:
    """One test of another language: its own process, which must say the nonce and end well.

    `of` is the language's diagnosis, and the program's code without strings and comments.
    """
    diagnosis, code = of
    with Descriptors() as own:
        (reads, calling), (hearing, answering), ending = own.pipe(), own.pipe(), own.pipe()
        with slot.started(PROGRAMS, _job(program, limits, [reads, answering, ending[1]])) as server:
            own.close(reads, answering, ending[1])
            pour(calling, program.first, length_first=True)
            pour_bytes(calling, nonce.encode())
            own.close(calling)
            heard = next(lines(hearing, messages.TOOL, server.fileno()), _SILENCE)
            # the program ends by itself or by its limits: what it does after the nonce counts as well
            (status,) = server.statuses()
            ran = _settle(status, ending[0])
    _check((), status)
    by_itself = status["end"] == "ended"
    if heard is None:
        tally.add(*_NONSENSE)
    elif "raised" in heard:
        complaint = heard["raised"]["text"]
        # a program can write the same, but only a compiler that failed lets none run
        if not ran and by_itself and status["code"] == 0 and (version := diagnosis.needs(complaint, code)):
            raise Broken(f"compiler: {complaint}; expected {version}")
        tally.fill("syntax", complaint)
    elif heard.get("nonce") == nonce and by_itself and status["code"] == 0:
        tally.add("passed", None)
    elif by_itself and (0 < status["code"] < _NO_RUNTIMES or status["code"] == -signal.SIGABRT):
        tally.add(*diagnosis.of(status["output"]))
    else:
        tally.add(*ended(status, limits.cpu, diagnosis))
    return status


_SILENCE: dict[str, Any] = {}


def _settle(status: dict[str, Any], ending: int) -> bool:
    """Put the program's own exit status, or minus its signal, in place of that of the process which started it.

    Whether it told one: it does not where a compiler failed.
    """
    said = next(lines(ending, messages.ENDING), None) if is_ready(ending, 0) else None
    if said is not None and status["end"] == "ended":
        status["code"] = said["status"]
    return said is not None
