"""C#: programs in it are compared, and not run."""

from harness.languages import Language

_MOST_BYTES = 1 << 14
"""The grammar keeps a reading for each `<`: 242 MB for 8 KB of `a<a<a<`, and four times as much for each doubling."""
_KEYWORDS = (
    "abstract as async await base bool break byte case catch char checked class const continue decimal default "
    "delegate do double else enum event explicit extern false finally fixed float for foreach get goto if implicit in "
    "int interface internal is lock long namespace new null object operator out override params partial private "
    "protected public readonly record ref return sbyte sealed set short sizeof stackalloc static string struct switch "
    "this throw true try typeof uint ulong unchecked unsafe ushort using var virtual void volatile when where while "
    "yield"
)

LANGUAGE = Language(
    "c_sharp", "cs", ("c#", "csharp"), keywords=_KEYWORDS, grammar="tree-sitter-c-sharp", most_bytes=_MOST_BYTES
)
