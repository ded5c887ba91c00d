"""Looks: a seeded order in which all benchmarks advance alike, and decisions that hold together."""

import random
from collections import Counter
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import settings
from hypothesis import strategies as st

from harness.gate.looks import Look
from harness.gate.looks import Place
from harness.gate.looks import from_json
from harness.gate.looks import judge_again
from harness.gate.looks import order
from harness.gate.looks import schedule
from harness.gate.looks import to_json
from harness.gate.looks import window
from harness.gate.margins import Margins
from harness.gate.monitor import Monitor
from harness.statistics import gate
from harness.statistics import pair
from harness.statistics import trial
from harness.statistics.sequential import level

PLACES = st.lists(st.tuples(st.sampled_from("abc"), st.integers(0, 500)), min_size=1, max_size=400, unique=True).map(
    lambda found: [Place(name, str(case)) for name, case in found]
)


@pytest.mark.parametrize(("cases", "expected"), [(1, 64), (700, 64), (1319, 128), (5120, 512), (14042, 512)])
def test_a_window_is_a_tenth_in_steps_as_simulated(cases, expected):
    """benchmarks/simulations/gates.py looks every 128 of 1,319 and every 512 of 14,042 cases."""
    assert window(cases) == expected


@settings(max_examples=50, deadline=None)
@given(PLACES, st.integers(0, 3), st.randoms())
def test_the_order_depends_on_names_and_seed_alone(places, seed, shuffled):
    expected = [places[number] for number in order(places, seed)]
    assert Counter(expected) == Counter(places)
    mixed = list(places)
    shuffled.shuffle(mixed)
    assert [mixed[number] for number in order(mixed, seed)] == expected


@settings(max_examples=50, deadline=None)
@given(PLACES)
def test_benchmarks_advance_alike_and_looks_see_all_at_last(places):
    ordered = [places[number] for number in order(places, 0)]
    found = schedule(ordered)
    sizes = Counter(place.benchmark for place in places)
    assert found.ends[-1] == len(places)
    assert {name: found.seen(name, found.last) for name in sizes} == sizes
    for look in range(1, found.last + 1):
        assert sum(found.seen(name, look) for name in sizes) == found.ends[look - 1]
        for name, size in sizes.items():
            assert abs(found.seen(name, look) - found.fraction(look) * size) <= len(sizes)
            assert found.seen(name, look - 1) == sum(
                place.benchmark == name for place in ordered[: found.ends[look - 2]] if look > 1
            )
    assert from_json(to_json(found)) == found


def test_another_seed_is_another_order_and_it_is_no_order_of_the_rows():
    places = [Place("a", str(case)) for case in range(200)]
    first, second = order(places, 0), order(places, 1)
    assert first != second
    # the correlation of a random order with the rows' is about 1 / sqrt(200)
    assert abs(np.corrcoef(first, range(200))[0, 1]) < 0.25


def test_cases_of_a_cluster_are_asked_together():
    places = [Place("a", str(case), f"passage {case % 10}") for case in range(100)]
    clusters = [places[number].cluster for number in order(places, 0)]
    assert sum(one != other for one, other in pairwise(clusters)) == 9


def ordered_cases(names, n):
    places = [Place(name, str(case)) for name in names for case in range(n)]
    ordered = [places[number] for number in order(places, 0)]
    return schedule(ordered), {name: [place.case for place in ordered if place.benchmark == name] for name in names}


def run_through(make, verdicts, old, margins=Margins()):  # noqa: B008 - it is frozen
    """Let all cases come, looking whenever a look is due; the monitor and how many cases were waited for."""
    names, n = list(old), len(next(iter(old.values())))
    found, planned = ordered_cases(names, n)
    base = make("old", {name: dict(zip(map(str, range(n)), old[name], strict=True)) for name in names})
    monitor = Monitor(found, planned, base, margins)
    new = make("new", {name: {case: verdicts[name][int(case)] for case in planned[name]} for name in names})
    while monitor.next:
        look = monitor.next
        for name in list(monitor.waiting):
            for case in planned[name][: found.seen(name, look)]:
                assert (
                    not monitor.is_due or case in planned[name][: found.seen(name, max(0, look - 1))] or len(names) > 1
                )
                monitor.arrive(name, case)
        assert monitor.is_due
        monitor.look(new)
    return monitor, new, base


