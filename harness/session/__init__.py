"""Session: one run from its plan to its folder.

plan          the cases and requests of a run, and their hash
sharding      a shard of it
estimate      what it would cost
preparing     from a model's card to an engine that can be asked
exchange      what the processes of a session share
engine_loop   the thread that owns the engine
program_loop  the thread that owns the sandbox
loop          what both threads have in common
place         the folder where the processes meet
waiting       how a case gets its answers
folder        the run's folder, written by one process
"""
