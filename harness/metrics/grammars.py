"""Grammars of programming languages for tree-sitter, each a package of its own that its language names.

tree-sitter and the grammar of Python are the extra `codebleu`.
"""

import functools
import importlib
from collections.abc import Iterator
from importlib.metadata import PackageNotFoundError
from importlib.metadata import version
from typing import TYPE_CHECKING

from harness.errors import UsageError
from harness.extras import remedy
from harness.languages import Language as Compared
from harness.languages import language
from harness.languages import languages

if TYPE_CHECKING:
    from tree_sitter import Language
    from tree_sitter import Node

CORE = "tree-sitter"
EXTRA = remedy("codebleu")


def keywords(name: str) -> frozenset[str]:
    """The language's keywords; raises UsageError where it has none, or no grammar."""
    return frozenset(_compared(name).keywords.split())


def parse(text: str, name: str) -> "Node":
    """The root of the text's tree, which holds nodes of type ERROR where the text is not the language's.

    Raises UsageError where tree-sitter or the language's grammar is not installed, where one does not read the other,
    and where the text is longer than the grammar can read within 1 GB. A half of a surrogate pair, which no source file
    can hold, is read as a question mark.
    """
    grammar = _grammar(name)
    from tree_sitter import Parser

    source, most = text.encode("utf-8", "replace"), _compared(name).most_bytes
    if len(source) > most:
        raise UsageError(f"codebleu: found a {name} program of {len(source)} bytes; expected at most {most}")
    return Parser(grammar).parse(source).root_node


def versions() -> str:
    """The versions of tree-sitter and of each grammar that is installed, as `tree-sitter:0.25.2|...`.

    Raises UsageError where tree-sitter is not installed.
    """
    return "|".join((f"{CORE}:{_version(CORE, EXTRA)}", *_installed()))


def _installed() -> Iterator[str]:
    for package in (lang.grammar for lang in languages() if lang.grammar):
        try:
            yield f"{package}:{version(package)}"
        except PackageNotFoundError:
            continue


def _version(package: str, how: str) -> str:
    try:
        return version(package)
    except PackageNotFoundError as error:
        raise UsageError(f"codebleu: {package} is not installed; expected {how}") from error


def _compared(name: str) -> Compared:
    lang = language(name)
    if lang is None or not lang.grammar:
        expected = ", ".join(other.name for other in languages() if other.grammar)
        raise UsageError(f"codebleu: found a program in {name}; expected one of {expected}")
    return lang


@functools.cache
def _grammar(name: str) -> "Language":
    package = _compared(name).grammar
    remedy = EXTRA if name == "python" else f"pip install {package}"
    installed = _version(CORE, EXTRA), _version(package, remedy)
    try:
        from tree_sitter import Language

        return Language(importlib.import_module(package.replace("-", "_")).language())
    except (ImportError, TypeError, ValueError) as error:  # an ABI that this tree-sitter does not read is a ValueError
        raise UsageError(
            f"codebleu: {CORE} {installed[0]} does not read {package} {installed[1]} ({error}); "
            f"expected versions that fit, `pip install -U {CORE} {package}`"
        ) from error
