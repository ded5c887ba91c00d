"""Code tasks: from a row to what is asked and tested, and from an answer to the program that is run.

problems      Python problems, as benchmarks of one family share them
streams       tests of programs that read standard input and print
apps          APPS' rows: such programs, and functions
contests      CodeContests' rows
live_code_bench  LiveCodeBench's rows
translations  the same problems in other languages
checks        the tests of a problem, as tests to judge one by one
rules         the rules by which an answer becomes a program
extraction    one module a rule or a language
syntax        reading Python that others wrote
"""
