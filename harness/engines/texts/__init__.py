"""Texts and tokens, for every engine whose model has a tokenizer of transformers: one rule each, whatever computes.

tokens      texts to token ids, by lm-evaluation-harness's rules     appended    what a tokenizer appends to a text
turns       turns in a chat template                                 unreadable  what cannot be asked of a model
completion  when an answer ends, and what of it is thought                asked       what a repository asks of decoding
clock       how long an answer takes
"""
