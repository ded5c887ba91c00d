"""Parity: whether engines, quantisations or servers answer the same cases alike, asked until that is shown.

subjects    `ENGINE:MODEL?option=value`, a table of the configuration, or a finished run -> what is compared
asking      a subject that is asked: its plan, its run, the cases of one look after another
verdicts    each subject against the first -> same, differs or inconclusive by harness.statistics.betting
flips       cases that are scored lower and higher
divergence  how far log-likelihoods and texts are apart, whatever was made of them
state       what a parity has come to
comparing   look after look, until nothing is left to decide
document    all of it as JSON
terminal    and as text
run         the whole as one call
"""
