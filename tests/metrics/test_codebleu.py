"""CodeBLEU: values of the package it was first made with, the paper's formulas by hand, and laws."""

import importlib.util
import json
import keyword
import math
import re
from fractions import Fraction
from importlib.metadata import version
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import settings
from hypothesis import strategies as st

from harness.core import Case
from harness.core import Completion
from harness.core import Completions
from harness.core import Execution
from harness.core import Generate
from harness.core import Judged
from harness.core import Trial
from harness.errors import UsageError
from harness.languages import languages
from harness.metrics import grammars
from harness.metrics.codebleu import CodeBleu
from harness.metrics.codebleu import parts
from harness.metrics.grammars import keywords
from harness.metrics.grammars import parse
from harness.metrics.ngram_match import ngram_match
from harness.metrics.syntax_match import syntax_match

PAIRS = json.loads((Path(__file__).parents[1] / "data" / "codebleu_pairs.json").read_text(encoding="utf-8"))["pairs"]
NAMES = ("ngram", "weighted", "syntax", "dataflow")
FUNCTION = "def f(a):\n    b = a\n    return b"
SAID = Completions((Completion("", "stop", 1),))


def observed(program, reference, language="python"):
    case = Case("a", (Generate("?"),), "", trial=Trial(language, language, reference=reference))
    run = None if program is None else Execution("failed", (False,))
    return CodeBleu().observe(case, Judged(SAID, (program,), (run,)))


def weight(text):
    return sum(1 if token in keywords("python") else 0.2 for token in text.split())


class TestThePackage:
    """Values of codebleu 0.7.0, recorded as `codebleu_pairs.json` says; its README's example is that of its authors."""

    def test_its_readme_s_example(self):
        program = "def sum ( first , second ) :\n return second + first"
        reference = "def add ( a , b ) :\n return a + b"
        expected = (0.10419044640136393, 0.11094660471566163, 1.0, 1.0)
        assert parts(program, reference, "python") == pytest.approx(expected)
        assert observed(program, reference).stats[0] == pytest.approx(0.5537842627792564)

    @pytest.mark.parametrize("pair", PAIRS, ids=range(len(PAIRS)))
    def test_parts_are_equal_but_for_what_is_wrong_there(self, pair):
        found = dict(zip(NAMES, parts(pair["program"], pair["reference"], "python"), strict=False))
        found.setdefault("dataflow", 0.0)  # a reference without one, 0 there
        for name in ("ngram", "syntax", "dataflow"):
            theirs = pair["package"][name] if name == "dataflow" else [pair["package"][name]]
            if name in pair["ours"]:
                assert pair["ours"][name]["why"]
                assert found[name] == pytest.approx(float(Fraction(pair["ours"][name]["value"])))
                assert all(found[name] != pytest.approx(one) for one in theirs)
            else:
                assert any(found[name] == pytest.approx(one) for one in theirs)

    def test_a_recall_is_a_precision_where_program_and_reference_weigh_the_same(self):
        """There the two have one denominator; below a weight of 1 the package takes 1 for it."""
        alike = [
            pair
            for pair in PAIRS
            if len(pair["program"].split()) == len(pair["reference"].split()) > 3
            and weight(pair["program"]) == pytest.approx(weight(pair["reference"]))
            and weight(pair["reference"]) >= 1
        ]
        assert len(alike) > 20
        for pair in alike:
            found = ngram_match(pair["program"], pair["reference"], keywords("python"))
            assert found == pytest.approx(pair["package"]["weighted"])

    def test_most_pairs_are_equal_in_all(self):
        assert sum(not pair["ours"] for pair in PAIRS) >= 48


