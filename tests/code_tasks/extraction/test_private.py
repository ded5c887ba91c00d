"""Programs in monkey's and beatnum's words, as programs in those of pandas and NumPy."""

import pytest

from harness.code_tasks.extraction.private import opened
from harness.code_tasks.extraction.private import pairs
from harness.code_tasks.extraction.private import renamed
from harness.code_tasks.rules import program
from harness.core import Trial

PROMPT = (
    "# [start]\n# unioner(self, right): Joins.\n# [end]\nimport monkey as mk\n\nleft = mk.KnowledgeFrame({'k': [1]})\n"
    "right = left.clone()\n# The unionerd_collections\nunionerd_collections ="
)
TRIAL = Trial("python", "monkey", prompt=PROMPT, tests=("assert merged_series is not None",), names=("merged_series",))


@pytest.mark.parametrize(
    "answer",
    [
        " left.unioner(right)",
        "```python\nunionerd_collections = left.unioner(right)\n```",
        f"Sure:\n```python\n{PROMPT} left.unioner(right)\n```",
    ],
)
def test_a_program_is_put_back(answer: str) -> None:
    code = program(TRIAL, answer)
    assert "import pandas as pd\n" in code
    assert "right = left.copy()\n" in code
    assert "merged_series = left.merge(right)" in code


def test_a_word_of_its_own_stays() -> None:
    """`total` stands for `all`, and is no part of a name that the problem did not make of it."""
    assert opened("subtotal = bn.total(x)", pairs("beatnum")) == "subtotal = np.all(x)"
    assert opened("total_values = 1", pairs("beatnum"), renamed("total_values")) == "all_values = 1"
    assert opened("total_values = 1", pairs("beatnum"), renamed("total_values", "total_values")) == "total_values = 1"


@pytest.mark.parametrize(
    ("answer", "gone"),
    [
        (" left.merge(right)", "merge"),
        (" left.unioner(right)\nn = len(left)", "len"),  # the authors' `is_correct`, of any word that was replaced
        (" left.unioner(right) # not merge", None),
        (" left.unioner(right['len'])", None),
        (" np.unique(left)", None),
        (" left.unioner(right)\nmin_total = 1", None),
    ],
)
def test_a_name_the_library_no_longer_has(answer: str, gone: str | None) -> None:
    code = program(TRIAL, answer)
    assert code.startswith("raise NameError") == (gone is not None)
    if gone is not None:
        with pytest.raises(NameError, match=f"name '{gone}' is not one of the library"):
            exec(code, {})


def test_the_words_are_as_many_as_the_authors() -> None:
    """microsoft/PyCodeGPT, apicoder/private-eval/private_eval/execution.py."""
    assert (len(pairs("monkey")), len(pairs("beatnum"))) == (66, 62)


def test_no_code_no_program() -> None:
    assert program(TRIAL, "") is None
