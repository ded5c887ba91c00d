"""The tree's laws: every prefix once, every run self-contained, however it is cut."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from harness.engines.transformers.prefix_tree import PrefixTree
from harness.engines.transformers.prefix_tree import shared_length

sequences = st.lists(st.lists(st.integers(0, 3), max_size=8), max_size=8)


def runs(tree, budget, wanted_budget, wanted):
    start = 0
    while start < len(tree):
        run = tree.run(start, budget, wanted, wanted_budget)
        yield run
        start = run.stop


@given(sequences)
def test_paths_spell_the_sequences_and_each_distinct_prefix_is_one_node(texts):
    tree = PrefixTree(texts)
    assert [tree.tokens[path].tolist() for path in tree.paths] == texts
    assert len(tree) == len({tuple(text[: end + 1]) for text in texts for end in range(len(text))})


@given(sequences)
def test_a_parent_comes_before_its_children_and_a_subtree_is_one_run(texts):
    tree = PrefixTree(texts)
    for node, parent in enumerate(tree.parents):
        assert parent < node
        assert tree.depths[node] == (tree.depths[parent] + 1 if parent >= 0 else 0)
        assert parent < 0 or tree.ends[node] <= tree.ends[parent]


@given(sequences, st.integers(1, 6), st.integers(1, 3), st.sets(st.integers(0, 63)))
def test_runs_cover_every_node_once_within_both_budgets(texts, budget, wanted_budget, asked):
    tree = PrefixTree(texts)
    wanted = np.isin(np.arange(len(tree)), list(asked))
    cut = list(runs(tree, budget, wanted_budget, wanted))
    assert [node for run in cut for node in range(run.start, run.stop)] == list(range(len(tree)))
    for run in cut:
        assert run.stop - run.start <= budget
        assert wanted[run.start : run.stop].sum() <= wanted_budget


@given(sequences, st.integers(1, 6))
def test_each_node_sees_exactly_its_own_prefix(texts, budget):
    """What a node attends to, read along its columns, is the text up to it; the distances count back from it."""
    tree = PrefixTree(texts)
    prefixes = {
        int(node): text[: at + 1] for text, path in zip(texts, tree.paths, strict=True) for at, node in enumerate(path)
    }
    for run in runs(tree, budget, len(tree), np.zeros(len(tree), bool)):
        visible, distances = tree.visible(run), tree.distances(run)
        for row, node in enumerate(range(run.start, run.stop)):
            assert tree.tokens[run.columns[visible[row]]].tolist() == prefixes[node]
            assert distances[row][visible[row]].tolist() == list(range(len(prefixes[node])))[::-1]


@given(sequences, st.integers(1, 6))
def test_the_next_spine_is_made_of_columns_at_hand(texts, budget):
    tree = PrefixTree(texts)
    columns = np.empty(0, np.int64)
    for run in runs(tree, budget, len(tree), np.zeros(len(tree), bool)):
        assert np.isin(run.spine, columns).all()
        columns = run.columns


@given(st.lists(st.integers(0, 2), max_size=6), sequences)
def test_the_kept_prefix_is_the_longest_any_sequence_shares(kept, texts):
    def common(text):
        return next(
            (at for at, (a, b) in enumerate(zip(kept, text, strict=False)) if a != b), min(len(kept), len(text))
        )

    assert shared_length(kept, texts) == max(map(common, texts), default=0)


def test_children_stand_in_the_order_their_sequences_appear():
    tree = PrefixTree([[7, 1], [7, 0], [5]])
    assert tree.tokens.tolist() == [7, 1, 0, 5]