class TestNgrams:
    def test_the_weighted_part_by_hand(self):
        """Unigrams: return and x weigh 1.2 of 1.4; pairs are 1 of 2, triples 0 of 1, quadruples none; 3 tokens of 4."""
        expected = math.exp(1 - 4 / 3) * (1.2 / 1.4 * 1 / 2 * 0.1 / 1 * 0.1 / 1) ** (1 / 4)
        assert ngram_match("return x y", "return x z w", keywords("python")) == pytest.approx(expected)

    def test_without_keywords_it_is_the_unweighted_part(self):
        assert ngram_match("a b c d e f", "a b c d f e g", {"if"}) == pytest.approx(
            ngram_match("a b c d e f", "a b c d f e g")
        )

    def test_a_wrong_keyword_costs_more_than_a_wrong_name(self):
        reference = "return x + y * z"
        keyword_wrong, name_wrong = "yield x + y * z", "return x + y * w"
        first, second = (ngram_match(one, reference, keywords("python")) for one in (keyword_wrong, name_wrong))
        assert first < second
        assert ngram_match(keyword_wrong, reference) == pytest.approx(ngram_match(name_wrong, reference))

    def test_brevity_is_punished_in_both_parts(self):
        reference = "a b c d e f g h"
        for words in (None, {"a"}):
            assert ngram_match("a b c d", reference, words) == pytest.approx(math.exp(1 - 8 / 4))


class TestSyntax:
    def match(self, program, reference, language="python"):
        return syntax_match(parse(program, language), parse(reference, language))

    def test_by_hand(self):
        """Of module, expression_statement, assignment and binary_operator the operator alone is there."""
        assert self.match("a + 1", "b = a + 1") == pytest.approx(1 / 4)

    def test_a_subtree_counts_as_often_as_both_have_it(self):
        """Ren et al. 2020, formula 4, Count_clip: module is not there, one of two statements and assignments is."""
        assert self.match("a = 1", "a = 1\nb = 2") == pytest.approx(2 / 5)
        assert self.match("a = 1\nb = 2\nc = 3", "a = 1\nb = 2") == pytest.approx(4 / 5)

    def test_comments_and_docstrings_are_no_part_of_the_tree(self):
        plain = "def f(a):\n    return a"
        told = '"""What."""\ndef f(a):  # why\n    """How."""\n    # so\n    return a'
        assert self.match(told, plain) == self.match(plain, told) == 1.0

    def test_a_deep_tree_is_no_trouble(self):
        deep = "x = " + "(" * 3000 + "1" + ")" * 3000
        assert parts(deep, deep, "python") == pytest.approx((1.0, 1.0, 1.0, 1.0))


class TestCase:
    def test_a_data_flow_without_a_match_is_nothing(self):
        *_, flow = parts("def f(a):\n    pass", FUNCTION, "python")
        assert flow == 0.0

    def test_a_reference_without_a_data_flow_leaves_the_part_out(self):
        assert len(parts("print(1)", "print(2)", "python")) == 3

    def test_the_reference_itself_is_perfect_and_no_program_is_nothing(self):
        assert observed(FUNCTION, FUNCTION).stats == (pytest.approx(1.0), 1.0)
        assert observed(None, FUNCTION).stats == (0.0, 1.0)

    def test_the_signature_names_implementation_and_versions(self):
        expected = "codebleu|weights:equal|over:cases|by:crosstask-2|tokens:space|weighted:precision|dataflow:python|"
        assert CodeBleu().signature.startswith(f"{expected}tree-sitter:{version('tree-sitter')}|")
        assert f"|tree-sitter-python:{version('tree-sitter-python')}" in CodeBleu().signature


class TestLanguages:
    def test_one_that_is_not_known_is_named(self):
        names = ", ".join(one.name for one in languages() if one.grammar)
        why = rf"^codebleu: found a program in sql; expected one of {names}$"
        with pytest.raises(UsageError, match=why):
            parts("select 1", "select 1", "sql")

    def test_it_is_that_of_the_program(self):
        with pytest.raises(UsageError, match=r"^codebleu: found a program in cobol; expected one of c, "):
            observed("STOP RUN.", "STOP RUN.", "cobol")

    def test_a_grammar_that_is_not_installed_is_named(self):
        missing = [
            one.name
            for one in languages()
            if one.grammar and importlib.util.find_spec(one.grammar.replace("-", "_")) is None
        ]
        if not missing:
            pytest.skip("all grammars are installed")
        package = f"tree-sitter-{missing[0].replace('_', '-')}"
        why = rf"^codebleu: {package} is not installed; expected pip install {package}$"
        with pytest.raises(UsageError, match=why):
            parts("x", "x", missing[0])

    def test_the_extra_is_named_where_python_s_is_not_installed(self, monkeypatch):
        monkeypatch.setattr(grammars, "CORE", "tree-snitter")
        why = r"^codebleu: tree-snitter is not installed; expected pip install 'crosstask\[codebleu\]'$"
        with pytest.raises(UsageError, match=why):
            grammars.versions()
        grammars._grammar.cache_clear()
        with pytest.raises(UsageError, match=why):
            parse("x", "python")

    def test_another_than_python_has_three_parts(self):
        pytest.importorskip("tree_sitter_javascript")
        program = "if (a) { b(c); }"
        assert parts(program, program, "javascript") == pytest.approx((1.0, 1.0, 1.0))
        assert 0 < parts("if (a) { b(c, c); }", program, "javascript")[2] < 1
        assert "|tree-sitter-javascript:" in CodeBleu().signature

    def test_keywords_are_python_s(self):
        assert keywords("python") == {*keyword.kwlist, "match", "case", "type"}


