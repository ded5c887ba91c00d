"""Parity: whether engines, quantisations or servers answer the same cases alike, asked until that is shown.

subjects    `ENGINE:MODEL?option=value`, a table of the configuration, or a finished run -> what is compared
asking      a subject that is asked: its plan, its run, the cases of one look after another
verdicts    each subject against the first -> same, differs or inconclusive by harness.statistics.betting
flips       cases that turned from right to wrong, and back
divergence  how far log-likelihoods and texts are apart, whatever was made of them
comparing   all of it in turn, until nothing is left to decide
terminal    and as text
"""
