"""Printing: how numbers and strangers' text are written, for a terminal and for a page.

numbers  a score and its interval in digits
points   a difference of scores, on the scale that scores are printed on
grid     tables for a terminal
visible  text of a model without characters that nobody sees
"""
