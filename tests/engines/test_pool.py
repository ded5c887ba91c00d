"""A pool of engine processes: each request answered once, whatever dies, stops or stands still meanwhile."""

import os
import signal
import threading
import time
from pathlib import Path

import pytest

import harness
from harness.core import Generate
from harness.core import LogLikelihood
from harness.core import Refusal
from harness.engines.descriptor import EngineSpec
from harness.engines.process import EngineProcess
from harness.engines.process import Launch
from harness.engines.process.pool import EnginePool
from harness.engines.scripted import ScriptedEngine
from harness.errors import EngineError
from harness.errors import EngineGivenUpError
from harness.models import Card
from harness.models import Settings
from harness.models import Weights

ROOT = Path(harness.__file__).parents[1]
OWN = Path(__file__).parents[1] / "data" / "engines"
LIMIT = 2.0
LONG = 120.0


@pytest.fixture
def pool(tmp_path):
    """Opens pools of an engine of `own_engines` or of scripted ones, and closes them after the test."""
    pools = []

    def open_pool(name, processes=2, stall_limit=LONG, weights="", **env):
        path = os.pathsep.join((str(OWN), str(ROOT)))
        engine = name if name == "scripted" else f"own_engines:{name}"
        spec = EngineSpec(Weights(Card("toy"), str(weights)), Settings(engine))
        launch = Launch(log=tmp_path / "log", env={"PYTHONPATH": path} | env)
        pools.append(EnginePool([EngineProcess(spec, launch) for _ in range(processes)], stall_limit))
        return pools[-1]

    yield open_pool
    for each in pools:
        each.close()


def asked(count, **others):
    """So many prompts; `others` gives another one to some."""
    changed = {int(name.removeprefix("at")): text for name, text in others.items()}
    return tuple(Generate(changed.get(number, f"prompt {number}")) for number in range(count))


def texts(answers):
    """index -> text, or the refusal; each index once."""
    pairs = list(answers)
    assert len(dict(pairs)) == len(pairs)
    return {
        index: response if isinstance(response, Refusal) else response.completions[0].text for index, response in pairs
    }


