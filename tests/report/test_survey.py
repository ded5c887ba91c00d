"""The survey's table: pass@k by groups of size, the best of several temperatures."""

from dataclasses import replace

import pytest

from harness.errors import UsageError
from harness.report.survey import Entry
from harness.report.survey import best
from harness.report.survey import survey_lines
from harness.results.folder import read_run
from harness.statistics import estimate_pass_at_k


@pytest.fixture
def tried(folder):
    """Twelve problems of HumanEval with two samples each: one passes, the other does not."""

    def make(temperatures=(0.8,), parameters=134_515_008):
        folder.tried(temperatures)
        folder.records = [
            replace(one, benchmark="humaneval") if one.benchmark == "tins" else one for one in folder.records
        ]
        folder.manifest["benchmarks"]["humaneval"] = folder.manifest["benchmarks"].pop("tins")
        planned = folder.manifest["planned"]["toy"]
        planned["humaneval"] = planned.pop("tins")
        folder.manifest["models"]["toy"]["engine"] = {"parameters": parameters}
        return folder

    return make


def printed(folder):
    return "\n".join(line.strip() for line in survey_lines([read_run(folder.write())]))


def test_a_model_stands_in_its_group_with_the_interval_of_its_report(tried):
    text = printed(tried())
    expected = estimate_pass_at_k([2] * 12, [1] * 12, 1).estimate
    assert expected.value == 0.5
    assert "humaneval pass@1" in text
    assert "pass@10" not in text  # two samples tell nothing of ten
    assert "up to 200M" in text
    assert "135M" in text
    assert "50.0 [" in text


@pytest.mark.parametrize(
    ("parameters", "group", "size"),
    [
        (200_000_000, "up to 200M", "200M"),
        (200_000_001, "200M to 700M", "200M"),
        (1_100_000_000, "700M to 2B", "1.1B"),
        (6_700_000_000, "5B to 10B", "6.7B"),
        (16_100_000_000, "above 10B", "16.1B"),
        (None, "size not known", "\N{EN DASH}"),
    ],
)
def test_groups_are_by_the_most_parameters(tried, parameters, group, size):
    (row,) = [line for line in printed(tried(parameters=parameters)).splitlines() if "toy" in line]
    assert row.startswith(group)
    assert row.removeprefix(group).split()[1] == size


def test_of_several_temperatures_the_best_counts(tried):
    folder = tried(temperatures=(0.2, 0.8))
    # the answers at 0.2, those of even rows, all pass
    for row in range(0, 12, 2):
        record = next(record for record in folder.records if record.case == f"tin-{row}")
        folder.change(
            f"tin-{row}",
            responses=record.responses[:2],
            prompts=record.prompts[:2],
            programs=(record.programs[0], record.programs[0]),
        )
    text = printed(folder)
    assert "100.0 (no interval)" in text
    assert "Of the temperatures 0.2, 0.8 the best counts" in text
    assert "Cases: 6 a benchmark." in text


def test_at_one_temperature_the_most_cases_count():
    """Four cases that all pass are no better than a whole run; between temperatures the value decides."""
    few, whole, other = (
        Entry("m", "humaneval", 1, temperature, estimate_pass_at_k([2] * n, [right] * n, 1).estimate)
        for temperature, n, right in ((0.8, 4, 2), (0.8, 12, 1), (0.2, 12, 0))
    )
    assert best([few, whole, other]) is whole
    assert best([other, few]) is few
    assert best([]) is None


def test_runs_without_such_programs_are_refused(folder):
    with pytest.raises(
        UsageError, match="found no programs of humaneval or mbpp that were run; expected a run of either"
    ):
        survey_lines([read_run(folder.write())])
