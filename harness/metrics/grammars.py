"""Grammars of programming languages for tree-sitter, each a package of its own, and the languages' keywords.

tree-sitter and the grammar of Python are the extra `codebleu`. The keywords are those of each language's specification,
with the contextual ones (Python's soft keywords, Java's `record`) and the literals that are words.
"""

import functools
import importlib
from collections.abc import Iterator
from importlib.metadata import PackageNotFoundError
from importlib.metadata import version
from typing import TYPE_CHECKING

from harness.errors import UsageError

if TYPE_CHECKING:
    from tree_sitter import Language
    from tree_sitter import Node

CORE = "tree-sitter"
EXTRA = "pip install crosstask[codebleu]"
KEYWORDS = {
    "c": (
        "auto break case char const continue default do double else enum extern float for goto if inline int long "
        "register restrict return short signed sizeof static struct switch typedef union unsigned void volatile while"
    ),
    "c_sharp": (
        "abstract as async await base bool break byte case catch char checked class const continue decimal default "
        "delegate do double else enum event explicit extern false finally fixed float for foreach get goto if implicit "
        "in int interface internal is lock long namespace new null object operator out override params partial private "
        "protected public readonly record ref return sbyte sealed set short sizeof stackalloc static string struct "
        "switch this throw true try typeof uint ulong unchecked unsafe ushort using var virtual void volatile when "
        "where while yield"
    ),
    "cpp": (
        "alignas alignof and and_eq asm auto bitand bitor bool break case catch char char16_t char32_t class compl "
        "const constexpr const_cast continue decltype default delete do double dynamic_cast else enum explicit export "
        "extern false final float for friend goto if inline int long mutable namespace new noexcept not not_eq nullptr "
        "operator or or_eq override private protected public register reinterpret_cast return short signed sizeof "
        "static static_assert static_cast struct switch template this thread_local throw true try typedef typeid "
        "typename union unsigned using virtual void volatile wchar_t while xor xor_eq"
    ),
    "go": (
        "break case chan const continue default defer else fallthrough false for func go goto if import interface iota "
        "map nil package range return select struct switch true type var"
    ),
    "java": (
        "abstract assert boolean break byte case catch char class const continue default do double else enum extends "
        "false final finally float for goto if implements import instanceof int interface long native new null package "
        "permits private protected public record return sealed short static strictfp super switch synchronized this "
        "throw throws transient true try var void volatile while yield"
    ),
    "javascript": (
        "async await break case catch class const continue debugger default delete do else enum export extends false "
        "finally for function get if implements import in instanceof interface let new null of package private "
        "protected public return set static super switch this throw true try typeof var void while with yield"
    ),
    "python": (
        "False None True and as assert async await break case class continue def del elif else except finally for from "
        "global if import in is lambda match nonlocal not or pass raise return try type while with yield"
    ),
    "rust": (
        "as async await break const continue crate dyn else enum extern false fn for if impl in let loop match mod "
        "move mut pub ref return self Self static struct super trait true type union unsafe use where while"
    ),
}


def keywords(language: str) -> frozenset[str]:
    """The language's keywords; raises UsageError where it is none of `KEYWORDS`."""
    if language not in KEYWORDS:
        raise UsageError(f"codebleu: found a program in {language}; expected one of {', '.join(KEYWORDS)}")
    return frozenset(KEYWORDS[language].split())


def parse(text: str, language: str) -> "Node":
    """The root of the text's tree, which holds nodes of type ERROR where the text is not the language's.

    Raises UsageError where tree-sitter or the language's grammar is not installed, or one does not read the other. A
    half of a surrogate pair, which no source file can hold, is read as a question mark.
    """
    grammar = _grammar(language)
    from tree_sitter import Parser

    return Parser(grammar).parse(text.encode("utf-8", "replace")).root_node


def versions() -> str:
    """The versions of tree-sitter and of each grammar that is installed, as `tree-sitter:0.25.2|...`.

    Raises UsageError where tree-sitter is not installed.
    """
    return "|".join((f"{CORE}:{_version(CORE, EXTRA)}", *_installed()))


def _installed() -> Iterator[str]:
    for language in KEYWORDS:
        package = _package(language)
        try:
            yield f"{package}:{version(package)}"
        except PackageNotFoundError:
            continue


def _version(package: str, remedy: str) -> str:
    try:
        return version(package)
    except PackageNotFoundError as error:
        raise UsageError(f"codebleu: {package} is not installed; expected `{remedy}`") from error


def _package(language: str) -> str:
    return f"{CORE}-{language.replace('_', '-')}"


@functools.cache
def _grammar(language: str) -> "Language":
    keywords(language)
    package = _package(language)
    remedy = EXTRA if language == "python" else f"pip install {package}"
    found = _version(CORE, EXTRA), _version(package, remedy)
    try:
        from tree_sitter import Language

        return Language(importlib.import_module(package.replace("-", "_")).language())
    except (ImportError, TypeError, ValueError) as error:  # an ABI that this tree-sitter does not read is a ValueError
        raise UsageError(
            f"codebleu: {CORE} {found[0]} does not read {package} {found[1]} ({error}); expected versions that fit, "
            f"`pip install -U {CORE} {package}`"
        ) from error
