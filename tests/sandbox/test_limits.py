# ruff: noqa: E501 - programs in one line each
"""Limits: scaled from the reference, clamped, never raised."""

import resource

from harness.sandbox.inside import jail
from harness.sandbox.limits import Limits


def test_the_reference_scales_time_and_memory():
    limits = Limits()
    assert limits.scaled(0.0, 0).cpu == limits.least_cpu
    assert limits.scaled(2.0, 0).cpu == limits.least_cpu + 2.0 * limits.times
    assert limits.scaled(0.0, 0).memory == limits.memory
    assert limits.scaled(0.0, 1 << 30).memory == 2 << 30
    assert limits.scaled(0.0, 1 << 40).memory == limits.most_memory
    assert limits.scaled(1.0, 0).wall > 3 * limits.scaled(1.0, 0).cpu


def test_a_limit_is_never_raised_above_the_inherited_one(execute):
    """The jail asks for 512 descriptors, where this process may have more; nothing may ask for more than it has."""
    assert resource.getrlimit(resource.RLIMIT_NOFILE)[1] >= 512
    code = "import resource\ndef f():\n    try:\n        resource.setrlimit(resource.RLIMIT_NOFILE, (600, 600))\n    except (OSError, ValueError):\n        return resource.getrlimit(resource.RLIMIT_NOFILE)"
    assert execute(code, "assert f() == (512, 512)", names=("f",)).verdict == "passed"


def test_address_space_counts_from_the_current_size():
    """An absolute limit below a big parent's size would fail every program."""
    assert jail.address_space() > 0
