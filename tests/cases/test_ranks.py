"""Ranks: the sha256 of names, so that a draw is the same on every machine."""

from harness.cases.ranks import rank

PRINTED = "844b527699fc857fee9558aef4f27a8ef560bf8b56ed7c64d90fea1faddb5469"
"""What `printf 0:gsm8k:main-0 | sha256sum` prints."""


def test_a_rank_is_the_sha256_of_the_parts():
    assert rank(0, "gsm8k", "main-0") == rank("0:gsm8k:main-0") == PRINTED
    assert rank(0, "a") != rank(1, "a") != rank(1, "b")


def test_a_name_may_have_half_a_surrogate_pair():
    assert len(rank("\ud800")) == 64
