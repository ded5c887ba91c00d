"""Results: what a run's folder says, read without a model.

folder      manifest, records and prompts of a run, read and checked
groups      the records of one model and one benchmark, planned cases without a result included
population  what a score is generalised over
published   scores that others published
"""
