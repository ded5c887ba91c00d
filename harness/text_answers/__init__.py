"""Text answers: what an answer in words says, where it ends, and whether it declines.

`harness.extract` is what a page imports.
"""
