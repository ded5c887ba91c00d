"""Comparisons of runs: what differs beside the model, the same cases side by side, and which differences are real.

    system       one model of one run, its scores case by case, whether read from a folder or from a baseline
    baseline     the scores of a run in one small file, without prompts or answers
    load         RUN, RUN:model or FILE -> systems
    differences  what else differs between runs than the model
    alignment    which cases two systems share
    paired       every pair, benchmark and metric by harness.statistics; corrections, ranks, flips
    document     all of it as JSON
    terminal     and as text
    planning     how many cases it takes to see a difference

Nothing here asks a model: a comparison is made from files alone.
"""