def test_a_clear_drop_is_decided_early_and_equal_runs_are_looked_at_to_the_end(make):
    old = [case % 2 == 0 for case in range(1000)]
    worse = {"a": [False] * 1000}
    monitor, _, _ = run_through(make, worse, {"a": old})
    assert monitor.looks[-1].decided == ("a",)
    assert monitor.written()["looked"]["a"] <= 250
    generator = random.Random(3)
    noisy = {"a": [one if generator.random() > 0.2 else not one for one in old]}
    monitor, _, _ = run_through(make, noisy, {"a": old}, Margins(0.1))
    assert [look.number for look in monitor.looks] == list(range(1, monitor.schedule.last + 1))
    assert monitor.written()["looked"] == {"a": 1000}
    assert monitor.written()["finished"]


def test_a_look_decides_as_the_simulated_gate_does(make):
    """benchmarks/simulations/gates.py: gate(trials, level_of=level at the fractions so far, "obrien-fleming")."""
    generator = np.random.default_rng(11)
    n = 1319
    signs = generator.choice((-1, 0, 1), size=n, p=(0.1, 0.85, 0.05))
    new, old = {"a": (signs >= 0).tolist()}, {"a": (signs <= 0).tolist()}
    monitor, system, base = run_through(make, new, old, Margins(5))
    found = judge_again(system, base, Margins(5), monitor.schedule, monitor.looks)
    (verdict, look), *_ = found
    cases = list(system.cases["a"])
    for made in range(1, look + 1):
        fractions = [monitor.schedule.fraction(number) for number in range(1, made + 1)]
        seen = [int(case) for case in cases[: monitor.schedule.seen("a", made)]]
        stats = [np.array([[float(side["a"][case]), 1.0] for case in seen]) for side in (new, old)]
        (expected,) = gate(
            [trial(pair(*stats, "proportion"), 0.05)],
            level_of=lambda alpha, at=fractions: level(at, alpha, "obrien-fleming"),
        )
        assert (expected.decision != "inconclusive") == (made == look)
    assert (verdict.decision, verdict.low, verdict.high, verdict.level) == (
        expected.decision,
        expected.low,
        expected.high,
        expected.level,
    )


def test_a_decided_benchmark_stays_so_and_leaves_its_share(make):
    old = {"a": [case % 2 == 0 for case in range(640)], "b": [case % 2 == 0 for case in range(640)]}
    generator = random.Random(1)
    new = {"a": [False] * 640, "b": [one if generator.random() > 0.3 else not one for one in old["b"]]}
    monitor, system, base = run_through(make, new, old, Margins(0.5))
    decided = {name: look.number for look in monitor.looks for name in look.decided}
    assert list(decided) == ["a"]
    verdicts = judge_again(system, base, Margins(0.5), monitor.schedule, monitor.looks)
    assert [(one.entry.benchmark, one.decision, look) for one, look in verdicts] == [
        ("a", "regressed", decided["a"]),
        ("b", "inconclusive", monitor.schedule.last),
    ]
    # the last look of the one that is left spends the whole alpha: b is not judged at alpha / 2
    fractions = [monitor.schedule.fraction(look.number) for look in monitor.looks]
    assert verdicts[1][0].level == level(fractions, 0.05, "obrien-fleming")


def test_a_benchmark_that_cannot_be_gated_is_not_waited_for(make):
    logs = [(-1.0 - number % 5, 2.0) for number in range(200)]
    monitor, _, _ = run_through(lambda *given: make(*given, "perplexity"), {"a": logs}, {"a": logs})
    assert monitor.looks == [Look(1, ())]
    assert (monitor.waiting, monitor.next, monitor.written()["looked"]) == ([], 0, {})


def test_without_an_order_only_the_last_look_is_left(make):
    found, planned = ordered_cases(["a"], 300)
    base = make("old", {"a": [True] * 300})
    monitor = Monitor(found, planned, base, Margins())
    monitor.give_up_early()
    assert monitor.next == found.last
    for case in planned["a"][1:]:
        monitor.arrive("a", case)
    assert not monitor.is_due
    monitor.arrive("a", planned["a"][0])
    assert monitor.is_due
    monitor.look(make("new", {"a": dict.fromkeys(planned["a"], True)}))
    assert monitor.written()["looks"] == [{"number": found.last, "cases": 300, "fraction": 1.0, "decided": ["a"]}]
