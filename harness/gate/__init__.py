"""The gate: whether a model has kept, benchmark by benchmark, what a baseline had, within margins.

    margins    `2pt`, `gsm8k=1pt` and `[tool.crosstask.gate]` -> Margins
    verdicts   systems against their baselines -> pass, regressed or inconclusive by harness.statistics.gate
    looks      the random order of cases, where to look, and the deciding at each look
    document   a run's folder -> the gate's part of its summary
    terminal   and as text

Nothing here asks a model: `looks` only says when enough was asked.
"""
