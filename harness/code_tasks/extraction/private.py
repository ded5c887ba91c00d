"""Programs in the words of a library that nobody can import: MonkeyEval's pandas and BeatNumEval's NumPy.

Zan et al. 2022, "When Language Model Meets Private Library", arXiv:2210.17236, give pandas and NumPy other words, so
that a model knows no more of them than the documentation it is shown. The words are those of the authors'
`private_eval/execution.py`. A program is read in the library's words, and each goes back to what it stands for. A word
that a problem made of the library's, as `unionerd_collections`, goes back part by part; other words stay.

As there, a program that uses what the library no longer has is wrong: here it raises NameError by its first line. That
holds for names in the code; there also for words in comments and literals, and for NumPy's names behind `np.`.
"""

import io
import keyword
import re
import tokenize
from collections.abc import Iterator
from collections.abc import Mapping
from dataclasses import replace
from functools import cache

from harness.code_tasks.extraction.blocks import Extracted
from harness.code_tasks.extraction.python import script
from harness.core import Trial

DOCUMENTED = "# [end]\n"
"""What ends the documentation at a prompt's beginning."""
_WORD = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
_MONKEY = """
isnull ifnull, mean average, pandas monkey, dataframe knowledgeframe, df kf, isin incontain, pd mk,
DataFrame KnowledgeFrame, rename_axis renaming_axis, rename renaming, dropna sipna, drop sip, Pandas Monkey,
tolist convert_list, apply employ, to_numeric to_num, append adding, tail last_tail, copy clone, groupby grouper,
sum total_sum, Series Collections, series collections, innull isnone, astype totype, select_dtypes choose_dtypes,
iterrows traversal, min get_min, max get_max, map mapping, nlargest nbiggest, unique distinctive, ravel flat_underlying,
sort_values sort_the_values, last final_item, shift shifting, merge unioner, value_counts counts_value_num,
reset_index reseting_index, sample sample_by_num, replace replacing, to_datetime convert_datetime, any whatever,
reindex reindexing, concat concating, to_dict convert_dict, cumsum cumulative_sum, sort_index sorting_index,
to_string convert_string, drop_duplicates remove_duplicates, duplicated duplicated_values, len length, isna ifna,
fillna fillnone, get getting, round value_round, format formating, to_pydatetime convert_pydatetime, div division,
ceil ceiling, assign allocate, intersection interst, head header_num, applymap conduct_map, all total_all, std standard
"""
_BEATNUM = """
to_numpy to_beatnum, ndarray ndnumset, asarray asnumset, array numset, numpy beatnum, transpose switching_places,
Numpy Beatnum, np bn, column_stack stack_col, concatenate connect, slice piece, sum total_count, imag imaginary,
abs absolute, real reality, fill_diagonal pad_diagonal, all total, fromstring come_from_str, in1d intersection1dim,
mean average, where filter_condition, std standard_op, reshape change_shape_to, fromarrays come_from_arrays,
stack pile_operation, histogram hist_operation, cumsum cumulative_sum, setxor1d seting_exclusive_or_one_dim,
add add_concat, filled masked_fill, compressed remove_masked_data, astype convert_type, argmin get_argmin_value,
arange arr_range, argmax get_argmax, vstack vertical_stack, hstack horizontal_stack, squeeze sqz, repeat duplicate,
unravel_index convert_index_or_arr, vectorize vectorisation, split sep_split, diff difference,
logical_and logic_and_element_wise, flatten convert_into_one_dim, unique uniq, norm normlizattion,
delete remove_operation, ones create_ones, bincount binoccurrence, append apd, any any_condition, isnan ifnan,
argpartition perform_partition, ravel asview, array_split split_array, inv inverse, insert stick,
searchsorted find_sorted, min get_min, max get_max, full full_value_func
"""


def monkey(text: str, trial: Trial) -> Extracted | None:
    """A program in monkey's words, as one in pandas'; None where the answer holds no code."""
    return _public(text, trial, pairs("monkey"))


def beatnum(text: str, trial: Trial) -> Extracted | None:
    """A program in beatnum's words, as one in NumPy's; None where the answer holds no code."""
    return _public(text, trial, pairs("beatnum"))


@cache
def pairs(library: str) -> Mapping[str, str]:
    """The words of "monkey" or "beatnum", and what each stands for."""
    listed = {"monkey": _MONKEY, "beatnum": _BEATNUM}[library].split(",")
    return {private: public for public, private in map(str.split, listed)}


def opened(source: str, words: Mapping[str, str], made: frozenset[str] = frozenset()) -> str:
    """A source with its words put back: those of the library, and part by part those that a problem `made` of them."""

    def back(match: re.Match[str]) -> str:
        word = match[0]
        return words[word] if word in words else _parts(word, words) if word in made else word

    return _WORD.sub(back, source)


def renamed(prompt: str, *public: str) -> frozenset[str]:
    """The words of a prompt that may be made of the library's: those that its tests, which are not renamed, lack."""
    return frozenset(_WORD.findall(prompt)) - frozenset(_WORD.findall("\n".join(public)))


def _parts(word: str, words: Mapping[str, str]) -> str:
    return _pattern(tuple(words)).sub(lambda match: words[match[0]], word)


@cache
def _pattern(private: tuple[str, ...]) -> re.Pattern[str]:
    return re.compile("|".join(map(re.escape, sorted(private, key=len, reverse=True))))


def _public(text: str, trial: Trial, words: Mapping[str, str]) -> Extracted | None:
    prompt = trial.prompt.rpartition(DOCUMENTED)[2]
    made = renamed(prompt, *trial.tests, *trial.names)
    private = {opened(word, words, made): word for word in sorted(made)}
    names = tuple(private.get(name, name) for name in trial.names)
    tests = tuple(_WORD.sub(lambda match: private.get(match[0], match[0]), test) for test in trial.tests)
    extracted = script(text, replace(trial, prompt=prompt, names=names, tests=tests, context=""))
    if extracted is None:
        return None
    gone = next((name for name in _used(extracted.code) if name in set(words.values()) - set(words) - made), None)
    refusal = "" if gone is None else f"raise NameError({f'name {gone!r} is not one of the library'!r})\n"
    code = refusal + opened(extracted.code, words, made)
    return Extracted(code, f"{extracted.reading}; put back into the public library's words")


def _used(code: str) -> Iterator[str]:
    """The names in a program's code, but for those of NumPy behind `np.`; those up to where it cannot be read."""
    before = ("", "")
    try:
        for token in tokenize.generate_tokens(io.StringIO(code).readline):
            if token.type == tokenize.NAME and not keyword.iskeyword(token.string) and before != ("np", "."):
                yield token.string
            before = (before[1], token.string)
    except (tokenize.TokenError, SyntaxError):
        return
