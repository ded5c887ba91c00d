"""What the modules of languages are made with.

program     a program as a fork server starts it, and how files, compilers and a driver become one
tools       the compilers and interpreters of this machine
sources     source text read without a parser: what it defines, and where a function closes
joining     an answer that defines a function, behind what its prompt has before it
diagnosis   how a runtime says what went wrong
endings     where a test's function begins and ends, past strings and comments
names       which names of a test stand for the program
syntax      reading Python that others wrote
drivers     the parts of programs that speak with the judge
"""