def gone(pid):
    """Whether there is no such process, or a dead one that waits for its parent."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] == "Z"
    except (FileNotFoundError, ProcessLookupError):
        return True


@pytest.mark.parametrize("processes", [1, 2, 3])
def test_answers_are_those_of_one_engine(pool, processes):
    requests = (*asked(20), *(LogLikelihood((("a", f" {k}"),)) for k in range(20)))
    together = pool("scripted", processes)
    for window in (requests, requests[:1], ()):
        assert dict(together.answer(window)) == dict(ScriptedEngine().answer(window))
    assert together.description["answered"]["requests"] == 41


def test_every_process_answers_and_neighbours_stay_together(pool):
    answers = texts(pool("Named").answer(asked(40)))
    assert len(set(answers.values())) == 2
    turns = sum(answers[k] != answers[k + 1] for k in range(39))
    assert turns <= 10


@pytest.mark.parametrize("processes", [1, 2])
def test_a_killed_process_costs_no_request(pool, processes):
    together = pool("Named", processes)
    answers, killed = {}, None
    for index, response in together.answer(asked(30)):
        assert index not in answers
        answers[index] = response.completions[0].text
        if len(answers) == 3:
            killed = int(answers[index])
            os.kill(killed, signal.SIGKILL)
    assert answers.keys() == set(range(30))
    (death,) = together.description["deaths"]
    assert death.startswith("engine own_engines:Named of toy: killed by SIGKILL (out of memory?); last line of ")
    assert 1 <= together.description["asked_again"] <= 29
    assert "an engine process died once, " in together.description["notes"][-1]


def test_all_processes_killed_cost_no_request(pool):
    together = pool("Named")
    answers = {}
    for index, response in together.answer(asked(40)):
        answers[index] = response.completions[0].text
        if len(answers) == 4:
            for process in together.processes:
                os.kill(process.pid, signal.SIGKILL)
    assert answers.keys() == set(range(40))
    assert len(together.description["deaths"]) == 2


@pytest.mark.parametrize("processes", [1, 2])
@pytest.mark.parametrize("place", [1, 5, 11])
def test_a_request_that_kills_is_refused_and_the_rest_goes_on(pool, processes, place):
    together = pool("Deadly", processes)
    answers = texts(together.answer(asked(12, at0="prompt 0", **{f"at{place}": "deadly"})))
    refused = {index: answer for index, answer in answers.items() if isinstance(answer, Refusal)}
    assert answers.keys() == set(range(12))
    assert refused.keys() == {place}
    assert refused[place].reason.startswith("the engine died ")
    assert "times at this request: engine own_engines:Deadly of toy: killed by SIGKILL" in refused[place].reason
    assert "1 refused" in together.description["notes"][-1]


def test_two_requests_that_kill_are_both_refused(pool):
    answers = texts(pool("Deadly", 1).answer(asked(12, at3="deadly", at8="deadly too")))
    assert {index for index, answer in answers.items() if isinstance(answer, Refusal)} == {3, 8}
    assert len(answers) == 12


@pytest.mark.parametrize("processes", [1, 2])
def test_an_engine_that_dies_of_everything_is_given_up(pool, processes):
    together = pool("Deadly", processes)
    assert texts(together.answer(asked(1))) == {0: "prompt 0!"}
    deadly = {f"at{k}": "deadly" for k in range(40)}
    with pytest.raises(EngineGivenUpError, match="killed by SIGKILL"):
        list(together.answer(asked(40, **deadly)))
    assert len(together.description["deaths"]) <= 10


def test_an_engine_that_answered_nothing_is_not_started_again(pool):
    together = pool("Deadly", 1)
    with pytest.raises(EngineGivenUpError, match="killed by SIGKILL"):
        list(together.answer(asked(3, at0="deadly")))


# Standstill


def test_a_stuck_request_is_named_and_refused_and_the_rest_goes_on(pool, tmp_path):
    answers = texts(pool("Deadly", 1, LIMIT).answer(asked(6, at2="frozen here")))
    stuck = answers.pop(2)
    assert answers == {index: f"prompt {index}!" for index in (0, 1, 3, 4, 5)}
    assert stuck.reason.endswith(
        "engine own_engines:Deadly of toy: no sign of progress for 2 s with 1 request open, the first 'frozen here'; "
        "it was ended"
    )
    assert "with 4 requests open, the first 'frozen here'; it was ended" in (tmp_path / "log").read_text()


def test_a_stopped_process_is_ended_and_its_lease_is_answered(pool, tmp_path):
    together = pool("Deadly", 2, LIMIT, ONCE=str(tmp_path / "once"))
    answers = {}

    def stop():
        while not (tmp_path / "once").exists() or not (tmp_path / "once").read_text():
            time.sleep(0.01)
        os.kill(int((tmp_path / "once").read_text()), signal.SIGSTOP)

    stopping = threading.Thread(target=stop)
    stopping.start()
    answers = texts(together.answer(asked(20, at9="once")))
    stopping.join()
    assert answers == {index: "once!" if index == 9 else f"prompt {index}!" for index in range(20)}
    assert ["no sign of progress" in reason for reason in together.description["deaths"]] == [True]
    assert gone(int((tmp_path / "once").read_text()))


def test_loading_for_ever_is_no_progress(pool, tmp_path):
    (tmp_path / "script.json").write_text('{"load": 600}')
    with pytest.raises(
        EngineGivenUpError, match=r"no sign of progress for 1\.2 s while it loaded its model; it was ended$"
    ):
        list(pool("scripted", 1, 0.2, tmp_path / "script.json").answer(asked(3)))


@pytest.mark.slow
def test_an_engine_that_counts_its_steps_is_not_stuck(pool):
    together = pool("Slow", 1, 3.0)
    assert texts(together.answer(asked(2))) == {0: "prompt 0", 1: "prompt 1"}
    assert "deaths" not in together.description


# Ends


def test_release_and_giving_up_leave_no_process(pool):
    together = pool("Named")
    list(together.answer(asked(20)))
    first = [process.pid for process in together.processes]
    together.release()
    assert all(map(gone, first))
    answers = together.answer(asked(20))
    next(answers)
    second = [process.pid for process in together.processes if process.pid]
    assert second
    answers.close()
    assert all(map(gone, second))
    assert len(texts(together.answer(asked(20)))) == 20


def test_close_from_another_thread_ends_the_waiting(pool, tmp_path):
    (tmp_path / "script.json").write_text('{"delay": 600}')
    together = pool("scripted", 2, 0, tmp_path / "script.json")
    threading.Timer(1.0, together.close).start()
    with pytest.raises(EngineError, match="closed"):
        list(together.answer(asked(20)))
    assert [process.pid for process in together.processes] == [None, None]


def test_an_answer_to_what_was_not_asked_is_a_death_and_no_answer(pool):
    together = pool("Generous", 1)
    assert texts(together.answer(asked(4))) == dict.fromkeys(range(4), "one")
    (death,) = together.description["deaths"]
    assert death.endswith("answered request 4; expected one of 4")


@pytest.mark.slow
def test_two_processes_of_a_real_model_answer_as_one(folder, tmp_path):
    spec = EngineSpec(Weights(Card("tiny"), str(folder("llama"))), Settings("transformers"))
    requests = (
        *(Generate(f" w{k} w{k + 1}", max_tokens=8) for k in range(12)),
        *(LogLikelihood(((f" w{k}", " w3"), (f" w{k}", " w4 w5"))) for k in range(12)),
    )
    answers = []
    for processes in (1, 2):
        together = EnginePool([EngineProcess(spec, Launch(log=tmp_path / "log")) for _ in range(processes)], LONG)
        answers.append(dict(together.answer(requests)))
        together.close()
    assert [answers[0][k] for k in range(12)] == [answers[1][k] for k in range(12)]
    for k in range(12, 24):
        assert answers[1][k].values == pytest.approx(answers[0][k].values, abs=1e-5)


class Placed(EngineProcess):
    """Has a place from a look on."""

    def __init__(self, look):
        super().__init__(EngineSpec(Weights(Card("toy"), ""), Settings("scripted")))
        self.left = look

    @property
    def waits(self):
        self.left -= 1
        return self.left >= 0


def test_a_process_without_a_place_gets_no_lease():
    there, waiting = Placed(0), Placed(10**9)
    pool = EnginePool([waiting, there], LONG)
    answers = dict(pool.answer(asked(9)))
    assert waiting.pid is None
    pool.close()
    assert answers == dict(ScriptedEngine().answer(asked(9)))


def test_a_place_is_waited_for():
    pool = EnginePool([Placed(2)])
    answers = dict(pool.answer(asked(3)))
    pool.close()
    assert answers == dict(ScriptedEngine().answer(asked(3)))
