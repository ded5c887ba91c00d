"""Cases: which are asked, and how.

pages       the benchmarks of a folder, without pytest
catalogue   what the pages say of themselves
recipes     protocols and benchmarks by name
subsample   at most so many cases of a benchmark
shots       the solved examples before a question
alike       whether two rows ask the same
sampling    how often a case is asked, at which temperatures
exclusions  cases that are told apart, with the reason
"""
