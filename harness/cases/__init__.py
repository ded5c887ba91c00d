"""Cases: which are asked, and how.

pages       the benchmarks of a folder, without pytest
catalogue   what the pages say of themselves
recipes     protocols and benchmarks by name
expressions names with and, or, not: -k and -m
subsample   at most so many cases of a benchmark
shards      the parts of a run, for a machine each
shots       the solved examples before a question
ranks       the order of a draw, by hash
alike       whether two rows ask the same
sampling    how often a case is asked, at which temperatures
exclusions  cases that are told apart, with the reason
"""