VARIABLES = ("va", "vb", "vc")
names = st.sampled_from(VARIABLES)
values = st.recursive(
    st.one_of(names, st.sampled_from(["1", "'s'", "len", "None"])),
    lambda inner: st.one_of(
        st.builds("{} + {}".format, inner, inner),
        st.builds("len({}, key={})".format, inner, inner),
        st.builds("{}.vd".format, names),
        st.builds("[{} for {} in {}]".format, inner, names, names),
        st.builds("({} if {} else {})".format, inner, inner, inner),
        st.builds("f'{{{}}}'".format, names),
        st.builds("(lambda {}: {})".format, names, inner),
    ),
    max_leaves=4,
)
simple = st.one_of(
    st.builds("{} = {}".format, names, values),
    st.builds("{} += {}".format, names, values),
    st.builds("{}, {} = {}".format, names, names, values),
    st.builds("{}[{}] = {}".format, names, names, values),
    st.builds("{}.vd = {}".format, names, values),
    st.builds("print({})".format, values),
    st.sampled_from(["pass", "return va", "import va", "raise vb"]),
)


def indented(*lines):
    return "\n".join(f"    {line}" for text in lines for line in text.split("\n"))


def compound(inner):
    body = st.lists(inner, min_size=1, max_size=3).map(lambda lines: indented(*lines))
    return st.one_of(
        st.builds("if {}:\n{}\nelse:\n{}".format, values, body, body),
        st.builds("for {} in {}:\n{}".format, names, values, body),
        st.builds("while {}:\n{}\n    break".format, values, body),
        st.builds("try:\n{}\nexcept E as {}:\n{}\nfinally:\n{}".format, body, names, body, body),
        st.builds("with {} as {}:\n{}".format, values, names, body),
        st.builds("def {}({}, vd={}):\n{}".format, names, names, values, body),
        st.builds("class {}:\n{}".format, names, body),
    )


programs = st.lists(st.recursive(simple, compound, max_leaves=5), min_size=1, max_size=4).map("\n".join)
texts = st.one_of(programs, st.text(max_size=60))


FEW = settings(max_examples=60, deadline=None)


class TestLaws:
    @FEW
    @given(texts.filter(str.strip))
    def test_the_reference_itself_is_perfect(self, text):
        assert parts(text, text, "python") == pytest.approx((1.0,) * len(parts(text, text, "python")))

    @FEW
    @given(texts, texts)
    def test_all_parts_are_in_range(self, program, reference):
        assert all(0 <= part <= 1 for part in parts(program, reference, "python"))

    @FEW
    @given(texts.filter(str.strip))
    def test_five_copies_are_a_fifth_of_the_n_grams(self, text):
        assert all(part <= 0.2 + 1e-9 for part in parts("\n".join([text] * 5), text, "python")[:2])

    @settings(max_examples=100, deadline=None)
    @given(programs, programs, st.permutations(["alpha", "beta", "gamma", "delta"]))
    def test_what_variables_are_called_changes_neither_syntax_nor_data_flow(self, program, reference, others):
        """Also where an attribute has a variable's name, and keeps it."""
        new = dict(zip((*VARIABLES, "vd"), others, strict=True))
        renamed = re.sub(r"(?<!\.)\bv[abcd]\b", lambda found: new[found[0]], program)
        assert all(part == pytest.approx(1.0) for part in parts(renamed, program, "python")[2:])
        assert parts(renamed, reference, "python")[2:] == pytest.approx(parts(program, reference, "python")[2:])

    @FEW
    @given(st.text(" \t\n"), texts)
    def test_an_empty_program_is_nothing(self, program, reference):
        assert not any(parts(program, reference, "python"))
