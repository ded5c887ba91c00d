"""Beyond correctness: what programs that pass are like. Descriptions of code, never a rank.

As the survey of Zan et al. 2022, arXiv:2212.09420, asks: security findings, complexity, and what a program spends.
Bandit and radon come with the extra `quality`.
"""
