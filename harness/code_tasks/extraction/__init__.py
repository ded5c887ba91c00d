"""Extraction of programs: the code that an answer holds, found in whatever stands around it.

`blocks` parts an answer into code and prose, `definitions` reads Python by its syntax tree, and each rule of the other
modules makes a program of an answer: pure functions of text and Trial, None where an answer holds no code. They are
registered by name in `harness.code_tasks.rules`.
"""
