"""C: programs in it are compared, and not run."""

from harness.languages import Language

_KEYWORDS = (
    "auto break case char const continue default do double else enum extern float for goto if inline int long "
    "register restrict return short signed sizeof static struct switch typedef union unsigned void volatile while"
)

LANGUAGE = Language("c", "c", (), keywords=_KEYWORDS, grammar="tree-sitter-c")
